from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from gan_cli.callbacks import threads
from gan_cli.callbacks.threads import Contention, timed
from gan_cli.command.cli import GANCLI
from gan_cli.devices.cores import cores, running
from gan_cli.errors import UserError
from tests.conftest import TINY_FLAGS
from tests.test_variants import same, state
from tests.variant_rows import ROWS, VariantRow


@pytest.fixture(autouse=True)
def two_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if the machine had two cores; afterwards as many threads as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    for name in ("gan_cli.callbacks.threads.cores", "gan_cli.command.cli.cores"):
        monkeypatch.setattr(name, lambda: 2)
    monkeypatch.setattr(threads, "SECONDS", 0.01)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.name in ("dcgan", "cyclegan", "wgan-gp")], ids=lambda row: row.name
)
def test_timing_changes_nothing(row: VariantRow) -> None:
    model = row.make()
    data = row.data(image_size=row.image_size, batch_size=4)
    data.setup("fit")
    assert data.train_set is not None
    batch = data.on_device(data.train_set[torch.arange(4)])
    before, random = state(model), torch.get_rng_state()
    seconds = timed(model, batch, [1, 2])
    assert seconds.keys() == {1, 2}
    assert all(taken > 0 for taken in seconds.values())
    assert same(state(model), before)
    assert torch.equal(torch.get_rng_state(), random)
    assert model.counters.batches == model.counters.critic_steps == 0
    assert not any(pool.images is not None and len(pool.images) for pool in getattr(model, "pools", {}).values())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert torch.get_num_threads() == 2


def fit(*flags: str) -> Any:
    said = ["fit", "--config", "dcgan.yaml", *TINY_FLAGS, "--trainer.precision", "32-true", "--report", "false", *flags]
    return GANCLI(said).model


def test_what_was_chosen_stays_with_the_run(
    workdir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(threads, "_seconds", lambda *_: 1.0 / torch.get_num_threads())
    chosen = fit("--threads", "auto", "--trainer.max_steps", "2")
    assert chosen.threads == 2
    assert "threads: 2 (a step with 1: 1e+03 ms, 2: 500 ms)" in capsys.readouterr().out
    monkeypatch.setattr(threads, "_seconds", lambda *_: 1.0)
    resumed = fit("--threads", "auto", "--trainer.max_steps", "4", "--ckpt_path", "last")
    assert resumed.threads == 2, "sums depend on it"
    other = fit("--threads", "1", "--trainer.max_steps", "6", "--ckpt_path", "last")
    assert other.threads == 1
    assert "threads: 1 here, 2 before" in capsys.readouterr().out
    assert torch.get_num_threads() == 2, "the process has its number back"


def test_equally_fast_numbers_leave_cores_to_others(workdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_seconds", lambda *_: 1.0)
    assert fit("--threads", "auto", "--trainer.max_steps", "1").threads == 1


@pytest.mark.parametrize("number", ["0", "-1", "3"])
def test_threads_that_are_not_possible_are_refused(number: str, workdir: Path) -> None:
    with pytest.raises(UserError, match=rf"threads: {number} is not possible; take 1 to 2, the cores here, or auto"):
        fit("--threads", number)


def notes(seconds: list[float], wanting: int) -> list[str]:
    contention, now = Contention(window=1.0), 1.0
    said = []
    for step in [0.01] * 250 + seconds:
        now += step
        said.append(contention.after_a_batch(now, wanting=wanting))
    return [note for note in said if note]


def test_slow_steps_on_a_busy_machine_are_said_once() -> None:
    (note,) = notes([0.1] * 50, wanting=4)
    assert "10.0 times as long as before" in note
    assert "--threads 1" in note


def test_nothing_is_said_of_slow_steps_alone_nor_of_a_busy_machine_alone() -> None:
    assert not notes([0.1] * 50, wanting=2)
    assert not notes([0.015] * 500, wanting=9)


def test_cores_are_those_of_the_container(tmp_path: Path) -> None:
    quota = tmp_path / "cpu.max"
    quota.write_text("50000 100000\n")
    assert cores(quota) == 1
    quota.write_text("max 100000\n")
    assert cores(quota) == cores(tmp_path / "none") >= 1


def test_threads_that_want_a_core_are_counted(tmp_path: Path) -> None:
    load = tmp_path / "loadavg"
    load.write_text("0.10 0.20 0.30 7/234 99\n")
    assert running(load) == 7
    assert running(tmp_path / "none") == 0
