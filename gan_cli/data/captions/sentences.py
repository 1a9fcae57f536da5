"""Sentences on single digits, made of templates and synonyms, of which it is known what they say."""

import re
from typing import NamedTuple

import torch
from torch import Tensor

NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
COLOURS = ("red", "green", "blue", "yellow", "purple", "white")
WIDTHS = ("thin", "thick")
PLACES = ("upper left", "upper right", "lower left", "lower right", "middle")
NAMES = (NUMBERS, COLOURS, WIDTHS, PLACES)
"""What each attribute may be: number, colour, width of the strokes, place."""
UNSAID = -1
"""Of an attribute that a sentence does not name."""

SYNONYMS: dict[str, tuple[str, ...]] = {
    **{name: (name, name, str(number)) for number, name in enumerate(NUMBERS)},
    "red": ("red", "red", "scarlet"),
    "green": ("green", "green", "lime"),
    "blue": ("blue", "blue", "navy"),
    "yellow": ("yellow", "yellow", "golden"),
    "purple": ("purple", "purple", "violet"),
    "white": ("white", "white", "snowy"),
    "thin": ("thin", "thin", "fine", "slender"),
    "thick": ("thick", "thick", "bold", "fat"),
    "upper left": ("in the upper left", "at the top left"),
    "upper right": ("in the upper right", "at the top right"),
    "lower left": ("in the lower left", "at the bottom left"),
    "lower right": ("in the lower right", "at the bottom right"),
    "middle": ("in the middle", "in the centre"),
}
"""What a name is called; a name that stands twice is taken twice as often."""
TEMPLATES = (
    "a {w} {c} {n} {p}",
    "{p} is a {w} {c} {n}",
    "a {c} {n} {p}",
    "a {w} {c} {n}",
    "a {c} {n} with {w} strokes {p}",
    "the number {n} , {w} and {c} , {p}",
    "there is a {c} {n} {p}",
    "a {w} {n} in {c}",
    "a {c} {n}",
    "a {n} in {c} {p}",
    "{c} and {w} , the number {n} stands {p}",
)
"""Of training sentences."""
NEVER_SEEN = (
    "{p} there is the number {n} in {c} with {w} strokes",
    "a {w} {n} , {c} , that stands {p}",
    "the {c} number {n} is {w} and {p}",
    "draw the {c} {n} with {w} lines {p} please",
)
"""Of held-out sentences alone; the last has words that are in no training sentence."""
LONGEST = 16
"""More words than any of them has."""


class Said(NamedTuple):
    """Sentences with what they say.

    Attributes:
        sentences: N.
        names: Which attributes each names, bool [N, 4].
    """

    sentences: list[str]
    names: Tensor


def described(attributes: Tensor, never_seen: Tensor, random: torch.Generator) -> Said:
    """A sentence for each image.

    Args:
        attributes: Number, colour, width and place of each, int64 [N, 4].
        never_seen: Which sentences are of `NEVER_SEEN` templates, bool [N].
        random: Chooses templates and synonyms.
    """
    shares = torch.rand(len(attributes), 1 + len(NAMES), generator=random).tolist()
    sentences, names = [], []
    for row, (which, *synonyms), new in zip(attributes.tolist(), shares, never_seen.tolist(), strict=True):
        template = _chosen(NEVER_SEEN if new else TEMPLATES, which)
        words = [
            _chosen(SYNONYMS[kinds[number]], share) for kinds, number, share in zip(NAMES, row, synonyms, strict=True)
        ]
        sentence = template.format(**dict(zip("ncwp", words, strict=True)))
        sentences.append(re.sub(r"\ba (?=[aeiou8])", "an ", sentence).replace(" ,", ","))
        names.append([f"{{{letter}}}" in template for letter in "ncwp"])
    return Said(sentences, torch.tensor(names, dtype=torch.bool).view(-1, len(NAMES)))


def every_word() -> list[str]:
    """Sentences that together have each word of the training ones."""
    return [*(re.sub(r"{.}", " ", template) for template in TEMPLATES), "an", *(
        said for names in SYNONYMS.values() for said in names
    )]  # fmt: skip


def _chosen(among: tuple[str, ...], share: float) -> str:
    return among[int(share * len(among))]
