"""Several processes compute what one would."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.two_processes import STEPS, compared, fit
from tests.variant_rows import ROWS


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one spawned pair of processes has trained and saved."""
    folder = tmp_path_factory.mktemp("two")
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.two_processes", str(folder), "2"]
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=300)
    return folder


@pytest.mark.parametrize("row", compared(), ids=lambda row: row.name)
def test_two_processes_equal_one(row: Any, two: Path) -> None:
    """Noise, labels, order of samples, gradients, n_critic and accumulation, on the code that trains."""
    together = torch.load(two / "weights", weights_only=True)[row.name]
    alone = fit(row, devices=1)[0].state_dict()
    assert together.keys() == alone.keys()
    for name, value in alone.items():
        if row.name == "pix2pix-regression" and name.startswith("discriminator"):
            continue  # it has batch normalisation, and the generator does not listen to it
        assert torch.allclose(together[name], value, rtol=0, atol=1e-9), name


@pytest.mark.parametrize("name", ["cyclegan", "dcgan"])
def test_two_processes_go_on_where_they_were_bit_for_bit(name: str, two: Path) -> None:
    whole, again = (torch.load(two / f"{name}-{kind}.ckpt", weights_only=True) for kind in ("whole", "again"))
    for key, value in whole["state_dict"].items():
        assert torch.equal(again["state_dict"][key], value), key
    if name == "cyclegan":
        assert len(whole["image_pools"]) == 2
        for mine, same in zip(whole["image_pools"], again["image_pools"], strict=True):
            assert all(torch.equal(mine[domain], same[domain]) for domain in "ab")
        assert not torch.equal(whole["image_pools"][0]["a"], whole["image_pools"][1]["a"])


def test_a_run_of_two_processes_goes_on_in_one(two: Path) -> None:
    (row,) = (row for row in ROWS if row.name == "cyclegan")
    model, _ = fit(row, 1, STEPS, "32-true", two / "cyclegan-half.ckpt")
    assert model.counters.batches == STEPS
    assert model.counters.images == STEPS * 16
    saved = torch.load(two / "cyclegan-half.ckpt", weights_only=True)["image_pools"]
    assert len(saved[0]["a"]) + len(saved[1]["a"]) > 20  # more than one pool has room for
    assert len(model.pools["a"].images) == 20
