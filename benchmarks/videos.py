"""VGAN, its conditional version and DVD-GAN on moving digits and films, beside real videos and rows that learn nothing.

    python -m benchmarks.videos [--root data/weizmann] [--held_out 00000056,00000058] [--minutes 4] [--jobs 2]

For each set its own table, as `gan test` prints it, of the three; the conditional version makes its videos from the
first frames of held-out ones. Below it, what VGAN's masks show: their mean, and the share of pixels in which the
foreground is seen more than the background. Without `--root` of moving digits alone; with it also of a folder of films,
by class where it has classes, of which `--held_out` names those that are measured against, such as all of one person.
Strips of frames are in `<folder>/videos_<set>.png`: held-out videos, then those of each model; and in
`<folder>/videos_<set>_parts.png` some of VGAN's with their foregrounds, backgrounds and masks below them. The command
can be stopped and called again.
"""

from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from torch import Tensor

from benchmarks import runs
from benchmarks.own_tables import compared
from gan_cli.data import Clips, MovingDigits, VideoDataModule
from gan_cli.inference.api import TrainedGAN
from gan_cli.media.medium import Beside
from gan_cli.media.pictures import save_png

ENDLESS = 1_000_000
"""Batches that no run comes to: its minutes end it."""
SHOWN, PARTED = 4, 3
"""So many videos of each model are drawn, and so many with their parts."""
MASKS = 64
"""Of so many videos the masks are measured."""
CONFIGS = {"VGAN": "vgan.yaml", "conditional VGAN": "conditional_vgan.yaml", "DVD-GAN": "dvdgan.yaml"}
FILMS: dict[str, Any] = {"num_frames": 16, "image_size": 32, "hop": 4}
"""How films are cut."""


def data_of(name: str, root: str | None, held_out: str) -> VideoDataModule:
    """The set that runs are trained on."""
    if name == "MovingDigits":
        return MovingDigits()
    return Clips(root=str(root), held_out_films=held_out, **FILMS)


def wanted(data: VideoDataModule, root: str | None, held_out: str) -> list[runs.Run]:
    """The runs on a set."""
    settings: dict[str, Any] = {"trainer.max_steps": ENDLESS}
    if isinstance(data, Clips):
        settings |= {f"data.{name}": value for name, value in FILMS.items()}
        settings |= {"data.held_out_films": held_out} if held_out else {}
    by_class = {"model.num_classes": len(data.classes) if len(data.classes) > 1 else 0}
    place = root if isinstance(data, Clips) else None
    return [
        runs.Run(
            title,
            config,
            f"videos-{config.partition('.')[0]}",
            data.name,
            place,
            {**settings, **(by_class if title == "DVD-GAN" else {})},
        )
        for title, config in CONFIGS.items()
    ]


def masks(gan: TrainedGAN) -> tuple[float, float]:
    """The mean of a model's masks, and the share of their pixels in which the foreground is seen more than the rest."""
    found = gan.sample(MASKS, part="mask").float() / 255
    return float(found.mean()), float((found > 0.5).float().mean())


def made_beside(data: VideoDataModule, gan: TrainedGAN, count: int) -> tuple[Tensor, Tensor]:
    """Held-out videos, evenly from all there are, and as many made ones, that begin with their frames if they can."""
    part = data.at_hand("test")
    batch: Any = part[torch.arange(count) * len(part) // count].batch
    given = {"first": batch.videos[:, :, 0]} if gan.model.takes == ("first",) else None
    return batch.videos, gan.sample(count, given=given)


def draw(data: VideoDataModule, models: dict[str, TrainedGAN], path: Path) -> None:
    """Draws held-out videos and those of each model below them, and VGAN's with their parts in a file beside."""
    each = [made_beside(data, gan, SHOWN) for gan in models.values()]
    strips = torch.cat([each[0][0], *(made for _, made in each)])
    medium = next(iter(models.values())).model.medium
    save_png(medium.walks(strips[None], Beside()), path)
    if "VGAN" in models:
        parts = models["VGAN"].sample(PARTED, part="all")
        save_png(medium.walks(parts[None], Beside()), path.with_stem(f"{path.stem}_parts"))


def main() -> None:
    parser = runs.parser(__doc__, minutes=4, root=False)
    parser.add_argument("--root", default=None, help="folder of films")
    parser.add_argument("--held_out", default="", help="names of the films to hold out, with commas between")
    parser.add_argument("--only", nargs="+", default=list(CONFIGS), choices=list(CONFIGS), help="of the models")
    options = parser.parse_args()
    names = ["MovingDigits", *(["Clips"] if options.root else [])]
    sets = {name: data_of(name, options.root, options.held_out) for name in names}
    every = {
        name: [run for run in wanted(data, options.root, options.held_out) if run.title in options.only]
        for name, data in sets.items()
    }
    runs.train(
        [run for each in every.values() for run in each], options.folder, jobs=options.jobs, minutes=options.minutes
    )
    console = Console(width=200, highlight=False)
    for name, each in every.items():
        models = {run.title: (TrainedGAN(at.checkpoint), at) for run, at in runs.trained(each, options.folder)}
        if not models:
            continue
        table = compared(sets[name], models)
        console.print(table.table())
        console.print("\n".join(table.notes), markup=False)
        if "VGAN" in models:
            mean, seen = masks(models["VGAN"][0])
            console.print(f"VGAN's masks: {mean:.2f} on average; the foreground is seen in {seen:.1%} of all pixels")
        draw(
            sets[name],
            {title: gan for title, (gan, _) in models.items()},
            options.folder / f"videos_{name.lower()}.png",
        )


if __name__ == "__main__":
    main()
