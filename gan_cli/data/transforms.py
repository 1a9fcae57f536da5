"""Brings images of any size to one size, with the papers' jitter: enlarged, cut at random, mirrored."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import torch
from PIL import Image
from torch import Tensor

from gan_cli.data.sampling import Span
from gan_cli.seeding import mix, uniform_rows

LARGEST = 1 << 30
"""As the side of a square, it asks for the largest square that fits."""

Resampling = Literal["bicubic", "bilinear", "lanczos", "box"]
"""How images are brought to another size: bicubic by the authors of pix2pix and CycleGAN, bilinear by torchvision, box
(the mean of the pixels) by those of StyleGAN2."""


class Views(NamedTuple):
    """Which part is shown of images that are larger than what is wanted of them.

    Attributes:
        across: Where the part begins among the columns at which it can, as a share of them in [0, 1), float [N].
        down: The same of the rows.
        mirrored: Whether left and right change places, bool [N].
    """

    across: Tensor
    down: Tensor
    mirrored: Tensor

    def corners(self, sizes: Sequence[tuple[int, int]], side: int) -> list[tuple[int, int]]:
        """The first row and column of each part.

        Args:
            sizes: Height and width of each image.
            side: Side of the squares that are cut from them.
        """
        room = torch.tensor(sizes) - side + 1
        return [(top, left) for top, left in (torch.stack([self.down, self.across], 1) * room).long().tolist()]


class Framing(NamedTuple):
    """How a training image is cut and mirrored, as a function of its place in the run's stream.

    Isola et al. 2017, arXiv:1611.07004, section 6.2: resized to 286x286 and cut back at random to 256x256, mirrored.

    Attributes:
        image_size: Side of the squares wanted, in pixels.
        load_size: Side that images are resized to before they are cut; `image_size` where nothing is cut, 0 where they
            keep their resolution.
        flip: Whether images are mirrored at random.
        dequantise: Whether they have noise within a level of brightness.
    """

    image_size: int
    load_size: int
    flip: bool
    dequantise: bool = False

    @property
    def varies(self) -> bool:
        """Whether an image may look different each time that it is shown."""
        return self.flip or self.keeps_resolution or self.load_size > self.image_size

    @property
    def keeps_resolution(self) -> bool:
        """Whether images are cut as they are."""
        return not self.load_size

    @property
    def held_out(self) -> "Framing":
        """The framing of images that are not trained on: whole and unchanged, or their middle at their resolution."""
        return Framing(self.image_size, 0 if self.keeps_resolution else self.image_size, flip=False)

    def views(self, span: Span, use: str = "") -> Views:
        """Random views for places of a run's stream, a function of the arguments alone.

        Args:
            span: The places.
            use: Whose views they are; different uses are independent.
        """
        across, down, coin = uniform_rows(3, *span, use=f"crop{use}").unbind(1)
        return Views(across, down, (coin < 0.5) & self.flip)

    def keys(self, span: Span, use: str = "") -> Tensor:
        """What the noise of each place of a run's stream is drawn from, int64 [N], below 2^32; see `views`."""
        return torch.tensor([mix(span.seed, f"levels{use}", position) >> 31 for position in span.positions])

    def middle(self, count: int) -> Views:
        """Views of the middle of each image, not mirrored."""
        margin = max(0, self.load_size - self.image_size)
        share = torch.full((count,), (margin // 2 + 0.5) / (margin + 1))
        return Views(share, share, torch.zeros(count, dtype=torch.bool))

    def cut(self, images: Tensor, views: Views) -> Tensor:
        """Images as views show them, not yet mirrored: uint8 [N, C, L, L] at `load_size` -> [N, C, S, S]."""
        side = self.image_size
        if side == images.shape[2]:
            return images
        corners = views.corners([(self.load_size, self.load_size)] * len(images), side)
        return torch.stack([at(image, corner, side) for image, corner in zip(images, corners, strict=True)])


def at(image: Tensor, corner: tuple[int, int], side: int) -> Tensor:
    """The square of an image [C, H, W] whose first row and column are given, [C, S, S]."""
    top, left = corner
    return image[:, top : top + side, left : left + side]


def resized(image: Image.Image, side: int, square: int = 0, resampling: Resampling = "bicubic") -> Image.Image:
    """An image as a square, without aliasing (Pillow's).

    Args:
        image: An image of any size, in a mode that can be resampled.
        side: Side of the square, in pixels.
        square: Largest side of the square that is first cut from the middle; 0 takes the whole and changes its aspect.
        resampling: By which pixels' weights.
    """
    if square:  # not `resize`'s own box, at whose edges pixels beyond it would count
        image = image.crop(centre(image.size, square))
    return image.resize((side, side), Image.Resampling[resampling.upper()])


def centre(size: tuple[int, int], side: int) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the square of that side in the middle, or of the largest if it is smaller."""
    width, height = size
    side = min(side, width, height)
    left, top = (width - side) // 2, (height - side) // 2
    return left, top, left + side, top + side
