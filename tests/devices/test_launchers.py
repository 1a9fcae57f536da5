import os
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from lightning.fabric.plugins.environments import (
    KubeflowEnvironment,
    LightningEnvironment,
    LSFEnvironment,
    MPIEnvironment,
    SLURMEnvironment,
    TorchElasticEnvironment,
)
from lightning.pytorch.utilities.rank_zero import rank_zero_only

from gan_cli.__main__ import main
from gan_cli.devices import launchers
from gan_cli.devices.launchers import placed
from gan_cli.errors import UserError
from gan_cli.inference import checkpoints
from gan_cli.variants.base import RECORD
from tests.conftest import TINY_FLAGS
from tests.inference.test_translate import write_photos
from tests.inference.translators import pix2pix, saved

TORCHRUN = {
    "TORCHELASTIC_RUN_ID": "1",
    "RANK": "3",
    "WORLD_SIZE": "4",
    "LOCAL_RANK": "1",
    "LOCAL_WORLD_SIZE": "2",
    "MASTER_ADDR": "127.0.0.1",
    "MASTER_PORT": "29500",
}
KUBEFLOW = {"RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "gan-master-0", "MASTER_PORT": "23456"}
STEP = {"SLURM_STEP_ID": "0", "SLURM_PROCID": "1", "SLURM_LOCALID": "1", "SLURM_NODEID": "0"}
LSF = {"LSB_JOBID": "1", "JSM_NAMESPACE_LOCAL_RANK": "1", "JSM_NAMESPACE_SIZE": "2", "JSM_NAMESPACE_RANK": "1"}
ALL = ("SLURM", "TORCHELASTIC", "LSB_", "JSM_", "OMPI_", "PMI_")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    others = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "NODE_RANK", "MASTER_ADDR", "MASTER_PORT")
    for name in [name for name in os.environ if name.startswith(ALL) or name in others]:
        monkeypatch.delenv(name)
    for name in (
        "SLURM_NTASKS_PER_NODE",
        "MASTER_ADDR",
        "MASTER_PORT",
    ):  # set by what is tested; the fixture takes it back
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    return monkeypatch


def set_all(environment: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name, value in variables.items():
        environment.setenv(name, value)


@pytest.mark.parametrize(
    ("variables", "devices", "nodes", "wanted"),
    [
        ({}, None, None, (1, 1)),
        ({}, "auto", None, ("auto", 1)),
        (TORCHRUN, None, None, (2, 2)),
        (TORCHRUN, 2, 2, (2, 2)),
        (TORCHRUN, "auto", None, (2, 2)),
        (TORCHRUN, "2", 2, ("2", 2)),
        (TORCHRUN, [0, 1], None, ([0, 1], 2)),
        (TORCHRUN, "0,1", None, ("0,1", 2)),
        (KUBEFLOW, None, None, (1, 2)),
        ({"SLURM_NTASKS": "1"}, "1,", None, ("1,", 1)),
        ({**STEP, "SLURM_NTASKS": "8", "SLURM_NNODES": "2"}, None, None, (4, 2)),
        ({"SLURM_NTASKS": "1"}, None, None, (1, 1)),
        ({"SLURM_NTASKS": "4", "SLURM_JOB_NAME": "bash"}, 2, None, (2, 1)),
        ({"SLURM_NTASKS": "4", "SLURM_JOB_NAME": "interactive"}, None, None, (1, 1)),
        ({**STEP, "SLURM_NTASKS": "4", "SLURM_JOB_NAME": "zsh", "SLURM_PTY_PORT": "1"}, None, None, (1, 1)),
        ({"RANK": "1"}, None, None, (1, 1)),
        ({"WORLD_SIZE": "2"}, None, None, (1, 1)),
        ({"LOCAL_RANK": "1"}, None, None, (1, 1)),
        ({"RANK": "0", "WORLD_SIZE": "1"}, 2, None, (2, 1)),
    ],
)
def test_processes_are_those_that_were_started(
    environment: pytest.MonkeyPatch, variables: dict[str, str], devices: Any, nodes: int | None, wanted: Any
) -> None:
    set_all(environment, variables)
    assert placed(devices, nodes) == wanted


@pytest.mark.parametrize(
    ("variables", "rank", "plugin"),
    [
        ({}, 0, LightningEnvironment),
        (TORCHRUN, 3, TorchElasticEnvironment),
        (KUBEFLOW, 1, KubeflowEnvironment),
        ({**STEP, "SLURM_NTASKS": "2"}, 1, SLURMEnvironment),
        ({**STEP, "SLURM_NTASKS": "2", "SLURM_JOB_NAME": "bash"}, 0, LightningEnvironment),
        ({"RANK": "1"}, 0, LightningEnvironment),
        ({"LOCAL_RANK": "1"}, 0, LightningEnvironment),
        ({"LOCAL_RANK": "1", "MASTER_PORT": "29500"}, 1, LightningEnvironment),
        ({"TORCHELASTIC_RUN_ID": "1"}, 0, None),
    ],
)
def test_a_process_of_its_own_is_the_first_one_whatever_is_left_in_the_environment(
    environment: pytest.MonkeyPatch, variables: dict[str, str], rank: int, plugin: type | None
) -> None:
    set_all(environment, variables)
    assert launchers.rank() == rank
    if plugin is not None:
        placed(None, None)
        assert type(launchers.environment()) is plugin


def test_one_slurm_task_with_two_devices_does_not_run_as_one_process(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SLURM_NTASKS", "1")
    with pytest.raises(UserError) as caught:
        placed(2, None)
    assert str(caught.value) == (
        "trainer.devices: 2 on 1 node are 2 processes, but SLURM has started 1\n"
        "Start as many (srun --ntasks-per-node 2), or type --trainer.devices 1 --trainer.num_nodes 1"
    )


@pytest.mark.parametrize(
    ("variables", "devices", "message"),
    [
        (
            {"SLURM_NTASKS": "2"},
            None,
            "^SLURM: the job has 2 tasks, and nothing has started them\nType srun before gan",
        ),
        (
            {**STEP, "SLURM_NTASKS": "3", "SLURM_NNODES": "2"},
            None,
            "^SLURM has started 3 processes on 2 nodes\nStart as many on each: srun --ntasks-per-node 1$",
        ),
        ({"SLURM_NTASKS": "2(x2)"}, None, r"^SLURM_NTASKS: '2\(x2\)' is not possible; take a whole number from 1"),
        (
            {"SLURM_NTASKS": "2", "SLURM_STEP_ID": "0"},
            None,
            "^SLURM: SLURM_PROCID, SLURM_LOCALID, SLURM_NODEID missing beside SLURM_NTASKS, ",
        ),
        (
            {"TORCHELASTIC_RUN_ID": "1"},
            None,
            "^torchrun: RANK, WORLD_SIZE, .* missing beside TORCHELASTIC_RUN_ID, by which",
        ),
        ({"RANK": "0", "WORLD_SIZE": "2"}, None, "^Kubeflow: MASTER_ADDR, MASTER_PORT missing beside RANK, WORLD_SIZE"),
        ({**KUBEFLOW, "LOCAL_RANK": "0"}, None, "^torchrun: LOCAL_WORLD_SIZE missing beside RANK, "),
        ({"RANK": "0", "WORLD_SIZE": "two"}, None, "^WORLD_SIZE: 'two' is not possible"),
        ({"LOCAL_RANK": "0"}, 2, "^LOCAL_RANK is set, .* but MASTER_PORT is not\nSet it for all of them, or unset"),
        ({**LSF, "LSB_DJOB_RANKFILE": "/nowhere"}, None, "^LSF: LSB_DJOB_RANKFILE: /nowhere cannot be read"),
        (
            {**LSF, "LSB_DJOB_RANKFILE": os.devnull},
            None,
            "^LSF: LSB_DJOB_RANKFILE: /dev/null does not name this machine",
        ),
        ({"OMPI_COMM_WORLD_SIZE": "2"}, None, "^mpirun has started 2 processes, which find each other by mpi4py"),
    ],
)
def test_tasks_that_do_not_run_together_are_named(
    environment: pytest.MonkeyPatch, variables: dict[str, str], devices: int | None, message: str
) -> None:
    set_all(environment, variables)
    with pytest.raises(UserError, match=message) as caught:
        placed(devices, None)
    assert len(str(caught.value).splitlines()) <= 2


@pytest.mark.parametrize("variables", [{}, {"SLURM_NTASKS_PER_NODE": "4"}])
def test_the_tasks_of_a_step_are_lightnings_whatever_the_job_asked_for(
    environment: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    """`srun --ntasks 2` alone, and a step of two tasks in a job of four."""
    set_all(environment, {**STEP, "SLURM_NTASKS": "2", **variables})
    placed(None, None)
    slurm = launchers.environment()
    slurm.validate_settings(num_devices=2, num_nodes=1)
    assert isinstance(slurm, SLURMEnvironment)
    assert not slurm.auto_requeue


def test_jsrun_and_mpirun_are_launchers_too(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text(f"launch-node\n{socket.gethostname()}\n{socket.gethostname()}\n")
    with environment.context() as patch:
        set_all(patch, {**LSF, "LSB_DJOB_RANKFILE": str(hosts)})
        assert (launchers.rank(), placed(None, None)) == (1, (2, 1))
        assert isinstance(launchers.environment(), LSFEnvironment)
    world = SimpleNamespace(Get_size=lambda: 4, Get_rank=lambda: 2)
    world.Split_type = lambda _: SimpleNamespace(Get_size=lambda: 2)
    mpi = SimpleNamespace(MPI=SimpleNamespace(COMM_WORLD=world, COMM_TYPE_SHARED=0))
    environment.setitem(sys.modules, "mpi4py", mpi)
    environment.setattr(MPIEnvironment, "detect", lambda: True)
    assert (launchers.rank(), placed(None, None)) == (2, (2, 2))


@pytest.mark.parametrize(
    "verb", ["sample", "interpolate", "arithmetic", "directions", "neighbours", "probe", "validate", "test", "fit"]
)
def test_every_verb_refuses_tasks_that_nothing_has_started(
    environment: pytest.MonkeyPatch, checkpoint: Path, workdir: Path, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    environment.setenv("SLURM_NTASKS", "4")
    options = {"arithmetic": ["--plus", "0"], "fit": ["--config", "dcgan.yaml", *TINY_FLAGS[:-2]]}
    words = [*options.get(verb, []), *(["--ckpt", str(checkpoint)] if verb != "fit" else [])]
    words = [word for word in words if word not in ("--trainer.devices", "1")]
    assert main([verb, *words]) == 2
    assert capsys.readouterr().err.startswith(
        "gan: SLURM: the job has 4 tasks, and nothing has started them\nType srun"
    )


def test_translate_refuses_tasks_that_nothing_has_started(
    environment: pytest.MonkeyPatch, workdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved(pix2pix(), Path("paired.ckpt"))
    write_photos(Path("photos"))
    environment.setenv("SLURM_NTASKS", "4")
    assert main(["translate", "--ckpt", "paired.ckpt", "--input", "photos", "--output", "made"]) == 2
    assert capsys.readouterr().err.startswith("gan: SLURM: the job has 4 tasks")


def test_a_left_over_number_of_a_process_silences_no_verb(
    environment: pytest.MonkeyPatch, checkpoint: Path, workdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.setattr(rank_zero_only, "rank", 1)  # as Lightning reads it from the variable when it is imported
    environment.setenv("RANK", "1")
    words = ["--ckpt", str(checkpoint), "--num", "2", "--output", "a.png", "--trainer.accelerator", "cpu"]
    assert main(["sample", *words]) == 0
    assert capsys.readouterr().out == "written: a.png\n"


@pytest.mark.slow
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
