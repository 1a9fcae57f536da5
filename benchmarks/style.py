"""Style transfer beside two rows that need no learning, and an analogy whose right answer is known.

    python -m benchmarks.style [--minutes 10] [--photographs FOLDER --pictures FILE ...]

StyleTransfer and AdaIN are trained on the embedded photographs and styles, or StyleTransfer on your own, such as four
paintings. Held-out photographs get each style: how far is their content from the photograph's, and their style from the
picture's, each over the size of what is wanted (0 is the same)? The photograph itself and one with the picture's mean
colour and deviations stand beside them. All are judged by the network that they were trained under and by the other
one, `random`, which knows nothing of them.

The analogy: a photograph and its recoloured mirror image, 512 pixels wide, on one thread. The mean distance of matches
from the right ones is given beside that of random matches and of none.

Sheets are in `<folder>/style-*.png`. The command can be stopped and called again.
"""

import argparse
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

from benchmarks import runs
from gan_cli.data import PhotoStyles, StyleFolder
from gan_cli.data.pairs.photo_blocks import photograph
from gan_cli.inference.analogy import patch_match
from gan_cli.inference.analogy.analogies import analogy
from gan_cli.inference.api import TrainedGAN
from gan_cli.media.picture_files import picture_of, to_tensor
from gan_cli.media.pictures import grid, save_png, to_float, to_uint8
from gan_cli.networks.loss_networks import Seen, loss_network
from gan_cli.objectives.style import gram_distance, relative_distance

JUDGES: tuple[Seen, ...] = ("lite0", "random")
CONTENT = 1
"""The level of the maps that tells the content."""
SHOWN = 6
"""Photographs in a sheet."""
JUDGED = 24
"""Photographs that are judged."""

Method = Callable[[Tensor, Tensor, str], Tensor]
"""Gives images [N, 3, H, W], uint8, in the style of a picture [3, H, W] of a name."""


class Pictures(NamedTuple):
    """What the methods are given.

    Attributes:
        photographs: Held out, uint8 [N, 3, H, W].
        styles: The pictures by the names of their styles, uint8 [3, H, W].
    """

    photographs: Tensor
    styles: Mapping[str, Tensor]


def with_moments_of(images: Tensor, picture: Tensor) -> Tensor:
    """Images with the mean and deviation of each colour of a picture (Reinhard et al. 2001, in RGB)."""
    values, wanted = images.float(), picture.float()
    means, deviations = (values.mean((2, 3), keepdim=True), values.std((2, 3), keepdim=True) + 1e-3)
    made = (values - means) / deviations * wanted.std((1, 2))[:, None, None] + wanted.mean((1, 2))[:, None, None]
    return made.round().clamp(0, 255).to(torch.uint8)


@torch.no_grad()
def distances(made: Tensor, photographs: Tensor, picture: Tensor, judge: Seen) -> tuple[float, float]:
    """How far images are from the content of photographs, and from the style of a picture."""
    network = loss_network(judge, "the benchmark").network
    seen, content, style = (network(to_float(images)) for images in (made, photographs, picture[None]))
    wanted = [one.expand(len(made), -1, -1, -1) for one in style]
    return float(relative_distance(seen[CONTENT], content[CONTENT])), float(gram_distance(seen, wanted))


def judged(methods: Mapping[str, Method], pictures: Pictures, title: str) -> Table:
    """A row for each method: its distances, averaged over the styles."""
    table = Table("", *(f"{what}, {judge}" for judge in JUDGES for what in ("content", "style")), title=title)
    for name, method in methods.items():
        cells = []
        for judge in JUDGES:
            found = [
                distances(method(pictures.photographs, picture, style), pictures.photographs, picture, judge)
                for style, picture in pictures.styles.items()
            ]
            cells += [f"{sum(column) / len(found):.3f}" for column in zip(*found, strict=True)]
        table.add_row(name, *cells)
    return table


def sheet(methods: Mapping[str, Method], pictures: Pictures) -> Tensor:
    """A block of rows for each style: the picture, then what each method makes of photographs."""
    photographs = pictures.photographs[torch.arange(SHOWN) * len(pictures.photographs) // SHOWN]
    rows = []
    for style, picture in pictures.styles.items():
        shown = torch.nn.functional.interpolate(picture[None].float(), photographs.shape[2:]).to(torch.uint8)
        rows += [torch.cat([shown, method(photographs, picture, style)]) for method in methods.values()]
    return grid(torch.cat(rows), columns=SHOWN + 1)


def pictures_of(data: PhotoStyles | StyleFolder, count: int) -> Pictures:
    """Held-out photographs of a set, and the first `count` of its pictures, whole."""
    photographs = torch.stack([image.read() for image in data.test_inputs("")])
    chosen = photographs[torch.arange(min(JUDGED, len(photographs))) * len(photographs) // JUDGED]
    styles = data.part("test").styles
    return Pictures(chosen, {name: styles[torch.tensor([k])][0] for k, name in enumerate(data.style_names[:count])})


def runs_of(options: argparse.Namespace) -> dict[str, runs.Run]:
    """The runs by their variants."""
    if options.photographs:
        settings = {
            "data.content": "",
            "data.styles": [str(Path(picture).resolve()) for picture in options.pictures],
            "data.image_size": 128,
            "data.num_workers": 0,
        }
        own = runs.Run("StyleTransfer", "style_transfer.yaml", "own", "StyleFolder", options.photographs, settings)
        return {"StyleTransfer": own}
    return {name: runs.Run(name, config, runs.BENCH) for name, config in CONFIGS.items()}


CONFIGS = {"StyleTransfer": "style_transfer.yaml", "AdaIN": "adain.yaml"}


def method_of(variant: str, gan: TrainedGAN) -> Method:
    """What a trained network makes."""
    if variant == "AdaIN":
        return lambda images, picture, _: gan.translate(images, given={"reference": picture})
    return lambda images, _, style: gan.translate(images, style)


def blends(gan: TrainedGAN, photographs: Tensor, one: str, other: str) -> Tensor:
    """Rows of photographs on the way from one style to another."""
    shares = [k / 4 for k in range(5)]
    shown = photographs[torch.arange(SHOWN) * len(photographs) // SHOWN]
    made = [gan.translate(shown, f"{one}={1 - share}+{other}={share}") for share in shares]
    return grid(torch.stack([shown, *made], 1).flatten(0, 1), columns=len(made) + 1)


def known_analogy(folder: Path, width: int = 512) -> Table:
    """An analogy of a photograph with its recoloured mirror image; also draws it."""
    height = width * 2 // 3 // 16 * 16
    image = to_float(to_tensor(picture_of(photograph("china").resize((width, height))))[None])[0]
    other = (((image[[1, 2, 0]] + 1) / 2).clamp_min(0).sqrt() * 2 - 1).flip(2)
    start = time.perf_counter()
    found = analogy(image, other)
    seconds = time.perf_counter() - start
    same = patch_match.identity(height, width)
    right = torch.stack([same[:, :, 0], width - 1 - same[:, :, 1]], dim=2)
    anywhere = (torch.rand(height, width, 2) * torch.tensor([height, width])).long()
    table = Table("", "pixels from the right place", "seconds", title=f"analogy of {width}x{height}, known field")
    for name, field, took in (
        ("found", found.to_second, f"{seconds:.1f}"),
        ("random matches", anywhere, ""),
        ("each place with itself", same, ""),
    ):
        table.add_row(name, f"{float((field - right).float().norm(dim=2).mean()):.1f}", took)
    save_png(
        grid(to_uint8(torch.stack([image, other, found.first, found.second])), columns=2), folder / "style-analogy.png"
    )
    return table


def main() -> None:
    parser = runs.parser(__doc__, minutes=10, root=False)
    parser.add_argument("--photographs", help="a folder of your own photographs")
    parser.add_argument("--pictures", nargs="+", default=[], help="pictures of your own, each a style")
    options = parser.parse_args()
    wanted = runs_of(options)
    runs.train(list(wanted.values()), options.folder, jobs=options.jobs, minutes=options.minutes)
    console = Console(width=110)
    gans = {
        run.title: TrainedGAN(standing.checkpoint) for run, standing in runs.trained([*wanted.values()], options.folder)
    }
    data: PhotoStyles | StyleFolder = PhotoStyles()
    if options.photographs:
        settings = {name.partition(".")[2]: value for name, value in wanted["StyleTransfer"].settings.items()}
        data = StyleFolder(root=options.photographs, **settings)
    methods: dict[str, Method] = {
        "the photograph": lambda images, *_: images,
        "its colours' moments": lambda images, picture, _: with_moments_of(images, picture),
        **{variant: method_of(variant, gan) for variant, gan in gans.items()},
    }
    pictures = pictures_of(data, 4)
    console.print(judged(methods, pictures, f"{len(pictures.photographs)} held-out photographs in each style"))
    save_png(sheet(methods, pictures), options.folder / "style-methods.png")
    if "StyleTransfer" in gans and len(pictures.styles) > 1:
        one, other, *_ = pictures.styles
        save_png(blends(gans["StyleTransfer"], pictures.photographs, one, other), options.folder / "style-blends.png")
    torch.set_num_threads(1)
    console.print(known_analogy(options.folder))


if __name__ == "__main__":
    main()
