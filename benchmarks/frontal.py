"""TP-GAN on heads that turn, on UMIST's faces and on CMU's, beside the same networks without a discriminator.

    python -m benchmarks.frontal [--sets heads,umist,cmu] [--seeds 3] [--faces FOLDER] [--steps N] [--minutes 6]

FOLDER holds UMIST_575_32x32.mat and cmu_faces/; without it the drawn heads stand alone. A seed also chooses who is held
out. For each set the tables of all seeds, as `gan test` prints them, are put into one: the mean and, behind it, the
smallest and the largest number. Held-out faces beside what is made of them are drawn in `<folder>/frontal-<set>.png`.
The command can be stopped and called again.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from math import isfinite
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table
from torch.nn.functional import interpolate

from benchmarks import runs
from gan_cli.evaluation.comparing import own_table
from gan_cli.inference.api import TrainedGAN
from gan_cli.inference.checkpoints import data_set_of
from gan_cli.media.pictures import grid, save_png, to_uint8
from gan_cli.metrics.row_table import Kind, RowTable

SETS = {"heads": "tp_gan.yaml", "umist": "tp_gan_umist.yaml", "cmu": "tp_gan_cmu.yaml"}
FILES = {"umist": "", "cmu": "cmu_faces"}
"""Where a set's files are below the folder of faces."""
WITHOUT = {"model.lambda_adversarial": 0.0}
SHOWN = 12
"""So many held-out faces are drawn."""
RANGES = 3
"""Of so many measures, the first ones, the smallest and the largest number are told."""


def wanted(name: str, seeds: int, faces: Path | None, steps: int | None = None) -> list[runs.Run]:
    """The runs of a set: with a discriminator for all seeds, and then without."""
    shorter = {} if steps is None else {"trainer.max_steps": steps}
    root = str(faces / FILES[name]) if faces is not None and name in FILES else None
    return [
        runs.Run(
            f"{name}, seed {seed}, {title}",
            SETS[name],
            f"frontal-{kind}-{seed}",
            root=root,
            settings={"data.split_seed": seed, **changes, **shorter},
            seed=seed,
        )
        for kind, title, changes in (("gan", "TP-GAN", {}), ("regression", "without a discriminator", WITHOUT))
        for seed in range(seeds)
    ]


def tables_of(found: Sequence[tuple[runs.Run, runs.Standing]]) -> Iterator[tuple[str, RowTable]]:
    """What each run's row is called, and its table, which is kept beside the checkpoint."""
    for run, at in found:
        kept = runs.remembered(at.checkpoint.with_name("frontal.json"), [at.checkpoint], partial(_measured, at))
        kinds = {name: Kind(title) for name, title in kept["columns"].items()}
        rows = {name: list(row.values()) for name, row in kept["rows"].items()}
        title = "TP-GAN" if "-gan-" in str(run.name) else "the same without a discriminator"
        yield title, RowTable(kept["title"], kinds, rows, kept["notes"])


def _measured(at: runs.Standing) -> dict[str, object]:
    gan = TrainedGAN(at.checkpoint)
    table = own_table(gan.model, data_set_of(gan.model), seed=0)
    assert table is not None
    return table.as_dict()


def together(tables: Sequence[tuple[str, RowTable]]) -> dict[str, dict[str, list[float]]]:
    """The numbers of several tables by row and measure; rows that need no network are told once for each seed."""
    found: dict[str, dict[str, list[float]]] = {}
    seen: set[tuple[str, str]] = set()
    for title, table in tables:
        for name, row in table.rows.items():
            called = title if name == "made" else name
            numbers = [number for number in row if number is not None]
            if name != "made" and (called, repr(numbers)) in seen:
                continue
            seen.add((called, repr(numbers)))
            for measure, number in zip(table.kinds, row, strict=True):
                if number is not None and isfinite(number):
                    found.setdefault(called, {}).setdefault(measure, []).append(number)
    first = list(dict.fromkeys(title for title, _ in tables))
    return {name: found[name] for name in (*first, *(other for other in found if other not in first))}


def shown(title: str, kinds: Mapping[str, Kind], rows: Mapping[str, Mapping[str, Sequence[float]]]) -> Table:
    """Means, and of the first measures also the smallest and the largest number, as a table."""
    table = Table("", *(kind.title for kind in kinds.values()), "seeds", title=title, title_justify="left")
    for name, measures in rows.items():
        cells = []
        for place, measure in enumerate(kinds):
            numbers = measures.get(measure, [])
            text = f"{sum(numbers) / len(numbers):.2f}" if numbers else ""
            spread = len(numbers) > 1 and place < RANGES
            cells.append(f"{text} ({min(numbers):.2f} to {max(numbers):.2f})" if spread else text)
        table.add_row(name, *cells, str(max(map(len, measures.values()))))
    return table


def draw(at: runs.Standing, path: Path) -> None:
    """Draws held-out faces: turned, turned to the front, and truly frontal, three rows."""
    gan = TrainedGAN(at.checkpoint)
    data = data_set_of(gan.model)
    part = data.part("test")
    batch = part[torch.randperm(len(part), generator=torch.Generator().manual_seed(0))[:SHOWN]].batch
    with torch.no_grad():
        made = to_uint8(gan.model(gan.model.media["source"].shown(batch.source), "frontal"))
    rows = torch.cat([batch.source, made, batch.target])
    save_png(grid(interpolate(rows.float(), scale_factor=3).to(torch.uint8), columns=SHOWN), path)


def main() -> None:
    made = runs.parser(__doc__, minutes=6, root=False)
    made.add_argument("--sets", default=",".join(SETS), help="which of heads, umist and cmu, with commas between")
    made.add_argument("--seeds", type=int, default=3, help="how many, from 0 on")
    made.add_argument("--steps", type=int, help="batches of each run, where not as many as its config says")
    made.add_argument("--faces", type=Path, help="folder of UMIST_575_32x32.mat and cmu_faces/")
    options = made.parse_args()
    names = [name for name in options.sets.split(",") if name not in FILES or options.faces is not None]
    everything = {name: wanted(name, options.seeds, options.faces, options.steps) for name in names}
    in_turn = [run for each in everything.values() for run in each]
    in_turn.sort(key=lambda run: (run.seed, "-regression-" in str(run.name)))
    runs.train(in_turn, options.folder, jobs=options.jobs, minutes=options.minutes)
    console = Console(width=200, highlight=False)
    for name, each in everything.items():
        found = list(runs.trained(each, options.folder))
        if found:
            tables = list(tables_of(found))
            console.print(shown(tables[0][1].title, tables[0][1].kinds, together(tables)))
            console.print("\n".join(tables[0][1].notes), markup=False)
            draw(found[0][1], options.folder / f"frontal-{name}.png")


if __name__ == "__main__":
    main()
