"""Two real photographs in blocks, which are trained on and held out in turn, like the fields of a chessboard."""

from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from sklearn.datasets import load_sample_images
from torch import Tensor

from gan_cli.data.pairs.edge_maps import edges

Task = Literal["edges2photo", "gray2photo", "regions2photo", "china2flower"]

REGIONS: dict[str, tuple[int, int, int]] = {
    "dark": (13, 30, 22),
    "teal": (2, 66, 66),
    "sky": (231, 239, 249),
    "cloud": (191, 205, 216),
    "wood": (70, 65, 46),
    "stone": (135, 130, 110),
    "petal": (217, 158, 102),
    "brick": (192, 83, 36),
}
"""Kinds of regions, by the colours that most of the photographs' pixels are close to."""
SMOOTHED = 2.0
"""Standard deviation in pixels of the Gaussian that a region's colour is taken through."""

SCALES = (1.0, 1.25, 1.5)
"""The photographs are reduced by each of these factors."""
ROOM = 1.6
"""A block is at least this many patches wide: enough for the largest scale and some freedom to move."""


class Block(NamedTuple):
    """A piece of a photograph, once for each of `SCALES`.

    Attributes:
        source: What goes in, uint8 [C, H, W] each.
        target: What is to come out, of the same heights and widths.
        drawing: Its edges, black on white, uint8 [1, H, W] each.
    """

    source: tuple[Tensor, ...]
    target: tuple[Tensor, ...]
    drawing: tuple[Tensor, ...]


@lru_cache(maxsize=2)
def blocks(task: Task, image_size: int, held_out: bool) -> tuple[list[Block], list[Block]]:
    """The blocks of both photographs for a task, to train on or held out."""
    return _blocks("china", task, image_size, held_out), _blocks("flower", task, image_size, held_out)


def _blocks(name: str, task: Task, image_size: int, held_out: bool) -> list[Block]:
    photo = photograph(name)
    rows, columns = (_bounds(length, image_size) for length in (photo.height, photo.width))
    found = []
    for row in range(len(rows) - 1):
        for column in range(len(columns) - 1):
            if (row + column) % 2 == held_out:
                box = (columns[column], rows[row], columns[column + 1], rows[row + 1])
                found.append(_block(photo.crop(box), task))
    return found


def _bounds(length: int, image_size: int) -> list[int]:
    """The places where blocks begin and end along a side of a photograph."""
    count = int(length // (ROOM * image_size))
    return [round(length * number / count) for number in range(count + 1)]


def _block(photo: Image.Image, task: Task) -> Block:
    scaled = [
        photo.resize((round(photo.width / scale), round(photo.height / scale)), Image.Resampling.BICUBIC)
        for scale in SCALES
    ]
    targets = tuple(torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous() for image in scaled)
    grey = [np.array(image.convert("L")) for image in scaled]
    drawings = tuple(torch.from_numpy(edges(pixels))[None] for pixels in grey)
    sources = {
        "edges2photo": drawings,
        "gray2photo": tuple(torch.from_numpy(pixels)[None] for pixels in grey),
        "regions2photo": tuple(torch.from_numpy(regions(np.array(image)))[None] for image in scaled),
        "china2flower": targets,
    }
    return Block(sources[task], targets, drawings)


def regions(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The number of each pixel's region in `REGIONS`, by the nearest colour: uint8 [H, W] of colours [H, W, 3]."""
    smooth = ndimage.gaussian_filter(pixels.astype(np.float32), (SMOOTHED, SMOOTHED, 0), mode="nearest")
    colours = np.array(list(REGIONS.values()), dtype=np.float32)
    distances = [((smooth - colour) ** 2).sum(axis=2) for colour in colours]
    nearest: NDArray[np.uint8] = np.argmin(distances, axis=0).astype(np.uint8)
    return nearest


@lru_cache(maxsize=2)
def photograph(name: str) -> Image.Image:
    """One of scikit-learn's two photographs, "china" or "flower", 640 pixels wide and 427 high."""
    found = load_sample_images()
    (pixels,) = (image for path, image in zip(found.filenames, found.images, strict=True) if f"{name}.jpg" in path)
    return Image.fromarray(pixels)
