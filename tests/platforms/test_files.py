"""Files and their names on systems that this one is not."""

import errno
import fcntl
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gan_cli import __main__, files, home, runs
from gan_cli.command.running import short_errors
from gan_cli.errors import UserError
from gan_cli.inference.code_files import _check_names


class Refuses:
    """A function that refuses what it is asked some times, and then does it."""

    def __init__(self, does: Any, times: int, error: OSError) -> None:
        self.does, self.times, self.error = does, times, error

    def __call__(self, *arguments: Any) -> Any:
        self.times -= 1
        if self.times >= 0:
            raise self.error
        return self.does(*arguments)


def in_use(times: int) -> Refuses:
    return Refuses(os.replace, times, PermissionError(errno.EACCES, "it is open elsewhere"))


def test_files_are_forced_to_the_disk_as_windows_lets_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its `FlushFileBuffers` wants a file that is open for writing."""

    def flush(descriptor: int) -> None:
        if not Path(f"/proc/self/fd/{descriptor}").is_dir():
            assert fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDWR

    monkeypatch.setattr(os, "fsync", flush)
    files.write_text(tmp_path / "a.txt", "a")
    assert (tmp_path / "a.txt").read_text() == "a"


def test_a_disk_that_cannot_force_folders_is_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flush(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").is_dir():
            raise OSError(errno.ENOTSUP, "not of folders")

    monkeypatch.setattr(os, "fsync", flush)
    files.write_text(tmp_path / "a.txt", "a")
    assert (tmp_path / "a.txt").read_text() == "a"


@pytest.mark.usefixtures("windows")
def test_what_a_scanner_reads_is_replaced_a_moment_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "PATIENCE", 0.1)
    monkeypatch.setattr(os, "replace", in_use(3))
    files.write_text(tmp_path / "a.txt", "new")
    assert (tmp_path / "a.txt").read_text() == "new"
    monkeypatch.setattr(os, "replace", in_use(10**6))
    with pytest.raises(PermissionError):
        files.write_text(tmp_path / "a.txt", "newer")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_folder_takes_the_place_of_an_empty_one_which_windows_does_not_replace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = os.replace

    def as_on_windows(source: Path, target: Path) -> None:
        assert not target.is_dir()
        replace(source, target)

    monkeypatch.setattr(os, "replace", as_on_windows)
    for name in ("made/inside", "empty"):
        (tmp_path / name).mkdir(parents=True)
    files.move_over(tmp_path / "made", tmp_path / "empty")
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]
    assert (tmp_path / "empty" / "inside").is_dir()


def test_elsewhere_nobody_waits_for_what_is_not_permitted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "replace", in_use(1))
    with pytest.raises(PermissionError):
        files.write_text(tmp_path / "a.txt", "new")


@pytest.mark.usefixtures("windows")
def test_a_run_is_locked_by_the_locks_of_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[int] = []

    def locking(descriptor: int, how: int, length: int) -> None:
        if held:
            raise PermissionError(errno.EACCES, "locked")
        held.append(how)

    monkeypatch.setitem(sys.modules, "msvcrt", SimpleNamespace(LK_NBLCK=2, locking=locking))
    with runs.held(tmp_path):
        assert held == [2]
        with pytest.raises(UserError, match="another process is training"), runs.held(tmp_path):
            pass


@pytest.mark.usefixtures("windows")
def test_a_user_of_windows_without_a_home_gets_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "USERPROFILE", "LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "")  # noted, so that it is put back
        monkeypatch.delenv(name)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    home.settle()
    assert Path(os.environ["USERPROFILE"]).parent == tmp_path
    assert os.environ["USER"] == "0"


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("cats", "cats"),
        ("9:30 p.m.", "9-30 p.m"),
        ("what? <b>|\x07", "what- -b---"),
        ("NUL", "_NUL"),
        ("com1.2", "_com1.2"),
        ("console", "console"),
        ("a\\b/c", "a-b-c"),
        ("...", "class"),
    ],
)
@pytest.mark.usefixtures("windows")
def test_a_class_is_called_what_a_folder_can_be_called_on_windows(name: str, called: str) -> None:
    assert files.one_piece(name, "class") == called


def test_elsewhere_a_class_keeps_its_name() -> None:
    assert files.one_piece("9:30 p.m.", "class") == "9:30 p.m."


@pytest.mark.parametrize("name", ["C:x.png", "C:/Windows/x.png", "//host/share/x.png"])
def test_no_file_of_codes_names_a_place_of_windows(name: str) -> None:
    with pytest.raises(UserError, match="which no file below a folder can have"):
        _check_names(Path("codes.npz"), [name])


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EILSEQ, errno.ENAMETOOLONG])
def test_a_name_that_a_disk_cannot_have_is_told_in_a_line(number: int) -> None:
    with pytest.raises(UserError, match=r"^a:b cannot be written \(.*\); name another place$"), short_errors("sample"):
        raise OSError(number, os.strerror(number), "a:b")
    with pytest.raises(OSError, match="not of a file"), short_errors("sample"):
        raise OSError(number, "not of a file")


def test_files_behind_a_star_are_looked_up_where_the_shell_does_not(
    workdir: Path, monkeypatch: pytest.MonkeyPatch, windows: None
) -> None:
    for name in ("b.png", "a.png"):
        (workdir / name).touch()
    typed = ["translate", "*.png", "?.gif", "--given=*.png", "[0,1]"]
    monkeypatch.setattr(sys, "argv", ["gan", *typed])
    assert __main__._typed() == ["translate", "a.png", "b.png", "?.gif", "--given=*.png", "[0,1]"]
    monkeypatch.setattr(sys, "platform", "linux")
    assert __main__._typed() == typed


def open_or_mapped() -> str:
    opened = [os.readlink(entry) for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()]
    return "\n".join([*opened, Path("/proc/self/maps").read_text()])


def test_what_was_read_is_kept_open_by_nobody(checkpoint: Path, tmp_path: Path) -> None:
    """Windows neither replaces nor removes a file that is open or mapped."""
    from gan_cli.inference import checkpoints
    from gan_cli.media.film_reading import film_at, frames_of
    from gan_cli.media.images import Images
    from tests.data import pictures
    from tests.media.films import levels, save

    pictures.write(tmp_path / "a.png")
    kept: list[Any] = [checkpoints.read(checkpoint), Images().read(tmp_path / "a.png")]
    checkpoints.read(checkpoint, tensors=False)
    for name in ("a.gif", "a.mp4"):
        kept += list(frames_of(film_at(save(levels(4), tmp_path / name)), [0, 2]))
    left = open_or_mapped()
    assert kept
    assert str(checkpoint) not in left
    assert str(tmp_path) not in left
