"""Several processes compute what one would."""

import os
import subprocess
import sys
from pathlib import Path

import torch

from tests.two_processes import train


def test_two_processes_equal_one(tmp_path: Path) -> None:
    """Noise, labels, order of samples, gradients, n_critic and accumulation, on the code that trains: without batch
    normalisation two processes with half the batch give one process's weights."""
    saved = tmp_path / "weights"
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.two_processes", str(saved), "2"]
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=120)
    together = torch.load(saved, weights_only=True)
    alone = train(1)
    assert together.keys() == alone.keys()
    for variant, weights in alone.items():
        for name, value in weights.items():
            assert torch.allclose(together[variant][name], value, rtol=0, atol=1e-5), f"{variant}: {name}"
