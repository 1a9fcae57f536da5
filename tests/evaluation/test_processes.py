"""Two processes score as one does."""

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import torch
from torch import Tensor

from gan_cli.metrics import features
from tests.evaluation.two_scorers import STEPS, dealt_out, scores


class Rows(torch.nn.Module):
    def forward(self, images: Tensor) -> Tensor:
        return images.float().mean(3).flatten(1) / 255


def test_two_processes_give_the_numbers_of_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with warnings.catch_warnings(action="ignore"):
        torch.jit.script(Rows()).save(str(tmp_path / "rows.pt"))
    command = [sys.executable, "-m", "tests.evaluation.two_scorers", str(tmp_path), "2"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=300)
    monkeypatch.setattr(features, "STEPS", STEPS)
    alone = scores(tmp_path, 1)
    assert len(alone) == 3
    expected = json.loads(json.dumps(alone))
    for rank in (0, 1):
        told = json.loads((tmp_path / f"scores-{rank}.json").read_text())
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
