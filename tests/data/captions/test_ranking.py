"""R-precision: made pictures that find their own sentence among others."""

from pathlib import Path

import pytest
import torch
from PIL import Image

from gan_cli.data import Captions
from gan_cli.data.captions.nearest import nearest_sentences
from gan_cli.metrics import matching
from gan_cli.metrics.matching import precision, ranks

COLOURS = {"red": (220, 30, 30), "green": (30, 200, 40), "blue": (40, 60, 230), "grey": (128, 128, 128)}


def test_a_rank_is_how_many_candidates_are_no_worse_than_the_own_sentence() -> None:
    likeness = torch.tensor([[0.9, 0.1, 0.5], [0.2, 0.1, 0.5], [0.4, 0.4, 0.4]])
    own = torch.tensor([0, 1, 2])
    assert ranks(likeness, own).tolist() == [0, 2, 2]  # one that cannot tell them apart finds nothing
    assert precision(likeness, own) == [pytest.approx(1 / 3), 1.0]
    many = torch.zeros(50, 400).scatter(1, torch.arange(50)[:, None], 1.0)
    assert (ranks(many, torch.arange(50)) == 0).all()
    assert (ranks(1 - many, torch.arange(50)) == 99).all()  # of a hundred candidates with its own


def test_the_sentence_that_shares_most_words_is_the_nearest() -> None:
    among = torch.tensor([[2, 3, 4, 0], [5, 6, 0, 0], [2, 6, 7, 8]])
    texts = torch.tensor([[4, 3, 2, 2], [6, 5, 9, 0], [8, 7, 0, 0]])
    assert nearest_sentences(texts, among).tolist() == [0, 1, 2]


@pytest.mark.parametrize("installed", [True, False])
def test_pictures_of_their_sentences_are_told_from_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: bool
) -> None:
    monkeypatch.setattr(matching, "STEPS", 60)
    if not installed:
        monkeypatch.setattr(matching, "lite0_weights", lambda: None)
    lines = []
    for number in range(24):
        name, colour = [*COLOURS.items()][number % 4]
        Image.new("RGB", (16, 16), colour).save(tmp_path / f"{number}.png")
        lines.append(f"{number}.png,a {name} picture")
    (tmp_path / "captions.csv").write_text("\n".join(lines))
    data = Captions(root=str(tmp_path), image_size=16, held_out=0.5, cache="none", num_workers=0)
    held_out = data.captioned("test")
    numbers = torch.arange(len(held_out))
    made = held_out[numbers].batch.real
    before = torch.random.get_rng_state()
    table = data.compared(made, numbers, "test")
    assert torch.equal(torch.random.get_rng_state(), before)
    assert table.values("made")["r_precision"] == 1.0
    assert table.values("held-out images")["r_precision"] == 1.0
    assert table.values("made, captions shuffled")["r_precision"] < 0.6
    assert table.values("training images of the nearest sentences")["r_precision"] == 1.0
