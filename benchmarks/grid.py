"""Mode collapse on Grid25, 25 small Gaussians: how many modes each variant covers, for five seeds.

    python -m benchmarks.grid [--jobs 2] [--minutes 8]

2,500 samples; a mode counts from 20 of high quality on, and beside it as PacGAN's authors count, from one on; see
`gan_cli.metrics.modes`. A batch has as many packs as it has points in other rows. Rows of points of the set itself and
of uniform noise show the best and what means nothing. The command can be stopped and called again.
"""

from collections.abc import Sequence
from typing import Any

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

from benchmarks import runs
from gan_cli.data import Grid25
from gan_cli.inference.api import TrainedGAN
from gan_cli.inference.checkpoints import data_set
from gan_cli.metrics.modes import ModeScores
from gan_cli.seeding import stream

SEEDS = range(5)
SAMPLES = 2500
BATCH = 256
"""Points, or packs of them, in a batch."""
REACH = 5.0
"""Uniform noise is from -REACH to REACH in both directions."""
CONFIGS = {
    "GAN": ("gan_grid25.yaml", 1),
    "GAN, packs of 2": ("gan_grid25.yaml", 2),
    "WGAN-GP": ("wgan_gp_grid25.yaml", 1),
    "WGAN-LP": ("wgan_lp_grid25.yaml", 1),
    "R3GAN": ("r3gan_grid25.yaml", 1),
}
"""Each row's packaged config and the number of points that the discriminator judges together."""


def runs_of(title: str) -> list[runs.Run]:
    """The runs of a row, one for each seed."""
    config, pack = CONFIGS[title]
    packed = {"model.pack": pack, "data.batch_size": pack * BATCH} if pack > 1 else {}
    prefix = f"pack{pack}-" if pack > 1 else ""
    # bfloat16 rounds a coordinate near 4 to steps of a third of a mode's deviation, or more.
    return [
        runs.Run(f"{title}, seed {seed}", config, f"{prefix}seed{seed}", settings=packed, seed=seed, in_float32=True)
        for seed in SEEDS
    ]


def scores(points: Tensor) -> ModeScores:
    """How points [N, 2] cover the set's modes, where nothing is divided."""
    return Grid25().mode_scores(points)


def uniform_noise(seed: int) -> Tensor:
    """Points [N, 2] that know nothing of the set."""
    return (torch.rand(SAMPLES, 2, generator=stream(seed, "uniform noise")) * 2 - 1) * REACH


def scores_of(standing: runs.Standing) -> ModeScores:
    """A run's scores, from its folder where they have been taken since it was saved."""

    def compute() -> dict[str, float]:
        made = TrainedGAN(standing.checkpoint).sample(SAMPLES, batch_size=SAMPLES)
        data: Any = data_set(standing.checkpoint)
        return dict(data.mode_scores(made)._asdict())

    return ModeScores(**runs.remembered(standing.checkpoint.with_name("scores.json"), [standing.checkpoint], compute))


def cells(found: Sequence[ModeScores]) -> list[str]:
    """A row's cells: each number for every seed, and from the least to the most."""
    columns = zip(*found, strict=True)
    return [_cell(values, form) for values, form in zip(columns, ("d", "d", ".2f", ".2f"), strict=True)]


def _cell(values: Sequence[float], form: str) -> str:
    each = " ".join(f"{value:{form}}" for value in values)
    return f"{each}\n{min(values):{form}} .. {max(values):{form}}"


def main() -> None:
    options = runs.parser(__doc__, minutes=8, root=False).parse_args()
    rows = {title: runs_of(title) for title in CONFIGS}
    # A seed of every row before the next seed, so that a table can be had early.
    wanted = [run for seed in zip(*rows.values(), strict=True) for run in seed]
    runs.train(wanted, options.folder, jobs=options.jobs, minutes=options.minutes)
    table = Table("", "modes of 25, from 20 on", "from one on", "high quality", "KL from uniform", show_lines=True)
    for title, mine in rows.items():
        found = list(runs.trained(mine, options.folder))
        cut = [f"\nseed {run.seed}:{standing.mark()}" for run, standing in found if standing.mark()]
        if found:
            table.add_row(title + "".join(cut), *cells([scores_of(standing) for _, standing in found]))
    table.add_row("points of the set", *cells([scores(Grid25().make(SAMPLES, 1 + seed).points) for seed in SEEDS]))
    table.add_row(f"uniform noise on [-{REACH:g}, {REACH:g}]²", *cells([scores(uniform_noise(seed)) for seed in SEEDS]))
    table.title = f"Grid25, {SAMPLES:,} samples, seeds {SEEDS[0]} to {SEEDS[-1]}"
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
