"""The tables of the benchmark of frames; what it trains takes minutes and is not repeated here."""

from pathlib import Path

import torch
from PIL import Image

from benchmarks import prediction, runs
from gan_cli import load
from gan_cli.metrics.frame_prediction import KINDS
from gan_cli.metrics.row_table import RowTable
from tests.inference.test_predict import made_checkpoint


def test_runs_are_those_of_packaged_configs() -> None:
    wanted = prediction.wanted("films")
    losses = {run.title: runs.wanted_settings(run)["model"]["init_args"] for run in wanted["Weizmann"]}
    assert (losses["L2"]["p"], losses["L2"]["lambda_gdl"], losses["L2"]["lambda_adversarial"]) == (2, 0, 0)
    assert losses["L1 + GDL"]["lambda_adversarial"] == 0
    assert "lambda_gdl" not in losses["L1 + GDL + adversarial"]
    names = [runs.family(run) for each in wanted.values() for run in each]
    assert len(set(names)) == len(names) == 7


def test_several_runs_share_the_rows_that_learn_nothing() -> None:
    tables = {
        name: RowTable("", KINDS, {"predicted": [value] * 5, "last frame": [0.0] * 5})
        for name, value in (("L1", 1.0), ("L2", 2.0))
    }
    rows = prediction.together(tables).rows
    assert {name: row[0] for name, row in rows.items()} == {"L1": 1, "L2": 2, "last frame": 0}


def test_films_are_drawn_above_what_is_made(tmp_path: Path) -> None:
    torch.manual_seed(0)
    prediction.draw(load(made_checkpoint(tmp_path)), tmp_path / "strips.png")
    assert Image.open(tmp_path / "strips.png").size == (2 + 6 * 34, 2 + 6 * 34)
