"""Label maps in files: numbers of classes as they are written, or colours that stand for them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from gan_cli.files import write_atomically
from gan_cli.media import reading

Colour = tuple[int, int, int]


def read_labels(
    path: Path,
    count: int,
    colours: Sequence[Colour] = (),
    unknown: int = -1,
    content: bytes | None = None,
    max_pixels: int = reading.MAX_PIXELS,
) -> Tensor:
    """A file's label map, uint8 [1, H, W] of numbers of classes; never resampled.

    Args:
        path: The file, or what to call the content: grey or with a palette, where the value of a pixel is its class
            (not the palette's colour), or in colours.
        count: K; the values are 0 to K - 1.
        colours: Of each class, for a file in colours.
        unknown: The value that means that nobody knows, which becomes class K - 1; -1 for none.
        content: The file's bytes, where it is in an archive.
        max_pixels: Files with more are not decoded.

    Raises:
        Unreadable: If it is no image, or has a value or a colour that belongs to no class.
    """
    return torch.from_numpy(numbers_of(reading.values(path, content, max_pixels), path, count, colours, unknown))[None]


def numbers_of(
    values: NDArray[Any], path: Path, count: int, colours: Sequence[Colour] = (), unknown: int = -1
) -> NDArray[np.uint8]:
    """Numbers of classes, uint8 [H, W], of values [H, W] or [H, W, 1] or of colours [H, W, 3 or 4]; see `read_labels`.

    Raises:
        Unreadable: If a value or a colour belongs to no class.
    """
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[:, :, 0]
    if values.ndim == 3:
        values = _by_colour(path, values[..., :3], colours[:count])
    elif unknown >= 0:
        values = np.where(values == unknown, count - 1, values)
    wrong = values[(values < 0) | (values >= count)]
    if wrong.size:
        raise reading.Unreadable(path, f"it has the value {wrong[0]}, but there are {count} classes, 0 to {count - 1}")
    return values.astype(np.uint8)


def write_labels(labels: Tensor, colours: Sequence[Colour], path: Path) -> None:
    """Writes a label map uint8 [1, H, W] as PNG with a palette: the value of a pixel is its class."""
    image = Image.fromarray(labels[0].cpu().numpy())
    image.putpalette([level for colour in colours for level in colour])
    write_atomically(path, lambda file: image.save(file, format="PNG"))


def usual_colours(count: int) -> tuple[Colour, ...]:
    """Colours that are far apart for neighbouring classes, black for class 0: the palette of Pascal VOC."""
    return tuple(_usual_colour(number) for number in range(count))


def _usual_colour(number: int) -> Colour:
    """Bits 0, 3, 6 of the number are the highest ones of red, bits 1, 4, 7 of green, bits 2, 5 of blue."""
    red, green, blue = (
        sum((number >> (3 * place + channel) & 1) << (7 - place) for place in range(3)) for channel in range(3)
    )
    return red, green, blue


def _by_colour(path: Path, pixels: NDArray[Any], colours: Sequence[Colour]) -> NDArray[Any]:
    if len({*colours}) < len(colours) or not colours:
        raise reading.Unreadable(path, "it is in colours, and the classes have none of their own; save their numbers")
    one_number = pixels.astype(np.int64) @ np.array([1 << 16, 1 << 8, 1])
    known = np.array(colours, dtype=np.int64) @ np.array([1 << 16, 1 << 8, 1])
    order = np.argsort(known)
    places: NDArray[Any] = order[np.searchsorted(known, one_number, sorter=order).clip(max=len(known) - 1)]
    wrong = one_number[known[places] != one_number]
    if wrong.size:
        raise reading.Unreadable(
            path, f"it has the colour #{wrong[0]:06x}, which is that of none of {len(known)} classes"
        )
    return places
