"""UMIST's faces, which turn from the profile to the front."""

import zlib
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from gan_cli.data.datamodules import Split
from gan_cli.data.faces.face_part import FacePart
from gan_cli.data.faces.face_sets import (
    NOT_NAMED,
    FaceDataModule,
    pose_names_of,
    split_persons,
    stacked_points,
    told_of,
)
from gan_cli.data.faces.poses import Pose, turned
from gan_cli.data.stores import TensorStore
from gan_cli.data.transforms import Framing
from gan_cli.errors import UserError
from gan_cli.ranges import BatchSize, Processes, Range, Seed, Share

FILE = "UMIST_575_32x32.mat"
SIDE = 32
"""Of its pictures, in pixels."""
BINS = (30, 60, 90)
"""Degrees that turns are rounded to in tables."""
LEAST = 15.0
"""Faces turned by less are frontal ones."""
TURNS: dict[int, tuple[tuple[int, float], ...]] = {
    2: ((0, 90), (24, 0), (25, 90), (34, 0)),
    7: ((0, 90), (7, 0), (18, 90)),
    9: ((0, 90), (12, 0), (19, 90)),
    14: ((0, 90), (11, 0), (13, 90), (29, 0)),
    15: ((0, 90), (13, 0), (18, 0)),
}
"""Of persons who do not turn once from the profile to the front: places of a row with degrees, straight in between."""
FRONTAL = ((0.33, 0.42), (0.67, 0.42), (0.50, 0.60), (0.38, 0.78), (0.62, 0.78))
"""About where eyes, nose and mouth are in its frontal pictures."""


class Row(NamedTuple):
    """The pictures of one person.

    Attributes:
        pictures: uint8 [N, 32, 32], in the file's order.
        yaw: Degrees, [N].
    """

    pictures: Tensor
    yaw: Tensor


class UMIST(FaceDataModule):
    """575 grey faces of 20 persons at 32x32, who turn from the profile to the front. For research only.

    The yaw is known by the place of a picture in its person's row: from 90 degrees to 0 in equal steps, but for five
    persons who turn twice, back or not at all. A person's frontal picture is the first of those at 0.

    Args:
        root: Folder of the file UMIST_575_32x32.mat.
        image_size: Side of the pictures in pixels.
        held_out: Share of the persons held out.
        split_seed: Chooses them.
        flip: Whether training pairs are mirrored at random; all turn to the right otherwise.
        batch_size: Pairs per step and process.
        num_workers: Processes that load beside the training.

    Raises:
        UserError: If a value is not possible.
    """

    home = "https://cs.nyu.edu/~roweis/data.html"
    licence = "for research only (Graham and Allinson 1998)"
    layout = (
        "root/UMIST_575_32x32.mat: X uint8 [575, 1024], each row a picture column by column, and Y the persons from 1"
    )

    def __init__(
        self,
        root: str = "data/umist",
        image_size: Annotated[int, Range(16, 512)] = SIDE,
        held_out: Share = 0.25,
        split_seed: Seed = 0,
        flip: bool = False,
        batch_size: BatchSize = 16,
        num_workers: Processes = 0,
    ) -> None:
        super().__init__(batch_size, num_workers)
        self.root, self.image_size, self.flip = root, image_size, flip
        self.held_out, self.split_seed = held_out, split_seed

    @property
    def channels(self) -> int:
        return 1

    @property
    def pose_names(self) -> tuple[str, ...]:
        return pose_names_of([_pose(float(angle)) for angle in BINS])

    @property
    def num_persons(self) -> int:
        return len(self._split[0])

    @property
    def frontal_points(self) -> Tensor:
        return torch.tensor(FRONTAL)

    def part(self, split: Split) -> FacePart:
        chosen = self._split[0 if split == "train" else 1]
        first = 0 if split == "train" else self.num_persons
        sources, targets, persons, poses = [], [], [], []
        for number, person in enumerate(chosen, first):
            row = self._rows[int(person)]
            away = row.yaw > LEAST
            sources.append(row.pictures[away])
            targets.append(row.pictures[row.yaw.argmin()].expand(int(away.sum()), -1, -1))
            persons += [number] * int(away.sum())
            poses += [_pose(angle) for angle in row.yaw[away].tolist()]
        pixels = torch.stack([torch.cat(sources), torch.cat(targets)], dim=1)
        frontal = self.frontal_points
        told = told_of(
            torch.tensor(persons),
            poses,
            self.pose_names,
            stacked_points([turned(frontal, pose) for pose in poses]),
            frontal.expand(len(poses), -1, -1),
        )
        framing = Framing(self.image_size, self.image_size, self.flip and split == "train")
        return FacePart(TensorStore(_sized(pixels, self.image_size)), told, framing)

    def notes(self) -> list[str]:
        trained, held_out = map(len, self._split)
        return [
            f"persons: {trained} to train on and {held_out} held out, none in both; {NOT_NAMED}",
            "poses: by the place in a person's row, from 90 degrees to 0",
            "patches: at fixed places by pose",
            f"licence: {self.licence}",
        ]

    @cached_property
    def _split(self) -> tuple[list[str], list[str]]:
        return split_persons([str(person) for person in self._rows], self.held_out, self.split_seed)

    @cached_property
    def _rows(self) -> dict[int, Row]:
        """The pictures by person.

        Raises:
            UserError: If the file is not there, or holds something else.
        """
        return _read(Path(self.root) / FILE)


def _read(path: Path) -> dict[int, Row]:
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    broken = MatReadError, zlib.error, OSError, ValueError, TypeError, LookupError, NotImplementedError, MemoryError
    if not path.is_file():
        raise UserError(f"data.root: there is no {path}; type --data.root FOLDER, which must hold {FILE}")
    try:
        content: dict[str, Any] = loadmat(str(path))
        pixels, persons = np.asarray(content["X"]), np.asarray(content["Y"]).ravel()
    except broken as error:
        raise UserError(f"data.root: {path} cannot be read as MATLAB's file with X and Y ({error})") from error
    if pixels.dtype != np.uint8 or pixels.ndim != 2 or pixels.shape != (len(persons), SIDE**2):
        raise UserError(
            f"data.root: {path} holds X {pixels.dtype} {list(pixels.shape)} and {len(persons)} numbers in Y; it must "
            f"be uint8 [N, {SIDE**2}] and N"
        )
    if persons.dtype.kind not in "uif" or not np.isfinite(persons).all():
        raise UserError(f"data.root: {path} holds in Y what are no numbers of persons")
    upright = torch.from_numpy(pixels.reshape(-1, SIDE, SIDE).transpose(0, 2, 1).copy())
    found = {}
    for person in sorted({int(number) for number in persons}):
        pictures = upright[torch.from_numpy(persons == person)]
        found[person] = Row(pictures, _yaw(person, len(pictures)))
    return found


def _yaw(person: int, count: int) -> Tensor:
    """Degrees of the pictures in a person's row, [N]."""
    knots = TURNS.get(person, ((0, 90.0), (count - 1, 0.0)))
    places, degrees = zip(*knots, strict=True)
    return torch.from_numpy(np.interp(np.arange(count), places, degrees)).float()


def _pose(yaw: float) -> Pose:
    """The pose of a yaw, named after the nearest of `BINS`."""
    return Pose(str(min(BINS, key=lambda angle: abs(angle - yaw))), yaw)


def _sized(pixels: Tensor, side: int) -> Tensor:
    """Pictures uint8 [N, C, 32, 32] at another size."""
    if side == SIDE:
        return pixels
    larger = interpolate(pixels.float(), (side, side), mode="bicubic", antialias=True)
    return larger.round().clamp(0, 255).to(torch.uint8)
