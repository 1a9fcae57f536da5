"""A limit on the time of a call."""

from datetime import timedelta
from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Timer
from lightning.pytorch.utilities.exceptions import MisconfigurationException

from gan_cli.errors import UserError


class CallTimer(Timer):
    """Ends training after a time that each call has anew.

    Lightning's own timer goes on where the checkpoint's stood, so that the same command could not go on with a run that
    it has stopped.

    Args:
        duration: `--trainer.max_time`: days, hours, minutes and seconds as 00:12:00:00, or a mapping of their names.

    Raises:
        UserError: If it is no duration.
    """

    def __init__(self, duration: str | timedelta | dict[str, int]) -> None:
        try:
            super().__init__(duration)
        except (MisconfigurationException, TypeError) as error:
            raise UserError(
                f"trainer.max_time: {duration} is not possible; type days, hours, minutes and seconds: 00:12:00:00"
            ) from error
        self.said = str(timedelta(**duration) if isinstance(duration, dict) else duration)

    @property
    def is_over(self) -> bool:
        """Whether the time is used up."""
        remaining = self.time_remaining()
        return remaining is not None and remaining <= 0

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        super().on_train_end(trainer, pl_module)
        if self.is_over and trainer.is_global_zero:
            print(f"--trainer.max_time {self.said} is over after step {trainer.global_step}", flush=True)

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Nothing: the time counts from the start of this call."""
