"""`gan edit --input`: pictures with other attributes, by a model that reads them; as pages, single files or films."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.inference.attribute_changes import AGAIN, Change, Column, columns_of, read_change
from gan_cli.inference.attribute_editor import Editor, edited_labels, swapped_labels
from gan_cli.inference.formats import PAGES, file_in, folder_in, format_of, singly
from gan_cli.inference.rendering import conditions_with, render
from gan_cli.inference.targets import Target, typed_targets
from gan_cli.media.attributes import said
from gan_cli.media.films import FILMS, write_film
from gan_cli.media.pictures import grid, save_png
from gan_cli.media.written import with_lines
from gan_cli.ranges import Many, check_one
from gan_cli.variants.icgan import Encoded, IcGAN

ENDINGS = {".png": PAGES, **dict.fromkeys(FILMS, PAGES), "": ("grid", "files", "both")}
"""The formats that go with each ending of what is written."""
STEM = "edit-inputs"


class Work(NamedTuple):
    """Pictures that are to be made.

    Attributes:
        originals: What is shown in front of each row, uint8 [N, B, C, S, S].
        heads: What is said of the originals, N rows of B.
        latents: Of each picture, [N, S, Z].
        labels: Of each picture, [N, S, K].
        columns: What each column is called.
        names: What the inputs are called.
    """

    originals: Tensor
    heads: list[list[str]]
    latents: Tensor
    labels: Tensor
    columns: list[str]
    names: list[str]


def edit_inputs(model: IcGAN, folder: Path, options: Any, trainer_options: dict[str, Any]) -> list[Path]:
    """Makes what the options of `gan edit --input` ask for and writes it.

    Args:
        model: The variant, whose encoders have been trained.
        folder: Where pictures go if no output is named.
        options: The options of the verb.
        trainer_options: Lightning's accelerator, devices, num_nodes, strategy, precision.

    Returns:
        What was written: a page or a film, or the folder of single pictures.

    Raises:
        UserError: If an option does not fit the model, the inputs or the output; then nothing has been written.
        OSError: If the output cannot be written.
    """
    output = Path(options.output) if options.output else None
    kind = format_of(options.format, output, model.medium, ENDINGS)
    changes = [read_change(model, typed) for typed in options.set or ()]
    columns = [AGAIN, *columns_of(changes, options.steps)]
    _check_film(output, changes)
    single_folder = folder_in(output, folder, STEM)
    editor = Editor(model, options.ema, options.soft)
    targets = typed_targets(model, options.input, single_folder, editor.shape)
    others = typed_targets(model, [options.swap], single_folder, editor.shape, "swap") if options.swap else []
    if len(others) > 1:
        raise UserError(f"swap: {options.swap} holds {len(others)} pictures, and one is wanted; name a file")
    work = _swapped(editor, targets, others[0]) if others else _edited(editor, targets, columns)
    count, each = work.labels.shape[:2]
    check_one("inputs times pictures of each", Many, count * each)
    made = render(
        model,
        work.latents.flatten(0, 1),
        conditions={
            "ema": options.ema,
            **_told(model, work.labels.flatten(0, 1)),
        },
        batch_size=options.batch_size,
        trainer_options=trainer_options,
    )
    if made is None:  # another process has them
        return []
    written = []
    if kind != "files":
        page = file_in(output, folder, f"{STEM}.png")
        _write_page(work, made.unflatten(0, (count, each)), page, model.medium.fps)
        written.append(page)
    if kind != "grid":
        names = [f"{name}-{_plain(column)}" for name in work.names for column in work.columns]
        singly(model.medium, single_folder, names)(list(range(len(made))), made)
        written.append(single_folder)
    return written


def _told(model: IcGAN, labels: Tensor) -> dict[str, Any]:
    given = model.told(labels)
    return conditions_with(model, given.get("labels"), len(labels), given=given)


def _check_film(output: Path | None, changes: Sequence[Change]) -> None:
    """Refuses a film of what does not move."""
    films = output is not None and output.suffix.lower() in FILMS
    if films and not (len(changes) == 1 and changes[0].moves):
        raise UserError(f"output: {output} shows one change that moves; type one --set such as smiling=0..1, or a .png")


def _edited(editor: Editor, targets: Sequence[Target], columns: Sequence[Column]) -> Work:
    pictures = torch.stack([target.image for target in targets])
    found = editor.read(pictures)
    labels = edited_labels(editor.model, found.labels, columns)
    latents = found.latents[:, None].expand(-1, len(columns), -1)
    heads = [[text] for text in _read_in(editor, found)]
    names = [target.name for target in targets]
    return Work(pictures[:, None], heads, latents, labels, [column.name for column in columns], names)


def _swapped(editor: Editor, targets: Sequence[Target], other: Target) -> Work:
    """Each input with the attributes of another picture, and that one with its own."""
    pictures = torch.stack([target.image for target in targets])
    found, beside = editor.read(pictures), editor.read(other.image[None])
    count = len(targets)
    labels = swapped_labels(found.labels, beside.labels.expand(count, -1))
    latents = torch.stack([found.latents, beside.latents.expand(count, -1)], dim=1)
    (theirs,) = _read_in(editor, beside)
    heads = [[text, theirs] for text in _read_in(editor, found)]
    originals = torch.stack([pictures, other.image[None].expand_as(pictures)], dim=1)
    columns = [f"with those of {other.name}", f"{other.name} with the input's"]
    return Work(originals, heads, latents, labels, columns, [target.name for target in targets])


def _read_in(editor: Editor, found: Encoded) -> list[str]:
    """What is read in pictures, in words."""
    return [said(row, editor.model.names) for row in found.labels.tolist()]


def _write_page(work: Work, made: Tensor, path: Path, fps: int) -> None:
    """Writes a row for each input, with what was made of it and what that is called; or the same as a film."""
    if path.suffix.lower() in FILMS:
        moving = made[:, 1:]  # without the column that makes the input again
        frames = [
            _rows(work, moving[:, place : place + 1], [work.columns[1 + place]]) for place in range(moving.shape[1])
        ]
        write_film(_alike(frames), path, fps)
        return
    save_png(_rows(work, made, work.columns), path)


def _rows(work: Work, made: Tensor, columns: Sequence[str]) -> Tensor:
    """One picture with a row for each input, uint8 [C, H, W]."""
    pictures = torch.cat([work.originals, made], dim=1)
    lines = [text.replace("+", " + ") for heads in work.heads for text in (*heads, *columns)]
    return grid(
        with_lines(pictures.flatten(0, 1), [line.replace(",", ", ") for line in lines]), columns=pictures.shape[1]
    )


def _alike(frames: Sequence[Tensor]) -> list[Tensor]:
    """Frames as high as the highest of them, white below."""
    height = max(frame.shape[1] for frame in frames)
    return [torch.nn.functional.pad(frame, (0, 0, 0, height - frame.shape[1]), value=255) for frame in frames]


def _plain(name: str) -> str:
    """What a column is called, as part of a file's name."""
    return "".join(letter if letter.isalnum() or letter in "=.,-_" else "-" for letter in name).replace("=", "")[:80]
