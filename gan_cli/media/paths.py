"""Paths of people on the ground, scene by scene: read from texts, written as CSV, shown as plots."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from gan_cli.errors import UserError
from gan_cli.files import write_atomically
from gan_cli.media import path_plots
from gan_cli.media.medium import Beside, Medium
from gan_cli.media.path_files import BadRecording, latest, read_recording
from gan_cli.media.pictures import grid

COLUMNS = "sample,person,step,x,y"
"""The columns of a written file; samples, persons and steps are numbered from 0."""


@dataclass(frozen=True)
class Paths(Medium):
    """Paths of the people in scenes, float [N, P, T, 2] in metres everywhere, NaN in the places of fewer people than P.

    Attributes:
        steps: T; what is read from a file are its last steps.
    """

    name: ClassVar[str] = "paths"
    FACTS: ClassVar[tuple[str, ...]] = ("observed_steps", "future_steps")
    suffix: ClassVar[str] = ".csv"
    endings: ClassVar[tuple[str, ...]] = (".csv",)
    usual: ClassVar[int] = 80
    each: ClassVar[int] = 20
    in_folder: ClassVar[str] = "both"
    comparable: ClassVar[bool] = False
    of_places: ClassVar[bool] = False
    steps: int = 8

    def shown(self, kept: Tensor, mirrored: Tensor | None = None) -> Tensor:
        if mirrored is not None:
            raise UserError("data.flip: scenes have no left and right to change places; leave it out")
        return kept

    def kept(self, made: Tensor) -> Tensor:
        return made.float()

    def pictures(self, kept: Tensor) -> Tensor:
        return torch.stack([path_plots.plot(scene[None]) for scene in kept])

    def page(self, kept: Tensor, beside: Beside) -> Tensor:
        """A plot for each scene that was given, with all that was made of it; one for each thing if none was."""
        observed = beside.given.get("observed")
        if observed is None:
            return super().page(kept, beside)
        plots = [
            path_plots.plot(kept[rows], observed[rows[0]], None if beside.real is None else beside.real[rows[0]])
            for rows in alike(observed)
        ]
        return grid(torch.stack(plots), columns=isqrt(len(plots) - 1) + 1)

    def walks(self, kept: Tensor, beside: Beside) -> Tensor:
        """A plot for each walk, its paths from violet to red."""
        observed = beside.given.get("observed")
        plots = [
            path_plots.plot(walk, None if observed is None else observed[number * len(walk) % len(observed)], walk=True)
            for number, walk in enumerate(kept)
        ]
        return grid(torch.stack(plots), columns=isqrt(len(plots) - 1) + 1)

    def stacked(self, things: Sequence[Tensor]) -> Tensor:
        """Scenes with any numbers of people, [N, P, T, 2], as many places in each as the largest needs.

        Raises:
            ValueError: If they differ in their steps.
        """
        if len({thing.shape[1:] for thing in things}) > 1:
            raise ValueError("scenes differ in their steps")
        most = max(len(thing) for thing in things)
        return torch.stack([pad(thing, (0, 0, 0, 0, 0, most - len(thing)), value=torch.nan) for thing in things])

    def write(self, one: Tensor, path: Path) -> None:
        """Writes one future [P, T, 2], or several of one scene [K, P, T, 2], as a CSV with `COLUMNS`."""
        samples = one if one.ndim == 4 else one[None]
        numbers = torch.stack(torch.meshgrid(*map(torch.arange, samples.shape[:3]), indexing="ij"), dim=-1)
        there = ~samples.isnan().any(-1)
        rows = torch.cat([numbers[there].double(), samples[there].double()], dim=1)
        text = io.StringIO()
        np.savetxt(text, rows.numpy(), fmt=["%d"] * 3 + ["%.6f"] * 2, delimiter=",", header=COLUMNS, comments="")
        write_atomically(path, lambda file: file.write(text.getvalue().encode()))

    def read(self, path: Path) -> Tensor:
        """The last steps of a recording, of those who are there in each of them; see `path_files.read_recording`.

        Raises:
            UserError: If it holds no such steps.
        """
        try:
            return torch.from_numpy(latest(read_recording(path), self.steps)).float()
        except BadRecording as error:
            raise UserError(f"given: {error}") from error


def alike(things: Tensor) -> list[list[int]]:
    """Places of equal things, in the order of the first of each."""
    found: dict[bytes, list[int]] = {}
    for number, thing in enumerate(things):
        found.setdefault(thing.numpy().tobytes(), []).append(number)
    return list(found.values())
