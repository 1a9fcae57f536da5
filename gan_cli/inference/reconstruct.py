"""`gan reconstruct`: pictures through the codes of a model, the codes themselves, and pictures of codes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from jsonargparse import Namespace
from lightning.pytorch import Trainer

from gan_cli.data import GANDataModule
from gan_cli.devices.float32 import true_float32
from gan_cli.errors import UserError
from gan_cli.inference.code_files import SUFFIX, check_name, read_codes, write_codes
from gan_cli.inference.coder import Coder, Codes
from gan_cli.inference.inputs import Input, test_inputs, typed_inputs
from gan_cli.inference.jobs import WRITABLE, is_film
from gan_cli.inference.source_media import read_source
from gan_cli.inference.trainers import verb_trainer
from gan_cli.inference.translate import Summary, translate
from gan_cli.media.films import VIDEOS, frames_in
from gan_cli.media.image_files import SUFFIXES
from gan_cli.media.picture_files import FORMATS, picture_of_tensor, write_picture
from gan_cli.variants.vqgan import RECONSTRUCT, VQGAN

UNUSED = {
    "dropout": None,
    "seed": None,
    "tile": 0,
    "overlap": None,
    "given": None,
    "style": None,
    "source_labels": None,
    "direction": RECONSTRUCT,
}
"""Options of `gan translate` that say nothing here."""


class Found(NamedTuple):
    """The results of a run.

    Attributes:
        places: The places to look at.
        done: Files written.
        skipped: Files that were there already.
        refused: Inputs that could not be read, each with the reason.
    """

    places: list[Path]
    done: int
    skipped: int
    refused: list[tuple[Path, str]]


def reconstruct(
    model: VQGAN,
    folder: Path,
    options: Any,
    trainer_options: dict[str, Any],
    data: Callable[[], GANDataModule],
) -> Found | None:
    """Makes what the options of `gan reconstruct` ask for.

    Args:
        model: The variant.
        folder: Where pictures go if no output is named.
        options: The options of the verb.
        trainer_options: Lightning's accelerator, devices, num_nodes, strategy, precision.
        data: Gives the checkpoint's data set, whose test images are taken if no input is named.

    Returns:
        The results, on the first process; None on the others.

    Raises:
        UserError: If an option does not fit the model, the input or the output; then nothing has been written.
        OSError: If the output cannot be written.
    """
    words, output = options.input or (), Path(options.output or folder / RECONSTRUCT)
    files = [word for word in words if Path(word).suffix.lower() == SUFFIX]
    if files:
        if len(words) > 1:
            raise UserError(f"input: {files[0]} holds codes and stands alone; leave the others out")
        return _from_codes(model, Path(files[0]), output, options, trainer_options)
    items = []
    if options.codes is not None:
        check_name(Path(options.codes))
        items = _still(typed_inputs(words, output) if words else test_inputs(data, ""))
    gallery = _writes_a_folder(output) if options.gallery is None else options.gallery
    asked = Namespace(**{**options.as_dict(), **UNUSED, "output": str(output), "gallery": gallery})
    summary = translate(model, folder, asked, trainer_options, data)
    if summary is None:
        return None
    places = summary.places
    if options.codes is not None:
        trainer = verb_trainer({**trainer_options, "devices": 1, "num_nodes": 1, "strategy": "auto"})
        _write_codes(_on_device(model, options, trainer), items, Path(options.codes), summary)
        places = [*places, Path(options.codes)]
    return Found(places, summary.done, summary.skipped, summary.refused)


def _still(items: list[Input]) -> list[Input]:
    """The inputs, if none of them moves.

    Raises:
        UserError: If one is a film or an animation.
    """
    for item in items:
        if is_film(item) or (isinstance(item.content, Path) and frames_in(item.content) > 1):
            raise UserError(f"codes: {item.name} moves, and a file holds codes of pictures alone; leave --codes out")
    return items


def _writes_a_folder(output: Path) -> bool:
    return output.is_dir() or output.suffix.lower() not in WRITABLE


@true_float32()
def _write_codes(coder: Coder, items: list[Input], path: Path, summary: Summary) -> None:
    refused = {place for place, _ in summary.refused}
    medium, codes = coder.model.source, {}
    for item in items:
        if isinstance(item.content, Path) and item.content in refused:
            continue
        whole = isinstance(item.content, Path)
        picture = read_source(medium, item.content) if whole else picture_of_tensor(item.content())  # type: ignore
        codes[item.name.as_posix()] = coder.encode(picture)
    write_codes(path, coder, codes)


def _on_device(model: VQGAN, options: Any, trainer: Trainer) -> Coder:
    return Coder(model.to(trainer.strategy.root_device), options.ema)


@true_float32()
def _from_codes(model: VQGAN, path: Path, output: Path, options: Any, trainer_options: dict[str, Any]) -> Found | None:
    """Pictures of a file of codes, made by the first process alone."""
    for name in ("codes", "gallery"):
        if getattr(options, name):
            raise UserError(f"{name}: {path} holds codes, and there is no picture to begin with; leave it out")
    trainer = verb_trainer(trainer_options)
    if trainer.global_rank:
        return None
    coder = _on_device(model, options, trainer)
    found = read_codes(path, coder)
    targets = _targets(found, output, options.format)
    left = [name for name in found if not (options.skip_existing and targets[name].exists())]
    for name in left:
        write_picture(coder.decode(found[name]), targets[name])
    return Found([output], len(left), len(found) - len(left), [])


def _targets(codes: dict[str, Codes], output: Path, kind: str | None) -> dict[str, Path]:
    """The file of each picture.

    Raises:
        UserError: If pictures of such a kind are not written, several are to become one file, or two the same.
    """
    if kind is not None and f".{kind}" not in FORMATS:
        raise UserError(f"format: {kind} is unknown; take one of {', '.join(suffix[1:] for suffix in FORMATS)}")
    suffix = output.suffix.lower()
    if not output.is_dir() and suffix in SUFFIXES | VIDEOS:
        if suffix not in FORMATS or (kind is not None and f".{kind}" != suffix):
            raise UserError(f"output: {output} is not what is written here; take one of {', '.join(FORMATS)}")
        if len(codes) > 1:
            raise UserError(f"output: {output} is one file, and there are {len(codes)} to write; name a folder")
        return dict.fromkeys(codes, output)
    targets = {name: _named(output / name, kind) for name in codes}
    if len({*targets.values()}) < len(targets):
        raise UserError("output: two of the pictures would become one file; leave --format out")
    return targets


def _named(path: Path, kind: str | None) -> Path:
    """A picture's own name, where such a file is written, with the ending asked for, or else as a PNG."""
    if kind is None and path.suffix.lower() in FORMATS:
        return path
    return path.with_suffix(f".{kind or 'png'}")
