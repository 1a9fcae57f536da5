import zipfile
from pathlib import Path

import lmdb
import pytest

from gan_cli.data import archives
from gan_cli.errors import UserError
from gan_cli.media import reading
from gan_cli.media.reading import Unreadable
from tests.data import pictures


def zipped(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.fixture
def png(tmp_path: Path) -> bytes:
    pictures.write(tmp_path / "one.png", 8, 6)
    return (tmp_path / "one.png").read_bytes()


def test_images_in_a_zip_archive_are_files(tmp_path: Path, png: bytes) -> None:
    names = {"b/ä 1.png": png, "a.PNG": png, "notes.txt": b"", ".hidden.png": png, "__MACOSX/b/._1.png": b"x"}
    files = archives.listing(zipped(tmp_path / "set.zip", names))
    assert [(file.key, file.name) for file in files] == [("a.PNG", "a"), ("b/ä 1.png", "b/ä 1")]
    assert files[1].path == tmp_path / "set.zip" / "b/ä 1.png"
    assert reading.read(files[1].path, files[1].content()).size == (8, 6)


def test_images_without_the_usual_endings_are_found_in_an_archive(tmp_path: Path, png: bytes) -> None:
    names = {"a.b/1": png, "a.b/2.img": png, "a.b/3": b"text", "a.b/": b"", "notes.txt": png}
    files = archives.listing(zipped(tmp_path / "set.zip", names))
    assert [(file.key, file.name) for file in files] == [("a.b/1", "a.b/1"), ("a.b/2.img", "a.b/2")]


@pytest.mark.parametrize("name", ["../out.png", "/etc/x.png", "a/../../x.png", "..\\x.png"])
def test_an_archive_with_names_that_lead_out_of_it_is_refused(tmp_path: Path, png: bytes, name: str) -> None:
    path = zipped(tmp_path / "set.zip", {"a.png": png, name: png})
    with pytest.raises(UserError, match=r"set.zip has a member .* that leads out of it"):
        archives.listing(path)


def test_damaged_archives_are_named(tmp_path: Path, png: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path / "set.zip", {"a.png": png, "b.png": png})
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r"set.zip is no whole zip archive"):
        archives.listing(path)
    other = tmp_path / "other.zip"
    other.write_bytes(whole.replace(png, b"\0" * len(png), 1))
    file = archives.listing(other)[0]
    with pytest.raises(Unreadable, match=r"other.zip/a.png: damaged \(Bad CRC-32"):
        file.content()
    monkeypatch.setattr(archives, "MOST_BYTES", 10)
    with pytest.raises(Unreadable, match="unpacks to more than 10 bytes"):
        archives.listing(other)[1].content()


def database(path: Path, values: dict[bytes, bytes]) -> Path:
    with lmdb.open(str(path), map_size=1 << 22) as opened, opened.begin(write=True) as transaction:
        for key, value in values.items():
            transaction.put(key, value)
    return path


def test_values_of_a_database_are_files(tmp_path: Path, png: bytes) -> None:
    path = database(tmp_path / "bedroom_train_lmdb", {b"2": png, b"1\xff": b"no image"})
    files = archives.values(path)
    assert [file.key for file in files] == ["1\xff", "2"]
    assert [file.content() for file in files] == [b"no image", png]
    assert archives.is_database(path)
    assert not archives.is_database(tmp_path)


@pytest.mark.parametrize("left", [0.0, 0.001, 0.5, 0.9])
def test_a_database_that_was_cut_short_is_refused_and_not_read_past_its_end(
    tmp_path: Path, png: bytes, left: float
) -> None:
    path = database(tmp_path / "x_train_lmdb", {f"{number:03d}".encode(): png * 20 for number in range(50)})
    data = (path / "data.mdb").read_bytes()
    (path / "data.mdb").write_bytes(data[: int(left * len(data))])
    with pytest.raises(UserError, match=r"x_train_lmdb is no whole LMDB database"):
        archives.values(path)
