"""Digits with attributes that combine, each a known function of a digit: every right answer can be computed."""

from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d

from gan_cli.batches import ImageBatch
from gan_cli.data.datamodules import Facts, NamedImage, Split
from gan_cli.data.images import sources
from gan_cli.data.images.image_sets import ImageDataModule
from gan_cli.data.images.styled_digits import RED
from gan_cli.seeding import stream

ATTRIBUTES = ("inverted", "thick", "red")
"""In the order of the labels."""


class AttributedDigits(ImageDataModule):
    """Digits that are inverted or not, thick or not, red or not, in all eight combinations. No download.

    Each of scikit-learn's 1,797 digits is there once, with attributes drawn from a fixed seed, each with probability
    1/2: no digit is ever shown with an attribute and without it. `answers` gives the held-out digits with any other.
    """

    home = "https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits"
    licence = "CC BY 4.0"
    layout = "nothing: it is made of the digits that come with scikit-learn"
    offline = True
    natural = False
    image_channels = 3
    class_names = ATTRIBUTES

    @property
    def facts(self) -> Facts:
        return {**super().facts, "attributes": True}

    def read(self, train: bool) -> ImageBatch:
        digits = sources.digits(train, self.image_size).images
        drawn = torch.rand(len(digits), len(ATTRIBUTES), generator=stream("attributed digits", int(train)))
        labels = (drawn < 0.5).float()
        return ImageBatch(drawn_with(digits, labels), labels)

    def answers(self, numbers: Tensor, attributes: Tensor, split: Split) -> Tensor:
        """The right pictures of a part's digits with other attributes, uint8 [M, 3, H, W].

        Args:
            numbers: Of the digits in the part, int64 [M].
            attributes: 0 or 1 each, [M, 3].
            split: The part.
        """
        digits = sources.digits(split == "train", self.image_size).images
        return drawn_with(digits[numbers], attributes)

    def test_inputs(self, domain: str) -> list[NamedImage]:
        pictures, labels = self.read(train=False)
        return [
            NamedImage(f"digit-{number:05d}.png", partial(pictures.__getitem__, number), tuple(told))
            for number, told in enumerate(labels.tolist())
        ]


def drawn_with(digits: Tensor, attributes: Tensor) -> Tensor:
    """Digits with attributes, uint8 [N, 3, H, W].

    Args:
        digits: Light strokes on black, uint8 [N, 1, H, W].
        attributes: [N, 3] of 0 and 1: "inverted" is on white, with black strokes if these are not red; "thick" has
            strokes that are wider by an eighth of the height; "red" has red ones.
    """
    inverted, thick, red = (column > 0.5 for column in attributes.unbind(1))
    strokes = digits.float() / 255
    strokes = torch.where(_beside(thick), _thickened(strokes), strokes)
    paper = torch.where(_beside(inverted), 255.0, 0.0).expand(-1, 3, 1, 1)
    ink = torch.where(_beside(red), torch.tensor(RED).float().reshape(1, 3, 1, 1), 255 - paper)
    return torch.lerp(paper, ink, strokes).round().to(torch.uint8)


def _thickened(strokes: Tensor) -> Tensor:
    reach = max(1, strokes.shape[2] // 16)
    return max_pool2d(strokes, 2 * reach + 1, stride=1, padding=reach)


def _beside(column: Tensor) -> Tensor:
    """A number for each image, as it goes with maps."""
    return column[:, None, None, None]
