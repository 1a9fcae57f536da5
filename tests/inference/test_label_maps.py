"""`gan translate` from label maps: numbers or colours, styles, and what is told of their places."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from gan_cli import load
from gan_cli.data import DigitMaps
from gan_cli.errors import RunFailed, UserError
from gan_cli.inference.api import TrainedGAN
from gan_cli.inference.given_paths import given_paths
from gan_cli.inference.translator import Translator
from gan_cli.media.label_files import usual_colours, write_labels
from gan_cli.media.label_maps import edges_of
from gan_cli.variants import SPADE
from tests.inference.translators import colours, gan, lively, saved
from tests.toys import FewMaps
from tests.variant_rows import SEMANTIC


@pytest.fixture(scope="module")
def ckpt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    model = lively(SPADE(**SEMANTIC, latent_dim=4, norm="instance"))
    model.data_facts = FewMaps(image_size=32).record()
    return saved(model, tmp_path_factory.mktemp("spade") / "spade.ckpt")


@pytest.fixture(scope="module")
def model(ckpt: Path) -> TrainedGAN:
    return load(ckpt)


def stripes(width: int = 40, height: int = 32) -> Tensor:
    """A map of four classes, uint8 [1, H, W]."""
    return torch.arange(width).mul(4).div(width).to(torch.uint8).expand(1, height, width).contiguous()


@pytest.fixture
def maps(workdir: Path) -> Path:
    """One map as numbers, with a palette, and in colours."""
    Path("in").mkdir()
    numbers = stripes()
    Image.fromarray(numbers[0].numpy()).save("in/grey.png")
    write_labels(numbers, usual_colours(4), Path("in/index.png"))
    palette = np.array(usual_colours(4), np.uint8)
    Image.fromarray(palette[numbers[0].numpy()]).save("in/colours.png")
    return Path("in")


def pixels(path: Path | str) -> Any:
    return torch.from_numpy(np.array(Image.open(path))).permute(2, 0, 1)


def test_numbers_a_palette_and_colours_are_one_map(ckpt: Path, model: TrainedGAN, maps: Path) -> None:
    gan("--ckpt", ckpt, "--input", maps, "--output", "out", "--gallery")
    made = [pixels(f"out/{name}.png") for name in ("grey", "index", "colours")]
    assert made[0].shape == (3, 32, 40)  # which is no multiple of what the generator takes
    assert torch.equal(made[0], made[1])
    assert torch.equal(made[0], made[2])
    assert torch.equal(made[0], model.translate(stripes()))
    assert Path("out/gallery.html").is_file()


def test_a_map_is_also_given_by_its_name(ckpt: Path, maps: Path) -> None:
    gan("--ckpt", ckpt, "--given", "labels=in/index.png", "--output", "a.png")
    gan("--ckpt", ckpt, "--input", "in/index.png", "--output", "b.png")
    assert torch.equal(pixels("a.png"), pixels("b.png"))


def test_maps_are_labels_whatever_their_set_calls_them() -> None:
    model = SPADE(**SEMANTIC)
    model.data_facts = {**FewMaps(image_size=32).record(), "domains": ("regions", "photo")}
    assert given_paths(model, ["labels=a.png", "regions=b.png"]).inputs == ["a.png", "b.png"]


def test_the_same_map_in_the_styles_of_others_and_from_noise(ckpt: Path, model: TrainedGAN, maps: Path) -> None:
    Path("refs").mkdir()
    for number in range(2):
        Image.fromarray(np.roll(colours(48, 32), number, 2) // (number + 1)).save(f"refs/{number}.png")
    words = ("--ckpt", ckpt, "--input", "in/index.png", "--output", "out")
    gan(*words, "--given", "reference=refs")
    first, second = (pixels(f"out/{number}/index.png") for number in range(2))
    assert not torch.equal(first, second)
    assert torch.equal(first, model.translate(stripes(), given={"reference": "refs/0.png"}))
    table = Image.open("out/table.png")
    side = table.width // 3
    shown = np.array(table)[side : 2 * side, :side].reshape(-1, 3)
    assert set(usual_colours(4)) <= {tuple(pixel) for pixel in shown.tolist()}  # the map in its colours
    gan(*words[:-1], "drawn", "--style", "3,4")
    assert torch.equal(pixels("drawn/style-3/index.png"), model.translate(stripes(), style=3))
    assert not torch.equal(pixels("drawn/style-3/index.png"), pixels("drawn/style-4/index.png"))


def test_edges_are_told_for_all_or_for_each(ckpt: Path, model: TrainedGAN, maps: Path) -> None:
    edges = torch.zeros(1, 32, 40, dtype=torch.uint8)
    edges[:, 10:20] = 1
    Path("edges").mkdir()
    Image.fromarray(edges[0].numpy() * 255).save("edges/index.png")
    gan("--ckpt", ckpt, "--input", "in/index.png", "--given", "edges=edges/index.png", "--output", "one.png")
    gan("--ckpt", ckpt, "--input", "in/index.png", "--given", "edges=edges", "--style", "0", "--output", "each.png")
    told = model.translate(stripes(), given={"edges": edges})
    assert torch.equal(pixels("one.png"), told)
    assert torch.equal(pixels("each.png"), told)
    assert not torch.equal(told, model.translate(stripes()))
    assert torch.equal(model.translate(stripes(), given={"edges": edges_of(stripes())}), model.translate(stripes()))
    with pytest.raises(
        UserError, match=r"given: edges has no edges for colours.png; each input needs a file of its name"
    ):
        gan("--ckpt", ckpt, "--input", "in", "--given", "edges=edges", "--output", "out")


def test_a_large_map_passes_in_tiles_with_its_edges(model: TrainedGAN, monkeypatch: pytest.MonkeyPatch) -> None:
    def passed(translator: Translator, shown: dict[str, Tensor], *_: Any) -> Tensor:
        return (shown["source"] / 4 + 10 * shown["edges"]).expand(3, -1, -1)

    module: Any = model.model
    numbers = torch.from_numpy(np.random.default_rng(0).integers(0, 4, (1, 90, 128), np.uint8))
    edges = torch.from_numpy(np.random.default_rng(1).integers(0, 2, (1, 90, 128), np.uint8))
    pixels = numbers.permute(1, 2, 0).numpy()
    with torch.inference_mode():  # of a network that has not learned, tiles differ wildly
        real = Translator(module, tile=64).floats(pixels, "labels2photo", "", places={"edges": edges})
        assert real.shape == (3, 90, 128)
        monkeypatch.setattr(Translator, "_passed", passed)
        told = Translator(module, tile=64).floats(pixels, "labels2photo", "", places={"edges": edges})
    torch.testing.assert_close(told, (numbers / 4 + 10 * edges).expand(3, -1, -1))


def test_a_value_of_no_class_is_named_with_its_file(
    ckpt: Path, model: TrainedGAN, maps: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.fromarray(np.full((32, 32), 9, np.uint8)).save("in/bad.png")
    reason = "it has the value 9, but there are 4 classes, 0 to 3"
    with pytest.raises(UserError, match=rf"input: in/bad.png is .* label maps .*: {reason}"):
        gan("--ckpt", ckpt, "--input", "in/bad.png", "--output", "out")
    with pytest.raises(RunFailed, match="1 of the inputs could not be translated"):
        gan("--ckpt", ckpt, "--input", "in", "--output", "out")
    assert f"refused: in/bad.png: {reason}" in capsys.readouterr().out
    assert sorted(path.name for path in Path("out").iterdir()) == ["colours.png", "grey.png", "index.png"]
    with pytest.raises(UserError, match=f"images: {reason}"):
        model.translate(torch.full((1, 32, 32), 9, dtype=torch.uint8))
    with pytest.raises(UserError, match=r"images: it has the colour #"):
        model.translate(torch.from_numpy(colours(32, 32)).permute(2, 0, 1))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--given edges=small.png", r"given: small.png has 8x8 pixels, and index.png 40x32; edges must be as large"),
        ("--given edges=none.png", r"given: none.png does not exist; name a file of edges, or a folder"),
        ("--given edges=small.png edges=other.png", r"given: edges is typed twice, small.png and other.png"),
        ("--given mask=small.png", r"given: mask is nothing that SPADE takes"),
        ("--given reference=small.png --style 3", r"style: it means nothing beside a reference"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_written(ckpt: Path, maps: Path, words: str, said: str) -> None:
    Image.fromarray(np.zeros((8, 8), np.uint8)).save("small.png")
    with pytest.raises(UserError, match=said):
        gan("--ckpt", ckpt, "--input", "in/index.png", "--output", "out", *words.split())
    assert not Path("out").exists()


def test_the_maps_of_a_set_bring_their_edges() -> None:
    data = DigitMaps(image_size=16)
    images = data.test_inputs("labels")
    ((name, read),) = images[3].beside
    batch = data.part("test")[torch.tensor([3])].batch
    assert name == "edges"
    assert torch.equal(read(), batch.edges[0])
    assert torch.equal(images[3].read(), batch.source[0])
    assert not data.test_inputs("photo")[3].beside
