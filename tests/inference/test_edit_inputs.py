"""`gan edit --input` and its Python side: an IcGAN that learned nothing, but is said to have trained its encoders."""

import re
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor

from gan_cli import load
from gan_cli.__main__ import main
from gan_cli.errors import UserError
from gan_cli.inference.attribute_changes import applied, change_of, columns_of, read_change
from gan_cli.media.pictures import save_png, to_float, to_uint8
from gan_cli.variants import DCGAN, IcGAN
from tests.conftest import TINY_DCGAN
from tests.inference import translators
from tests.toys import FewAttributed
from tests.variant_rows import INVERTIBLE

NAMES = ("Smiling", "Black_Hair", "Blond_Hair")


def icgan(attributes: bool = True) -> IcGAN:
    """A model whose encoders read something else in each picture."""
    torch.manual_seed(0)
    model = IcGAN(**INVERTIBLE).eval()
    for network in (model.label_encoder, model.latent_encoder):
        torch.nn.init.normal_(network.head.weight, 0, 3.0)
    model.counters.batches = 2000
    model.data_facts = {**FewAttributed(image_size=16).record(), "class_names": NAMES, "attributes": attributes}
    model.together.copy_(torch.tensor([[50, 20, 20], [20, 40, 0], [20, 0, 40]]))
    model.seen_images.fill_(100)
    return model


def saved(model: Any, path: Path) -> Path:
    return translators.saved(model, path)


@pytest.fixture(scope="module")
def ckpt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(icgan(), tmp_path_factory.mktemp("icgan") / "last.ckpt")


@pytest.fixture
def faces(workdir: Path) -> Tensor:
    """Three pictures in a folder, and a fourth; uint8 [4, 3, 16, 16]."""
    images = FewAttributed(image_size=16).read(False).images[:4]
    for number, image in enumerate(images):
        save_png(image, Path("other.png") if number == 3 else Path(f"faces/{'abc'[number]}.png"))
    return images


@pytest.fixture
def gan(workdir: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Types `gan edit`; gives what it says, or, where it refuses, what it says then."""

    def typed(ckpt: Path, *words: Any, refused: bool = False) -> str:
        code = main(["edit", "--ckpt", str(ckpt), *map(str, words), "--trainer.accelerator", "cpu"])
        told = capsys.readouterr()
        assert code == (2 if refused else 0), told.err
        return told.err if refused else told.out

    return typed


def picture(path: str) -> Tensor:
    return torch.from_numpy(__import__("numpy").array(Image.open(path))).movedim(-1, 0)


def test_files_are_what_python_makes_and_what_the_networks_say(gan: Any, ckpt: Path, faces: Tensor) -> None:
    words = ["--set", "smiling=1,BLOND_hair=0", "--set", "Smiling=0..1", "--steps", 3]
    assert gan(ckpt, "--input", "faces", *words, "--output", "out", "--format", "files") == "written: out\n"
    model = load(ckpt)
    made = model.edit(input=faces[:3], set=["smiling=1,BLOND_hair=0", {"smiling": (0, 1)}], steps=3)
    assert made.shape == (3, 1 + 1 + 3, 3, 16, 16)
    names = ["again", "Smiling1,Blond_Hair0", "Smiling0", "Smiling0.5", "Smiling1"]
    assert sorted(path.name for path in Path("out").iterdir()) == sorted(f"{a}-{b}.png" for a in "abc" for b in names)
    for row, letter in enumerate("abc"):
        for column, name in enumerate(names):
            assert torch.equal(picture(f"out/{letter}-{name}.png"), made[row, column])
    reader = model.model
    assert isinstance(reader, IcGAN)
    found = reader.encode(to_float(faces[:3]))
    assert torch.equal(made[:, 0], to_uint8(reader(found.latents, attributes=found.labels)))
    wanted = found.labels.clone()
    wanted[:, 0], wanted[:, 2] = 1, 0
    assert torch.equal(made[:, 1], to_uint8(reader(found.latents, attributes=wanted)))
    wanted = found.labels.clone()
    wanted[:, 0] = 0.5
    assert torch.equal(made[:, 3], to_uint8(reader(found.latents, attributes=wanted)))


def test_without_set_pictures_are_made_again_on_a_page(gan: Any, ckpt: Path, faces: Tensor) -> None:
    assert gan(ckpt, "--input", "faces/a.png", "other.png", "--output", "page.png") == "written: page.png\n"
    with Image.open("page.png") as page:
        assert page.width == 2 * 98 + 2  # the input, and the same made again, enlarged so that text fits below them
        assert page.height > 2 * 98
    assert torch.equal(load(ckpt).edit(input="other.png")[0], load(ckpt).edit(input=faces[3:])[0])


def test_attributes_are_exchanged_with_another_picture(gan: Any, ckpt: Path, faces: Tensor) -> None:
    gan(ckpt, "--input", "faces", "--swap", "other.png", "--output", "out", "--format", "both")
    assert {path.name for path in Path("out").iterdir()} == {
        "edit-inputs.png",
        *(f"{one}-with-those-of-other.png" for one in "abc"),
        *(f"{one}-other-with-the-input-s.png" for one in "abc"),
    }
    model = load(ckpt)
    made = model.edit(input=faces[:3], swap="other.png")
    found, other = model.read_attributes(faces[:3]), model.read_attributes("other.png")
    theirs = model.model(found.latents, attributes=other.labels.expand(3, -1))
    assert torch.equal(made[:, 0], to_uint8(theirs))
    ours = model.model(other.latents.expand(3, -1), attributes=found.labels)
    assert torch.equal(made[:, 1], to_uint8(ours))
    assert torch.equal(picture("out/b-with-those-of-other.png"), made[1, 0])


def test_a_change_that_moves_is_a_film(gan: Any, ckpt: Path, faces: Tensor) -> None:
    gan(ckpt, "--input", "faces", "--set", "smiling=0..1", "--steps", 4, "--output", "film.gif")
    with Image.open("film.gif") as film:
        assert getattr(film, "n_frames", 1) == 4
    said = gan(ckpt, "--input", "faces", "--set", "smiling=1", "--output", "still.gif", refused=True)
    assert "output: still.gif shows one change that moves" in said


def test_soft_attributes_are_as_strong_as_they_are_read(gan: Any, ckpt: Path, faces: Tensor) -> None:
    model = load(ckpt)
    soft = model.read_attributes(faces, soft=True)
    assert torch.equal((soft.labels > 0.5).float(), model.read_attributes(faces).labels)
    made = model.edit(input=faces, soft=True)[:, 0]
    assert torch.equal(made, to_uint8(model.model(soft.latents, attributes=soft.labels)))


def test_what_excludes_an_attribute_goes_when_it_is_set() -> None:
    model = icgan()
    (column,) = columns_of([read_change(model, "black_hair=1")], None)
    labels = torch.tensor([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
    assert applied(model, labels, column).tolist() == [[1, 1, 0], [0, 1, 0]]
    (column,) = columns_of([read_change(model, "black_hair=0")], None)
    assert applied(model, labels, column).tolist() == [[1, 0, 1], [0, 0, 0]]
    half = columns_of([change_of(model, {"Black_Hair": (0, 1)})], 3)[1]
    assert applied(model, labels, half).tolist() == [[1, 0.5, 0.5], [0, 0.5, 0]]
    start = columns_of([change_of(model, {"Smiling": 1, "Black_Hair": (0, 1)})], 3)[0]
    assert applied(model, labels, start).tolist() == [[1, 0, 1], [1, 0, 0]]  # a smile takes no hair away


def test_a_class_takes_the_place_of_others() -> None:
    model = icgan(attributes=False)
    (column,) = columns_of([read_change(model, "blond_hair=1")], None)
    assert applied(model, torch.eye(3)[:2], column).tolist() == [[0, 0, 1], [0, 0, 1]]
    quarter = columns_of([read_change(model, "blond_hair=0.25")], None)[0]
    assert applied(model, torch.eye(3)[:1], quarter).tolist() == [[0.75, 0, 0.25]]
    with pytest.raises(UserError, match="set: Smiling and Black_Hair exclude each other, an image has one class here"):
        read_change(model, "smiling=1,black_hair=1")
    with pytest.raises(UserError, match="set: Smiling=0 says no class at all"):
        read_change(model, "smiling=0")


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("smilling=1", "set: smilling is no attribute; did you mean Smiling?; there are Smiling, Black_Hair"),
        ("smiling", "set: smiling is no attribute with a value; type such as Smiling=1"),
        ("smiling=much", "set: smiling=much is no attribute with a value"),
        ("smiling=2", "set: smiling=2 is not possible; take values from 0 to 1"),
        ("smiling=-1", "set: smiling=-1 is not possible; take values from 0 to 1"),
        ("smiling=0..3", "set: smiling=0..3 is not possible"),
        ("smiling=1,smiling=0", "set: smiling is there twice"),
        ("smiling=1,Smiling=0", "set: Smiling is there twice"),
        ("", "set:  is no attribute with a value"),
        ("black_hair=1,blond_hair=1", "set: Black_Hair and Blond_Hair exclude each other, none of the 100 images"),
        ("black_hair=0..1,blond_hair=1", "set: Black_Hair and Blond_Hair exclude each other"),
    ],
)
def test_what_cannot_be_set(typed: str, message: str) -> None:
    with pytest.raises(UserError, match=re.escape(message)) as caught:
        read_change(icgan(), typed)
    assert len(str(caught.value).splitlines()) <= 3


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--input", "faces", "--seeds", "1"], "seeds: it means nothing beside --input"),
        (["--input", "faces", "--directions", "a.npz"], "directions: it means nothing beside --input"),
        (["--input", "faces", "--labels", "1"], "labels: it means nothing beside --input"),
        (["--set", "smiling=1"], "set: it is about pictures; type --input"),
        (["--swap", "other.png"], "swap: it is about pictures; type --input"),
        (["--input", "faces", "--swap", "other.png", "--set", "smiling=1"], "set: it means nothing beside --swap"),
        (["--input", "faces", "--swap", "faces"], "swap: faces holds 3 pictures, and one is wanted"),
        (["--input", "faces", "--swap", "nothing.png"], "swap: nothing.png does not exist"),
        (["--input", "nothing"], "input: nothing does not exist"),
        (["--input", "faces", "--steps", "3"], "steps: nothing goes from one value to another"),
        (["--input", "faces", "--output", "page.jpg"], "output: page.jpg has no ending this verb writes"),
    ],
)
def test_what_does_not_go_together_is_refused_and_nothing_is_written(
    words: list[str], message: str, gan: Any, ckpt: Path, faces: Tensor
) -> None:
    before = sorted(Path().rglob("*"))
    said = gan(ckpt, *words, refused=True)
    assert message in said
    assert len(said.strip().splitlines()) <= 3
    assert sorted(Path().rglob("*")) == before


def test_models_that_read_nothing_are_refused(gan: Any, tmp_path: Path, faces: Tensor) -> None:
    dcgan = DCGAN(**TINY_DCGAN)
    dcgan.data_facts = {"name": "Digits"}
    assert "DCGAN reads no attributes in pictures" in gan(
        saved(dcgan, tmp_path / "dcgan.ckpt"), "--input", "faces", refused=True
    )
    early = icgan()
    early.counters.batches = 5
    said = gan(saved(early, tmp_path / "early.ckpt"), "--input", "faces", refused=True)
    assert "the encoders of this IcGAN are trained after batch 1,000, and it has seen 5" in said


def test_python_refuses_what_the_verb_does(ckpt: Path, faces: Tensor) -> None:
    model = load(ckpt)
    with pytest.raises(UserError, match="directions: give latents and directions to move along, or pictures"):
        model.edit([0])
    with pytest.raises(UserError, match="set: attributes are set in pictures"):
        model.edit([0], "a.npz", set="smiling=1")
    with pytest.raises(UserError, match="input: pictures have attributes and no directions"):
        model.edit([0], input=faces)
    with pytest.raises(UserError, match=r"input: torch\.float32"):
        model.edit(input=faces.float())
    with pytest.raises(UserError, match="set: it means nothing beside swap"):
        model.edit(input=faces, set="smiling=1", swap="other.png")


def test_pictures_are_sampled_from_attributes_by_name(ckpt: Path, workdir: Path) -> None:
    words = ["sample", "--ckpt", str(ckpt), "--num", "2", "--given", "smiling+BLOND_hair", "none", "--output", "a.npz"]
    assert main([*words, "--trainer.accelerator", "cpu"]) == 0
    model = load(ckpt)
    told = {"attributes": torch.tensor([[1.0, 0, 1], [0, 0, 0]])}
    made = model.sample(2, given=told)
    assert torch.equal(made, model.sample(2, given={"attributes": ["Smiling+Blond_Hair", "none"]}))
    assert not torch.equal(made, model.sample(2, given={"attributes": ["none", "none"]}))
    walk = model.interpolate([3], 5, given={"attributes": "none"}, to={"attributes": "smiling"})
    (alone,) = model([3], given={"attributes": "none"})
    assert torch.equal(walk[0], alone)
    assert not torch.equal(walk[0], walk[-1])
    with pytest.raises(UserError, match="labels: this IcGAN makes things from attributes; type --given"):
        model.sample(1, labels=["Smiling"], given=told)
    with pytest.raises(UserError, match=r"given: smilling is no attribute; did you mean Smiling\?"):
        model.sample(1, given={"attributes": "smilling"})
