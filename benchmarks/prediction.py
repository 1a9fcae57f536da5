"""FramePrediction on Weizmann's actions and on moving digits, beside what learns nothing.

    python -m benchmarks.prediction [--root data/weizmann] [--minutes 2] [--jobs 2]

On Weizmann's actions (two people held out): the same network by squared errors alone, by absolute ones, with the
gradient difference loss, and with the adversarial term as well; the first frame that is made, in PSNR on all pixels
and on those that move, SSIM there, sharpness, and the energy of the slopes as a share of the truth's, because blur
raises PSNR. On moving digits, and between frames of both, the packaged configs. Strips of held-out
films, the truth above what is made, are in `<folder>/prediction_<run>.png`. The command can be stopped and called
again.
"""

from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from benchmarks import runs
from gan_cli.evaluation.comparing import own_table
from gan_cli.inference.api import TrainedGAN
from gan_cli.inference.checkpoints import data_set_of
from gan_cli.inference.film_inputs import data_films
from gan_cli.media.pictures import grid, save_png
from gan_cli.metrics.row_table import RowTable

WEIZMANN, DIGITS = "frame_prediction_weizmann.yaml", "frame_prediction.yaml"
BETWEEN = {"model.target": "between"}
NONE = {"model.lambda_gdl": 0.0, "model.lambda_adversarial": 0.0}
LOSSES: dict[str, dict[str, Any]] = {
    "L2": {**NONE, "model.p": 2.0},
    "L1": NONE,
    "L1 + GDL": {"model.lambda_adversarial": 0.0},
    "L1 + GDL + adversarial": {},
}
"""What is compared on Weizmann's actions, by its settings."""
SHOWN = 3
"""So many films are drawn."""


def wanted(root: str) -> dict[str, list[runs.Run]]:
    """The runs, by the table that they are in."""
    weizmann = [
        runs.Run(title, WEIZMANN, f"weizmann-{number}", settings={"data.root": root, **settings})
        for number, (title, settings) in enumerate(LOSSES.items())
    ]
    halves = {**BETWEEN, "data.root": root, "data.stride": 1}
    return {
        "Weizmann": weizmann,
        "Weizmann, between": [runs.Run("made", WEIZMANN, "weizmann-between", settings=halves)],
        "digits": [runs.Run("made", DIGITS)],
        "digits, between": [runs.Run("made", DIGITS, "between", settings=BETWEEN)],
    }


def together(tables: dict[str, RowTable]) -> RowTable:
    """One table of several runs' first rows, and the rows that they share."""
    first = next(iter(tables.values()))
    made = {title: next(iter(table.rows.values())) for title, table in tables.items()}
    return first._replace(rows={**made, **dict(list(first.rows.items())[1:])})


@torch.no_grad()
def draw(gan: TrainedGAN, path: Path) -> None:
    """Draws held-out films as strips, each above what the model makes of what it is given of it."""
    model, rows = gan.model, []
    data = data_set_of(model)
    data.prepare_data()
    films = torch.stack([torch.as_tensor(film.content) for film in data_films(data.part("test"), SHOWN)])
    films = films[:, :, : int(model.hparams["num_frames"])]
    known: list[int] = model.known_numbers  # type: ignore[assignment]
    made = model.medium.kept(model(films[:, 0, 0, 0, :0].float(), model.medium.shown(films[:, :, known])))
    for pair in zip(films, made, strict=True):
        rows += [frame for film in pair for frame in film.unbind(1)]
    save_png(grid(torch.stack(rows), columns=films.shape[2]), path)


def main() -> None:
    parser = runs.parser(__doc__, minutes=2, root=False)
    parser.add_argument("--root", default="data/weizmann", help="folder of the films")
    parser.add_argument("--only", nargs="+", default=None, help="of the tables: Weizmann, digits, ...")
    options = parser.parse_args()
    every = {name: each for name, each in wanted(options.root).items() if name in (options.only or wanted(""))}
    everyone = [run for each in every.values() for run in each]
    runs.train(everyone, options.folder, jobs=options.jobs, minutes=options.minutes)
    console = Console(width=160, highlight=False)
    for name, each in every.items():
        tables: dict[str, RowTable] = {}
        for run, at in runs.trained(each, options.folder):
            gan = TrainedGAN(at.checkpoint)
            data = data_set_of(gan.model)
            data.prepare_data()
            with torch.no_grad():
                table = own_table(gan.model, data, seed=0)
            assert table is not None
            tables[f"{run.title} ({at.steps:,} batches, {at.seconds / 60:.1f} min)"] = table
            draw(gan, options.folder / f"prediction_{runs.family(run).lower()}.png")
        if tables:
            console.print(name)
            console.print(together(tables).table())
            console.print("\n".join(next(iter(tables.values())).notes), markup=False)


if __name__ == "__main__":
    main()
