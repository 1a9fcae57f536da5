"""`gan mix`: things with the styles of one in some layers and of another in the rest, as a table or as single files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.files import one_piece
from gan_cli.inference.formats import PAGES, file_in, folder_in, format_of, singly
from gan_cli.inference.given import given_of
from gan_cli.inference.labels import read_labels
from gan_cli.inference.latent_files import Latents
from gan_cli.inference.numbers import as_typed, check_layers, read_numbers, read_seeds
from gan_cli.inference.rendering import check_labels, conditions_with, noise_for, render
from gan_cli.inference.sources import in_space, seeded, stored, with_classes
from gan_cli.inference.spaces import spaces_of, style_shape
from gan_cli.media.pictures import grid, save_png
from gan_cli.ranges import Many, check_one
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.latent import LatentModule

ENDINGS = {".png": PAGES, "": ("grid", "files", "both")}
"""The formats that go with each ending of what is written."""
ROWS, COLUMNS = "0-3", "4-9"
"""The seeds if nothing is typed."""


class Mixed(NamedTuple):
    """What was made.

    Attributes:
        told: Which layers are whose, and the sides of the maps that they work on.
        paths: What was written: files, or the folder of single things.
    """

    told: str
    paths: list[Path]


def mix(model: AdversarialModule, folder: Path, options: Any, trainer_options: dict[str, Any]) -> Mixed:
    """Makes the table that the options of `gan mix` ask for and writes it.

    Its first column shows what rows are made from, its first row what columns are. Karras et al. 2019, "A Style-Based
    Generator Architecture for Generative Adversarial Networks", arXiv:1812.04948, figure 3.

    Args:
        model: The variant.
        folder: Where pictures go if no output is named.
        options: The options of the verb.
        trainer_options: Lightning's accelerator, devices, num_nodes, strategy, precision.

    Raises:
        UserError: If the variant has no styles, or an option does not fit it or the output.
        OSError: If the output cannot be written.
    """
    output = Path(options.output) if options.output else None
    check_mixes(model)
    medium = model.medium
    kind = format_of(options.format, output, medium, ENDINGS)
    layers = layers_of(model, options.layers)
    rows, columns = sources_of(model, options)
    check_one("rows times columns", Many, len(rows) * len(columns))
    first, second = (in_space(model, source, "w", options.ema) for source in (rows, columns))
    table = torch.cat([first, second, mixed(first, second, layers).flatten(0, 1)])
    conditions = {
        "ema": options.ema,
        **conditions_with(model, None, len(table), options.truncation_psi, given_of(model, options.given, 1).shown),
        **noise_for(model, options.noise, len(table)),
    }
    stem = _stem(options, layers)
    single_folder = folder_in(output, folder, stem)
    names = _names(rows, columns)

    save_single = singly(medium, single_folder, names)
    made = render(
        model,
        table,
        conditions=conditions,
        batch_size=options.batch_size,
        trainer_options=trainer_options,
        sink=save_single if kind == "files" else None,
    )
    told = told_layers(model, layers)
    if kind == "files":
        return Mixed(told, [single_folder])
    if made is None:  # another process has them
        return Mixed(told, [])
    picture = file_in(output, folder, f"{stem}.png")
    save_png(table_of(medium.each_pictured(made), len(rows)), picture)
    if kind == "grid":
        return Mixed(told, [picture])
    save_single(list(range(len(table))), made)
    return Mixed(told, [picture, single_folder])


def mixed(rows: Tensor, columns: Tensor, layers: Sequence[int]) -> Tensor:
    """Each row's styles with each column's in some layers, [R, C, L, W].

    Args:
        rows: Styles [R, L, W].
        columns: Styles [C, L, W].
        layers: The layers that are the column's.
    """
    table = rows[:, None].repeat(1, len(columns), 1, 1)
    table[:, :, list(layers)] = columns[None, :, list(layers)]
    return table


def check_mixes(model: AdversarialModule) -> None:
    """Refuses a model that has nothing to mix, or no pictures to lay beside each other.

    Raises:
        UserError: If so.
    """
    name = type(model).__name__
    if "w" not in spaces_of(model):
        raise UserError(f"ckpt: {name} has no styles to mix; take a variant that has, such as StyleGAN2")
    if not model.medium.suffix:
        raise UserError(f"ckpt: {name} makes {model.medium.name} here, and one alone has no picture")


def layers_of(model: AdversarialModule, typed: str | None) -> tuple[int, ...]:
    """The layers typed, such as "0-3"; the coarser half if none were.

    Raises:
        UserError: If they are no list of layers, or the generator does not have one of them.
    """
    count, _ = style_shape(model)
    numbers = range(count // 2) if typed is None else read_numbers(typed, "layers", "layers")
    return check_layers(numbers, count)


def sources_of(model: AdversarialModule, options: Any) -> tuple[Latents, Latents]:
    """What rows and columns are made from: seeds; a file stands in for the one that was not typed, or for both.

    Raises:
        UserError: If both were typed beside a file, or one of the three cannot be read.
    """
    if options.latents and options.rows and options.columns:
        raise UserError("latents: rows and columns are both typed; leave one of the three out")
    file = stored(model, options.latents) if options.latents else None
    classes = [read_labels(words) for words in (options.labels, options.column_labels or options.labels)]
    found = []
    for option, usual, typed in zip(("rows", "columns"), (ROWS, COLUMNS), classes, strict=True):
        seeds = options[option]
        source = file if file and not seeds else seeded(model, read_seeds(seeds or usual, option))
        check_labels(model, typed)
        found.append(with_classes(model, source, typed))
    return found[0], found[1]


def told_layers(model: AdversarialModule, layers: Sequence[int]) -> str:
    """Which layers are the columns' and which the rows', each with the side of its map where the model tells it."""
    others = [layer for layer in range(style_shape(model)[0]) if layer not in layers]
    return f"from the columns: {_sided(model, layers)}\nfrom the rows: {_sided(model, others)}"


def table_of(pictures: Tensor, rows: int) -> Tensor:
    """One picture, uint8 [C', H', W']: a corner that is white, the columns' sources beside it, and the rows below.

    Args:
        pictures: uint8 [R + C + R C, C', H, W]: the rows' sources, the columns' sources, and the table row by row.
        rows: R.
    """
    columns = (len(pictures) - rows) // (rows + 1)
    first, top, table = pictures.split([rows, columns, rows * columns])
    lines = torch.cat([first[:, None], table.unflatten(0, (rows, columns))], dim=1)
    corner = torch.full_like(pictures[:1], 255)
    return grid(torch.cat([corner, top, lines.flatten(0, 1)]), columns + 1)


def _sided(model: AdversarialModule, layers: Sequence[int]) -> str:
    """Layers with the sides of their maps, such as "0 (4 px), 1 (8 px)"."""
    assert isinstance(model, LatentModule)
    sides = model.style_sides
    return ", ".join(f"{layer} ({sides[layer]} px)" if sides else f"{layer}" for layer in layers) or "no layer"


def _names(rows: Latents, columns: Latents) -> list[str]:
    """Names of single files: of the rows, of the columns, and of the table row by row."""
    single = [f"{kind}-{name}" for kind, source in (("row", rows), ("column", columns)) for name in source.names]
    return [*single, *(f"row-{row}-column-{column}" for row in rows.names for column in columns.names)]


def _stem(options: Any, layers: Sequence[int]) -> str:
    """The table in the name of a file, such as mix-0-3-by-4-9-layers-0-4."""
    file = Path(options.latents).stem if options.latents else ""
    rows, columns = (options[name] or file or usual for name, usual in (("rows", ROWS), ("columns", COLUMNS)))
    plain = one_piece((rows + "-by-" + columns).strip("[]() ").replace(" ", "").replace("/", ""), "")
    return f"mix-{plain[:80]}-layers-{as_typed(layers)}"[:120]
