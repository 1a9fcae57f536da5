#!/usr/bin/env bash
# Builds the image and tries it, without a daemon: make docker-check, or with a base of a registry, make docker-check
# BASE=docker.io/library/python:3.11-slim.
#
# Wants root, buildah and some 25 GB below TMPDIR (more with STORAGE_DRIVER=vfs, which copies layers); without BASE also
# debootstrap, which makes one of Debian's own Python. Debian: apt-get install buildah debootstrap. pip's settings on
# this machine (index, certificate, folders of wheels) hold in the build too and are not written into the image.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PATH:.venv/bin # hadolint, where the environment of make test has been made

BASE=${BASE:-}
SUITE=${SUITE:-bookworm}
MIRROR=${MIRROR:-http://deb.debian.org/debian}
IMAGE=localhost/gan-cli
OWNER=1000 # the image's user
export BUILDAH_ISOLATION=${BUILDAH_ISOLATION:-chroot}

fail() {
  echo "docker-check: $*" >&2
  exit 1
}

[ "$(id -u)" = 0 ] || fail "root is needed, to make a base and to hand folders to the image's user"
tools=(buildah)
[ -n "$BASE" ] || tools+=(debootstrap)
for tool in "${tools[@]}"; do
  command -v "$tool" > /dev/null || fail "$tool is missing: apt-get install $tool"
done

scratch=$(mktemp -d "${TMPDIR:-/var/tmp}/docker-check.XXXXXX")
export TMPDIR=$scratch

buildah() {
  command buildah --root "$scratch/storage" --runroot "$scratch/run" \
    ${STORAGE_DRIVER:+--storage-driver "$STORAGE_DRIVER"} "$@"
}

clean_up() {
  buildah rm --all > /dev/null || true
  if grep -qF " $scratch/" /proc/self/mounts; then # removing would reach through a mount
    echo "docker-check: $scratch is left, something is still mounted there" >&2
  else
    rm -rf "$scratch"
  fi
}
trap clean_up EXIT

say() {
  printf '\n== %s\n' "$*"
}

if command -v hadolint > /dev/null; then
  say "style"
  hadolint Dockerfile
fi

if [ -z "$BASE" ]; then
  say "base of Debian $SUITE"
  BASE=localhost/python-base
  container=$(buildah from scratch)
  root=$(buildah mount "$container")
  debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates "$SUITE" "$root" "$MIRROR" \
    > "$scratch/debootstrap.log" || fail "debootstrap: $(tail -n 3 "$scratch/debootstrap.log")"
  rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
  buildah commit --quiet --rm "$container" "$BASE"
fi

# What pip is told here, as one file, and the local files and folders that it names; both are mounted while building.
volumes=(--volume "$scratch/pip.conf:/etc/pip.conf:ro")
"${PYTHON:-python3}" deploy/pip_settings.py "$scratch/pip.conf" > "$scratch/paths"
while read -r path; do
  volumes+=(--volume "$path:$path:ro")
done < "$scratch/paths"

say "image"
buildah build --build-arg "BASE=$BASE" "${volumes[@]}" --tag "$IMAGE" .

start() {
  buildah rm --all > /dev/null
  container=$(buildah from "$IMAGE")
  # Some versions of buildah lay a volume of their own over the mounted one, now and then.
  buildah config --volume /home/gan/data- --volume /home/gan/checkpoints- "$container"
}

say "inside"
entrypoint=$(buildah inspect --type image --format '{{.OCIv1.Config.Entrypoint}}' "$IMAGE")
[ "$entrypoint" = "[gan]" ] || fail "the entry point is $entrypoint, not gan"
start
mkdir "$scratch/data" "$scratch/checkpoints"
chown "$OWNER:$OWNER" "$scratch/data" "$scratch/checkpoints"

inside() {
  echo "+ $*"
  buildah run --volume "$scratch/data:/home/gan/data" --volume "$scratch/checkpoints:/home/gan/checkpoints" \
    ${user:+--user "$user"} "$container" -- "$@"
}

[ "$(buildah run "$container" -- id -u)" = "$OWNER" ] || fail "the user is not $OWNER"
inside sh -c '! test -s /etc/pip.conf' || fail "pip's settings have stayed in the image"
inside gan --version
inside gan fit --config dcgan.yaml --trainer.max_steps 10
inside gan sample
# The data's volume too, and several processes as on a machine with several GPUs: torchrun as the README has it.
inside gan sample --num 8 --format images --output data/pictures
inside gan data prepare data/pictures
inside timeout 300 torchrun --standalone --local-addr 127.0.0.1 --nproc-per-node 2 --no-python \
  gan fit --config dcgan.yaml --name two --trainer.accelerator cpu --trainer.devices 2 --trainer.max_steps 10

for file in data/pictures checkpoints/dcgan-digits/version_0/last.ckpt checkpoints/dcgan-digits/version_0/pictures \
  checkpoints/dcgan-digits-two/version_0/last.ckpt; do
  [ -e "$scratch/$file" ] || fail "$file was not written to the mounted folder"
done
others=$(find "$scratch/data" "$scratch/checkpoints" ! -user "$OWNER")
[ -z "$others" ] || fail "not the user's: $others"

# docker run --user "$(id -u)": a user whom the image does not know.
start
OWNER=4321
chown -R "$OWNER:$OWNER" "$scratch/data" "$scratch/checkpoints"
user=$OWNER:$OWNER inside gan fit --config dcgan.yaml --name anyone --trainer.max_steps 10
[ -z "$(find "$scratch/checkpoints" ! -user "$OWNER")" ] || fail "not user $OWNER's: files of a run with --user"

say "size"
buildah images --format '{{.Name}} {{.Size}}'
