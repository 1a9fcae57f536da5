"""Picture files in and out without loss: 8 or 16 bits, transparency and colour profile stay what they were."""

import io
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate

from gan_cli.files import write_atomically
from gan_cli.media import reading
from gan_cli.media.reading import Unreadable

Pixels = NDArray[Any]
"""The pixels of a picture, uint8 or uint16 [H, W, C]."""

FORMATS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".jpe": "JPEG",
    ".jfif": "JPEG",
    ".webp": "WEBP",
    ".avif": "AVIF",
    ".bmp": "BMP",
    ".gif": "GIF",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".ppm": "PPM",
    ".pgm": "PPM",
}
"""The format that is written for each file ending, in lower case."""

DEEP, TRANSPARENT, PROFILED = (
    {"PNG", "TIFF"},
    {"PNG", "WEBP", "AVIF", "TIFF", "GIF"},
    {"PNG", "JPEG", "WEBP", "AVIF", "TIFF"},
)
"""Formats that hold 16 bits, formats that hold an alpha channel, and formats that hold a colour profile."""

OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"quality": 95},
    "AVIF": {"quality": 95, "subsampling": "4:4:4"},
    "TIFF": {"compression": "tiff_deflate"},
}
"""Options for writing each format; those that lose something lose little."""

GREY = np.array([19595, 38470, 7471], dtype=np.uint32)
"""Weights of red, green and blue in grey, by ITU-R 601, in 65536ths, as in Pillow."""

TURNS: dict[int, Callable[[Pixels], Pixels]] = {
    1: lambda pixels: pixels,
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: pixels[::-1, ::-1].swapaxes(0, 1),
    8: lambda pixels: np.rot90(pixels),
}
"""The operation that turns an image upright, for each EXIF orientation."""


class Unwritable(Exception):
    """A picture that the format of its file cannot hold.

    Args:
        path: The file.
        reason: Why, in a few words.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.reason = reason


class Picture(NamedTuple):
    """An image file's content.

    Attributes:
        colours: uint8 or uint16 [H, W, C], C = 1 (grey) or 3.
        alpha: Opacity of the same type, [H, W], or None.
        profile: The ICC profile of the colours, or None.
    """

    colours: Pixels
    alpha: Pixels | None = None
    profile: bytes | None = None

    @property
    def deep(self) -> bool:
        """Whether it has 16 bits."""
        return bool(self.colours.dtype == np.uint16)


def read_picture(path: Path) -> Picture:
    """A file's image, upright, with all the bits it has.

    Raises:
        Unreadable: If it is no whole image.
    """
    picture = picture_of(reading.read(path))
    return picture if picture.deep else _in_16_bits(path) or picture


def picture_of(image: Image.Image) -> Picture:
    """A Pillow image of the modes "L", "LA", "RGB", "RGBA" and "I;16"; other modes become "RGB" or "RGBA"."""
    if image.mode not in ("L", "LA", "RGB", "RGBA", reading.WIDE):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    profile = image.info.get("icc_profile")
    return _picture(np.array(image).reshape(image.height, image.width, -1), profile)


def for_network(picture: Picture, channels: int) -> Pixels:
    """The pixels a network takes, uint8 or uint16 [H, W, C].

    Pixels that are not fully transparent keep their colours; the others become white.

    Args:
        picture: The image.
        channels: C: 1 (grey), 3, or 4 with the opacity.
    """
    colours, alpha = picture.colours, picture.alpha
    full = np.iinfo(colours.dtype).max
    if alpha is not None and channels != 4 and not alpha.all():
        colours = np.where(alpha[:, :, None] == 0, full, colours).astype(colours.dtype)
    if channels == 1 and colours.shape[2] == 3:
        return ((colours @ GREY + 32768) >> 16).astype(colours.dtype)[:, :, None]
    if channels > 1 and colours.shape[2] == 1:
        colours = colours.repeat(3, axis=2)
    if channels < 4:
        return colours
    opaque = np.full(colours.shape[:2], full, colours.dtype)
    return np.dstack([colours, opaque if alpha is None else alpha])


def with_colours(picture: Picture, colours: Pixels) -> Picture:
    """A picture's translation: new colours [H, W, C'], its own opacity unless they bring one (C' = 4), its profile.

    If the new colours have only 8 bits, so does the opacity; if they are larger, it is enlarged.
    """
    alpha = picture.alpha
    if colours.shape[2] == 4:
        colours, alpha = colours[:, :, :3], colours[:, :, 3]
    elif alpha is not None:
        if alpha.shape != colours.shape[:2]:
            alpha = _enlarged(alpha, *colours.shape[:2])
        if alpha.dtype != colours.dtype:
            alpha = (alpha // 257).astype(colours.dtype)
    return Picture(colours, alpha, picture.profile)


def in_square(picture: Picture, side: int) -> Picture:
    """The largest square in the middle of a picture, brought to a side in pixels, with opacity and profile."""
    height, width = picture.colours.shape[:2]
    if height == width == side:
        return picture
    length = min(height, width)
    top, left = (height - length) // 2, (width - length) // 2
    layers = _layers(picture)[top : top + length, left : left + length].astype(np.float32)
    floats = torch.from_numpy(layers).permute(2, 0, 1)[None]
    made = interpolate(floats, [side, side], mode="bicubic", antialias=True)[0].permute(1, 2, 0)
    most = np.iinfo(picture.colours.dtype).max
    return _picture(made.round().clamp(0, most).numpy().astype(picture.colours.dtype), picture.profile)


def picture_of_tensor(image: Tensor) -> Picture:
    """A picture from uint8 [C, H, W]; of 2 or 4 channels the last is the opacity."""
    return _picture(image.permute(1, 2, 0).cpu().numpy(), None)


def to_tensor(picture: Picture) -> Tensor:
    """A picture of 8 bits as uint8 [C, H, W], its opacity as the last channel."""
    return torch.from_numpy(_layers(picture)).permute(2, 0, 1).contiguous()


def holds_16_bits(path: Path) -> bool:
    """Whether a file with this ending can hold 16 bits."""
    return FORMATS.get(path.suffix.lower()) in DEEP


def encoded(picture: Picture, path: Path) -> bytes:
    """The content of an image file, in the format of its name's ending; transparent pixels lie over white if it has no
    opacity."""
    kind = FORMATS[path.suffix.lower()]
    assert not picture.deep or kind in DEEP
    if picture.alpha is not None and kind not in TRANSPARENT:
        picture = _over_white(picture)
    if picture.deep and (picture.alpha is not None or picture.colours.shape[2] > 1):
        return _encoded_in_16_bits(picture, kind)
    options = OPTIONS.get(kind, {})
    if kind in PROFILED and (profile := _fitting_profile(picture)):
        options = {**options, "icc_profile": profile}
    content = io.BytesIO()
    to_pil(picture).save(content, kind, **options)
    return content.getvalue()


def write_picture(picture: Picture, path: Path) -> None:
    """Writes an image file, whole or not at all, in the format of its name's ending.

    Raises:
        Unwritable: If the format cannot hold it: all have a largest size.
        OSError: If it cannot be written.
    """
    try:
        content = encoded(picture, path)
    except (OSError, ValueError) as error:  # raised by Pillow's encoders; there is no file yet
        raise Unwritable(path, f"no {path.suffix} can hold it ({error})") from error
    write_atomically(path, lambda file: file.write(content))


def to_pil(picture: Picture) -> Image.Image:
    """A Pillow image of the mode "L", "LA", "RGB", "RGBA" or "I;16"; a coloured picture must have 8 bits."""
    layers = _layers(picture)
    return Image.fromarray(layers[:, :, 0] if layers.shape[2] == 1 else layers)


def thumbnail(picture: Picture, side: int) -> Image.Image:
    """The image, reduced to fit into a square of that side if it is larger, in 8 bits."""
    if picture.deep:
        alpha = picture.alpha
        colours = (picture.colours // 257).astype(np.uint8)
        picture = Picture(colours, None if alpha is None else (alpha // 257).astype(np.uint8))
    image = to_pil(picture)
    image.thumbnail((side, side))
    return image


def _picture(layers: Pixels, profile: bytes | None) -> Picture:
    """A picture from [H, W, 1 to 4]: grey or colours, and the opacity if their number is even."""
    if layers.shape[2] % 2:
        return Picture(layers, None, profile)
    return Picture(layers[:, :, :-1], layers[:, :, -1], profile)


def _layers(picture: Picture) -> Pixels:
    """The colours, and the opacity behind them where there is one, [H, W, 1 to 4]."""
    if picture.alpha is None:
        return np.ascontiguousarray(picture.colours)
    return np.dstack([picture.colours, picture.alpha])


def _enlarged(alpha: Pixels, height: int, width: int) -> Pixels:
    """An opacity [H, W] in another size, interpolated by cubic pieces, with all its bits.

    An opacity of all or nothing stays so: a GIF holds no other, and would show a slightly opaque rim as fully opaque.
    """
    full = np.iinfo(alpha.dtype).max
    image = Image.fromarray(alpha.astype(np.float32)).resize((width, height), Image.Resampling.BICUBIC)
    made = np.asarray(image)
    if np.isin(alpha, (0, full)).all():
        made = np.where(made < full / 2, 0, full)
    return made.round().clip(0, full).astype(alpha.dtype)


def _over_white(picture: Picture) -> Picture:
    assert picture.alpha is not None
    full = np.iinfo(picture.colours.dtype).max
    share = picture.alpha[:, :, None] / np.float32(full)
    mixed = picture.colours * share + full * (1 - share)
    return Picture(mixed.round().astype(picture.colours.dtype), None, picture.profile)


def _fitting_profile(picture: Picture) -> bytes | None:
    """The profile, if it fits the picture's colours: that of a CMYK file does not describe the converted colours."""
    wanted = b"GRAY" if picture.colours.shape[2] == 1 else b"RGB "
    return picture.profile if picture.profile and picture.profile[16:20] == wanted else None


def _in_16_bits(path: Path) -> Picture | None:
    """The image of a file with several channels of 16 bits, of which Pillow gives only 8; None for other files.

    Raises:
        Unreadable: If it is of a kind that cannot be read without loss.
    """
    with Image.open(path) as image:
        if ";16" not in str(image.tile):
            return None
        orientation, profile = image.getexif().get(0x0112, 1), image.info.get("icc_profile")
        alpha = image.has_transparency_data
    try:
        with av.open(io.BytesIO(path.read_bytes()), "r") as container:
            frame = next(container.decode(video=0))
        layers = frame.to_ndarray(format="rgba64le" if alpha else "rgb48le")
    except (av.FFmpegError, StopIteration, ValueError) as error:
        raise Unreadable(path, "16 bits of a kind that cannot be read without loss; save it as PNG") from error
    if frame.format.name.startswith("ya"):
        layers = layers[:, :, 2:]
    return _picture(TURNS.get(orientation, TURNS[1])(layers), profile)


def _encoded_in_16_bits(picture: Picture, kind: str) -> bytes:
    """PNG or TIFF with 16 bits and several channels, which Pillow cannot write."""
    order = {"PNG": "be", "TIFF": "le"}[kind]
    coloured = picture.colours.repeat(3, axis=2) if picture.colours.shape[2] == 1 else picture.colours
    layers = _layers(picture._replace(colours=coloured))
    name = f"{'rgb48' if picture.alpha is None else 'rgba64'}{order}"
    encoder = av.CodecContext.create(kind.lower(), "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.height, encoder.width = layers.shape[:2]
    encoder.pix_fmt, encoder.time_base = name, Fraction(1)
    if kind == "TIFF":
        encoder.options = {"compression_algo": "deflate"}
    frame = av.VideoFrame.from_ndarray(layers, format=name)
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])
