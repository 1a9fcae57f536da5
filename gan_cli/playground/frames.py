"""What is seen of a game at a time, and how it travels: short lists of numbers."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from torch import Tensor


class Moment(NamedTuple):
    """What is plotted of a step.

    Attributes:
        step: Its number, from 1.
        discriminator: The discriminator's loss, penalties included, at its last step before the generator's.
        generator: The generator's loss.
        gradient: The norm of the gradient that reaches the generator's weights.
    """

    step: int
    discriminator: float
    generator: float
    gradient: float


class Covered(NamedTuple):
    """How generated points cover the modes of the real ones.

    Attributes:
        modes: Modes with enough points near them.
        of: How many there are.
        good: Share of the points that are near a mode, within three of its deviations.
    """

    modes: int
    of: int
    good: float


@dataclass(frozen=True)
class Frame:
    """What is seen at a time.

    Attributes:
        step: Steps of the generator so far.
        samples: Generated points [256, 2], those of the same latents at every frame.
        surface: What the discriminator gives on a grid of the plane, [40, 40], row by row from the top.
        arrows: Where each generated point is pulled to, [256, 2]; None if nobody asked.
        covered: How the modes are covered; None where they are not known.
        moments: The steps since the frame before.
    """

    step: int
    samples: Tensor
    surface: Tensor
    arrows: Tensor | None
    covered: Covered | None
    moments: tuple[Moment, ...]

    def told(self) -> dict[str, Any]:
        """The frame as plain values: points in thousandths, other numbers to four digits."""
        return {
            "step": self.step,
            "samples": [[round(x, 3), round(y, 3)] for x, y in self.samples.tolist()],
            "surface": [_short(value) for value in self.surface.flatten().tolist()],
            "arrows": None if self.arrows is None else [[_short(x), _short(y)] for x, y in self.arrows.tolist()],
            "covered": None if self.covered is None else self.covered._asdict(),
            "moments": [[each.step, *map(_short, each[1:])] for each in self.moments],
        }


def _short(number: float) -> float:
    return float(f"{number:.4g}")
