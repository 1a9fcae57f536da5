"""Scores while training: logged, resumed with, and nothing of the training is changed by them."""

import csv
from pathlib import Path
from typing import Any, cast

import pytest
import torch

from gan_cli.callbacks.evaluation import Evaluation
from gan_cli.command.cli import GANCLI
from gan_cli.errors import UserError
from gan_cli.evaluation.scorer import Scorer
from gan_cli.evaluation.scores import Protocol, Score, Scores
from gan_cli.inference import checkpoints
from gan_cli.metrics import features
from gan_cli.variants.base import RECORD
from gan_cli.verbs import run
from tests.conftest import TINY_FLAGS

FIT = ["fit", "--config", "dcgan.yaml", *TINY_FLAGS, "--trainer.max_steps", "8", "--checkpoint.every_n_steps", "2"]
EVERY = ["--evaluation.every_n_steps", "2"]
RUN = Path("checkpoints/dcgan-digits/version_0")
PROTOCOL = Protocol("", "", None, "", 9, 9, "", "", "")


@pytest.fixture
def scored(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """FIDs of 5, 3, 4, 6, ... at steps 2, 4, 6, 8, ...; gives the steps that were asked for."""
    asked: list[int] = []
    fids = {2: 5.0, 4: 3.0}

    def score(self: Scorer, model: Any, seed: int = 0) -> list[Scores]:
        asked.append(step := model.counters.batches)
        return [Scores("", PROTOCOL, {"fid": Score(fids.get(step, step - 2.0)), "coverage": Score(step / 10)})]

    monkeypatch.setattr(Scorer, "score", score)
    monkeypatch.setattr(Scorer, "prepare", lambda self, model: {"fid", "coverage"})
    return asked


def column(name: str, folder: Path = RUN) -> dict[int, float]:
    with open(folder / "metrics.csv") as file:
        return {int(row["step"]): float(row[name]) for row in csv.DictReader(file) if row[name]}


def batches(path: Path) -> int:
    return int(checkpoints.read(path)[RECORD]["counters"]["batches"])


def test_training_with_scores_is_training_without_them(workdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "STEPS", 30)
    GANCLI([*FIT, *EVERY, "--evaluation.num", "40", "--monitor", "kid"])
    GANCLI(FIT)
    one, other = (checkpoints.read(RUN.with_name(f"version_{n}") / "last.ckpt")["state_dict"] for n in (0, 1))
    assert all(torch.equal(value, other[name]) for name, value in one.items())
    fids, kids = column("metric/fid"), column("metric/kid")
    assert list(fids) == list(kids) == [2, 4, 6, 8]
    assert column("metric/kid_deviation")[8] > 0
    assert batches(RUN / "best.ckpt") == min(kids, key=lambda step: kids[step])


def test_the_best_checkpoint_is_kept_by_the_measure_monitored(workdir: Path, scored: list[int]) -> None:
    GANCLI([*FIT, *EVERY, "--monitor", "fid"])
    GANCLI([*FIT, *EVERY, "--monitor", "coverage"])
    assert column("metric/fid") == {2: 5, 4: 3, 6: 4, 8: 6}
    assert batches(RUN / "best.ckpt") == 4
    assert batches(RUN.with_name("version_1") / "best.ckpt") == 8
    assert scored == [2, 4, 6, 8] * 2


def test_a_resumed_run_knows_what_was_best(workdir: Path, scored: list[int]) -> None:
    words = [*FIT, *EVERY, "--monitor", "fid"]
    GANCLI([*words, "--trainer.max_steps", "5"])
    GANCLI([*words, "--ckpt_path", "last"])
    assert batches(RUN / "best.ckpt") == 4
    assert column("metric/fid") == {2: 5, 4: 3, 6: 4, 8: 6}


def test_patience_ends_a_run_that_gets_no_better(
    workdir: Path, scored: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    GANCLI([*FIT, *EVERY, "--monitor", "fid", "--evaluation.patience", "2", "--trainer.max_steps", "100"])
    assert scored == [2, 4, 6, 8]
    assert batches(RUN / "last.ckpt") == 8
    assert "stopped early: fid was best after step 4, 3\n" in capsys.readouterr().out


def test_a_step_without_the_measure_is_told_and_the_run_goes_on(
    workdir: Path, scored: list[int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    complete, why = Scorer.score, "FID: left out, the features of 9 of 9 images are not finite"

    def score(self: Scorer, model: Any, seed: int = 0) -> list[Scores]:
        (table,) = complete(self, model, seed)
        return [table._replace(scores={}, left_out=(why,)) if model.counters.batches == 4 else table]

    monkeypatch.setattr(Scorer, "score", score)
    GANCLI([*FIT, *EVERY, "--monitor", "fid"])
    assert f"monitor: step 4 has none. {why}\n" in capsys.readouterr().out
    assert column("metric/fid") == {2: 5, 6: 4, 8: 6}
    assert batches(RUN / "best.ckpt") == 6


def test_what_can_never_be_measured_is_refused_before_the_first_batch(workdir: Path) -> None:
    with pytest.raises(UserError, match="num: 5 images are too few"):
        GANCLI([*FIT, *EVERY, "--evaluation.num", "5"])
    assert not (RUN / "metrics.csv").is_file()


def test_a_translator_has_the_mean_of_its_directions_and_each_of_them(
    workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = [
        Scores("", PROTOCOL, {"fid": Score(4.0), "mae": Score(1.0)}, direction="a2b"),
        Scores("", PROTOCOL, {"fid": Score(2.0)}, direction="b2a"),
    ]
    monkeypatch.setattr(Scorer, "score", lambda self, model, seed: tables)
    evaluation, nothing = Evaluation(every_n_steps=1), cast(Any, None)
    evaluation._scorer = Scorer(nothing)
    values, _ = evaluation._values(nothing)
    assert values == {"fid": 3.0, "fid/a2b": 4.0, "mae/a2b": 1.0, "fid/b2a": 2.0}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--monitor", "fid"], "monitor: type --evaluation.every_n_steps too"),
        ([*EVERY, "--evaluation.patience", "2"], "patience for what"),
        ([*EVERY, "--monitor", "fidd"], "monitor: fidd is not measured here; there are fid, coverage"),
        ([*EVERY, "--monitor", "diversity"], "no value of diversity is the best"),
        ([*EVERY, "--evaluation.metrics", "[fidd]"], "no measure fidd; take fid, kid"),
        (["--evaluation.every_n_steps", "-1"], "take a whole number from 0"),
        ([*EVERY, "--monitor", "mae"], "mae is not measured here; there are fid, coverage"),
        ([*EVERY, "--evaluation.features", "nowhere.pt"], "nowhere.pt"),
    ],
)
def test_what_cannot_be_evaluated_is_told(
    workdir: Path, request: pytest.FixtureRequest, words: list[str], told: str
) -> None:
    if "nowhere.pt" not in words:
        request.getfixturevalue("scored")
    with pytest.raises(UserError, match=told):
        run([*FIT, *words])


def test_points_are_evaluated_in_their_coordinates(workdir: Path) -> None:
    words = ["--trainer.max_steps", "2", "--evaluation.metrics", "[mmd,coverage]", "--evaluation.num", "200"]
    run(["fit", "--config", "gan_grid25.yaml", *words, "--evaluation.every_n_steps", "2", "--monitor", "mmd"])
    (run_folder,) = Path("checkpoints").glob("*/version_0")
    assert (run_folder / "best.ckpt").is_file()
    logged = (run_folder / "metrics.csv").read_text()
    assert all(name in logged for name in ("metric/mmd,", "metric/mmd_p_value", "metric/coverage"))
    assert "metric/fid" not in logged


def test_what_a_set_measures_itself_is_logged_and_chooses_the_best(workdir: Path) -> None:
    words = ["--evaluation.every_n_steps", "2", "--monitor", "modes_reached", "--trainer.max_steps", "4"]
    run(["fit", "--config", "gan_grid25.yaml", *words, "--evaluation.metrics", "[coverage]", "--evaluation.num", "200"])
    (run_folder,) = Path("checkpoints").glob("*/version_0")
    reached = column("metric/modes_reached", run_folder)
    assert {2, 4} <= set(reached)
    best = max((2, 4), key=lambda step: reached[step])
    assert batches(run_folder / "best.ckpt") == best
    with pytest.raises(
        UserError, match=r"monitor: nonsense is not measured here; there are fid, .*, modes, modes_reached"
    ):
        run(
            [word if word != "modes_reached" else "nonsense" for word in ["fit", "--config", "gan_grid25.yaml", *words]]
        )
