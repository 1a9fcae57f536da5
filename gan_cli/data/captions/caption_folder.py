"""The user's own images with sentences on them."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, ClassVar, NamedTuple

import torch
from torch import Tensor

from gan_cli.data import folders
from gan_cli.data.archives import File
from gan_cli.data.captions import ranking, sentence_examination
from gan_cli.data.captions.caption_files import Captions as Sentences
from gan_cli.data.captions.caption_files import captions_below
from gan_cli.data.captions.captioned import Captioned, facts_of, texts_for
from gan_cli.data.captions.told import Describable
from gan_cli.data.cuts import CutStore
from gan_cli.data.datamodules import Facts, Split
from gan_cli.data.file_sets import FileDataModule, checked_channels
from gan_cli.data.transforms import LARGEST
from gan_cli.errors import UserError
from gan_cli.media.images import Images
from gan_cli.media.medium import Medium
from gan_cli.media.texts import Texts
from gan_cli.media.vocabularies import vocabulary_of
from gan_cli.metrics.matching import KINDS, Judge
from gan_cli.metrics.row_table import OwnMeasures, RowTable
from gan_cli.networks.text_encoders import TextEncoder
from gan_cli.ranges import BatchSize, Channels, Few, Pixels, Range, Seed, Share

IMAGE_FOLDERS = ("images", "Images", "jpg")
"""Folders below the root that names of images may leave out."""


class Described(NamedTuple):
    """An image with its sentences.

    Attributes:
        file: The image.
        sentences: One at least.
        kind: What it shows, or "" where that is not known.
    """

    file: File
    sentences: list[str]
    kind: str


class Captions(Describable, FileDataModule):
    """Your own images with sentences, one or several each; training draws one of them in each pass.

    The sentences are in captions.txt, .csv or .tsv (image, sentence; commas may be in it), in captions.jsonl, in COCO's
    captions.json, in a folder text_c10 as CUB's and the flowers' are, or in NAME.txt beside each image.

    Args:
        root: The folder. Images in `train`, `val` and `test` below it make the parts; otherwise a share is held out.
        image_size: Side of the images in pixels, whatever the files have.
        batch_size: Images per step and process.
        image_channels: C of the images: 1 (grey), 3 or 4.
        text_length: Words of a sentence; longer ones are cut.
        least: How often a word must occur in training sentences to be known.
        most_words: At most so many words are known, the most frequent ones.
        held_out: Share of the images that is held out where no folder says which.
        split_seed: Chooses them.
        text_encoder: What sentences are cut for: "learned", an encoder that the variant trains on their words, or
            "minilm", which has been trained on other sentences and knows pieces of words.
        flip: Whether training images are mirrored at random; not usual, because sentences may say left and right.
        **loading: Further arguments of `FileDataModule`.

    Raises:
        UserError: If a value is not possible, or there are no sentences.
    """

    home = "your own"
    licence = "that of the files"
    layout = (
        "root/captions.{txt,csv,tsv,jsonl,json} or root/text_c10/ with the images at any depth, or NAME.txt beside each"
    )
    jitters = False
    flips = False
    square = LARGEST
    own_measures: ClassVar[OwnMeasures] = OwnMeasures(KINDS, things=1000)

    def __init__(
        self,
        root: str = "data/captions",
        image_size: Pixels = 64,
        batch_size: BatchSize = 64,
        image_channels: Channels = 3,
        text_length: Annotated[int, Range(1, 1_000)] = 24,
        least: Few = 1,
        most_words: Annotated[int, Range(1, 10**6)] = 10_000,
        held_out: Share = 0.1,
        split_seed: Seed = 0,
        text_encoder: TextEncoder = "learned",
        flip: bool | None = None,
        **loading: Any,
    ) -> None:
        super().__init__(root=root, image_size=image_size, batch_size=batch_size, flip=flip, **loading)
        if self.on_error == "skip":
            raise UserError(
                "data.on_error: skip is not possible: another image would stand in under a broken one's sentences\n"
                "Take out what cannot be read; gan data check names it"
            )
        self.image_channels = checked_channels(image_channels)
        self.text_length, self.least, self.most_words = text_length, least, most_words
        self.held_out, self.split_seed = held_out, split_seed
        self.text_encoder: TextEncoder = text_encoder

    @property
    def facts(self) -> Facts:
        size = {"image_size": self.image_size, "image_channels": self.image_channels}
        return {"name": self.name, **size, **facts_of(self.texts)}

    @property
    def fields(self) -> Mapping[str, Medium]:  # type: ignore[override]
        return {"images": Images(), "text": self.texts, "wrong": self.texts}

    @cached_property
    def texts(self) -> Texts:
        """What a sentence is like: the words of those to train on."""
        sentences = [sentence for one in self.described("train") for sentence in one.sentences]
        return texts_for(self.text_encoder, vocabulary_of(sentences, self.least, self.most_words), self.text_length)

    def described(self, split: Split) -> list[Described]:
        """The images of a part with their sentences."""
        return folders.chosen(self._matched.parts, split, self.held_out, self.split_seed)

    def groups(self, split: Split) -> dict[str, list[File]]:
        return {"": [one.file for one in self.described(split)]}

    @cached_property
    def judge(self) -> Judge:
        """What tells whether pictures go with sentences; trained at its first use."""
        return ranking.judge_for(self)

    def captioned(self, split: Split) -> Captioned:
        """A part, with the sentences of its images."""
        part = self.at_hand(split)
        assert isinstance(part, Captioned)
        return part

    def compared(self, made: Tensor, numbers: Tensor, split: Split) -> RowTable:
        if made.dtype == torch.int64:  # sentences
            return super().compared(made, numbers, split)
        return ranking.table(self, made, numbers, split)

    def part(self, split: Split) -> Captioned:
        found = self.described(split)
        store = self.stored(split, [one.file for one in found], self.recipe(split, self.image_channels))
        texts = [self.texts.encoded(one.sentences) for one in found]
        names = sorted({one.kind for one in found if one.kind})
        numbers = [names.index(one.kind) if one.kind else len(names) + place for place, one in enumerate(found)]
        if isinstance(store, CutStore):
            owners = store.owners.tolist()
            texts, numbers = [texts[owner] for owner in owners], [numbers[owner] for owner in owners]
        return Captioned(store, texts, torch.tensor(numbers, dtype=torch.int64), self.framing_of(split))

    def notes(self) -> list[str]:
        train = [sentence for one in self.described("train") for sentence in one.sentences]
        every = [sentence for files in self._matched.parts.values() for one in files for sentence in one.sentences]
        return sentence_examination.notes(self.texts, train, every, self._sentences.source)

    def mistakes(self) -> dict[str, list[str]]:
        found = self._matched
        every = [(str(one.file), one.sentences) for files in found.parts.values() for one in files]
        return {
            "sentences without their image": found.no_image,
            "images without a sentence, not used": [str(file) for file in found.no_sentence],
            **sentence_examination.mistakes(every, "images"),
        }

    @cached_property
    def _sentences(self) -> Sentences:
        return captions_below(folders.existing(self.root, "images and sentences on them"))

    @cached_property
    def _matched(self) -> "_Matched":
        return _matched(Path(self.root), self._sentences)


class _Matched(NamedTuple):
    parts: dict[Split, list[Described]]
    no_image: list[str]
    no_sentence: list[File]


def _matched(root: Path, told: Sentences) -> _Matched:
    """Images with their sentences, and what has no partner.

    Raises:
        UserError: If no image has a sentence.
    """
    files = folders.files_below(root)
    parts: dict[Split, list[Described]] = {}
    used: set[str] = set()
    alone = []
    for file in files:
        key = next((name for name in _names_of(file) if name in told.named), None)
        if key is None:
            alone.append(file)
            continue
        used.add(key)
        split: Split = next((part for part in folders.SPLITS if part in PurePosixPath(file.key).parts[:-1]), "train")
        parts.setdefault(split, []).append(Described(file, told.named[key], told.kinds.get(key, "")))
    if not parts.get("train"):
        example = next(iter(told.named), "")
        raise UserError(
            f"data.root: none of the {len(files):,} images below {root} to train on has a sentence in {told.source}, "
            f"which names {example!r}\nThe names must be those of the files, or their paths below {root}"
        )
    return _Matched(parts, [f"{name} ({told.named[name][0]})" for name in told.named if name not in used], alone)


def _names_of(file: File) -> list[str]:
    """What an image may be called: its path, with or without the folder of all images and the ending, or its name."""
    path = PurePosixPath(file.key)
    below = [path, *(path.relative_to(folder) for folder in IMAGE_FOLDERS if path.is_relative_to(folder))]
    whole = [*below, PurePosixPath(path.name)]
    return [str(name) for one in whole for name in (one, one.with_suffix(""))]
