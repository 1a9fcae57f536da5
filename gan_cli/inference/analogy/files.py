"""`gan translate --analogy A B`: two image files, each written anew with the look of the other."""

from collections.abc import Sequence
from math import sqrt
from pathlib import Path
from typing import NamedTuple

import torch
from PIL import Image
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.inference.analogy.analogies import MULTIPLE, analogy, usual_features
from gan_cli.inference.source_media import floats_of
from gan_cli.inference.tiles import Frame, framed
from gan_cli.inference.translator import rounded
from gan_cli.media.picture_files import (
    FORMATS,
    Picture,
    Pixels,
    Unwritable,
    for_network,
    picture_of,
    read_picture,
    thumbnail,
    with_colours,
    write_picture,
)
from gan_cli.media.reading import Unreadable

MOST = 350_000
"""Images of more pixels are made smaller, as by the authors: time and memory grow with them."""
LEAST = 2 * MULTIPLE
"""Images are at least so wide and so high, in pixels."""
FOLDER = "analogy"
"""The folder that both results are written to, unless an output is named."""


class Written(NamedTuple):
    """What was made.

    Attributes:
        places: The files.
        notes: What is to be said about them.
    """

    places: list[Path]
    notes: list[str]


def write_analogy(words: Sequence[str], output: str | None, device: torch.device) -> Written:
    """Writes the first image with the look of the second and, into a folder, the second with that of the first.

    Args:
        words: The two files.
        output: A file for the first alone, or a folder for both; None takes `FOLDER`.
        device: What computes.

    Raises:
        UserError: If a file cannot be read or written, or is too small.
        OSError: If the file system refuses it.
    """
    paths = [Path(word) for word in words]
    targets = _targets(paths, Path(output or FOLDER))
    notes = [f"features: {usual_features()}"]
    pictures = []
    for path in paths:
        read = _read(path)
        pictures.append(fitting := _fitting(read))
        if fitting is not read:
            height, width = fitting.colours.shape[:2]
            notes.append(f"{path}: reduced to {width}x{height}, {MOST:,} pixels are the most that is matched")
    frames = [_framed(picture) for picture in pictures]
    first, second = (floats_of(frame.pixels).to(device) for frame in frames)
    found = analogy(first, second)
    for target, made, picture, frame in zip(targets, (found.first, found.second), pictures, frames, strict=False):
        try:
            write_picture(with_colours(picture, _cut(made, picture, frame)), target)
        except Unwritable as error:
            raise UserError(f"output: {target}: {error.reason}") from error
    return Written(targets, notes)


def _targets(paths: Sequence[Path], output: Path) -> list[Path]:
    """The file for the first image, or the files for both."""
    first, second = (path.stem for path in paths)
    if output.suffix.lower() in FORMATS and not output.is_dir():
        targets = [output]
    elif output.suffix and not output.is_dir():
        raise UserError(f"output: {output} is of a kind that is not written; take a folder, or {', '.join(FORMATS)}")
    else:
        targets = [output / f"{first}-as-{second}.png", output / f"{second}-as-{first}.png"]
    for target in targets:
        if any(target.resolve() == path.resolve() for path in paths):
            raise UserError(f"output: {target} is one of the two images; name another place")
    return list(dict.fromkeys(targets))


def _read(path: Path) -> Picture:
    if not path.is_file():
        raise UserError(f"analogy: {path} does not exist; name two image files")
    try:
        picture = read_picture(path)
    except Unreadable as error:
        raise UserError(f"analogy: {path} cannot be read ({error.reason}); name an image file") from error
    height, width = picture.colours.shape[:2]
    if min(height, width) < LEAST:
        raise UserError(f"analogy: {path} is {width}x{height}, too small to be matched; take {LEAST} pixels or more")
    return picture


def _fitting(picture: Picture) -> Picture:
    """A picture of at most `MOST` pixels: itself, or a smaller one of 8 bits."""
    height, width = picture.colours.shape[:2]
    if height * width <= MOST:
        return picture
    shrunk = sqrt(MOST / (height * width))
    small: Image.Image = thumbnail(picture, int(max(height, width) * shrunk))
    return picture_of(small)._replace(profile=picture.profile)


def _framed(picture: Picture) -> Frame:
    return framed(for_network(picture, 3), LEAST, MULTIPLE)


def _cut(made: Tensor, picture: Picture, frame: Frame) -> Pixels:
    """The pixels of a result, without the border that it was given."""
    height, width = picture.colours.shape[:2]
    inner = made[:, frame.top : frame.top + height, frame.left : frame.left + width].cpu()
    return rounded(inner, picture.deep)
