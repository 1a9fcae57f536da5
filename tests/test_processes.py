"""Several processes compute what one would."""

import json
import os
import re
import socket
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from gan_cli import load
from tests.evaluation.scored import dealt_out, scores
from tests.inference.test_translate import ALL, files, write_photos
from tests.inference.translators import gan, pix2pix, saved
from tests.two_processes import STEPS, UNDETERMINED, compared, fit, resumed

pytestmark = pytest.mark.slow  # half a minute of two cores


class Rows(torch.nn.Module):
    def forward(self, images: Tensor) -> Tensor:
        return images.float().mean(3).flatten(1) / 255


def kept_port() -> int:
    """A free port that the system gives to nobody who asks for any, between two of the trainings that follow."""
    for port in range(20_000 + os.getpid() % 10_000, 32_000):
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)):
                return port
    raise AssertionError("no port is free")


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    """What one spawned pair of processes has made and saved."""
    folder = tmp_path_factory.mktemp("two")
    with warnings.catch_warnings(action="ignore"):
        torch.jit.script(Rows()).save(str(folder / "rows.pt"))
    saved(pix2pix(), folder / "paired.ckpt")
    (write_photos(folder / "photos") / "broken.png").write_bytes(b"")
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MASTER_PORT": str(kept_port())}
    command = [sys.executable, "-m", "tests.two_processes", str(folder), "2", str(checkpoint)]
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True, timeout=300)
    assert (done.returncode, (folder / "weights").is_file()) == (1, True), done.stderr
    (folder / "told").write_text(done.stderr)
    return folder


def test_a_process_that_was_killed_is_named_in_one_line(two: Path) -> None:
    told = (two / "told").read_text()
    line = "gan: process 1 of 2 was killed by SIGKILL; the others end too; go on with --ckpt_path last"
    assert [said for said in told.splitlines() if said.startswith("gan: process")] == [line]
    assert "Traceback" not in told


@pytest.mark.parametrize("row", compared(), ids=lambda row: row.name)
def test_two_processes_equal_one(row: Any, two: Path) -> None:
    """Noise, labels, order of samples, gradients, n_critic and accumulation, on the code that trains."""
    together = torch.load(two / "weights", weights_only=True)[row.name]
    alone = fit(row, devices=1)[0].state_dict()
    assert together.keys() == alone.keys()
    assert alone.get("ada.probability", 1) > 0  # or images are not augmented, and nothing is shown
    for name, value in alone.items():
        if row.name == "pix2pix-regression" and name.startswith("discriminator"):
            continue  # it has batch normalisation, and the generator does not listen to it
        if re.fullmatch(UNDETERMINED.get(row.name, "none"), name):
            continue
        assert torch.allclose(together[name], value, rtol=0, atol=1e-9), name


@pytest.mark.parametrize("name", ["cyclegan", "dcgan"])
def test_two_processes_go_on_where_they_were_bit_for_bit(name: str, two: Path) -> None:
    whole, again = (torch.load(two / f"{name}-{kind}.ckpt", weights_only=True) for kind in ("whole", "again"))
    for key, value in whole["state_dict"].items():
        assert torch.equal(again["state_dict"][key], value), key
    assert whole["gan_cli"]["counters"] == again["gan_cli"]["counters"]
    assert whole["gan_cli"]["counters"]["batches"] == STEPS  # passes are counted by all processes together
    if name == "cyclegan":
        assert whole["optimizer_states"][0]["param_groups"][0]["lr"] == pytest.approx(2e-4 / 3)  # of the last pass
        assert len(whole["image_pools"]) == 2
        for mine, same in zip(whole["image_pools"], again["image_pools"], strict=True):
            assert all(torch.equal(mine[domain], same[domain]) for domain in "ab")
        assert not torch.equal(whole["image_pools"][0]["a"], whole["image_pools"][1]["a"])


def test_a_run_of_two_processes_goes_on_in_one(two: Path) -> None:
    model, _ = fit(resumed()["cyclegan"], 1, -1, "32-true", two / "cyclegan-half.ckpt")
    assert model.counters.batches == STEPS
    assert model.counters.images == STEPS * 16
    saved = torch.load(two / "cyclegan-half.ckpt", weights_only=True)["image_pools"]
    assert len(saved[0]["a"]) + len(saved[1]["a"]) > 20  # more than one pool has room for
    assert len(model.pools["a"].images) == 20


def test_two_processes_give_the_scores_of_one(two: Path) -> None:
    alone = scores(two, 1)
    assert len(alone) == 3
    expected = json.loads(json.dumps(alone))
    for rank in (0, 1):
        told = json.loads((two / f"scores-{rank}.json").read_text())
        for found, wanted in zip(told, expected, strict=True):
            assert found.keys() == wanted.keys()
            assert found["protocol"] == wanted["protocol"]
            assert found["scores"].keys() == wanted["scores"].keys()
            for name in wanted["scores"]:  # matrices are multiplied by other numbers of threads
                assert numbers(found["scores"][name]) == pytest.approx(numbers(wanted["scores"][name]), 1e-6, 1e-6)


def numbers(score: dict[str, float | None]) -> dict[str, float]:
    """The parts of a score that were measured."""
    return {part: value for part, value in score.items() if value is not None}


def test_one_process_has_all_rows() -> None:
    dealt_out()


def test_a_process_that_gets_no_batch_is_no_trouble(two: Path, checkpoint: Path) -> None:
    made = np.load(two / "sampled.npz")["images"]
    assert np.array_equal(made, load(checkpoint).sample(3).permute(0, 2, 3, 1).numpy())


def test_two_processes_lose_and_double_no_file(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One file, so that a process is idle, and then a folder with a broken file in it."""
    monkeypatch.chdir(two)
    told = [json.loads(Path(f"translated-{rank}.json").read_text()) for rank in (0, 1)]
    assert told[0]["code"] == 1
    lines = [line for each in told for line in each["said"].splitlines()]
    assert [line for line in lines if "done" in line] == [
        "1 done, 0 skipped, 0 refused",
        "7 done, 0 skipped, 1 refused",
    ]
    assert "\n".join(lines).count("refused: photos/broken.png: empty") == 1
    assert files("one") == ["a.png", "gallery.html"]
    assert files("many") == sorted([*ALL, "gallery.html"])
    Path("photos/broken.png").unlink()
    gan("--ckpt", "paired.ckpt", "--input", "photos", "--output", "alone")
    for name in ALL:
        assert Path("many", name).read_bytes() == Path("alone", name).read_bytes()
    assert Path("one/a.png").read_bytes() == Path("alone/a.png").read_bytes()
