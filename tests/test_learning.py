"""Learning itself: minutes, so marked slow; the bounds come from the runs in README.md, with a margin."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from benchmarks.judge import Judge
from benchmarks.score import rows
from gan_cli import load
from gan_cli.cli import GANCLI
from gan_cli.data import Digits, Ring8
from gan_cli.metrics.modes import count_modes

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.fixture
def all_cores() -> Iterator[None]:
    """The other tests use one thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(os.cpu_count() or 1)
    yield
    torch.set_num_threads(before)


CPU = ["--trainer.accelerator", "cpu", "--trainer.devices", "1"]


@pytest.mark.usefixtures("all_cores")
def test_cgan_draws_the_digit_it_is_asked_for(workdir: Path) -> None:
    GANCLI(["fit", "--config", "cgan.yaml", "--model.base_channels", "16", "--trainer.max_steps", "1500", *CPU])
    gan = load("checkpoints/cgan-digits/version_0/last.ckpt")
    asked = torch.arange(1000) % 10
    told = Judge(Digits(image_size=32)).classes(gan.sample(1000))
    assert float((told == asked).float().mean()) > 0.85  # 0.956 with seed 0


def test_r3gan_covers_the_ring(workdir: Path) -> None:
    shorter = ["--trainer.max_steps", "4000", "--model.schedule_kimg", "1024"]
    GANCLI(["fit", "--config", "r3gan_grid25.yaml", "--data", "Ring8", *shorter, *CPU])
    assert Ring8.modes is not None
    made = load("checkpoints/r3gan-ring8/version_0/last.ckpt").sample(2500)
    scores = count_modes(made, *Ring8.modes)
    assert scores.modes == 8
    assert scores.high_quality > 0.8  # 0.87 to 0.94 with seeds 0 to 2
    assert scores.kl < 0.03


@pytest.mark.usefixtures("all_cores")
def test_dcgan_learns_the_digits_in_the_demos_time(workdir: Path) -> None:
    GANCLI(["fit", "--config", "dcgan.yaml", *CPU])
    judge = Judge(Digits(image_size=32))
    assert judge.accuracy() > 0.96
    table = dict(rows(load("checkpoints/dcgan-digits/version_0/last.ckpt"), judge))
    ours = table["this GAN"]
    assert ours.smallest_class > 0.03
    assert ours.frechet < table["blends of two reals"].frechet
    assert ours.coverage > 0.65  # 0.81 in bfloat16 with seed 0; seeds differ by some 0.04, four times that below
    assert ours.spread > 0.7
    assert ours.nearest > 0.7
    # The table itself would show a collapse, and a generator that has learned nothing.
    assert table["ten repeated images"].coverage < 0.2
    assert table["an untrained generator"].frechet > 1
