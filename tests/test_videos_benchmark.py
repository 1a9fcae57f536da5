"""The parts of the benchmark of videos; what it trains takes minutes and is not repeated here."""

from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks import runs, videos
from gan_cli import load
from gan_cli.data import MovingDigits
from gan_cli.media.reading import read
from gan_cli.variants import VGAN
from tests.data import pictures
from tests.inference.translators import saved
from tests.variant_rows import VIDEOS


def test_runs_are_those_of_packaged_configs(tmp_path: Path) -> None:
    for person in ("anna", "ben"):
        for action in ("bend", "wave"):
            pictures.write(tmp_path / action / f"{person}.png", 32 * 20, 32)
    films = videos.data_of("Clips", str(tmp_path), "anna")
    assert films.classes == ("bend", "wave")
    assert len(films.part("train")) == len(films.part("test")) == 4  # of 20 frames, every 4 frames, of two films
    wanted = {run.title: runs.wanted_settings(run) for run in videos.wanted(films, str(tmp_path), "anna")}
    assert list(wanted) == list(videos.CONFIGS)
    assert all(one["data"]["init_args"]["held_out_films"] == "anna" for one in wanted.values())
    assert wanted["DVD-GAN"]["model"]["init_args"]["num_classes"] == 2
    digits = {run.title: run for run in videos.wanted(MovingDigits(), None, "")}
    assert digits["DVD-GAN"].settings["model.num_classes"] == 10
    assert "num_classes" not in runs.wanted_settings(digits["VGAN"])["model"]["init_args"]


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    model = VGAN(**{**VIDEOS, "num_frames": 16, "image_size": 32, "base_channels": 1, "latent_dim": 4})
    return saved(model, tmp_path / "last.ckpt", **MovingDigits().record())


def test_masks_are_measured_and_videos_drawn_beside_real_ones(checkpoint: Path, tmp_path: Path) -> None:
    gan: Any = load(checkpoint)
    mean, seen = videos.masks(gan)
    assert abs(mean - 0.5) < 0.02  # from first weights near 0
    assert 0 <= seen <= 1
    videos.draw(MovingDigits(), {"VGAN": gan}, tmp_path / "drawn.png")
    rows = [read(tmp_path / name).height // 32 for name in ("drawn.png", "drawn_parts.png")]
    assert rows == [2 * videos.SHOWN, 4 * videos.PARTED]
