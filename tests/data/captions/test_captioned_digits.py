import torch

from gan_cli.data import CaptionedDigits
from gan_cli.data.captions.sentences import COLOURS, GRAMMAR, LONGEST, NAMES, NEVER_SEEN, TEMPLATES
from gan_cli.data.sampling import Span
from gan_cli.media.vocabularies import words_of
from gan_cli.metrics import captioned_digits as measures
from gan_cli.seeding import stream
from tests.toys import FewCaptioned


def test_every_sentence_says_what_its_names_say_and_no_more() -> None:
    attributes = torch.cartesian_prod(*(torch.arange(len(names)) for names in NAMES))
    said = GRAMMAR.described(attributes, torch.arange(len(attributes)) % 2 == 0, stream("sentences"))
    signs = {"red": 0, "scarlet": 0, "green": 1, "lime": 1, "blue": 2, "navy": 2, "yellow": 3, "golden": 3}
    for sentence, (_, colour, width, place), names in zip(
        said.sentences, attributes.tolist(), said.names.tolist(), strict=True
    ):
        words = words_of(sentence)
        assert len(words) <= LONGEST
        assert all(signs[word] == colour for word in words if word in signs)
        assert names[2] == any(word in ("thin", "fine", "slender", "thick", "bold", "fat") for word in words)
        assert not names[2] or any(word in ("thick", "bold", "fat") for word in words) == bool(width)
        if place < 4:
            side = ("left", "right")[place % 2]
            assert names[3] == (side in words)
    assert any(sentence.startswith("an ") for sentence in said.sentences)


def test_new_sentences_and_combinations_are_held_out_alone() -> None:
    data = CaptionedDigits(renderings=2)
    train, held_out = data.known("train"), data.known("test")
    pairs = {(number, colour) for number, colour, *_ in train.attributes.tolist()}
    assert len(pairs) == 10 * (len(COLOURS) - 1)
    for (number, colour, *_), new in zip(held_out.attributes.tolist(), held_out.new_combination.tolist(), strict=True):
        assert ((number, colour) in pairs) != new
    assert not set(TEMPLATES) & set(NEVER_SEEN)
    asked = {sentence for of_one in train.sentences for sentence in of_one if "please" in sentence}
    assert not asked
    assert any("please" in of_one[0] for of_one in held_out.sentences)
    assert {bool(new) for new in held_out.new_sentence} == {True, False}
    assert "please" not in data.texts.words
    used = {word for of_one in train.sentences for sentence in of_one for word in words_of(sentence)}
    assert used <= set(data.texts.words)


def test_a_wrong_sentence_is_never_right_and_other_ones_come_in_each_pass() -> None:
    data = FewCaptioned()
    part = data.part("train")
    shown, size = data.known("train"), len(part)
    passes = [part[Span(0, start, start + size)].batch for start in (0, size)]
    right = {row for of_one in shown.sentences for row in map(tuple, data.texts.encoded(of_one).tolist())}
    signs = {}
    for (number, colour, *_), of_one in zip(shown.attributes.tolist(), shown.sentences, strict=True):
        for row in data.texts.encoded(of_one).tolist():
            signs[tuple(row)] = number, colour
    for batch in passes:
        text, wrong = (list(map(tuple, rows.tolist())) for rows in (batch.text, batch.wrong))
        assert {*text, *wrong} <= right
        assert all(signs[one] != signs[other] for one, other in zip(text, wrong, strict=True))
    assert not torch.equal(passes[0].text, passes[1].text)
    halves = [part[Span(0, *at)].batch for at in ((0, size // 2), (size // 2, size))]
    assert torch.equal(torch.cat([half.wrong for half in halves]), passes[0].wrong)


def test_pictures_show_what_is_said_of_them_and_shuffled_ones_do_not() -> None:
    """By arithmetic; the number's classifier is judged where a model is."""
    shown = CaptionedDigits(renderings=1).known("test")
    paints = CaptionedDigits().paints
    with torch.no_grad():  # as while a model is scored
        made = measures.judge_of(shown.images[:64], shown.attributes[:64], paints)
    judge = made._replace(thickness=_between(shown.images, shown.attributes[:, 2]))
    everything = torch.ones(len(shown.images), 4, dtype=torch.bool)
    _, *found, _ = measures.right(judge.read(shown.images), shown.attributes, everything)
    assert min(share or 0 for share in found) > 0.97
    _, *found, _ = measures.right(judge.read(shown.images), shown.attributes.roll(1, 0), everything)
    assert max(share or 1 for share in found) < 0.65
    assert (judge.read(shown.images * 0) < 0).all()


def _between(images: torch.Tensor, widths: torch.Tensor) -> float:
    thin, thick = (measures.thickness_of(images[widths == width]).median() for width in (0, 1))
    return float(thin + thick) / 2
