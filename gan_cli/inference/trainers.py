"""Lightning's trainer, with its error messages made short."""

from collections.abc import Callable
from typing import Any

from lightning.pytorch import Trainer
from lightning.pytorch.utilities.exceptions import MisconfigurationException

from gan_cli.errors import UserError

PRECISIONS = ("32-true", "bf16-mixed", "16-mixed")


def verb_trainer(options: dict[str, Any]) -> Trainer:
    """A trainer that runs a verb and leaves nothing behind.

    Args:
        options: Lightning's accelerator, devices, num_nodes, strategy, precision.

    Raises:
        UserError: If one of them is not possible on this machine.
    """
    check_precision(options["precision"])
    return trainer_or_error(
        lambda: Trainer(
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            use_distributed_sampler=False,
            **options,
        )
    )


def trainer_or_error(make: Callable[[], Trainer]) -> Trainer:
    """The trainer that `make` gives.

    Raises:
        UserError: If Lightning refuses a device, a strategy or another of its options.
    """
    try:
        return make()
    except UserError:
        raise
    except (MisconfigurationException, ValueError, TypeError) as error:
        raise UserError(f"trainer: {' '.join(str(error).split())[:300]}") from error


def check_precision(precision: str | int | None) -> None:
    """Refuses precisions that the networks are not made for: weights in anything but float32.

    Raises:
        UserError: If it is none of `PRECISIONS` (or Lightning's short names for them).
    """
    if str(precision or 32) not in (*PRECISIONS, "32", "bf16", "16"):
        raise UserError(f"trainer.precision: {precision} is not possible; take {', '.join(PRECISIONS)}")
