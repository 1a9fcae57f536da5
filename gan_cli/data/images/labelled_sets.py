"""The common part of sets of image files with classes or attributes."""

from abc import abstractmethod
from typing import Any

from torch import Tensor

from gan_cli.data.archives import File
from gan_cli.data.cuts import CutStore
from gan_cli.data.datamodules import Facts, NamedImage, Split, class_facts
from gan_cli.data.file_sets import FileDataModule, checked_channels, named_files
from gan_cli.data.parts import LabelledImages
from gan_cli.data.transforms import LARGEST
from gan_cli.ranges import BatchSize, Channels, Pixels


class LabelledFileDataModule(FileDataModule):
    """Images in files, with classes, attributes or neither: a square from the middle of each, no jitter.

    Args:
        image_size: Side of the images in pixels, whatever the files have.
        batch_size: Images per step and process.
        image_channels: C of the images: 1 (grey), 3 or 4.
        dequantise: Whether training images have noise within a level of brightness, drawn anew each time.
        **loading: Further arguments of `FileDataModule`.

    Raises:
        UserError: If a value is not possible.
    """

    jitters = False
    square = LARGEST

    def __init__(
        self,
        image_size: Pixels = 64,
        batch_size: BatchSize = 64,
        image_channels: Channels = 3,
        dequantise: bool = False,
        **loading: Any,
    ) -> None:
        super().__init__(image_size=image_size, batch_size=batch_size, **loading)
        self.framing = self.framing._replace(dequantise=dequantise)
        self.image_channels = checked_channels(image_channels)

    @property
    @abstractmethod
    def classes(self) -> tuple[str, ...]:
        """The names of the classes or attributes, in the order of the labels; empty where there are none."""

    @abstractmethod
    def labelled_files(self, split: Split) -> tuple[list[File], Tensor]:
        """The files of a part, with int64 [M] classes or float [M, K] attributes."""

    @property
    def facts(self) -> Facts:
        size = {"image_size": self.image_size, "image_channels": self.image_channels}
        return {"name": self.name, **size, **class_facts(self.classes)}

    def groups(self, split: Split) -> dict[str, list[File]]:
        files, labels = self.labelled_files(split)
        if labels.ndim > 1 or not self.classes:
            return {"": files}
        found: dict[str, list[File]] = {name: [] for name in self.classes}
        for file, label in zip(files, labels.tolist(), strict=True):
            found[self.classes[label]].append(file)
        return found

    def part(self, split: Split) -> LabelledImages:
        files, labels = self.labelled_files(split)
        alike = labels if labels.ndim == 1 else labels.unique(dim=0, return_inverse=True)[1]
        store = self.stored(split, files, self.recipe(split, self.image_channels), alike)
        labels = labels[store.owners] if isinstance(store, CutStore) else labels
        return LabelledImages(store, labels, self.framing_of(split))

    def test_inputs(self, domain: str) -> list[NamedImage]:
        files, labels = self.labelled_files("test")
        images = named_files(files, self.recipe("test", self.image_channels))
        if labels.ndim == 1:
            return images
        return [image._replace(labels=tuple(of_it)) for image, of_it in zip(images, labels.tolist(), strict=True)]
