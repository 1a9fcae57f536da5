"""`gan data check`, `gan data prepare` and `gan list data`, from the words typed to what is printed and written."""

import os
from pathlib import Path

import pytest
from PIL import Image

from gan_cli import data
from gan_cli.__main__ import main
from gan_cli.command import catalogue
from gan_cli.command.checking import guessed
from tests.data import pictures
from tests.data.images.test_celeba import ROWS
from tests.data.images.test_celeba import write as write_faces


@pytest.fixture
def folder(workdir: Path) -> Path:
    for number in range(20):
        pictures.write(workdir / "my images" / f"{number}.png")
    return workdir / "my images"


def test_a_clean_set_is_described_and_drawn(folder: Path, workdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "check", "my images", "--data.image_size", "16", "--data.batch-size", "8"]) == 0
    told = capsys.readouterr().out
    for wanted in ("ImageFolder: ", "image_size 16", "flip True", "train: 18\n", "held out: 2\n", "sizes: 24x20"):
        assert wanted in told
    assert "decoded: 0.0 MB to train on; data.cache auto keeps them: memory" in told
    assert told.endswith("written: contact-sheet-imagefolder.png\nnothing is wrong\n")
    with Image.open(workdir / "contact-sheet-imagefolder.png") as sheet:
        assert sheet.size == (146, 146)
    assert {path.name for path in workdir.iterdir()} == {"my images", "contact-sheet-imagefolder.png"}


def test_findings_end_with_exit_code_1_and_many_are_counted(
    folder: Path, workdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(12):
        (folder / f"x{number:02d}.png").touch()
    assert main(["data", "check", str(folder), "--output", "out/sheet.png", "--data.batch_size", "4"]) == 1
    out, error = capsys.readouterr()
    assert f"! 12 cannot be read\n    {folder}/x00.png (empty)\n" in out
    assert "    ... and 2 more\n" in out
    assert error == "gan: 1 finding; see above\n"
    assert (workdir / "out" / "sheet.png").is_file()


def test_names_that_no_terminal_can_show_are_shown_all_the_same(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open(os.fsencode(folder) + b"/\xff.png", "wb"):
        pass
    assert main(["data", "check", str(folder)]) == 1
    assert "\\udcff.png (empty)" in capsys.readouterr().out


def test_a_named_set_is_checked(workdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "check", "Digits"]) == 0
    assert "train: 1,437 (0 143" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["check"], "data: type gan data check NAME-or-folder"),
        (["inspect", "x"], "data: type gan data check NAME-or-folder"),
        (["check", "Digit"], "data: Digit is no folder, no .zip and no data set; did you mean Digits?"),
        (
            ["check", "Digits", "--data.image_size", "7"],
            "data.image_size: 7 is not possible; take a whole number from 16",
        ),
        (["check", "Digits", "--data.size", "7"], "size is no argument here"),
        (["check", "CelebA", "--data.root", "nowhere"], "data.root: nowhere must hold img_align_celeba/"),
        (["prepare", "Digits"], "data: Digits is held in memory as it is; there is nothing to prepare"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_few_lines(
    workdir: Path, words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", *words]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert len(error.splitlines()) <= 3


def test_a_set_is_prepared_and_then_taken_from_its_cache(
    folder: Path, workdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "prepare", "my images", "--data.image_size", "16"]) == 0
    assert "decoding 18 images into data/cache/ImageFolder-16-" in capsys.readouterr().out
    assert main(["data", "prepare", "my images", "--data.image_size", "16"]) == 0
    told = capsys.readouterr().out
    assert told.startswith(
        "ready in data/cache; to train from it: gan fit ... --data ImageFolder --data.root my images"
    )
    assert len(list((workdir / "data" / "cache").glob("*/pixels-00000.npy"))) == 2  # to train on, and held out
    (folder / "3.png").write_bytes((folder / "3.png").read_bytes()[:100])
    assert main(["data", "prepare", "my images", "--data.image_size", "16"]) == 2
    assert "3.png" in capsys.readouterr().err
    assert main(["data", "prepare", "my images", "--data.image_size", "16", "--data.on_error", "skip"]) == 0
    assert "unreadable files, for which others of their class stand in: 1" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words", [["prepare", "my images", "--data.cache_dir", "file"], ["check", "my images", "--output", "file/x.png"]]
)
def test_a_place_that_cannot_be_written_is_named(
    folder: Path, workdir: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (workdir / "file").touch()
    assert main(["data", *words, "--data.batch_size", "2"]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_a_folders_layout_tells_which_set_it_is(tmp_path: Path) -> None:
    for name in ("u/trainA/1.png", "u/trainB/1.png", "flat/1.png", "c/train/cat/1.png"):
        pictures.write(tmp_path / name)
    pictures.pair(tmp_path / "p" / "train" / "1.png", (0, 0, 0), (9, 9, 9))
    write_faces(tmp_path / "faces", ROWS)
    (tmp_path / "l" / "tower_train_lmdb").mkdir(parents=True)
    (tmp_path / "l" / "tower_train_lmdb" / "data.mdb").touch()
    (tmp_path / "m" / "MNIST").mkdir(parents=True)
    for name in ("maps/labels", "maps/images", "split/train/labels", "split/train/images", "city/gtFine"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("city/leftImg8bit", "ade/images", "ade/annotations", "cmp/base", "go/train/S/blur"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "go/train/S/sharp").mkdir()
    (tmp_path / "cmp/base/cmp_b0001.xml").touch()
    for name, line in (("people/zara1/test/1.txt", "0\t1\t8.46\t3.59"), ("text/1.txt", "a walk of four")):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(f"{line}\n")
    wanted = {
        "maps": "MapFolder", "split": "MapFolder", "city": "CityscapesMaps", "ade": "ADE20K", "cmp": "CMPFacades",
        "go": "GoPro",
        "u": "UnpairedFolder", "flat": "ImageFolder", "c": "ImageFolder", "p": "PairedFolder", "faces": "CelebA",
        "l": "LSUN", "l/tower_train_lmdb": "LSUN", "m": "MNIST",
        "people": "SceneFolder", "text": "ImageFolder",
    }  # fmt: skip
    assert {name: guessed(tmp_path / name) for name in wanted} == wanted


@pytest.mark.parametrize(("name", "said"), [("a.mp4", "no films to train on"), ("a.npy", "nothing in my things")])
def test_files_are_named_where_nothing_is_left_of_a_part(
    name: str, said: str, workdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (workdir / "my things").mkdir()
    for letter in "ab":
        (workdir / "my things" / name.replace("a", letter)).touch()
    assert main(["data", "check", "my things"]) == 2
    told = capsys.readouterr()
    assert "! 2 cannot be read\n" in told.out
    assert f"    my things/{name} (" in told.out
    assert said in told.err


def test_every_set_says_where_it_is_from_under_which_licence_and_how_it_is_laid_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    notes = catalogue.data_notes()
    told = (Path(catalogue.PACKAGE.parent) / "docs" / "data.md").read_text("utf-8")
    for name, note in notes.items():
        assert all(note.values()), name
        assert note == {kind: getattr(getattr(data, name), kind) for kind in note}
        assert f"`{name}`" in told
        assert note["home"].removeprefix("your own") in told
    assert main(["list", "data"]) == 0
    shown = capsys.readouterr().out
    assert "CelebA: 202,599 faces" in shown
    assert "  licence: for non-commercial research only; not to be passed on\n" in shown
