"""`gan sample`: things from seeds, as a page, as single files or as an array."""

from math import isqrt
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.files import write_atomically
from gan_cli.inference.given import given_of
from gan_cli.inference.labels import chosen_classes, read_labels
from gan_cli.inference.pictures import beside, usual_number
from gan_cli.inference.rendering import conditions_for, latents_of, render, takes_labels
from gan_cli.media.films import FILMS, write_film
from gan_cli.media.medium import Medium, rows_of
from gan_cli.media.pictures import save_png
from gan_cli.variants.base import AdversarialModule

FORMATS = ("grid", "files", "both", "npz")
SAME = {"images": "files"}
"""Other words for a format: "images" are single files of images."""


def sample(model: AdversarialModule, folder: Path, options: Any, trainer_options: dict[str, Any]) -> list[Path]:
    """Makes the things that the options of `gan sample` ask for and writes them.

    Args:
        model: The variant.
        folder: Where pictures go if no output is named.
        options: The options of the verb.
        trainer_options: Lightning's accelerator, devices, num_nodes, strategy, precision.

    Returns:
        What was written: files, or the folder of single things.

    Raises:
        UserError: If output and format contradict each other, or an option does not fit the variant.
        OSError: If the output cannot be written.
    """
    output = Path(options.output) if options.output else None
    latents_of(model, [0])  # refuses a model that makes images from images
    medium = model.medium
    kind = _format(options.format, output, medium)
    labels = read_labels(options.labels)
    num = options.num or usual_number(medium, len(chosen_classes(model, labels)) if takes_labels(model) else 0)
    seeds = range(options.seed, options.seed + num)
    stem = f"sample-seed{seeds[0]}-{seeds[-1]}{'' if options.ema else '-no-ema'}"
    given = given_of(model, options.given, num).dealt(num)
    conditions = conditions_for(model, num, labels, options.truncation_psi, given.shown)
    latents = latents_of(model, seeds)

    single_folder = output if output and not output.suffix else (output.parent if output else folder) / stem

    def save_single(positions: list[int], things: Tensor) -> None:
        for position, thing in zip(positions, things, strict=True):
            medium.write(thing, single_folder / f"seed{seeds[position]:06d}{medium.suffix}")

    made = render(
        model,
        latents,
        conditions={"ema": options.ema, **conditions},
        batch_size=options.batch_size,
        trainer_options=trainer_options,
        sink=save_single if kind == "files" else None,
    )
    if kind == "files":
        return [single_folder]
    if made is None:  # another process has them
        return []
    if kind == "npz":
        arrays = medium.arrays(made)
        return [save_npz(arrays, list(seeds), conditions.get("labels"), output or folder / f"{stem}.npz")]
    shown = beside(model, conditions.get("labels"), given.shown, given.real)
    picture = _file(output, folder, f"{stem}.png")
    if picture.suffix.lower() in FILMS:
        write_film(medium.film(in_square(made), shown), picture, medium.fps)
    else:
        save_png(medium.page(made, shown), picture)
    if kind == "grid":
        return [picture]
    save_single(list(range(num)), made)
    return [picture, single_folder]


def in_square(made: Tensor) -> Tensor:
    """Things [N, ...] as rows of a square, [R, F, ...]; places that would be empty show the first things again."""
    columns = isqrt(len(made) - 1) + 1
    whole = rows_of(made, -(-len(made) // columns) * columns)
    return whole.reshape(-1, columns, *made.shape[1:])


def save_npz(made: dict[str, Any], seeds: list[int], labels: Tensor | None, path: Path) -> Path:
    """Writes a medium's arrays, such as `images` uint8 [N, H, W, C], `seeds` [N], and `labels` [N] if there are any."""
    arrays: dict[str, Any] = {**made, "seeds": np.array(seeds)}
    if labels is not None:
        arrays["labels"] = labels.numpy()
    write_atomically(path, lambda file: np.savez(file, **arrays))
    return path


def _format(typed: str | None, output: Path | None, medium: Medium) -> str:
    suffix = output.suffix.lower() if output else ""
    pages = ("grid", "both")
    implied = {".png": pages, ".npz": ("npz",), "": FORMATS, **dict.fromkeys(FILMS if medium.moves else (), pages)}
    if suffix not in implied:
        endings = ", ".join(ending for ending in implied if ending)
        raise UserError(f"output: {output} has no ending this verb writes; take {endings} or a folder")
    kind = SAME.get(typed or "", typed) or implied[suffix][0]
    if kind not in FORMATS:
        raise UserError(f"format: {kind} is unknown; take one of {', '.join(FORMATS)}")
    if kind not in implied[suffix]:
        possible = " or ".join(implied[suffix])
        raise UserError(f"format: {typed} does not go with output {output}; take {possible}, or a folder")
    if kind in ("files", "both") and not medium.suffix:
        raise UserError(
            f"format: {typed} is for single things, and {medium.name} are only shown together; take grid or npz"
        )
    return kind


def _file(output: Path | None, folder: Path, name: str) -> Path:
    """The file to write: the one named, or `name` in the folder named or in the usual one."""
    if output is None:
        return folder / name
    return output if output.suffix else output / name
