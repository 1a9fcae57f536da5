"""Pictures of points of the plane: generated ones over real ones, over the discriminator's surface."""

import io
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image
from torch import Tensor

PIXELS = 512
STEPS = 100
"""The surface is computed at this many places a side."""


def scatter(
    points: Tensor,
    real: Tensor | None = None,
    surface: Callable[[Tensor], Tensor | None] | None = None,
    as_paths: bool = False,
) -> Tensor:
    """A scatter plot, uint8 [3, 512, 512].

    Args:
        points: Generated points [N, 2] or, as paths, [R, F, 2]: R paths of F points.
        real: Real points [M, 2], drawn in grey below; they set the frame.
        surface: Gives the discriminator's outputs [N] at points [N, 2], or None; drawn in the background, from blue
            (generated) to red (real).
        as_paths: Whether lines are drawn from point to point.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # here: it is slow, and images never need it
    from matplotlib.figure import Figure

    shown = (points if real is None else real).reshape(-1, 2)
    reach = 1.25 * float(shown.abs().max().clamp(min=1e-3))
    figure = Figure(figsize=(PIXELS / 100, PIXELS / 100), dpi=100)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0), xlim=(-reach, reach), ylim=(-reach, reach), xticks=[], yticks=[])
    values = surface(_places(reach)) if surface is not None else None
    if values is not None:
        image = values.float().cpu().reshape(STEPS, STEPS).numpy()
        axes.imshow(image, extent=(-reach, reach, -reach, reach), origin="lower", cmap="coolwarm", alpha=0.6)
    if real is not None:
        axes.plot(*real.T.numpy(), ".", color="0.35", markersize=2)
    if as_paths:
        for path in points:
            axes.plot(*path.T.numpy(), "-o", color="tab:green", markersize=2, linewidth=0.8)
    else:
        axes.plot(*points.T.numpy(), ".", color="tab:green", markersize=3)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    pixels = np.array(Image.open(buffer).convert("RGB"))
    return torch.from_numpy(pixels).permute(2, 0, 1)


def _places(reach: float) -> Tensor:
    """The grid of the background, row by row from the bottom, [STEPS * STEPS, 2]."""
    steps = torch.linspace(-reach, reach, STEPS)
    return torch.cartesian_prod(steps, steps).flip(1)
