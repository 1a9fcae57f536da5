"""Which files are images: by their endings, and where an ending says nothing, by their first bytes."""

import mimetypes
import os
import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from gan_cli.errors import UserError

SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".avif", ".heic", ".heif"}
    | {".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm"}
)
"""File endings, in lower case, of what is taken for an image without a look into it."""

SIGNATURES = {
    "PNG": rb"\x89PNG\r\n\x1a\n",
    "JPEG": rb"\xff\xd8\xff",
    "WEBP": rb"RIFF.{4}WEBP",
    "AVIF": rb".{4}ftyp.*avi[fs]",
    "HEIF": rb".{4}ftyp.*(hei[cxms]|hev[cxms]|mif1|msf1)",
    "BMP": rb"BM.{4}\0{4}",
    "GIF": rb"GIF8[79]a",
    "TIFF": rb"II[*+]\0|MM\0[*+]",
    "PPM": rb"P[1-6]\s+[#\d]",
}
"""How the files of each format begin; an AVIF may call itself a HEIF as well."""

HEAD = 64
"""This many bytes tell a file's format."""

USUAL_TYPES = mimetypes.MimeTypes()
"""Types by ending as Python knows them, whatever this system adds."""


def image_names(folder: Path) -> list[str]:
    """The image files below a folder: paths from there with "/", sorted; without hidden ones.

    Links are followed; a folder is entered once, by the first of its names, so links in a circle end.

    Raises:
        UserError: If a folder cannot be read: images in it would be missing without a word.
    """
    found: list[str] = []
    entered = {_identity(folder.stat())}
    pending = [""]
    while pending:
        below = pending.pop()
        try:
            with os.scandir(folder / below) as entries:
                here = sorted((entry for entry in entries if not entry.name.startswith(".")), key=lambda e: e.name)
            folders = []
            for entry in here:
                if _holds(entry.is_dir):
                    if (identity := _identity(entry.stat())) not in entered:
                        entered.add(identity)
                        folders.append(f"{below}{entry.name}/")
                elif _holds(entry.is_file) and is_image(entry.name, partial(_head, entry.path)):
                    found.append(below + entry.name)
        except OSError as error:
            raise UserError(
                f"{folder / below} cannot be read ({error.strerror}); mend its permissions, or move it away"
            ) from error
        pending += folders[::-1]
    return sorted(found)


def is_image_file(path: Path) -> bool:
    """Whether a file is an image, by its ending or by its content."""
    return is_image(path.name, partial(_head, path))


def is_image(name: str, head: Callable[[], bytes]) -> bool:
    """Whether a file is an image.

    Args:
        name: Its name. An ending that belongs to something else (text, sound, JSON, ...) settles it too: there may be
            as many of those as of images, and opening each takes time.
        head: Gives its first `HEAD` bytes.
    """
    suffix = suffix_of(name)
    if suffix in SUFFIXES:
        return True
    usual = USUAL_TYPES.guess_type(f"x{suffix}")[0] or "image"
    return usual.startswith(("image", "application/octet-stream")) and bool(kind_of(head()))


def kind_of(head: bytes) -> str:
    """The format of an image file, as Pillow calls it, from its first bytes; "" if it is none of those read here."""
    return next((kind for kind, begin in SIGNATURES.items() if re.match(begin, head, re.DOTALL)), "")


def suffix_of(name: str) -> str:
    """The ending of a name with "/", in lower case; "" if it has none."""
    last = name.rpartition("/")[2]
    stem, dot, ending = last.rpartition(".")
    return f".{ending.lower()}" if dot and stem else ""


def stem_of(name: str) -> str:
    """A name with "/" without its ending."""
    return name[: len(name) - len(suffix_of(name))]


def _head(path: str | Path) -> bytes:
    with suppress(OSError), open(path, "rb") as file:
        return file.read(HEAD)
    return b""


def _holds(question: Callable[[], bool]) -> bool:
    try:
        return question()
    except OSError:  # a link to itself
        return False


def _identity(status: os.stat_result) -> tuple[int, int]:
    """The numbers that tell folders apart, whatever their names."""
    return status.st_dev, status.st_ino
