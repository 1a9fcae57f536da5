"""The tables of the benchmark of people; what it trains takes minutes and is not repeated here."""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import runs, trajectories
from gan_cli.metrics.futures import BASELINES, KINDS
from gan_cli.metrics.row_table import RowTable


def scores(value: float) -> RowTable:
    """Of a model whose every measure is one number, and its baselines' a larger one each."""
    rows = {name: [value + place] * len(KINDS) for place, name in enumerate(("made", *BASELINES))}
    return RowTable("", KINDS, {**rows, "the truth": [None] * (len(KINDS) - 1) + [0.0]})


def printed(table: Table) -> dict[str, list[str]]:
    """The rows of a table by their first cells."""
    columns = [list(column.cells) for column in table.columns]
    return {str(first): [str(cell) for cell in rest] for first, *rest in zip(*columns, strict=True)}


def test_scenes_stand_beside_baselines_and_the_papers_numbers() -> None:
    found = {
        scene: trajectories.rows_of_scene(scores(9.0), scores(float(n))) for n, scene in enumerate(trajectories.SCENES)
    }
    rows = printed(trajectories.table_of_scenes(found))
    assert rows["SocialGAN, best of 20 for a scene"] == [*(f"{n}.00 / {n}.00" for n in range(5)), "2.00 / 2.00"]
    assert rows["constant velocity"][0] == "1.00 / 1.00"
    assert rows["LSTM without an adversary"][-1] == "9.00 / 9.00"
    assert rows["paper, SGAN-20V-20, best for a scene"][3] == "0.21 / 0.42"
    some = printed(trajectories.table_of_scenes({"hotel": found["hotel"]}))
    assert some["paper, LSTM"] == ["0.55 / 1.17", ""]


def test_crossings_tell_collisions() -> None:
    table = trajectories.table_of_crossings({"SocialGAN, pooling": scores(0.25)})
    rows = printed(table)
    assert rows["SocialGAN, pooling"] == ["0.250", "0.250", "0.250", "25.00%"]
    assert rows["the truth"][-1] == "0.00%"
    assert list(rows) == [*BASELINES, "SocialGAN, pooling", "the truth"]
    Console(quiet=True).print(table)


def test_runs_are_those_of_packaged_configs(tmp_path: Path) -> None:
    of_scenes = trajectories.scene_runs(tmp_path)
    wanted = runs.wanted_settings(of_scenes["univ"]["LSTM"])
    assert wanted["data"]["init_args"]["scene"] == "univ"
    assert wanted["model"]["init_args"]["lambda_adversarial"] == 0
    names = {run.name for rows in of_scenes.values() for run in rows.values()}
    names |= {run.name for run in trajectories.crossing_runs().values()}
    assert len(names) == 13
