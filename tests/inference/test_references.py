"""Styles, blends and pictures that are given to `gan translate`."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gan_cli import load, verbs
from gan_cli.errors import UserError
from gan_cli.variants import AdaIN, StyleTransfer
from tests.data import pictures
from tests.inference.translators import lively, picture, saved

FACTS = {"style_names": ("monet", "waves"), "name": "Nowhere", "domains": ("content", "style")}


def styles() -> StyleTransfer:
    """Two styles that differ."""
    model = lively(StyleTransfer(176, ("monet", "waves"), base_channels=2, num_blocks=1, features="random"))
    for row in model.generator.styles.rows.values():
        torch.nn.init.normal_(row)
    return model  # a picture of 200x136 is not reduced for its statistics


@pytest.fixture(scope="module")
def ckpt(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("styles")
    any_style = lively(AdaIN(176, base_channels=8, features="random"))
    for weights in any_style.generator.parameters():
        if weights.ndim == 4:
            torch.nn.init.kaiming_normal_(weights)
    return {
        "styles": str(saved(styles(), folder / "styles.ckpt", **FACTS)),
        "any": str(saved(any_style, folder / "any.ckpt", **FACTS)),
    }


@pytest.fixture
def photo(workdir: Path) -> str:
    picture(Path("photo.png"), 50, 38)
    return "photo.png"


def made(*words: str) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    verbs.run(["translate", *words, "--output", "out.png"])
    return np.array(Image.open("out.png"))


def test_a_style_or_a_blend_is_typed_by_its_name(ckpt: dict[str, str], photo: str) -> None:
    words = ("--ckpt", ckpt["styles"], "--input", photo)
    one, other, blend = (made(*words, "--style", style) for style in ("monet", "waves", "monet=0.5,waves=0.5"))
    assert one.shape == (38, 50, 3)
    assert not np.array_equal(one, other)
    assert not np.array_equal(blend, one)
    assert np.array_equal(one, made(*words, "--direction", "monet"))
    assert np.array_equal(blend, made(*words, "--direction", "monet+waves"))
    assert np.array_equal(one, np.array(load(ckpt["styles"]).translate(photo, "monet=3+waves=0")))
    verbs.run(["translate", *words, "--direction", "monet,waves", "--output", "all"])
    assert np.array_equal(other, np.array(Image.open("all/waves/photo.png")))


def test_any_picture_is_a_style_that_is_given(ckpt: dict[str, str], photo: str) -> None:
    for name in ("one.png", "two.jpg"):
        pictures.write(Path(name), 40, 64)
    words = ("--ckpt", ckpt["any"], "--input", photo)
    one, other = (made(*words, "--given", f"reference={name}") for name in ("one.png", "two.jpg"))
    assert one.shape == (38, 50, 3)
    assert not np.array_equal(one, other)
    assert np.array_equal(one, made(*words, "--given", "one.png"))
    for given in ("one.png", Image.open("one.png")):
        assert np.array_equal(one, np.array(load(ckpt["any"]).translate(photo, given={"reference": given})))


def test_tiles_have_the_style_of_the_whole(ckpt: dict[str, str], workdir: Path) -> None:
    picture(Path("large.png"), 200, 136)
    pictures.write(Path("one.png"), 40, 64)
    for words in (("styles", "--style", "waves"), ("any", "--given", "one.png")):
        options = ("--ckpt", ckpt[words[0]], "--input", "large.png", *words[1:])
        whole, tiled = made(*options).astype(float), made(*options, "--tile", "96").astype(float)
        assert np.abs(whole - tiled).mean() < np.abs(whole - whole[::-1]).mean() / 4


@pytest.mark.parametrize(
    ("which", "words", "message"),
    [
        ("any", (), "given: AdaIN takes a reference; type --given reference=FILE"),
        ("any", ("--given", "none.png"), "given: none.png does not exist"),
        ("any", ("--given", "text.png"), "given: text.png"),
        ("any", ("--given", "small.png"), "given: a reference is 15x40, too small; take 16 pixels or more"),
        ("any", ("--style", "3"), "style: AdaIN draws no styles; leave it out"),
        ("styles", ("--given", "photo.png"), "given: StyleTransfer is given nothing but images; leave it out"),
        ("styles", ("--style", "monet", "--given", "photo.png"), "given: StyleTransfer is given nothing but images"),
        ("styles", ("--style", "monet", "--direction", "waves"), "style: it names what --direction does"),
        ("styles", ("--style", "manet"), r"direction: manet is none of this model's styles; did you mean monet\?"),
        ("styles", (), "direction: of which"),
    ],
)
def test_what_is_missing_or_too_much_is_said(
    ckpt: dict[str, str], photo: str, which: str, words: tuple[str, ...], message: str
) -> None:
    Path("text.png").write_text("none")
    Image.new("RGB", (15, 40)).save("small.png")
    with pytest.raises(UserError, match=f"^{message}"):
        made("--ckpt", ckpt[which], "--input", photo, *words)
    assert not Path("out.png").exists()
