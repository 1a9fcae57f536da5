"""`gan translate --analogy`, as it is typed."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_cli import verbs
from gan_cli.__main__ import main
from gan_cli.data.pairs.photo_blocks import photograph
from gan_cli.errors import UserError
from gan_cli.inference.analogy import files


@pytest.fixture
def pair(workdir: Path) -> list[str]:
    """Two files of other sizes, one of them with opacity."""
    piece = photograph("china").crop((250, 130, 250 + 70, 130 + 50))
    opaque = Image.new("L", piece.size, 255)
    opaque.paste(0, (0, 0, 20, 50))
    piece.putalpha(opaque)
    piece.save("a.png")
    photograph("china").crop((240, 120, 240 + 48, 120 + 64)).rotate(180).save("b.jpg")
    return ["a.png", "b.jpg"]


def run(*words: str) -> None:
    verbs.run(["translate", *words])


def test_both_are_written_in_their_own_sizes_or_the_first_alone(
    pair: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    run("--analogy", *pair)
    told = capsys.readouterr().out
    assert "features: lite0" in told
    both = [Path("analogy") / name for name in ("a-as-b.png", "b-as-a.png")]
    assert all(f"written: {path}" in told for path in both)
    sizes = [(image.size, image.mode) for image in map(Image.open, both)]
    assert sizes == [((70, 50), "RGBA"), ((48, 64), "RGB")]
    run("--analogy", *pair, "--output", "one.png")
    assert np.array_equal(np.array(Image.open("one.png")), np.array(Image.open(both[0])))  # and the same each time
    assert Path("one.png").stat().st_size > 1000


def test_large_images_are_reduced_and_it_is_said(
    pair: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(files, "MOST", 70 * 50 // 4 + 2000)
    run("--analogy", *pair, "--output", "one.png")
    assert Image.open("one.png").size == (63, 45)
    assert "a.png: reduced to 63x45" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("a.png", "none.png"), "analogy: none.png does not exist"),
        (("a.png", "text.png"), "analogy: text.png cannot be read"),
        (("a.png", "small.png"), "analogy: small.png is 31x40, too small to be matched; take 32 pixels or more"),
        (("a.png", "b.jpg", "--output", "a.png"), "output: a.png is one of the two images"),
        (("a.png", "b.jpg", "--output", "a.mp4"), "output: a.mp4 is of a kind that is not written"),
        (("a.png", "b.jpg", "--direction", "a2b"), "direction: it means nothing beside --analogy"),
    ],
)
def test_what_cannot_be_done_is_said(pair: list[str], words: tuple[str, ...], message: str) -> None:
    Path("text.png").write_text("none")
    Image.new("RGB", (31, 40)).save("small.png")
    with pytest.raises(UserError, match=f"^{message}"):
        run("--analogy", *words)
    assert not Path("analogy").exists()


def test_one_file_alone_is_refused(pair: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["translate", "--analogy", "a.png"]) == 2
    assert "analogy" in capsys.readouterr().err
