"""Images of any size brought to one, with the papers' jitter: enlarged, cut at random, mirrored."""

from typing import NamedTuple

import torch
from PIL import Image

from gan_cli.seeding import stream


class View(NamedTuple):
    """What is shown of an image that was brought to the size it is loaded at.

    Attributes:
        left: Columns cut away on the left.
        top: Rows cut away at the top.
        mirrored: Whether left and right change places.
    """

    left: int
    top: int
    mirrored: bool


class Framing(NamedTuple):
    """How images are brought to one size. Resampling is bicubic and without aliasing (Pillow's), as the authors do it.

    Isola et al. 2017, arXiv:1611.07004, section 6.2: resized to 286x286 and cut back at random to 256x256, mirrored.

    Attributes:
        image_size: Side of the squares wanted, in pixels.
        load_size: Side that training images are resized to before they are cut; `image_size` where nothing is cut.
        flip: Whether training images are mirrored at random.
        square: Side of the square cut from the middle first, at most; 0 gives up the aspect, as the authors of pix2pix
            and CycleGAN do.
    """

    image_size: int
    load_size: int
    flip: bool
    square: int = 0

    def view(self, seed: int, use: str, position: int) -> View:
        """A random view, a function of its arguments alone."""
        across, down, coin = torch.rand(3, generator=stream(seed, use, position)).tolist()
        places = self.load_size - self.image_size + 1
        return View(int(across * places), int(down * places), self.flip and coin < 0.5)

    def framed(self, image: Image.Image, view: View | None) -> Image.Image:
        """The image at `image_size`: as a view shows it, or whole."""
        box = centre(image.size, self.square) if self.square else None
        side = self.image_size if view is None else self.load_size
        resized = image.resize((side, side), Image.Resampling.BICUBIC, box)
        if view is None:
            return resized
        shown = resized.crop((view.left, view.top, view.left + self.image_size, view.top + self.image_size))
        return shown.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if view.mirrored else shown


def centre(size: tuple[int, int], side: int) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the square of that side in the middle, or of the largest if it is smaller."""
    width, height = size
    side = min(side, width, height)
    left, top = (width - side) // 2, (height - side) // 2
    return left, top, left + side, top + side
