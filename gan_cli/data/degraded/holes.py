"""Images with holes: what is to be painted anew, and the mask that says where."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from torch import Tensor
from torch.nn.functional import interpolate

from gan_cli.data.archives import File, listing
from gan_cli.data.degraded.degradation import Degradation, Examples, random_of
from gan_cli.data.stores import BrokenFile
from gan_cli.errors import UserError, nearest
from gan_cli.media.images import Images
from gan_cli.media.masks import Masks, read_mask
from gan_cli.media.medium import Medium
from gan_cli.media.reading import Unreadable

FILLED = 128
"""The level of an image's holes: 0 in a model."""

Mask = NDArray[np.bool_]
"""True in a hole, [H, W]."""


@dataclass(frozen=True)
class Holes(Degradation):
    """Images with holes of a middle grey, and masks of them.

    Attributes:
        masks: Kinds of masks joined by "+", such as "strokes+rectangles", whose union is taken: those of `KINDS`, or a
            folder of masks, of which each image gets one at random, resized by the nearest pixel.
    """

    masks: str = "centre"

    domains: ClassVar[tuple[str, str]] = ("masked", "whole")
    fields: ClassVar[Mapping[str, Medium]] = {"source": Images(), "target": Images(), "mask": Masks()}

    def of(self, image: Tensor, key: int) -> Examples:
        mask = torch.from_numpy(self.mask(image.shape[1], image.shape[2], key))[None]
        return {"source": torch.where(mask, FILLED, image), "mask": mask.to(torch.uint8)}

    def mask(self, height: int, width: int, key: int) -> Mask:
        """The mask of a key, bool [H, W]; True in a hole."""
        random = random_of(key)
        found = np.zeros((height, width), dtype=bool)
        for kind in self.masks.split("+"):
            found |= KINDS[kind](height, width, random) if kind in KINDS else _of_folder(kind, height, width, random)
        return found

    def check(self) -> None:
        """Refuses masks that are not there.

        Raises:
            UserError: If there is no such kind and no such folder, or the folder has no images.
        """
        for kind in self.masks.split("+"):
            if kind in KINDS:
                continue
            if not Path(kind).is_dir():
                raise UserError(
                    f"data.masks: {kind} is no folder{nearest(kind, KINDS)}; take {', '.join(KINDS)}, several joined "
                    "by +, or a folder of masks, white in the holes"
                )
            if not _files(kind):
                raise UserError(f"data.masks: there are no images in {kind}; put masks there, white in the holes")


def centre(height: int, width: int, random: np.random.Generator) -> Mask:
    """A rectangle in the middle, half as high and half as wide (Pathak et al. 2016, arXiv:1604.07379, section 4)."""
    return _box(height, width, height // 4, width // 4, height // 2, width // 2)


def middle(height: int, width: int, random: np.random.Generator) -> Mask:
    """The same without a border of a thirty-second, 4 of 128 pixels, on each side, as in the authors' code.

    There a context encoder paints a little more than the hole, and is held against what is known.
    """
    down, across = (length // 4 + max(1, length // 32) for length in (height, width))
    return _box(height, width, down, across, height - 2 * down, width - 2 * across)


def rectangles(height: int, width: int, random: np.random.Generator) -> Mask:
    """One to four rectangles anywhere, with sides of an eighth to a half of the image's."""
    mask = np.zeros((height, width), dtype=bool)
    for _ in range(random.integers(1, 5)):
        high, wide = (max(1, round(length * random.uniform(1 / 8, 1 / 2))) for length in (height, width))
        mask |= _box(
            height, width, int(random.integers(height - high + 1)), int(random.integers(width - wide + 1)), high, wide
        )
    return mask


def strokes(height: int, width: int, random: np.random.Generator) -> Mask:
    """One to three strokes of a brush, which turns 4 to 11 times (Yu et al. 2019, arXiv:1806.03589, algorithm 1).

    A brush is 12 to 40 pixels wide where the image has 256.
    """
    canvas = Image.new("1", (width, height))
    draw, unit = ImageDraw.Draw(canvas), min(height, width) / 256
    for _ in range(random.integers(1, 4)):
        brush = max(1, round(random.uniform(12, 40) * unit))
        points = _zigzag(height, width, random)
        draw.line(points, fill=1, width=brush)
        for x, y in points:
            draw.ellipse((x - brush / 2, y - brush / 2, x + brush / 2, y + brush / 2), fill=1)
    return np.array(canvas)


def regions(height: int, width: int, random: np.random.Generator) -> Mask:
    """Blots of any shape, 20 to 30 % of the image (Pathak et al. 2016, section 4, "random region").

    As in the authors' code, noise of 6 % of the image's size is enlarged bicubically and its lowest quarter taken.
    """
    small = (max(2, round(0.06 * height)), max(2, round(0.06 * width)))
    while True:
        noise = torch.from_numpy(random.random(small, dtype=np.float32))[None, None]
        mask = (interpolate(noise, size=(height, width), mode="bicubic")[0, 0] < 0.25).numpy()
        if 0.2 < mask.mean() < 0.3:
            return mask


KINDS: dict[str, Callable[[int, int, np.random.Generator], Mask]] = {
    "centre": centre,
    "middle": middle,
    "rectangles": rectangles,
    "strokes": strokes,
    "regions": regions,
}
"""What masks can be, by name."""


def _box(height: int, width: int, top: int, left: int, high: int, wide: int) -> Mask:
    mask = np.zeros((height, width), dtype=bool)
    mask[top : top + high, left : left + wide] = True
    return mask


def _zigzag(height: int, width: int, random: np.random.Generator) -> list[tuple[float, float]]:
    """The points of a stroke: every second turn goes about back, and lengths are around an eighth of the diagonal."""
    x, y = random.uniform(0, width), random.uniform(0, height)
    points = [(x, y)]
    reach = math.hypot(height, width) / 8
    around = 2 * math.pi / 5
    for turn in range(random.integers(4, 12)):
        angle = random.uniform(around - 2 * math.pi / 15, around + 2 * math.pi / 15)
        angle = 2 * math.pi - angle if turn % 2 == 0 else angle
        length = float(np.clip(random.normal(reach, reach / 2), 0, 2 * reach))
        x = float(np.clip(x + length * math.sin(angle), 0, width))
        y = float(np.clip(y + length * math.cos(angle), 0, height))
        points.append((x, y))
    return points


def _of_folder(folder: str, height: int, width: int, random: np.random.Generator) -> Mask:
    files = _files(folder)
    mask = _read(files[random.integers(len(files))])
    if mask.shape != (height, width):
        mask = np.asarray(Image.fromarray(mask).resize((width, height), Image.Resampling.NEAREST))
    return mask


@lru_cache(maxsize=4)
def _files(folder: str) -> list[File]:
    return listing(Path(folder))


@lru_cache(maxsize=256)
def _read(file: File) -> Mask:
    try:
        return read_mask(file.path, file.content())[0].bool().numpy()
    except Unreadable as error:
        raise BrokenFile(f"data.masks: {file.path} cannot be read ({error.reason}); take it out") from error
