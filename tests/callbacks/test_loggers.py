import csv
from pathlib import Path
from typing import Any

import pytest
import wandb

from gan_cli.callbacks.loggers import RunLogger, Wandb, cut_back


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_resumed_run_appends_and_repeats_nothing(tmp_path: Path) -> None:
    first = RunLogger(tmp_path)
    for step in (1, 2, 3):
        first.log_metrics({"loss": step / 2}, step)
    cut_back(tmp_path, 2)
    second = RunLogger(tmp_path)
    for step in (3, 4):
        second.log_metrics({"loss": step / 4, "new": 1.0}, step)
    assert [(row["step"], row["loss"], row["new"]) for row in rows(tmp_path)] == [
        ("1", "0.5", ""),
        ("2", "1.0", ""),
        ("3", "0.75", "1.0"),
        ("4", "1.0", "1.0"),
    ]


def test_a_line_cut_short_by_a_kill_is_dropped(tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_text("loss,step\n0.5,1\n0.")
    cut_back(tmp_path, 10)
    assert rows(tmp_path) == [{"loss": "0.5", "step": "1"}]


def test_cutting_back_needs_no_file(tmp_path: Path) -> None:
    cut_back(tmp_path, 10)
    assert not (tmp_path / "metrics.csv").exists()


def test_wandb_is_offline_without_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.delenv("WANDB_MODE", raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    assert Wandb()._wandb_init["mode"] == "offline"
    monkeypatch.setenv("WANDB_API_KEY", "x" * 40)
    assert Wandb()._wandb_init["mode"] is None


def test_wandb_finds_the_key_that_its_login_stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.delenv("WANDB_MODE", raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("WANDB_BASE_URL", "https://wandb.example.org")
    (tmp_path / "netrc").write_text("machine wandb.example.org login user password secret\n")
    assert Wandb()._wandb_init["mode"] is None


@pytest.mark.parametrize("error", [wandb.errors.CommError, wandb.errors.UsageError])
def test_wandb_goes_on_offline_where_it_is_not_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: type[Exception]
) -> None:
    """The refusal is made here; what W&B's own attempt raises without a network was tried by hand."""
    started = wandb.init

    def init(**options: Any) -> Any:
        if options.get("mode") != "offline":
            raise error("no such host")
        return started(**options)

    monkeypatch.setenv("WANDB_API_KEY", "x" * 40)
    monkeypatch.setenv("WANDB_SILENT", "true")
    monkeypatch.setattr(wandb, "init", init)
    logger = Wandb()
    logger.put_in(tmp_path / "family" / "version_0")
    (tmp_path / "family" / "version_0").mkdir(parents=True)
    logger.log_metrics({"loss": 1.0}, 1)
    wandb.finish()
    assert "W&B: not reached (no such host), so this run is logged offline" in capsys.readouterr().out
    assert list((tmp_path / "family" / "version_0" / "wandb").glob("offline-run-*"))


def begun(folder: Path, monkeypatch: pytest.MonkeyPatch, **environment: str) -> Any:
    """The run at W&B of a run's folder, begun under these variables."""
    for name, value in {"WANDB_SILENT": "true", **environment}.items():
        monkeypatch.setenv(name, value)
    wandb.finish()
    wandb.teardown()  # W&B reads its environment once in a process
    logger = Wandb()
    logger.put_in(folder)
    return logger.experiment


def test_the_parts_of_a_resumed_run_are_one_run_at_wandb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = []
    for first in (1, 3):
        logger = Wandb(offline=True)
        logger.put_in(tmp_path / "family" / "version_0")
        for step in (first, first + 1):
            logger.log_metrics({"loss": 1.0}, step)
        ids.append(logger.experiment.id)
        assert logger.experiment.step == first + 1  # disjoint steps are what `wandb sync` can put together
        wandb.finish()
    assert ids[0] == ids[1]
    parts = list((tmp_path / "family" / "version_0" / "wandb").glob(f"offline-run-*-{ids[0]}"))
    assert 1 <= len(parts) <= 2  # of one second they share a folder


def test_the_environment_of_wandb_wins_over_our_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, elsewhere = tmp_path / "family" / "version_0", tmp_path / "elsewhere"
    elsewhere.mkdir()
    asked = {
        "MODE": "offline",
        "PROJECT": "faces",
        "RUN_ID": "mine",
        "NAME": "first",
        "DIR": str(elsewhere),
        "ENTITY": "us",
    }
    run = begun(folder, monkeypatch, **{f"WANDB_{name}": value for name, value in asked.items()})
    assert (run.offline, run.project, run.id, run.name, run.entity) == (True, "faces", "mine", "first", "us")
    assert Path(run.dir).is_relative_to(elsewhere)
    assert Wandb(project="typed")._wandb_init["project"] == "typed"
    wandb.finish()
    wandb.teardown()


@pytest.mark.parametrize("switch", [{"WANDB_MODE": "disabled"}, {"WANDB_DISABLED": "true"}])
def test_wandb_is_off_where_the_environment_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, switch: dict[str, str]
) -> None:
    assert begun(tmp_path / "family" / "version_0", monkeypatch, **switch).disabled
    wandb.finish()
    wandb.teardown()
    assert {path.name for path in tmp_path.rglob("*")} <= {"family", "version_0"}
