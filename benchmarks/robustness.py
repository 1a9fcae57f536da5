"""Which objectives train which networks: figure 2 and table 2 of WGAN-GP's paper, shrunk, on digits.

    python -m benchmarks.robustness [--root FOLDER] [--steps 2000] [--random 0] [--jobs 2] [--minutes 8]

Gulrajani et al. 2017, arXiv:1704.00028: seven pairs of networks by four objectives, one set of hyper-parameters for
each objective, those of the authors' gan_64x64.py. `--random N` draws N more pairs from the paper's table 1 and trains
them as DCGAN and as WGAN-GP. What is smaller than in the paper is printed above the table; LSGAN has Adam with the
paper's rate, where the authors have RMSProp.

A cell is the Frechet distance to held-out images (see `benchmarks.judge`) and their coverage. Marks:

- collapsed: images of a class differ less than half as much as real ones;
- no digits: the distance is not below that of images whose pixels are drawn each by itself;
- 7 of 10 classes: the others have less than 2 % of the images each;
- (90 / 500): so many batches were trained of those wanted, because the time was over.

Samples of all cells are in `<folder>/robustness.png`, laid out like the table. The command can be stopped and called
again. Without MNIST under --root it takes Digits.
"""

import random
import re
from argparse import Namespace
from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

from benchmarks import runs
from benchmarks.judge import CLASSES, Judge, Scores, samples
from gan_cli import data
from gan_cli.inference.api import TrainedGAN
from gan_cli.media.pictures import grid, save_png

Settings = Mapping[str, Any]


class Objective(NamedTuple):
    """A column.

    Attributes:
        config: Packaged config of the variant.
        critic_steps: Batches for each step of the generator.
        rate: Learning rate of both players, as the authors have it.
        settings: What else the config has to be told.
    """

    config: str
    critic_steps: int
    rate: float
    settings: Settings


OBJECTIVES = {
    "DCGAN": Objective("dcgan.yaml", 1, 2e-4, {"model.lr_decay_start": 0, "model.lr_decay_end": 0}),
    "LSGAN": Objective("lsgan.yaml", 1, 1e-4, {}),
    "WGAN": Objective("wgan.yaml", 5, 5e-5, {}),
    "WGAN-GP": Objective("wgan_gp.yaml", 5, 1e-4, {}),
}
MLP_UNITS = 8
"""Units of the fully connected generator, in `base_channels`: 512 beside 64 in the paper."""
ARCHITECTURES: dict[str, Settings] = {
    "baseline: DCGAN": {},
    "G without norm, of one width": {"model.generator_norm": "none", "model.constant_width": True},
    "G fully connected": {"model.generator_architecture": "mlp", "model.generator_depth": 5},
    "no normalisation": {"model.norm": "none", "model.generator_norm": "none"},
    "gated activations": {"model.activation": "gated"},
    "tanh activations": {"model.activation": "tanh"},
    "ResNets of 101 layers": {"model.architecture": "resnet101"},
}
"""The rows of figure 2."""
PAPER = {"steps": 200_000, "batch": 64, "base_channels": 64, "image_size": 64}
BY_CHANCE = ("DCGAN", "WGAN-GP")
"""The objectives that random networks are trained with, as in table 2."""
CELL = (4, 6)
"""Rows and columns of a cell's samples."""
NONSENSE = "pixel marginals"
"""The baseline that shows nothing."""
COLLAPSED = 0.5
"""The spread within classes, relative to real images', below which a generator has collapsed."""


def drawn(number: int, base_channels: int) -> tuple[str, Settings]:
    """Name and settings of a random pair of networks of table 1; its 64 filters are `base_channels` here."""
    chance = random.Random(number)
    activation = chance.choice(["relu", "leaky_relu", "softplus", "tanh"])
    depth = chance.choice([4, 8, 12, 20])
    by_player = [chance.choice([True, False]) for _ in range(2)]
    width = base_channels * chance.choice([32, 64, 128]) // 64
    normalised = {
        f"model.{argument}": "none"
        for argument, has in zip(("generator_norm", "norm"), by_player, strict=True)
        if not has
    }
    said = " and ".join(name for name, has in zip("GD", by_player, strict=True) if has) or "neither"
    title = f"random {number}: {activation}, depth {depth}, norm in {said}, {width} filters"
    return title, {"model.activation": activation, "model.depth": depth, "model.base_channels": width, **normalised}


def shrunk(options: Namespace) -> Settings:
    """What all runs share, smaller than the paper's."""
    return {
        "data.image_size": options.image_size,
        "data.batch_size": options.batch_size,
        "model.architecture": "dcgan",
        "model.base_channels": options.base_channels,
        "model.latent_dim": 128,
        "model.ema_decay": 0.0,
    }


def run_of(row: str, objective: str, settings: Settings, options: Namespace, dataset: str) -> runs.Run:
    """The run of one cell."""
    chosen = OBJECTIVES[objective]
    rate = chosen.rate * options.faster
    own = {"model.generator_lr": rate, "model.discriminator_lr": rate, **chosen.settings}
    if settings.get("model.generator_architecture") == "mlp":
        own["model.generator_base_channels"] = MLP_UNITS * options.base_channels
    length = {"trainer.max_steps": options.steps * chosen.critic_steps}
    name = "robust-" + re.sub(r"\W+", "-", row.partition(":")[0].lower())
    every = {**shrunk(options), **own, **settings, **length}
    return runs.Run(f"{row}, {objective}", chosen.config, name, dataset, options.root, every)


def runs_of(options: Namespace, dataset: str) -> dict[tuple[str, str], runs.Run]:
    """The run of each cell, by the names of its row and column."""
    by_chance = dict(drawn(number, options.base_channels) for number in range(options.random))
    cells = [(row, name, settings) for row, settings in ARCHITECTURES.items() for name in OBJECTIVES]
    cells += [(row, name, settings) for row, settings in by_chance.items() for name in BY_CHANCE]
    return {(row, name): run_of(row, name, settings, options, dataset) for row, name, settings in cells}


class Cell(NamedTuple):
    """What became of one run."""

    scores: Scores
    mark: str
    pictures: Tensor


def verdict(scores: Scores, nonsense: float) -> str:
    """What a cell says beside its numbers.

    Args:
        scores: The run's.
        nonsense: Frechet distance of images that show nothing.
    """
    if scores.spread < COLLAPSED:
        return "collapsed"
    if scores.frechet >= nonsense:
        return "no digits"
    return f"{scores.classes} of {CLASSES} classes" if scores.classes < CLASSES else ""


def cell_of(standing: runs.Standing, judge: Judge, nonsense: float) -> Cell:
    """A run's cell; its scores come from its folder where they have been taken since it was saved."""
    gan = TrainedGAN(standing.checkpoint, runs.device())

    def compute() -> dict[str, float]:
        return judge.score(samples(gan, judge.count))._asdict()

    sources = [standing.checkpoint, *judge.sources()]
    scores = Scores(**runs.remembered(standing.checkpoint.with_name("scores.json"), sources, compute))
    rows, columns = CELL
    return Cell(scores, verdict(scores, nonsense) + standing.mark(), grid(gan.sample(rows * columns), columns))


def shown(cell: Cell | None) -> str:
    """A cell as the table has it."""
    if cell is None:
        return "-"
    return f"{cell.scores.frechet:.2f} / {cell.scores.coverage:.2f}" + (f"\n{cell.mark.strip()}" if cell.mark else "")


def picture(rows: Mapping[str, Mapping[str, Cell]]) -> Tensor:
    """The samples of all cells, laid out like the table, uint8 [C, H, W]; of those that are missing, grey."""
    blank = torch.full_like(next(cell.pictures for cells in rows.values() for cell in cells.values()), 128)
    lines = [
        [cells[objective].pictures if objective in cells else blank for objective in OBJECTIVES]
        for cells in rows.values()
        if cells
    ]
    return torch.cat([torch.cat(line, dim=2) for line in lines], dim=1)


def outcomes(rows: Mapping[str, Mapping[str, Cell]]) -> Table:
    """Table 2: of how many random networks which objective got below a distance."""
    table = Table("Frechet distance below", "only DCGAN", "only WGAN-GP", "both", "neither", title="random networks")
    pairs = [tuple(cells[name].scores.frechet for name in BY_CHANCE) for cells in rows.values() if len(cells) == 2]
    for limit in (2.0, 1.0, 0.5, 0.25):
        won = [(first < limit, second < limit) for first, second in pairs]
        counts = (won.count(kind) for kind in ((True, False), (False, True), (True, True), (False, False)))
        table.add_row(f"{limit:g}", *map(str, counts))
    return table


def smaller(options: Namespace, dataset: str) -> str:
    """What was shrunk, in a line or two."""
    here = {
        "steps of the generator": (options.steps, PAPER["steps"]),
        "images a batch": (options.batch_size, PAPER["batch"]),
        "base channels": (options.base_channels, PAPER["base_channels"]),
        "pixels a side": (options.image_size, PAPER["image_size"]),
    }
    words = [f"{ours:,} {name} instead of {theirs:,}" for name, (ours, theirs) in here.items()]
    return f"Shrunk: {', '.join(words)}, rates times {options.faster:g}, {dataset} instead of LSUN bedrooms, one seed."


def options_of(words: list[str] | None = None) -> Namespace:
    """The options typed."""
    parser = runs.parser(__doc__, minutes=8)
    parser.add_argument("--steps", type=int, default=2000, help="of the generator, in every run")
    parser.add_argument("--image_size", type=int, default=32)
    parser.add_argument("--batch_size", type=int, default=64)
    parser.add_argument("--base_channels", type=int, default=16)
    parser.add_argument("--faster", type=float, default=5.0, help="times the paper's learning rates, for so few steps")
    parser.add_argument("--random", type=int, default=0, help="random networks of table 1 beside the seven")
    return parser.parse_args(words)


def main() -> None:
    options = options_of()
    dataset = "MNIST" if runs.has_mnist(options.root) else "Digits"
    wanted = runs_of(options, dataset)
    runs.train(list(wanted.values()), options.folder, jobs=options.jobs, minutes=options.minutes)
    judge = Judge(getattr(data, dataset)(root=options.root, image_size=options.image_size), options.folder)
    baselines = {name: judge.score(images) for name, images in judge.baselines()}
    rows: dict[str, dict[str, Cell]] = {row: {} for row, _ in wanted}
    for (row, name), run in wanted.items():
        for _, standing in runs.trained([run], options.folder):
            rows[row][name] = cell_of(standing, judge, baselines[NONSENSE].frechet)
    if not any(rows.values()):
        raise SystemExit("nothing is trained yet; the logs say why")
    report(smaller(options, dataset), rows, baselines)
    print(f"classifier: accuracy {judge.accuracy():.3f} on held-out images")
    if options.random:
        Console(width=120).print(outcomes({row: cells for row, cells in rows.items() if row not in ARCHITECTURES}))
    save_png(picture(rows), options.folder / "robustness.png")


def report(note: str, rows: Mapping[str, Mapping[str, Cell]], baselines: Mapping[str, Scores]) -> None:
    """Prints the table, with the baselines that its numbers are read against."""
    table = Table("Frechet distance / coverage", *OBJECTIVES, show_lines=True)
    for row, cells in rows.items():
        table.add_row(row, *(shown(cells.get(objective)) for objective in OBJECTIVES))
    Console(width=120).print(note, table)
    for name, scores in baselines.items():
        print(f"{name}: {scores.frechet:.2f} / {scores.coverage:.2f}")


if __name__ == "__main__":
    main()
