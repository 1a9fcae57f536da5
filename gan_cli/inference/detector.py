"""Boxes in images of any size, by a model that finds them."""

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

import torch
from PIL import Image
from torch import Tensor

from gan_cli.errors import UserError, nearest
from gan_cli.media import reading
from gan_cli.media.boxes import Boxes, padded
from gan_cli.media.pictures import to_float
from gan_cli.networks.small_detector import sorted_out
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.perceptual_gan import PerceptualGAN

AT_ONCE = 16
"""So many tiles go through the network together."""
SHARED = 4
"""Tiles beside each other have a quarter of their side in common."""


class Detection(NamedTuple):
    """A thing that was found.

    Attributes:
        name: Its class.
        number: The class's number, from 0.
        score: How sure the model is, from 0 to 1.
        box: Left, top, right and bottom in pixels of the image.
    """

    name: str
    number: int
    score: float
    box: tuple[float, float, float, float]


class Detector:
    """A model that finds boxes.

    Args:
        model: On the device that is to compute.
        ema: The averaged generator where there is one, or the one that is trained.
        threshold: Boxes of a lower score are left out.
        classes: The only classes wanted, by their names; () takes all.
        tiled: Whether an image that is larger than the model's is looked at in tiles at its own resolution, rather than
            brought to the model's size as a whole, as images of training are.

    Raises:
        UserError: If the model does not know a class.
    """

    def __init__(
        self,
        model: PerceptualGAN,
        ema: bool = True,
        threshold: float = 0.3,
        classes: Collection[str] = (),
        tiled: bool = False,
    ) -> None:
        self.model, self.ema, self.threshold, self.tiled = model, ema, threshold, tiled
        medium = model.medium
        assert isinstance(medium, Boxes)
        self.medium = medium
        self.side, self.channels = model.image_size, model.discriminator.trunk.first.in_channels
        for name in classes:
            if name not in medium.names:
                guess, known = nearest(name, medium.names), ", ".join(medium.names)
                raise UserError(f"classes: {name!r} is unknown to this model{guess}; it knows {known}")
        self.wanted = [number for number, name in enumerate(medium.names) if not classes or name in classes]

    def read(self, path: Path) -> Image.Image:
        """An image in the model's colours.

        Raises:
            Unreadable: If it is none, or damaged.
        """
        return reading.to_mode(reading.read(path), self.channels)

    @torch.inference_mode()
    def found(self, image: Image.Image) -> Tensor:
        """The boxes in an image, [B, 6] as `media.boxes` has them, in its own pixels, the surest first.

        Args:
            image: In the model's colours, of any size.
        """
        tiled = self.tiled and max(image.size) > self.side
        rows = self._in_tiles(image) if tiled else self._in_whole(image)
        rows = rows[rows[:, 5] >= self.threshold]
        return rows[torch.isin(rows[:, 4].long(), torch.tensor(self.wanted))]

    def named(self, rows: Tensor) -> list[Detection]:
        """The boxes of `found` as plain values."""
        return [
            Detection(self.medium.name_of(int(number)), int(number), score, (left, top, right, bottom))
            for left, top, right, bottom, number, score in rows.tolist()
        ]

    def _in_whole(self, image: Image.Image) -> Tensor:
        """Of an image that is brought to the model's size, whatever its aspect, as those of training."""
        small = image.resize((self.side, self.side), Image.Resampling.BICUBIC)
        rows = self._of(reading.to_tensor(small, self.channels)[None])[0]
        across, down = image.width / self.side, image.height / self.side
        scale = torch.tensor([across, down, across, down, 1.0, 1.0])
        return rows[~rows[:, 0].isnan()] * scale

    def _in_tiles(self, image: Image.Image) -> Tensor:
        """Of tiles that share a quarter of their sides; what is found twice is kept once."""
        pixels = reading.to_tensor(image, self.channels)
        height, width = pixels.shape[1:]
        corners = [(top, left) for top in _starts(height, self.side) for left in _starts(width, self.side)]
        found: list[Tensor] = []
        for first in range(0, len(corners), AT_ONCE):
            some = corners[first : first + AT_ONCE]
            tiles = [_tile(pixels, top, left, self.side) for top, left in some]
            for rows, (top, left) in zip(self._of(torch.stack(tiles)), some, strict=True):
                found.append(rows[~rows[:, 0].isnan()] + torch.tensor([left, top, left, top, 0.0, 0.0]))
        rows = torch.cat(found)
        rows[:, 0:4:2].clamp_(max=width)
        rows[:, 1:4:2].clamp_(max=height)
        together = sorted_out(padded(rows, max(1, len(rows)))[None].nan_to_num(), 0.0)[0]
        return together[~together[:, 0].isnan()]

    def _of(self, images: Tensor) -> Tensor:
        """Boxes [N, P, 6] of images uint8 [N, C, S, S], on the CPU."""
        shown = to_float(images.to(self.model.device))
        rows: Tensor = self.model(shown.new_empty(len(shown), 0), shown, ema=self.ema)
        return rows.float().cpu()


def _starts(length: int, side: int) -> list[int]:
    """Where tiles begin on an axis, so that all of it is seen."""
    if length <= side:
        return [0]
    count = -(-(length - side) // (side - side // SHARED)) + 1
    return [round(number * (length - side) / (count - 1)) for number in range(count)]


def _tile(pixels: Tensor, top: int, left: int, side: int) -> Tensor:
    """A tile [C, S, S]; beyond the image its last rows and columns are repeated."""
    part = pixels[:, top : top + side, left : left + side]
    rows = torch.arange(side).clamp(max=part.shape[1] - 1)
    columns = torch.arange(side).clamp(max=part.shape[2] - 1)
    return part[:, rows][:, :, columns]


def detecting(model: AdversarialModule) -> PerceptualGAN:
    """The model, if it finds boxes.

    Raises:
        UserError: If it does not.
    """
    if not isinstance(model, PerceptualGAN):
        raise UserError(f"ckpt: {type(model).__name__} finds no boxes; type --ckpt with a checkpoint of PerceptualGAN")
    if model.reduction:
        raise UserError(
            "ckpt: this PerceptualGAN classifies crops by boxes that are known, and finds none; type --ckpt with one "
            "that was trained on whole images (--data.reduction 0)"
        )
    return model
