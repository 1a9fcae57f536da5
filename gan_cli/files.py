"""Files that are written whole or not at all. No torch is needed."""

import errno
import io
import json
import math
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

NOT_ON_WINDOWS = re.compile(r'[<>:"|?*\x00-\x1f]')
"""What no name of a file has on Windows, beside slashes (Microsoft, "Naming Files, Paths, and Namespaces")."""
DEVICES = re.compile(r"(?i)con|prn|aux|nul|(?:com|lpt)[0-9\u00b9\u00b2\u00b3]")
"""The names of devices there."""
PATIENCE = 5.0
"""Seconds for which Windows is asked again to replace a file that somebody reads."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file beside the target that takes its place in one step: after a crash the old file is still whole.

    What is written into it is forced to the disk before it is moved over the target; no other file system is involved.

    Args:
        path: The file to make or replace; its folder is made if missing.

    Raises:
        OSError: If the folder cannot be written or is full; nothing but the old file remains.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch()
        yield temporary
        with open(temporary, "rb+") as file:  # Windows forces nothing to the disk that is open for reading alone
            os.fsync(file.fileno())
        move_over(temporary, path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        with suppress(OSError):
            temporary.unlink()
    _sync_folder(path.parent)


def move_over(source: Path, target: Path) -> None:
    """Moves a file or folder to a place, over the file or empty folder that is there.

    Windows refuses that while somebody reads either of the two, which a scanner for viruses does after each writing: it
    is asked again for `PATIENCE` seconds.

    Raises:
        OSError: If it is not possible.
    """
    last = time.monotonic() + (PATIENCE if sys.platform == "win32" else 0)
    if target.is_dir() and source.is_dir():  # which Windows does not replace
        target.rmdir()
    while True:
        try:
            os.replace(source, target)
            return
        except PermissionError:
            if time.monotonic() >= last:
                raise
        time.sleep(PATIENCE / 100)


def write_atomically(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Replaces a file by what `write` produces, made in memory before anything of the file system is touched.

    Args:
        path: The file to make or replace; its folder is made if missing.
        write: Gets a binary file to write into.

    Raises:
        OSError: If the folder cannot be written or is full; nothing but the old file remains.
    """
    buffer = io.BytesIO()
    write(buffer)
    with replacing(path) as temporary:
        temporary.write_bytes(buffer.getbuffer())


def write_json(path: Path, content: Any) -> None:
    """Writes plain data as JSON, whole or not at all; a number that is not finite becomes null, which JSON knows.

    Raises:
        OSError: If the folder cannot be written or is full; nothing but the old file remains.
    """
    write_text(path, json.dumps(_without_infinities(content), indent=2, allow_nan=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Writes a text as UTF-8, whole or not at all; bytes of a file's name that are no UTF-8 become backslashes.

    Raises:
        OSError: If the folder cannot be written or is full; nothing but the old file remains.
    """
    write_atomically(path, lambda file: file.write(text.encode("utf-8", "backslashreplace")))


def printable(name: str) -> str:
    """A file's name as text, the same under any locale; bytes that are no UTF-8 become backslashes."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def one_piece(name: str, instead: str) -> str:
    """A name for a file or folder, such as a class's: of one piece, printable, not hidden, and possible on this system.

    Args:
        name: Any text.
        instead: What it is called where nothing is left of the name.
    """
    plain = printable(name).replace("/", "-").replace("\\", "-").lstrip(".")
    return (_on_windows(plain) if sys.platform == "win32" else plain) or instead


def is_device(name: str) -> bool:
    """Whether Windows means a device by a file's name, whatever its ending."""
    return bool(DEVICES.fullmatch(name.partition(".")[0].strip()))


def _on_windows(name: str) -> str:
    plain = NOT_ON_WINDOWS.sub("-", name).rstrip(". ")
    return f"_{plain}" if is_device(plain) else plain


def _without_infinities(content: Any) -> Any:
    if isinstance(content, dict):
        return {name: _without_infinities(part) for name, part in content.items()}
    if isinstance(content, list | tuple):
        return [_without_infinities(part) for part in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content


def _sync_folder(folder: Path) -> None:
    """Makes the rename itself survive a power cut, where the system can open folders and the file system force them."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # as of folders on some network disks
            raise
    finally:
        os.close(descriptor)
