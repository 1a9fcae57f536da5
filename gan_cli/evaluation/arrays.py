"""Arrays of .npz files, read row by row: those that papers publish can be larger than the memory."""

import struct
import zipfile
import zlib
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from gan_cli.errors import UserError

LOCAL_HEADER = 30
"""Bytes of a zip member's header before its name; the lengths of name and extra field are its last four."""


class StoredArray:
    """An array of an .npz file; nothing but its header is read before its rows are asked for.

    Args:
        path: The file.
        member: The array's entry in it.

    Attributes:
        name: Its name, such as "arr_0".
        shape: Its shape.
        dtype: Its type.

    Raises:
        UserError: If it is no array, or would need code to be run (Python objects).
    """

    def __init__(self, path: Path, member: zipfile.ZipInfo) -> None:
        self.path, self.member = path, member
        self.name = member.filename.removesuffix(".npy")
        with self._opened as file:
            try:
                major, _ = npy.read_magic(file)
                read = npy.read_array_header_1_0 if major == 1 else npy.read_array_header_2_0
                self.shape, self.by_columns, self.dtype = read(file)
            except ValueError as error:
                raise UserError(f"evaluate: {path} holds {self.name}, which is no array ({error})") from error
            self.start = file.tell()
        if self.dtype.hasobject:
            raise UserError(
                f"evaluate: {path} holds Python objects in {self.name}, which are never loaded; save it as uint8"
            )

    def __str__(self) -> str:
        return f"{self.name} {self.dtype} {list(self.shape)}"

    def rows(self, numbers: list[int]) -> NDArray[Any]:
        """The rows with these numbers; fastest in ascending order.

        Raises:
            UserError: If the file is damaged there.
        """
        if self.member.compress_type == zipfile.ZIP_STORED or self.by_columns:
            return np.stack([self._mapped[number] for number in numbers])
        size = self.dtype.itemsize * int(np.prod(self.shape[1:]))
        found = []
        for number in numbers:
            try:
                self._stream.seek(self.start + number * size)
                found.append(np.frombuffer(self._stream.read(size), self.dtype).reshape(self.shape[1:]))
            except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
                raise UserError(f"evaluate: {self.path} is damaged in {self.name} ({error}); fetch it anew") from error
        return np.stack(found)

    def all(self) -> NDArray[Any]:
        """The whole array."""
        with np.load(self.path, allow_pickle=False) as content:
            array: NDArray[Any] = content[self.name]
            return array

    @property
    def _opened(self) -> IO[bytes]:
        return zipfile.ZipFile(self.path).open(self.member)

    @cached_property
    def _stream(self) -> IO[bytes]:
        """The unpacked bytes; going back begins anew."""
        return self._opened

    @cached_property
    def _mapped(self) -> NDArray[Any]:
        """The array where it lies in the file, or in memory if its order allows nothing else."""
        if self.member.compress_type != zipfile.ZIP_STORED:
            return self.all()
        with open(self.path, "rb") as file:
            file.seek(self.member.header_offset + LOCAL_HEADER - 4)
            start = self.member.header_offset + LOCAL_HEADER + sum(struct.unpack("<HH", file.read(4))) + self.start
        order: Any = "F" if self.by_columns else "C"
        return np.memmap(self.path, self.dtype, "r", start, self.shape, order)


def arrays_in(path: Path) -> dict[str, StoredArray]:
    """The arrays of an .npz file by name.

    Raises:
        UserError: If it is no such file, or one of them holds Python objects.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return {array.name: array for array in (StoredArray(path, member) for member in archive.infolist())}
    except (OSError, zipfile.BadZipFile, EOFError, struct.error) as error:
        raise UserError(f"evaluate: {path} is no whole .npz file ({error}); fetch or save it anew") from error
