"""The base of every data set, as a LightningDataModule: parts, loaders, examples. No file is read here."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple, cast

import torch
from lightning.pytorch import LightningDataModule
from PIL import Image
from torch import Tensor

from gan_cli import plugins, ranges
from gan_cli.batches import REFERENCES, AnyBatch, Batch, LoadedBatch
from gan_cli.data.loading import PartLoader
from gan_cli.data.parts import LabelledPart, Part
from gan_cli.data.portioned import Portioned, Share
from gan_cli.data.referenced import Referenced
from gan_cli.data.sampling import StreamSampler, dealt_indices
from gan_cli.data.transforms import LARGEST, resized
from gan_cli.devices import memory
from gan_cli.errors import UserError
from gan_cli.media import reading
from gan_cli.media.dequantising import dequantised
from gan_cli.media.images import Images, flipped
from gan_cli.media.medium import Medium
from gan_cli.metrics.row_table import OwnMeasures, RowTable
from gan_cli.portions import Portions
from gan_cli.ranges import BatchSize, Processes
from gan_cli.seeding import stream

BYTES = 1 + 4
"""What a number of an image takes in a batch: as it is loaded, and as the model sees it."""

Split = Literal["train", "val", "test"]
"""The parts of a set: to train on, to watch while training, and to judge on in the end."""


Facts = dict[str, Any]
"""Facts about a set, by name, such as `image_size`, `num_classes` or `num_frames`; a model may take any of them."""


def class_facts(names: Sequence[str]) -> Facts:
    """The facts of a set with these classes; none of them where it has no classes."""
    return {"num_classes": len(names), "class_names": tuple(names)}


class NamedImage(NamedTuple):
    """A test image to translate.

    Attributes:
        name: Path of its translation below a folder, such as `n02381460_1000.png`.
        read: Gives the image, uint8 [C, H, W] at the set's image size.
        labels: Its attributes, 0 or 1 each, or NaN where one is not known; None where the set has none.
        beside: What is told of each of its pixels, by the field's name, and what gives it as it is kept.
    """

    name: str
    read: Callable[[], Tensor]
    labels: tuple[float, ...] | None = None
    beside: tuple[tuple[str, Callable[[], Tensor]], ...] = ()


class GANDataModule(LightningDataModule, ABC):
    """A set split into a part to train on and held-out ones.

    Args:
        batch_size: Images (or points) per step and process; a variant that grows takes a multiple at small sizes.
        num_workers: Processes that load beside the training; 0 is the fastest for sets in memory.

    Raises:
        UserError: If a value is not possible.
    """

    home: ClassVar[str] = ""
    """Where to read about the set."""
    licence: ClassVar[str] = ""
    """What the set may be used for, in one line."""
    layout: ClassVar[str] = ""
    """Which files have to be where, and how they get there, in one line."""
    offline: ClassVar[bool] = False
    """Whether the set comes with the installation."""
    natural: ClassVar[bool] = True
    """Whether its images, where they are coloured, are photographs: what inception was trained on."""
    fields: Mapping[str, Medium] = {"images": Images()}
    """The medium of each field of a batch, by name; a field without one, such as labels, is not listed."""
    class_names: ClassVar[tuple[str, ...]] = ()
    own_measures: ClassVar[OwnMeasures | None] = None
    """What the set measures itself of made things, in `gan test` and while training; see `compared`."""

    def __init__(self, batch_size: BatchSize = 128, num_workers: Processes = 0) -> None:
        super().__init__()
        self.save_hyperparameters(ignore=sorted(plugins.settled(type(self))))
        ranges.check("data", type(self), self.hparams)
        self.name: str = type(self).__name__
        self.batch_size = batch_size
        self.num_workers = num_workers
        self.train_set: Part | None = None
        self.held_out_set: Part | None = None
        self._held_out: Split | None = None

    @property
    @abstractmethod
    def facts(self) -> Facts:
        """What is known about the set without reading it; it is kept in the checkpoint.

        A model is given each fact that has the name of one of its arguments. `name`, the set's, is always there. Other
        code knows `class_names` (one for each class, in the order of the labels), `num_classes`, `attributes` (whether
        an image can be of several classes, or of none: its label is then float [K] of 0 and 1), `domains` (of a set to
        translate between: `horse2zebra` is the direction from the first to the second), `image_size` and
        `image_channels`; a fact that a set does not have is left out.
        """

    @abstractmethod
    def part(self, split: Split) -> Part:
        """A part of the set; if there is no separate part to judge on, it is the one to watch.

        Raises:
            UserError: If it is not there, or not whole.
        """

    def at_hand(self, split: Split | None = None) -> Part:
        """A part of the set: the one in use if that is it, otherwise read now. Batches by number are never augmented.

        Args:
            split: Which part; None takes the held-out one in use, or else the one to judge on.

        Raises:
            UserError: If it is not there, or not whole.
        """
        split = split or self._held_out or "test"
        if split == "train" and self.train_set is not None:
            return self.train_set
        if split == self._held_out and self.held_out_set is not None:
            return self.held_out_set
        return self.part(split)

    def brought(self, image: Image.Image, side: int, channels: int) -> Tensor:
        """A picture from elsewhere as the set brings its own files to its size, uint8 [C, S, S].

        Args:
            image: As `media.reading.read` gives it.
            side: S, of the square images.
            channels: C: 1, 3 or 4.
        """
        return reading.to_tensor(resized(reading.to_mode(image, channels), side, LARGEST), channels)

    def on_device(self, loaded: LoadedBatch) -> AnyBatch:
        """A batch as the model sees it: each field is converted by its medium, and mirrored where that is due."""
        seen: AnyBatch = type(loaded.batch)(
            **{name: self._seen(name, part, loaded) for name, part in loaded.batch._asdict().items()}
        )
        return seen

    def _seen(self, name: str, kept: Tensor, loaded: LoadedBatch) -> Tensor:
        """A field as the model sees it; what has no medium stays as it is."""
        medium = self.fields.get("images" if name in REFERENCES and name not in self.fields else name)
        if medium is None:
            return kept
        mirrored = loaded.mirrored.get(name)
        if name not in loaded.keys:
            return medium.shown(kept, mirrored)
        return dequantised(kept if mirrored is None else flipped(kept, mirrored), loaded.keys[name])

    def record(self) -> Facts:
        """The facts as a checkpoint keeps them, with the media of the fields."""
        return {**self.facts, "fields": {name: medium.record() for name, medium in self.fields.items()}}

    def measures_of(self, field: str) -> OwnMeasures | None:
        """What the set measures of things made in place of a field of its batches; by default its `own_measures`."""
        return self.own_measures

    def compared(self, made: Tensor, numbers: Tensor, split: Split) -> RowTable:
        """The set's own measures of made things beside real ones and such as learn nothing, where it has measures.

        Args:
            made: As they are kept, and as many as `measures_of` says of their field: [N, ...]; several made from each
                given one lie side by side; where they follow each other, in runs, [M, L, ...].
            numbers: Of the real things that each was made from what belongs to, int64 [N] or [M, L].
            split: The part that these are of.
        """
        raise NotImplementedError

    def runs(self, split: Split | None, length: int) -> Tensor:
        """Numbers of things that follow each other in a part, int64 [R, length]; none where things stand alone.

        Args:
            split: Which part; None as for `at_hand`.
            length: How many follow each other.
        """
        return torch.empty(0, length, dtype=torch.int64)

    def labelled(self, count: int, seed: int, device: torch.device) -> Batch:
        """Training things with their labels for semi-supervised learning, as the model sees them.

        Args:
            count: How many; as many of each class.
            seed: Chooses them.
            device: Where they are to be.

        Raises:
            UserError: If there are not so many.
        """
        assert isinstance(self.train_set, LabelledPart)
        labels = self.train_set.labels
        classes = self.facts["num_classes"]
        order = torch.randperm(len(labels), generator=stream(seed, "labelled"))
        each = [order[labels[order] == number][: count // classes] for number in range(classes)]
        if any(len(chosen) < count // classes for chosen in each):
            raise UserError(f"model.num_labelled: {count} is more than {self.name} has of each class; take fewer")
        return cast(Batch, self._shown(torch.cat(each), device))

    def some(self, count: int, seed: int, device: torch.device) -> AnyBatch:
        """Training things, not augmented, as the model sees them.

        Args:
            count: How many; fewer if there are not so many.
            seed: Chooses them.
            device: Where they are to be.
        """
        assert self.train_set is not None
        return self._shown(torch.randperm(len(self.train_set), generator=stream(seed, "some"))[:count], device)

    def examples(self, count: int) -> AnyBatch:
        """Held-out examples, evenly from the whole held-out part, as the model sees them; on the CPU.

        Args:
            count: How many; fewer if there are not so many.
        """
        assert self.held_out_set is not None
        size = len(self.held_out_set)
        count = min(count, size)
        return self.on_device(self.held_out_set[torch.arange(count) * size // count])

    def notes(self) -> list[str]:
        """Lines on what the set has taken, for `gan data check`."""
        return []

    def mistakes(self) -> dict[str, list[str]]:
        """What else is wrong with it, for `gan data check`: by what is said of the places, each with the reason."""
        return {}

    def unreadable_files(self) -> list[Path]:
        """The files that could not be read so far, and that others stood in for."""
        return []

    def test_inputs(self, domain: str) -> list[NamedImage]:
        """The images to judge on that go into the direction from a domain; `setup` need not have been called.

        Args:
            domain: One of the facts' domains; "" for a set without domains, which gives all images.

        Raises:
            UserError: If the set has no such domain, or is not there.
        """
        raise UserError(f"data: {self.name} has no images to translate; name some with --input")

    def setup(self, stage: str) -> None:
        """Reads the parts that the stage needs ("fit", "validate" or "test").

        Raises:
            UserError: If one batch of all processes is larger than the set, or the set is not there or not whole.
        """
        if stage == "fit" and self.train_set is None:
            self.train_set = self.part("train")
            self._check_batch_size(len(self.train_set))
        held_out: Split = "test" if stage == "test" else "val"
        if self._held_out != held_out:
            self.held_out_set, self._held_out = self.part(held_out), held_out

    def train_dataloader(self) -> Iterable[Any]:
        """Batches of the endless shuffled stream, from the run's position in it."""
        assert self.train_set is not None
        rank, world_size = self._place()
        run: Any = self.trainer.lightning_module if self.trainer else None
        portions = getattr(run, "portions", Portions())
        sampler = StreamSampler(
            len(self.train_set),
            self.batch_size,
            seed=run.seed if run is not None else 0,
            rank=rank,
            world_size=world_size,
            position=lambda: run.counters.images if run is not None else 0,
            portions=portions,
        )
        # where a batch has more than images, a reference is one of its fields, whatever that is called
        wanted = "reference" in getattr(run, "GIVEN", ()) and set(self.fields) == {"images"}
        part = _referenced(self.train_set) if wanted else self.train_set
        return self._loader(self._portioned(part, portions, rank), sampler)

    def val_dataloader(self) -> Iterable[Any]:
        """The held-out things, each once."""
        assert self.held_out_set is not None
        return self._loader(self.held_out_set, dealt_indices(len(self.held_out_set), self.batch_size, *self._place()))

    def test_dataloader(self) -> Iterable[Any]:
        """The things to judge on, each once, as `setup` has read them for the stage."""
        return self.val_dataloader()

    def on_after_batch_transfer(self, batch: LoadedBatch, dataloader_idx: int) -> AnyBatch:
        return self.on_device(batch)

    def _shown(self, indices: Tensor, device: torch.device) -> AnyBatch:
        """Training things by number, as the model sees them, on a device."""
        assert self.train_set is not None
        return self.on_device(LoadedBatch(self.train_set[indices].batch).to(device))

    def _portioned(self, part: Part, portions: Portions, rank: int) -> Part:
        images = [name for name, medium in self.fields.items() if isinstance(medium, Images)]
        return Portioned(part, portions, Share(rank, self.batch_size), images) if portions.varies else part

    def _check_batch_size(self, count: int) -> None:
        facts = self.facts
        if side := facts.get("image_size", 0):
            channels = sum(value for name, value in facts.items() if name.endswith("_channels"))
            batch = self.batch_size * channels * side**2 * facts.get("num_frames", 1) * BYTES
            what = f"data.image_size: batches of {self.batch_size} with images of {side} pixels"
            memory.check_room(batch, what, "Take a lower one, or a lower --data.batch_size")
        _, world_size = self._place()
        if self.batch_size * world_size > count:
            media = list(self.fields.values())
            things = "images" if any(isinstance(medium, Images) for medium in media) else media[0].name
            shares = f" in {world_size} processes" if world_size > 1 else ""
            raise UserError(
                f"data.batch_size: {self.batch_size}{shares} is more than the {count} {things} of {self.name}; "
                "take a smaller one"
            )

    def _place(self) -> tuple[int, int]:
        return (self.trainer.global_rank, self.trainer.world_size) if self.trainer else (0, 1)

    def _loader(self, part: Part, batches: Any) -> PartLoader:
        processes = self.trainer.num_devices if self.trainer else 1
        return PartLoader(part, batches, self.batch_size, self.num_workers, processes)


def _referenced(part: Part) -> Referenced:
    """A part's things with references of other things of the set beside them."""
    if not isinstance(part, LabelledPart):
        raise UserError("data: references are of a class, and this set has no classes; take another with --data")
    return Referenced(part)
