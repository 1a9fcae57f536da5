"""`gan neighbours`: planted copies are found and reported, and new images are not."""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.backend_bases import FigureCanvasBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor, nn

from gan_cli import verbs
from gan_cli.data import Digits
from gan_cli.errors import UserError
from gan_cli.evaluation import neighbours as module
from gan_cli.evaluation.collections import of_split
from gan_cli.evaluation.neighbours import compare, pixels, sentence
from gan_cli.evaluation.neighbours_picture import distributions
from gan_cli.metrics.nearest import Compared, Memorisation


class Halves(nn.Module):
    def forward(self, images: Tensor) -> Tensor:
        return nn.functional.avg_pool2d(images.float(), 2).flatten(1)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("network") / "halves.pt"
    with warnings.catch_warnings(action="ignore"):  # torch would rather have other formats
        torch.jit.save(torch.jit.script(Halves()), path)
    return path


def gan(*words: Any) -> None:
    verbs.run([*map(str, words), "--trainer.accelerator", "cpu"])


def test_copies_are_found_and_reported() -> None:
    data = Digits(image_size=16)
    training, real = of_split(data, "train"), of_split(data, "test").some(100).all()
    copied = torch.tensor([7, 700, 1400])
    made = torch.cat([training.read(copied), real[:7] // 2])
    found = compare("pixels", "grey levels", pixels, made, real, training, 3)
    assert found.distances[:3].tolist() == [0, 0, 0]
    assert found.numbers[:3, 0].tolist() == copied.tolist()
    assert found.found.copies == pytest.approx(0.3)
    assert sentence([found]) == "30.0% of the samples are exact copies of training images."


def test_near_copies_are_suspected_and_held_out_images_are_not() -> None:
    data = Digits(image_size=16)
    training, real = of_split(data, "train"), of_split(data, "test").all()
    near = training.read(torch.arange(100)) // 2 * 2 + 1
    suspected = compare("pixels", "grey levels", pixels, near, real, training, 1)
    assert suspected.found.share_nearer == 1
    assert suspected.found.median < 2  # grey levels
    assert "Memorisation is likely" in sentence([suspected])
    assert "No sign" in sentence([compare("pixels", "", pixels, real, real, training, 1)])


def test_the_command_writes_two_pictures_and_the_figures(
    checkpoint: Path, workdir: Path, network: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("neighbours", "--ckpt", checkpoint, "--num", 4, "--neighbours", 3, "--samples", 20, "--features", network)
    gan(*words, "--output", "one/n.png")
    gan(*words, "--output", "two/n.png")
    assert sorted(path.name for path in Path("one").iterdir()) == ["n-distances.png", "n.json", "n.png"]
    assert Path("one/n.png").read_bytes() == Path("two/n.png").read_bytes()
    found = json.loads(Path("one/n.json").read_text())
    assert found["samples"] == 20
    assert set(found["views"]) == {"pixels", "features of halves.pt"}
    assert np.array(found["nearest"]["pixels"]).shape == (4, 3)
    assert found["views"]["pixels"]["copies"] == 0
    assert Image.open("one/n.png").height > 4 * 32
    told = capsys.readouterr().out
    assert found["verdict"] in told

    training = of_split(Digits(image_size=16), "train")
    monkeypatch.setattr(module, "render", lambda _, latents, **__: training.read(torch.arange(len(latents))))
    gan(*words, "--output", "three/n.png")
    assert json.loads(Path("three/n.json").read_text())["views"]["pixels"]["copies"] == 1
    assert "100.0% of the samples are exact copies" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--output", "x.pdf"), "output: x.pdf has no ending this verb writes; take a .png"),
        (("--num", "0"), "num: 0 is not possible; take a whole number from 1"),
        (("--features", "nope.pt"), "features: nope.pt is no file"),
        (("--data", "Digits", "--data.image_size", "32"), "data.image_size: Digits has 32, but the checkpoint's model"),
    ],
)
def test_bad_input_is_named_with_the_way_out(
    checkpoint: Path, workdir: Path, words: tuple[str, ...], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        gan("neighbours", "--ckpt", checkpoint, *words)
    assert not list(workdir.iterdir())


@pytest.mark.parametrize("count", [1, 2])
def test_a_picture_of_distances_has_room_for_its_legend(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Figure] = []
    monkeypatch.setattr(FigureCanvasAgg, "__init__", lambda self, figure: seen(self, figure, drawn))
    found = Compared("values", "RMS", torch.rand(9), torch.rand(9), torch.zeros(9, 1), Memorisation(*[0.0] * 6))
    distributions([found] * count, "label maps")
    (figure,) = drawn
    box = figure.legends[0].get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.width


def seen(canvas: FigureCanvasAgg, figure: Figure, drawn: list[Figure]) -> None:
    drawn.append(figure)
    FigureCanvasBase.__init__(canvas, figure)
