# gan-cli in a container: docker build -t gan-cli . (docs/clusters.md says how to run it).
# make docker-check builds it and tries it, without a daemon.

# A plain Python, no CUDA image: torch's wheels bring the CUDA libraries, the NVIDIA runtime adds the host's driver, and
# without a GPU the same image runs on the CPU. Any base with Python 3.11 or newer, its venv module and useradd will do.
ARG BASE=python:3.11-slim
FROM ${BASE}

# The NVIDIA runtime reads these two: which GPUs it hands in, and that they compute and answer nvidia-smi.
ENV NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    PATH=/opt/gan/bin:$PATH \
    PYTHONUNBUFFERED=1

# `docker run --user` may name anyone, also a number that has no name here: so the home, which takes caches beside the two
# volumes, is open to all, and Python is told a name.
ENV HOME=/home/gan \
    USER=gan
RUN useradd --uid 1000 --home-dir "$HOME" --shell /usr/sbin/nologin gan \
 && install -d -o gan -g gan -m 1777 "$HOME" "$HOME/data" "$HOME/checkpoints"

# What changes rarely comes first. The dependencies need these two files alone, so that a change of the source does not
# install torch again. The build back end is one of them: the package is then built without isolation, from pinned parts.
WORKDIR /opt/gan/source
COPY pyproject.toml constraints.txt ./
RUN python3 -m venv /opt/gan \
 && python3 -c 'import tomllib; named = tomllib.load(open("pyproject.toml", "rb")); \
print(*named["build-system"]["requires"], *named["project"]["dependencies"], \
*named["project"]["optional-dependencies"]["features"], sep="\n")' > requirements.txt \
 && pip install --no-cache-dir -c constraints.txt -r requirements.txt

COPY README.md LICENSE ./
COPY lightning_configs lightning_configs
COPY gan_cli gan_cli
RUN pip install --no-cache-dir --no-deps --no-build-isolation . \
 && gan --version

# By number: Kubernetes' runAsNonRoot trusts no name.
USER 1000:1000
WORKDIR /home/gan
VOLUME ["/home/gan/data", "/home/gan/checkpoints"]
ENTRYPOINT ["gan"]
CMD ["--help"]
