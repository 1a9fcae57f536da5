"""Files that are written whole or not at all. No torch is needed."""

import io
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO


def write_atomically(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Replaces a file by what `write` produces, in one step: after a crash or a full disk the old file is still whole.

    The bytes are made in memory, written beside the target (no other file system is involved), forced to the disk, and
    only then moved over it.

    Args:
        path: The file to make or replace; its folder is made if missing.
        write: Gets a binary file to write into.

    Raises:
        OSError: If the folder cannot be written or is full; nothing but the old file remains.
    """
    buffer = io.BytesIO()
    write(buffer)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb") as file:
            file.write(buffer.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        with suppress(OSError):
            temporary.unlink()
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Makes the rename itself survive a power cut, where the system can open folders (POSIX)."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
