import pytest

from gan_cli.metrics.captions import bleu, cider, distinct, novelty

REFERENCES = [
    ["a red three moves up", "the three goes up slowly"],
    ["a four goes down", "a four moves down and comes back"],
    ["a nine keeps going", "the nine goes left"],
]
MADE = ["a red three goes up", "a four goes down", "a red nine"]


def test_cider_is_that_of_its_authors_code() -> None:
    """The numbers are pycocoevalcap's."""
    assert cider(MADE, REFERENCES, REFERENCES) == pytest.approx(3.722989508104655)
    alone = [4.12092251, 5.94836984, 1.09967618]
    for made, references, wanted in zip(MADE, REFERENCES, alone, strict=True):
        assert cider([made], [references], REFERENCES) == pytest.approx(wanted)


def test_what_all_things_are_called_says_nothing() -> None:
    things = [["a digit moves"], ["a digit moves"]]
    assert cider(["a digit moves"], things[:1], things) == 0
    assert cider([], [], things) == 0


def test_bleu_is_of_the_whole_corpus_and_counts_against_short_sentences() -> None:
    assert bleu(["a four goes down"], REFERENCES[1:2]) == pytest.approx(1)
    assert bleu(["six"], REFERENCES[1:2]) == 0
    assert bleu(["a four"], [["a four goes down"]], 1) == pytest.approx(0.3679, abs=1e-4)  # exp(1 - 4 / 2)


def test_variety_is_counted_in_pairs_of_words_and_in_sentences() -> None:
    assert distinct(["a b c", "a b d"]) == pytest.approx(3 / 4)
    assert distinct(["a"]) == 0
    assert novelty(["a b", "c"], ["c"]) == 0.5
