"""How codes are drawn, how large the picture is that they are of, and what it goes on from."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from gan_cli import ranges
from gan_cli.errors import UserError
from gan_cli.inference.latents import seeded_latents
from gan_cli.inference.source_media import floats_of, pixels_of, read_source
from gan_cli.media.picture_files import picture_of_tensor
from gan_cli.media.reading import Unreadable
from gan_cli.networks.code_drawing import Drawing, Temperature, TopK, TopP
from gan_cli.variants import VQTransformer
from gan_cli.variants.base import AdversarialModule

KINDS: dict[str, Any] = {"temperature": Temperature, "top_k": TopK, "top_p": TopP}
"""What can be said of a drawing, and the numbers it takes."""
SIZE = re.compile(r"(\d{1,6})x(\d{1,6})")


class Asked(NamedTuple):
    """What was asked of pictures of codes; None for what was not.

    Attributes:
        drawing: How a code is drawn.
        size: Height and width of a picture in pixels.
        prime: The upper part of the pictures: a file, or uint8 [C, H, W].
    """

    drawing: Drawing | None = None
    size: tuple[int, int] | None = None
    prime: str | Path | Tensor | None = None


def read_drawing(text: str | None) -> Drawing | None:
    """How a code is drawn, as typed, such as "temperature=0.9,top_k=50"; None where nothing was.

    Raises:
        UserError: If something in it means nothing, or a number is not possible.
    """
    if text is None:
        return None
    found: dict[str, Any] = {}
    for word in text.strip("[]() ").split(","):
        name, equals, value = (part.strip() for part in word.partition("="))
        if name not in KINDS or not equals:
            raise UserError(f"draw: {word.strip()!r} is not possible; type such as temperature=0.9,top_k=50,top_p=0.95")
        try:
            found[name] = int(value) if name == "top_k" else float(value)
        except ValueError:
            found[name] = value
        ranges.check_one(f"draw {name}", KINDS[name], found[name])
    return Drawing(**found)


def drawing_of(**said: float | None) -> Drawing | None:
    """How a code is drawn, from what was said of it by name; None where nothing was."""
    found: Any = {name: value for name, value in said.items() if value is not None}
    return Drawing(**found) if found else None


def read_size(text: str | None) -> tuple[int, int] | None:
    """Height and width as typed, width first, such as "64x32"; None where nothing was.

    Raises:
        UserError: If they are none.
    """
    if text is None:
        return None
    if (found := SIZE.fullmatch(text.strip().lower())) is None:
        raise UserError(f"size: {ranges.shown(text)} is no size; type width and height in pixels, such as 64x32")
    return int(found[2]), int(found[1])


def draws_codes(model: AdversarialModule, asked: Asked) -> VQTransformer | None:
    """The model, if it draws codes; None if it does not and nothing of that was asked for.

    Raises:
        UserError: If it does not, and something was.
    """
    if isinstance(model, VQTransformer):
        return model
    for name, value in asked._asdict().items():
        if value is not None:
            told = {"drawing": "draw", "prime": "prime"}.get(name, name)
            raise UserError(f"{told}: {type(model).__name__} draws no codes; leave it out")
    return None


def conditions_of(model: AdversarialModule, asked: Asked, count: int) -> dict[str, Any]:
    """Further inputs of `forward` for so many things; none for a model that draws no codes.

    Raises:
        UserError: If something was asked for that the model cannot do.
    """
    drawing_model = draws_codes(model, asked)
    if drawing_model is None:
        return {}
    conditions: dict[str, Any] = {} if asked.drawing is None else {"drawing": asked.drawing}
    size = _codes_of(drawing_model, asked.size)
    if asked.size is not None:
        conditions["size"] = size
    if asked.prime is not None:
        begun = _begun(drawing_model, asked.prime, size)
        conditions["begun"] = begun.expand(count, *begun.shape)
    return conditions


def latents_for(model: AdversarialModule, seeds: Sequence[int], asked: Asked) -> Tensor | None:
    """The latents of seeds for pictures of another size than in training, [M, h w]; None where they are as usual.

    Raises:
        UserError: If there is no such size.
    """
    drawing_model = draws_codes(model, asked)
    if drawing_model is None or asked.size is None:
        return None
    rows, columns = _codes_of(drawing_model, asked.size)
    return seeded_latents(seeds, rows * columns, drawing_model.latent_distribution)


def _codes_of(model: VQTransformer, size: tuple[int, int] | None) -> tuple[int, int]:
    """How many codes high and wide a picture of a size is."""
    factor, side = model.factor, model.side * model.factor
    if size is None:
        return model.side, model.side
    if any(length < side or length % factor for length in size):
        raise UserError(
            f"size: {size[1]}x{size[0]} is not possible; a side has {side} pixels, as in training, or more, and a code "
            f"has {factor}: take multiples of that"
        )
    return size[0] // factor, size[1] // factor


def _begun(model: VQTransformer, prime: str | Path | Tensor, size: tuple[int, int]) -> Tensor:
    """The part of a picture that others go on from, as the model sees it, [C, H', W]: whole codes of rows.

    A picture of the whole height gives its upper half; of a lower one all is taken.
    """
    factor = model.factor
    height, width = (length * factor for length in size)
    shown, name = _shown(model, prime)
    rows, columns = shown.shape[1:]
    if columns != width or not factor <= rows <= height:
        raise UserError(
            f"prime: {name} is {columns}x{rows}, and the picture {width}x{height}; it has to be as wide, and "
            f"{factor} to {height} pixels high (of one as high the upper half is taken)"
        )
    kept = (height // 2 if rows == height else rows) // factor * factor
    return shown[:, : max(kept, factor)]


def _shown(model: VQTransformer, prime: str | Path | Tensor) -> tuple[Tensor, str]:
    if isinstance(prime, Tensor):
        if prime.ndim != 3 or prime.dtype != torch.uint8:
            raise UserError(f"prime: {prime.dtype} {list(prime.shape)} is no picture; give uint8 [C, H, W]")
        picture, name = picture_of_tensor(prime), "the picture"
    else:
        name = str(prime)
        if not Path(prime).is_file():
            raise UserError(f"prime: {prime} does not exist; name a picture")
        try:
            picture = read_source(model.medium, Path(prime))
        except Unreadable as error:
            raise UserError(f"prime: {prime} cannot be read ({error.reason})") from error
    return floats_of(pixels_of(model.medium, picture, model.image_channels)), name
