"""The pictures of `gan neighbours`: samples beside their nearest training images, and how far these are."""

import io
from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from gan_cli.media.pictures import grid
from gan_cli.metrics.nearest import Compared

GAP = 16
"""Width of the white gap between the samples and each view's neighbours, in pixels."""
TITLE = 24
BINS = 40


def rows_picture(samples: Tensor, nearest: Sequence[Tensor], names: Sequence[str]) -> Tensor:
    """A row for each sample: itself, then its nearest training images in each view, uint8 [C, H', W'].

    Args:
        samples: uint8 [N, C, H, W].
        nearest: For each view uint8 [N, k, C, H, W].
        names: Names of the views.
    """
    channels = samples.shape[1]
    columns = [("sample", grid_of(samples[:, None]))]
    columns += [(f"nearest in {name}", grid_of(images)) for name, images in zip(names, nearest, strict=True)]
    pieces = [_titled(picture, title) for title, picture in columns]
    gap = torch.full((channels, pieces[0].shape[1], GAP), 255, dtype=torch.uint8)
    return torch.cat([part for piece in pieces for part in (piece, gap)][:-1], dim=2)


def grid_of(images: Tensor) -> Tensor:
    """Rows of images, uint8 [N, k, C, H, W] -> [C, H', W'], small images doubled; a single image has its margin too."""
    larger = 2 if images.shape[-1] <= 32 else 1
    flat = images.flatten(0, 1).repeat_interleave(larger, 2).repeat_interleave(larger, 3)
    if len(flat) == 1:
        return torch.nn.functional.pad(flat[0], (2, 2, 2, 2), value=255)
    return grid(flat, images.shape[1])


def distributions(views: Sequence[Compared], things: str) -> Tensor:
    """Histograms of the distances to the nearest of the training set, one for each view, uint8 [3, H, W].

    Args:
        views: What was found.
        things: What samples and training set consist of, in the plural.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # imported here: it takes a while
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5 * len(views), 4), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    for axes, view in zip(figure.subplots(1, len(views), squeeze=False)[0], views, strict=True):
        edges = np.linspace(0, float(torch.cat([view.distances, view.held_out]).max()) or 1, BINS)
        for values, label in ((view.held_out, f"held-out {things}"), (view.distances, "samples")):
            axes.hist(values.numpy(), edges, density=True, alpha=0.6, label=label)
        threshold = float(view.held_out.quantile(0.01))
        axes.axvline(threshold, color="0.3", linestyle="--", label=f"1 % of held-out {things} are nearer")
        axes.set(xlabel=f"distance in {view.name}{f', {view.unit}' if view.unit else ''}", yticks=[])
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=1 if len(views) == 1 else 3)
    figure.suptitle(f"distance to the nearest of the training {things}")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return torch.from_numpy(np.array(Image.open(buffer).convert("RGB"))).permute(2, 0, 1)


def _titled(picture: Tensor, title: str) -> Tensor:
    """A picture with a line above it, as wide as the wider of the two."""
    font = ImageFont.load_default(size=14)
    channels, height, width = picture.shape
    strip = Image.new("L", (max(width, round(font.getlength(title)) + 4), TITLE), 255)
    ImageDraw.Draw(strip).text((2, TITLE - 6), title, fill=0, font=font, anchor="ls")
    written = torch.from_numpy(np.array(strip)).expand(channels, -1, -1)
    room = torch.full((channels, height, strip.width - width), 255, dtype=torch.uint8)
    return torch.cat([written, torch.cat([picture, room], dim=2)], dim=1)
