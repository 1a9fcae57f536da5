"""People who walk, turn and stop: made from a seed, or recorded ones."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from trajectories import Scenes, Trajectories

from gan_cli.data import Facts, GANDataModule
from gan_cli.data.datamodules import Split
from gan_cli.data.parts import InMemory
from gan_cli.errors import UserError
from gan_cli.media.medium import Medium
from gan_cli.seeding import stream

SECONDS = 0.4
"""Between two steps, as in the recorded ones."""


class Walks(GANDataModule):
    """People on foot, 2.5 steps a second: 5,000 made from a seed, or recorded ones (ETH and UCY).

    Args:
        root: Folder of a recorded scene, with files in `train`, `val` and `test`; "" makes walks from a seed.
        observed_steps: Steps that a model is given.
        future_steps: Steps that follow.
        batch_size: People per step and process.
        num_workers: Processes that load beside the training; 0 is the fastest for sets in memory.

    Raises:
        UserError: If a value is not possible.
    """

    home = "https://icu.ee.ethz.ch/research/datsets.html and https://graphics.cs.ucy.ac.cy/portfolio"
    licence = "made ones are free; recorded ones for research only"
    layout = "nothing, or root/{train,val,test}/*.txt: frame, person, x, y with tabs between, in metres"
    offline = True
    fields: Mapping[str, Medium] = {"observed": Trajectories(), "future": Trajectories()}

    def __init__(
        self,
        root: str = "",
        observed_steps: int = 8,
        future_steps: int = 12,
        batch_size: int = 64,
        num_workers: int = 0,
    ) -> None:
        super().__init__(batch_size, num_workers)
        if observed_steps < 2 or future_steps < 1:
            raise UserError(
                f"data: {observed_steps} observed steps and {future_steps} more are not possible; take 2, 1"
            )
        self.root = root
        self.observed_steps = observed_steps
        self.future_steps = future_steps

    @property
    def facts(self) -> Facts:
        return {"name": self.name, "observed_steps": self.observed_steps, "future_steps": self.future_steps}

    def part(self, split: Split) -> InMemory:
        steps = self.observed_steps + self.future_steps
        paths = (
            recorded(Path(self.root) / split, steps)
            if self.root
            else made(5000 if split == "train" else 500, steps, split)
        )
        return InMemory(Scenes(paths[:, : self.observed_steps], paths[:, self.observed_steps :]))


def made(count: int, steps: int, split: str) -> Tensor:
    """Walks from a seed, float [count, steps, 2]: at a moment of their own some people turn, and some stop."""
    random = stream("walks", split)
    speed, turn, wobble = (torch.randn(count, 1, generator=random) for _ in range(3))
    heading, when, kind = (torch.rand(count, 1, generator=random) for _ in range(3))
    since = (torch.arange(steps) - when * steps).clamp(min=0)  # steps since that moment
    heading = 2 * torch.pi * heading + (kind < 0.5) * 0.15 * turn * since + 0.02 * wobble * torch.arange(steps)
    pace = SECONDS * (1.3 + 0.25 * speed).clamp(min=0.3) * torch.where(kind > 0.8, 0.5**since, 1.0)
    moves = pace[..., None] * torch.stack([heading.cos(), heading.sin()], dim=2)
    start = 5 * torch.randn(count, 1, 2, generator=random)
    return start + moves.cumsum(1) + 0.02 * torch.randn(count, steps, 2, generator=random)


def recorded(folder: Path, steps: int) -> Tensor:
    """All stretches of so many steps of all people in the files of a folder, float [M, steps, 2].

    Raises:
        UserError: If there are none.
    """
    found = []
    for file in sorted(folder.glob("*.txt")):
        table = np.loadtxt(file, ndmin=2)
        every = np.diff(np.unique(table[:, 0])).min(initial=np.inf)
        for person in np.unique(table[:, 1]):
            frames, _, *places = table[table[:, 1] == person].T
            if len(frames) >= steps and (np.diff(frames) == every).all():
                found.append(np.lib.stride_tricks.sliding_window_view(np.stack(places), steps, axis=1).swapaxes(0, 1))
    if not found:
        raise UserError(f"data.root: {folder} has no *.txt with {steps} steps of a person; name the folder of a scene")
    return torch.from_numpy(np.concatenate(found)).float().transpose(1, 2)
