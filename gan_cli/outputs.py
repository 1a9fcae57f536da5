"""Standard output and standard error that end nothing when they can no longer be written. No torch is needed."""

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

UNENCODABLE = "backslashreplace"
"""A file's name may not fit into the encoding."""
_deserted = False


def deserted() -> bool:
    """Whether what is printed goes to a pipe that nobody reads any more, as in `gan fit | head -1`."""
    return _deserted


@contextmanager
def outlived() -> Iterator[None]:
    """Within the block, what cannot be printed is dropped: the reader, the terminal or the disk's room is gone."""
    global _deserted
    _deserted = False
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _lasting(sys.stdout, 1), _lasting(sys.stderr, 2)
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        sys.stdout, sys.stderr = before


class _Lasting(io.FileIO):
    """A descriptor that becomes the null device's once it cannot be written: for what other code prints, too."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "wb", closefd=False)

    def write(self, data: "bytes | bytearray | memoryview") -> int:  # type: ignore[override]
        try:
            return super().write(data)
        except OSError as error:
            global _deserted
            _deserted |= isinstance(error, BrokenPipeError) or _says_windows_of_a_broken_pipe(error)
            _to_null(self.fileno())
            return super().write(data)


def _lasting(stream: TextIO | None, descriptor: int) -> TextIO:
    """A stream of the process made lasting; another's, such as that of a test, can print any name, and no more."""
    if stream is None:  # it was closed before the start; a file opened later would take its place
        _to_null(descriptor)
        return open(descriptor, "w", encoding="utf-8", closefd=False)
    if type(stream) is not io.TextIOWrapper:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=UNENCODABLE)
        return stream
    if not isinstance(getattr(stream.buffer, "raw", stream.buffer), io.FileIO):
        stream.reconfigure(errors=UNENCODABLE)  # Windows' console, which shows text and not bytes, and never breaks
        return stream
    stream.flush()
    raw = _Lasting(stream.fileno())
    return io.TextIOWrapper(
        raw if stream.write_through else io.BufferedWriter(raw),  # type: ignore[type-var]
        encoding=stream.encoding,
        errors=UNENCODABLE,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def _says_windows_of_a_broken_pipe(error: OSError) -> bool:
    return sys.platform == "win32" and error.errno == errno.EINVAL


def _to_null(descriptor: int) -> None:
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, descriptor)
    if null != descriptor:
        os.close(null)
