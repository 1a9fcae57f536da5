"""Sentences that are made of templates and synonyms, of which it is known what they say, and what sentences say."""

import re
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from gan_cli.media.vocabularies import words_of

UNSAID = -1
"""Of an attribute that a sentence does not name."""
AGAINST_ITSELF = -2
"""Of an attribute that a sentence names in two ways."""


class Said(NamedTuple):
    """Sentences with what they say.

    Attributes:
        sentences: N.
        names: Which attributes each names, bool [N, A].
    """

    sentences: list[str]
    names: Tensor


class Grammar:
    """The ways in which attributes are said.

    Args:
        names: The values of each of A attributes, by their numbers.
        letters: The letter of each attribute in templates, A of them.
        synonyms: What a value is called; what stands twice is taken twice as often.
        templates: Sentences with letters in braces.
        never_seen: Templates of held-out sentences alone.
    """

    def __init__(
        self,
        names: Sequence[Sequence[str]],
        letters: str,
        synonyms: dict[str, tuple[str, ...]],
        templates: tuple[str, ...],
        never_seen: tuple[str, ...] = (),
    ) -> None:
        self.names, self.letters, self.synonyms = names, letters, synonyms
        self.templates, self.never_seen = templates, never_seen

    def described(self, attributes: Tensor, never_seen: Tensor, random: torch.Generator) -> Said:
        """A sentence for each thing.

        Args:
            attributes: The value of each attribute, int64 [N, A].
            never_seen: Which sentences are of templates that are never seen, bool [N].
            random: Chooses templates and synonyms.
        """
        shares = torch.rand(len(attributes), 1 + len(self.names), generator=random).tolist()
        sentences, names = [], []
        for row, (which, *synonyms), new in zip(attributes.tolist(), shares, never_seen.tolist(), strict=True):
            template = _chosen(self.never_seen if new else self.templates, which)
            words = [
                _chosen(self.synonyms[values[number]], share)
                for values, number, share in zip(self.names, row, synonyms, strict=True)
            ]
            sentence = template.format(**dict(zip(self.letters, words, strict=True)))
            sentences.append(re.sub(r"\ba (?=[aeiou8])", "an ", sentence).replace(" ,", ","))
            names.append([f"{{{letter}}}" in template for letter in self.letters])
        return Said(sentences, torch.tensor(names, dtype=torch.bool).view(-1, len(self.names)))

    def every_word(self) -> list[str]:
        """Sentences that together have each word of the training ones."""
        bare = [re.sub(r"{.}", " ", template) for template in self.templates]
        return [*bare, "an", *(said for values in self.synonyms.values() for said in values)]

    def read(self, sentences: Sequence[str]) -> Tensor:
        """What sentences say, int64 [N, A]: values, `UNSAID`, or `AGAINST_ITSELF`.

        Longer synonyms come first, so that "to the upper left" does not say "to the left".
        """
        rows = [self._read(words_of(sentence)) for sentence in sentences]
        return torch.tensor(rows, dtype=torch.int64).view(-1, len(self.names))

    def _read(self, words: list[str]) -> list[int]:
        found = [UNSAID] * len(self.names)
        for phrase, attribute, value in self._phrases:
            for place in range(len(words) - len(phrase) + 1):
                if words[place : place + len(phrase)] == phrase:
                    words[place : place + len(phrase)] = [""] * len(phrase)
                    found[attribute] = value if found[attribute] in (UNSAID, value) else AGAINST_ITSELF
        return found

    @cached_property
    def _phrases(self) -> list[tuple[list[str], int, int]]:
        """The words of each synonym, its attribute and the number of its value, the longest first."""
        every = [
            (words_of(phrase), attribute, value)
            for attribute, names in enumerate(self.names)
            for value, name in enumerate(names)
            for phrase in dict.fromkeys(self.synonyms[name])
        ]
        return sorted(every, key=lambda entry: -len(entry[0]))


def _chosen(among: tuple[str, ...], share: float) -> str:
    return among[int(share * len(among))]
