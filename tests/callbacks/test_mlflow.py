import re
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from gan_cli.callbacks.mlflow import UNASKED, MLflow
from gan_cli.errors import UserError

mlflow = pytest.importorskip("mlflow")


@pytest.fixture(autouse=True)
def _nothing_of_mlflow_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME", "MLFLOW_RUN_ID"):
        monkeypatch.delenv(name, raising=False)
    for name, value in UNASKED.items():
        monkeypatch.setenv(name, value)


def logger_in(folder: Path, **options: Any) -> MLflow:
    logger = MLflow(**options)
    folder.mkdir(parents=True, exist_ok=True)
    logger.put_in(folder)
    return logger


def logged(folder: Path, steps: range) -> MLflow:
    """A part of a run: a logger as one call of `gan fit` makes it."""
    logger = logger_in(folder)
    logger.log_hyperparams({"latent_dim": 8, "num_workers": len(steps)})
    for step in steps:
        logger.log_metrics({"loss/generator/adversarial": step / 2}, step)
    logger.finalize("success")
    return logger


def test_a_resumed_run_is_one_run_in_the_store_beside_all_runs(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints" / "dcgan-digits" / "version_0"
    first, second = logged(folder, range(1, 4)), logged(folder, range(4, 6))
    assert first.run_id == second.run_id
    (run,) = second.experiment.search_runs([second.experiment_id])
    assert (run.info.run_name, run.info.status) == ("dcgan-digits/version_0", "FINISHED")
    assert run.data.params["latent_dim"] == "8"
    history = second.experiment.get_metric_history(first.run_id, "loss/generator/adversarial")
    assert [(point.step, point.value) for point in history] == [(step, step / 2) for step in range(1, 6)]
    assert {path.name for path in (tmp_path / "checkpoints").iterdir()} == {"dcgan-digits", "mlruns"}


def test_a_run_that_was_removed_from_the_store_is_begun_anew(tmp_path: Path) -> None:
    folder = tmp_path / "dcgan-digits" / "version_0"
    first = logged(folder, range(1, 2))
    (folder / "mlflow_id").write_text(f"{'0' * 32} {first._tracking_uri}\n")
    assert logged(folder, range(2, 3)).run_id not in (first.run_id, "0" * 32)


def test_pictures_have_a_step_and_films_are_kept(tmp_path: Path) -> None:
    Image.new("L", (6, 4), 200).save(tmp_path / "step-00000001.png")
    Image.new("L", (6, 4)).save(tmp_path / "step-00000001.gif")
    logger = logger_in(tmp_path / "dcgan-digits" / "version_0")
    logger.log_image("samples", [str(tmp_path / "step-00000001.png")], 1)
    logger.log_film("films", str(tmp_path / "step-00000001.gif"), 1)
    kept = [path.name for path in (tmp_path / "mlruns").rglob("artifacts/**/*") if path.is_file()]
    assert "step-00000001.gif" in kept
    assert any(re.match(r"samples.step.1.*\.png", name) for name in kept)


def test_a_server_that_is_not_there_is_told_and_the_run_is_logged_in_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    logger = logger_in(tmp_path / "dcgan-digits" / "version_0", tracking_uri="http://127.0.0.1:9")
    logger.log_metrics({"loss": 1.0}, 1)
    said = capsys.readouterr().out
    assert said.startswith("MLflow: not reached (")
    assert "so this run is logged in file://" in said
    assert [path.name for path in (tmp_path / "mlruns").rglob("metrics/*")] == ["loss"]


def test_a_store_that_fails_later_is_told_once_and_ends_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    logger = logger_in(tmp_path / "dcgan-digits" / "version_0")
    logger.log_metrics({"loss": 1.0}, 1)

    def fail(*_: Any, **__: Any) -> None:
        raise mlflow.exceptions.MlflowException("gone away")

    monkeypatch.setattr(logger.experiment, "log_batch", fail)
    for step in (2, 3):
        logger.log_metrics({"loss": 1.0}, step)
    logger.finalize("success")
    assert capsys.readouterr().out == (
        "MLflow: gone away; the run goes on without it, and metrics.csv has all numbers\n"
    )


def test_an_address_of_no_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^trainer\.logger: MLflow cannot log to telnet://there"):
        logger_in(tmp_path / "dcgan-digits" / "version_0", tracking_uri="telnet://there")


def test_without_its_extra_one_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(UserError, match=r"^trainer\.logger: MLflow is not installed: pip install 'gan-cli\[mlflow"):
        MLflow()
