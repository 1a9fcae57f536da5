"""Processes that something else has started: torchrun, or SLURM's srun."""

import os
from typing import Any, NamedTuple

from lightning.fabric.plugins.environments import SLURMEnvironment, TorchElasticEnvironment

from gan_cli.errors import UserError


class Launch(NamedTuple):
    """What a launcher says of the run.

    Attributes:
        by: Its name.
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
        return Launch("SLURM", int(os.environ["SLURM_NTASKS"]), nodes, "--ntasks-per-node")
    return None


def placed(devices: Any, num_nodes: int, typed: set[str]) -> tuple[Any, int]:
    """The devices and nodes of a run: what was typed, otherwise what the launcher has started.

    Without a look at this Lightning trains in one process where SLURM_NTASKS is 1 and two devices are asked for, and in
    each process alone where torchrun has started two and one device is asked for.

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
    if "devices" not in typed or str(devices) in ("auto", "-1"):
        devices = found.each
    if "num_nodes" not in typed:
        num_nodes = found.nodes
    wanted = (len(devices) if isinstance(devices, list) else int(devices)) * num_nodes
    if wanted != found.processes:
        raise UserError(
            f"trainer.devices: {devices} on {num_nodes} node{'s' if num_nodes > 1 else ''} are {wanted} processes, but "
            f"{found.by} has started {found.processes}\nStart as many ({found.option} {wanted // num_nodes}), or type "
            f"--trainer.devices {found.each} --trainer.num_nodes {found.nodes}"
        )
    return devices, num_nodes
