"""`gan sample` and the Python side on videos of two streams: their parts, and videos that a picture begins."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from gan_cli import load
from gan_cli.__main__ import main
from gan_cli.data import MovingDigits
from gan_cli.media.frames import Frames
from gan_cli.variants import VGAN, ConditionalVGAN
from tests.inference.translators import saved
from tests.variant_rows import VIDEOS

Types = Callable[..., str]


def scenes_of(variant: type[Any], path: Path, **arguments: Any) -> Path:
    torch.manual_seed(0)
    model = variant(**{**VIDEOS, **arguments})
    with torch.no_grad():
        for weights in model.generator.parameters():
            weights.mul_(20)  # from N(0, 0.01), of which nothing would be seen
    return saved(model, path / f"{variant.__name__}.ckpt", **MovingDigits().record())


@pytest.fixture(scope="module")
def vgan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return scenes_of(VGAN, tmp_path_factory.mktemp("scenes"), latent_dim=4)


@pytest.fixture(scope="module")
def conditional(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return scenes_of(ConditionalVGAN, tmp_path_factory.mktemp("scenes"), num_frames=16, image_size=32)


@pytest.fixture
def gan(workdir: Path, capsys: pytest.CaptureFixture[str]) -> Types:
    """Types a verb; gives what it says, or, where it refuses, what it says then."""

    def typed(verb: str, ckpt: Path, *words: object, refused: bool = False) -> str:
        code = main([verb, "--ckpt", str(ckpt), *map(str, words), "--trainer.accelerator", "cpu"])
        told = capsys.readouterr()
        assert code == (2 if refused else 0), told.err
        return told.err if refused else told.out

    return typed


def videos(path: str) -> Any:
    return np.load(path)["videos"]


def test_parts_stand_alone_or_below_the_whole(gan: Types, vgan: Path) -> None:
    gan("sample", vgan, "--num", 2, "--output", "whole.npz")
    for part in ("foreground", "background", "mask", "all"):
        gan("sample", vgan, "--num", 2, "--part", part, "--output", f"{part}.npz")
    whole, every = videos("whole.npz"), videos("all.npz")
    assert every.shape == (2, 1, 4, 64, 16)
    pieces = [whole, *(videos(f"{part}.npz") for part in VGAN.PARTS)]
    assert np.array_equal(every, np.concatenate(pieces, axis=3))
    _, foreground, background, mask = (piece.astype(float) for piece in pieces)
    assert np.abs((foreground * mask + background * (255 - mask)) / 255 - whole).max() <= 2
    assert not np.array_equal(foreground, background)


def test_parts_are_written_as_films_and_pages(gan: Types, vgan: Path) -> None:
    gan("sample", vgan, "--num", 2, "--part", "mask", "--format", "files", "--output", "masks")
    with Image.open(next(Path("masks").iterdir())) as film:
        assert (film.size, film.n_frames) == ((16, 16), 4)  # type: ignore[attr-defined]
    told = gan("sample", vgan, "--num", 2, "--part", "all")
    assert "-all.png" in told  # beside the page of wholes, not in its place


def test_python_gives_the_same_parts(gan: Types, vgan: Path) -> None:
    gan("sample", vgan, "--num", 2, "--part", "background", "--output", "background.npz")
    assert np.array_equal(load(vgan).sample(2, part="background").numpy(), videos("background.npz"))


def test_parts_that_there_are_not_are_refused(gan: Types, vgan: Path, checkpoint: Path) -> None:
    told = gan("sample", vgan, "--part", "forground", refused=True)
    assert "part: forground is none of a VGAN's; take foreground, background, mask or all" in told
    told = gan("sample", checkpoint, "--part", "mask", refused=True)
    assert "part: DCGAN makes images in one piece; leave it out" in told


def test_a_picture_of_any_size_begins_a_video(gan: Types, conditional: Path) -> None:
    rows = np.arange(24, dtype=np.uint8)[:, None, None] * 10
    Image.fromarray(np.broadcast_to(rows, (24, 40, 3)).copy()).save("photo.png")
    gan("sample", conditional, "--given", "first=photo.png", "--num", 1, "--output", "made.npz")
    first = Frames(32, 1).read(Path("photo.png"))
    assert first.shape == (1, 32, 32)
    python = load(conditional)
    assert np.array_equal(videos("made.npz"), python.sample(1, given={"first": first[None]}).numpy())
    assert np.array_equal(videos("made.npz"), python.sample(1, seed=7, given={"first": "photo.png"}).numpy())
    other = python.sample(1, given={"first": 255 - first[None]})
    assert not np.array_equal(videos("made.npz"), other.numpy())
    gan("sample", conditional, "--given", "first=photo.png", "--num", 1, "--output", "made.gif")
    with Image.open("made.gif") as film:
        assert film.n_frames == 16  # type: ignore[attr-defined]


def test_a_film_begins_a_video_with_its_first_frame(gan: Types, conditional: Path) -> None:
    gan("sample", conditional, "--num", 1, "--output", "film.mp4")
    gan("sample", conditional, "--num", 1, "--output", "film.gif")
    for name in ("film.mp4", "film.gif"):
        gan("sample", conditional, "--given", f"first={name}", "--num", 1, "--output", "made.npz")
        assert videos("made.npz").shape == (1, 1, 16, 32, 32)
    Path("words.png").write_text("no picture")
    told = gan("sample", conditional, "--given", "first=words.png", refused=True)
    assert "given: words.png cannot be read" in told


def test_without_a_picture_held_out_first_frames_are_taken(gan: Types, conditional: Path) -> None:
    model, part = load(conditional).model, MovingDigits().part("test")
    made = load(conditional).sample(2)
    held_out: Any = part[torch.arange(2) * len(part) // 2].batch
    first = model.medium.shown(held_out.videos)[:, :, 0]
    with torch.no_grad():
        assert torch.equal(made, model.medium.kept(model(torch.zeros(2, 0), first=first)))


def test_without_noise_there_is_no_walk(gan: Types, conditional: Path) -> None:
    told = gan("interpolate", conditional, "--output", "walk.gif", refused=True)
    assert "ckpt: ConditionalVGAN makes one thing of each given one, without noise; type gan sample" in told
    told = gan("arithmetic", conditional, "--plus", "1,2", "--output", "sum.png", refused=True)
    assert "without noise" in told
