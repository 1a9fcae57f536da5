"""A look at the runs of a sweep before the first of them begins: what one of them would refuse is refused at once."""

from collections.abc import Sequence

from gan_cli.command.cli import GANCLI, LightningSeed
from gan_cli.command.sweep_plan import Job
from gan_cli.devices import memory

__all__ = ["LightningSeed", "check"]


class _Made(GANCLI):
    """`gan fit` up to its first batch: everything is made, nothing is trained and nothing is written."""

    def _run_subcommand(self, subcommand: str) -> None:
        pass


def check(jobs: Sequence[Job]) -> None:
    """Makes the model, the data and the trainer of one run of each variation.

    Raises:
        UserError: If a setting is unknown or not possible.
    """
    for job in {job.variation: job for job in jobs}.values():
        _Made(["fit", *job.words])
        memory.free_memory()
