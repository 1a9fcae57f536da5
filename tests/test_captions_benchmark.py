"""The benchmark of captions; what it trains takes minutes and is not repeated here."""

from pathlib import Path

import pytest
import torch
from PIL import Image

from benchmarks import captions, runs
from benchmarks.own_tables import compared
from gan_cli.data.captions import told
from tests.conftest import quiet
from tests.toys import FewMovingCaptioned
from tests.variant_rows import SENTENCE_ROWS


def test_the_run_and_its_beginning_stand_in_one_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told, "THINGS", 8)
    assert runs.wanted_settings(captions.RUN)["model"]["init_args"]["pretraining_steps"] > 0
    torch.manual_seed(0)
    quiet(tmp_path, max_steps=2).fit(SENTENCE_ROWS[0].make(pretraining_steps=1), FewMovingCaptioned())
    models = captions.models_of(runs.Standing(tmp_path / "last.ckpt", steps=2, of=9, seconds=120.0, current=True))
    table = captions.without_parts(compared(FewMovingCaptioned(), models))
    beginning = ["CaptionGAN (2 batches, 2 min)", "likelihood alone (1 batches, 1 min)", "made, dealt to others"]
    assert list(table.rows)[:3] == beginning
    captions.draw(FewMovingCaptioned(), models["CaptionGAN"][0], tmp_path / "a.png")
    assert Image.open(tmp_path / "a.png").width > 200
