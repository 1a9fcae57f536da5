"""Made futures beside what needs no network and beside the truth, in one table."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from gan_cli.batches import SceneBatch
from gan_cli.data.datamodules import Split
from gan_cli.metrics.futures import BASELINES, KINDS, SAMPLES, measured
from gan_cli.metrics.row_table import RowTable

if TYPE_CHECKING:
    from gan_cli.data.paths.scenes import SceneDataModule

AT_ONCE = 32
"""So many scenes are measured at once: those of crowds need room."""


def table(data: "SceneDataModule", made: Tensor, numbers: Tensor, split: Split) -> RowTable:
    """The table of made futures; see `GANDataModule.compared`.

    Args:
        data: The set.
        made: Futures, `SAMPLES` of each scene side by side, float [N SAMPLES, P, T, 2] in metres.
        numbers: Of the scenes, int64 [N SAMPLES].
        split: The part that these are of.
    """
    part, scenes = data.at_hand(split), numbers[::SAMPLES]
    futures = made.unflatten(0, (-1, SAMPLES))
    places = torch.arange(len(scenes)).split(AT_ONCE)
    sums = torch.stack([_sums(futures[few], part[scenes[few]].batch) for few in places]).sum(0)
    *values, truth = (sums[..., 0] / sums[..., 1]).tolist()
    rows: dict[str, list[float | None]] = dict(zip(("made", *BASELINES), values, strict=True))
    rows["the truth"] = [*(None for _ in truth[1:]), truth[-1]]  # it is no distance from itself, but people may be near
    notes = (
        f"made: {SAMPLES} futures of each of {len(scenes):,} scenes; the best of them as Gupta et al. 2018 choose it "
        "(one for a scene), as most later papers do (one for each person), and the mean of all",
        "ADE and FDE: metres from the truth, mean over people and steps, or at the last step",
        "nearer than 0.1 m: the share of people at a step who are that near to another",
    )
    return RowTable(f"{data.name} {split}: {data.future_steps} steps from {data.observed_steps}", KINDS, rows, notes)


def _sums(futures: Tensor, batch: SceneBatch) -> Tensor:
    """Sums and weights of all rows of a few scenes, float64 [rows, S, 2]."""
    truth = batch.future
    made = futures[:, :, : truth.shape[1]]  # all scenes have as many places as the largest
    guesses = [make(batch.observed, truth.shape[2])[:, None] for make in BASELINES.values()]
    return torch.stack([measured(row, truth).double().sum(0) for row in (made, *guesses, truth[:, None])])
