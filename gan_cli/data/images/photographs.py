"""Pieces of the two photographs that scikit-learn ships, as a set of images."""

import torch
from torch import Tensor

from gan_cli.batches import ImageBatch, LoadedBatch
from gan_cli.data.datamodules import Facts, GANDataModule, NamedImage, Split, class_facts
from gan_cli.data.pairs.photo_patches import Patches, PhotoPatches
from gan_cli.data.parts import LabelledPart
from gan_cli.data.sampling import Span
from gan_cli.ranges import BatchSize, Pixels, Processes


class Photographs(GANDataModule):
    """Pieces of two photographs, of up to 128 pixels: a temple in China and a flower. No download.

    Pieces to train on and held-out ones are from different blocks, as in `PhotoPatches`.

    Args:
        root: Not used; every set takes it.
        image_size: Side of the pieces in pixels, from 16 to 128.
        batch_size: Pieces per step and process.
        num_workers: Processes that cut beside the training; 0 is the fastest.
        flip: Whether training pieces are mirrored at random.

    Raises:
        UserError: If a value is not possible.
    """

    home = "https://scikit-learn.org/stable/datasets/loading_other_datasets.html"
    licence = "CC BY 2.0 (china.jpg: danielbuechele, flower.jpg: vultilion, both on Flickr)"
    layout = "nothing: the photographs come with scikit-learn"
    offline = True

    def __init__(
        self,
        root: str = "data",
        image_size: Pixels = 64,
        batch_size: BatchSize = 16,
        num_workers: Processes = 0,
        flip: bool = True,
    ) -> None:
        super().__init__(batch_size, num_workers)
        self.image_size = image_size
        self.patches = PhotoPatches(image_size=image_size, task="gray2photo", flip=flip)

    @property
    def facts(self) -> Facts:
        return {"name": self.name, "image_size": self.image_size, "image_channels": 3, **class_facts(())}

    def part(self, split: Split) -> "Targets":
        return Targets(self.patches.part(split))

    def test_inputs(self, domain: str) -> list[NamedImage]:
        return self.patches.test_inputs("photo")


class Targets(LabelledPart):
    """The photographs of patches, without classes.

    Args:
        patches: Gives them with something else beside each.
    """

    def __init__(self, patches: Patches) -> None:
        self.patches = patches
        self.labels = torch.zeros(len(patches), dtype=torch.int64)

    def __len__(self) -> int:
        return len(self.patches)

    def __getitem__(self, places: Span | Tensor) -> LoadedBatch:
        images = self.patches[places].batch.target
        return LoadedBatch(ImageBatch(images, self.labels.new_zeros(len(images))))

    @property
    def at_hand(self) -> bool:
        return True
