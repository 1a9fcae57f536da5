"""Work on many images, dealt out to all devices by Lightning's predict loop and put together again in order."""

from collections.abc import Callable
from typing import Any, cast

import torch
from lightning.pytorch import LightningModule
from torch import Tensor
from torch.utils.data import DataLoader

from gan_cli.devices.strategy import of_all
from gan_cli.inference.trainers import verb_trainer
from gan_cli.variants.base import AdversarialModule

Compute = Callable[[Tensor], Tensor | None]


def dealt(
    model: AdversarialModule,
    count: int,
    compute: Compute,
    *,
    batch_size: int,
    trainer_options: dict[str, Any],
    everywhere: bool = False,
    before: Callable[[], None] | None = None,
) -> Tensor | None:
    """The rows that are computed for so many places, by all devices together.

    Args:
        model: The variant; it is on the device while `compute` runs.
        count: M, how many places.
        compute: Gives a row for each of some places, int64 [N] -> [N, ...] on the CPU; or None, where it has written
            what it made.
        batch_size: Places at a time on a device.
        trainer_options: Lightning's accelerator, devices, num_nodes, strategy, precision.
        everywhere: Whether all processes get the rows, where each goes on with them.
        before: What each process does before its first batch, while the model is on its device.

    Returns:
        [M, ...] on the first process; None on the others, unless `everywhere`, and where `compute` gave nothing.
    """
    task = _Task(model, count, compute, batch_size, before)
    verb_trainer(trainer_options).predict(task, return_predictions=False)
    return task.collected(everywhere)


class _Task(LightningModule):
    def __init__(
        self,
        model: AdversarialModule,
        count: int,
        compute: Compute,
        batch_size: int,
        before: Callable[[], None] | None,
    ) -> None:
        super().__init__()
        self.before = before
        self.model = model
        self.count = count
        self.compute = compute
        self.batch_size = batch_size
        self.made: list[tuple[Tensor, Tensor]] = []
        self.allow_zero_length_dataloader_with_multiple_devices = True

    def predict_dataloader(self) -> DataLoader[Tensor]:
        """Places, dealt out to the processes batch by batch; a process may get none."""
        batches = torch.arange(self.count).split(self.batch_size)
        mine = batches[self.trainer.global_rank :: self.trainer.world_size]
        return DataLoader(cast(Any, mine), batch_size=None)

    def predict_step(self, places: Tensor, batch_idx: int) -> bool:
        """Computes one batch; gives True, because Lightning warns of a step that gives nothing."""
        if batch_idx == 0 and self.before is not None:
            self.before()
        made = self.compute(places.cpu())
        if made is not None:
            self.made.append((places.cpu(), made))
        return True

    def collected(self, everywhere: bool) -> Tensor | None:
        """The rows of all processes, in order, on the first one; called after the loop, which idle ones never enter."""
        self.made = [batch for made in of_all(self.made) for batch in made]
        if not self.made or not (everywhere or self.trainer.is_global_zero):
            return None
        order = torch.cat([places for places, _ in self.made])
        return torch.cat([made for _, made in self.made])[order.argsort()]
