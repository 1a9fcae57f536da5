"""Digits that move, with sentences that say which, whereto, how fast, and whether they come back."""

from collections.abc import Mapping
from functools import cached_property
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor

from gan_cli.data.captions.captioned import CaptionedVideos
from gan_cli.data.captions.moving_sentences import DIRECTIONS, GRAMMAR, LONGEST, SPEEDS, TITLES, TURNS
from gan_cli.data.captions.told import Attributes, Describable
from gan_cli.data.datamodules import Facts, Split
from gan_cli.data.images import sources
from gan_cli.data.videos.moving_digits import MovingPart
from gan_cli.data.videos.video_sets import Frames, Side, VideoDataModule
from gan_cli.media.medium import Medium
from gan_cli.media.texts import Texts
from gan_cli.media.vocabularies import vocabulary_of
from gan_cli.ranges import BatchSize, Few, Processes, Seed
from gan_cli.seeding import stream

STEPS = ((0, -1), (0, 1), (-1, 0), (1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1))
"""Rows and columns of a step in each of `DIRECTIONS`."""
PATHS = ((0.25, 0.4), (0.75, 0.95))
"""The least and the longest path of a whole video, in shares of the room there is, by `SPEEDS`."""
TURN_AT = (0.4, 0.6)
"""Who turns back does so after such a share of the path."""


class Moving(NamedTuple):
    """A part of the set with all that is known of it.

    Attributes:
        digits: uint8 [K, 1, S, S]; video k shows digit k modulo K.
        ways: Where the digit is in each frame, in pixels from the top and from the left, int64 [M, T, 2].
        attributes: Number, direction, speed and turn, int64 [M, 4].
        sentences: The sentences of each video, M lists.
        new_combination: Whether number and direction go together in no training video, bool [M].
    """

    digits: Tensor
    ways: Tensor
    attributes: Tensor
    sentences: list[list[str]]
    new_combination: Tensor


class CaptionedMovingDigits(Describable, VideoDataModule):
    """scikit-learn's 1,797 digits on ways that sentences describe by templates and synonyms. No download.

    Of each number one direction is left out of training; about half of the held-out videos are of such combinations.

    Args:
        num_frames: T.
        image_size: Side of the frames in pixels; a digit takes half of it.
        renderings: How often each digit is shown, each time on another way.
        sentences: Sentences on each video; in training one of them is drawn in each pass.
        seed: Ways and sentences are drawn from it.
        batch_size: Videos per step and process.
        num_workers: Processes that load beside the training; 0 is the fastest for sets in memory.

    Raises:
        UserError: If a value is not possible.
    """

    home = "https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits"
    licence = "CC BY 4.0"
    layout = "nothing: it is made of the digits that come with scikit-learn"
    offline = True
    natural = False
    frame_rate = 4
    attributes: ClassVar[Attributes | None] = Attributes(TITLES, GRAMMAR)

    def __init__(
        self,
        num_frames: Frames = 8,
        image_size: Side = 32,
        renderings: Few = 8,
        sentences: Few = 5,
        seed: Seed = 0,
        batch_size: BatchSize = 64,
        num_workers: Processes = 0,
    ) -> None:
        super().__init__(num_frames, image_size, batch_size=batch_size, num_workers=num_workers)
        self.renderings, self.sentences = renderings, sentences
        self.seed = seed
        self._parts: dict[bool, Moving] = {}

    @cached_property
    def texts(self) -> Texts:
        """What a sentence is like: the words that training sentences may have."""
        return Texts(vocabulary_of(GRAMMAR.every_word()), LONGEST)

    @property
    def fields(self) -> Mapping[str, Medium]:  # type: ignore[override]
        return {**super().fields, "text": self.texts, "wrong": self.texts}

    @property
    def facts(self) -> Facts:
        return {**super().facts, "vocabulary_size": self.texts.size, "text_length": self.texts.length}

    def known(self, split: Split) -> Moving:
        """A part with all that is known of it; the one to watch is the one to judge on."""
        train = split == "train"
        if train not in self._parts:
            self._parts[train] = self._made(train)
        return self._parts[train]

    def known_attributes(self, split: Split) -> Tensor:
        return self.known(split).attributes

    def cells(self, split: Split) -> dict[str, Tensor]:
        new = self.known(split).new_combination
        return {"known combinations": ~new, "new combinations": new}

    def part(self, split: Split) -> CaptionedVideos:
        known = self.known(split)
        texts = [self.texts.encoded(of_one) for of_one in known.sentences]
        kinds = known.attributes[:, 0] * len(DIRECTIONS) + known.attributes[:, 1]
        videos = MovingPart(known.digits, known.attributes[:, 0], known.ways, self.image_size)
        return CaptionedVideos(videos, texts, kinds)

    def notes(self) -> list[str]:
        train, held_out = self.known("train"), self.known("test")
        return [
            f"sentences: {sum(map(len, train.sentences)):,} on {len(train.ways):,} training videos, "
            f"{len(self.texts.words)} words, {LONGEST} at most",
            f"held out: {len(held_out.ways):,} videos, {int(held_out.new_combination.sum()):,} of a number in a "
            "direction that it never has in training",
        ]

    def _made(self, train: bool) -> Moving:
        digits = sources.digits(train, self.image_size // 2)
        random = stream(self.seed, "captioned moving digits", int(train))
        numbers = digits.labels.repeat(self.renderings)
        count = len(numbers)
        new = torch.zeros(count, dtype=torch.bool) if train else torch.rand(count, generator=random) < 0.5
        left_out = numbers % len(DIRECTIONS)  # the direction that a number never has in training
        others = (left_out + torch.randint(1, len(DIRECTIONS), (count,), generator=random)) % len(DIRECTIONS)
        speeds, turns = (torch.randint(len(kinds), (count,), generator=random) for kinds in (SPEEDS, TURNS))
        attributes = torch.stack([numbers, torch.where(new, left_out, others), speeds, turns], dim=1)
        ways = ways_of(attributes, self.num_frames, self.image_size - self.image_size // 2, random)
        usual = torch.zeros(count, dtype=torch.bool)
        said = [GRAMMAR.described(attributes, usual, random).sentences for _ in range(self.sentences)]
        return Moving(digits.images, ways, attributes, [list(of_one) for of_one in zip(*said, strict=True)], new)


def ways_of(attributes: Tensor, frames: int, room: int, random: torch.Generator) -> Tensor:
    """Ways as attributes say, somewhere in the frame: places in pixels, int64 [N, T, 2].

    Args:
        attributes: Number, direction, speed and turn of each, int64 [N, 4].
        frames: T.
        room: How far a digit can go from edge to edge, in pixels.
        random: Lengths, turns and beginnings are drawn from it.
    """
    shares = torch.rand(3, len(attributes), 1, generator=random)
    least, most = torch.tensor(PATHS)[attributes[:, 2]].unbind(1)
    path = torch.lerp(least, most, shares[0, :, 0])[:, None] * room
    passed = path * torch.linspace(0, 1, frames)
    turn = path * torch.lerp(torch.tensor(TURN_AT[0]), torch.tensor(TURN_AT[1]), shares[1])
    comes_back = (attributes[:, 3] == TURNS.index("back"))[:, None]
    far = torch.where(comes_back, torch.minimum(passed, 2 * turn - passed), passed)
    steps = torch.tensor(STEPS)[attributes[:, 1]][:, None]
    gone = steps * far[:, :, None]
    lowest, highest = gone.amin(1, keepdim=True), gone.amax(1, keepdim=True)
    places = torch.rand(len(attributes), 1, 2, generator=random) * (room - highest + lowest) - lowest
    return (places + gone).round().long().clamp(0, room)
