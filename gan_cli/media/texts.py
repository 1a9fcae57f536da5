"""Sentences: lines of UTF-8 outside, numbers of words in a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isqrt
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from gan_cli.errors import UserError, nearest
from gan_cli.files import write_atomically
from gan_cli.media.medium import Beside, Medium
from gan_cli.media.pictures import grid
from gan_cli.media.videos import Videos
from gan_cli.media.vocabularies import SPECIAL, Pieces, joined, numbers_of, words_of
from gan_cli.media.written import with_lines, written
from gan_cli.networks.text_encoders import NOTHING, UNKNOWN

NAMED = 5
"""At most so many unknown words are named."""
STRIP = 4
"""So many frames of a film are shown above what is said of it."""
PICTURE = (128, 48)
"""Width and height of a sentence's picture, at least."""


@dataclass(frozen=True)
class Texts(Medium):
    """Sentences: kept and shown as the numbers of their words, int64 [N, L], `NOTHING` behind the last.

    The vocabulary travels with the medium in the checkpoint. It is one of whole words, because then it can be said
    which words a model has never seen; or one of pieces of words, of which an encoder was trained on other sentences.

    Attributes:
        words: The vocabulary; the first word has the number `SPECIAL`.
        length: L, how many words a sentence has at most.
        pieces: Whether they are pieces of words.
    """

    words: tuple[str, ...] = ()
    length: int = 16
    pieces: bool = False

    name: ClassVar[str] = "texts"
    FACTS: ClassVar[tuple[str, ...]] = ("vocabulary_size", "text_length", "text_encoder")
    suffix: ClassVar[str] = ".txt"
    endings: ClassVar[tuple[str, ...]] = (".txt",)
    several: ClassVar[bool] = True
    usual: ClassVar[int] = 24
    in_folder: ClassVar[str] = "both"
    comparable: ClassVar[bool] = False
    of_places: ClassVar[bool] = False

    @property
    def size(self) -> int:
        """How many numbers a word can have."""
        return SPECIAL + len(self.words)

    @cached_property
    def _cut(self) -> Callable[[str], list[str]]:
        return Pieces(self.words).of if self.pieces else words_of

    @property
    def _unit(self) -> str:
        return "pieces of words" if self.pieces else "words"

    @cached_property
    def known(self) -> dict[str, int]:
        """The number of each word."""
        return {word: SPECIAL + place for place, word in enumerate(self.words)}

    def shown(self, kept: Tensor, mirrored: Tensor | None = None) -> Tensor:
        return kept

    def kept(self, made: Tensor) -> Tensor:
        return made

    def pictures(self, kept: Tensor) -> Tensor:
        return written(self.lines(kept), *PICTURE)[:, None]

    def page(self, kept: Tensor, beside: Beside) -> Tensor:
        """What was described with its sentence below it, if these are pictures or films; otherwise sentences alone."""
        shown = next((found for rows in beside.given.values() if (found := _pictured(rows)) is not None), None)
        if shown is None:
            return super().page(kept, beside)
        pictures = with_lines(shown, self.lines(kept))
        height, width = pictures.shape[2:]
        return grid(pictures, columns=isqrt((len(pictures) * height - 1) // width) + 1)

    def lines(self, kept: Tensor) -> list[str]:
        return [self.sentence(row) for row in kept.tolist()]

    def sentence(self, numbers: Sequence[int]) -> str:
        """The words with these numbers, a ? for each that is unknown."""
        found = [number for number in numbers if number != NOTHING]
        words = ["?" if number == UNKNOWN else self.words[number - SPECIAL] for number in found]
        return joined(words) if self.pieces else " ".join(words)

    def words_of(self, sentence: str) -> list[str]:
        """The words of a sentence, or their pieces, known or not."""
        return self._cut(sentence)

    def encoded(self, sentences: Sequence[str]) -> Tensor:
        """Sentences of a data set, int64 [N, L]: what is longer is cut, what is unknown is `UNKNOWN`."""
        rows = [numbers_of(self.words_of(sentence), self.known, self.length) for sentence in sentences]
        return torch.tensor(rows, dtype=torch.int64).view(-1, self.length)

    def told(self, text: str) -> Tensor:
        """One sentence, [1, L]; its unknown words are named and used as such.

        Raises:
            UserError: If it has no word, more than there is room for, or none that is known.
        """
        return self._read(text, repr(text))[None]

    def read(self, path: Path) -> Tensor:
        """The only sentence of a file, [L].

        Raises:
            UserError: If it has another number of them, or one cannot be used.
        """
        rows = self.read_all(path)
        if len(rows) > 1:
            raise UserError(f"given: {path} has {len(rows)} sentences, and one is wanted; leave one line there")
        return rows[0]

    def read_all(self, path: Path) -> Tensor:
        """The sentences of a file in UTF-8, one a line, empty lines left out, [N, L].

        Raises:
            UserError: If it has none, or one cannot be used.
        """
        try:
            lines = path.read_text(encoding="utf-8-sig").splitlines()
        except UnicodeDecodeError as error:
            raise UserError(f"given: {path} is no text in UTF-8 ({error.reason} at byte {error.start})") from error
        except OSError as error:
            raise UserError(f"given: {path} cannot be read ({error.strerror})") from error
        told = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
        if not told:
            raise UserError(f"given: {path} is empty; write a sentence in each line")
        return torch.stack([self._read(line, f"{path}, line {number}") for number, line in told])

    def write(self, one: Tensor, path: Path) -> None:
        """Writes a sentence, [L], or several, [N, L], one a line."""
        text = "".join(f"{line}\n" for line in self.lines(one.view(-1, self.length)))
        write_atomically(path, lambda file: file.write(text.encode()))

    def _read(self, sentence: str, where: str) -> Tensor:
        """One sentence of a user, [L]."""
        words = self.words_of(sentence)
        if not words:
            raise UserError(f"given: {where} has no words; type a sentence, such as text='a red three'")
        if len(words) > self.length:
            raise UserError(
                f"given: {where} has {len(words)} {self._unit}, and this model reads {self.length}; "
                "write a shorter sentence"
            )
        unknown = list(dict.fromkeys(word for word in words if word not in self.known))
        told = ", ".join(f"{word}{nearest(word, self.words).lstrip(';')}" for word in unknown[:NAMED])
        more = f" and {len(unknown) - NAMED} more" if len(unknown) > NAMED else ""
        if len(unknown) == len(set(words)):
            examples = "most of them of English" if self.pieces else f"such as {', '.join(self.words[:10])}"
            raise UserError(
                f"given: no word of {where} was in the sentences that this model has learned from: {told}{more}\n"
                f"It knows {len(self.words):,} {self._unit}, {examples}"
            )
        if unknown:
            print(f"given: {where}: the model has never seen {told}{more}; used as unknown", flush=True)
        return torch.tensor(numbers_of(words, self.known, self.length))


def _pictured(kept: Tensor) -> Tensor | None:
    """Pictures of images [N, C, H, W], or of videos [N, C, T, H, W] a few frames side by side; None of other things."""
    if kept.dtype != torch.uint8 or kept.ndim not in (4, 5):
        return None
    if kept.ndim == 4:
        return kept
    chosen = torch.linspace(0, kept.shape[2] - 1, min(STRIP, kept.shape[2])).round().long()
    return Videos().pictures(kept[:, :, chosen])
