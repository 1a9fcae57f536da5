"""CaptionGAN on moving digits, beside the same after likelihood alone and rows that learn nothing.

    python -m benchmarks.captions [--minutes 6] [--jobs 1]

The set's own table, as `gan test` prints it, of five sentences each on 200 held-out videos: of the run, and of the
checkpoint that it keeps at the end of the generator's training by likelihood. Videos with a sentence each are drawn in
`<folder>/captions.png`. The command can be stopped and called again.
"""

from pathlib import Path

import torch
from rich.console import Console

from benchmarks import runs
from benchmarks.own_tables import compared
from gan_cli.data import CaptionedMovingDigits
from gan_cli.inference.api import TrainedGAN
from gan_cli.media.medium import Beside
from gan_cli.media.pictures import save_png
from gan_cli.metrics.row_table import RowTable
from gan_cli.variants.caption_gan import PRETRAINED

SHOWN = 24
"""So many videos are drawn."""
RUN = runs.Run("CaptionGAN", "caption_gan.yaml", "captions")


def models_of(at: runs.Standing) -> dict[str, tuple[TrainedGAN, runs.Standing]]:
    """The run's model, and the one after likelihood alone, by what tables call them."""
    found = {"CaptionGAN": (TrainedGAN(at.checkpoint), at)}
    if (earlier := at.checkpoint.with_name(f"{PRETRAINED}.ckpt")).is_file():
        gan = TrainedGAN(earlier)
        steps = gan.model.counters.batches
        found["likelihood alone"] = (gan, at._replace(steps=steps, seconds=at.seconds * steps / max(1, at.steps)))
    return found


def without_parts(table: RowTable) -> RowTable:
    """A table without the rows of some of the things alone, which are the first model's."""
    return table._replace(rows={name: row for name, row in table.rows.items() if not name.startswith(" ")})


def draw(data: CaptionedMovingDigits, gan: TrainedGAN, path: Path) -> None:
    """Draws held-out videos, each with a sentence below it."""
    part = data.at_hand("test")
    videos = part[torch.arange(SHOWN) * len(part) // SHOWN].batch.real
    made = gan.sample(SHOWN, given={"clip": videos})
    save_png(gan.model.medium.page(made, Beside(given={"clip": videos})), path)


def main() -> None:
    options = runs.parser(__doc__, minutes=6, root=False).parse_args()
    runs.train([RUN], options.folder, jobs=options.jobs, minutes=options.minutes)
    for _, at in runs.trained([RUN], options.folder):
        data, models = CaptionedMovingDigits(), models_of(at)
        table = without_parts(compared(data, models))
        console = Console(width=200, highlight=False)
        console.print(table.table())
        console.print("\n".join(table.notes), markup=False)
        draw(data, models["CaptionGAN"][0], options.folder / "captions.png")


if __name__ == "__main__":
    main()
