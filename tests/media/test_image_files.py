"""Which files are images."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from gan_cli.errors import UserError
from gan_cli.media import image_files


def test_hidden_files_and_other_endings_are_no_images(tmp_path: Path) -> None:
    for name in ("b.PNG", "a.jpeg", ".hidden.png", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / ".thumbnails").mkdir()
    (tmp_path / ".thumbnails" / "c.png").touch()
    assert image_files.image_names(tmp_path) == ["a.jpeg", "b.PNG"]


def test_links_are_followed_and_a_folder_is_entered_once(tmp_path: Path) -> None:
    (tmp_path / "a" / "inner").mkdir(parents=True)
    (tmp_path / "a" / "1.png").touch()
    (tmp_path / "b").symlink_to("a")
    (tmp_path / "a" / "inner" / "up").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to("self")
    (tmp_path / "nowhere.png").symlink_to("gone.png")
    (tmp_path / "linked.png").symlink_to("a/1.png")
    os.mkfifo(tmp_path / "pipe.png")
    assert image_files.image_names(tmp_path) == ["a/1.png", "linked.png"]


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "closed").mkdir()
    scan = os.scandir

    def refuse(path: Path) -> Any:
        if path.name == "closed":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)  # the one who runs the tests may be allowed everything
    with pytest.raises(UserError, match=r"closed cannot be read \(Permission denied\); mend its permissions"):
        image_files.image_names(tmp_path)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "AVIF", "BMP", "GIF", "TIFF", "PPM"])
def test_an_image_is_known_by_its_content_whatever_its_ending(tmp_path: Path, kind: str) -> None:
    for name in ("no ending", "b.img", "c.jpg_large", "folder.d/1"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (16, 16)).save(tmp_path / name, kind)
    assert image_files.image_names(tmp_path) == ["b.img", "c.jpg_large", "folder.d/1", "no ending"]
    with open(tmp_path / "b.img", "rb") as file:
        assert image_files.kind_of(file.read(image_files.HEAD)) == kind


@pytest.mark.parametrize("name", ["a.jfif", "a.JPE", "a.avif", "a.heic"])
def test_usual_endings_are_taken_without_a_look(name: str) -> None:
    assert image_files.is_image(name, lambda: pytest.fail("it was opened"))


@pytest.mark.parametrize("name", ["a.txt", "a.json", "a.csv", "a.mp4", "a.PDF"])
def test_endings_of_other_things_are_left_out_without_a_look(name: str) -> None:
    assert not image_files.is_image(name, lambda: pytest.fail("it was opened"))


@pytest.mark.parametrize(
    "head", [b"", b"BMW is a car, and no picture", b"P1 is a text", b"\0\0\0\x18ftypmp42\0\0\0\0isom"]
)
def test_other_beginnings_are_no_images(head: bytes) -> None:
    assert image_files.kind_of(head) == ""


@pytest.mark.parametrize(("name", "stem"), [("a.b/c", "a.b/c"), ("a.b/c.png", "a.b/c"), (".x", ".x"), ("c", "c")])
def test_only_the_last_part_of_a_name_has_an_ending(name: str, stem: str) -> None:
    assert image_files.stem_of(name) == stem
