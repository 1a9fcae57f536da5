"""MidiNet on the embedded tunes and on a folder of MIDI files, beside real tunes and rows that learn nothing.

    python -m benchmarks.music [--root data/nottingham/full] [--minutes 4] [--jobs 2]

For each set its own table, as `gan test` prints it (tunes of eight bars, each bar made from the one before it with the
chords of held-out tunes), of MidiNet in the creative mode, in the stable one, and with the published weights of feature
matching; without `--root` of the embedded tunes alone. Ten bars in a row, drawn, are in `<folder>/music_<set>.png`:
held-out tunes above, made ones below, with their chords; the first is also in `.mid` and `.wav` files of that name.
The command can be stopped and called again.
"""

from pathlib import Path

import torch
from rich.console import Console

from benchmarks import runs
from benchmarks.own_tables import compared
from gan_cli.data import FolkTunes, Melodies, MusicDataModule
from gan_cli.inference.api import TrainedGAN
from gan_cli.inference.continuing import check_goes_on, followed
from gan_cli.media.medium import Beside
from gan_cli.media.pictures import save_png

ENDLESS = 1_000_000
"""Batches that no run comes to: its minutes end it."""
SHOWN, DRAWN = 3, 10
"""So many tunes are drawn, of so many bars."""
MODES: dict[str, dict[str, float | str]] = {
    "creative": {},
    "stable": {"model.previous_into": "last"},
    "published": {"model.lambda_features": 0.1, "model.lambda_bars": 0.01},
}
"""What is compared, by its settings."""


def wanted(root: str | None) -> dict[str, list[runs.Run]]:
    """The runs by their set's name."""
    places: dict[str, str | None] = {"FolkTunes": None} | ({"Melodies": root} if root else {})
    return {
        name: [
            runs.Run(title, "midinet.yaml", f"music-{title}", name, place, {"trainer.max_steps": ENDLESS, **settings})
            for title, settings in MODES.items()
        ]
        for name, place in places.items()
    }


def data_of(name: str, root: str | None) -> MusicDataModule:
    """The set that runs were trained on."""
    return Melodies(root=str(root)) if name == "Melodies" else FolkTunes()


def draw(data: MusicDataModule, gan: TrainedGAN, path: Path) -> None:
    """Draws real tunes and made ones with the same chords, and writes the first made one as MIDI and as sound."""
    model = check_goes_on(gan.model)
    _, given = followed(model, data, SHOWN, DRAWN, "test")
    chords, made = model.media["chords"].kept(given.shown["chords"]), gan.sample(SHOWN, bars=DRAWN)
    assert given.real is not None
    both = Beside(given={"chords": chords.repeat(2, 1)})
    save_png(data.bars.page(torch.cat([given.real, made]), both), path)
    for ending in data.bars.endings:
        data.bars.write(made[0], path.with_suffix(ending))


def main() -> None:
    parser = runs.parser(__doc__, minutes=4, root=False)
    parser.add_argument("--root", default=None, help="folder of MIDI files")
    parser.add_argument("--only", nargs="+", default=list(MODES), choices=list(MODES), help="of the modes")
    options = parser.parse_args()
    every = {name: [run for run in each if run.title in options.only] for name, each in wanted(options.root).items()}
    runs.train(
        [run for each in every.values() for run in each], options.folder, jobs=options.jobs, minutes=options.minutes
    )
    for name, each in every.items():
        models = {run.title: (TrainedGAN(at.checkpoint), at) for run, at in runs.trained(each, options.folder)}
        if not models:
            continue
        data = data_of(name, options.root)
        table = compared(data, models)
        console = Console(width=200, highlight=False)
        console.print(table.table())
        console.print("\n".join(table.notes), markup=False)
        draw(data, next(iter(models.values()))[0], options.folder / f"music_{name.lower()}.png")


if __name__ == "__main__":
    main()
