"""The scripts of deploy/ do what SLURM and Kubernetes want, with options that `gan` has."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from gan_cli.command.cli import GANCLI
from gan_cli.inference import checkpoints
from gan_cli.variants.base import RECORD
from tests.conftest import TINY_FLAGS

DEPLOY = Path(__file__).parents[1] / "deploy"
DOCUMENTS = [
    document for path in sorted(DEPLOY.glob("kubernetes/*.yaml")) for document in yaml.safe_load_all(path.read_text())
]
BY_KIND = {document["kind"]: document for document in DOCUMENTS}
JOB = BY_KIND["Job"]["spec"]
POD = JOB["template"]["spec"]
CONTAINER = POD["containers"][0]
VARIABLES = {variable["name"]: variable["value"] for variable in CONTAINER["env"]}


class Parsed(GANCLI):
    """The command line taken in, with nothing made of it."""

    def instantiate_classes(self) -> None:
        pass

    def _run_subcommand(self, subcommand: str) -> None:
        pass


@pytest.fixture
def calls(workdir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file in which gan, which ends with `$GAN_STATUS`, srun and scontrol note what they are called with."""
    file = workdir / "calls"
    for name, ends in {"gan": "exit ${GAN_STATUS:-0}", "scontrol": "", "srun": 'shift; "$@"'}.items():
        write_command(workdir / "bin" / name, f'echo {name} "$@" >> {file}\n{ends}')
    monkeypatch.setenv("PATH", f"{workdir / 'bin'}:{os.environ['PATH']}")
    return file


def write_command(path: Path, body: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/bash\n{body}\n")
    path.chmod(0o755)


def write_checkpoint(root: str) -> None:
    run = Path(root) / "dcgan-digits" / "version_0"
    run.mkdir(parents=True)
    (run / "last.ckpt").touch()


@pytest.mark.parametrize("version", ["1.31", kubernetes_validate.latest_version()])
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document["kind"])
def test_kubernetes_takes_it(document: dict[str, Any], version: str) -> None:
    """1.31 is the first in which a Job's podFailurePolicy is stable."""
    kubernetes_validate.validate(document, version, strict=True)


def test_gan_takes_the_jobs_arguments(workdir: Path) -> None:
    trainer = Parsed(CONTAINER["args"]).config.fit.trainer
    assert trainer.num_nodes == JOB["completions"] == JOB["parallelism"]
    assert int(trainer.devices) == CONTAINER["resources"]["limits"]["nvidia.com/gpu"]


def test_the_jobs_names_agree() -> None:
    job, service = BY_KIND["Job"]["metadata"]["name"], BY_KIND["Service"]
    assert service["spec"]["selector"] == {"batch.kubernetes.io/job-name": job}
    assert VARIABLES["MASTER_ADDR"] == f"{job}-0.{service['metadata']['name']}"
    assert POD["subdomain"] == service["metadata"]["name"]
    assert Path(VARIABLES["RUNS"]).name == job
    claims = {document["metadata"]["name"] for document in DOCUMENTS if document["kind"] == "PersistentVolumeClaim"}
    volumes = POD["volumes"]
    assert {volume["persistentVolumeClaim"]["claimName"] for volume in volumes if "emptyDir" not in volume} == claims
    assert {volume["name"] for volume in volumes} == {mount["name"] for mount in CONTAINER["volumeMounts"]}
    rules = [rule["onExitCodes"] for rule in JOB["podFailurePolicy"]["rules"] if "onExitCodes" in rule]
    assert {rule["containerName"] for rule in rules} == {CONTAINER["name"]}


def start_pod(node: int, args: list[str], **variables: str) -> subprocess.Popen[str]:
    """The container's command, as Kubernetes runs it on the node of this number."""
    environment = {**os.environ, **VARIABLES, "JOB_COMPLETION_INDEX": str(node), **variables}
    command = [*CONTAINER["command"], *args]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_a_pod_starts_a_run_or_goes_on_with_it(calls: Path) -> None:
    def called() -> str:
        told, _ = start_pod(1, CONTAINER["args"]).communicate(timeout=20)
        return told or calls.read_text().splitlines()[-1]

    start = " ".join(["gan", *CONTAINER["args"], "--trainer.default_root_dir", VARIABLES["RUNS"]])
    assert called() == start
    write_checkpoint(VARIABLES["RUNS"])
    assert called() == f"{start} --ckpt_path last"


@pytest.mark.slow
def test_a_pod_that_is_stopped_stops_the_others_and_all_go_on(workdir: Path) -> None:
    write_command(workdir / "bin" / "gan", f'exec {sys.executable} -m gan_cli "$@"')
    with socket.socket() as free:
        free.bind(("", 0))
        port = str(free.getsockname()[1])
    variables = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "OMP_NUM_THREADS": "1"}
    variables["PATH"] = f"{workdir / 'bin'}:{os.environ['PATH']}"
    last = Path(VARIABLES["RUNS"]) / "dcgan-digits" / "version_0" / "last.ckpt"

    def pods(steps: int) -> list[subprocess.Popen[str]]:
        flags = ["--trainer.num_nodes=2", f"--trainer.max_steps={steps}", "--checkpoint.every_n_steps=20"]
        return [start_pod(node, ["fit", "--config=dcgan.yaml", *TINY_FLAGS, *flags], **variables) for node in (0, 1)]

    first, second = pods(100_000)
    while first.poll() is None and not last.is_file():
        time.sleep(0.1)
    second.send_signal(signal.SIGTERM)
    for pod in (first, second):
        told, _ = pod.communicate(timeout=240)
        assert pod.returncode == 143, told
    step = checkpoints.read(last)[RECORD]["counters"]["batches"]
    for pod in pods(step + 3):
        told, _ = pod.communicate(timeout=240)
        assert pod.returncode == 0, told
    record = checkpoints.read(last)[RECORD]
    assert (record["counters"]["batches"], record["processes"]) == (step + 3, 2)


def run_slurm_job(status: int = 0) -> int:
    environment = {**os.environ, "SLURM_JOB_ID": "7", "SLURM_CPUS_PER_TASK": "4", "GAN_STATUS": str(status)}
    words = ["bash", str(DEPLOY / "slurm.sbatch"), "--config", "dcgan.yaml"]
    return subprocess.run(words, env=environment, timeout=20).returncode


def test_a_slurm_job_starts_a_run_or_goes_on_with_it(calls: Path) -> None:
    assert run_slurm_job() == 0
    srun, gan = calls.read_text().splitlines()
    assert gan == "gan fit --config dcgan.yaml --trainer.default_root_dir checkpoints/job-7"
    assert srun == f"srun --cpus-per-task=4 {gan}"
    Parsed(gan.split()[1:])
    write_checkpoint("checkpoints/job-7")
    assert run_slurm_job() == 0
    assert calls.read_text().splitlines()[-1] == f"{gan} --ckpt_path last"


@pytest.mark.parametrize(("status", "requeued"), [(0, False), (1, False), (2, False), (138, True), (143, True)])
def test_a_slurm_job_is_requeued_where_it_was_stopped(calls: Path, status: int, requeued: bool) -> None:
    assert run_slurm_job(status) == status
    assert ("scontrol requeue 7" in calls.read_text()) is requeued
