"""`gan project`, run as the command does, on a tiny StyleGAN2: what it writes, that it goes on, and what it refuses."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from gan_cli import load, verbs
from gan_cli.errors import UserError
from gan_cli.inference.latent_files import read_latents
from gan_cli.inference.projection import projected
from gan_cli.media.films import write_film
from tests.data import pictures

FEW = ("--steps", 3, "--features", "pixels")


def gan(ckpt: Path, *words: Any, verb: str = "project") -> None:
    verbs.run([verb, "--ckpt", str(ckpt), "--trainer.accelerator", "cpu", *map(str, words)])


@pytest.fixture
def photos(workdir: Path) -> Path:
    for name, mode in (("a.png", "RGB"), ("below/b.jpg", "L")):
        pictures.write(workdir / "photos" / name, 40, 24, mode=mode)
    return Path("photos")


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_each_image_has_a_latent_a_picture_and_a_film_and_all_have_a_file_that_sample_takes(
    styles_checkpoint: Path, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gan(styles_checkpoint, "--input", photos, "--space", "w+", "--output", "out", *FEW, "--film", "gif")
    told = capsys.readouterr().out.splitlines()
    each = [f"{name}.{ending}" for name in ("a", "below-b") for ending in ("gif", "json", "npz", "png")]
    assert sorted(content(Path("out"))) == sorted([*each, "latents.npz", "scores.json"])
    gan_object = load(styles_checkpoint)
    both = read_latents(Path("out/latents.npz"), gan_object.model)
    assert (both.space, both.names, tuple(both.rows.shape)) == ("w+", ("a", "below-b"), (2, 6, 6))
    assert read_latents(Path("out/below-b.npz"), gan_object.model).rows.equal(both.rows[1:])
    found = gan_object.project([photos / "a.png", photos / "below/b.jpg"], space="w+", steps=3, features="pixels")
    assert found.latents.rows.equal(both.rows)
    scores = json.loads(Path("out/scores.json").read_text())
    assert scores["images"]["a"]["psnr"] == pytest.approx(found.scores["psnr"][0])
    assert scores["mean"]["ssim"] == pytest.approx(np.mean(found.scores["ssim"]))
    assert told[0].startswith(f"a: PSNR {found.scores['psnr'][0]:.2f} dB, SSIM {found.scores['ssim'][0]:.3f}, pixels ")
    assert told[-2:] == [told[-2], "written: out"]
    assert told[-2].startswith("mean of 2: PSNR ")
    shown = torch.from_numpy(np.array(Image.open("out/a.png")))
    assert shown[2:18, 2:18].equal(found.targets[0, 0])
    assert shown[2:18, 20:36].equal(found.images[0, 0])
    assert Image.open("out/a.gif").n_frames == 4  # type: ignore[attr-defined]
    gan(styles_checkpoint, "--latents", "out/latents.npz", "--output", "again.npz", verb="sample")
    assert np.array_equal(np.load("again.npz")["images"][:, :, :, 0], found.images[:, 0].numpy())


def test_what_is_done_is_kept_and_the_rest_is_as_if_nothing_had_been_broken_off(
    styles_checkpoint: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("--input", photos, *FEW, "--film", "gif", "--output")
    gan(styles_checkpoint, *words, "whole")
    looked_for: list[int] = []

    def broken(frames: Any, path: Path, fps: int) -> None:
        if path.name.startswith("below"):
            raise InterruptedError
        write_film(frames, path, fps)

    def counted(*arguments: Any) -> Any:
        looked_for.append(len(arguments[1]))
        return projected(*arguments)

    monkeypatch.setattr("gan_cli.inference.project.projected", counted)
    monkeypatch.setattr("gan_cli.inference.project.write_film", broken)
    with pytest.raises(InterruptedError):
        gan(styles_checkpoint, *words, "parts")
    monkeypatch.setattr("gan_cli.inference.project.write_film", write_film)
    assert sorted(content(Path("parts"))) == ["a.gif", "a.json", "a.npz", "a.png", "below-b.png"]
    gan(styles_checkpoint, *words, "parts")
    assert looked_for == [1, 1, 1]  # two, and after the break one
    assert content(Path("parts")) == content(Path("whole"))
    gan(styles_checkpoint, *words, "parts", "--seed", 1)
    assert looked_for == [1] * 5
    assert content(Path("parts"))["a.npz"] != content(Path("whole"))["a.npz"]


def test_images_of_one_name_are_all_kept(styles_checkpoint: Path, photos: Path) -> None:
    pictures.write(photos / "below" / "b.png")
    gan(styles_checkpoint, "--input", photos / "below", "--output", "out", *FEW, "--film", "none")
    assert {"b.jpg.png", "b.png.png", "b.jpg.npz", "b.png.npz"} <= set(content(Path("out")))
    stored = read_latents(Path("out/latents.npz"), load(styles_checkpoint).model)
    assert stored.names == ("b.jpg", "b.png")


def test_without_input_held_out_images_are_taken(
    class_styles_checkpoint: Path, workdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = ("--module", "tests.toys", "--num", 2, "--film", "none", "--space", "z", "--batch_size", 2)
    gan(class_styles_checkpoint, *few, *FEW, "--labels", "3,5", "--output", "out")
    assert [line[-7:] for line in capsys.readouterr().out.splitlines()[:2]] == ["class 3", "class 5"]
    stored = read_latents(Path("out/latents.npz"), load(class_styles_checkpoint).model)
    assert stored.labels is not None
    assert stored.labels.tolist() == [3, 5]
    assert stored.rows.shape == (2, 8)


def test_bad_input_is_named_with_the_way_out(styles_checkpoint: Path, checkpoint: Path, photos: Path) -> None:
    (photos / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    pictures.write(photos / "below" / "b.png")
    pictures.write(Path("latents.png"))
    before = sorted(photos.rglob("*"))
    wrong: list[tuple[Path, tuple[Any, ...], str]] = [
        (styles_checkpoint, ("--input", "none.png"), "input: none.png does not exist"),
        (styles_checkpoint, ("--input", photos / "broken.png"), r"input: 1 of 1 cannot be read: .*broken.png \("),
        (styles_checkpoint, ("--input", "latents.png"), "input: the results of latents.png would be called like those"),
        (
            styles_checkpoint,
            ("--input", photos / "a.png", "--output", photos),
            "output: photos would lie among the inp",
        ),
        (styles_checkpoint, ("--input", photos / "a.png", "--output", "x.png"), "output: x.png is to be a folder"),
        (styles_checkpoint, ("--input", photos / "a.png", "--num", 2), "num: it is for held-out images"),
        (styles_checkpoint, ("--space", "v"), r"space: v is unknown; take w, w\+ or z"),
        (checkpoint, ("--space", "w+"), r"space: DCGAN has no space w\+; take z"),
        (styles_checkpoint, ("--features", "inception"), "features: inception is not possible here; take lite0, class"),
        (styles_checkpoint, ("--film", "avi"), "film: avi is unknown; take mp4, gif or none"),
        (styles_checkpoint, ("--labels", "1"), "labels: this StyleGAN2 is not conditional; leave them out"),
    ]
    for ckpt, words, said in wrong:
        with pytest.raises(UserError, match=said) as caught:
            gan(ckpt, *words)
        assert len(str(caught.value).splitlines()) <= 3
    assert sorted(photos.rglob("*")) == before
