"""Image files: on their own below a folder, members of zip archives, values of LMDB databases."""

import hashlib
import os
import zipfile
import zlib
from contextlib import suppress
from functools import lru_cache, partial
from pathlib import Path, PurePosixPath
from typing import Any, Literal, NamedTuple

import lmdb

from gan_cli.errors import UserError
from gan_cli.media.image_files import HEAD, image_names, is_image, stem_of
from gan_cli.media.reading import Unreadable

DATABASE = "data.mdb"
"""LMDB's name for its file inside a database's folder."""
MOST_BYTES = 1 << 30
"""A member of an archive may unpack to at most this many bytes."""
SUMMED = 1 << 20
"""The checksum of a file is of so many bytes."""
DAMAGES = (OSError, zipfile.BadZipFile, zlib.error, lmdb.Error, KeyError, RuntimeError, NotImplementedError)
"""What reading from a damaged archive or database raises."""


class File(NamedTuple):
    """An image file of a set.

    Attributes:
        root: The folder, archive or database that it is in.
        key: Its path below the folder, its name in the archive, or its key in the database.
        name: Its name in its part: the path below the part's folder, without the ending.
        kind: What kind of place the root is.
    """

    root: Path
    key: str
    name: str
    kind: Literal["folder", "zip", "lmdb"] = "folder"

    def __str__(self) -> str:
        return str(self.path)

    @property
    def path(self) -> Path:
        """Where it is, also for messages: for a member or a value, the path of the archive and the key."""
        return self.root / self.key

    @property
    def container(self) -> Path:
        """The file on the disk that holds its bytes."""
        return {"folder": self.path, "zip": self.root, "lmdb": self.root / DATABASE}[self.kind]

    def checksum(self) -> bytes:
        """A sum of its content; of a file or value of its first `SUMMED` bytes, of a member what the archive says.

        Nothing of what cannot be read: that is said where it is decoded.
        """
        with suppress(*DAMAGES):
            match self.kind:
                case "zip":
                    return _archive(self.root, os.getpid()).getinfo(self.key).CRC.to_bytes(4)
                case "lmdb":
                    return hashlib.sha256(_value(self.root, self.key)[:SUMMED]).digest()
                case "folder":
                    with open(self.path, "rb") as file:
                        return hashlib.sha256(file.read(SUMMED)).digest()
        return b""

    def content(self) -> bytes | None:
        """Its bytes if it is inside another file, otherwise None.

        Raises:
            Unreadable: If the archive or database is damaged there.
        """
        try:
            match self.kind:
                case "zip":
                    return _member(self.root, self.key)
                case "lmdb":
                    return _value(self.root, self.key)
                case "folder":
                    return None
        except DAMAGES as error:
            raise Unreadable(self.path, f"damaged ({error})") from error


def is_archive(path: Path) -> bool:
    """Whether a path is a zip archive, by its name."""
    return path.suffix.lower() == ".zip" and path.is_file()


def is_database(path: Path) -> bool:
    """Whether a path is the folder of an LMDB database."""
    return (path / DATABASE).is_file()


def listing(root: Path) -> list[File]:
    """The images below a folder or in a zip archive, by their endings, sorted, under their whole names without endings.

    Raises:
        UserError: If a folder cannot be read, or an archive is damaged or has names that lead out of it.
    """
    if is_archive(root):
        return [File(root, key, stem_of(key), "zip") for key in _members(root)]
    return [File(root, key, stem_of(key)) for key in image_names(root)]


def content_of(root: Path, key: str) -> bytes | None:
    """The bytes of a text file below a folder or in a zip archive; None if it is not there.

    Raises:
        UserError: If it cannot be read.
    """
    try:
        if is_archive(root):
            return _member(root, key) if key in _archive(root, os.getpid()).NameToInfo else None
        return (root / key).read_bytes() if (root / key).is_file() else None
    except DAMAGES as error:
        raise UserError(f"data.root: {root / key} cannot be read ({error})") from error
    except Unreadable as error:
        raise UserError(f"data.root: {error}") from error


def values(root: Path) -> list[File]:
    """The values of an LMDB database, in its order.

    Raises:
        UserError: If it is damaged or cut short.
    """
    try:
        with _database(root).begin() as transaction:
            keys = [bytes(key).decode("latin-1") for key in transaction.cursor().iternext(values=False)]
    except (lmdb.Error, OSError) as error:
        raise UserError(f"data.root: {root} is no whole LMDB database ({error}); fetch it anew") from error
    return [File(root, key, key, "lmdb") for key in keys]


def _members(path: Path) -> list[str]:
    """The names of the images in a zip archive, sorted; without hidden ones."""
    try:
        names = _archive(path, os.getpid()).namelist()
    except (OSError, zipfile.BadZipFile) as error:
        raise UserError(f"data.root: {path} is no whole zip archive ({error}); fetch or pack it anew") from error
    for name in names:
        parts = PurePosixPath(name).parts
        if PurePosixPath(name).is_absolute() or ".." in parts or "\\" in name:
            raise UserError(f"data.root: {path} has a member {name!r} that leads out of it; take one you trust")
    return sorted(name for name in names if not _hidden(name) and is_image(name, partial(_head, path, name)))


def _head(path: Path, name: str) -> bytes:
    """The first bytes of a member; none of a folder, or of what is damaged or encrypted."""
    with suppress(*DAMAGES), _archive(path, os.getpid()).open(name) as member:
        return member.read(HEAD)
    return b""


def _hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)


def _member(path: Path, name: str) -> bytes:
    archive = _archive(path, os.getpid())
    if archive.getinfo(name).file_size > MOST_BYTES:
        raise Unreadable(path / name, f"unpacks to more than {MOST_BYTES:,} bytes")
    return archive.read(name)


def _value(path: Path, key: str) -> bytes:
    with _database(path).begin() as transaction:
        return bytes(transaction.get(key.encode("latin-1"), b""))


@lru_cache(maxsize=16)
def _archive(path: Path, process: int) -> zipfile.ZipFile:
    """An archive, opened once by each process: a forked process would share the position in the file."""
    return zipfile.ZipFile(path)


def _database(path: Path) -> Any:
    """A database, opened once by each process; a forked process closes what it inherited, or LMDB would refuse.

    Nobody writes, so no lock is needed.
    """
    process, database = _databases.get(path, (0, None))
    if process != os.getpid():
        if database is not None:
            database.close()
        database = _opened(path)
        _databases[path] = (os.getpid(), database)
    return database


_databases: dict[Path, tuple[int, Any]] = {}
"""Each database that is open, with the process that opened it."""


def _opened(path: Path) -> Any:
    """Opens a database.

    Raises:
        OSError: If the file is shorter than its header says: reading past its end would kill the process.
    """
    database = lmdb.open(str(path), readonly=True, lock=False, readahead=False, meminit=False, max_readers=1024)
    wanted = (database.info()["last_pgno"] + 1) * database.stat()["psize"]
    there = (path / DATABASE).stat().st_size
    if there < wanted:
        database.close()
        raise OSError(f"it has {there:,} bytes, and its header says {wanted:,}")
    return database
