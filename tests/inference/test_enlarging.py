"""Translators whose outputs are larger than their inputs, from a checkpoint to files, films, pages and pictures."""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from PIL import Image

from gan_cli import load
from gan_cli.batches import PairedBatch
from gan_cli.errors import RunFailed
from gan_cli.inference.pictures import translated_sheet
from gan_cli.media.films import first_frame
from gan_cli.media.picture_files import Picture, read_picture, write_picture
from gan_cli.media.pictures import to_float
from tests.inference.translators import Enlarger, colours, enlarged, gan, picture, saved
from tests.media.test_films import film, frames, told

MODULE = "tests.inference.translators"


@pytest.fixture(scope="module", params=[2, 4])
def scale(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(scope="module")
def ckpt(scale: int, tmp_path_factory: pytest.TempPathFactory) -> Path:
    model = Enlarger(scale, multiple=4).eval()
    return saved(model, tmp_path_factory.mktemp("enlargers") / "enlarger.ckpt")


def translate(ckpt: Path, *words: object) -> None:
    gan("--module", MODULE, "--ckpt", ckpt, "--input", "photos", "--output", "out", *words)


@pytest.fixture
def photos(workdir: Path) -> Path:
    """Files of odd sizes in the current folder."""
    picture(Path("photos/a.png"), 41, 27)
    picture(Path("photos/grey.tif"), 33, 21, "L")
    picture(Path("photos/small.jpg"), 3, 5)
    alpha = colours(31, 17)[:, :, 2]
    write_picture(Picture(colours(31, 17), alpha), Path("photos/clear.png"))
    deep = colours(23, 19, np.uint16)
    write_picture(Picture(deep, deep[:, :, 2]), Path("photos/deep.png"))
    first, *rest = frames(transparent=True)
    first.save("photos/moving.gif", save_all=True, append_images=rest, duration=40, disposal=2)
    film(Path("photos/clip.mp4"), "libx264", 64, 48)
    return Path("photos")


@pytest.mark.parametrize("tile", [0, 16])
def test_every_file_comes_out_enlarged_and_whole(ckpt: Path, scale: int, photos: Path, tile: int) -> None:
    translate(ckpt, "--tile", tile, "--gallery")
    for name in ("a.png", "grey.tif", "small.jpg", "clear.png", "deep.png"):
        before, after = read_picture(photos / name), read_picture(Path("out") / name)
        assert after.colours.dtype == before.colours.dtype
        assert (after.alpha is None) == (before.alpha is None)
        wanted = enlarged(before.colours.repeat(3 // before.colours.shape[2], axis=2), scale)
        if name == "small.jpg":
            assert after.colours.shape == wanted.shape
            assert np.abs(after.colours.astype(int) - wanted).mean() < 12
            continue
        seen = enlarged(np.ones(before.colours.shape[:2]) if before.alpha is None else before.alpha, scale) > 0
        assert np.array_equal(after.colours[seen], wanted[seen])
        if before.alpha is not None and after.alpha is not None:
            full = np.iinfo(before.alpha.dtype).max
            assert np.abs(after.alpha / full - enlarged(before.alpha, scale) / full).max() < 0.03
    tree = ElementTree.fromstring(Path("out/gallery.html").read_text("utf-8"))
    shown = {image.attrib["alt"]: int(image.attrib["width"]) for image in tree.iter("img")}
    assert shown["clear.png, small2large"] == scale * shown["clear.png, input"]
    assert shown["clip.mp4, small2large"] == scale * shown["clip.mp4, input"]


def test_animations_and_films_come_out_enlarged_and_whole(ckpt: Path, scale: int, photos: Path) -> None:
    translate(ckpt)
    before, after = (told(Path(folder, "moving.gif")) for folder in ("photos", "out"))
    assert after[:2] == before[:2]
    for small, large in zip(before[2], after[2], strict=True):
        wanted, made = enlarged(np.array(small), scale), np.array(large)
        assert made.shape == wanted.shape == (21 * scale, 33 * scale, 4)
        differs = made[:, :, 3] != wanted[:, :, 3]
        assert differs.mean() < 0.01  # the corner of what is transparent is rounded
        seen = ~differs & (made[:, :, 3] > 0)
        assert np.abs(made[seen].astype(int) - wanted[seen]).max() <= 2
    given, shown = (first_frame(Path(folder, "clip.mp4")).colours for folder in ("photos", "out"))
    assert shown.shape == (48 * scale, 64 * scale, 3)
    assert np.abs(shown.astype(int) - enlarged(given, scale)).mean() < 6


@pytest.mark.parametrize("name", ["a.png", "moving.gif", "clip.mp4"])
def test_what_breaks_its_promise_stops_the_run_and_blames_no_file(photos: Path, name: str) -> None:
    ckpt = saved(Enlarger(4, made=1), Path("broken.ckpt"))
    with pytest.raises(RunFailed, match=r"Enlarger made .*, and its sizes promise a scale of 4"):
        gan("--module", MODULE, "--ckpt", ckpt, "--input", photos / name, "--output", "out")
    assert not list(Path("out").rglob("*.*"))


def test_from_python_tensors_images_and_files_come_out_enlarged(ckpt: Path, scale: int, photos: Path) -> None:
    trained = load(ckpt, module=MODULE)
    pixels = colours(31, 17)
    image = torch.from_numpy(pixels).permute(2, 0, 1)
    wanted = torch.from_numpy(enlarged(pixels, scale)).permute(2, 0, 1)
    assert torch.equal(trained.translate(image), wanted)
    assert torch.equal(trained.translate(image, tile=16), wanted)
    assert torch.equal(trained.translate(torch.stack([image, image])), torch.stack([wanted, wanted]))
    with_opacity = torch.cat([image, torch.full_like(image[:1], 99)])
    assert torch.equal(
        trained.translate(with_opacity), torch.cat([wanted, torch.full_like(wanted[:1], 99)])
    )  # what is even stays even
    assert np.array_equal(np.array(trained.translate(Image.fromarray(pixels))), enlarged(pixels, scale))
    translate(ckpt)
    for name in ("clear.png", "small.jpg"):
        made = trained.translate(photos / name)
        assert made.size == Image.open(f"out/{name}").size
    assert trained.translate(photos / "clear.png").tobytes() == Image.open("out/clear.png").tobytes()


def test_a_sheet_lines_up_images_of_different_sizes(scale: int) -> None:
    small = torch.from_numpy(np.stack([colours(8, 8), 255 - colours(8, 8)])).permute(0, 3, 1, 2)
    large = torch.from_numpy(np.stack([enlarged(image, scale) for image in small.permute(0, 2, 3, 1).numpy()]))
    batch = PairedBatch(to_float(small), to_float(large.permute(0, 3, 1, 2)))
    sheet = translated_sheet(Enlarger(scale).eval(), batch)
    side = 8 * scale + 2
    assert sheet.shape == (3, 2 * side + 2, 3 * side + 2)
    rows = [[sheet[:, y + 2 : y + side, x + 2 : x + side] for x in range(0, 3 * side, side)] for y in (0, side)]
    for row, image in zip(rows, large.permute(0, 3, 1, 2), strict=True):
        assert all(torch.equal(shown, image) for shown in row)


def test_what_is_too_large_for_the_memory_is_named_and_the_rest_is_done(
    photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A CPU has no type of error of its own for it."""
    forward = Enlarger.forward

    def limited(self: Enlarger, images: torch.Tensor, *rest: object, **named: object) -> torch.Tensor:
        if images.shape[3] > 40:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes.")
        return forward(self, images, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Enlarger, "forward", limited)
    ckpt = saved(Enlarger(2), Path("enlarger.ckpt"))
    with pytest.raises(RunFailed, match="1 of the inputs could not be translated"):
        gan("--module", MODULE, "--ckpt", ckpt, "--input", photos / "a.png", photos / "grey.tif", "--output", "out")
    assert "a.png: too large for the memory; a smaller --tile may pass" in capsys.readouterr().out
    assert Path("out/grey.tif").is_file()
