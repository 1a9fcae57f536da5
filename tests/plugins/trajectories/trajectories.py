"""Trajectories: steps on the ground in metres, CSV in a file, a plot for each scene."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from matplotlib import colormaps
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.files import write_atomically
from gan_cli.media.medium import Beside, Medium
from gan_cli.media.pictures import grid

PIXELS = 160
"""Side of a plot."""
COLOURS = colormaps["rainbow"]


class Scenes(NamedTuple):
    """Where people were, and where they went from there.

    Attributes:
        observed: float [N, T, 2], in metres.
        future: float [N, T', 2], the steps that follow.
    """

    observed: Tensor
    future: Tensor

    @property
    def real(self) -> Tensor:
        """What the generator is to imitate."""
        return self.future


@dataclass(frozen=True)
class Trajectories(Medium):
    """Trajectories of people, float [N, T, 2] in metres everywhere; made ones start from the `observed` steps."""

    name: ClassVar[str] = "trajectories"
    FACTS: ClassVar[tuple[str, ...]] = ("observed_steps", "future_steps")
    suffix: ClassVar[str] = ".csv"
    usual: ClassVar[int] = 16

    def shown(self, kept: Tensor, mirrored: Tensor | None = None) -> Tensor:
        return kept if mirrored is None else torch.where(mirrored[:, None, None], kept * torch.tensor([-1, 1]), kept)

    def kept(self, made: Tensor) -> Tensor:
        return made.float()

    def pictures(self, kept: Tensor) -> Tensor:
        return torch.stack([scene(one[None]) for one in kept])

    def page(self, kept: Tensor, beside: Beside) -> Tensor:
        """A plot for each scene, with all that was made of it."""
        observed = beside.given.get("observed")
        if observed is None:
            return super().page(kept, beside)
        rows: dict[bytes, list[int]] = {}
        for number, path in enumerate(observed):
            rows.setdefault(path.numpy().tobytes(), []).append(number)
        plots = [
            scene(kept[chosen], observed[chosen[0]], None if beside.real is None else beside.real[chosen[0]])
            for chosen in rows.values()
        ]
        return grid(torch.stack(plots), columns=isqrt(len(plots) - 1) + 1)

    def walks(self, kept: Tensor, beside: Beside) -> Tensor:
        """A plot for each walk, from violet to red."""
        observed, steps = beside.given.get("observed"), kept.shape[1]
        starts = [None] * len(kept) if observed is None else observed[::steps]
        return grid(torch.stack([scene(*pair) for pair in zip(kept, starts, strict=True)]), columns=len(kept))

    def write(self, one: Tensor, path: Path) -> None:
        text = io.StringIO()
        np.savetxt(text, one.numpy(), fmt="%.6f", delimiter=",", header="x,y", comments="")
        write_atomically(path, lambda file: file.write(text.getvalue().encode()))

    def read(self, path: Path) -> Tensor:
        try:
            return torch.from_numpy(np.loadtxt(path, np.float32, delimiter=",", skiprows=1, usecols=(0, 1), ndmin=2))
        except (OSError, ValueError) as error:
            raise UserError(f"given: {path} cannot be read ({error}); take a CSV with the columns x, y") from error


def scene(made: Sequence[Tensor] | Tensor, observed: Tensor | None = None, truth: Tensor | None = None) -> Tensor:
    """A plot, uint8 [3, H, W]: observed solid, the truth dashed, made ones in colours from violet to red.

    Args:
        made: [K, T, 2].
        observed: [T', 2].
        truth: [T, 2].
    """
    figure = Figure(figsize=(PIXELS / 100, PIXELS / 100), dpi=100)
    canvas: Any = FigureCanvasAgg(figure)
    axes = figure.add_axes((0.02, 0.02, 0.96, 0.96), aspect="equal", xticks=[], yticks=[])
    axes.set_adjustable("datalim")
    last = [] if observed is None else [observed[-1:]]
    for number, path in enumerate(made):
        axes.plot(*torch.cat([*last, path]).T.numpy(), color=COLOURS(number / max(1, len(made) - 1)), linewidth=1)
    if truth is not None:
        axes.plot(*torch.cat([*last, truth]).T.numpy(), "k--", linewidth=1)
    if observed is not None:
        axes.plot(*observed.T.numpy(), "k-", linewidth=1.5)
    canvas.draw()
    return torch.from_numpy(np.array(canvas.buffer_rgba())[..., :3]).permute(2, 0, 1)
