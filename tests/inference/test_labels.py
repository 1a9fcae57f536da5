"""Pictures by class, and walks between classes, of a conditional variant; and what a set of points gives instead."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from gan_cli import load, verbs
from gan_cli.command.cli import GANCLI
from gan_cli.errors import UserError
from tests.conftest import TINY_FLAGS

CPU = ("--trainer.accelerator", "cpu")


def gan(*words: Any) -> None:
    verbs.run([*map(str, words), *CPU])


@pytest.fixture(scope="module")
def conditional(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("conditional")
    flags = [*TINY_FLAGS, "--trainer.max_steps", "3", "--trainer.default_root_dir", str(root)]
    GANCLI(["fit", "--config", "cgan.yaml", *flags, "--samples.every_n_steps", "3"])
    return root / "cgan-digits" / "version_0" / "last.ckpt"


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("points")
    flags = ["--trainer.max_steps", "3", "--trainer.default_root_dir", str(root), "--model.base_channels", "16"]
    flags += ["--samples.every_n_steps", "3", "--trainer.val_check_interval", "3", "--data.num_points", "1000"]
    GANCLI(["fit", "--config", "gan_grid25.yaml", *flags, *CPU, "--trainer.enable_progress_bar", "false"])
    return root / "gan-grid25" / "version_0" / "last.ckpt"


@pytest.mark.parametrize("labels", ["0,1,2", "[0, 1, 2]"])
def test_sample_gives_a_row_for_each_class(conditional: Path, workdir: Path, labels: str) -> None:
    gan("sample", "--ckpt", conditional, "--labels", labels, "--num", 12, "--output", "a.png")
    picture = np.array(Image.open("a.png"))
    assert picture.shape[0] == 3 * (16 + 2) + 2
    assert picture.shape[1] > 4 * (16 + 2) + 2  # the names stand in front
    images = load(conditional).sample(12, labels=[0, 1, 2])
    second_row = picture[20:36, -4 * 18 :]
    assert np.array_equal(second_row[:, :16], images[1, 0].numpy())


def test_all_means_every_class_as_often(conditional: Path, workdir: Path) -> None:
    gan("sample", "--ckpt", conditional, "--labels", "all", "--output", "a.npz")
    gan("sample", "--ckpt", conditional, "--output", "b.npz")
    counts = np.bincount(np.load("a.npz")["labels"])
    assert counts.tolist() == [6] * 10
    assert np.array_equal(np.load("a.npz")["images"], np.load("b.npz")["images"])
    assert (conditional.parent / "samples" / "step-00000003.png").is_file()


def test_a_walk_between_classes_begins_and_ends_with_them(conditional: Path, workdir: Path) -> None:
    common = ("interpolate", "--ckpt", conditional, "--walks", 1, "--steps", 5, "--output", "walk")
    gan(*common, "--labels", "3,8")
    gan_of = load(conditional)
    frames = [np.array(Image.open(path)) for path in sorted(Path("walk").iterdir())]
    assert len(frames) == 5
    assert np.abs(frames[0].astype(int) - gan_of.sample(1, seed=0, labels=[3])[0, 0].int().numpy()).max() <= 1
    assert np.abs(frames[4].astype(int) - gan_of.sample(1, seed=1, labels=[8])[0, 0].int().numpy()).max() <= 1
    gan(*common[:-1], "held", "--labels", "3,8", "--keyframes", 1)
    last = np.array(Image.open("held/frame00004.png")).astype(int)
    assert np.abs(last - gan_of.sample(1, seed=0, labels=[8])[0, 0].int().numpy()).max() <= 1


def test_python_walks_between_classes_too(conditional: Path) -> None:
    gan_of = load(conditional)
    frames = gan_of.interpolate([5, 6], steps=3, labels=[3, 8])
    assert torch.equal(frames[0], gan_of.sample(1, seed=5, labels=[3])[0])
    assert torch.equal(frames[2], gan_of.sample(1, seed=6, labels=[8])[0])
    assert torch.equal(gan_of.interpolate([5, 6], steps=3, labels=[4])[2], gan_of.sample(1, seed=6, labels=[4])[0])


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ("11", "labels: 11 is no class of this model; there are 0, 1, 2"),
        ("cat", "labels: cat is no class of this model"),
        ("-1", "labels: -1 is no class of this model"),
        (",", "labels: none were given; type some, such as 0,1,2, or all"),
    ],
)
def test_classes_that_there_are_not_are_named(conditional: Path, labels: str, message: str) -> None:
    for verb in ("sample", "interpolate"):
        with pytest.raises(UserError, match=message):
            gan(verb, "--ckpt", conditional, f"--labels={labels}")


def test_points_are_plotted_and_kept_as_numbers(points: Path, workdir: Path) -> None:
    gan("sample", "--ckpt", points, "--output", "a.png")
    gan("sample", "--ckpt", points, "--num", 7, "--output", "a.npz")
    gan("interpolate", "--ckpt", points, "--output", "walk.png")
    gan("interpolate", "--ckpt", points, "--steps", 3, "--output", "walk.gif")
    with Image.open("walk.gif") as film:
        assert (film.size, film.n_frames) == ((512, 512), 3)  # type: ignore[attr-defined]
    for name in (Path("a.png"), Path("walk.png"), points.parent / "samples" / "step-00000003.png"):
        assert Image.open(name).size == (512, 512)
    made = np.load("a.npz")["points"]
    assert made.shape == (7, 2)
    assert np.array_equal(made, load(points).sample(7).numpy())


def test_modes_are_counted_while_training_and_by_test(points: Path, capsys: pytest.CaptureFixture[str]) -> None:
    header = (points.parent / "metrics.csv").read_text().splitlines()[0].split(",")
    assert {"metric/modes", "metric/modes_reached", "metric/high_quality", "metric/kl_modes"} <= set(header)
    gan("test", "--ckpt", points, "--num", "200")
    assert "Grid25: modes" in capsys.readouterr().out
    rows = json.loads((points.parent / "metrics.json").read_text())["own"]["rows"]
    assert rows["made"]["modes"] == 0  # with 200 points no mode has 20 after three batches
    assert rows["real"]["modes_reached"] == 25


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("sample", "--format", "images"),
            "format: images is for single things, and points are only shown together",
        ),
        (("arithmetic", "--plus", "1,2"), r"ckpt: GAN makes points here, and one alone has no picture"),
        (("sample", "--labels", "0"), "labels: this GAN is not conditional; leave them out"),
        (("interpolate", "--labels", "all"), "labels: this GAN is not conditional; leave them out"),
        (("test", "--data", "Digits"), r"data: Digits has no points, which the checkpoint's model makes"),
    ],
)
def test_what_points_cannot_be_is_said(points: Path, workdir: Path, words: tuple[str, ...], message: str) -> None:
    verb, *rest = words
    with pytest.raises(UserError, match=message):
        gan(verb, "--ckpt", points, *rest)
