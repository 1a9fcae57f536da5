"""The benchmark of detection; what it trains takes minutes and is not repeated here."""

from pathlib import Path

import pytest

from benchmarks import detection, runs


@pytest.mark.parametrize("of", list(detection.KINDS))
def test_runs_differ_in_what_is_compared(of: str) -> None:
    kind = detection.KINDS[of]
    first = detection.first_runs(of, "data", seed=1)
    further = detection.further_runs(of, "data", 1, Path("detector.ckpt"))
    every = {**first, **further}
    assert every.keys() == kind.rows.keys()
    assert len({runs.family(run) for run in every.values()}) == len(every)
    wanted = {name: runs.wanted_settings(run) for name, run in every.items()}
    whole = wanted["gan"]
    assert whole["model"]["init_args"]["pretraining_steps"] == kind.first
    assert whole["trainer"]["max_steps"] == kind.first + kind.second
    for name in ("small", "all"):  # as many batches as the whole run, all of them in the first phase
        assert wanted[name]["model"]["init_args"]["pretraining_steps"] == wanted[name]["trainer"]["max_steps"]
        assert wanted[name]["trainer"]["max_steps"] == whole["trainer"]["max_steps"]
    assert all(run.init == "detector.ckpt" for run in further.values())
    assert {run.seed for run in every.values()} == {1}


def test_rows_of_seeds_are_put_together() -> None:
    one: detection.Values = {"a": [0.25, None], "b": [1.0, 2.0]}
    other: detection.Values = {"a": [0.75, None]}
    assert detection.together([one, other]) == {"a": ["0.500 ± 0.354", ""], "b": ["1.000", "2.000"]}
    assert detection.chosen({"a": [1.0], "b": [2.0]}, {"b": "shown"}) == {"shown": [2.0]}
