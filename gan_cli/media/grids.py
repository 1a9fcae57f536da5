"""Grids of voxels by numpy: brought to another size, turned so that they stand upright."""

from typing import Any, Literal

import numpy as np
from scipy import ndimage

Grid = np.ndarray[Any, np.dtype[np.uint8]]
"""Voxels [D, H, W], 0 or 1; the last axis points up."""
Axis = Literal["x", "y", "z"]
"""Of the first, second and third axis of a grid, and of the coordinates of a mesh."""


def occupied(values: np.ndarray[Any, Any]) -> Grid:
    """Which of a grid's values are full, uint8 of 0 and 1.

    Whole numbers and truth values are full where they are not 0, others from a half of the largest one on: so 0 to 1
    and 0 to 255 are both understood.

    Raises:
        ValueError: If it is not a grid of numbers with three axes, but for some of length 1.
    """
    grid = np.squeeze(values) if values.ndim > 3 else values
    if grid.ndim != 3 or grid.size == 0 or grid.dtype.kind not in "biuf":
        raise ValueError(f"it holds {values.dtype} of shape {values.shape}, and a solid has three axes of numbers")
    if grid.dtype.kind == "f":
        if not np.isfinite(grid).all():
            raise ValueError("it holds numbers that are not finite")
        return np.asarray(grid > max(float(grid.max()), 0.0) / 2, dtype=np.uint8)
    return np.asarray(grid != 0, dtype=np.uint8)


def upright(grid: Grid, up: Axis) -> Grid:
    """A grid whose axis `up` points up, turned so that the last one does; nothing is mirrored."""
    if up == "z":
        return grid
    if up == "y":  # x stays, what was z comes to us from behind
        return np.ascontiguousarray(grid.transpose(0, 2, 1)[:, ::-1])
    return np.ascontiguousarray(grid.transpose(1, 2, 0))


def turned(grid: Grid, degrees: float) -> Grid:
    """A grid turned about the axis that points up, from the first axis towards the second; quarters are exact."""
    quarters, rest = divmod(degrees % 360, 90)
    if rest:
        full = ndimage.rotate(grid.astype(np.float32), degrees, axes=(0, 1), reshape=False, order=1)
        return np.asarray(full > 0.5, dtype=np.uint8)
    return np.ascontiguousarray(np.rot90(grid, int(quarters), axes=(0, 1)))


def fitted(grid: Grid, size: int) -> Grid:
    """A grid of any shape as a cube of side S, its middle in the middle.

    It is padded to a cube whose side is a power of two (ShapeNet's 30 voxels to 32), and that doubled or halved: a
    voxel of the smaller grid is full where any of those that it covers is, so that thin legs stay.

    Args:
        grid: uint8 [D, H, W].
        size: S, a power of two.
    """
    side = 1 << (max(grid.shape) - 1).bit_length()
    before = [(side - length) // 2 for length in grid.shape]
    cube = np.pad(grid, [(low, side - length - low) for low, length in zip(before, grid.shape, strict=True)])
    if side < size:
        times = size // side
        return cube.repeat(times, 0).repeat(times, 1).repeat(times, 2)
    step = side // size
    covered: Grid = cube.reshape(size, step, size, step, size, step).max(axis=(1, 3, 5))
    return covered
