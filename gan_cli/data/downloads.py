"""Archives from the network as folders: resumed after a break, checked, unpacked safely, there whole or not at all."""

import gzip
import hashlib
import http.client
import os
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from gan_cli.errors import UserError
from gan_cli.files import move_over

TIMEOUT = 30
"""An attempt is given up after this many seconds without an answer."""
CHUNK = 1 << 20


class Archive(NamedTuple):
    """A data set as it is published.

    Attributes:
        name: The folder that it unpacks to.
        url: Its address; "" where it may not be passed on, and is to be fetched by hand.
        size: Bytes; 0 where that is not known beforehand.
        sha256: Its checksum; "" where no source that can be trusted gives one.
        home: Where to read about it.
    """

    name: str
    url: str
    size: int
    sha256: str
    home: str

    @property
    def file(self) -> str:
        """The archive's own name."""
        return self.url.rpartition("/")[2]


def provide(archive: Archive, root: Path, complete: Callable[[Path], bool], offline: list[str]) -> None:
    """Makes sure that the folder `root/NAME` is there; if it is there already, it is not fetched again.

    An archive that lies in `root` is unpacked and kept; one that was fetched is removed afterwards.

    Args:
        archive: What to fetch.
        root: Folder that holds the data sets.
        complete: Tells whether a folder holds the whole set.
        offline: Data sets to name to a user who has no network.

    Raises:
        UserError: If it is not there and cannot be fetched, is not what it should be, or holds what cannot be unpacked
            safely.
        OSError: If the folder cannot be written or is full.
    """
    folder = root / archive.name
    if complete(folder):
        return
    if folder.exists() and any(folder.iterdir()):
        raise UserError(f"data.root: {folder} is there, but is not {archive.name}; move it away, or name another root")
    if not archive.url:
        raise UserError(
            f"data: {archive.name} may not be passed on, and is not in {folder}\n"
            f"Fetch it from {archive.home} and put it there"
        )
    packed = root / archive.file
    fetched = not packed.is_file()
    if fetched:
        root.mkdir(parents=True, exist_ok=True)
        try:
            fetch(archive, packed)
        except (URLError, TimeoutError, ConnectionError, http.client.HTTPException) as error:
            raise UserError(
                f"{archive.name} is not in {folder}, and {archive.url} could not be fetched whole ({_reason(error)})\n"
                f"The same command goes on from there. Or put the archive, or the unpacked folder {archive.name}, "
                f"into {root}\nWithout a network: --data {' or '.join(offline)}"
            ) from error
    check(archive, packed)
    unpack(packed, folder, complete)
    if fetched:
        packed.unlink()


def fetch(archive: Archive, target: Path) -> None:
    """Fetches an archive by way of `target.part`, from where an earlier attempt broke off.

    Raises:
        URLError: If nothing answers.
        ConnectionError: If the answer breaks off.
    """
    part = target.with_name(target.name + ".part")
    have = part.stat().st_size if part.is_file() else 0
    if not archive.size or have < archive.size:
        try:
            _receive(archive, part, have)
        except HTTPError as error:
            if error.code != http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise
            part.unlink()  # it is longer than the archive is now, so it is fetched from the beginning
            _receive(archive, part, 0)
    move_over(part, target)


def check(archive: Archive, packed: Path) -> None:
    """Refuses a file that is not the archive, and moves it aside.

    Raises:
        UserError: If its size or checksum differs.
    """
    size = packed.stat().st_size
    wrong = ""
    if archive.size and size != archive.size:
        wrong = f"has {size:,} bytes, and not {archive.size:,}"
    elif archive.sha256 and (found := _sha256(packed)) != archive.sha256:
        wrong = f"has the SHA-256 {found[:12]}..., and not {archive.sha256[:12]}..."
    if wrong:
        aside = packed.with_name(packed.name + ".wrong")
        move_over(packed, aside)
        raise UserError(
            f"{archive.name}: {packed} {wrong}; it was moved to {aside.name}, and the next run fetches anew"
        )


def unpack(packed: Path, folder: Path, complete: Callable[[Path], bool]) -> None:
    """Unpacks a .zip or .tar.gz into a folder, which appears whole or not at all.

    Args:
        packed: The archive.
        folder: The folder to make. The archive holds one such folder, or its content.
        complete: Tells whether a folder holds what is wanted.

    Raises:
        UserError: If the archive is damaged, holds links or names that lead out of it, or is not what is wanted. Then
            nothing of it is left.
    """
    aside = folder.with_name(f".{folder.name}.{os.getpid()}.unpacking")
    shutil.rmtree(aside, ignore_errors=True)
    try:
        for name, content in _members(packed):
            target = aside / _safe(name, packed)
            target.parent.mkdir(parents=True, exist_ok=True)
            with open(target, "wb") as file:
                shutil.copyfileobj(content, file, CHUNK)
        inner = next((place for place in (aside, *sorted(aside.iterdir())) if complete(place)), None)
        if inner is None:
            raise UserError(f"{packed}: does not hold the folders of {folder.name}; fetch it anew")
        if folder.is_dir():
            folder.rmdir()
        move_over(inner, folder)
    except (tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UserError(f"{packed}: is damaged ({error}); remove it, and the next run fetches it anew") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _receive(archive: Archive, part: Path, have: int) -> None:
    request = Request(archive.url, headers={"Range": f"bytes={have}-"} if have else {})
    with closing(urlopen(request, timeout=TIMEOUT)) as answer:
        if answer.status != http.client.PARTIAL_CONTENT:
            have = 0  # the server sends everything anew
        announced = int(answer.headers.get("Content-Length") or 0)
        total = archive.size or (announced and have + announced)
        console = Console()
        size = f"{total / 1e6:,.0f} MB" if total else "unknown size"
        console.print(f"fetching {archive.url} ({size}) into {part.parent}", soft_wrap=True, highlight=False)
        bar = Progress(
            TextColumn(archive.name),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        with bar, open(part, "ab" if have else "wb") as file:
            task = bar.add_task(archive.name, total=total or None, completed=have)
            while chunk := answer.read(CHUNK):
                file.write(chunk)
                have += len(chunk)
                bar.update(task, completed=have)
    if have < total:
        raise ConnectionError(f"it broke off after {have:,} of {total:,} bytes")


def _members(packed: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Every file of an archive with its name, one after the other.

    Raises:
        UserError: If a member is neither file nor folder.
    """
    if zipfile.is_zipfile(packed):
        with zipfile.ZipFile(packed) as archive:
            for entry in archive.infolist():
                kind = stat.S_IFMT(entry.external_attr >> 16)
                if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                    raise _unsafe(packed, entry.filename)
                if not entry.is_dir():
                    with archive.open(entry) as content:
                        yield entry.filename, content
        return
    with tarfile.open(packed, "r:*") as tar:
        for member in tar:
            if not (member.isreg() or member.isdir()):
                raise _unsafe(packed, member.name)
            if inside := tar.extractfile(member):  # None for a folder
                yield member.name, inside
        while tar.fileobj and tar.fileobj.read(CHUNK):
            pass  # read to the very end, where gzip compares its checksum


def _safe(name: str, packed: Path) -> PurePosixPath:
    """A member's name as a path below a folder.

    Raises:
        UserError: If it leads elsewhere, on any system.
    """
    path = PurePosixPath(name)
    foreign = PureWindowsPath(name)
    if path.is_absolute() or foreign.drive or foreign.root or ".." in foreign.parts or not path.parts:
        raise _unsafe(packed, name)
    return path


def _unsafe(packed: Path, name: str) -> UserError:
    return UserError(f"{packed}: holds {name!r}, which is a link or leads out of its folder; nothing was unpacked")


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    return str(getattr(reason, "strerror", None) or reason)
