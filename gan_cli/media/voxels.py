"""Solids as voxels: 0 and 1 outside, shares of 1 in a model, meshes or arrays in files."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.files import write_atomically
from gan_cli.media import meshes, solid_files
from gan_cli.media.medium import Beside, Medium, columns
from gan_cli.media.pictures import grid
from gan_cli.media.solid_pictures import SIDES, rendered, two_sides

TURNS = 36
"""Pictures of a film in which solids turn once."""


@dataclass(frozen=True)
class Voxels(Medium):
    """Solids: kept as uint8 [N, 1, D, H, W], 1 where they are full, shown as float in [0, 1]; W points up.

    What a model makes is a probability for each voxel; from a half on it is kept as full.

    Attributes:
        size: D, H and W of what is read from files, a power of two.
    """

    size: int = 32

    name: ClassVar[str] = "solids"
    FACTS: ClassVar[tuple[str, ...]] = ("volume_size",)
    suffix: ClassVar[str] = ".obj"
    endings: ClassVar[tuple[str, ...]] = (*meshes.WRITTEN, ".npy")
    usual: ClassVar[int] = 32
    in_folder: ClassVar[str] = "both"
    moves: ClassVar[bool] = True

    def shown(self, kept: Tensor, mirrored: Tensor | None = None) -> Tensor:
        if mirrored is not None:
            raise UserError("data.flip: solids are not mirrored; leave it out")
        return kept.float()

    def kept(self, made: Tensor) -> Tensor:
        return (made.float() >= 0.5).to(torch.uint8)

    def pictures(self, kept: Tensor) -> Tensor:
        """Each from two sides: from the front and from behind, where solids face us along the first axis."""
        return two_sides(kept[:, 0])

    def walks(self, kept: Tensor, beside: Beside) -> Tensor:
        """A row for each walk, seen from the front."""
        return grid(rendered(kept.flatten(0, 1)[:, 0], SIDES[0]), columns=kept.shape[1])

    def film(self, kept: Tensor, beside: Beside) -> list[Tensor]:
        """All of them turn once, a row for each walk; those of a single one are a square."""
        solids = kept.flatten(0, 1)[:, 0]
        fine = 2 if len(solids) == 1 else 1
        turns = (SIDES[0] + 360 * moment / TURNS for moment in range(TURNS))
        return [grid(rendered(solids, turn, fine), columns(kept)) for turn in turns]

    def write(self, one: Tensor, path: Path) -> None:
        """A solid [1, D, H, W] as a mesh, or by the ending as an array, uint8 [D, H, W] of 0 and 1."""
        solid = one[0].numpy()
        if path.suffix.lower() == ".npy":
            write_atomically(path, lambda file: np.save(file, solid))
        else:
            meshes.write(solid, path)

    def read(self, path: Path) -> Tensor:
        try:
            return torch.from_numpy(solid_files.read(path, self.size).grid)[None]
        except solid_files.Unreadable as reason:
            raise UserError(
                f"given: {path} holds no solid: {reason}\nTake a {', '.join(solid_files.ENDINGS)}"
            ) from reason
