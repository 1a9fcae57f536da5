from pathlib import Path
from typing import Any

import pytest

from gan_cli.errors import UserError
from gan_cli.reports import compare, run_record
from tests.reports.pages import CONFIG, Reading, losses, make_run, scored


def reading(*folders: Path) -> Reading:
    return Reading(compare.page([run_record.read(folder) for folder in folders]))


def with_rate(rate: float, **more: Any) -> dict[str, Any]:
    model = {**CONFIG["model"], "init_args": {**CONFIG["model"]["init_args"], "generator_lr": rate}}
    return {**CONFIG, **more, "model": model}


def test_each_metric_has_one_chart_with_a_curve_for_each_run(tmp_path: Path) -> None:
    first = make_run(tmp_path / "dcgan/version_0", losses(3), [10, 30])
    second = make_run(tmp_path / "dcgan/version_1", [*losses(2), {"step": 20, "metric/fid": 9.0}])
    page = reading(first, second)
    curves = {chart["title"]: [curve["name"] for curve in chart["curves"]] for chart in page.charts}
    assert curves == {
        "loss/discriminator/adversarial": ["dcgan/version_0", "dcgan/version_1"],
        "loss/generator/adversarial": ["dcgan/version_0", "dcgan/version_1"],
        "metric/fid": ["dcgan/version_1"],
    }
    assert page.charts[2]["curves"][0]["colour"] == 1  # a run's colour is the same in every chart
    assert [image["alt"] for image in page.all("img")] == ["dcgan/version_0, step 30"]
    assert "dcgan/version_1 has made no grids" in page.text


def test_only_settings_that_differ_are_shown(tmp_path: Path) -> None:
    first = make_run(tmp_path / "a", losses(1), config=with_rate(0.0002))
    second = make_run(tmp_path / "b", losses(1), config=with_rate(0.0005, ckpt_path="x", name="only here"))
    page = reading(first, second)
    settings = [cell for cell in page.data["th"] if "." in cell or cell == "name"]
    assert settings == ["model.init_args.generator_lr", "name"]
    assert {"0.0002", "0.0005", "-", "only here"} <= set(page.data["td"])
    assert (
        "None: the runs have the same settings" in reading(first, make_run(tmp_path / "c", config=with_rate(2e-4))).text
    )


def test_scores_of_one_protocol_share_a_table_and_others_do_not(tmp_path: Path) -> None:
    runs = [
        make_run(tmp_path / name, losses(1), scores=scores)
        for name, scores in (("a", scored(360, 12.5)), ("b", scored(360, 11.5)), ("c", scored(1000, 3.5)), ("d", None))
    ]
    together, apart = reading(*runs[:2]), reading(*runs)
    assert together.data["th"].count("FID") == 1
    assert "different protocols" not in together.text
    assert apart.data["th"].count("FID") == 2
    assert "different protocols" in apart.text
    assert f"Without scores: {tmp_path.name}/d." in apart.text


def test_a_translators_directions_have_tables_of_their_own(tmp_path: Path) -> None:
    scores = scored(360, 12.5)
    scores["tables"] = [{**scores["tables"][0], "direction": direction} for direction in ("horse2zebra", "zebra2horse")]
    page = reading(*(make_run(tmp_path / name, losses(1), scores=scores) for name in ("a", "b")))
    assert page.data["th"].count("FID") == 2
    assert all(direction in page.text for direction in ("horse2zebra", "zebra2horse"))


def test_runs_of_the_same_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    page = reading(make_run(tmp_path / "x/run/v", losses(1)), make_run(tmp_path / "y/run/v", losses(1)))
    assert [curve["name"] for curve in page.charts[0]["curves"]] == [f"{tmp_path}/x/run/v", f"{tmp_path}/y/run/v"]


def test_one_run_and_the_same_run_twice_are_refused(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", losses(1))
    with pytest.raises(UserError, match="two runs or more"):
        compare.write([(folder, None)], tmp_path / "x.html")
    with pytest.raises(UserError, match="named twice"):
        compare.write([(folder, None), (folder / "../run", None)], tmp_path / "x.html")
    assert not (tmp_path / "x.html").exists()
