import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lightning.fabric.plugins.environments import SLURMEnvironment

from gan_cli.devices import launchers
from gan_cli.devices.launchers import placed
from gan_cli.errors import UserError
from gan_cli.inference import checkpoints
from gan_cli.variants.base import RECORD
from tests.conftest import TINY_FLAGS

TORCHRUN = {"TORCHELASTIC_RUN_ID": "1", "WORLD_SIZE": "4", "LOCAL_WORLD_SIZE": "2"}
BOTH = {"devices", "num_nodes"}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in [name for name in os.environ if name.startswith(("SLURM", "TORCHELASTIC"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SLURM_NTASKS_PER_NODE", "")  # placed sets it; the fixture takes it back
    monkeypatch.delenv("SLURM_NTASKS_PER_NODE")
    return monkeypatch


@pytest.mark.parametrize(
    ("variables", "devices", "nodes", "typed", "wanted"),
    [
        ({}, 1, 1, set(), (1, 1)),
        ({}, "auto", 1, {"devices"}, ("auto", 1)),
        (TORCHRUN, 1, 1, set(), (2, 2)),
        (TORCHRUN, 2, 2, BOTH, (2, 2)),
        (TORCHRUN, "auto", 1, {"devices"}, (2, 2)),
        (TORCHRUN, "2", 2, BOTH, ("2", 2)),
        (TORCHRUN, [0, 1], 1, {"devices"}, ([0, 1], 2)),
        (TORCHRUN, "0,1", 1, {"devices"}, ("0,1", 2)),
        ({"SLURM_NTASKS": "1"}, "1,", 1, {"devices"}, ("1,", 1)),
        ({"SLURM_NTASKS": "8", "SLURM_NNODES": "2", "SLURM_STEP_ID": "0"}, 1, 1, set(), (4, 2)),
        ({"SLURM_NTASKS": "1"}, 1, 1, set(), (1, 1)),
        ({"SLURM_NTASKS": "1", "SLURM_JOB_NAME": "bash"}, 2, 1, {"devices"}, (2, 1)),
    ],
)
def test_processes_are_those_that_were_started(
    environment: pytest.MonkeyPatch, variables: dict[str, str], devices: Any, nodes: int, typed: set[str], wanted: Any
) -> None:
    for name, value in variables.items():
        environment.setenv(name, value)
    assert placed(devices, nodes, typed) == wanted


def test_one_slurm_task_with_two_devices_does_not_run_as_one_process(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SLURM_NTASKS", "1")
    with pytest.raises(UserError) as caught:
        placed(2, 1, {"devices"})
    assert str(caught.value) == (
        "trainer.devices: 2 on 1 node are 2 processes, but SLURM has started 1\n"
        "Start as many (srun --ntasks-per-node 2), or type --trainer.devices 1 --trainer.num_nodes 1"
    )


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"SLURM_NTASKS": "2"}, "^SLURM: the job has 2 tasks, and nothing has started them\nType srun before gan"),
        (
            {"SLURM_NTASKS": "3", "SLURM_NNODES": "2", "SLURM_STEP_ID": "0"},
            "^SLURM has started 3 processes on 2 nodes\nStart as many on each: srun --ntasks-per-node 1$",
        ),
    ],
)
def test_tasks_that_do_not_run_together_are_named(
    environment: pytest.MonkeyPatch, variables: dict[str, str], message: str
) -> None:
    for name, value in variables.items():
        environment.setenv(name, value)
    with pytest.raises(UserError, match=message):
        placed(1, 1, set())


@pytest.mark.parametrize("variables", [{}, {"SLURM_NTASKS_PER_NODE": "4"}])
def test_the_tasks_of_a_step_are_lightnings_whatever_the_job_asked_for(
    environment: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    """`srun --ntasks 2` alone, and a step of two tasks in a job of four."""
    for name, value in {"SLURM_NTASKS": "2", "SLURM_STEP_ID": "0", **variables}.items():
        environment.setenv(name, value)
    placed(1, 1, set())
    (slurm,) = launchers.environment()
    slurm.validate_settings(num_devices=2, num_nodes=1)
    assert isinstance(slurm, SLURMEnvironment)
    assert not slurm.auto_requeue


def test_torchrun_starts_one_run_of_two_processes(workdir: Path) -> None:
    flags = [flag for flag in TINY_FLAGS if flag not in ("--trainer.devices", "1")]
    words = ["fit", "--config", "dcgan.yaml", *flags, "--trainer.max_steps", "3", "--data.batch_size", "8"]
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "gan_cli"]
    done = subprocess.run(
        [*command, *words], capture_output=True, text=True, timeout=240, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    assert done.returncode == 0, done.stderr
    assert [path.name for path in Path("checkpoints/dcgan-digits").iterdir()] == ["version_0"]
    record = checkpoints.read(Path("checkpoints/dcgan-digits/version_0/last.ckpt"))[RECORD]
    assert (record["processes"], record["counters"]["images"]) == (2, 3 * 2 * 8)
    assert done.stdout.count("run: checkpoints/dcgan-digits/version_0") == 1


def test_a_process_that_was_started_by_another_does_not_look_again(environment: pytest.MonkeyPatch) -> None:
    environment.delenv(launchers.FOUND, raising=False)
    assert launchers.handed_on(lambda: Path("first")) == Path("first")
    environment.setenv("LOCAL_RANK", "1")
    assert launchers.handed_on(lambda: Path("later")) == Path("first")
    for name, value in TORCHRUN.items():
        environment.setenv(name, value)
    assert launchers.handed_on(lambda: Path("its own")) == Path("its own")
