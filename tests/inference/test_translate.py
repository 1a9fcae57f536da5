"""`gan translate`, run as the command does, on checkpoints of tiny translators."""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from PIL import Image

from gan_cli import load, verbs
from gan_cli.__main__ import main
from gan_cli.data import Digits, NamedImage
from gan_cli.errors import RunFailed, UserError
from gan_cli.inference import translate
from gan_cli.media import picture_files as media
from tests.inference.translators import colours, cyclegan, gan, picture, pix2pix, saved, stargan
from tests.media.test_films import film, frames, seen


class Checkpoints(NamedTuple):
    unpaired: Path
    paired: Path
    domains: Path


@pytest.fixture(scope="module")
def ckpt(tmp_path_factory: pytest.TempPathFactory) -> Checkpoints:
    folder = tmp_path_factory.mktemp("translators")
    return Checkpoints(
        saved(cyclegan(), folder / "unpaired.ckpt"),
        saved(pix2pix(), folder / "paired.ckpt"),
        saved(stargan(), folder / "domains.ckpt"),
    )


@pytest.fixture
def photos(workdir: Path) -> Path:
    """Such a folder in the current one."""
    return write_photos(Path("photos"))


def write_photos(folder: Path) -> Path:
    """A folder with others in it, seven readable files and what is none."""
    picture(folder / "a.png")
    picture(folder / "b.JPG", 33, 21)
    picture(folder / "sub folder/a.png", 17, 50, "RGBA")
    picture(folder / "sub folder/深い/名前 é.webp")
    picture(folder / "sub folder/[1].tif", mode="L")
    first, *rest = frames()
    first.save(folder / "moving.gif", save_all=True, append_images=rest, duration=40)
    film(folder / "clip.mp4", "libx264", 64, 48)
    (folder / "notes.txt").write_text("none")
    picture(folder / ".hidden/c.png")
    return folder


def files(folder: Path | str) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file())


ALL = [
    "a.png",
    "b.JPG",
    "clip.mp4",
    "moving.gif",
    "sub folder/[1].tif",
    "sub folder/a.png",
    "sub folder/深い/名前 é.webp",
]


def test_a_folder_keeps_names_structure_formats_and_sizes(
    ckpt: Checkpoints, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gan("--ckpt", ckpt.unpaired, "--direction", "horse2zebra", "--input", photos, "--output", "out")
    assert files("out") == ALL
    assert capsys.readouterr().out.endswith("written: out\n7 done, 0 skipped, 0 refused\n")
    for name in ALL:
        if name.endswith(".mp4"):
            assert seen(Path("out") / name)[2] == seen(photos / name)[2]
            continue
        with Image.open(photos / name) as before, Image.open(Path("out") / name) as after:
            assert (after.size, after.format) == (before.size, before.format)
            assert getattr(after, "n_frames", 1) == getattr(before, "n_frames", 1)
    alpha, now = (np.array(Image.open(folder / "sub folder/a.png"))[:, :, 3] for folder in (photos, Path("out")))
    assert np.array_equal(alpha, now)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["photos/a.png"], ["a.png"]),
        (["photos/**/*.png"], ["a.png", "sub folder/a.png"]),
        (["photos/sub*/*"], ["sub folder/[1].tif", "sub folder/a.png"]),
        (["photos/sub folder/[1].tif"], ["[1].tif"]),
        (
            ["photos/sub folder", "photos/b.JPG", "photos/sub folder/a.png"],
            ["[1].tif", "a.png", "b.JPG", "深い/名前 é.webp"],
        ),
    ],
)
def test_files_globs_and_several_of_them(
    ckpt: Checkpoints, photos: Path, words: list[str], expected: list[str]
) -> None:
    gan("--ckpt", ckpt.paired, "--input", *words, "--output", "out")
    assert files("out") == expected


def test_brackets_and_stars_in_the_names_of_folders_are_no_globs(ckpt: Checkpoints, workdir: Path) -> None:
    """A glob begins where no folder of that very name is."""
    picture(Path("[old] *photos/b/1.png"))
    picture(Path("[old] *photos/b/2.png"))
    picture(Path("o photos/b/3.png"))
    gan("--ckpt", ckpt.paired, "--input", "[old] *photos/[b]/?.png", "--output", "out")
    assert files("out") == ["b/1.png", "b/2.png"]


def test_inputs_are_known_by_content_and_become_png_where_their_kind_is_not_written(
    ckpt: Checkpoints, workdir: Path
) -> None:
    Path("in").mkdir()
    kinds = {"no ending": "PNG", "a.img": "JPEG", "b.heic": "PNG", "c.avif": "AVIF", "d.jfif": "JPEG"}
    for name, kind in kinds.items():
        Image.fromarray(colours(40, 28)).save(Path("in", name), kind)
    gan("--ckpt", ckpt.paired, "--input", "in", "--output", "out")
    made = {name: Image.open(Path("out", name)).format for name in files("out")}
    assert made == {"a.img.png": "PNG", "b.png": "PNG", "c.avif": "AVIF", "d.jfif": "JPEG", "no ending.png": "PNG"}


def test_other_formats_and_a_file_for_one_input(ckpt: Checkpoints, photos: Path) -> None:
    common = ("--ckpt", ckpt.paired, "--input")
    gan(*common, "photos/b.JPG", "photos/clip.mp4", "photos/sub folder/[1].tif", "--format", "png", "--output", "out")
    assert files("out") == ["[1].png", "b.png", "clip.mp4"]
    gan(*common, "photos/b.JPG", "--output", "out/named.webp")
    with Image.open("out/named.webp") as image:
        assert (image.format, image.size) == ("WEBP", (33, 21))


def test_16_bits_stay_where_the_format_holds_them(ckpt: Checkpoints, workdir: Path) -> None:
    Image.fromarray(colours(40, 28, np.uint16)[:, :, 0]).save("a.png")
    gan("--ckpt", ckpt.paired, "--input", "a.png", "--output", "out")
    gan("--ckpt", ckpt.paired, "--input", "a.png", "--output", "out", "--format", "jpg")
    with Image.open("out/a.png") as image:
        assert ";16" in str(image.tile)
    assert Image.open("out/a.jpg").mode == "RGB"


def test_mixed_precision_passes_in_tiles_and_whole(ckpt: Checkpoints, photos: Path) -> None:
    words = ("--ckpt", ckpt.unpaired, "--direction", "horse2zebra", "--input", "photos/a.png")
    gan(*words, "--output", "exact", "--tile", 16)
    gan(*words, "--output", "mixed", "--tile", 16, "--trainer.precision", "bf16-mixed")
    exact, mixed = (np.array(Image.open(f"{folder}/a.png")).astype(int) for folder in ("exact", "mixed"))
    assert 0 < np.abs(exact - mixed).mean() < 8


def test_bytes_do_not_depend_on_neighbours_and_follow_the_seed(ckpt: Checkpoints, photos: Path) -> None:
    common = ("--ckpt", ckpt.paired, "--input")
    gan(*common, "photos", "--output", "all")
    gan(*common, "photos/sub folder/a.png", "--output", "alone")
    gan(*common, "photos/sub folder/a.png", "--output", "again", "--seed", 0)
    gan(*common, "photos/sub folder/a.png", "--output", "other", "--seed", 1)
    gan(*common, "photos/sub folder/a.png", "--output", "quiet", "--no-dropout")
    made = [Path(folder, "a.png").read_bytes() for folder in ("all/sub folder", "alone", "again", "other", "quiet")]
    assert made[0] == made[1] == made[2]
    assert len(set(made)) == 3


def test_existing_files_are_left_alone_if_asked(
    ckpt: Checkpoints, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("out").mkdir()
    Path("out/a.png").write_text("mine")
    gan("--ckpt", ckpt.paired, "--input", photos, "--output", "out", "--skip-existing")
    assert Path("out/a.png").read_text() == "mine"
    gan("--ckpt", ckpt.paired, "--input", photos, "--output", "out", "--skip-existing", "--gallery")
    assert Path("out/gallery.html").read_text("utf-8").count("<figure>") == 6  # what is no picture is not shown
    told = capsys.readouterr().out
    assert "6 done, 1 skipped, 0 refused" in told
    assert told.endswith("0 done, 7 skipped, 0 refused\n")
    gan("--ckpt", ckpt.paired, "--input", "photos/a.png", "--output", "out")
    assert Path("out/a.png").read_bytes()[:4] == b"\x89PNG"


def test_broken_files_are_named_and_the_others_are_made(
    ckpt: Checkpoints, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (photos / "broken.png").write_bytes((photos / "a.png").read_bytes()[:200])
    (photos / "empty.jpg").write_bytes(b"")
    (photos / "broken.mp4").write_bytes((photos / "clip.mp4").read_bytes()[:300])
    (photos / "broken.gif").write_bytes((photos / "moving.gif").read_bytes()[:300])
    words = ["--ckpt", str(ckpt.paired), "--input", "photos", "--output", "out", "--gallery"]
    assert main(["translate", *words, "--trainer.accelerator", "cpu"]) == 1
    told, wrong = capsys.readouterr()
    assert wrong == "gan: 4 of the inputs could not be translated; see above\n"
    assert "refused: photos/empty.jpg: empty\n" in told
    assert told.count("refused: photos/broken.") == 3
    assert "7 done, 0 skipped, 4 refused" in told
    assert files("out") == sorted([*ALL, "gallery.html"])


def test_inputs_that_would_become_one_file_are_all_kept(ckpt: Checkpoints, photos: Path) -> None:
    picture(photos / "a.bmp")
    picture(Path("other/a.png"))
    words = ["--input", "photos/a.bmp", "photos/a.png", "other/a.png", "photos/wide.jpg"]
    picture(photos / "wide.jpg")
    gan("--ckpt", ckpt.paired, *words, "--format", "png", "--output", "out")
    assert files("out") == ["a.bmp.png", "a.png-2.png", "a.png.png", "wide.png"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--input", "nowhere"], "input: nowhere does not exist; take a file, a folder, or a glob in quotes"),
        (["--input", "photos/*.heic"], r"input: photos/\*.heic is nothing that can be read; there are PNG, JPEG"),
        (["--input", "photos/a.png", "--output", "x.heic"], "output: x.heic is of a kind that is not written"),
        (["--input", "photos/notes.txt"], "input: photos/notes.txt is nothing that can be read"),
        (["--input", "photos", "--output", "photos"], r"output: photos/a\.\w+ would lie among the inputs"),
        (["--input", "photos", "--output", "./photos/", "--format", "bmp"], "would lie among the inputs; name another"),
        (["--input", "photos/a.png", "--output", "photos"], "output: photos/a.png would lie among the inputs"),
        (["--input", "photos/a.png", "--output", "photos/a.png"], "output: photos/a.png would lie among the inputs"),
        (["--input", "photos", "--output", "x.png"], "output: x.png is one file, and there are 8 to write; name a"),
        (["--input", "photos/clip.mp4", "--output", "x.png"], "output: x.png is to be .mp4; name a file that ends so"),
        (["--input", "photos/a.png", "--output", "x.mp4"], "output: x.mp4 holds a film, and a.png is none"),
        (["--input", "photos/a.png", "--output", "x.jpg", "--format", "png"], "output: x.jpg is to be .png"),
        (["--input", "photos", "--format", "heic"], "format: heic is unknown; take one of png, jpg"),
        (["--input", "photos", "--direction", "dog2cat"], "direction: dog2cat is unknown to this model; take horse2z"),
        (["--input", "photos", "--tile", "32"], "tile: this Pix2Pix takes tiles of 64 and no others"),
        (["--input", "photos", "--seed", "-1"], "seed: -1 is not possible; take a whole number from 0"),
        ([], "input: type --input with a file, a folder or a glob in quotes\nWithout it the test images of the check"),
    ],
)
def test_bad_input_is_named_before_anything_is_written(
    ckpt: Checkpoints, photos: Path, words: list[str], message: str
) -> None:
    picture(photos / "a.bmp")
    before = files(".")
    with pytest.raises(UserError, match=message) as caught:
        gan("--ckpt", ckpt.paired, *([] if "--output" in words else ["--output", "out"]), *words)
    assert len(str(caught.value).splitlines()) <= 3
    assert files(".") == before


@pytest.mark.parametrize("word", ["photos", "photos/**"])
def test_an_earlier_output_below_the_input_is_no_input(ckpt: Checkpoints, photos: Path, word: str) -> None:
    (photos / "clip.mp4").unlink()
    for _ in range(2):
        gan("--ckpt", ckpt.paired, "--input", word, "--output", photos.resolve() / "out")
    assert files("photos/out") == [name for name in ALL if name != "clip.mp4"]


def runs_of(ckpt: Checkpoints) -> None:
    """Three runs, the oldest first."""
    for age, (name, path) in enumerate([("pix2pix-x", ckpt.paired), ("cyclegan-x", ckpt.unpaired), ("dcgan-x", None)]):
        last = Path("checkpoints") / name / "version_0" / "last.ckpt"
        last.parent.mkdir(parents=True)
        if path is None:
            last.write_text("broken")
        else:
            shutil.copy(path, last)
        os.utime(last, (age, age))


def test_without_ckpt_the_newest_that_knows_the_direction_is_taken_and_named(
    ckpt: Checkpoints, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UserError, match="no run under checkpoints/ translates yet: type --ckpt FILE, or train one"):
        gan("--input", photos)
    runs_of(ckpt)
    gan("--direction", "zebra2horse", "--input", "photos/a.png")
    told = capsys.readouterr().out
    assert "checkpoint: checkpoints/cyclegan-x/version_0/last.ckpt\n" in told
    assert "written: checkpoints/cyclegan-x/version_0/pictures/translate-zebra2horse\n" in told
    assert files("checkpoints/cyclegan-x/version_0/pictures/translate-zebra2horse") == ["a.png"]
    with pytest.raises(UserError, match="direction: a2b is unknown to the runs under checkpoints/; there are horse2z"):
        gan("--direction", "a2b", "--input", photos)
    with pytest.raises(UserError, match="direction: of which"):
        gan("--input", photos)


def test_each_of_several_directions_has_a_folder(ckpt: Checkpoints, photos: Path) -> None:
    words = ("--ckpt", ckpt.domains, "--input", "photos/a.png", "photos/clip.mp4", "--output", "out", "--gallery")
    gan(*words, "--direction", "blond,young+male")
    assert files("out") == ["blond/a.png", "blond/clip.mp4", "gallery.html", "young+male/a.png", "young+male/clip.mp4"]
    assert Path("out/blond/a.png").read_bytes() != Path("out/young+male/a.png").read_bytes()
    tree = ElementTree.fromstring(Path("out/gallery.html").read_text("utf-8"))
    texts = [image.attrib["alt"] for image in tree.iter("img")]
    assert texts[:3] == ["a.png, input", "a.png, blond", "a.png, young+male"]
    assert len(texts) == 6
    assert all(image.attrib["src"].startswith("data:image/") for image in tree.iter("img"))


def test_verbs_and_checkpoints_that_do_not_go_together(
    ckpt: Checkpoints, checkpoint: Path, workdir: Path, photos: Path
) -> None:
    with pytest.raises(UserError, match="ckpt: DCGAN makes images from noise, not from images; type gan sample"):
        gan("--ckpt", checkpoint, "--input", photos)
    for verb in ("sample", "interpolate"):
        with pytest.raises(UserError, match="ckpt: CycleGAN makes images from images; type gan translate"):
            verbs.run([verb, "--ckpt", str(ckpt.unpaired), "--trainer.accelerator", "cpu"])


@pytest.mark.parametrize(
    ("number", "kind", "message"),
    [
        (errno.ENOSPC, RunFailed, r"out/b.JPG could not be written .*\nMake room, then go on with --skip-existing"),
        (errno.EACCES, UserError, r"out/b.JPG cannot be written \(Permission denied\); name another place"),
    ],
)
def test_a_full_disk_or_a_locked_folder_is_one_clear_line(
    ckpt: Checkpoints, photos: Path, monkeypatch: pytest.MonkeyPatch, number: int, kind: Any, message: str
) -> None:
    write = media.write_picture

    def fail(made: Any, path: Path) -> None:
        if path.name != "a.png":
            raise OSError(number, os.strerror(number), str(path))
        write(made, path)

    monkeypatch.setattr(translate, "write_picture", fail)
    with pytest.raises(kind, match=message):
        verbs.run(
            [
                "translate",
                "--ckpt",
                str(ckpt.paired),
                "--input",
                "photos",
                "--output",
                "out",
                *("--trainer.accelerator", "cpu"),
            ]
        )
    assert files("out") == ["a.png"]


def test_what_no_file_of_the_format_can_hold_is_refused(ckpt: Checkpoints, workdir: Path) -> None:
    picture(Path("a.png"), 16400, 1)
    with pytest.raises(RunFailed, match="1 of the inputs could not be translated"):
        gan(
            "--ckpt",
            ckpt.unpaired,
            "--direction",
            "horse2zebra",
            "--input",
            "a.png",
            "--format",
            "webp",
            "--output",
            "o",
        )
    assert not Path("o").exists()


class HorsesAndZebras(Digits):
    """A set that has test images of two domains."""

    def __init__(self, root: str = "data", image_size: int = 32, batch_size: int = 4) -> None:
        super().__init__(root, image_size, batch_size)

    def test_inputs(self, domain: str) -> list[NamedImage]:
        if self.root == "gone":
            raise UserError(f"data.root: {self.root} has no such set")
        shade = {"horse": 50, "zebra": 200}[domain]
        side = self.image_size
        return [NamedImage(f"n{k}.png", lambda: torch.full((3, side, side), shade).byte()) for k in range(3)]


@pytest.fixture
def with_data(ckpt: Checkpoints, workdir: Path) -> Callable[[str], Path]:
    def make(root: str) -> Path:
        content = torch.load(ckpt.unpaired, weights_only=True)
        content["gan_cli"]["data"]["name"] = "HorsesAndZebras"
        content["datamodule_hyper_parameters"] = {"root": root, "image_size": 16, "of_an_older_version": 1}
        torch.save(content, "with_data.ckpt")
        return Path("with_data.ckpt")

    return make


def test_without_input_the_test_images_of_the_checkpoints_data_set_are_taken(
    with_data: Callable[[str], Path],
) -> None:
    for direction in ("horse2zebra", "zebra2horse"):
        gan(
            "--module",
            __name__,
            "--ckpt",
            with_data("data"),
            "--direction",
            direction,
            "--output",
            direction,
            "--gallery",
        )
        assert files(direction) == ["gallery.html", "n0.png", "n1.png", "n2.png"]
    with Image.open("horse2zebra/n0.png") as there, Image.open("zebra2horse/n0.png") as back:
        assert there.size == (16, 16)
        assert there.tobytes() != back.tobytes()
    gan(
        "--module",
        __name__,
        "--ckpt",
        with_data("data"),
        "--direction",
        "horse2zebra,zebra2horse",
        "--output",
        "both",
        "--gallery",
    )
    assert len(files("both")) == 7
    assert Path("both/gallery.html").read_text("utf-8").count("<figure>") == 6  # the names are the same, not the images


def test_a_data_set_that_is_not_at_hand_says_what_to_type(with_data: Callable[[str], Path]) -> None:
    with pytest.raises(
        UserError, match=r"input: type --input with a file.*\nWithout it .* data.root: gone has no such"
    ):
        gan("--module", __name__, "--ckpt", with_data("gone"), "--direction", "horse2zebra")


# The Python side


def test_the_python_side_gives_what_the_command_writes(ckpt: Checkpoints, photos: Path) -> None:
    gan("--ckpt", ckpt.paired, "--input", "photos/sub folder/a.png", "--output", "out")
    made = load(ckpt.paired).translate("photos/sub folder/a.png")
    assert made.mode == "RGBA"
    assert made.tobytes() == Image.open("out/a.png").tobytes()


def test_the_python_side_takes_tensors_and_pillow_images(ckpt: Checkpoints) -> None:
    translator = load(ckpt.paired)
    image = torch.from_numpy(colours(40, 28)).permute(2, 0, 1)
    state = torch.random.get_rng_state()
    one = translator.translate(image)
    several = translator.translate(torch.stack([image, image.flip(1)]), "horse2zebra")
    assert torch.equal(torch.random.get_rng_state(), state)
    assert (one.dtype, one.shape, several.shape) == (torch.uint8, (3, 28, 40), (2, 3, 28, 40))
    assert torch.equal(several[0], one)
    pillow = translator.translate(Image.fromarray(colours(40, 28)))
    assert np.array_equal(np.asarray(pillow), one.permute(1, 2, 0).numpy())
    assert not torch.equal(translator.translate(image, seed=3), one)
    assert translator.translate(image[:1]).shape == (3, 28, 40)


def test_the_python_side_names_what_is_wrong(ckpt: Checkpoints, checkpoint: Path, workdir: Path) -> None:
    with pytest.raises(UserError, match=r"images: nowhere\.png: No such file"):
        load(ckpt.paired).translate("nowhere.png")
    with pytest.raises(UserError, match=r"images: torch.float32 \[3, 8, 8\] are none; give uint8"):
        load(ckpt.paired).translate(torch.rand(3, 8, 8))
    image = torch.zeros(3, 8, 8, dtype=torch.uint8)
    with pytest.raises(UserError, match="direction: of which"):
        load(ckpt.unpaired).translate(image)
    with pytest.raises(UserError, match="direction: blond,male are several; ask for one at a time"):
        load(ckpt.domains).translate(image, "blond,male")
    with pytest.raises(UserError, match="DCGAN makes images from noise"):
        load(checkpoint).translate(image)


def test_real_photographs(ckpt: Checkpoints, real_data: Path, workdir: Path) -> None:
    folder = real_data / "horse2zebra"
    found = sorted(folder.rglob("testA/*.jpg"))[:3] or sorted(folder.rglob("*.jpg"))[:3]
    gan("--ckpt", ckpt.unpaired, "--direction", "horse2zebra", "--input", *found, "--output", "out")
    for path in found:
        assert Image.open(Path("out") / path.name).size == Image.open(path).size
