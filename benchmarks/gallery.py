"""Draws docs/families.jpg, a picture of every family, and the larger ones of the pages; nothing in them is chosen.

    python -m benchmarks.gallery [--pictures docs] [--minutes 30] [--jobs 2]

What is not trained yet is trained by its packaged config, on embedded data, which takes some two hours of two cores;
the command can be stopped and called again. A picture is what a verb makes of the first seeds, or the newest of a
run's `samples/`: the first held-out examples. The row takes the upper left part of each.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from benchmarks import portraits, runs
from gan_cli import load, verbs
from gan_cli.data import DrawnFaces
from gan_cli.inference.api import TrainedGAN
from gan_cli.media.pictures import grid, save_png, to_pil
from gan_cli.media.written import with_lines

SIDE = 192
"""Of a picture in the row, in pixels; below each there is a line that says what it is."""
COLUMNS = 8


class Family(NamedTuple):
    """A family, shown by one of its variants.

    Attributes:
        what: What the line below its picture says.
        config: The packaged config that trains the variant.
        shown: The side of the square that the row takes from its picture, in pixels; None for all of it.
        words: The verb that makes the picture, without `--ckpt` and `--output`; none where the run's own samples are
            taken.
        drawn: What makes it instead, as uint8 [C, H, W], of the trained model.
    """

    what: str
    config: str
    shown: int | None = None
    words: Sequence[str] = ()
    drawn: Callable[[TrainedGAN], Tensor] | None = None


FIRST_STAGE = "vqgan.yaml"
FAMILIES = (
    Family("images from noise", "dcgan.yaml", words=("sample", "--num", "16")),
    Family("by class", "cgan.yaml", shown=162, words=("sample", "--num", "40")),
    Family("photographs from edges", "pix2pix.yaml", shown=200),
    Family("without pairs", "dtn.yaml", shown=138),
    Family("enlarged photographs", "srgan.yaml", shown=200),
    Family("images as codes", "vq_transformer.yaml", words=("sample", "--num", "16")),
    Family("images of sentences", "gan_cls.yaml", shown=196),
    Family("other attributes", "icgan.yaml", shown=294),
    Family("turned faces", "tp_gan.yaml", shown=104),
    Family("films onto pictures", "living_portraits.yaml", 200, drawn=lambda gan: portraits.page(gan, DrawnFaces())),
    Family("films", "vgan.yaml", shown=138, words=("sample", "--num", "8")),
    Family("solids", "voxel_gan.yaml", words=("sample", "--num", "18")),
    Family("music", "midinet.yaml", shown=402),
    Family("people on the ground", "social_gan.yaml"),
    Family("other domains", "pixelda.yaml", shown=138),
    Family("small things", "perceptual_gan.yaml", shown=390),
)


def run_of(family: Family, folder: Path) -> runs.Run:
    """The run of a family's config, named by it alone, as a user's is."""
    if family.config == "vq_transformer.yaml":
        codes = folder / runs.family(runs.Run("", FIRST_STAGE, name=None))
        return runs.Run(
            family.what, family.config, None, settings={"model.first_stage": f"{codes}/version_0/last.ckpt"}
        )
    return runs.Run(family.what, family.config, name=None)


def picture_of(family: Family, checkpoint: Path, target: Path) -> Image.Image:
    """The picture of a family, which is kept as `target`."""
    if family.drawn:
        save_png(family.drawn(load(checkpoint)), target)
    elif family.words:
        verbs.run([*family.words, "--ckpt", str(checkpoint), "--output", str(target)])
    else:
        newest = max((checkpoint.parent / "samples").glob("*.png"), key=lambda path: path.name)
        target.write_bytes(newest.read_bytes())
    return Image.open(target).convert("RGB")


def part_of(picture: Image.Image, side: int | None) -> Tensor:
    """The upper left square of a picture, uint8 [3, SIDE, SIDE]; without a side all of it, white around."""
    width, height = picture.size
    side = side or max(width, height)
    square = Image.new("RGB", (side, side), "white")
    square.paste(picture, (max(0, side - width) // 2, max(0, side - height) // 2))
    return torch.from_numpy(np.array(square.resize((SIDE, SIDE), Image.Resampling.LANCZOS))).permute(2, 0, 1)


def main() -> None:
    """Trains, makes pictures, and puts them side by side."""
    parser = runs.parser(__doc__, minutes=30, root=False)
    parser.add_argument("--pictures", type=Path, default=Path("docs"), help="folder of the pictures")
    options = parser.parse_args()
    wanted = {family.config: run_of(family, options.folder) for family in FAMILIES}
    first, others = [runs.Run("codes", FIRST_STAGE, name=None)], list(wanted.values())
    runs.train(first, options.folder, jobs=1, minutes=options.minutes)
    runs.train(others, options.folder, jobs=options.jobs, minutes=options.minutes)
    made, lines = [], []
    for family in FAMILIES:
        name = f"family_{Path(family.config).stem}.png"
        for _, standing in runs.trained([wanted[family.config]], options.folder):
            picture = picture_of(family, standing.checkpoint, options.pictures / name)
            made.append(part_of(picture, family.shown))
            lines.append(family.what + standing.mark())
    row = to_pil(grid(with_lines(torch.stack(made), lines), COLUMNS, padding=6))
    row.save(options.pictures / "families.jpg", quality=90)  # a third of the bytes


if __name__ == "__main__":
    main()
