"""`gan sample`: images from seeds, as a grid, as single files or as an array."""

from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.files import write_atomically
from gan_cli.inference.labels import chosen_classes, read_labels
from gan_cli.inference.pictures import sheet, usual_number
from gan_cli.inference.rendering import conditions_for, latents_of, render, takes_labels
from gan_cli.media.images import save_png
from gan_cli.variants.base import AdversarialModule

FORMATS = ("grid", "images", "both", "npz")


def sample(model: AdversarialModule, folder: Path, options: Any, trainer_options: dict[str, Any]) -> list[Path]:
    """Makes the images that the options of `gan sample` ask for and writes them.

    Args:
        model: The variant.
        folder: Where pictures go if no output is named.
        options: The options of the verb.
        trainer_options: Lightning's accelerator, devices, num_nodes, strategy, precision.

    Returns:
        What was written: files, or the folder of single images.

    Raises:
        UserError: If output and format contradict each other, or an option does not fit the variant.
        OSError: If the output cannot be written.
    """
    output = Path(options.output) if options.output else None
    kind = _format(options.format, output)
    if model.point_dim and kind in ("images", "both"):
        raise UserError(f"format: {kind} is for images, and this model makes points; take grid (a plot) or npz")
    labels = read_labels(options.labels)
    num = options.num or usual_number(model, len(chosen_classes(model, labels)) if takes_labels(model) else 0)
    seeds = range(options.seed, options.seed + num)
    stem = f"sample-seed{seeds[0]}-{seeds[-1]}{'' if options.ema else '-no-ema'}"
    conditions = conditions_for(model, num, labels, options.truncation_psi)
    latents = latents_of(model, seeds)

    single_folder = output if output and not output.suffix else (output.parent if output else folder) / stem

    def save_single(positions: list[int], images: Tensor) -> None:
        for position, image in zip(positions, images, strict=True):
            save_png(image, single_folder / f"seed{seeds[position]:06d}.png")

    images = render(
        model,
        latents,
        conditions={"ema": options.ema, **conditions},
        batch_size=options.batch_size,
        trainer_options=trainer_options,
        sink=save_single if kind == "images" else None,
    )
    if kind == "images":
        return [single_folder]
    if images is None:  # another process has them
        return []
    if kind == "npz":
        return [save_npz(images, list(seeds), conditions.get("labels"), output or folder / f"{stem}.npz")]
    picture = _file(output, folder, f"{stem}.png")
    save_png(sheet(model, images, conditions.get("labels")), picture)
    if kind == "grid":
        return [picture]
    save_single(list(range(num)), images)
    return [picture, single_folder]


def save_npz(images: Tensor, seeds: list[int], labels: Tensor | None, path: Path) -> Path:
    """Writes `images` uint8 [N, H, W, C] or `points` float32 [N, 2], `seeds` [N], and `labels` [N] if there are any."""
    made = {"points": images} if images.ndim == 2 else {"images": images.permute(0, 2, 3, 1)}
    arrays: dict[str, Any] = {**{name: tensor.numpy() for name, tensor in made.items()}, "seeds": np.array(seeds)}
    if labels is not None:
        arrays["labels"] = labels.numpy()
    write_atomically(path, lambda file: np.savez(file, **arrays))
    return path


def _format(typed: str | None, output: Path | None) -> str:
    suffix = output.suffix.lower() if output else ""
    implied = {".png": ("grid", "both"), ".npz": ("npz",), "": FORMATS}.get(suffix)
    if implied is None:
        raise UserError(f"output: {output} has no ending this verb writes; take .png, .npz or a folder")
    kind = typed or implied[0]
    if kind not in FORMATS:
        raise UserError(f"format: {kind} is unknown; take one of {', '.join(FORMATS)}")
    if kind not in implied:
        raise UserError(f"format: {kind} does not go with output {output}; take {' or '.join(implied)}, or a folder")
    return kind


def _file(output: Path | None, folder: Path, name: str) -> Path:
    """The file to write: the one named, or `name` in the folder named or in the usual one."""
    if output is None:
        return folder / name
    return output if output.suffix else output / name
