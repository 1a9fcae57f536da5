"""`gan sample`: things from seeds, as a page, as single files or as an array."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.files import write_atomically
from gan_cli.inference.formats import PAGES, file_in, folder_in, format_of, singly, write_by_name
from gan_cli.inference.latent_files import Latents, write_latents
from gan_cli.inference.pictures import beside
from gan_cli.inference.rendering import conditions_with, latents_of, noise_for, render
from gan_cli.inference.sources import in_space
from gan_cli.inference.standing import standing
from gan_cli.inference.things import things_of
from gan_cli.media.films import FILMS, write_film
from gan_cli.media.medium import Medium
from gan_cli.media.pictures import save_png
from gan_cli.variants.base import AdversarialModule

FORMATS = ("grid", "files", "both", "npz")


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
    kind = _format(medium, options.format, output, bool(options.given) and medium.each > 1)
    alone = output is not None and output.suffix.lower() in _of_one(medium)
    source, latents, given, make, drawn = things_of(model, options, alone and not medium.several)
    num = len(source)
    together = bool(given.names) and medium.each > 1  # what is made of one given thing is one file
    if alone and not medium.several:
        _check_one(output, num, given.names if together else ())
    conditions = {
        "ema": options.ema,
        **conditions_with(model, source.labels, num, options.truncation_psi, given.shown),
        **noise_for(model, options.noise, num, options.seed),
        **drawn,
    }
    written = [save_latents(model, source, options)] if options.save_latents else []
    stem = f"sample-{_stem(options, num)}{f'-{options.part}' if options.part else ''}{'' if options.ema else '-no-ema'}"
    single_folder = folder_in(output, folder, stem)

    ending = f".{kind}" if f".{kind}" in medium.endings else medium.suffix
    save_single = singly(medium, single_folder, source.names, ending)
    in_files = not alone and (kind == "files" or f".{kind}" in medium.endings)
    made = render(
        model,
        latents,
        conditions=conditions,
        batch_size=options.batch_size,
        trainer_options=trainer_options,
        sink=save_single if in_files and not together else None,
        before=standing(model, options),
        make=make,
    )
    if made is None:  # they are written, or another process has them
        return [single_folder, *written] if in_files and not together else []
    if together and (in_files or kind == "both"):
        write_by_name(medium, single_folder, given.names, made)
    if in_files:
        return [single_folder, *written]
    if output is not None and alone:
        medium.write(made if together or medium.several else made[0], output)
        return [output, *written]
    if kind == "npz":
        path = output or folder / f"{stem}.npz"
        return [save_npz(medium.arrays(made), _numbers(options, source), source.labels, path), *written]
    shown = beside(model, source.labels, given.shown, given.real)
    picture = file_in(output, folder, f"{stem}.png")
    if picture.suffix.lower() in FILMS:
        write_film(medium.film(made[None], shown), picture, medium.fps)
    else:
        save_png(medium.page(made, shown), picture)
    if kind == "grid":
        return [picture, *written]
    if not together:
        save_single(list(range(num)), made)
    return [picture, single_folder, *written]


def _check_one(output: Path | None, num: int, names: Sequence[str]) -> None:
    """Refuses a file of one thing for several, or for what is made of several given things, by their names."""
    if (several := len(set(names))) > 1:
        raise UserError(f"output: {output} holds what is made of one, and {several} are given; take one, or a folder")
    if not names and num > 1:
        raise UserError(f"output: {output} holds one of {num}; take --num 1, or a folder")


def _format(medium: Medium, typed: str | None, output: Path | None, of_given: bool = False) -> str:
    """The format; where one file holds all of a given thing (`of_given`), it is written without an output too."""
    films = dict.fromkeys(FILMS if medium.moves else (), PAGES)
    singles = {ending: (ending[1:],) for ending in _of_one(medium)}
    usual = medium.in_folder if output or of_given else FORMATS[0]
    of_folder = (usual, *FORMATS, *(ending[1:] for ending in medium.endings))
    return format_of(typed, output, medium, {".png": PAGES, ".npz": ("npz",), "": of_folder, **films, **singles})


def _of_one(medium: Medium) -> list[str]:
    """The endings of outputs that hold one thing; those of films hold pages of what moves."""
    return [ending for ending in medium.endings if not (medium.moves and ending in FILMS)]


def save_latents(model: AdversarialModule, source: Latents, options: Any) -> Path:
    """Writes the latents that things are made from, in the space asked for, before truncation."""
    if options.space and options.space != source.space[0]:
        styles = in_space(model, source, options.space, options.ema)
        source = Latents.of_styles(styles, source.labels, source.names)
    return write_latents(Path(options.save_latents), model, source)


def _stem(options: Any, num: int) -> str:
    """The things in the name of a file."""
    return Path(options.latents).stem if options.latents else f"seed{options.seed}-{options.seed + num - 1}"


def _numbers(options: Any, source: Latents) -> dict[str, Any]:
    """What things in an `.npz` file are known by: their seeds, or their names in the file of latents."""
    if options.latents:
        return {"names": np.array(source.names)}
    return {"seeds": np.arange(options.seed, options.seed + len(source))}


def save_npz(made: dict[str, Any], numbers: dict[str, Any], labels: Tensor | None, path: Path) -> Path:
    """Writes a medium's arrays, such as `images` uint8 [N, H, W, C], with `seeds` or `names` [N], and `labels` [N]."""
    arrays: dict[str, Any] = {**made, **numbers}
    if labels is not None:
        arrays["labels"] = labels.numpy()
    write_atomically(path, lambda file: np.savez(file, **arrays))
    return path
