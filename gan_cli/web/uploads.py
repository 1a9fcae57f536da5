"""Pictures from a browser: looked at before they are decoded, and made smaller where they are larger than is of use."""

import io
from pathlib import Path
from typing import NamedTuple

from PIL import Image
from starlette.datastructures import UploadFile

from gan_cli.errors import UserError
from gan_cli.media import reading
from gan_cli.media.reading import Unreadable

MOST_PIXELS = 64_000_000
"""No picture with more pixels is decoded: 256 MB of colours."""
LONGEST = 1024
"""A picture is reduced so that no side is longer, unless a caller asks for less: what is translated stays quick."""


class Uploaded(NamedTuple):
    """A picture that was uploaded.

    Attributes:
        image: As `reading.read` gives it, reduced if it was large.
        note: A line on what was done to it; "" if nothing was.
    """

    image: Image.Image
    note: str = ""


async def received(file: UploadFile) -> bytes:
    """The content of an upload, whose size the guard has bounded."""
    return await file.read()


def picture(content: bytes, name: str, longest: int = LONGEST) -> Uploaded:
    """A picture from the content of a file.

    Args:
        content: The file's bytes.
        name: What the person calls it; it is only shown.
        longest: Its longest side in pixels, at most.

    Raises:
        UserError: If it is no whole picture, or has too many pixels.
    """
    called = Path(Path(name).name[:80] or "the picture")
    try:
        width, height = reading.size(called, content, MOST_PIXELS)
        shrunk = min(1.0, longest / max(width, height))
        least = int(min(width, height) * shrunk)
        image = reading.read(called, content, MOST_PIXELS, at_least=max(1, least))
    except Unreadable as error:
        raise UserError(_told(error)) from error
    if shrunk == 1:
        return Uploaded(image)
    sides = (max(1, round(width * shrunk)), max(1, round(height * shrunk)))
    if image.mode == reading.WIDE:
        image = reading.to_mode(image, 1)
    note = f"{called} has {width}x{height} pixels, and was reduced to {sides[0]}x{sides[1]}"
    return Uploaded(image.resize(sides, Image.Resampling.BOX if max(image.size) > 4 * longest else None), note)


def check(content: bytes, name: str) -> None:
    """Refuses what is no whole picture, or has too many pixels, before it is decoded.

    Raises:
        UserError: If so.
    """
    try:
        reading.size(Path(name), content, MOST_PIXELS)
    except Unreadable as error:
        raise UserError(_told(error)) from error


def without_idle_opacity(content: bytes) -> bytes:
    """The content of a picture without an opacity that says nothing: a canvas saves one, opaque everywhere.

    Args:
        content: Of a whole picture.
    """
    image = reading.read(Path("picture"), content, MOST_PIXELS)
    if image.mode not in ("LA", "RGBA") or image.getchannel("A").getextrema() != (255, 255):
        return content
    plain = io.BytesIO()
    image.convert(image.mode[:-1]).save(plain, "PNG")
    return plain.getvalue()


def _told(error: Unreadable) -> str:
    if "pixels" in error.reason:
        return f"{error.path} has {error.reason}; take a smaller picture"
    return f"{error.path} is no picture that can be read ({error.reason}); take a PNG, JPEG, WebP or GIF"
