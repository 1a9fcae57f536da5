"""The benchmark of adaptation; what it trains takes an hour and is not repeated here."""

from pathlib import Path

import pytest
from rich.console import Console

from benchmarks import adaptation, runs
from benchmarks.adaptation import METHODS, PLAN, TASKS
from gan_cli.evaluation.adaptation import INVERTED, SOURCE_ONLY, TARGET_LABELS
from tests.toys import FewAdapted


def test_steps_are_fixed_beforehand_for_every_run() -> None:
    for task, method, _ in PLAN:
        run = adaptation.run_of(task, method, 3, "sets")
        settings = runs.wanted_settings(run)
        assert settings["trainer"]["max_steps"] == METHODS[method].steps
        assert settings["seed_everything"] == 3
        assert settings["data"]["init_args"]["image_size"] == TASKS[task].image_size
    usps = runs.wanted_settings(adaptation.run_of("usps2mnist", "ADDA", 0, "sets"))["data"]["init_args"]
    assert (usps["source"], usps["target"], usps["target_root"]) == ("USPS", "MNIST", "sets/mnist")
    assert adaptation.data_of("usps2mnist", "sets").domains == ("usps", "mnist")
    assert adaptation.without("mnist2usps", "nowhere") == "no MNIST below nowhere"


def test_a_trace_is_what_a_run_has_logged(tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_text(f"step,{adaptation.TRACE}\n500,71.5\n600,\n1000,75.25\n")
    assert adaptation.trace(tmp_path / "last.ckpt") == [(500, 71.5), (1000, 75.25)]
    assert adaptation.trace(tmp_path / "elsewhere" / "last.ckpt") == []


def test_tables_have_what_was_not_adapted_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(adaptation, "LESSON_STEPS", 2)
    found = adaptation.compared_with(FewAdapted(image_size=16), seed=0)
    assert list(found) == [SOURCE_ONLY, INVERTED, TARGET_LABELS]
    scores = {"DANN": [80.0, 82.0], **{name: [value] for name, value in found.items()}}
    adaptation.show("mnist2usps", scores, Console(width=120))
    lines = [line for line in capsys.readouterr().out.splitlines() if "(" in line][1:]
    for wanted, line in zip((SOURCE_ONLY, INVERTED, "81.0 ± 1.4  (2)", TARGET_LABELS), lines, strict=True):
        assert wanted in line
