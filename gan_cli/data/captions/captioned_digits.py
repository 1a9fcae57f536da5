"""Digits in colours, of thin or thick strokes, at places, with sentences that say so."""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, ClassVar, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d

from gan_cli.data.captions import comparison
from gan_cli.data.captions.captioned import Captioned, facts_of, texts_for
from gan_cli.data.captions.sentences import COLOURS, GRAMMAR, LONGEST, PLACES, WIDTHS
from gan_cli.data.captions.told import Attributes, Describable
from gan_cli.data.datamodules import Facts, Split
from gan_cli.data.images import sources
from gan_cli.data.stores import TensorStore
from gan_cli.data.transforms import Framing
from gan_cli.media.images import Images
from gan_cli.media.medium import Medium
from gan_cli.media.texts import Texts
from gan_cli.media.vocabularies import vocabulary_of
from gan_cli.metrics.captioned_digits import KINDS
from gan_cli.metrics.row_table import OwnMeasures, RowTable
from gan_cli.networks.text_encoders import TextEncoder
from gan_cli.ranges import BatchSize, Few, Processes, Range, Seed
from gan_cli.seeding import stream

PAINTS = ((235, 45, 45), (40, 200, 60), (50, 90, 245), (240, 215, 40), (170, 60, 220), (245, 245, 245))
"""The colour of a full stroke, by the colours' numbers."""


class Shown(NamedTuple):
    """A part of the set with all that is known of it.

    Attributes:
        images: uint8 [M, 3, H, W].
        attributes: Number, colour, width and place, int64 [M, 4].
        names: Which of them the first sentence names, bool [M, 4].
        sentences: The sentences of each image, M lists.
        new_sentence: Whether the first sentence is of a template that no training sentence has, bool [M].
        new_combination: Whether number and colour go together in no training image, bool [M].
    """

    images: Tensor
    attributes: Tensor
    names: Tensor
    sentences: list[list[str]]
    new_sentence: Tensor
    new_combination: Tensor


class CaptionedDigits(Describable):
    """scikit-learn's 1,797 digits in six colours, thin or thick, at five places, with sentences on them. No download.

    Every number has a colour that it never has in training; half of the held-out images are of such combinations, and
    half of their sentences of templates that no training sentence has.

    Args:
        image_size: Side of the images in pixels; a digit takes half of it.
        renderings: How often each digit is shown, each time with other attributes.
        sentences: Sentences on each training image; one of them is drawn in each pass.
        split_seed: Chooses attributes and sentences.
        text_encoder: What sentences are cut for: "learned", an encoder that the variant trains, or "minilm".
        batch_size: Images per step and process.
        num_workers: Processes that load beside the training; 0 is the fastest.

    Raises:
        UserError: If a value is not possible.
    """

    home = "https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits"
    licence = "CC BY 4.0"
    layout = "nothing: it is made of the digits that come with scikit-learn"
    offline = True
    natural = False
    own_measures: ClassVar[OwnMeasures] = OwnMeasures(KINDS, things=1000)
    attributes: ClassVar[Attributes | None] = Attributes(("number", "colour", "width", "place"), GRAMMAR)

    def __init__(
        self,
        image_size: Annotated[int, Range(16, 256)] = 32,
        renderings: Few = 8,
        sentences: Few = 5,
        split_seed: Seed = 0,
        text_encoder: TextEncoder = "learned",
        batch_size: BatchSize = 64,
        num_workers: Processes = 0,
    ) -> None:
        super().__init__(batch_size, num_workers)
        self.image_size = image_size
        self.renderings, self.sentences = renderings, sentences
        self.split_seed = split_seed
        self.text_encoder: TextEncoder = text_encoder
        self._shown_parts: dict[bool, Shown] = {}

    @cached_property
    def texts(self) -> Texts:
        """What a sentence is like: the words that training sentences may have."""
        return texts_for(self.text_encoder, vocabulary_of(GRAMMAR.every_word()), LONGEST)

    @property
    def fields(self) -> Mapping[str, Medium]:  # type: ignore[override]
        return {"images": Images(), "text": self.texts, "wrong": self.texts}

    @property
    def facts(self) -> Facts:
        size = {"image_size": self.image_size, "image_channels": 3}
        return {"name": self.name, **size, **facts_of(self.texts)}

    def known(self, split: Split) -> Shown:
        """A part with all that is known of it; the one to watch is the one to judge on."""
        train = split == "train"
        if train not in self._shown_parts:
            self._shown_parts[train] = self._made(train)
        return self._shown_parts[train]

    def part(self, split: Split) -> Captioned:
        shown = self.known(split)
        texts = [self.texts.encoded(of_one) for of_one in shown.sentences]
        kinds = shown.attributes[:, 0] * len(COLOURS) + shown.attributes[:, 1]
        framing = Framing(self.image_size, self.image_size, flip=False)
        return Captioned(TensorStore(shown.images), texts, kinds, framing)

    @property
    def paints(self) -> Tensor:
        """The colour of a full stroke, by the colours' numbers, float [6, 3]."""
        return torch.tensor(PAINTS, dtype=torch.float32)

    def known_attributes(self, split: Split) -> Tensor:
        return self.known(split).attributes

    def cells(self, split: Split) -> dict[str, Tensor]:
        new = self.known(split).new_combination
        return {"known combinations": ~new, "new combinations": new}

    def compared(self, made: Tensor, numbers: Tensor, split: Split) -> RowTable:
        if made.dtype == torch.int64:
            return super().compared(made, numbers, split)
        return comparison.table(self, made, numbers, split)

    def notes(self) -> list[str]:
        train, held_out = self.known("train"), self.known("test")
        new = f"{int(held_out.new_sentence.sum()):,} with a sentence of a template never seen"
        return [
            f"sentences: {sum(map(len, train.sentences)):,} on {len(train.images):,} training images, "
            f"{len(self.texts.words)} words, {LONGEST} at most",
            f"held out: {len(held_out.images):,} images, {new}, "
            f"{int(held_out.new_combination.sum()):,} of a number in a colour that it never has in training",
        ]

    def _made(self, train: bool) -> Shown:
        digits = sources.digits(train, self.image_size // 2)
        random = stream(self.split_seed, "captioned digits", int(train))
        which = torch.arange(len(digits.images)).repeat(self.renderings)
        numbers, count = digits.labels[which], len(which)
        rendering = torch.arange(count) // len(digits.images)
        new = torch.zeros(count, dtype=torch.bool) if train else torch.arange(count) % 2 == 0
        left_out = numbers % len(COLOURS)  # the colour that a number never has in training
        looks = len(WIDTHS) * len(PLACES)  # of one colour; no digit is shown twice alike while there are others
        chosen, of_one_colour = (
            torch.rand(len(digits.images), choices, generator=random).argsort(1)[which, rendering % choices]
            for choices in ((len(COLOURS) - 1) * looks, looks)
        )
        colours = torch.where(new, left_out, (left_out + 1 + chosen // looks) % len(COLOURS))
        look = torch.where(new, of_one_colour, chosen % looks)
        attributes = torch.stack([numbers, colours, look // len(PLACES), look % len(PLACES)], dim=1)
        new_sentence = torch.zeros(count, dtype=torch.bool) if train else torch.arange(count) // 2 % 2 == 0
        said = [GRAMMAR.described(attributes, new_sentence, random) for _ in range(self.sentences if train else 1)]
        sentences = [list(of_one) for of_one in zip(*(each.sentences for each in said), strict=True)]
        images = rendered(digits.images[which], attributes, self.image_size, random)
        return Shown(images, attributes, said[0].names, sentences, new_sentence, new)


def rendered(digits: Tensor, attributes: Tensor, side: int, random: torch.Generator) -> Tensor:
    """Digits as their attributes say, uint8 [N, 3, S, S].

    Args:
        digits: Light strokes on black, uint8 [N, 1, S / 2, S / 2].
        attributes: Number, colour, width and place, int64 [N, 4]; the number is the digit's own.
        side: S.
        random: Moves each by up to a thirty-second of the side.
    """
    strokes = digits.float() / 255
    reach = max(1, side // 32)
    thick = max_pool2d(strokes, 2 * reach + 1, stride=1, padding=reach)
    strokes = torch.where((attributes[:, 2] == WIDTHS.index("thick"))[:, None, None, None], thick, strokes**2)
    paints = torch.tensor(PAINTS, dtype=torch.float32)[attributes[:, 1]]
    coloured = (strokes * paints[:, :, None, None]).round().to(torch.uint8)
    images = torch.zeros(len(digits), 3, side, side, dtype=torch.uint8)
    room = side - digits.shape[2]
    moved = torch.randint(-reach, reach + 1, (len(digits), 2), generator=random)
    corners = (torch.tensor(corners_of(room))[attributes[:, 3]] + moved).clamp(0, room)
    for image, digit, (top, left) in zip(images, coloured, corners.tolist(), strict=True):
        image[:, top : top + digit.shape[1], left : left + digit.shape[2]] = digit
    return images


def corners_of(room: int) -> list[tuple[int, int]]:
    """The first row and column of a digit at each of `PLACES`."""
    return [(0, 0), (0, room), (room, 0), (room, room), (room // 2, room // 2)]
