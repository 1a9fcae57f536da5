"""The package's own videos, made by a user's variant: what a run, the verbs and its report show of them."""

import json
from pathlib import Path

import pytest
import torch
from PIL import Image

from gan_cli.__main__ import main
from gan_cli.command.cli import GANCLI
from gan_cli.media.film_reading import film_at, length_of
from gan_cli.media.videos import Videos
from gan_cli.reports import report, run_record
from tests.plugins.conftest import FAST

MODULE = ("--module", "video_gan")
TINY = "--data.num_frames 4 --data.image_size 16 --data.batch_size 16 --model.base_channels 4 --model.latent_dim 8"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a short run."""
    root = str(tmp_path_factory.mktemp("runs"))
    classes = ("--model", "VideoGAN", "--data", "MovingDigits")
    length = ("--trainer.max_steps", "2", "--samples.every_n_steps", "2", "--trainer.val_check_interval", "2")
    places = ("--trainer.default_root_dir", root, "--report", "false")
    return GANCLI(["fit", *MODULE, *classes, *TINY.split(), *FAST.split(), *length, *places]).run_folder


def gan(verb: str, run: Path, *words: object) -> int:
    return main([verb, *MODULE, "--ckpt", str(run / "last.ckpt"), *map(str, words), "--trainer.accelerator", "cpu"])


def frames(path: Path) -> int:
    with Image.open(path) as film:
        return getattr(film, "n_frames", 1)


def test_samples_play_in_the_runs_report(run: Path) -> None:
    strips, film = (run / f"samples/step-00000002{ending}" for ending in (".png", ".gif"))
    assert frames(film) == 4
    with Image.open(strips) as page:
        assert page.width >= 2 * 4 * 16  # two of each class in a row, as strips of all frames
    assert "playing" in report.page(run_record.read(run), {})


def test_the_verbs_write_films_of_all_and_files_of_each(run: Path, tmp_path: Path) -> None:
    assert gan("sample", run, "--num", 4, "--output", tmp_path / "all.gif") == 0
    assert frames(tmp_path / "all.gif") == 4
    assert gan("sample", run, "--num", 2, "--output", tmp_path / "clips", "--format", "frames") == 0
    (one, _) = sorted((tmp_path / "clips").iterdir())
    assert length_of(film_at(one)).frames == 4
    video = Videos().read(one)
    assert gan("sample", run, "--num", 2, "--output", tmp_path / "both") == 0
    assert torch.equal(Videos().read(tmp_path / "both" / f"{one.name}.gif"), video)
    assert len(list((tmp_path / "both").glob("*.png"))) == 1
    assert gan("interpolate", run, "--walks", 2, "--steps", 3, "--output", tmp_path / "walk.mp4") == 0
    assert length_of(film_at(tmp_path / "walk.mp4")).frames == 4


def test_what_is_made_stands_beside_videos_whose_time_is_broken(run: Path, workdir: Path) -> None:
    assert gan("test", run, "--num", 12) == 0
    own = json.loads((run / "metrics.json").read_text())["own"]
    assert list(own["rows"])[:3] == ["made", "held-out videos", "their frames, shuffled"]
    assert own["rows"]["their first frame, frozen"]["motion"] == 0
    assert own["rows"]["made"].keys() == own["columns"].keys()
