"""A loop in plain PyTorch over a variant's own networks and losses: what `gan fit` is measured against.

Nothing of Lightning, no data set, no logging, no reproducible noise: batches that are there already, autocast, and two
optimizers that step in turn, each while the other player is frozen, as often and for the same terms as in `gan fit`;
one where there is no discriminator.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from gan_cli.seeding import Rows
from gan_cli.variants import AdversarialModule
from gan_cli.variants.record import Counters

AUTOCAST = {"bf16-mixed": torch.bfloat16, "16-mixed": torch.float16}


class BareLoop:
    """Trains a model's players, step by step.

    Args:
        model: The variant, on its device.
        optimizers: Of the discriminator and of the generator.
        batches: What to learn from, in turn; on the device.
        precision: As `--trainer.precision` has it.
    """

    def __init__(
        self, model: AdversarialModule, optimizers: Sequence[Optimizer], batches: Sequence[Any], precision: str
    ) -> None:
        self.model = model
        self.optimizers = dict(zip(model.players, optimizers, strict=True))
        self.batches = cycle(self._laid_out(batch) for batch in batches)
        count = len(batches[0][0])
        self.rows = Rows(0, count, count)
        self.dtype = AUTOCAST.get(precision)
        self.scaler = torch.amp.GradScaler(model.device.type, enabled=precision == "16-mixed")
        self.counters = Counters()

    def steps(self, count: int) -> None:
        """So many batches, with ordinary noise; the model's own count of them stays as it is."""
        with (
            self.model.at(self.rows, seed=0, step=0),
            plain_noise(self.model),
            unwatched(self.model),
            counting(self.model, self.counters),
        ):
            for _ in range(count):
                with torch.autocast(
                    self.model.device.type, self.dtype, enabled=self.dtype is not None, cache_enabled=False
                ):
                    self._step()

    def _step(self) -> None:
        real, counters = next(self.batches), self.counters
        batch, before, descended = self.model.shared(real), counters.generator_steps, set[str]()
        for step in self.model.descending():
            player = step.partition(".")[0]
            if player in descended:  # the graph of what they share has been used up
                batch = self.model.shared(real)
            self._descend(player, step, batch)
            descended.add(player)
            counters.critic_steps += step == "discriminator"
            if step == "generator":
                counters.generator_steps += 1
                if self.model.ema is not None:
                    self.model.ema.update(self.model.generator, self.model.average_weight())
        if counters.generator_steps > before:
            counters.critic_steps = 0
        counters.batches += 1

    def _descend(self, player: str, step: str, batch: Any) -> None:
        others = [getattr(self.model, name) for name in self.model.players if name != player]
        for other in others:
            other.requires_grad_(False)
        losses = getattr(self.model, f"{step.replace('.', '_')}_losses")(batch)
        self.scaler.scale(torch.stack(list(losses.values())).sum()).backward()
        self.scaler.step(self.optimizers[player])
        self.scaler.update()
        self.optimizers[player].zero_grad()
        for other in others:
            other.requires_grad_(True)

    def _laid_out(self, batch: Any) -> Any:
        layout = self.model.memory_format
        pictures = (isinstance(part, Tensor) and part.ndim == 4 for part in batch)
        return type(batch)(
            *(
                part.contiguous(memory_format=layout) if is_picture else part
                for part, is_picture in zip(batch, pictures, strict=True)
            )
        )


@contextmanager
def plain_noise(model: AdversarialModule) -> Iterator[None]:
    """Within it the model's noise comes from the device's own generator."""

    def noise(use: str, *shape: int, distribution: str = "normal") -> Tensor:
        size = (model.rows.total, *shape)
        if distribution == "normal":
            return torch.randn(size, device=model.device)
        return torch.rand(size, device=model.device).mul_(2).sub_(1)

    model.noise = noise  # type: ignore[method-assign]
    try:
        yield
    finally:
        del model.noise


@contextmanager
def counting(model: AdversarialModule, counters: Counters) -> Iterator[None]:
    """Within it the model goes by other counters than its own."""
    own, model.counters = model.counters, counters
    try:
        yield
    finally:
        model.counters = own


@contextmanager
def unwatched(model: AdversarialModule) -> Iterator[None]:
    """Within it nothing goes into the model's log."""
    model.watch = lambda *_: None  # type: ignore[method-assign]
    try:
        yield
    finally:
        del model.watch
