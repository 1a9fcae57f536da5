"""The benchmark of frontal views; what it trains takes minutes and is not repeated here."""

from pathlib import Path

import pytest

from benchmarks import frontal, runs
from gan_cli.metrics.row_table import Kind, RowTable

KINDS = {"psnr": Kind("PSNR"), "rank1": Kind("rank-1"), "rank1_lite0": Kind("lite0"), "rank1_45": Kind("of 45")}


def table(psnr: float, beside: float) -> RowTable:
    rows: dict[str, list[float | None]] = {"made": [psnr, 0.5, None, 1.0], "ridge regression": [beside, 0.6, 0.7, 0.8]}
    return RowTable("frontal views", KINDS, rows)


def test_a_seed_is_of_the_run_and_of_the_persons_held_out() -> None:
    wanted = frontal.wanted("cmu", 2, Path("faces"))
    assert [(run.seed, run.settings["data.split_seed"]) for run in wanted] == [(0, 0), (1, 1)] * 2
    assert {run.root for run in wanted} == {"faces/cmu_faces"}
    assert frontal.wanted("heads", 1, Path("faces"))[0].root is None
    plain = [runs.wanted_settings(run)["model"]["init_args"].get("lambda_adversarial") for run in wanted]
    assert plain == [None, None, 0.0, 0.0]


def test_seeds_are_put_together_and_told_with_their_range() -> None:
    tables = [("TP-GAN", table(18.0, 20.0)), ("TP-GAN", table(20.0, 21.0)), ("without", table(19.0, 20.0))]
    rows = frontal.together(tables)
    assert list(rows) == ["TP-GAN", "without", "ridge regression"]
    assert rows["TP-GAN"] == {"psnr": [18.0, 20.0], "rank1": [0.5, 0.5], "rank1_45": [1.0, 1.0]}
    assert rows["ridge regression"]["psnr"] == [20.0, 21.0]  # those of one split are counted once
    made = frontal.shown("title", KINDS, rows)
    cells = [list(column.cells) for column in made.columns]
    assert cells[1] == ["19.00 (18.00 to 20.00)", "19.00", "20.50 (20.00 to 21.00)"]
    assert cells[3][0] == ""
    assert cells[4][0] == "1.00"
    assert cells[-1] == ["2", "1", "2"]


def test_runs_say_whether_they_had_a_discriminator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frontal, "_measured", lambda at: table(at.steps, 1.0).as_dict())
    (tmp_path / "last.ckpt").touch()
    at = runs.Standing(tmp_path / "last.ckpt", steps=17, of=17, seconds=1.0, current=True)
    titles = {}
    for run in frontal.wanted("heads", 1, None):
        ((title, found),) = frontal.tables_of([(run, at)])
        titles[title] = found.rows["made"][0]
        assert found.kinds["psnr"].title == "PSNR"
    assert titles == {"TP-GAN": 17, "the same without a discriminator": 17}
