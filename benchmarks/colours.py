"""Colours for grey pictures by 0 to 50 hints, beside grey and beside what the true colours give.

    python -m benchmarks.colours [--root DATA] [--only photographs cats facades] [--jobs 1] [--minutes 15]

Held-out pieces of two embedded photographs and, where `<root>/afhq_cat` and `<root>/cmp_facades_base` are, held-out
cats and facades of 64 pixels. Rows: grey; a picture's own mean colour everywhere; its true colours reduced to a quarter
and enlarged, which is more than 250 hints; Colorization with 0, 1, 10 and 50 true colours at random places, the same
for all calls, and with the picture's own palette. PSNR likes grey, so the error of a and b and how strong the colours
are stand beside it. The errors must fall with the hints. Below: how much a wrong hint changes a and b in its place and
elsewhere. A sheet is in `<folder>/colours-<set>.png`: grey, 0, 1, 10, 50 hints, palette, a wrong hint, the truth. The
command can be stopped and called again.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor
from torch.nn.functional import interpolate

from benchmarks import runs
from gan_cli.data import Degraded
from gan_cli.data.degraded.colourless import Hinted, grey
from gan_cli.data.degraded.part import degraded
from gan_cli.inference.api import TrainedGAN
from gan_cli.media.hints import Hints
from gan_cli.media.lab import STRONGEST, lightness, rgb_to_lab, shown
from gan_cli.media.palettes import palette_of
from gan_cli.media.pictures import grid, save_png, to_float, to_uint8
from gan_cli.metrics.colours import ab_error, ab_of, chroma_ratio
from gan_cli.metrics.pairs import measures

CONFIG = "colorization.yaml"
SIZE = 64
"""Side of the pictures in pixels."""
COUNTS = (0, 1, 10, 50)
"""How many hints are given."""
COLUMNS = ("error of a and b", "chroma / real", "PSNR in dB")
SHOWN = 12
NEAR = 8
"""So many pixels around a hint are its place."""
FOLDERS: Mapping[str, str] = {"cats": "afhq_cat", "facades": "cmp_facades_base"}
"""Sets of files, by their folders below the root."""


class Scores(NamedTuple):
    """How near the colours of pictures are to the true ones.

    Attributes:
        error: Mean absolute error of a and b.
        chroma: How many times as colourful they are, averaged over the pictures.
        psnr: In decibels, averaged over the pictures.
    """

    error: float
    chroma: float
    psnr: float

    def cells(self) -> tuple[str, ...]:
        """The row's cells, in the order of `COLUMNS`."""
        return f"{self.error:.2f}", f"{self.chroma:.2f}", f"{self.psnr:.1f}"


class Change(NamedTuple):
    """How much a wrong hint changes a and b, in units of these.

    Attributes:
        there: Around the hint.
        elsewhere: In the rest of the picture.
    """

    there: float
    elsewhere: float


def scores(images: Tensor, truth: Tensor) -> Scores:
    """The scores of pictures, uint8 [N, 3, H, W]."""
    psnr = measures(SIZE)[0]["psnr"]
    return Scores(*(float(measure(images, truth).mean()) for measure in (ab_error, chroma_ratio, psnr)))


def baselines(truth: Tensor) -> dict[str, Tensor]:
    """Pictures that nothing was learned for, uint8 [N, 3, H, W] each, from the true ones."""
    light, ab = lightness(to_float(truth)), ab_of(truth)
    mean = ab.mean((2, 3), keepdim=True).expand_as(ab)
    small = interpolate(ab, scale_factor=1 / 4, mode="area")
    quarter = interpolate(small, ab.shape[2:], mode="bilinear")
    named = {"grey": 0 * ab, "its own mean colour": mean, "its true colours at a quarter of the size": quarter}
    return {title: to_uint8(shown(light, colours)) for title, colours in named.items()}


@torch.no_grad()
def coloured(gan: TrainedGAN, truth: Tensor, hints: Tensor, palette: bool = False) -> Tensor:
    """What the network makes of the pictures without their colours, uint8 [N, 3, H, W].

    Args:
        gan: The network.
        truth: The pictures, uint8 [N, 3, H, W].
        hints: As they are kept, uint8 [N, 4, H, W].
        palette: Whether it is also told the pictures' palettes.
    """
    given = {"hints": Hints().shown(hints)}
    if palette:
        given["palette"] = palette_of(ab_of(truth) / STRONGEST)
    source = to_float(torch.stack([grey(image) for image in truth]))
    return torch.cat(
        [
            to_uint8(gan.model(source[some], **{name: rows[some] for name, rows in given.items()}))
            for some in torch.arange(len(source)).split(16)
        ]
    )


def hints_of(truth: Tensor, count: int) -> Tensor:
    """So many true colours of each picture at places that are always the same, uint8 [N, 4, H, W]."""
    hints: Tensor = getattr(degraded(truth, Hinted(count), list(range(len(truth)))), "hints")  # noqa: B009
    return hints


def with_a_wrong_one(truth: Tensor, hints: Tensor) -> Tensor:
    """The hints with one more in the middle, of 5 pixels: the opposite of the colour there, or red in what is grey."""
    middle = slice(SIZE // 2 - 2, SIZE // 2 + 3)
    colours = rgb_to_lab(to_float(truth))[:, 1:, middle, middle].mean((2, 3), keepdim=True)
    strength = colours.norm(dim=1, keepdim=True)
    red = torch.tensor([1.0, 0.5])[None, :, None, None]
    wrong = torch.where(strength > 5, -colours / strength.clamp(min=1e-3), red) * 60
    told = hints.clone()
    rgb = to_uint8(shown(torch.full_like(wrong[:, :1], 55.0), wrong))
    told[:, :3, middle, middle] = rgb
    told[:, 3, middle, middle] = 255
    return told


def change(before: Tensor, after: Tensor) -> Change:
    """How much a wrong hint in the middle has changed pictures, uint8 [N, 3, H, W]."""
    moved = (ab_of(after) - ab_of(before)).abs().mean((0, 1))
    there = torch.zeros_like(moved, dtype=torch.bool)
    there[SIZE // 2 - NEAR : SIZE // 2 + NEAR + 1, SIZE // 2 - NEAR : SIZE // 2 + NEAR + 1] = True
    return Change(float(moved[there].mean()), float(moved[~there].mean()))


def sets(root: str, folder: Path) -> dict[str, dict[str, object]]:
    """The settings of the data that differ from the config's, by the names of the sets that are there."""
    found: dict[str, dict[str, object]] = {"photographs": {}}
    for name, place in FOLDERS.items():
        files = sorted((Path(root) / place).glob("*/*.jpg"))
        if not files:
            continue
        linked = folder / f"files-{name}"  # photographs alone: facades lie beside their label maps
        linked.mkdir(parents=True, exist_ok=True)
        for file in files:
            if not (linked / file.name).exists():
                (linked / file.name).symlink_to(file.resolve())
        found[name] = {"data.root": str(linked), "data.crop": False, "data.images_options": {"held_out": 0.2}}
    return found


def held_out(settings: Mapping[str, object]) -> Tensor:
    """The pictures to judge on, uint8 [N, 3, H, W]."""
    arguments = {key.partition(".")[2]: value for key, value in settings.items()}
    part = Degraded(degradation="hints", image_size=SIZE, num_workers=0, **arguments).part("test")  # type: ignore[arg-type]
    images: Tensor = part[torch.arange(len(part))].batch.real
    return images


def judge(name: str, gan: TrainedGAN, mark: str, truth: Tensor, folder: Path) -> list[Table | str]:
    """The table of a set, and what is said below it; its sheet is written."""
    made = {count: coloured(gan, truth, hints_of(truth, count)) for count in COUNTS}
    by_palette = coloured(gan, truth, hints_of(truth, 0), palette=True)
    wrong = coloured(gan, truth, with_a_wrong_one(truth, hints_of(truth, 10)))
    table = Table("", *COLUMNS, title=f"{name}: {len(truth)} held-out pictures of {SIZE} pixels")
    rows = {**baselines(truth), **{f"{count} hints{mark}": images for count, images in made.items()}}
    rows[f"no hint, its own palette{mark}"] = by_palette
    for title, images in rows.items():
        table.add_row(title, *scores(images, truth).cells())
    moved = change(made[10], wrong)
    said = f"a wrong hint beside ten changes a and b by {moved.there:.1f} in its place, {moved.elsewhere:.1f} elsewhere"
    shown = torch.stack([rows["grey"], *made.values(), by_palette, wrong, truth], dim=1)
    chosen = torch.arange(min(SHOWN, len(truth))) * len(truth) // min(SHOWN, len(truth))
    save_png(grid(shown[chosen].flatten(0, 1), columns=2 * shown.shape[1]), folder / f"colours-{name}.png")
    return [table, said]


def main() -> None:
    parser = runs.parser(__doc__, minutes=15)
    parser.set_defaults(jobs=1)
    parser.add_argument("--only", nargs="+", choices=("photographs", *FOLDERS), metavar="NAME", help="sets")
    options = parser.parse_args()
    there = sets(options.root, options.folder)
    chosen = {name: there[name] for name in options.only or there if name in there}
    wanted = {
        name: runs.Run(f"{name}, colours", CONFIG, f"colours-{name}", settings=own) for name, own in chosen.items()
    }
    runs.train(list(wanted.values()), options.folder, jobs=options.jobs, minutes=options.minutes)
    console = Console(width=110)
    for name, run in wanted.items():
        for _, at in runs.trained([run], options.folder):
            for line in judge(name, TrainedGAN(at.checkpoint), at.mark(), held_out(chosen[name]), options.folder):
                console.print(line)


if __name__ == "__main__":
    main()
