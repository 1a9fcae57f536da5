"""Words of sentences, and the numbers that a model knows them by."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from gan_cli.errors import UserError
from gan_cli.networks.text_encoders import NOTHING, UNKNOWN

SPECIAL = 2
"""The number of a vocabulary's first word."""
NO_PIECE = "[UNK]"
INSIDE = "##"
"""What pieces begin with that go on with a word."""
WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
"""A word: letters and digits of any script, also with an apostrophe inside."""


def words_of(sentence: str) -> list[str]:
    """The words of a sentence, in small letters and composed as Unicode's NFKC has them, without punctuation."""
    return WORD.findall(unicodedata.normalize("NFKC", sentence).casefold().replace("\u2019", "'"))


def vocabulary_of(sentences: Iterable[str], least: int = 1, most: int | None = None) -> tuple[str, ...]:
    """The words of sentences, the most frequent ones first, and equally frequent ones by their letters.

    Args:
        sentences: Of the training set.
        least: How often a word must occur.
        most: At most so many words are kept; None keeps all.
    """
    counted = Counter(word for sentence in sentences for word in words_of(sentence))
    known = sorted((-count, word) for word, count in counted.items() if count >= least)
    return tuple(word for _, word in known[:most])


class Pieces:
    """Cuts sentences into pieces of words, as BERT's vocabularies have them: the longest ones that are in it.

    Args:
        pieces: The vocabulary.

    Raises:
        UserError: If the library that cuts is not installed.
    """

    def __init__(self, pieces: Sequence[str]) -> None:
        try:
            from tokenizers import BertWordPieceTokenizer
        except ImportError as error:
            raise UserError("text_encoder: pieces of words need tokenizers: pip install 'gan-cli[text]'") from error
        self._tokenizer = BertWordPieceTokenizer({piece: number for number, piece in enumerate(pieces)})

    def of(self, sentence: str) -> list[str]:
        """The pieces of a sentence; of what has none, such as letters of other scripts, the sentence's own signs."""
        cut = self._tokenizer.encode(sentence, add_special_tokens=False)
        return [
            sentence[start:end] if piece == NO_PIECE else piece
            for piece, (start, end) in zip(cut.tokens, cut.offsets, strict=True)
        ]


def joined(pieces: Iterable[str]) -> str:
    """A sentence of its pieces."""
    return " ".join(pieces).replace(f" {INSIDE}", "")


def numbers_of(words: Sequence[str], known: dict[str, int], length: int) -> list[int]:
    """The numbers of the first `length` words, with `NOTHING` behind the last.

    Args:
        words: As `words_of` gives them.
        known: The number of each word of the vocabulary.
        length: L.
    """
    found = [known.get(word, UNKNOWN) for word in words[:length]]
    return found + [NOTHING] * (length - len(found))
