"""Digits in four styles that are known functions of a digit: domains whose right translations are known."""

from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d

from gan_cli.batches import ImageBatch
from gan_cli.data.images import sources
from gan_cli.data.images.image_sets import ImageDataModule
from gan_cli.seeding import stream

Style = Literal["plain", "inverted", "thick", "red"]

STYLES: tuple[Style, ...] = ("plain", "inverted", "thick", "red")

RED = (255, 64, 32)
"""The colour of a full stroke."""


class StyledDigits(ImageDataModule):
    """Digits in four domains of known right answers: plain, inverted, thick, red. No download.

    Each of scikit-learn's 1,797 digits is in one domain only, drawn from a fixed seed; domains are equally large.
    `in_all_domains` gives the held-out digits in all of them.
    """

    home = "https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits"
    licence = "CC BY 4.0"
    layout = "nothing: it is made of the digits that come with scikit-learn"
    offline = True
    natural = False
    image_channels = 3
    class_names = STYLES

    def read(self, train: bool) -> ImageBatch:
        digits = sources.digits(train, self.image_size).images
        order = torch.randperm(len(digits), generator=stream("styled digits", int(train)))
        labels = order % len(STYLES)
        images = torch.empty(len(digits), 3, self.image_size, self.image_size, dtype=torch.uint8)
        for number, style in enumerate(STYLES):
            images[labels == number] = rendered(digits[labels == number], style)
        return ImageBatch(images, labels)

    def in_all_domains(self) -> dict[Style, Tensor]:
        """The held-out digits in each domain, uint8 [M, 3, H, W], in the order of `read(train=False)`."""
        digits = sources.digits(False, self.image_size).images
        return {style: rendered(digits, style) for style in STYLES}


def rendered(digits: Tensor, style: Style) -> Tensor:
    """Digits in a style, uint8 [N, 3, H, W]: the right answer to a translation.

    Args:
        digits: Light strokes on black, uint8 [N, 1, H, W].
        style: "plain" as they are; "inverted" black on white; "thick" with strokes that are wider by an eighth of the
            height; "red" with red strokes.
    """
    if style == "inverted":
        digits = 255 - digits
    if style == "thick":
        reach = max(1, digits.shape[2] // 16)
        digits = max_pool2d(digits.float(), 2 * reach + 1, stride=1, padding=reach).to(torch.uint8)
    colour = torch.tensor(RED if style == "red" else (255, 255, 255)).reshape(1, 3, 1, 1)
    return (digits.float() * colour / 255).round().to(torch.uint8)
