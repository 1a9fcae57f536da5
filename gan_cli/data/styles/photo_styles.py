"""Patches of two real photographs and a few pictures in styles of their own, with nothing to download."""

from collections.abc import Mapping

import torch

from gan_cli.data.datamodules import Facts, GANDataModule, NamedImage, Split
from gan_cli.data.pairs.photo_patches import PhotoPatches
from gan_cli.data.stores import TensorStore
from gan_cli.data.styles.procedural import KINDS, picture
from gan_cli.data.styles.styled_parts import ContentAndStyles, numbers_drawn
from gan_cli.data.transforms import Framing
from gan_cli.media.images import Images
from gan_cli.media.medium import Medium
from gan_cli.ranges import BatchSize, Few, Pixels, Processes

ROOM = 2
"""Pictures are so many times larger than the squares that are cut from them."""


class PhotoStyles(GANDataModule):
    """Patches of the two photographs that scikit-learn ships, and waves, a mosaic, petals and a roof. No download.

    The photographs are cut as by PhotoPatches, with held-out blocks. The styles are pictures twice as large, of which
    patches are cut at random: waves and mosaics are computed, petals and roofs are pieces of the photographs. Beyond
    four they are of other colours and sizes: waves-1, mosaic-1, ...

    Args:
        root: Not used; every set takes it.
        image_size: Side of the patches in pixels, from 16 to 128.
        batch_size: Patches per step and process.
        num_workers: Processes that cut beside the training; 0 is the fastest.
        num_styles: How many pictures there are.
        new_styles: Names of the styles that are learned, where a network knows the others already (`--init`); () all.
        flip: Whether training patches of the photographs are mirrored at random.

    Raises:
        UserError: If a value is not possible.
    """

    home = "https://scikit-learn.org/stable/datasets/loading_other_datasets.html"
    licence = "CC BY 2.0 (china.jpg: danielbuechele, flower.jpg: vultilion, both on Flickr)"
    layout = "nothing: the photographs come with scikit-learn, the styles are made"
    offline = True
    fields: Mapping[str, Medium] = {"content": Images(), "style": Images()}

    def __init__(
        self,
        root: str = "data",
        image_size: Pixels = 64,
        batch_size: BatchSize = 16,
        num_workers: Processes = 0,
        num_styles: Few = 4,
        new_styles: tuple[str, ...] = (),
        flip: bool = True,
    ) -> None:
        super().__init__(batch_size, num_workers)
        self.image_size = image_size
        self.photographs = PhotoPatches(image_size=image_size, task="gray2photo", flip=flip)
        self.kinds = [(KINDS[number % len(KINDS)], number // len(KINDS)) for number in range(num_styles)]
        self.style_names = tuple(kind if number == 0 else f"{kind}-{number}" for kind, number in self.kinds)
        self.new_styles = tuple(new_styles)
        self.drawn = numbers_drawn(self.style_names, self.new_styles)

    @property
    def facts(self) -> Facts:
        return {
            "name": self.name,
            "image_size": self.image_size,
            "image_channels": 3,
            "domains": ("content", "style"),
            "style_names": self.style_names,
            "new_styles": self.new_styles,
        }

    def part(self, split: Split) -> ContentAndStyles:
        side = ROOM * self.image_size
        pictures = TensorStore(torch.stack([picture(kind, number, side) for kind, number in self.kinds]))
        framing = Framing(self.image_size, side, flip=False)
        return ContentAndStyles(self.photographs.part(split), "target", pictures, framing, self.drawn)

    def test_inputs(self, domain: str) -> list[NamedImage]:
        return self.photographs.test_inputs("photo")
