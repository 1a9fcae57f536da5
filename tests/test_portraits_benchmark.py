"""The benchmark of living portraits; what it trains takes minutes and is not repeated here."""

from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from benchmarks import portraits, runs
from benchmarks.portrait_rivals import SketchedPortraits, edges_of, rival, sketched
from gan_cli.data import DrawnFaces
from gan_cli.data.portraits import comparison
from gan_cli.inference.api import TrainedGAN
from gan_cli.media.pictures import save_png
from tests.inference import translators
from tests.variant_rows import ANIMATING, PORTRAIT_ROWS


class Few(DrawnFaces):
    """Faces of few films."""

    def __init__(self) -> None:
        super().__init__(num_films=10, num_frames=4, image_size=64, batch_size=4)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Few:
    monkeypatch.setattr(comparison, "STEPS", 5)
    monkeypatch.setattr(comparison, "THINGS", 6)
    monkeypatch.setattr(portraits, "CROSSED", 2)
    monkeypatch.setattr(portraits, "SHOWN", 1)
    return Few()


@pytest.fixture
def gan(tmp_path: Path, few: Few) -> TrainedGAN:
    torch.manual_seed(0)
    model: Any = PORTRAIT_ROWS[0].variant(**{**ANIMATING, "image_size": 64})
    return TrainedGAN(translators.saved(model, tmp_path / "last.ckpt", **few.record()))


def test_edges_tell_where_things_are_and_not_what_colours_they_have() -> None:
    frames = torch.zeros(2, 3, 32, 32, dtype=torch.uint8)
    frames[0, 0, 8:24, 8:24] = 200
    frames[1, 1, 8:24, 8:24] = 200
    assert torch.equal(*edges_of(frames))
    assert 0 < int((edges_of(frames[:1]) == 0).sum()) < 100
    assert sketched(frames, frames).shape == (2, 4, 32, 32)


def test_pix2pix_learns_from_the_same_pairs_and_is_kept(few: Few, tmp_path: Path) -> None:
    pair = few.part("train")[torch.tensor([3])].batch
    shown = SketchedPortraits(few).part("train")[torch.tensor([3])].batch
    assert torch.equal(shown.source[:, :3], pair.source)
    assert torch.equal(shown.target, pair.driving)
    first, steps = rival(few, tmp_path / "pix2pix.pt", steps=1, minutes=1)
    again, kept = rival(few, tmp_path / "pix2pix.pt", steps=9, minutes=1)
    assert (steps, kept) == (1, 1)
    assert torch.equal(*(torch.cat([w.flatten() for w in one.parameters()]) for one in (first, again)))


def test_tables_have_the_models_and_what_learns_nothing(few: Few, gan: TrainedGAN, tmp_path: Path) -> None:
    at = runs.Standing(tmp_path / "last.ckpt", steps=1, of=9, seconds=60.0, current=True)
    rows = list(portraits.reconstructed(gan, at, few, tmp_path / "pix2pix.pt", minutes=1).rows)
    assert rows[:3] == [
        "LivingPortraits (1 steps, 1 min)",
        "Pix2Pix of the source and the frame's edges (1 steps)",
        "the source as it is",
    ]
    tables: list[Any] = portraits.crossed(gan, few, tmp_path / "pix2pix.pt", minutes=1)
    assert [len(table.rows) for table in tables] == [4, 3]
    assert all(table.values("the film's frame")["l1"] > 0 for table in tables)
    save_png(portraits.page(gan, few), tmp_path / "a.png")
    assert Image.open(tmp_path / "a.png").height > 3 * 64


def test_each_set_has_a_run_and_weizmanns_people_are_held_out() -> None:
    found = portraits.wanted("somewhere")
    assert list(found) == ["drawn", "portraits", "weizmann"]
    settings = runs.wanted_settings(found["weizmann"])["data"]["init_args"]
    assert settings["root"] == "somewhere/weizmann_actions"
    assert settings["held_out_films"] == portraits.TWO_PEOPLE
