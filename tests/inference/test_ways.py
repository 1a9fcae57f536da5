"""`gan translate` by styles: from noise, and of references."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from gan_cli import load
from gan_cli.__main__ import main
from gan_cli.errors import RunFailed, UserError
from gan_cli.inference.api import TrainedGAN
from gan_cli.inference.latents import seeded_latents
from gan_cli.inference.translate import newest_translator
from gan_cli.inference.ways import check_styles
from gan_cli.media.pictures import to_float, to_uint8
from tests.inference.translators import colours, cyclegan, gan, picture, saved, stargan_v2


@pytest.fixture(scope="module")
def ckpt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(stargan_v2(), tmp_path_factory.mktemp("styles") / "v2.ckpt")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(cyclegan(), tmp_path_factory.mktemp("others") / "cycle.ckpt")


@pytest.fixture(scope="module")
def model(ckpt: Path) -> TrainedGAN:
    return load(ckpt)


@pytest.fixture
def sources(workdir: Path) -> Path:
    """Two pictures, the current folder being that of the test."""
    picture(Path("in/a.png"), 32, 32)
    Image.fromarray(255 - colours(32, 32)).save("in/b.png")
    return Path("in")


def references(*names: str) -> None:
    """Noise, 48 pixels wide and 32 high."""
    for number, name in enumerate(names):
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(number).integers(0, 256, (32, 48, 3), np.uint8)
        Image.fromarray(noise).save(path)


def pixels(path: Path | str) -> Any:
    return torch.from_numpy(np.array(Image.open(path))).permute(2, 0, 1)


def files(folder: str) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file())


def expected(model: TrainedGAN, path: str, direction: str, **given: Any) -> Any:
    return to_uint8(model.model(to_float(pixels(path)[None]), direction, **given))[0]


@torch.no_grad()
def test_a_style_from_noise_is_its_seeds_for_every_input(ckpt: Path, model: TrainedGAN, sources: Path) -> None:
    common = ("--ckpt", ckpt, "--direction", "young", "--input", sources)
    gan(*common, "--style", 5, "--output", "five")
    gan(*common, "--output", "usual")
    assert files("five") == files("usual") == ["a.png", "b.png"]
    for folder, seed in (("five", 5), ("usual", 0)):
        latents = seeded_latents([seed], 4, "normal")
        for name in ("a.png", "b.png"):
            assert torch.equal(pixels(f"{folder}/{name}"), expected(model, f"in/{name}", "young", latents=latents))
    assert torch.equal(model.translate(pixels("in/a.png"), "young", style=5), pixels("five/a.png"))
    assert torch.equal(model.translate(pixels("in/a.png"), "young"), pixels("usual/a.png"))


def test_several_styles_have_folders_and_a_table(ckpt: Path, sources: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--style", "3-4", "--input", sources, "--output", "out", "--gallery")
    gan("--ckpt", ckpt, "--direction", "young,male", *words)
    made = [f"{way}/style-{seed}/{name}.png" for way in ("male", "young") for seed in (3, 4) for name in "ab"]
    assert files("out") == sorted([*made, "gallery.html", "table.png"])
    table = pixels("out/table.png")
    assert table.shape == (3, 2 * 32, 5 * 32)  # no row of references
    assert torch.equal(table[:, 32:, :32], pixels("in/b.png"))
    assert torch.equal(table[:, 32:, -32:], pixels("out/male/style-4/b.png"))
    assert "young, style-3" in Path("out/gallery.html").read_text()
    assert capsys.readouterr().out.endswith(
        "written: out\nwritten: out/table.png\nwritten: out/gallery.html\n8 done, 0 skipped, 0 refused\n"
    )


@torch.no_grad()
def test_a_reference_gives_its_style(ckpt: Path, model: TrainedGAN, sources: Path) -> None:
    references("her.png")
    gan("--ckpt", ckpt, "--direction", "male", "--given", "reference=her.png", "--input", sources, "--output", "out")
    assert files("out") == ["a.png", "b.png"]
    reference = to_float(pixels("her.png")[None, :, :, 8:40])  # the square in the middle
    assert torch.equal(pixels("out/b.png"), expected(model, "in/b.png", "male", reference=reference))
    one = pixels("in/b.png")
    for kind in ("her.png", pixels("her.png"), Image.open("her.png")):
        assert torch.equal(model.translate(one, "male", given={"reference": kind}), pixels("out/b.png"))


def test_a_folder_of_references_makes_a_table_and_a_bad_one_is_named(
    ckpt: Path, model: TrainedGAN, sources: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    references("refs/1.png", "refs/2.png", "refs/2.bmp")
    Path("refs/bad.png").write_bytes(b"\x89PNG\r\n\x1a\nnone")
    words = ("--direction", "blond", "--given", "reference=refs", "--input", sources, "--output", "out")
    with pytest.raises(RunFailed, match="1 of the inputs could not be translated"):
        gan("--ckpt", ckpt, *words)
    assert "refused: refs/bad.png: " in capsys.readouterr().out
    assert files("out") == [*(f"{way}/{name}.png" for way in ("1", "2.bmp", "2.png") for name in "ab"), "table.png"]
    table = pixels("out/table.png")
    side = 48  # of the widest, a reference
    assert table.shape == (3, 3 * side, 4 * side)
    assert (table[:, :side, :side] == 255).all()
    assert torch.equal(table[:, 8:40, side : 2 * side], pixels("refs/1.png"))
    assert torch.equal(table[:, 2 * side + 8 : 2 * side + 40, side + 8 : side + 40], pixels("out/1/b.png"))
    assert torch.equal(
        model.translate(pixels("in/b.png"), "blond", given={"reference": "refs/1.png"}), pixels("out/1/b.png")
    )


def test_references_in_folders_named_after_their_domains_need_no_direction(
    ckpt: Path, model: TrainedGAN, sources: Path
) -> None:
    references("refs/male/1.png", "refs/young/1.png")
    gan("--ckpt", ckpt, "--given", "reference=refs", "--input", "in/a.png", "--output", "out")
    assert files("out") == ["male/1/a.png", "table.png", "young/1/a.png"]
    for domain in ("male", "young"):
        made = model.translate(pixels("in/a.png"), domain, given={"reference": f"refs/{domain}/1.png"})
        assert torch.equal(pixels(f"out/{domain}/1/a.png"), made)


NO_DOMAIN = r"her.png is of no known domain; type --direction blond or young or male,\nor keep references in folders"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--given reference=her.png", NO_DOMAIN),
        ("--given her.png", NO_DOMAIN),
        ("--given reference=her.png --direction bald", "direction: bald is unknown to this model; take blond"),
        ("--given reference=her.png --direction young,male", "direction: references are of one domain, and young,male"),
        ("--given reference=his.png --direction male", "given: his.png does not exist; take a file, a folder"),
        (
            "--given mask=her.png --direction male",
            "given: mask is nothing that StarGANv2 takes; type reference=her.png",
        ),
        ("--given notes.txt --direction male", "given: notes.txt is nothing that can be read"),
        ("--given bad.png --direction male", r"given: bad\.png.* "),
        ("--style first --direction male", "style: first is no list of seeds; take whole numbers and ranges"),
        ("--style 1 --given her.png --direction male", "style: it means nothing beside a reference"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(
    ckpt: Path, sources: Path, words: str, message: str
) -> None:
    references("her.png")
    Path("notes.txt").write_text("none")
    Path("bad.png").write_bytes(b"\x89PNG\r\n\x1a\nnone")
    with pytest.raises(UserError, match=message):
        gan("--ckpt", ckpt, "--input", sources, "--output", "out", *words.split())
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--given a.png", "given: CycleGAN is given nothing but images"),
        ("--style 1", "style: CycleGAN draws no styles"),
    ],
)
def test_a_translator_without_styles_takes_none(
    other: Path, sources: Path, words: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    line = f"translate --ckpt {other} --direction horse2zebra --input in {words} --trainer.accelerator cpu"
    assert main(line.split()) == 2
    assert message in capsys.readouterr().err


def test_styles_find_the_newest_translator_that_has_some(ckpt: Path, other: Path, workdir: Path) -> None:
    for number, path in enumerate((ckpt, other)):
        run = Path(f"checkpoints/run-{number}/version_0")
        run.mkdir(parents=True)
        (run / "last.ckpt").write_bytes(path.read_bytes())

    def fits(model: Any) -> None:
        check_styles(model, None, "1")

    path, _ = newest_translator(None, fits=fits)
    assert path.parts[1] == "run-0"
    path.unlink()
    with pytest.raises(UserError, match="no run under checkpoints/ takes references or styles: type --ckpt FILE"):
        newest_translator(None, fits=fits)


def test_python_refuses_what_the_command_does(model: TrainedGAN, other: Path, workdir: Path) -> None:
    image = torch.zeros(3, 32, 32, dtype=torch.uint8)
    for options, message in (
        ({"style": -1}, "style: -1 is not possible"),
        ({"style": 1, "given": {"reference": image}}, "style: it means nothing beside a reference"),
        ({"given": {"reference": image[None]}}, r"reference: \[1, 3, 32, 32\] are several; give one"),
        ({"given": {"reference": image.float()}}, "reference: torch.float32"),
        ({"given": {"reference": "none.png"}}, "reference: .*none.png"),
    ):
        with pytest.raises(UserError, match=message):
            model.translate(image, "male", **options)
    with pytest.raises(UserError, match="given: CycleGAN is given nothing but images"):
        load(other).translate(image, "horse2zebra", given={"reference": image})
