"""Points of files, to be compared with others."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gan_cli.errors import UserError, first_line
from gan_cli.evaluation.arrays import arrays_in
from gan_cli.evaluation.collections import Collection
from gan_cli.media.points import Points

SUFFIXES = (".csv", ".npy")
"""Files that hold points and nothing else."""


def points_at(path: Path) -> Collection:
    """The points of a .csv (a row each, numbers by commas, with or without a line of names), a .npy, or a .npz.

    Args:
        path: The file; a .npz holds them as `points`, as `gan sample` writes it.

    Returns:
        Points float32 [N, D].

    Raises:
        UserError: If it cannot be read, or holds no points or numbers that are not finite.
    """
    array = _array(path)
    rows = array[:, None] if array.ndim == 1 else array
    if rows.ndim != 2 or not rows.size or rows.dtype.kind not in "fiu":
        raise UserError(
            f"evaluate: {path} holds {array.dtype} {list(array.shape)}, and not numbers [N, D], a row a point"
        )
    if not (finite := np.isfinite(rows).all(axis=1)).all():
        raise UserError(
            f"evaluate: {path} holds a number that is not finite in row {int(finite.argmin()) + 1}; mend it"
        )
    points = torch.from_numpy(rows.astype(np.float32))
    return Collection(str(path), "", len(points), points.__getitem__, Points.name)


def _array(path: Path) -> NDArray[Any]:
    try:
        if path.suffix == ".npz":
            return arrays_in(path)[Points.name].all()
        if path.suffix == ".npy":
            loaded: NDArray[Any] = np.load(path, allow_pickle=False)
            return loaded
        return np.loadtxt(path, delimiter=",", ndmin=2, skiprows=_lines_of_names(path), encoding="utf-8")
    except (OSError, ValueError, EOFError) as error:
        reason = first_line(error)
        raise UserError(f"evaluate: {path} cannot be read as points ({reason}); take numbers, a row a point") from error


def _lines_of_names(path: Path) -> int:
    """1 if the first line of a .csv is no line of numbers."""
    with open(path, encoding="utf-8") as file:
        first = file.readline()
    try:
        [float(word) for word in first.split(",")]
    except ValueError:
        return 1
    return 0
