"""LivingPortraits on drawn faces and on films, beside Pix2Pix on the same films and rows that learn nothing.

    python -m benchmarks.portraits [--root data] [--only drawn portraits weizmann] [--minutes 6] [--jobs 2]

Held-out films made of their first frames, as `gan test` measures them: drawn faces of other people; the last fifth of
each film below `<root>/portraits`, of the same people; Weizmann's actions by two people who are held out, below
`<root>/weizmann_actions`. Pix2Pix is given the first frame and the edges of the frame that it is to make, since there
is nothing else to tell it the pose by; whoever is given the frame itself copies it.

Drawn faces are then animated by films of others, where the right answers are known: with key points where the film's
are, and moved as they move there. Frames from left to right are in `<folder>/portraits_<set>.png`: the film above, what
is made of its first frame (of drawn faces: of somebody else's, and the right answer below). The command can be stopped
and called again.
"""

from pathlib import Path
from typing import NamedTuple

import torch
from rich.console import Console
from torch import Tensor

from benchmarks import runs
from benchmarks.portrait_rivals import redrawn, rival
from gan_cli.data import DrawnFaces, PortraitDataModule
from gan_cli.data.portraits import comparison
from gan_cli.evaluation.comparing import own_table
from gan_cli.inference.api import TrainedGAN
from gan_cli.inference.checkpoints import data_set_of
from gan_cli.media.pictures import grid, save_png
from gan_cli.metrics.row_table import RowTable

DRAWN, CLIPS = "living_portraits.yaml", "living_portraits_clips.yaml"
TWO_PEOPLE = "00000048,0000005*,0000006*"
"""Weizmann's films by two of the people."""
CROSSED = 8
"""So many people are animated by films of others."""
SHOWN = 4
"""So many films are drawn."""
MOMENTS = 10
"""Of each film so many frames are drawn."""
TOGETHER = ("LivingPortraits", "Pix2Pix of the source and the frame's edges")


class Made(NamedTuple):
    """What a model makes of people and films of others, beside what is right.

    Attributes:
        name: The row's name.
        frames: uint8 [N, C, S, S].
    """

    name: str
    frames: Tensor


def wanted(root: str) -> dict[str, runs.Run]:
    """The runs, by the names of the sets."""
    folder = {"data.root": f"{root}/portraits"}
    people = {"data.root": f"{root}/weizmann_actions", "data.hold_out": "films", "data.held_out_films": TWO_PEOPLE}
    return {
        "drawn": runs.Run(TOGETHER[0], DRAWN),
        "portraits": runs.Run(TOGETHER[0], CLIPS, "portraits", settings=folder),
        "weizmann": runs.Run(TOGETHER[0], CLIPS, "weizmann", settings=people),
    }


def reconstructed(gan: TrainedGAN, at: runs.Standing, data: PortraitDataModule, file: Path, minutes: float) -> RowTable:
    """The set's table with a row of Pix2Pix, which is trained for as many steps."""
    table = own_table(gan.model, data, seed=0)
    assert table is not None
    model, steps = rival(data, file, at.steps, minutes)
    part = data.at_hand("test")
    count = min(comparison.THINGS, len(part))
    numbers = torch.arange(count) * len(part) // count
    batch = part[numbers].batch
    other = data.compared(redrawn(model, batch.source, batch.driving), numbers, "test").rows["made"]
    rows = dict(table.rows)
    made = rows.pop("made")
    names = (f"{TOGETHER[0]} ({at.steps:,} steps, {at.seconds / 60:.0f} min)", f"{TOGETHER[1]} ({steps:,} steps)")
    return table._replace(rows={names[0]: made, names[1]: other, **rows})


def crossed(gan: TrainedGAN, data: DrawnFaces, file: Path, minutes: float) -> list[RowTable]:
    """People animated by films of others: two tables, of points where the film's are and of such as move as there."""
    found = data.crossed("test", CROSSED)
    model, _ = rival(data, file, 0, minutes)
    frames = found.driving.shape[1]
    source, driving = found.source.repeat_interleave(frames, 0), found.driving.flatten(0, 1)
    learned = Made(TOGETHER[1], redrawn(model, source, driving))
    nothing = [Made("the source as it is", source), Made("the film's frame", driving)]
    tables = []
    for absolute, truth, points in ((True, found.truth, found.points), (False, found.relative, found.relative_points)):
        made = Made(TOGETHER[0], animated(gan, found.source, found.driving, absolute))
        how = "key points where the film's are" if absolute else "key points moved as they move in the film"
        rows = {
            one.name: comparison.measured(data.yardstick, one.frames, truth.flatten(0, 1), points.flatten(0, 1))
            for one in (made, *([learned] if absolute else []), *nothing)
        }
        tables.append(RowTable(f"{len(source):,} frames of people by films of others, {how}", comparison.KINDS, rows))
    return tables


def animated(gan: TrainedGAN, sources: Tensor, films: Tensor, absolute: bool) -> Tensor:
    """Pictures moved by films, each by its own, uint8 [N * T, C, S, S].

    Args:
        gan: The model.
        sources: uint8 [N, C, S, S].
        films: uint8 [N, T, C, S, S].
        absolute: Whether points go where the film's are.
    """
    made = [
        gan.animate(source, film.transpose(0, 1), absolute=absolute, scaled=False)
        for source, film in zip(sources, films, strict=True)
    ]
    return torch.cat([film.transpose(0, 1) for film in made])


def page(gan: TrainedGAN, data: PortraitDataModule) -> Tensor:
    """Films above what is made of their first frames, or of somebody else's with the right answer below; uint8."""
    rows: list[Tensor] = []
    if isinstance(data, DrawnFaces):
        found = data.crossed("test", SHOWN)
        moments = torch.arange(MOMENTS) * found.driving.shape[1] // MOMENTS
        made = animated(gan, found.source, found.driving, absolute=False).unflatten(0, found.driving.shape[:2])
        for film, moved, right in zip(found.driving, made, found.relative, strict=True):
            rows += [film[moments], moved[moments], right[moments]]
        return grid(torch.cat(rows), MOMENTS)
    part = data.at_hand("test")
    films = part.films.unique()
    for number in films[torch.arange(min(SHOWN, len(films))) * len(films) // min(SHOWN, len(films))]:
        length = int(part.lengths[number])
        film = part.frames(number.repeat(length), torch.arange(length))
        moments = torch.arange(MOMENTS) * length // MOMENTS
        made = animated(gan, film[:1], film[None], absolute=True)
        rows += [film[moments], made[moments]]
    return grid(torch.cat(rows), MOMENTS)


def show(table: RowTable) -> None:
    """Prints a table with its protocol."""
    console = Console(width=160, highlight=False)
    console.print(table.table())
    console.print("\n".join(table.notes), markup=False)


def main() -> None:
    parser = runs.parser(__doc__, minutes=6)
    parser.add_argument("--only", nargs="+", choices=list(wanted("")), default=list(wanted("")), help="of the sets")
    options = parser.parse_args()
    chosen = {name: run for name, run in wanted(options.root).items() if name in options.only}
    runs.train([*chosen.values()], options.folder, jobs=options.jobs, minutes=options.minutes)
    for name, run in chosen.items():
        for _, at in runs.trained([run], options.folder):
            gan = TrainedGAN(at.checkpoint)
            data = data_set_of(gan.model)
            assert isinstance(data, PortraitDataModule)
            file = at.checkpoint.with_name("pix2pix.pt")
            print(name, flush=True)
            show(reconstructed(gan, at, data, file, options.minutes))
            if isinstance(data, DrawnFaces):
                for table in crossed(gan, data, file, options.minutes):
                    show(table)
            save_png(page(gan, data), options.folder / f"portraits_{name}.png")


if __name__ == "__main__":
    main()
