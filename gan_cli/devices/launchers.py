"""Processes that something else has started: torchrun, or SLURM's srun."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from lightning.fabric.plugins.environments import ClusterEnvironment, SLURMEnvironment, TorchElasticEnvironment

from gan_cli.errors import UserError

FOUND = "GAN_CLI_FOUND"
"""The environment variable in which a process that starts the others itself tells them what it has found."""


class Launch(NamedTuple):
    """A launcher's facts about the run.

    Attributes:
        by: Name of the launcher.
        processes: How many there are in all.
        nodes: On how many machines.
        option: What sets their number on each machine, for messages.
    """

    by: str
    processes: int
    nodes: int
    option: str

    @property
    def each(self) -> int:
        """Processes on each machine."""
        return self.processes // self.nodes


def launch() -> Launch | None:
    """What this process was started by, if by one of many; not in a SLURM shell named "bash" or "interactive"."""
    if TorchElasticEnvironment.detect():
        processes, each = (int(os.environ[name]) for name in ("WORLD_SIZE", "LOCAL_WORLD_SIZE"))
        return Launch("torchrun", processes, processes // each, "--nproc-per-node")
    if "SLURM_NTASKS" in os.environ and SLURMEnvironment.job_name() not in ("bash", "interactive"):
        nodes = int(os.environ.get("SLURM_NNODES", "1"))
        return Launch("SLURM", int(os.environ["SLURM_NTASKS"]), nodes, "srun --ntasks-per-node")
    return None


def placed(devices: Any, num_nodes: int, typed: set[str]) -> tuple[Any, int]:
    """The devices and nodes of a run: what was typed, otherwise what the launcher has started.

    Without this check, Lightning trains in one process where SLURM_NTASKS is 1 and two devices are asked for,
    in each process alone where torchrun has started two and one device is asked for, and waits for tasks that nobody
    starts where srun is left out.

    Args:
        devices: `--trainer.devices`.
        num_nodes: `--trainer.num_nodes`.
        typed: Which of the two, by their names, were typed.

    Raises:
        UserError: If what was typed is not what was started.
    """
    found = launch()
    if found is None:
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
    if "devices" not in typed or str(devices) in ("auto", "-1"):
        devices = found.each
    if "num_nodes" not in typed:
        num_nodes = found.nodes
    wanted = _number(devices) * num_nodes
    if wanted != found.processes:
        raise UserError(
            f"trainer.devices: {devices} on {num_nodes} node{'s' if num_nodes > 1 else ''} are {wanted} processes, but "
            f"{found.by} has started {found.processes}\nStart as many ({found.option} {wanted // num_nodes}), or type "
            f"--trainer.devices {found.each} --trainer.num_nodes {found.nodes}"
        )
    if found.by == "SLURM":  # srun leaves it out, or as the job has it, and Lightning insists on it
        os.environ["SLURM_NTASKS_PER_NODE"] = str(found.each)
    return devices, num_nodes


def environment() -> list[ClusterEnvironment]:
    """SLURM's as a plugin, without Lightning's own saving and requeueing: the job's script requeues what is saved."""
    found = launch()
    return [SLURMEnvironment(auto_requeue=False)] if found and found.by == "SLURM" else []


def handed_on(find: Callable[[], Path]) -> Path:
    """What is found by the process that starts the others, so that they need not look for it at another moment.

    Processes that torchrun or SLURM have started each look for themselves.
    """
    if launch() is None and os.environ.get("LOCAL_RANK", "0") != "0" and FOUND in os.environ:
        return Path(os.environ[FOUND])
    found = find()
    os.environ[FOUND] = str(found)
    return found


def _number(devices: Any) -> int:
    """How many devices are meant: 2 and "2" are a number, [0, 1], "0,1" and "1," name them."""
    if isinstance(devices, str) and "," in devices:
        devices = [name for name in devices.split(",") if name]
    return len(devices) if isinstance(devices, list) else int(devices)
