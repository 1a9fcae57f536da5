"""Checkpoints of the format before media, fields and facts work in every verb, and give what they gave then.

The files in `tests/old_checkpoints/` were made by the code of commit 60c77b2, and so was what they are compared with;
those of SNGAN and WGAN-GP with residual networks by that of 1ae8512, which knew one pair of them, by the name resnet.
"""

import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from gan_cli.__main__ import main
from gan_cli.errors import UserError
from gan_cli.inference.checkpoints import data_set, load_model
from gan_cli.inference.validation import check_fits

OLD = Path(__file__).parent / "old_checkpoints"
CPU = ("--trainer.accelerator", "cpu")


class Columns(torch.nn.Module):
    def forward(self, images: Tensor) -> Tensor:
        return images.float().mean(2).flatten(1) / 255


@pytest.fixture
def old(workdir: Path) -> Path:
    """A copy of the files, with a network of features beside them."""
    shutil.copytree(OLD, workdir / "old")
    with warnings.catch_warnings(action="ignore"):
        torch.jit.script(Columns()).save(str(workdir / "old" / "columns.pt"))
    return workdir / "old"


def gan(words: str) -> None:
    assert main([*words.split(), *CPU]) == 0


def images(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """What a file holds, as whole numbers."""
    if path.suffix == ".png":
        return np.array(Image.open(path)).astype(np.int64)
    content = np.load(path)
    return np.asarray(content[content.files[0]]).astype(np.int64)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("sample --ckpt old/dcgan.ckpt --num 6 --output", "dcgan_sample.npz"),
        ("sample --ckpt old/cgan.ckpt --labels 0,3 --num 6 --output", "cgan_labels6.npz"),
        ("sample --ckpt old/sngan.ckpt --num 6 --output", "sngan_sample.npz"),
        ("sample --ckpt old/wgan_gp_resnet.ckpt --num 6 --output", "wgan_gp_resnet_sample.npz"),
        ("interpolate --ckpt old/dcgan.ckpt --walks 2 --steps 3 --output", "dcgan_walks.png"),
        (
            "translate --ckpt old/cyclegan.ckpt --direction china2flower --input old/input.png --output",
            "cyclegan_china2flower.png",
        ),
        (
            "translate --ckpt old/cyclegan.ckpt --direction flower2china --input old/input.png --output",
            "cyclegan_flower2china.png",
        ),
    ],
)
def test_old_checkpoints_give_the_pictures_that_they_gave(old: Path, words: str, expected: str) -> None:
    gan(f"{words} made-{expected}")
    made, then = images(Path(f"made-{expected}")), images(old / expected)
    assert made.shape == then.shape
    assert np.abs(made - then).max() <= 1  # processors differ in the last digit before rounding


def test_old_points_are_where_they_were(old: Path) -> None:
    gan("sample --ckpt old/gan_grid25.ckpt --num 6 --output made.npz")
    made, then = np.load("made.npz"), np.load(old / "gan_grid25_sample.npz")
    assert made.files == then.files
    assert np.allclose(made["points"], then["points"], atol=1e-5)


@pytest.mark.parametrize(
    "words",
    [
        "sample --ckpt old/gan_grid25.ckpt --output a.png",
        "interpolate --ckpt old/gan_grid25.ckpt --output a.png",
        "interpolate --ckpt old/cgan.ckpt --labels 3,8 --steps 3 --output a.gif",
        "arithmetic --ckpt old/dcgan.ckpt --plus 1,2 --minus 3",
        "neighbours --ckpt old/dcgan.ckpt --samples 20 --num 2 --features old/columns.pt",
        "probe --ckpt old/dcgan.ckpt --labels_per_class 2",
        "validate --ckpt old/cgan.ckpt",
        "validate --ckpt old/gan_grid25.ckpt",
        "test --ckpt old/dcgan.ckpt --num 20 --metrics kid --features old/columns.pt",
        "test --ckpt old/gan_grid25.ckpt --num 200 --metrics fid",
    ],
)
def test_old_checkpoints_work_in_every_verb(old: Path, words: str) -> None:
    gan(words)


def test_old_translators_find_their_data(old: Path) -> None:
    data = data_set(old / "cyclegan.ckpt")
    check_fits(load_model(old / "cyclegan.ckpt"), data)
    assert data.facts["domains"] == ("china", "flower")


def test_old_checkpoints_have_a_page(old: Path) -> None:
    run = old.parent / "run"
    run.mkdir()
    shutil.copy(old / "dcgan.ckpt", run / "last.ckpt")
    assert main(["report", str(run), "--no_pictures"]) == 0


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("dcgan", "--model DCGAN --data Digits"),
        ("gan_grid25", "--model GAN --data Grid25"),
        ("cyclegan", "--model CycleGAN --data PhotoPatches"),
        ("wgan_gp_resnet", "--model WGANGP --data Digits"),
    ],
)
def test_old_checkpoints_are_gone_on_with(old: Path, name: str, words: str) -> None:
    before = torch.load(old / f"{name}.ckpt", weights_only=True)["gan_cli"]["counters"]["batches"]
    flags = f"--trainer.max_steps {before + 2} --trainer.enable_progress_bar false --report false"
    gan(f"fit {words} --ckpt_path old/{name}.ckpt {flags}")
    (last,) = old.parent.glob("checkpoints/*/version_0/last.ckpt")
    assert torch.load(last, weights_only=True)["gan_cli"]["counters"]["batches"] == before + 2


def test_networks_that_are_no_more_are_refused_by_name(old: Path) -> None:
    content = torch.load(old / "wgan_gp_resnet.ckpt", weights_only=True)
    content["hyper_parameters"]["generator_architecture"] = "resnet101"
    torch.save(content, old / "deep.ckpt")
    with pytest.raises(UserError, match=r"deep.ckpt has the resnet101 of an earlier gan-cli \(0.1.0\), .* train anew"):
        load_model(old / "deep.ckpt")
