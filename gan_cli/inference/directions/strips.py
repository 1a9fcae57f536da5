"""Things moved along directions, from one strength to another, as strips of pictures."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from gan_cli.inference.directions.files import Directions
from gan_cli.inference.directions.places import Place
from gan_cli.inference.rendering import render
from gan_cli.media.pictures import grid, labelled_grid, to_pil

OVERVIEW = 256
"""Pictures of more pixels a side are made smaller in the overview."""


def strengths_between(start: float, stop: float, steps: int) -> list[float]:
    """Strengths from one to the other, both included, evenly spaced."""
    return torch.linspace(start, stop, steps, dtype=torch.float64).tolist()


def strips(
    place: Place,
    directions: Directions,
    inputs: Tensor,
    strengths: Sequence[float],
    *,
    conditions: Mapping[str, Any],
    batch_size: int,
    trainer_options: dict[str, Any],
) -> Tensor | None:
    """The pictures of things moved along each direction by each strength, by all devices together.

    Args:
        place: The model and the space.
        directions: D of them.
        inputs: What `forward` takes for R things.
        strengths: S of them.
        conditions: Further inputs of `forward`; a tensor has one row for each thing.
        batch_size: Things at a time on a device.
        trainer_options: Lightning's accelerator, devices, num_nodes, strategy, precision.

    Returns:
        uint8 [D, R, S, C, H, W] on the first process; None on the others.

    Raises:
        UserError: If there are no pictures of single things.
    """
    moved = torch.stack([directions.moved(inputs, number, strengths) for number in range(len(directions))])
    each = moved.shape[0], moved.shape[2]
    repeated = {name: _repeated(part, *each) if isinstance(part, Tensor) else part for name, part in conditions.items()}
    made = render(
        place.model,
        moved.flatten(0, 2),
        conditions=repeated,
        batch_size=batch_size,
        trainer_options=trainer_options,
    )
    return None if made is None else place.model.medium.each_pictured(made).unflatten(0, moved.shape[:3])


def _repeated(rows: Tensor, directions: int, strengths: int) -> Tensor:
    """Rows of things for all of their pictures."""
    return rows.repeat_interleave(strengths, dim=0).repeat(directions, *[1] * (rows.ndim - 1))


def overview(pictures: Tensor, names: Sequence[str]) -> Tensor:
    """One picture with a row for each direction, of the first thing alone, uint8 [C, H, W].

    Args:
        pictures: uint8 [D, R, S, C, H, W].
        names: What to write in front of each row.
    """
    rows = pictures[:, 0]
    if (side := max(rows.shape[-2:])) > OVERVIEW:
        size = [max(1, round(pixels * OVERVIEW / side)) for pixels in rows.shape[-2:]]
        smaller = interpolate(rows.flatten(0, 1).float(), size, mode="area")
        rows = smaller.round().to(torch.uint8).unflatten(0, rows.shape[:2])
    return labelled_grid(list(rows), names)


def frames(pictures: Tensor) -> list[bytes]:
    """The contents of PNG files, one for each strength, with all things beside each other.

    Args:
        pictures: Of one direction, uint8 [R, S, C, H, W].
    """
    return [_png(grid(pictures[:, number], columns=len(pictures))) for number in range(pictures.shape[1])]


def _png(picture: Tensor) -> bytes:
    buffer = io.BytesIO()
    to_pil(picture).save(buffer, "PNG")
    return buffer.getvalue()
