import pytest
import torch

from gan_cli.data import CaptionedDigits
from gan_cli.data.captions.captioned_moving_digits import ways_of
from gan_cli.data.captions.grammar import AGAINST_ITSELF, UNSAID
from gan_cli.data.captions.moving_sentences import DIRECTIONS, GRAMMAR, LONGEST, NAMES
from gan_cli.data.captions.sentences import GRAMMAR as STANDING
from gan_cli.media.vocabularies import words_of
from gan_cli.seeding import stream
from tests.toys import FewMovingCaptioned


def test_what_sentences_say_is_read_off_them() -> None:
    read = GRAMMAR.read(
        ["A 3 moves slowly to the top left and comes back", "there is a digit", "a one goes up and down"]
    )
    assert read[0].tolist() == [3, DIRECTIONS.index("upper left"), 0, 1]
    assert read[1].tolist() == [UNSAID] * 4
    assert read[2].tolist() == [1, AGAINST_ITSELF, UNSAID, UNSAID]


@pytest.mark.parametrize("grammar", [GRAMMAR, STANDING])
def test_every_sentence_of_a_grammar_says_what_it_is_made_of(grammar: type) -> None:
    shape = [len(names) for names in grammar.names]  # type: ignore[attr-defined]
    attributes = torch.cartesian_prod(*(torch.arange(size) for size in shape))
    usual = torch.zeros(len(attributes), dtype=torch.bool)
    said = grammar.described(attributes, usual, stream("any"))  # type: ignore[attr-defined]
    read = grammar.read(said.sentences)  # type: ignore[attr-defined]
    assert torch.equal(read, torch.where(said.names, attributes, UNSAID))
    assert max(len(words_of(sentence)) for sentence in said.sentences) <= LONGEST


def test_digits_go_where_sentences_say() -> None:
    attributes = torch.cartesian_prod(*(torch.arange(len(names)) for names in NAMES))
    ways = ways_of(attributes, 8, 16, stream("ways")).float()
    assert float(ways.min()) >= 0
    assert float(ways.max()) <= 16
    begins, ends = ways[:, 3] - ways[:, 0], ways[:, -1] - ways[:, 0]
    signs = torch.tensor([[0, -1], [0, 1], [-1, 0], [1, 0], [-1, -1], [-1, 1], [1, -1], [1, 1]])[attributes[:, 1]]
    assert torch.equal(begins.sign(), signs.float())
    size = ends.abs().amax(1)
    straight, fast = attributes[:, 3] == 0, attributes[:, 2] == 1
    assert float(size[straight & fast].min()) > float(size[straight & ~fast].max())
    assert float(size[~straight].max()) < 5


def test_one_direction_of_each_number_is_held_out() -> None:
    data = FewMovingCaptioned()
    train, held_out = data.known("train"), data.known("test")
    seen = {tuple(row) for row in train.attributes[:, :2].tolist()}
    new = {tuple(row) for row in held_out.attributes[held_out.new_combination][:, :2].tolist()}
    assert seen.isdisjoint(new)
    assert not bool(train.new_combination.any())


def test_batches_hold_a_videos_own_sentence_and_one_on_another() -> None:
    data = FewMovingCaptioned()
    batch = data.part("train")[torch.arange(40)].batch
    known = data.known("train")
    own, wrong = (GRAMMAR.read(data.texts.lines(text)) for text in (batch.text, batch.wrong))
    truth = known.attributes[:40]
    assert bool(((own == truth) | (own == UNSAID)).all())
    assert bool((wrong[:, :2] != truth[:, :2]).any(1).all())
    assert batch.videos.shape == (40, 1, 4, 16, 16)
    digits = known.digits[torch.arange(40) % len(known.digits)]
    assert torch.equal(batch.videos.amax((1, 2, 3, 4)), digits.amax((1, 2, 3)))


def test_made_sentences_are_measured_beside_those_that_know_nothing() -> None:
    data = FewMovingCaptioned()
    part = data.part("test")
    numbers = torch.arange(20).repeat_interleave(5)
    table = data.compared(part.sentences.first(numbers), numbers, "test")
    made, others = table.values("made"), table.values("made, dealt to others")
    assert made["number"] == made["direction"] == made["all_right"] == 1
    assert made["bleu_4"] == pytest.approx(1)
    assert others["all_right"] < 0.5
    assert made["different"] == pytest.approx(0.2)
    assert table.values("the most frequent sentence")["cider"] < made["cider"] / 2
    assert {"number", "bleu_4"} <= data.measures_of("text").kinds.keys()  # type: ignore[union-attr]
    assert "order" in data.measures_of("videos").kinds  # type: ignore[union-attr]


def test_sentences_on_images_are_measured_too() -> None:
    data = CaptionedDigits(image_size=16, renderings=1, sentences=1)
    part, numbers = data.part("test"), torch.arange(10).repeat_interleave(5)
    table = data.compared(part.sentences.first(numbers), numbers, "test")
    assert table.values()["colour"] == 1
    assert table.values("held-out sentences").keys().isdisjoint({"bleu_4", "different"})
