"""Plots of scenes: what was observed solid, the truth dashed, many thin futures; a colour for each person."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

PIXELS = 240
"""Side of a plot."""
MARGIN = 0.5
"""Metres that are left free around what is shown."""
LEAST = 4.0
"""A plot is at least so many metres wide."""


def plot(made: Tensor, observed: Tensor | None = None, truth: Tensor | None = None, walk: bool = False) -> Tensor:
    """A plot of a scene, uint8 [3, H, W].

    Args:
        made: Paths of its people, [K, P, T, 2], thin; NaN where there is nobody.
        observed: The steps before, [P, T', 2], solid, with a point where the futures begin.
        truth: What followed, [P, T, 2], dashed.
        walk: Whether the K paths have colours from violet to red; otherwise each person has one.
    """
    from matplotlib import colormaps  # here: it is slow, and images never need it
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(PIXELS / 100, PIXELS / 100), dpi=100)
    canvas: Any = FigureCanvasAgg(figure)
    axes: Any = figure.add_axes((0.01, 0.01, 0.98, 0.98), aspect="equal", xticks=[], yticks=[])
    _frame(axes, [part.reshape(-1, 2) for part in (made, observed, truth) if part is not None])
    rainbow, of_people = colormaps["rainbow"], colormaps["tab10"]
    people = made.shape[1]
    for person in range(people):
        before = None if observed is None else observed[person]
        colour = of_people(person % 10)
        for number, path in enumerate(made[:, person]):
            own = rainbow(number / max(1, len(made) - 1)) if walk else colour
            axes.plot(*_joined(before, path), color=own, linewidth=0.6, alpha=1 if walk or len(made) == 1 else 0.45)
        if truth is not None:
            axes.plot(*_joined(before, truth[person]), color="black", linestyle=(0, (2, 1.5)), linewidth=1)
        if before is not None:
            axes.plot(*before.T.numpy(), color="black" if walk else colour, linewidth=1.8)
            axes.plot(*before[-1].numpy(), "o", color="black" if walk else colour, markersize=2.5)
    canvas.draw()
    return torch.from_numpy(np.array(canvas.buffer_rgba())[..., :3]).permute(2, 0, 1)


def _joined(before: Tensor | None, path: Tensor) -> Any:
    """A path from the last step before it on, as rows of x and y."""
    return (path if before is None else torch.cat([before[-1:], path])).T.numpy()


def _frame(axes: Any, shown: list[Tensor]) -> None:
    """Lets a square of the ground be seen that has all places in it."""
    places = torch.cat(shown)
    places = places[~places.isnan().any(1)]
    if not len(places):
        return
    low, high = places.amin(0), places.amax(0)
    reach = max(LEAST, float((high - low).max()) + 2 * MARGIN) / 2
    for centre, limit in zip(((low + high) / 2).tolist(), (axes.set_xlim, axes.set_ylim), strict=True):
        limit(centre - reach, centre + reach)
