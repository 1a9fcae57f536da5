"""`gan sweep`: its plan, its runs (in this process, where a test would wait for others), its table, its job array."""

import csv
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from gan_cli.__main__ import main
from gan_cli.command import sweep_table, sweeping
from gan_cli.command.cli import LightningSeed
from gan_cli.command.sweep_plan import Plan, planned
from gan_cli.command.sweep_table import Scored
from gan_cli.errors import UserError
from gan_cli.inference import checkpoints
from gan_cli.stopping import Stopped
from gan_cli.verbs.sweep import split, without
from tests.conftest import TINY_FLAGS

FIT = ["--config", "dcgan.yaml", *TINY_FLAGS]
SCORED = ["--metrics", "means", "--num", "20", "--features", "pixels.pt"]


class Ended:
    """A process that has run to its end in this one."""

    def __init__(self, words: Sequence[str], log: Path) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        self.code = main(words)

    def poll(self) -> int | None:
        return self.code

    def wait(self) -> int:
        return self.code

    def send_signal(self, number: int) -> None:
        raise AssertionError("it has ended")


@pytest.fixture
def here(workdir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with quick features, in which runs of a sweep are run in this process."""
    network = torch.jit.trace(torch.nn.Flatten(), torch.zeros(1, 1, 16, 16))
    torch.jit.save(network, workdir / "pixels.pt")
    monkeypatch.setattr(sweeping, "started", lambda words, log, threads: Ended(words, log))
    return workdir


def plan(*varied: str, seeds: str = "0-1", words: Sequence[str] = FIT, name: str | None = None) -> Plan:
    return planned(words, seeds, varied, name, LightningSeed)


def test_a_sweep_has_a_run_for_each_seed_of_each_combination() -> None:
    made = plan("model.n_critic=1,5", "model.adam_betas=[0,0.9],[0.5,0.999]", seeds="0-1,7")
    assert len(made.jobs) == 12
    assert made.jobs[4].variation == "n_critic=1, adam_betas=[0.5,0.999]"
    assert made.jobs[4].name == "dcgan-sweep-n_critic1-adam_betas_0.5_0.999-seed1"
    assert made.jobs[4].words[-4:] == [
        "--model.n_critic=1",
        "--model.adam_betas=[0.5,0.999]",
        "--name=dcgan-sweep-n_critic1-adam_betas_0.5_0.999-seed1",
        "--seed_everything=1",
    ]
    assert len({job.name for job in made.jobs}) == 12


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"seeds": "a"}, "seeds: a is no list of seeds"),
        ({"seeds": "4294967296"}, "seeds: 4294967296 is no seed of a run"),
        ({"seeds": "0-1000"}, "1,001 runs are too many"),
        ({"varied": ["model.n_critic"]}, "vary: model.n_critic is not possible"),
        ({"varied": ["model.n_critic=1,,2"]}, "vary: .* is not possible"),
        ({"varied": ["model.n_critic=1,1"]}, "has a value twice"),
        ({"varied": ["model.n_critic=1", "model.n_critic=2"]}, "model.n_critic is varied twice"),
        ({"varied": ["seed_everything=1,2"]}, "seed_everything belongs to the sweep"),
        ({"varied": ["data.root=a/b,a?b"]}, "differ only in characters"),
        ({"name": "a/b"}, "name: 'a/b' is part of a folder's name"),
        ({"words": ["--seed_everything=3"]}, "seed_everything: a sweep gives it"),
        ({"words": ["--ckpt_path", "last"]}, "ckpt_path: a sweep gives it"),
    ],
)
def test_what_cannot_be_planned_is_told(asked: dict[str, object], said: str) -> None:
    given: dict[str, object] = {"seeds": "0", "varied": [], "words": FIT, "name": None, **asked}
    with pytest.raises(UserError, match=said):
        planned(seed_limit=LightningSeed, **given)  # type: ignore[arg-type]


def test_words_are_the_sweeps_or_those_of_fit() -> None:
    words = ["--config", "a.yaml", "--vary", "x=1", "y=2", "--model.z", "3", "--jobs", "2", "--slurm", "--trainer.q=1"]
    ours, theirs = split(words)
    assert ours == ["--vary", "x=1", "y=2", "--jobs", "2", "--slurm"]
    assert theirs == ["--config", "a.yaml", "--model.z", "3", "--trainer.q=1"]
    assert split(["--sbatch", "--time=1", "--x"]) == (["--sbatch=--time=1"], ["--x"])
    assert without(words, "--slurm", "--jobs") == [*theirs, "--vary", "x=1", "y=2"]


def test_a_sweep_trains_scores_and_compares(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["sweep", *FIT, "--trainer.max_steps", "2", "--seeds", "0-1", *SCORED]
    assert main(asked) == 0
    said = capsys.readouterr().out
    assert said.count("begun: ") == said.count("done: ") == 2
    assert "2 of 2" in said
    with (here / "checkpoints/sweeps/dcgan-sweep/scores.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["seed"] for row in rows] == ["0", "1"]
    assert len({row["means"] for row in rows}) == 2
    assert (here / "checkpoints/sweeps/dcgan-sweep/compare.html").is_file()
    assert main(asked) == 0  # again: nothing is missing
    assert "begun" not in capsys.readouterr().out
    assert main([*asked, "--trainer.max_steps", "4"]) == 0  # each goes on
    assert capsys.readouterr().out.count("going on with") == 2
    assert main(["fit", *FIT, "--trainer.max_steps", "4", "--seed_everything", "1"]) == 0
    one, other = (
        checkpoints.read(here / "checkpoints" / f"dcgan-digits{name}" / "version_0" / "last.ckpt")["state_dict"]
        for name in ("", "-dcgan-sweep-seed1")
    )
    assert all(torch.equal(one[name], other[name]) for name in one)  # each is a normal run, resumed exactly


def test_the_table_has_a_row_for_each_variation_or_for_each_score() -> None:
    made = plan("model.n_critic=1,5")
    few = [
        Scored(job.variation, job.seed, Path(), {"fid": 10.0 * number, "kid a2b": 1.0}, frozenset())
        for number, job in enumerate(made.jobs[:3])
    ]
    table = sweep_table.table(made, few)
    assert [column.header for column in table.columns] == ["variation", "seeds", "FID (lower)", "KID a2b (lower)"]
    assert [list(column.cells) for column in table.columns][:3] == [
        ["n_critic=1", "n_critic=5"],
        ["2 of 2", "1 of 2"],
        ["5 ± 7.1", "20"],
    ]
    many = [one._replace(scores={**one.scores, "psnr": 3.0}) for one in few]
    assert [column.header for column in sweep_table.table(made, many).columns] == [
        *("variation", "n_critic=1", "n_critic=5")
    ]


def test_scores_that_cannot_be_read_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = planned(["--config", "dcgan.yaml"], "0", [], None, LightningSeed)
    monkeypatch.setattr(sweep_table, "state_of", lambda plan, job: sweeping.State("done", (), str(tmp_path)))
    assert [one.scores for one in sweep_table.finished(made)] == [{}]
    assert capsys.readouterr().out == ""  # of a variant that is not scored there is no file
    (tmp_path / "metrics.json").write_text("{")
    assert [one.scores for one in sweep_table.finished(made)] == [{}]
    assert "metrics.json cannot be read, and is left out: " in capsys.readouterr().out


def test_a_failed_run_ends_no_other_and_is_told(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def fails(words: Sequence[str], log: Path) -> Ended:
        if words[-1] == "--only=0":
            words = [*words, "--trainer.max_steps", "x"]
        return Ended(words, log)

    made = plan(words=[*FIT, "--trainer.max_steps", "2"])
    again = ["sweep", *FIT, "--trainer.max_steps", "2", "--seeds", "0-1", *SCORED]
    assert sweeping.run_all(made, [0, 1], 2, again, fails) == ["dcgan-sweep-seed0"]
    said = capsys.readouterr().out
    assert "failed: dcgan-sweep-seed0: " in said
    assert "done: dcgan-sweep-seed1" in said
    assert [one.seed for one in sweep_table.finished(made)] == [1]
    assert main(again) == 0  # what is missing
    assert capsys.readouterr().out.count("begun: ") == 1


def test_a_setting_that_is_not_possible_is_refused_before_the_first_run(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sweep", *FIT, "--seeds", "0-1", "--vary", "model.n_critic=1,-5"]) == 2
    assert "model.n_critic: -5" in capsys.readouterr().err
    assert main(["sweep", *FIT, "--seeds", "0", "--model.nonsense", "1"]) == 2
    assert "nonsense" in capsys.readouterr().err
    assert not (here / "checkpoints").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--seeds", "0", "--metrics", "fidd"], "metrics: 'fidd' is none; there are"),
        (["--seeds", "0", "--features", "nope"], "features: nope is no file; take inception"),
        (["--seeds", "0", "--metrics", "fid50k_full", "--num", "64"], "num: fid50k_full is of 50,000 samples"),
        (["--seeds", "0", "--jobs", "0"], "jobs"),
        (["--seeds", "0", "--only", "1"], "only: there is no run 1; the sweep has 0 to 0"),
        (["--seeds", "0", "--sbatch", "--time=1"], "sbatch: it means nothing without --slurm"),
        (["--seeds", "0", "--table"], "table: no run of the sweep dcgan-sweep is done yet"),
        (["--jobs", "2"], "seeds: they are missing"),
        (["--seeds", "0", "--num", "x"], "num"),
    ],
)
def test_what_is_typed_wrongly_is_told(
    words: list[str], said: str, workdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sweep", *FIT, *words]) == 2
    assert said in capsys.readouterr().err
    assert not list(workdir.iterdir())


def test_a_signal_reaches_every_run_once_and_is_waited_for(tmp_path: Path) -> None:
    heard: list[int] = []

    class Going:
        def poll(self) -> int | None:
            raise Stopped(signal.SIGTERM)

        def send_signal(self, number: int) -> None:
            heard.append(number)

        def wait(self) -> int:
            heard.append(0)
            return 143

    made = plan(words=[*FIT, "--trainer.default_root_dir", str(tmp_path)])
    with pytest.raises(Stopped):
        sweeping.run_all(made, [0, 1], 2, ["sweep"], lambda words, log: Going())
    assert heard == [signal.SIGTERM, signal.SIGTERM, 0, 0]


def test_mean_and_deviation_are_those_of_a_sample() -> None:
    assert sweep_table.spread([1.0, 2.0, 4.5]) == "2.5 ± 1.8"
    assert sweep_table.spread([2.0]) == "2"
    assert sweep_table.spread([]) == "-"


def script(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f"#!/bin/bash\n{text}\n")
    (folder / name).chmod(0o755)


def test_a_job_array_has_a_task_for_each_run_and_the_table_after_them(
    workdir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By an sbatch and an srun that note what they are called with: there is no SLURM here."""
    (tools := workdir / "tools").mkdir()
    script(tools, "sbatch", 'printf "%s\\n" "$@" --end >> sbatch.txt; echo "77;cluster"')
    script(tools, "srun", 'printf "%s\\n" "$@" > srun.txt; exit ${CODE:-0}')
    script(tools, "scontrol", 'echo "$@" > scontrol.txt')
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    words = ["sweep", *FIT, "--seeds", "0-2", "--jobs", "2", "--slurm", "--sbatch=--time=04:00:00 --gpus-per-task=1"]
    assert main(words) == 0
    assert "submitted: 3 runs as job 77" in capsys.readouterr().out
    array, table = (workdir / "sbatch.txt").read_text().split("--end\n")[:2]
    assert {"--array=0,1,2%2", "--time=04:00:00", "--gpus-per-task=1"} <= set(array.splitlines())
    assert "--dependency=afterany:77" in table
    assert "--table" in table
    file = workdir / "checkpoints" / "sweeps" / "dcgan-sweep" / "array.sbatch"
    task = {**os.environ, "SLURM_ARRAY_TASK_ID": "1", "SLURM_ARRAY_JOB_ID": "77", "CODE": "143"}
    assert subprocess.run(["bash", str(file)], env=task, check=False).returncode == 143
    called = (workdir / "srun.txt").read_text().splitlines()
    assert called[-1] == "--only=1"
    assert not {"--slurm", "--jobs", "--sbatch"} & set(called)
    assert (workdir / "scontrol.txt").read_text() == "requeue 77_1\n"


def test_without_slurm_a_job_array_is_refused(
    workdir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(workdir))
    assert main(["sweep", *FIT, "--seeds", "0", "--slurm"]) == 2
    assert "slurm: there is no sbatch here" in capsys.readouterr().err
    assert not list(workdir.iterdir())
