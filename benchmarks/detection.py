"""Small things found, or classified, with Perceptual GAN's features and with what they have to be compared with.

    python -m benchmarks.detection [--of scenes facades] [--root data] [--seeds 3] [--minutes 6] [--jobs 1]

Scenes: average precision by size on held-out digits in scenes, of the detector alone (taught by things that are not
small), with the generator, with a generator that the perception branch alone has trained (no adversary), and of
detectors that were taught by small things alone or by all things, for as many batches; also with the true boxes, where
classes alone are to be found. Facades: accuracy on small crops of CMP's facades by true boxes, which are in
`<root>/cmp_facades_base`. Means over seeds with deviations. Held-out scenes with boxes are drawn in
`<folder>/detection.png`. The command can be stopped and called again.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from rich.console import Console
from rich.table import Table

from benchmarks import runs
from gan_cli.data import GANDataModule
from gan_cli.evaluation.comparing import own_table
from gan_cli.inference.api import TrainedGAN
from gan_cli.inference.checkpoints import data_set_of
from gan_cli.media.medium import Beside
from gan_cli.media.pictures import save_png
from gan_cli.metrics.row_table import RowTable
from gan_cli.variants.perceptual_gan import DETECTOR

SHOWN = 16
"""So many scenes are drawn."""
FACADES = "cmp_facades_base"

Values = Mapping[str, Sequence[float | None]]
"""The rows of a table: numbers by the names of what was measured."""


class Kind(NamedTuple):
    """A comparison.

    Attributes:
        config: Of the run that all others are compared with.
        first: How many batches its first phase has.
        second: How many batches follow.
        rows: Of the tables of runs, by the runs' short names: which of their rows are shown, and under which names.
    """

    config: str
    first: int
    second: int
    rows: Mapping[str, Mapping[str, str]]


KINDS = {
    "scenes": Kind(
        "perceptual_gan.yaml",
        700,
        400,
        {
            "gan": {
                "with the generator": "GAN",
                "without the generator": "large things alone (floor)",
                "true boxes": "true boxes, GAN",
                "true boxes, without": "true boxes, large things alone",
                "boxes of another image": "boxes of another image",
                "nothing": "nothing",
            },
            "perception": {"with the generator": "no adversary", "true boxes": "true boxes, no adversary"},
            "small": {
                "without the generator": "small things alone",
                "true boxes, without": "true boxes, small things alone",
            },
            "all": {
                "without the generator": "things of all sizes",
                "true boxes, without": "true boxes, things of all sizes",
            },
        },
    ),
    "facades": Kind(
        "perceptual_gan_facades.yaml",
        250,
        250,
        {
            "gan": {
                "large, without it": "large net on large (ceiling)",
                "small, without it": "large net on small (floor)",
                "small, with the generator": "GAN, with features' L2",
            },
            "paper": {"small, with the generator": "GAN, the paper's terms"},
            "feature": {"small, with the generator": "features' L2 alone"},
            "perception": {"small, with the generator": "perception alone"},
            "small": {"small, without it": "net on small, taught by small"},
            "all": {"small, without it": "net on small, taught by both"},
        },
    ),
}
OFF = {"model.lambda_adversarial": 0.0, "model.lambda_perception": 0.0, "model.lambda_feature": 0.0}
GENERATORS: dict[str, dict[str, Any]] = {
    "perception": {**OFF, "model.lambda_perception": 1.0},
    "feature": {**OFF, "model.lambda_feature": 1.0},
    "paper": {"model.lambda_feature": 0.0, "model.lambda_adversarial": 1.0},
}
"""Generators that other terms train, from the first phase of the whole run."""


def first_runs(of: str, root: str | None, seed: int) -> dict[str, runs.Run]:
    """The runs that begin with nothing, by their short names."""
    kind = KINDS[of]
    place = None if of == "scenes" else str(Path(root or "data", FACADES))
    made = {"gan": runs.Run(f"{of} gan {seed}", kind.config, f"{of}-gan-{seed}", root=place, seed=seed)}
    for taught in ("small", "all"):
        settings = {
            "model.taught": taught,
            "model.pretraining_steps": kind.first + kind.second,
            "trainer.max_steps": kind.first + kind.second,
        }
        made[taught] = runs.Run(
            f"{of} {taught} {seed}", kind.config, f"{of}-{taught}-{seed}", None, place, settings, seed
        )
    return made


def further_runs(of: str, root: str | None, seed: int, detector: Path) -> dict[str, runs.Run]:
    """The runs that begin with the whole run's detector, by their short names."""
    kind = KINDS[of]
    whole = first_runs(of, root, seed)["gan"]
    made = {}
    for name, terms in GENERATORS.items():
        if name not in kind.rows:
            continue
        settings = {**terms, "model.pretraining_steps": 0, "trainer.max_steps": kind.second}
        titled = whole._replace(title=f"{of} {name} {seed}", name=f"{of}-{name}-{seed}")
        made[name] = titled._replace(settings=settings, init=str(detector))
    return made


def chosen(table: Values, wanted: Mapping[str, str]) -> dict[str, Sequence[float | None]]:
    """The rows that are shown, by what they are called there."""
    return {title: table[name] for name, title in wanted.items()}


def together(tables: Sequence[Values]) -> dict[str, list[str]]:
    """The means of rows over seeds, with the deviations behind them where there are several.

    Args:
        tables: A table of each seed; a row that one of them lacks is of fewer seeds.
    """
    names = dict.fromkeys(name for table in tables for name in table)
    found = {}
    for name in names:
        columns = zip(*(table[name] for table in tables if name in table), strict=True)
        found[name] = [_told([value for value in column if value is not None]) for column in columns]
    return found


def _told(values: Sequence[float]) -> str:
    if not values:
        return ""
    numbers = torch.tensor(values, dtype=torch.float64)
    deviation = f" ± {float(numbers.std()):.3f}" if len(values) > 1 else ""
    return f"{float(numbers.mean()):.3f}{deviation}"


def measured(run: runs.Run, at: runs.Standing) -> RowTable:
    """The variant's own table of a run."""
    gan = TrainedGAN(at.checkpoint)
    data = _data_of(gan)
    table = own_table(gan.model, data, seed=0)
    assert table is not None
    return table


def _data_of(gan: TrainedGAN) -> GANDataModule:
    data: GANDataModule = data_set_of(gan.model)
    data.prepare_data()
    return data


def draw(gan: TrainedGAN, path: Path) -> None:
    """Draws held-out scenes with what is found in them."""
    data = _data_of(gan)
    part = data.at_hand("test")
    images = part[torch.arange(SHOWN) * len(part) // SHOWN].batch.images
    made = gan.sample(SHOWN, given={"images": images})
    save_png(gan.model.medium.page(made, Beside(given={"images": images})), path)


def compare(of: str, options: Any) -> None:
    """Trains and measures all runs of a comparison, and prints the table."""
    folder, kind = options.folder, KINDS[of]
    seeds = range(options.seeds)
    fit: Callable[[Sequence[runs.Run]], None] = lambda wanted: runs.train(  # noqa: E731
        wanted, folder, jobs=options.jobs, minutes=options.minutes
    )
    every: dict[int, dict[str, runs.Run]] = {}
    for seed in seeds:
        first = first_runs(of, options.root, seed)
        fit(list(first.values()))
        there = runs.standing(first["gan"], folder)
        detector = there.checkpoint.with_name(f"{DETECTOR}.ckpt") if there else None
        further = further_runs(of, options.root, seed, detector) if detector and detector.is_file() else {}
        fit(list(further.values()))
        every[seed] = {**first, **further}
    tables: list[Values] = []
    notes: Sequence[str] = ()
    titles: list[str] = []
    for seed in seeds:
        found: dict[str, Sequence[float | None]] = {}
        for name, run in every[seed].items():
            for _, at in runs.trained([run], folder):
                table = measured(run, at)
                found |= chosen(table.rows, kind.rows[name])
                always = {row: numbers for row, numbers in table.rows.items() if row.startswith("always ")}
                found |= always if name == "gan" else {}
                notes, titles = table.notes, [one.title for one in table.kinds.values()]
                if name == "gan" and seed == 0 and of == "scenes":
                    draw(TrainedGAN(at.checkpoint), folder / "detection.png")
        tables.append(found)
    console = Console(width=200, highlight=False)
    printed = Table("", *titles, title=f"{of}, {options.seeds} seeds", title_justify="left")
    for name, values in together(tables).items():
        printed.add_row(name, *values)
    console.print(printed)
    console.print("\n".join(notes), markup=False)


def main() -> None:
    parser = runs.parser(__doc__, minutes=6)
    parser.add_argument("--of", nargs="+", choices=list(KINDS), default=list(KINDS), help="which comparisons")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each kind")
    options = parser.parse_args()
    for of in options.of:
        if of == "facades" and not Path(options.root, FACADES).is_dir():
            print(f"facades: left out, there is no {Path(options.root, FACADES)}", flush=True)
            continue
        compare(of, options)


if __name__ == "__main__":
    main()
