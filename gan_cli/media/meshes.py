"""Meshes of solids by scikit-image and trimesh: surfaces of voxels, and voxels of surfaces."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy import ndimage

from gan_cli.files import write_atomically
from gan_cli.media.grids import Axis, Grid, upright
from gan_cli.media.solid_extra import library

WRITTEN = (".obj", ".ply", ".glb", ".stl")
"""Endings of meshes that are written, all of them also read."""
READ = (*WRITTEN, ".off")
Y_UP = (".obj", ".glb")
"""In these files y points up, as glTF's standard and ShapeNet have it; in the others z."""
MARGIN = 1
"""Voxels that stay empty on each side of a mesh that fills its grid."""


class Voxelised(NamedTuple):
    """A mesh as voxels.

    Attributes:
        grid: uint8 [S, S, S] of 0 and 1.
        closed: Whether its surface has no holes, so that there is an inside.
    """

    grid: Grid
    closed: bool


def write(grid: Grid, path: Path) -> None:
    """Writes the surface of a solid as a mesh in a cube of side 1, whole or not at all.

    It is found by marching cubes (Lorensen and Cline 1987, "Marching Cubes: A High Resolution 3D Surface Construction
    Algorithm", doi:10.1145/37401.37422), as scikit-image has them. Where a solid touches the end of its grid, the
    surface is closed there. A solid without a voxel gives a file without a face.

    Args:
        grid: uint8 [D, H, W] of 0 and 1, the last axis upwards.
        path: Ends in one of `WRITTEN`.

    Raises:
        UserError: If the libraries are not installed.
        OSError: If it cannot be written.
    """
    kind = path.suffix.lower()
    mesh = surface(grid)
    if kind in Y_UP:
        mesh.vertices = mesh.vertices[:, [0, 2, 1]] * (1, 1, -1)
    content = mesh.export(file_type=kind[1:])
    write_atomically(path, lambda file: file.write(content.encode() if isinstance(content, str) else content))


def surface(grid: Grid) -> Any:
    """The surface of a solid, a `trimesh.Trimesh` seen from outside; z points up.

    Raises:
        UserError: If the libraries are not installed.
    """
    trimesh = library("trimesh", "a mesh is made")
    measure = library("skimage.measure", "a mesh is made")
    if not grid.any():
        return trimesh.Trimesh()
    padded = np.pad(grid, 1).astype(np.float32)  # or the surface is open where the solid touches the grid's end
    vertices, faces, *_ = measure.marching_cubes(padded, level=0.5, gradient_direction="ascent")
    places = (vertices - 0.5) / max(grid.shape)  # a voxel's middle is a half from its corner, less the padding's one
    return trimesh.Trimesh(places, faces)


def read(path: Path, size: int, up: Axis | None = None) -> Voxelised:
    """The voxels of a mesh: those that its surface goes through, and those that it encloses.

    It is moved to the middle and scaled so that its longest side leaves `MARGIN` empty voxels on either end.

    Args:
        path: Ends in one of `READ`.
        size: S, of the grid.
        up: The axis of the file that points up; None for the usual one of its kind.

    Raises:
        ValueError: If it is no mesh, or has no faces.
        UserError: If the libraries are not installed.
    """
    mesh = _loaded(path)
    low, high = mesh.bounds
    span = float((high - low).max())
    if not span > 0 or not np.isfinite(span):
        raise ValueError("all its points are one")
    mesh.vertices = (mesh.vertices - low) * ((size - 2 * MARGIN) / span)
    grid = ndimage.binary_fill_holes(_touched(mesh, size)).astype(np.uint8)
    return Voxelised(upright(grid, up or ("y" if path.suffix.lower() in Y_UP else "z")), bool(mesh.is_watertight))


def _loaded(path: Path) -> Any:
    trimesh = library("trimesh", "a mesh is read")
    try:
        mesh = trimesh.load_mesh(str(path))
    except Exception as error:  # each of its readers fails in its own way
        raise ValueError(f"it is no mesh ({type(error).__name__}: {error})") from error
    if not len(getattr(mesh, "faces", ())):
        raise ValueError("it has no faces")
    return mesh


def _touched(mesh: Any, size: int) -> Grid:
    """The voxels that a surface goes through; its coordinates are in voxels from its own lowest corner."""
    remesh = library("trimesh.remesh", "a mesh is read")
    points, faces, origins = remesh.subdivide_to_size(
        mesh.vertices, mesh.faces, max_edge=0.5, max_iter=30, return_index=True
    )
    # a face on the border of two voxels belongs to the inner one, or a cube would grow by one
    inside = points[faces].mean(1) - 1e-3 * mesh.face_normals[origins]
    first = ((size - np.ptp(mesh.vertices, axis=0)) / 2).round()
    cells = (np.floor(inside) + first).astype(np.int64).clip(0, size - 1)
    grid = np.zeros((size, size, size), dtype=np.uint8)
    grid[tuple(cells.T)] = 1
    return grid
