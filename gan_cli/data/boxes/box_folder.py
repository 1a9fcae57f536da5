"""The user's own images with boxes."""

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
from torch import Tensor

from gan_cli.data import folders
from gan_cli.data.archives import File
from gan_cli.data.boxes.box_files import Found, Marked, Refused, found_below
from gan_cli.data.boxes.box_part import BoxPart, counted
from gan_cli.data.boxes.box_set import BoxDataModule
from gan_cli.data.boxes.crops import boxes_shown, crops_of
from gan_cli.data.datamodules import NamedImage, Split
from gan_cli.data.file_sets import FileDataModule, checked_channels, named_files
from gan_cli.data.stores import TensorStore
from gan_cli.errors import UserError, nearest
from gan_cli.media.boxes import COLUMNS
from gan_cli.ranges import BatchSize, Channels, Pixels, Range, Seed, Share

NAMED = 2
"""At most so many mistakes are named before training."""


class Boxes(BoxDataModule, FileDataModule):
    """Your own images with boxes, as Pascal VOC, COCO or YOLO keep them, which is told by what is there.

    Images are brought to a square as wholes, and boxes with them. With `reduction`, what is shown are crops by the
    boxes themselves, for models that classify: large ones, which a model reduces so many times to have small ones.

    Args:
        root: The folder. VOC: NAME.xml in Annotations/ or beside each image, parts in ImageSets/Main. COCO: JSON files
            with images and annotations, one or one for each part. YOLO: NAME.txt beside each image or in labels/, with
            classes.txt or data.yaml. Images in `train`, `val` and `test` make the parts; otherwise a share is held out.
        image_size: Side of the images in pixels, or of the crops, whatever the files have.
        batch_size: Images, or crops, per step and process.
        image_channels: C of the images: 1 (grey), 3 or 4.
        classes: The classes to learn; () takes all. Boxes of others are left out.
        small: Things of a smaller side (root of the area) are small, in pixels of the images trained on; large
            ones have three times that, as COCO's 96 to 32. 0 takes an eighth of `image_size`.
        reduction: 0 shows whole images; 2 to 16 shows crops, which a model reduces so many times.
        bad_boxes: What a box outside its picture, of no area or of an unknown class does: "raise" ends the run by its
            file and line, "skip" leaves it out.
        held_out: Share of the images that is held out where no folder says which.
        split_seed: Chooses them.
        flip: Whether training images are mirrored at random; boxes with them.
        **loading: Further arguments of `FileDataModule`; files are never cut and never skipped.

    Raises:
        UserError: If a value is not possible.
    """

    home = "your own"
    licence = "that of the files"
    layout = "root/ with images at any depth and Pascal VOC's XML, COCO's JSON or YOLO's texts with classes.txt"
    jitters = False

    def __init__(
        self,
        root: str = "data/boxes",
        image_size: Pixels = 128,
        batch_size: BatchSize = 16,
        image_channels: Channels = 3,
        classes: tuple[str, ...] = (),
        small: Annotated[int, Range(0, 10_000)] = 0,
        reduction: Annotated[int, Range(0, 16)] = 0,
        bad_boxes: Literal["raise", "skip"] = "raise",
        held_out: Share = 0.2,
        split_seed: Seed = 0,
        flip: bool | None = None,
        **loading: Any,
    ) -> None:
        super().__init__(root=root, image_size=image_size, batch_size=batch_size, flip=flip, **loading)
        for name, cut in (("crop", self.framing.keeps_resolution), ("load_size", self.framing.load_size > image_size)):
            if cut:
                raise UserError(f"data.{name}: images with boxes are never cut; leave it out")
        if self.on_error == "skip":
            raise UserError(
                "data.on_error: skip is not possible: another image would stand in under a broken one's boxes\n"
                "Take out what cannot be read; gan data check names it"
            )
        if reduction == 1 or reduction > image_size:
            raise UserError(f"data.reduction: {reduction} makes nothing small; take 2 to {min(16, image_size)}, or 0")
        self.image_channels = checked_channels(image_channels)
        self.classes = classes
        self.small, self._reduction = small, reduction
        self.held_out, self.split_seed = held_out, split_seed
        self.bad_boxes = bad_boxes

    @property
    def small_side(self) -> int:
        return self.small or max(1, self.image_size // 8)

    @property
    def reduction(self) -> int:
        return self._reduction

    @cached_property
    def names(self) -> Sequence[str]:
        """The classes: those asked for, or all, by the alphabet."""
        every = sorted({box[4] for files in self._found.parts.values() for one in files for box in one.boxes})
        for name in self.classes:
            if name not in every:
                known = ", ".join(every)
                raise UserError(f"data.classes: {name!r} is none{nearest(name, every)}; the boxes are of {known}")
        return tuple(self.classes or every)

    @cached_property
    def most_boxes(self) -> int:
        if self.reduction:
            return 1
        return max((len(self._rows(one)) for files in self._found.parts.values() for one in files), default=1) or 1

    def marked(self, split: Split) -> list[Marked]:
        """The images of a part with their boxes."""
        return folders.chosen(self._found.parts, split, self.held_out, self.split_seed)

    def groups(self, split: Split) -> dict[str, list[File]]:
        return {"": [one.file for one in self.marked(split)]}

    def part(self, split: Split) -> BoxPart:
        self._refuse_mistakes()
        marked = self.marked(split)
        if self.reduction:
            crops = crops_of(marked, self.names, self.recipe(split, self.image_channels), self.image_size)
            if not len(crops.images):
                raise UserError(
                    f"data.image_size: no box of {', '.join(self.names)} is {self.image_size} pixels long; take less"
                )
            rows = torch.tensor([[0, 0, self.image_size, self.image_size, 0, 1]]).float().repeat(len(crops.labels), 1)
            rows[:, 4] = crops.labels.float()
            return BoxPart(TensorStore(crops.images), list(rows[:, None]), 1, self.framing_of(split))
        store = self.stored(split, [one.file for one in marked], self.recipe(split, self.image_channels))
        return BoxPart(store, [self._rows(one) for one in marked], self.most_boxes, self.framing_of(split))

    def test_inputs(self, domain: str) -> list[NamedImage]:
        files = [one.file for one in self.marked("test")]
        return named_files(files, self.recipe("test", self.image_channels))

    def notes(self) -> list[str]:
        others = Counter(box[4] for files in self._found.parts.values() for one in files for box in one.boxes)
        left = {name: count for name, count in others.items() if name not in self.names}
        told = ", ".join(f"{name} {count:,}" for name, count in sorted(left.items()))
        return [
            f"layout: {self._found.layout}",
            *self._found.notes,
            *([f"classes left out: {told}"] if left else []),
            *(self._crop_notes() if self.reduction else self._box_notes()),
        ]

    def _box_notes(self) -> list[str]:
        rows = torch.cat([self._rows(one) for one in self.marked("train")])
        return [f"boxes of an image: {self.most_boxes:,} at most", *counted(rows, self.names, self.small_side)]

    def _crop_notes(self) -> list[str]:
        """How many crops there are of each class, to train on and held out."""
        parts: tuple[Split, ...] = ("train", "test")
        shown = [boxes_shown(self.marked(split), self.names, self.image_size) for split in parts]
        counts = [Counter(box[4] for _, box in of_part) for of_part in shown]
        told = ", ".join(f"{name} {counts[0][name]:,} and {counts[1][name]:,}" for name in self.names)
        return [
            f"crops to train on and held out: {len(shown[0]):,} and {len(shown[1]):,} ({told})",
            f"crops: of the boxes whose longer side has {self.image_size} pixels or more in the file",
        ]

    def mistakes(self) -> dict[str, list[str]]:
        return {
            "boxes that are not possible": [one.why for one in self._refused()],
            "images with boxes that cannot be read": self._found.unreadable,
            **self._found.mistakes,
        }

    def _rows(self, one: Marked) -> Tensor:
        """The boxes of an image in pixels of the images trained on, [B, 6]."""
        across, down = self.image_size / one.size[0], self.image_size / one.size[1]
        rows = [
            [left * across, top * down, right * across, bottom * down, self.names.index(name), 1.0]
            for left, top, right, bottom, name in one.boxes
            if name in self.names
        ]
        return torch.tensor(rows, dtype=torch.float32).view(-1, COLUMNS)

    def _refused(self) -> list[Refused]:
        """The boxes that are not possible, of the classes that are learned."""
        return [one for one in self._found.refused if not (self.classes and one.name and one.name not in self.classes)]

    def _refuse_mistakes(self) -> None:
        """Refuses images that cannot be read, and boxes that are not possible unless they are to be left out.

        Raises:
            UserError: If there is one; names the first ones.
        """
        if unreadable := self._found.unreadable:
            raise UserError(
                f"data.root: {unreadable[0]} cannot be read, and {len(unreadable) - 1:,} others; take them out\n"
                "gan data check names all"
            )
        if self.bad_boxes == "skip" or not (refused := self._refused()):
            return
        more = f" (and {len(refused) - NAMED:,} more)" if len(refused) > NAMED else ""
        raise UserError(
            "data.root: "
            + "\n".join(one.why for one in refused[:NAMED])
            + f"{more}\nCorrect it, or leave such boxes out with --data.bad_boxes skip; gan data check names all"
        )

    @cached_property
    def _found(self) -> Found:
        return found_below(Path(folders.existing(self.root, "images and boxes in them")), self.max_pixels)
