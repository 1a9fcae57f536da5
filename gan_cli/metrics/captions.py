"""How good sentences are beside those of people, and how many different ones there are.

BLEU is torchmetrics'. CIDEr-D is ours: the libraries that have it bring Java or a client of a model hub along.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from math import exp, log, sqrt

from torchmetrics.functional.text import bleu_score

LONGEST = 4
"""Of the runs of words that are counted."""
SIGMA = 6.0
"""Of the Gaussian in CIDEr-D by which sentences of other lengths count less."""

Grams = Counter[tuple[str, ...]]


def bleu(made: Sequence[str], references: Sequence[Sequence[str]], longest: int = LONGEST) -> float:
    """The share of runs of up to so many words that references have too, of the whole corpus, in [0, 1].

    Papineni et al. 2002, "BLEU: a Method for Automatic Evaluation of Machine Translation", with its penalty for short
    sentences.

    Args:
        made: N sentences, words with spaces between.
        references: Those that each may be like, one at least.
        longest: How many words a run has at most.
    """
    return float(bleu_score(list(made), [list(of_one) for of_one in references], n_gram=longest))


def cider(made: Sequence[str], references: Sequence[Sequence[str]], things: Sequence[Sequence[str]]) -> float:
    """The likeness of sentences with references, by runs of words that few other things are described by.

    Vedantam et al. 2015, "CIDEr: Consensus-based Image Description Evaluation", arXiv:1411.5726, the variant CIDEr-D,
    times 10 as it is published: 0 where nothing is alike, 10 where all is.

    Args:
        made: N sentences, words with spaces between.
        references: Those that each may be like.
        things: The references of each thing once; how many things a run of words occurs in is its weight.
    """
    if not made:
        return 0.0
    seen: Grams = Counter(chain.from_iterable({*chain.from_iterable(map(grams, of_one))} for of_one in things))
    all_things = log(max(1, len(things)))
    weights = {gram: all_things - log(count) for gram, count in seen.items()}
    scores = [
        sum(_alike(sentence, reference, weights, all_things) for reference in of_one) / len(of_one)
        for sentence, of_one in zip(made, references, strict=True)
    ]
    return 10 * sum(scores) / len(scores)


def distinct(sentences: Sequence[str], length: int = 2) -> float:
    """The share of runs of so many words that are different, in [0, 1] (Li et al. 2016, arXiv:1510.03055)."""
    runs = [gram for sentence in sentences for gram in grams(sentence) if len(gram) == length]
    counted = sum(count for sentence in sentences for gram, count in grams(sentence).items() if len(gram) == length)
    return len({*runs}) / counted if counted else 0.0


def novelty(sentences: Sequence[str], known: Sequence[str]) -> float:
    """The share of sentences that are none of those known, in [0, 1]."""
    there = {*known}
    return sum(sentence not in there for sentence in sentences) / max(1, len(sentences))


def grams(sentence: str) -> Grams:
    """How often each run of 1 to `LONGEST` words is in a sentence."""
    words = sentence.split()
    lengths = range(1, LONGEST + 1)
    return Counter(tuple(words[place : place + n]) for n in lengths for place in range(len(words) - n + 1))


def _alike(sentence: str, reference: str, weights: Mapping[tuple[str, ...], float], unseen: float) -> float:
    """The mean over lengths of runs of the clipped cosine of two sentences, in [0, 1]."""
    ours, theirs = grams(sentence), grams(reference)
    apart = len(sentence.split()) - len(reference.split())
    penalty = exp(-(apart**2) / (2 * SIGMA**2))
    found = 0.0
    for length in range(1, LONGEST + 1):
        first, second = (
            {gram: count * weights.get(gram, unseen) for gram, count in counted.items() if len(gram) == length}
            for counted in (ours, theirs)
        )
        sizes = sqrt(sum(value**2 for value in first.values()) * sum(value**2 for value in second.values()))
        if sizes:
            found += (
                sum(min(value, second.get(gram, 0.0)) * second.get(gram, 0.0) for gram, value in first.items()) / sizes
            )
    return penalty * found / LONGEST
