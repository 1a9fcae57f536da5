"""Solids in files: .npy, .mat, .binvox and meshes."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy import io as scipy_io

from gan_cli.errors import UserError
from gan_cli.media import meshes
from gan_cli.media.grids import Axis, Grid, fitted, occupied, turned, upright

GRIDS = (".npy", ".mat", ".binvox")
"""Endings of files that hold voxels."""
ENDINGS = (*GRIDS, *meshes.READ)
INSTANCE = "instance"
"""The key of the voxels in a .mat of ShapeNet and ModelNet, as 3D-GAN's authors share them."""


class Unreadable(ValueError):
    """A file that holds no solid; says why, without its name."""


class Read(NamedTuple):
    """A solid from a file.

    Attributes:
        grid: uint8 [S, S, S] of 0 and 1, the last axis upwards.
        shape: Of the grid in the file; of a mesh the one that it was made.
        closed: Whether it is a grid, or a mesh that encloses its inside.
    """

    grid: Grid
    shape: tuple[int, ...]
    closed: bool = True


def read(path: Path, size: int, up: Axis | None = None, turn: float = 0.0) -> Read:
    """The solid in a file.

    Args:
        path: Ends in one of `ENDINGS`.
        size: S, a power of two.
        up: The axis of the file that points up; None for the usual one of its kind: y in .binvox, .obj and .glb, z in
            the others.
        turn: Degrees by which it is turned about that axis, see `grids.turned`.

    Raises:
        Unreadable: If it holds none.
        UserError: If a library that reads it is not installed.
    """
    kind = path.suffix.lower()
    try:
        if kind in meshes.READ:
            grid, closed = meshes.read(path, size, up)
            return Read(turned(grid, turn), grid.shape, closed)
        found = {".npy": _npy, ".mat": _mat, ".binvox": _binvox}[kind](path)
        grid = turned(upright(occupied(found), up or ("y" if kind == ".binvox" else "z")), turn)
        return Read(fitted(grid, size), grid.shape)
    except UserError:
        raise
    except KeyError as error:
        raise Unreadable(f"{kind or 'no ending'} is none of {', '.join(ENDINGS)}") from error
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from error
    except (ValueError, TypeError, NotImplementedError, IndexError, EOFError) as error:
        raise Unreadable(str(error)) from error


def _npy(path: Path) -> np.ndarray[Any, Any]:
    try:
        found = np.load(path, allow_pickle=False)
    except ValueError as error:  # of objects, and of what is no array at all
        raise ValueError("it holds no array of numbers") from error
    if not isinstance(found, np.ndarray):
        raise ValueError("it holds several arrays")
    return found


def _mat(path: Path) -> np.ndarray[Any, Any]:
    """The array `instance`, or the only one with three axes."""
    try:
        content = scipy_io.loadmat(path)
    except Exception as error:  # of many kinds, some of SciPy's own
        raise ValueError(f"it is no .mat that can be read ({error})") from error
    arrays = {name: value for name, value in content.items() if not name.startswith("__")}
    if INSTANCE in arrays:
        return np.asarray(arrays[INSTANCE])
    solids = [value for value in arrays.values() if getattr(value, "ndim", 0) == 3]
    if len(solids) != 1:
        raise ValueError(f"it has no {INSTANCE}, but {', '.join(arrays) or 'nothing'}")
    return np.asarray(solids[0])


def _binvox(path: Path) -> np.ndarray[Any, Any]:
    """Voxels in Patrick Min's run-length code (https://www.patrickmin.com/binvox/binvox.html), by x, y and z.

    A header of lines, and after `data` pairs of bytes: a value and how often it comes, y before z before x.
    """
    content = path.read_bytes()
    header, mark, runs = content.partition(b"\ndata\n")
    lines = dict(line.partition(" ")[::2] for line in header.decode("latin-1").splitlines())
    if not (mark and content.startswith(b"#binvox")) or "dim" not in lines:
        raise ValueError("it has no header of a .binvox with dim and data")
    sides = tuple(map(int, lines["dim"].split()))
    if len(sides) != 3 or min(sides) < 1 or len(runs) % 2:
        raise ValueError(f"its dim is {lines['dim']}, or its runs are cut off")
    values, counts = np.frombuffer(runs, np.uint8).reshape(-1, 2).T
    wanted = int(np.prod(sides))
    if int(counts.sum(dtype=np.int64)) != wanted:
        raise ValueError(f"its runs make {int(counts.sum(dtype=np.int64)):,} voxels, and its dim {wanted:,}")
    depth, height, width = sides
    return np.repeat(values, counts).reshape(depth, width, height).transpose(0, 2, 1)
