"""`gan translate` with masks of what is to be painted: in files, and drawn in the inputs."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from gan_cli import load
from gan_cli.__main__ import main
from gan_cli.data import Degraded
from gan_cli.data.degraded.holes import FILLED
from gan_cli.errors import RunFailed, UserError
from gan_cli.inference import inputs
from gan_cli.inference.api import TrainedGAN
from gan_cli.media.picture_files import read_picture
from gan_cli.variants import ContextEncoder
from tests.inference.translators import colours, cyclegan, gan, lively, picture, saved
from tests.media.test_films import film, seen

SMALL: dict[str, Any] = {"image_size": 32, "base_channels": 2, "bottleneck": 8}


def painter(**arguments: Any) -> ContextEncoder:
    model = lively(ContextEncoder(**{**SMALL, **arguments}))
    model.data_facts["domains"] = ("masked", "whole")
    return model


@pytest.fixture(scope="module")
def ckpt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(painter(region="anywhere", told_mask=True), tmp_path_factory.mktemp("painter") / "any.ckpt")


@pytest.fixture(scope="module")
def middle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(painter(), tmp_path_factory.mktemp("painter") / "middle.ckpt")


@pytest.fixture(scope="module")
def model(ckpt: Path) -> TrainedGAN:
    return load(ckpt)


def hole(width: int = 40, height: int = 28) -> np.ndarray[Any, Any]:
    """A hole that crosses the borders of tiles, and reaches the image's."""
    mask = np.zeros((height, width), dtype=bool)
    mask[5:20, 10 : width - 3] = True
    mask[:4, :4] = True
    return mask


def mask_file(path: str, mask: np.ndarray[Any, Any] | None = None) -> Path:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray((hole() if mask is None else mask).astype(np.uint8) * 255).save(path)
    return Path(path)


def opened(path: str) -> np.ndarray[Any, Any]:
    return np.asarray(Image.open(path))


@pytest.mark.parametrize("size", [(40, 28), (32, 32), (150, 70), (11, 9)])
def test_only_the_hole_is_made_whatever_the_size(ckpt: Path, workdir: Path, size: tuple[int, int]) -> None:
    picture(Path("a.png"), *size)
    mask = np.zeros(size[::-1], dtype=bool)
    mask[2 : size[1] // 2, 3 : size[0] - 2] = True
    mask_file("mask.png", mask)
    gan("--ckpt", ckpt, "--input", "a.png", "--given", "mask=mask.png", "--output", "out.png")
    before, after = opened("a.png"), opened("out.png")
    assert np.array_equal(after[~mask], before[~mask])
    assert (after[mask] != before[mask]).any(1).mean() > 0.9


def test_16_bits_stay_what_they_were_outside_the_hole(ckpt: Path, workdir: Path) -> None:
    grey = colours(40, 28, np.uint16)[:, :, 0]
    Image.fromarray(grey).save("deep.png")
    mask_file("mask.png")
    gan("--ckpt", ckpt, "--input", "deep.png", "--given", "mask.png", "--output", "out.tif")
    after = read_picture(Path("out.tif")).colours
    assert after.dtype == np.uint16
    assert np.array_equal(after[~hole()], np.repeat(grey[:, :, None], 3, 2)[~hole()])


def test_a_hole_can_be_drawn_as_opacity_which_is_filled_then(ckpt: Path, workdir: Path) -> None:
    alpha = np.where(hole(), 0, 255).astype(np.uint8)
    Image.fromarray(np.dstack([colours(40, 28), alpha])).save("drawn.png")
    gan("--ckpt", ckpt, "--input", "drawn.png", "--output", "out.png")
    after = opened("out.png")
    assert after.shape == (28, 40, 3)  # nothing is transparent any more
    assert np.array_equal(after[~hole()], colours(40, 28)[~hole()])
    mask_file("mask.png")
    picture(Path("plain.png"))
    gan("--ckpt", ckpt, "--input", "plain.png", "--given", "mask=mask.png", "--output", "same.png")
    assert np.array_equal(after, opened("same.png"))


def test_opacity_beside_a_given_mask_is_kept(ckpt: Path, workdir: Path) -> None:
    alpha = np.full((28, 40), 255, np.uint8)
    alpha[-3:] = 7
    Image.fromarray(np.dstack([colours(40, 28), alpha])).save("a.png")
    mask_file("mask.png")
    gan("--ckpt", ckpt, "--input", "a.png", "--given", "mask=mask.png", "--output", "out.png")
    assert np.array_equal(opened("out.png")[..., 3], alpha)


def test_a_folder_of_masks_has_one_for_each_input_and_a_bad_one_is_named(
    ckpt: Path, workdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a.png", "sub/b.jpg", "c.png", "d.png"):
        picture(Path("in") / name)
    mask_file("masks/a.png")
    mask_file("masks/sub/b.png")
    mask_file("masks/c.png", hole(30, 20))
    Path("masks/d.png").write_bytes(b"\x89PNG\r\n\x1a\nnone")
    with pytest.raises(RunFailed, match="2 of the inputs could not be translated"):
        gan("--ckpt", ckpt, "--input", "in", "--given", "mask=masks", "--output", "out")
    said = capsys.readouterr().out
    assert "refused: in/c.png: its mask has 30x20 pixels and not 40x28; save it in that size" in said
    assert "refused: in/d.png: " in said
    assert sorted(path.name for path in Path("out").rglob("*.*")) == ["a.png", "b.jpg"]
    Path("masks/a.png").unlink()
    with pytest.raises(UserError, match=r"given: masks has no mask for a.png; each input needs a file of its name"):
        gan("--ckpt", ckpt, "--input", "in", "--given", "mask=masks", "--output", "again")


def test_inputs_without_a_hole_are_named_and_the_others_done(
    ckpt: Path, workdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture(Path("in/plain.png"))
    alpha = np.where(hole(), 0, 255).astype(np.uint8)
    Image.fromarray(np.dstack([colours(40, 28), alpha])).save("in/drawn.png")
    with pytest.raises(RunFailed, match="1 of the inputs could not be translated"):
        gan("--ckpt", ckpt, "--input", "in", "--output", "out")
    assert "refused: in/plain.png: nothing says where it has holes; type --given mask=FILE" in capsys.readouterr().out
    assert [path.name for path in Path("out").iterdir()] == ["drawn.png"]


def test_what_does_not_fit_a_single_picture_ends_with_2(
    ckpt: Path, middle: Path, workdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture(Path("a.png"))
    picture(Path("square.png"), 32, 32)
    mask_file("small.png", hole(30, 20))
    mask_file("mask.png")
    mask_file("corner.png", hole(32, 32))
    saved(cyclegan(), Path("horses.ckpt"))
    for path, image, words, message in (
        (ckpt, "a.png", "--given mask=small.png", "given: small.png has 30x20 pixels, and a.png 40x28; mask must be"),
        (ckpt, "a.png", "--given mask=none.png", "given: none.png does not exist; name a file of mask, or a folder"),
        (ckpt, "a.png", "", "input: a.png: nothing says where it has holes; type --given mask=FILE (white there), or"),
        (ckpt, "a.png", "--given mask=mask.png mask=small.png", "given: mask is typed twice, mask.png and small.png"),
        (
            middle,
            "a.png",
            "--given mask.png",
            "input: a.png: it is 40x28, and this model paints the middle of images of 32x32",
        ),
        (middle, "square.png", "--given corner.png", "input: square.png: its hole reaches beyond the middle half"),
        ("horses.ckpt", "a.png", "--direction horse2zebra --given mask=mask.png", "is given nothing but images"),
    ):
        line = f"translate --ckpt {path} --input {image} --output out {words} --trainer.accelerator cpu"
        assert main(line.split()) == 2
        said = capsys.readouterr().err
        assert message in said
        assert said.count("\n") <= 3
    assert not Path("out").exists()


def test_one_mask_serves_all_frames_of_a_film(ckpt: Path, workdir: Path) -> None:
    film(Path("clip.mp4"), "libx264", 64, 48)
    mask = np.zeros((48, 64), dtype=bool)
    mask[10:30, 10:50] = True
    mask_file("mask.png", mask)
    gan("--ckpt", ckpt, "--input", "clip.mp4", "--given", "mask=mask.png", "--output", "out.mp4")
    before, after = seen(Path("clip.mp4")), seen(Path("out.mp4"))
    assert len(before) == len(after)


def test_python_takes_masks_as_files_and_as_numbers(model: TrainedGAN, workdir: Path) -> None:
    images = torch.from_numpy(colours(40, 28)).permute(2, 0, 1)[None].repeat(2, 1, 1, 1)
    mask = torch.from_numpy(hole())[None].to(torch.uint8)
    masks = torch.stack([mask, mask.flip(2)])
    made = model.translate(images, given={"mask": masks})
    assert not ((made != images) & (masks == 0)).any()
    alone = model.translate(images[1], given={"mask": masks[1]})
    assert torch.equal(alone, made[1])
    assert torch.equal(model.translate(images[0], given={"mask": str(mask_file("mask.png"))}), made[0])
    with pytest.raises(UserError, match=r"images: its mask has 40x28 pixels and not 20x28"):
        model.translate(images[0, :, :, :20], given={"mask": mask})
    with pytest.raises(UserError, match="images: nothing says where it has holes"):
        model.translate(images[0])


def test_test_images_bring_their_own_masks() -> None:
    data = Degraded(degradation="masks", masks="strokes", image_size=32)
    first, *_ = inputs.test_inputs(lambda: data, "masked")
    assert callable(first.content)
    image = first.content()
    ((name, read),) = first.beside
    assert name == "mask"
    assert callable(read)
    mask = read()
    assert mask.any()
    assert (image[:, mask[0] > 0] == FILLED).all()
    assert not inputs.test_inputs(lambda: data, "whole")[0].beside
