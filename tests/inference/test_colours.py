"""`gan translate` by a colorization: hints and palettes from files, for pictures of any size."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from gan_cli import load
from gan_cli.errors import RunFailed, UserError
from gan_cli.media.hints import Hints
from gan_cli.media.lab import lightness
from gan_cli.media.pictures import to_float
from gan_cli.variants import Colorization
from tests.inference.translators import gan, lively, picture, saved


@pytest.fixture(scope="module")
def ckpt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    model = lively(Colorization(image_size=32, base_channels=4, patch_size=16, palette=True, working_size=48))
    last: Any = model.generator.last
    torch.nn.init.normal_(last[-2].weight, 0, 3.0)
    return saved(model, tmp_path_factory.mktemp("run") / "colours.ckpt", domains=("grey", "colour"))


def hints(path: Path, **changes: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([{"row": 9, "column": 30, "colour": "#d03020", "side": 5} | changes]))
    return path


def pixels(path: Path) -> torch.Tensor:
    return torch.from_numpy(np.array(Image.open(path).convert("RGB"))).permute(2, 0, 1)


def test_hints_and_palettes_change_colours_and_nothing_else(ckpt: Path, tmp_path: Path) -> None:
    grey, colours = picture(tmp_path / "grey.png", 100, 60, "L"), picture(tmp_path / "colours.jpg", 30, 20)
    listed, drawn = hints(tmp_path / "hints.json"), tmp_path / "hints.png"
    Hints().write(Hints().read_for(listed, 60, 100), drawn)
    ways: dict[str, list[Any]] = {
        "plain": [],
        "listed": ["--given", f"hints={listed}"],
        "drawn": ["--given", f"hints={drawn}"],
        "palette": ["--given", f"palette={colours}"],
        "both": ["--given", f"palette={colours}", f"hints={listed}"],
    }
    for name, words in ways.items():
        gan("--ckpt", ckpt, "--input", grey, "--output", tmp_path / f"{name}.png", *words)
    made = {name: pixels(tmp_path / f"{name}.png") for name in ways}
    assert torch.equal(made["listed"], made["drawn"])
    assert len({tuple(one.flatten().tolist()) for one in made.values()}) == 4
    before = lightness(to_float(pixels(grey))[None])
    for one in made.values():
        assert one.shape == (3, 60, 100)
        assert (lightness(to_float(one)[None]) - before).abs().max() < 0.4  # half a level
    again = load(ckpt).translate(grey, given={"hints": listed, "palette": str(colours)})
    assert torch.equal(torch.from_numpy(np.array(again)).permute(2, 0, 1), made["both"])


def test_a_hint_outside_the_picture_ends_it_before_anything_is_written(ckpt: Path, tmp_path: Path) -> None:
    grey = picture(tmp_path / "grey.png", 100, 60, "L")
    listed = hints(tmp_path / "hints.json", row=60)
    with pytest.raises(UserError, match=r"hints.json: hint 1 lies at row 60, column 30, outside the picture of 100x60"):
        gan("--ckpt", ckpt, "--input", grey, "--output", tmp_path / "out", "--given", f"hints={listed}")
    assert not (tmp_path / "out").exists()


def test_one_bad_file_of_hints_is_named_and_the_other_pictures_are_done(
    ckpt: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        picture(tmp_path / "grey" / f"{name}.png", 40, 30, "L")
    hints(tmp_path / "hints" / "a.json")
    hints(tmp_path / "hints" / "b.json", column=40)
    words = ["--ckpt", ckpt, "--input", tmp_path / "grey", "--output", tmp_path / "out"]
    with pytest.raises(RunFailed, match="1 of the inputs"):
        gan(*words, "--given", f"hints={tmp_path / 'hints'}")
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["a.png"]
    told = capsys.readouterr().out
    assert "b.png: " in told
    assert "b.json: hint 1 lies at row 9, column 40, outside the picture of 40x30" in told


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--given", "palette=nowhere.png"], "given: nowhere.png is no file; name one that shows the palette"),
        (["--given", "nowhere.png"], "of nowhere.png it is not known what it is; type NAME=nowhere.png with hints or"),
        (["--tile", "64"], "tile: Colorization takes images whole, of any size; leave it out"),
        (["--overlap", "4"], "overlap: Colorization takes images whole"),
    ],
)
def test_what_does_not_fit_is_refused(words: list[str], reason: str, ckpt: Path, tmp_path: Path) -> None:
    grey = picture(tmp_path / "grey.png", 40, 30, "L")
    with pytest.raises(UserError, match=reason):
        gan("--ckpt", ckpt, "--input", grey, "--output", tmp_path / "out", *words)
