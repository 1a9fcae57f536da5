"""Progressive growing: images that double in size by the number of images shown, and the networks with them.

Karras et al. 2018, "Progressive Growing of GANs for Improved Quality, Stability, and Variation", arXiv:1710.10196,
section 2, as in the authors' code. How far a run has grown is a function of the images shown, so there is no state that
a checkpoint would have to keep.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, inf
from typing import Annotated, Any

import torch
from lightning.pytorch.core.optimizer import LightningOptimizer
from torch import Tensor

from gan_cli.batches import AnyBatch
from gan_cli.networks.stages import SMALLEST, Stage, as_shown, doublings
from gan_cli.networks.stylegan2 import map_sides
from gan_cli.portions import Portion, Portions
from gan_cli.ranges import Few, Range
from gan_cli.variants import descents, judging
from gan_cli.variants.checks import check
from gan_cli.variants.judging import Judged
from gan_cli.variants.latent import LatentModule

BATCHES = {4: 128, 8: 128, 16: 128, 32: 64, 64: 32, 128: 16, 256: 8, 512: 4, 1024: 4}
"""Images in a batch of each size, in the authors' code for one GPU."""

StartSize = Annotated[int, Range(4, 1_024)]
"""Side of the images that growing starts with, in pixels."""
Multiples = tuple[Few, ...]
"""What batches are multiplied by, size by size."""
Factors = tuple[Annotated[float, Range(0, 1_000, without="low")], ...]
"""What learning rates are multiplied by, size by size."""


@dataclass(frozen=True)
class Growth(Portions):
    """When images double, and what batches and learning rates are multiplied by at each size.

    Attributes:
        sides: Of the images, in pixels, from the first to the last.
        stable: Images shown at one size before the next is faded in.
        fade: Images shown while it is.
        multiples: Of `data.batch_size`, for each of the sides.
        factors: Of the learning rates, for each of the sides.
    """

    sides: tuple[int, ...]
    stable: int
    fade: int
    multiples: tuple[int, ...]
    factors: tuple[float, ...]

    varies = True

    @classmethod
    def checked(
        cls,
        image_size: int,
        start_size: int,
        kimg: tuple[float, float],
        multiples: Sequence[int],
        factors: Sequence[float],
        usual: Mapping[int, float],
    ) -> "Growth":
        """The same from arguments of a variant.

        Args:
            image_size: The last side.
            start_size: The first side.
            kimg: Thousands of images before and during each fade.
            multiples: One for each side, or one for all; none takes the authors' batches.
            factors: The same for learning rates.
            usual: The authors' factors by side, where they are not 1.

        Raises:
            UserError: If the sides cannot be grown to, there is no time to grow, or a list has another length.
        """
        known = (SMALLEST, *map_sides(image_size))
        check(
            "start_size", start_size, start_size in known, f"that is a power of two from 4 to image_size, {image_size}"
        )
        sides = tuple(side for side in dict.fromkeys(known) if side >= start_size)
        stable, fade = (round(1000 * thousands) for thousands in kimg)
        check("stable_kimg", kimg[0], stable + fade > 0 or len(sides) == 1, "above 0, or fade_kimg above 0")
        multiples = multiples or [max(1, BATCHES[side] // BATCHES[image_size]) for side in sides]
        factors = factors or [usual.get(side, 1.0) for side in sides]
        for name, values in (("batch_multiples", multiples), ("rate_factors", factors)):
            wanted = f"with {len(sides)} numbers, for the sizes {', '.join(map(str, sides))}, or with one for all"
            check(name, tuple(values), len(values) in (1, len(sides)), wanted)
        return cls(sides, stable, fade, _for_all(multiples, len(sides)), _for_all(factors, len(sides)))

    def stage(self, shown: int) -> Stage:
        """What the networks work on when so many images have been shown."""
        if len(self.sides) == 1:
            return Stage(self.sides[0])
        phase, within = divmod(shown, self.stable + self.fade)
        if phase >= len(self.sides) - 1:
            return Stage(self.sides[-1])
        if within <= self.stable and within < self.stable + self.fade:
            return Stage(self.sides[phase])
        return Stage(self.sides[phase + 1], (within - self.stable) / self.fade)

    def factor(self, shown: int) -> float:
        """What learning rates are multiplied by."""
        return self.factors[self._size(shown)]

    def at(self, shown: int) -> Portion:
        size = self._size(shown)
        return Portion(self.multiples[size], self.sides[-1] // self.sides[size])

    def batches(self, shown: int, more: int, at_once: int) -> int:
        found, end = 0, shown + more
        while shown < end:
            batch = at_once * self.at(shown).multiple
            steps = ceil((min(end, self._next_size(shown)) - shown) / batch)
            found, shown = found + steps, shown + steps * batch
        return found

    def _size(self, shown: int) -> int:
        """The number of the side at hand."""
        return doublings(self.sides[0], self.stage(shown).side)

    def _next_size(self, shown: int) -> float:
        """How many images will have been shown where the next side begins."""
        phase, first = self.stable + self.fade, self.stable + (self.fade > 0)
        begins = (first + number * phase for number in range(len(self.sides) - 1))
        return next((images for images in begins if images > shown), inf)


class GrowingModule(LatentModule):
    """The common part of variants whose networks grow; a variant sets `portions`, and its networks take a stage."""

    portions: Growth

    @property
    def stage(self) -> Stage:
        """How far the networks have grown."""
        return self.portions.stage(self.counters.images)

    @property
    def reduction(self) -> float:
        """How many times smaller the images at hand are than those at the end.

        The authors' networks take images whose pixels are repeated up to the last size, and what they penalise are the
        slopes there: those at small images, divided by this.
        """
        return self.portions.sides[-1] / self.stage.side

    def seen(self, real: Tensor) -> Tensor:
        """Real images as the discriminator sees them at this stage."""
        return as_shown(real, self.stage)

    def judge(self, real: Judged, *others: Judged) -> tuple[Tensor, ...]:
        return judging.judge(self.discriminator, real, *others, stage=self.stage)

    def judge_fake(self, fake: Judged) -> Tensor:
        return judging.judge_fake(self.discriminator, fake, stage=self.stage)

    def set_schedules(self, optimizers: dict[str, LightningOptimizer]) -> None:
        """Sets the learning rates of the size at hand; those that fall by steps or passes, fall beside it."""
        super().set_schedules(optimizers)
        factor = self.portions.factor(self.counters.images)
        for player, optimizer in optimizers.items():
            for group in optimizer.param_groups:
                rate = group["lr"] if self.fall.end else self.learning_rates[player]
                group["lr"] = rate * factor
        self.watch("growth/side", torch.tensor(float(self.stage.side)))
        self.watch("growth/share", torch.tensor(self.stage.share))

    def training_step(self, batch: AnyBatch, batch_idx: int) -> None:
        """Trains on one batch; where a fade begins or ends after it, the optimizers forget their averages."""
        before = self.stage
        super().training_step(batch, batch_idx)
        if (before.side, before.fades) != (self.stage.side, self.stage.fades):
            for optimizer in descents.bare_optimizers(self):
                optimizer.state.clear()
            if self.compiles:
                torch.compiler.reset()  # each size has code of its own, and only so much is kept beside each other


def _for_all(values: Sequence[Any], count: int) -> tuple[Any, ...]:
    return tuple(values) if len(values) == count else tuple(values) * count
