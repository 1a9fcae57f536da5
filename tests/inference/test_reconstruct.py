"""`gan reconstruct` and its Python side: pictures through the codes, files of codes, and what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from gan_cli import load, verbs
from gan_cli.errors import RunFailed, UserError
from gan_cli.media.picture_files import read_picture
from gan_cli.variants import VQGAN
from tests.inference.translators import picture, saved
from tests.media.test_films import film
from tests.variant_rows import CODED

CPU = ["--trainer.accelerator", "cpu"]


def coder(seed: int = 0) -> VQGAN:
    torch.manual_seed(seed)
    model = VQGAN(**{**CODED, "discriminator_channels": 2, "patch_size": 16})
    with torch.no_grad():  # or all codes are one
        network: Any = model.generator
        network.codebook.entries.normal_()
        network.to_codes.weight.mul_(20)
    model.data_facts = {"name": "Nowhere", "image_size": 16}
    return model.eval()


@pytest.fixture(scope="module")
def ckpt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(coder(), tmp_path_factory.mktemp("coders") / "coder.ckpt")


@pytest.fixture
def photos(workdir: Path) -> Path:
    picture(Path("photos/a.png"), 41, 27)
    picture(Path("photos/below/grey.tif"), 16, 22, "L")
    picture(Path("photos/small.png"), 3, 5)
    return Path("photos")


def reconstruct(ckpt: Path, *words: object) -> None:
    verbs.run([str(word) for word in ("reconstruct", "--ckpt", ckpt, *words, *CPU)])


def content(path: Path) -> Any:
    return read_picture(path).colours


def test_pictures_of_any_size_go_through_the_codes_and_codes_give_the_same_pictures(
    ckpt: Path, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reconstruct(ckpt, "--input", photos, "--output", "out", "--codes", "codes.npz")
    assert "3 done, 0 skipped, 0 refused" in capsys.readouterr().out
    assert Path("out/gallery.html").is_file()
    with np.load("codes.npz") as file:
        codes = {name: file[f"codes_{number}"] for number, name in enumerate(file["names"])}
        assert codes["a.png"].shape == (14, 21)  # 27 x 41 pixels, a code of 2 x 2
        assert file["sizes"].tolist() == [[27, 41], [22, 16], [5, 3]]
        assert codes["a.png"].max() < CODED["num_codes"]
        assert len(np.unique(codes["a.png"])) > 1
    reconstruct(ckpt, "--input", "codes.npz", "--output", "again")
    for name in ("a.png", "below/grey.tif", "small.png"):
        made = content(Path("out", name))
        assert made.shape[:2] == content(photos / name).shape[:2]
        assert np.array_equal(content(Path("again", name)), made), name


def test_one_picture_becomes_one_file_without_a_page(ckpt: Path, photos: Path) -> None:
    reconstruct(ckpt, "--input", photos / "a.png", "--output", "one/b.webp", "--codes", "one.npz")
    assert [path.name for path in Path("one").iterdir()] == ["b.webp"]
    reconstruct(ckpt, "--input", "one.npz", "--output", "again", "--format", "jpg")
    assert [path.name for path in Path("again").iterdir()] == ["a.jpg"]


def test_pictures_from_noise_are_refused_with_the_verb_that_helps(ckpt: Path) -> None:
    for verb in ("sample", "project", "interpolate"):
        with pytest.raises(UserError, match=r"VQGAN makes images from images.*type gan reconstruct"):
            verbs.run([verb, "--ckpt", str(ckpt), *CPU])


def test_python_has_the_same(ckpt: Path, photos: Path) -> None:
    gan = load(ckpt)
    reconstruct(ckpt, "--input", photos / "a.png", "--output", "b.png")
    image = torch.from_numpy(np.asarray(Image.open(photos / "a.png").convert("RGB")).copy()).permute(2, 0, 1)
    codes = gan.encode(image)
    assert codes.shape == (14, 21)
    assert torch.equal(codes, gan.encode(photos / "a.png"))
    wanted = torch.from_numpy(content(Path("b.png"))).permute(2, 0, 1)
    assert torch.equal(gan.decode(codes, size=(27, 41)), wanted)
    assert torch.equal(torch.as_tensor(gan.reconstruct(image)), wanted)
    assert gan.decode(codes).shape == (3, 28, 42)
    several = torch.randint(256, (2, 3, 16, 16), dtype=torch.uint8)
    assert torch.equal(gan.decode(gan.encode(several)), torch.as_tensor(gan.reconstruct(several)))


def test_python_refuses_what_are_no_codes(ckpt: Path) -> None:
    gan = load(ckpt)
    with pytest.raises(UserError, match=r"codes: torch.float32 \[8, 8\] are none; give int64"):
        gan.decode(torch.rand(8, 8))
    with pytest.raises(UserError, match=r"codes: 0 to 16 is not possible; there are 0 to 15"):
        gan.decode(torch.tensor([[0, 16]]))
    with pytest.raises(UserError, match=r"size: \[16, 16\] has \[8, 8\] codes, and there are \[4, 8\]"):
        gan.decode(torch.zeros(4, 8, dtype=torch.int64), size=(16, 16))


def changed(name: str, **arrays: Any) -> str:
    """A copy of codes.npz with other arrays; of None, without them."""
    with np.load("codes.npz") as file:
        content: dict[str, Any] = {key: file[key] for key in file.files} | arrays
    np.savez(name, **{key: value for key, value in content.items() if value is not None})
    return name


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"names": None}, "holds no codes; gan reconstruct --codes FILE writes them"),
        ({"model": np.array("0" * 16)}, "has codes of another model; type the --ckpt that they were made with"),
        ({"names": np.array(["../a.png"])}, "has the name '../a.png', which no file below a folder can have"),
        ({"sizes": np.array([[0, 1]])}, "has impossible sizes"),
        ({"sizes": np.array([[99, 41]])}, r"has \[14, 21\] codes for a.png; 41x99 pixels have \[50, 21\]"),
        ({"codes_0": None}, "has no grid of codes for a.png; take whole numbers"),
        ({"codes_0": np.full((14, 21), 0.5)}, "has no grid of codes for a.png; take whole numbers"),
        ({"codes_0": np.full((14, 21), 16)}, "has the code 16 in a.png; there are 0 to 15"),
    ],
)
def test_files_that_hold_no_codes_of_the_model_are_refused(
    ckpt: Path, photos: Path, arrays: dict[str, Any], said: str
) -> None:
    reconstruct(ckpt, "--input", photos / "a.png", "--output", "b.png", "--codes", "codes.npz")
    with pytest.raises(UserError, match=said):
        reconstruct(ckpt, "--input", changed("other.npz", **arrays), "--output", "out")
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--input", "photos", "--codes", "codes.txt"], r"codes: codes.txt has no ending for codes; take .npz"),
        (["--input", "a.npz", "photos"], r"input: a.npz holds codes and stands alone; leave the others out"),
        (["--input", "gone.npz"], r"input: gone.npz does not exist"),
        (["--input", "gone.png"], r"input: gone.png does not exist"),
        (["--input", "photos", "--output", "a.png"], r"output: a.png is one file, and there are 3 to write"),
        (["--input", "clip.mp4", "--codes", "c.npz"], r"codes: clip.mp4 moves, and a file holds codes of pictures"),
    ],
)
def test_what_cannot_be_done_is_said(ckpt: Path, photos: Path, words: list[str], said: str) -> None:
    film(Path("clip.mp4"), "libx264", 64, 48)
    with pytest.raises(UserError, match=said):
        reconstruct(ckpt, *words)


def test_what_cannot_be_read_is_named_and_has_no_codes(
    ckpt: Path, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (photos / "broken.png").write_bytes((photos / "a.png").read_bytes()[:60])
    with pytest.raises(RunFailed, match="1 of the inputs could not be read"):
        reconstruct(ckpt, "--input", photos, "--output", "out", "--codes", "codes.npz")
    assert "refused: photos/broken.png" in capsys.readouterr().out
    with np.load("codes.npz") as file:
        assert "broken.png" not in file["names"]


def test_another_variants_checkpoint_is_refused(workdir: Path) -> None:
    from tests.inference.translators import Enlarger

    other = saved(Enlarger(2).eval(), Path("other.ckpt"))
    with pytest.raises(UserError, match=r"ckpt: Enlarger has no codes; take a checkpoint of VQGAN"):
        reconstruct(other, "--module", "tests.inference.translators", "--input", "x.png")
    with pytest.raises(UserError, match=r"no run under checkpoints/ has codes yet"):
        verbs.run(["reconstruct", "--input", "x.png"])
