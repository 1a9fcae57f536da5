"""Volumes: occupied cells of a cube, shown from three sides, OBJ or NPZ in a file."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from gan_cli.errors import UserError
from gan_cli.files import write_atomically
from gan_cli.media.images import flipped
from gan_cli.media.medium import Medium
from gan_cli.media.pictures import to_float, to_uint8

HALF = 128
"""From here on a cell is occupied."""
PIXELS = 4
"""Side of a cell in pictures."""
CORNERS = torch.tensor([[0, 0], [0, 1], [1, 1], [1, 0]])


class VolumeBatch(NamedTuple):
    """Volumes with their classes.

    Attributes:
        volumes: uint8 [N, 1, S, S, S] as it leaves the loader; float in [-1, 1] once it is on the device.
        labels: int64 [N], class numbers from 0.
    """

    volumes: Tensor
    labels: Tensor

    @property
    def real(self) -> Tensor:
        """What the generator is to imitate."""
        return self.volumes


@dataclass(frozen=True)
class Volumes(Medium):
    """Volumes by height, depth and width, kept as uint8 [N, 1, S, S, S], 255 where they are full, shown in [-1, 1]."""

    name: ClassVar[str] = "volumes"
    FACTS: ClassVar[tuple[str, ...]] = ("volume_size",)
    suffix: ClassVar[str] = ".obj"
    usual: ClassVar[int] = 36
    rounds: ClassVar[bool] = True

    def shown(self, kept: Tensor, mirrored: Tensor | None = None) -> Tensor:
        return to_float(kept if mirrored is None else flipped(kept, mirrored))

    def kept(self, made: Tensor) -> Tensor:
        return to_uint8(made)

    def pictures(self, kept: Tensor) -> Tensor:
        """From above, from the front and from the side; the nearer the lighter."""
        full = (kept[:, 0] >= HALF).flip(1)  # from the top
        sides = [full, full.transpose(1, 2), full.permute(0, 3, 1, 2)]
        light = torch.linspace(255, 80, full.shape[1])[:, None, None]
        seen = torch.stack([(side * light).amax(1) for side in sides], dim=1).to(torch.uint8)
        large = seen.repeat_interleave(PIXELS, 2).repeat_interleave(PIXELS, 3)
        return torch.cat(pad(large, (0, 2, 0, 0), value=128).unbind(1), dim=2)[:, None, :, :-2]

    def write(self, one: Tensor, path: Path) -> None:
        if path.suffix == ".npz":
            write_atomically(path, lambda file: np.savez_compressed(file, volumes=one[None].numpy()))
        else:
            write_atomically(path, lambda file: file.write(mesh(one[0] >= HALF).encode()))

    def read(self, path: Path) -> Tensor:
        try:
            with np.load(path, allow_pickle=False) as content:
                return torch.from_numpy(content["volumes"][0])
        except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
            raise UserError(f"given: {path} cannot be read ({error}); take a .npz with volumes") from error


def mesh(full: Tensor) -> str:
    """The outer faces of full cells, bool [H, D, W], as an OBJ: squares seen from outside, in a cube of side 1."""
    wide = pad(full, (1, 1, 1, 1, 1, 1))
    squares = []
    for axis in range(3):
        for outwards in (1, -1):
            bare = wide & ~wide.roll(-outwards, axis)
            cells = bare.nonzero()[:, None] - 1
            corners = torch.zeros(4, 3, dtype=torch.int64)
            corners[:, axis] = outwards > 0
            corners[:, [(axis + 2) % 3, (axis + 1) % 3]] = CORNERS if outwards > 0 else CORNERS.flip(0)
            squares.append((cells + corners).flatten(0, 1))
    points = torch.cat(squares)
    vertices, numbers = points.unique(dim=0, return_inverse=True)
    lines = [f"v {x:g} {y:g} {z:g}" for y, z, x in (vertices / len(full)).tolist()]
    return "\n".join([*lines, *(f"f {a} {b} {c} {d}" for a, b, c, d in (numbers + 1).view(-1, 4).tolist()), ""])
