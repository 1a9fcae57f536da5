"""Processes that something else has started: torchrun, SLURM's srun, LSF's jsrun, mpirun, or Kubeflow."""

import os
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from lightning.fabric.plugins.environments import (
    ClusterEnvironment,
    KubeflowEnvironment,
    LightningEnvironment,
    LSFEnvironment,
    MPIEnvironment,
    SLURMEnvironment,
    TorchElasticEnvironment,
)

from gan_cli.errors import UserError

FOUND = "GAN_CLI_FOUND"
"""The environment variable in which a process that starts the others itself tells them what it has found."""


class Launch(NamedTuple):
    """A launcher's facts about the run.

    Attributes:
        by: Name of the launcher.
        rank: The number of this process among all.
        processes: How many there are in all.
        nodes: On how many machines.
        option: What sets their number on each machine, for messages.
        environment: Makes Lightning's plugin for it.
    """

    by: str
    rank: int
    processes: int
    nodes: int
    option: str
    environment: Callable[[], ClusterEnvironment]

    @property
    def each(self) -> int:
        """Processes on each machine."""
        return self.processes // self.nodes


def launch() -> Launch | None:
    """What this process was started by, if by one of many; not in a SLURM shell.

    Raises:
        UserError: If the variables that the launcher sets are there in part only.
    """
    found = (find() for find in (_torchrun, _kubeflow, _slurm, _lsf, _mpi))
    return next((one for one in found if one is not None), None)


def rank() -> int:
    """The number of this process among all of its run, as far as it is known before they meet.

    Lightning goes by variables such as RANK alone, and a run of one process would be silent where one is left over.
    """
    with suppress(UserError):  # it is raised where the processes are placed
        found = launch()
        if found is not None:
            return found.rank
    return _number("LOCAL_RANK") if _started_by_hand() else 0


def placed(devices: Any, num_nodes: int | None) -> tuple[Any, int]:
    """The devices and nodes of a run: what was typed, otherwise what the launcher has started.

    Without this check, Lightning trains in one process where SLURM_NTASKS is 1 and two devices are asked for,
    in each process alone where torchrun has started two and one device is asked for, and waits for tasks that nobody
    starts where srun is left out.

    Args:
        devices: `--trainer.devices`; None where it was not typed.
        num_nodes: `--trainer.num_nodes`; None where it was not typed.

    Raises:
        UserError: If what was typed is not what was started.
    """
    found = launch()
    if found is None:
        devices, num_nodes = 1 if devices is None else devices, num_nodes or 1
        if "LOCAL_RANK" in os.environ and not _started_by_hand() and (str(devices) != "1" or num_nodes > 1):
            raise UserError(
                "LOCAL_RANK is set, as where the processes are started by hand, but MASTER_PORT is not\n"
                "Set it for all of them, or unset LOCAL_RANK: then gan starts the processes"
            )
        return devices, num_nodes
    if found.by == "SLURM" and found.processes > 1 and "SLURM_STEP_ID" not in os.environ:
        raise UserError(
            f"SLURM: the job has {found.processes} tasks, and nothing has started them\n"
            "Type srun before gan; for one process of its own type SLURM_JOB_NAME=interactive before it"
        )
    if found.processes % found.nodes:
        raise UserError(
            f"{found.by} has started {found.processes} processes on {found.nodes} nodes\n"
            f"Start as many on each: {found.option} {found.each}"
        )
    if devices is None or str(devices) in ("auto", "-1"):
        devices = found.each
    num_nodes = num_nodes or found.nodes
    wanted = _counted(devices) * num_nodes
    if wanted != found.processes:
        raise UserError(
            f"trainer.devices: {devices} on {num_nodes} node{'s' if num_nodes > 1 else ''} are {wanted} processes, but "
            f"{found.by} has started {found.processes}\nStart as many ({found.option} {wanted // num_nodes}), or type "
            f"--trainer.devices {found.each} --trainer.num_nodes {found.nodes}"
        )
    if found.by == "SLURM":  # srun leaves it out, or as the job has it, and Lightning insists on it
        os.environ["SLURM_NTASKS_PER_NODE"] = str(found.each)
    return devices, num_nodes


def environment() -> ClusterEnvironment:
    """Lightning's plugin for what has started the processes, so that it does not look for another launcher itself."""
    found = launch()
    return found.environment() if found is not None else LightningEnvironment()


def handed_on(find: Callable[[], Path]) -> Path:
    """What is found by the process that starts the others, so that they need not look for it at another moment.

    Processes that torchrun or SLURM have started each look for themselves.
    """
    if launch() is None and os.environ.get("LOCAL_RANK", "0") != "0" and FOUND in os.environ:
        return Path(os.environ[FOUND])
    found = find()
    os.environ[FOUND] = str(found)
    return found


def _torchrun() -> Launch | None:
    """What torchrun, or anything that sets the variables it sets, has started."""
    elastic = "TORCHELASTIC_RUN_ID" in os.environ
    if not elastic and not ("LOCAL_RANK" in os.environ and _several_ranks()):
        return None
    marks = ["TORCHELASTIC_RUN_ID"] if elastic else []
    _require("torchrun", *marks, "RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
    processes, each = _number("WORLD_SIZE", 1), _number("LOCAL_WORLD_SIZE", 1)
    nodes = max(1, processes // each)
    return Launch("torchrun", _number("RANK"), processes, nodes, "--nproc-per-node", TorchElasticEnvironment)


def _kubeflow() -> Launch | None:
    """One process in each pod of Kubeflow's PyTorchJob; without LOCAL_RANK there is one on each machine."""
    if not _several_ranks():
        return None
    _require("Kubeflow", "RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
    pods = _number("WORLD_SIZE", 1)
    return Launch("Kubeflow", _number("RANK"), pods, pods, "torchrun --nproc-per-node", KubeflowEnvironment)


def _slurm() -> Launch | None:
    """The tasks of a SLURM job, without Lightning's own saving and requeueing: the job's script requeues."""
    shell = SLURMEnvironment.job_name() in ("bash", "interactive") or "SLURM_PTY_PORT" in os.environ
    if "SLURM_NTASKS" not in os.environ or shell:
        return None
    tasks = _number("SLURM_NTASKS", 1)
    if tasks > 1 and "SLURM_STEP_ID" in os.environ:
        _require("SLURM", "SLURM_NTASKS", "SLURM_STEP_ID", "SLURM_PROCID", "SLURM_LOCALID", "SLURM_NODEID")
    nodes = _number("SLURM_NNODES", 1) if "SLURM_NNODES" in os.environ else 1
    number = _number("SLURM_PROCID") if "SLURM_PROCID" in os.environ else 0
    return Launch("SLURM", number, tasks, nodes, "srun --ntasks-per-node", lambda: SLURMEnvironment(auto_requeue=False))


def _lsf() -> Launch | None:
    """What LSF's jsrun has started."""
    if not LSFEnvironment.detect():
        return None
    _require("LSF", "JSM_NAMESPACE_SIZE", "JSM_NAMESPACE_RANK")
    try:
        names = Path(os.environ["LSB_DJOB_RANKFILE"]).read_text(encoding="utf-8").split()
    except OSError as error:
        raise UserError(f"LSF: LSB_DJOB_RANKFILE: {error.filename} cannot be read ({error.strerror})") from error
    hosts = names[1:]  # the first is where it was started from
    if socket.gethostname() not in hosts:
        raise UserError(
            f"LSF: LSB_DJOB_RANKFILE: {os.environ['LSB_DJOB_RANKFILE']} does not name this machine\n"
            "Start gan by jsrun, or unset JSM_NAMESPACE_SIZE for one process of its own"
        )
    number, processes = _number("JSM_NAMESPACE_RANK"), _number("JSM_NAMESPACE_SIZE", 1)
    return Launch("LSF", number, processes, len(set(hosts)), "jsrun --rs_per_host", LSFEnvironment)


def _mpi() -> Launch | None:
    """What mpirun has started; mpi4py tells."""
    if MPIEnvironment.detect():
        from mpi4py import MPI

        world = MPI.COMM_WORLD
        each = world.Split_type(MPI.COMM_TYPE_SHARED).Get_size()
        nodes = max(1, world.Get_size() // each)
        return Launch("mpirun", world.Get_rank(), world.Get_size(), nodes, "mpirun --npernode", MPIEnvironment)
    for name in ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE"):
        if name in os.environ and _number(name, 1) > 1:
            raise UserError(
                f"mpirun has started {os.environ[name]} processes, which find each other by mpi4py, and it is missing\n"
                "Install it (pip install mpi4py), or start them by torchrun"
            )
    return None


def _several_ranks() -> bool:
    return {"RANK", "WORLD_SIZE"} <= os.environ.keys() and _number("WORLD_SIZE", 1) > 1


def _started_by_hand() -> bool:
    """Whether this process is one of several without a launcher: gan's own, or those that a person has started."""
    return {"LOCAL_RANK", "MASTER_PORT"} <= os.environ.keys()


def _require(launcher: str, *names: str) -> None:
    missing = [name for name in names if name not in os.environ]
    if missing:
        there = [name for name in names if name in os.environ]
        raise UserError(
            f"{launcher}: {', '.join(missing)} missing beside {', '.join(there)}, by which it has started gan\n"
            f"Let {launcher} start it, or unset them for one process of its own"
        )


def _number(name: str, least: int = 0) -> int:
    """A variable's value.

    Raises:
        UserError: If it is no whole number, or too small.
    """
    value = os.environ[name]
    if not value.isdecimal() or int(value) < least:
        raise UserError(f"{name}: {value!r} is not possible; take a whole number from {least}, or unset it")
    return int(value)


def _counted(devices: Any) -> int:
    """How many devices are meant: 2 and "2" are a number, [0, 1], "0,1" and "1," name them."""
    if isinstance(devices, str) and "," in devices:
        devices = [name for name in devices.split(",") if name]
    return len(devices) if isinstance(devices, list) else int(devices)
