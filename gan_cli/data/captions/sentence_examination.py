"""What `gan data check` says of sentences: how many, how long, of which words and scripts, and what is wrong."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

import torch

from gan_cli.media.texts import Texts
from gan_cli.media.vocabularies import words_of


def notes(texts: Texts, train: Sequence[str], every: Sequence[str], source: str) -> list[str]:
    """Lines on the sentences of a set and what becomes of them.

    Args:
        texts: What the set makes of them.
        train: Those to train on.
        every: All of them.
        source: Where they were found.
    """
    lengths = torch.tensor([len(words_of(sentence)) for sentence in every])
    long = sum(len(texts.words_of(sentence)) > texts.length for sentence in every)
    different = len({tuple(words_of(sentence)) for sentence in every})
    words = len({word for sentence in train for word in words_of(sentence)})
    known = " pieces of words, minilm's" if texts.pieces else f" of the {words:,} words to train on"
    return [
        f"sentences: {len(every):,} from {source}, {different:,} of them different",
        f"words of a sentence: {int(lengths.min())} to {int(lengths.max())}, half of them {int(lengths.median())} "
        f"and more; {long:,} longer than text_length {texts.length}, which are cut",
        f"vocabulary: {len(texts.words):,}{known}",
        f"scripts: {_scripts(every)}",
    ]


def mistakes(described: Iterable[tuple[str, Sequence[str]]], things: str) -> dict[str, list[str]]:
    """What is wrong with sentences, by what is said of them.

    Args:
        described: The place of each thing, with its sentences.
        things: What is described, such as "images".
    """
    for_several: dict[tuple[str, ...], set[str]] = {}
    empty = []
    for place, sentences in described:
        for sentence in sentences:
            words = tuple(words_of(sentence))
            for_several.setdefault(words, set()).add(place)
            empty += [] if words else [f"{place} ({sentence!r})"]
    twice = {words: sorted(places) for words, places in for_several.items() if len(places) > 1 and words}
    return {
        f"sentences on several {things}": [f"{' '.join(words)} ({', '.join(at[:3])})" for words, at in twice.items()],
        "sentences without a word": empty,
    }


def _scripts(sentences: Sequence[str]) -> str:
    """Of which scripts the letters are, the most frequent first."""
    counted = Counter(letter for sentence in sentences for letter in sentence if letter.isalpha())
    scripts: Counter[str] = Counter()
    for letter, count in counted.items():
        scripts[unicodedata.name(letter, "unknown").split()[0].lower()] += count
    total = sum(scripts.values())
    return ", ".join(f"{name} {100 * count / total:.1f} %" for name, count in scripts.most_common(4)) or "no letters"
