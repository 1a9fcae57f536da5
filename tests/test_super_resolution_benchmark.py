"""What the benchmark of enlarged images computes beside training."""

from pathlib import Path

import pytest
from PIL import Image

from benchmarks import runs, super_resolution
from gan_cli.data import PhotoPatches
from gan_cli.metrics.lite0 import Lite0
from gan_cli.metrics.perceptual import PerceptualDistance
from tests.data import pictures


@pytest.fixture
def set5(workdir: Path) -> Path:
    """Two pieces of photographs as a test set, and a folder to learn from with a large image and a small one."""
    images = PhotoPatches(task="gray2photo").held_out_pairs()[1][[0, 40]]
    (workdir / "set5").mkdir()
    for number, image in enumerate(images):
        Image.fromarray(image.permute(1, 2, 0).numpy()).save(workdir / "set5" / f"{number}.png")
    pictures.write(workdir / "some_train" / "large.jpg", 1000, 600)
    pictures.write(workdir / "some_train" / "small.png", 60, 40)
    return workdir / "set5"


def test_the_truth_is_best_and_bicubic_loses_strong_gradients(set5: Path) -> None:
    images = super_resolution.pairs(set5)
    assert [tuple(pair.small.shape) for pair in images] == [(3, 16, 16)] * 2
    wanted = [pair.large for pair in images]
    perceptual = PerceptualDistance(Lite0())
    right = super_resolution.scores(wanted, wanted, perceptual)
    assert tuple(right) == pytest.approx((100, 1, 0, 0))
    enlarged = super_resolution.scores([super_resolution.bicubic(pair.small) for pair in images], wanted, perceptual)
    assert enlarged.psnr < 35
    assert enlarged.ssim < 0.95
    assert min(enlarged.perceptual, enlarged.gradients) > 0.1
    assert super_resolution.sheet([wanted, wanted]).shape[0] == 3


def test_photographs_to_learn_from_are_gathered_once_and_large_ones_halved(set5: Path) -> None:
    made = super_resolution.photographs(set5.parent, Path("bench"))
    sizes = {file.name: Image.open(file).size for file in made.rglob("*.png")}
    assert sizes["some_train-large.png"] == (500, 300)
    assert sizes["some_train-small.png"] == (60, 40)
    assert sizes["set5-0.png"] == (64, 64)
    before = {file: file.stat().st_mtime_ns for file in made.rglob("*.png")}
    super_resolution.photographs(set5.parent, Path("bench"))
    assert before == {file: file.stat().st_mtime_ns for file in made.rglob("*.png")}


def test_the_second_run_begins_where_the_first_ended(tmp_path: Path) -> None:
    first = super_resolution.pixel_run("SRGAN", tmp_path)
    second = super_resolution.adversarial_run("SRGAN", tmp_path, tmp_path / "last.ckpt")
    assert first.settings["model.pretrain_steps"] == first.settings["trainer.max_steps"]
    assert second.settings["model.pretrain_steps"] == 0
    words = runs.command(second, tmp_path, going_on=False)
    assert words[words.index("--init") + 1] == str(tmp_path / "last.ckpt")
    assert "--init" not in runs.command(second, tmp_path, going_on=True)
    assert runs.wanted_settings(second)["init"] == str(tmp_path / "last.ckpt")
