"""A close look at single image files: what they are, and why they cannot be read."""

import hashlib
from typing import NamedTuple

import numpy as np
from PIL import Image

from gan_cli.data.archives import File
from gan_cli.media import reading
from gan_cli.media.image_files import suffix_of

NOISE = 6
"""The channels of a grey image may differ by at most this much, because JPEG changes them a little."""

ENDINGS = {
    "JPEG": {".jpg", ".jpeg", ".jpe", ".jfif"},
    "MPO": {".jpg", ".jpeg", ".jpe", ".jfif"},
    "PNG": {".png", ".apng"},
    "AVIF": {".avif"},
    "HEIF": {".heic", ".heif"},
    "WEBP": {".webp"},
    "BMP": {".bmp"},
    "GIF": {".gif"},
    "TIFF": {".tif", ".tiff"},
    "PPM": {".ppm", ".pgm", ".pbm", ".pnm"},
}
"""The usual file endings of each format."""


class Examined(NamedTuple):
    """What a look at a file has shown.

    Attributes:
        file: The file.
        digest: Checksum of its bytes.
        reason: Why it cannot be read; "" if it can.
        size: Width and height, as it is shown.
        mode: Pillow's name for its colours and depth.
        kind: Its format.
        frames: Images in it.
        turned: Whether EXIF turns it.
        plain: Whether it is of one colour.
        grey: Whether it has no colours, whatever its mode.
        white: What is taken for white where it holds numbers (1, 255 or 65535); 0 for other images.
    """

    file: File
    digest: bytes = b""
    reason: str = ""
    size: tuple[int, int] = (0, 0)
    mode: str = ""
    kind: str = ""
    frames: int = 1
    turned: bool = False
    plain: bool = False
    grey: bool = False
    white: int = 0


def look(file: File, max_pixels: int = reading.MAX_PIXELS) -> Examined:
    """Examines one file."""
    try:
        content = file.content()
        data = file.path.read_bytes() if content is None else content
        digest = hashlib.sha256(data).digest()
        examined = reading.examine(file.path, data, max_pixels)
    except reading.Unreadable as error:
        return Examined(file, reason=error.reason)
    except OSError as error:
        return Examined(file, reason=error.strerror or str(error))
    return Examined(
        file,
        digest,
        size=examined.image.size,
        mode=examined.mode,
        kind=examined.kind,
        frames=examined.frames,
        turned=examined.turned,
        plain=_is_plain(examined.image),
        grey=_is_grey(examined.image),
        white=examined.white,
    )


def _is_plain(image: Image.Image) -> bool:
    ranges = image.getextrema()
    pairs = ranges if isinstance(ranges[0], tuple) else (ranges,)
    return all(low == high for low, high in pairs)


def _is_grey(image: Image.Image) -> bool:
    if image.mode not in ("RGB", "RGBA"):
        return True
    colours = np.asarray(image)[::4, ::4, :3].astype(np.int16)
    return int(np.ptp(colours, axis=2).max()) <= NOISE


def is_misnamed(one: Examined) -> bool:
    """Whether a file's ending, if it has one, does not fit its format."""
    suffix = suffix_of(one.file.key)
    return one.file.kind != "lmdb" and suffix not in ENDINGS.get(one.kind, {suffix}) | {""}


def size_of(one: Examined) -> str:
    """Width and height in words."""
    return f"{one.size[0]}x{one.size[1]}"


def colours(mode: str) -> str:
    """Pillow's mode in words, with the bits of a channel."""
    words = {"1": "black and white", "L": "grey", "LA": "grey with opacity", "P": "palette", "RGBA": "RGB with opacity"}
    depth = {"1": "1 bit", "F": "floats", "I": "32 bits"}.get(mode, "16 bits" if mode.startswith("I") else "8 bits")
    return f"{'grey' if mode[0] in 'IF' else words.get(mode, mode)}, {depth}"
