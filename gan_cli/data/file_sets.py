"""The base of every set of image files: its arguments, its look at the files, and where decoded images are kept."""

import time
from abc import abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import torch
from PIL import Image
from torch import Tensor

from gan_cli.data import caches, decoding, stores
from gan_cli.data.archives import File
from gan_cli.data.caches import Cache
from gan_cli.data.cuts import CutStore
from gan_cli.data.datamodules import GANDataModule, NamedImage, Split
from gan_cli.data.decoding import Example, Making, Recipe, files_of
from gan_cli.data.stores import DecodingStore, MemoryStore, Store
from gan_cli.data.transforms import Framing, Resampling
from gan_cli.errors import UserError
from gan_cli.media import reading
from gan_cli.ranges import BatchSize, Pixels, PixelsOrNone, Processes, Range

JITTER = 286 / 256
"""Training images are enlarged by this factor before they are cut, as in the papers' code."""

SECONDS_TO_LOOK = 5.0
"""Files are opened for this many seconds before the first step; the others are checked once they are decoded."""

PURPOSES: dict[Split, str] = {"train": "train on", "val": "watch while training", "test": "judge on"}


class FileDataModule(GANDataModule):
    """Images in files, brought to one size when a batch is made, or cut at their own resolution.

    Args:
        root: Folder that holds the data sets; of a set that is a folder of one's own, that folder.
        image_size: Side of the images in pixels, whatever the files have.
        batch_size: Images per step and process.
        num_workers: Processes that decode beside the training.
        load_size: Side that training images are resized to before they are cut at random; 0 cuts nothing, None takes
            the paper's for this set: 286 for images of 256, or none.
        flip: Whether training images are mirrored at random; None takes what is usual for this set.
        resampling: How files are brought to the size wanted, by Pillow.
        cache: Where decoded images are kept: "memory", shared by a process's workers and filled in the first pass;
            "disk", written once and mapped; "none"; "auto" is memory up to 2 GiB.
        cache_dir: Folder of the caches on disk.
        on_error: What a file that cannot be read does: "raise" ends the run by its name, "skip" lets the next of its
            class stand in for it and counts it in the log.
        max_pixels: Files with more are refused: a small file can unpack to any size.
        crop: Whether images keep their resolution and squares of `image_size` are cut from them, to train on at random
            places and otherwise from the middle; None takes what is usual for this set.

    Raises:
        UserError: If a value is not possible.
    """

    jitters: ClassVar[bool] = True
    """Whether the set's paper cuts its training images."""
    flips: ClassVar[bool] = True
    """Whether training images are usually mirrored."""
    crops: ClassVar[bool] = False
    """Whether images usually keep their resolution."""
    square: ClassVar[int] = 0
    """Side of the square cut from the middle of each file, in pixels; 0 resizes the whole, as it is."""

    def __init__(
        self,
        root: str = "data",
        image_size: Pixels = 256,
        batch_size: BatchSize = 1,
        num_workers: Processes = 2,
        load_size: PixelsOrNone | None = None,
        flip: bool | None = None,
        resampling: Resampling = "bicubic",
        cache: Cache = "auto",
        cache_dir: str = "data/cache",
        on_error: Literal["raise", "skip"] = "raise",
        max_pixels: Annotated[int, Range(1, 10**12)] = reading.MAX_PIXELS,
        crop: bool | None = None,
    ) -> None:
        super().__init__(batch_size, num_workers)
        if load_size and crop:
            raise UserError(f"data.load_size: {load_size} does nothing where data.crop is true; leave one of them out")
        if load_size and load_size < image_size:
            raise UserError(
                f"data.load_size: {load_size} is less than the {image_size} pixels that are cut from it; "
                f"take {round(JITTER * image_size)}, or 0 to cut nothing"
            )
        keeps = self.crops and not load_size if crop is None else crop
        self._seconds_to_look = SECONDS_TO_LOOK
        self._skipping: list[tuple[Sequence[Example], Tensor]] = []
        self.root = root
        self.image_size = image_size
        self.cache: Cache = cache
        self.cache_dir = cache_dir
        self.on_error = on_error
        self.max_pixels = max_pixels
        self.resampling: Resampling = resampling
        usual = round(JITTER * image_size) if self.jitters else image_size
        self.framing = Framing(
            image_size,
            load_size=0 if keeps else usual if load_size is None else load_size or image_size,
            flip=self.flips if flip is None else flip,
        )

    def framing_of(self, split: Split) -> Framing:
        """How the images of a part are cut and mirrored."""
        return self.framing if split == "train" else self.framing.held_out

    def recipe(self, split: Split, *channels: int) -> Recipe:
        """How the files of a part become images of so many channels."""
        side = self.framing_of(split).load_size
        return Recipe(channels, side, self.square, self.max_pixels, resampling=self.resampling)

    def brought(self, image: Image.Image, side: int, channels: int) -> Tensor:
        return self.recipe("test", channels)._replace(side=side).brought(image)

    @abstractmethod
    def groups(self, split: Split) -> dict[str, list[File]]:
        """The files of a part by class, domain or side, without opening them; "" if there is only one group."""

    def not_used(self) -> list[File]:
        """Images that belong to none of the set's parts."""
        return []

    def without_partner(self) -> list[File]:
        """Files that have no partner in a set of pairs."""
        return []

    def unlisted(self) -> list[File]:
        """Images that a manifest of the set's labels does not list, and that are not used."""
        return []

    def unreadable_files(self) -> list[Path]:
        found = (
            file.path
            for examples, broken in self._skipping
            for number in broken.nonzero().flatten().tolist()
            for file in files_of(examples[number])
        )
        return list(dict.fromkeys(found))  # the part that is watched may also be the one that is judged on

    def stored(self, split: Split, examples: Sequence[Example], recipe: Making, classes: Tensor | None = None) -> Store:
        """The images of a part, or of one domain of it, from where they are kept; the files are checked first.

        Args:
            split: The part.
            examples: One for each image.
            recipe: Makes the image.
            classes: Class of each example, int64 [M]; files of one class may stand in for each other, by default all.

        Raises:
            UserError: If there are no images, or files among them that cannot be read.
        """
        if not examples:
            raise UserError(f"data.root: there are no images to {PURPOSES[split]} below {self.root}")
        groups = torch.zeros(len(examples), dtype=torch.int64) if classes is None else classes
        store = DecodingStore(examples, recipe.make, recipe.shape, groups if self.on_error == "skip" else None)
        if self.framing.keeps_resolution:
            return self._cut(store, split)
        cache = caches.chosen(self.cache, store.size)
        folder = caches.folder_of(store, recipe, self.cache_dir, self.name) if cache == "disk" else None
        if self.on_error == "raise" and not (folder and stores.is_built(folder, len(store), store.shape)):
            start = time.monotonic()
            decoding.check_headers(examples, Path(self.root), self.max_pixels, self._seconds_to_look)
            self._seconds_to_look -= time.monotonic() - start
        kept: Store = store
        if folder:
            kept = caches.built(store, folder)
        elif cache == "memory":
            kept = MemoryStore(store)
        if kept.broken is not None:
            self._skipping.append((examples, kept.broken))
        return kept

    def _cut(self, source: DecodingStore[Example], split: Split) -> CutStore:
        """Cuts of the images of a part, whose sizes are read from all its files."""
        if self.cache == "disk":
            raise UserError("data.cache: disk keeps images of one size, and data.crop has others; take memory or none")
        sizes = decoding.sizes(source.examples, Path(self.root), self.max_pixels, self.image_size, source.broken)
        cuts = CutStore(source, sizes, self.image_size, once=split != "train", kept=False)
        if source.broken is not None:
            self._skipping.append((source.examples, source.broken))
        in_memory = caches.chosen(self.cache, cuts.size) == "memory"
        return CutStore(source, sizes, self.image_size, once=split != "train", kept=True) if in_memory else cuts


def named(inputs: Sequence[tuple[str, File, Callable[[], Tensor]]]) -> list[NamedImage]:
    """Test images under the names that their translations get; names that differ in the ending alone keep it.

    Args:
        inputs: For each image its name without ending, its file, and a function that reads it.
    """
    names = [name for name, _, _ in inputs]
    twice = {name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else set()
    return [NamedImage(f"{name}{file.path.suffix if name in twice else ''}.png", read) for name, file, read in inputs]


def named_files(examples: Sequence[Example], recipe: Making, number: int = 0) -> list[NamedImage]:
    """Images of files under the names that their translations get.

    Args:
        examples: Files, or pairs.
        recipe: Makes them.
        number: Which side of a pair.
    """
    return named([(example.name, files_of(example)[0], partial(recipe.part, example, number)) for example in examples])


def checked_channels(number: int) -> int:
    """The number of channels, if images can have so many.

    Raises:
        UserError: If they are not.
    """
    if number not in (1, 3, 4):
        raise UserError(f"data: images of {number} channels are not possible; take 1 (grey), 3 or 4 (with opacity)")
    return number
