"""What a user of the image would trip over, without a builder; `make docker-check` builds and runs it."""

import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
import tomllib
import zipfile
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path, PurePosixPath

import pytest

PROJECT = Path(__file__).parents[1]
SCRIPTS = [*sorted((PROJECT / "deploy").glob("*.sh")), *(PROJECT / ".ci").glob("run")]


@cache
def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions in order: (COPY, its words), continued lines joined."""
    lines = [line for line in (PROJECT / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    whole = "\n".join(lines).replace("\\\n", "")
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in whole.splitlines() if line)]


def all_of(wanted: str) -> list[str]:
    return [rest for word, rest in instructions() if word == wanted]


def place(wanted: str, part: str) -> int:
    """Where the first such instruction with this text stands."""
    return next(i for i, (word, rest) in enumerate(instructions()) if word == wanted and part in rest)


def copied() -> list[str]:
    return [source for rest in all_of("COPY") for source in shlex.split(rest)[:-1]]


def in_context(path: str) -> bool:
    """Whether .dockerignore leaves a file to the builder; the last pattern that names it or a folder of it decides."""
    kept = True
    for line in (PROJECT / ".dockerignore").read_text().splitlines():
        if line and not line.startswith("#"):
            pattern = line.removeprefix("!").removeprefix("**/")
            anywhere = "**/" in line
            parts = PurePosixPath(path).parts
            names = parts if anywhere else ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
            if any(fnmatchcase(name, pattern) for name in names):
                kept = line.startswith("!")
    return kept


def context() -> list[str]:
    """The files that the builder is sent of what is installed."""
    found: list[str] = []
    for source in copied():
        path = PROJECT / source
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        found += [file.relative_to(PROJECT).as_posix() for file in files if file.is_file()]
    return [file for file in found if in_context(file)]


@pytest.mark.parametrize(
    "path",
    [
        *("data/MNIST/raw/train.gz", "data/README.md", "checkpoints/dcgan-digits/version_0/last.ckpt"),
        *(".git/HEAD", ".venv/bin/python", ".env", "wandb/run/logs.txt", "dist/gan_cli.whl", "docs/demo_samples.png"),
        *("gan_cli/__pycache__/cli.cpython-311.pyc", "gan_cli/data/__pycache__/x.pyc", "tests/test_cli.py"),
    ],
)
def test_the_builder_is_not_sent(path: str) -> None:
    assert not in_context(path)


def test_the_package_is_built_from_the_context_alone(tmp_path: Path) -> None:
    kinds = {(PROJECT / file).suffix for file in context()}
    assert kinds <= {"", ".py", ".typed", ".toml", ".txt", ".md", ".yaml", ".css", ".html", ".js", ".svg"}  # no data
    for file in context():
        (tmp_path / "context" / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PROJECT / file, tmp_path / "context" / file)

    def names(source: Path, output: Path) -> set[str]:
        command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(output)]
        subprocess.run(command, cwd=source, check=True, capture_output=True, text=True)
        (wheel,) = output.glob("*.whl")
        return set(zipfile.ZipFile(wheel).namelist())

    built = names(tmp_path / "context", tmp_path / "built")
    assert built == names(PROJECT, tmp_path / "expected")
    assert {"gan_cli/_version.py", "gan_cli/lightning_configs/dcgan.yaml"} <= built


def test_everything_copied_is_there_and_sent() -> None:
    assert copied()
    for source in copied():
        assert (PROJECT / source).exists(), source
        assert in_context(source), source


def test_the_base_can_be_chosen() -> None:
    assert re.fullmatch(r"BASE=\S+:\S+", all_of("ARG")[0])
    assert all_of("FROM") == ["${BASE}"]
    assert instructions()[0][0] == "ARG"


def test_a_change_of_the_source_does_not_install_torch_again() -> None:
    dependencies = place("RUN", "-c constraints.txt -r requirements.txt")
    before = [rest for word, rest in instructions()[:dependencies] if word in ("COPY", "ADD")]
    assert before == ["pyproject.toml constraints.txt ./"]
    package = place("RUN", "--no-deps --no-build-isolation .")
    assert dependencies < place("COPY", "gan_cli") < package
    assert not all_of("ADD")


def test_the_dependencies_are_those_of_the_project(tmp_path: Path) -> None:
    run = all_of("RUN")[1]
    code = re.search(r"python3 -c '([^']+)' > requirements\.txt", run)
    assert code, run
    printed = subprocess.run(
        [sys.executable, "-c", code[1]], cwd=PROJECT, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    extra = settings["project"]["optional-dependencies"]["features"]  # what a container without a network cannot add
    assert printed == [*settings["build-system"]["requires"], *settings["project"]["dependencies"], *extra]
    pinned = {line.partition("==")[0] for line in (PROJECT / "constraints.txt").read_text().splitlines()}
    assert {re.split(r"[^\w.-]", line)[0] for line in printed} <= pinned


def test_it_runs_as_a_user_who_is_not_root() -> None:
    assert all_of("USER") == ["1000:1000"]  # by number, for Kubernetes
    assert place("USER", "1000") > max(i for i, (word, _) in enumerate(instructions()) if word in ("RUN", "COPY"))
    assert "--uid 1000 " in all_of("RUN")[0]


def test_the_entry_point_is_the_command() -> None:
    (entry,) = all_of("ENTRYPOINT")
    assert json.loads(entry) == ["gan"]  # not a shell's child: signals reach the run, which then saves
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    assert "gan" in settings["project"]["scripts"]


def test_the_volumes_are_where_the_command_looks_and_are_made_before() -> None:
    home = all_of("WORKDIR")[-1]
    assert json.loads(all_of("VOLUME")[0]) == [f"{home}/data", f"{home}/checkpoints"]
    assert f"HOME={home}" in " ".join(all_of("ENV"))
    made = place("RUN", '"$HOME/data" "$HOME/checkpoints"')
    assert made < place("VOLUME", "data")  # what comes after VOLUME is lost, the owner too


def test_the_nvidia_runtime_is_told_what_to_hand_in() -> None:
    settings = dict(word.split("=", 1) for rest in all_of("ENV") for word in shlex.split(rest))
    assert settings["NVIDIA_VISIBLE_DEVICES"] == "all"
    assert {"compute", "utility"} <= set(settings["NVIDIA_DRIVER_CAPABILITIES"].split(","))


def test_no_machine_is_written_into_the_image() -> None:
    text = (PROJECT / "Dockerfile").read_text()
    assert not re.search(r"index-url|find-links|trusted-host|proxy|PIP_|\bcert\b|https?://", text, re.IGNORECASE)


def test_the_documentation_mounts_the_volumes_and_names_what_is_in_the_image() -> None:
    (section,) = re.findall(r"## Containers\n(.*?)\n## ", (PROJECT / "docs" / "clusters.md").read_text(), re.DOTALL)
    for volume in json.loads(all_of("VOLUME")[0]):
        assert f":{volume}" in section
    for part in ("--gpus all", "--trainer.devices 8", "--trainer.num_nodes 2", "--entrypoint torchrun", "--ipc host"):
        assert part in section, part


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_scripts_are_sound(script: Path) -> None:
    subprocess.run(["bash", "-n", script], check=True)
    assert script.stat().st_mode & stat.S_IXUSR or script.name == "run"  # .ci/run is given to bash
    assert "\nset -euo pipefail\n" in script.read_text()
    if shellcheck := shutil.which("shellcheck"):
        subprocess.run([shellcheck, script], check=True)


def test_the_style_of_the_dockerfile() -> None:
    hadolint = shutil.which("hadolint", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if hadolint is None:
        pytest.skip("hadolint is not installed: make test brings it")
    subprocess.run([hadolint, PROJECT / "Dockerfile"], check=True)


def test_make_shows_the_check() -> None:
    shown = re.findall(r"^([a-z-]+):.*## ", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    assert "docker-check" in shown
    known = subprocess.run(["make", "-pq", "help"], cwd=PROJECT, check=False, capture_output=True, text=True).stdout
    phony = re.search(r"^\.PHONY: (.*)$", known, re.MULTILINE)
    assert phony
    assert {*shown} == {*phony[1].split()}


def test_pip_settings_are_one_file_and_name_their_local_paths(tmp_path: Path) -> None:
    for name in ("wheels", "index/simple"):
        (tmp_path / name).mkdir(parents=True)
    config = tmp_path / "given.conf"
    config.write_text(f"[global]\nfind-links = {tmp_path}/wheels\ntimeout = 1\n[install]\nno-compile = true\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")} | {
        "HOME": str(tmp_path),
        "PIP_CONFIG_FILE": str(config),
        "PIP_TIMEOUT": "2",
        "PIP_EXTRA_INDEX_URL": f"file://{tmp_path}/index/simple https://example.org/simple",
    }
    command = [sys.executable, str(PROJECT / "deploy" / "pip_settings.py"), str(tmp_path / "written.conf")]
    run = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert {f"{tmp_path}/index", f"{tmp_path}/wheels"} <= set(run.stdout.splitlines())
    written = (tmp_path / "written.conf").read_text()
    assert "timeout = 2" in written  # the environment wins
    assert "timeout = 1" not in written
    assert "[install]\nno-compile = true" in written
    assert f"extra-index-url = file://{tmp_path}/index/simple https://example.org/simple" in written
