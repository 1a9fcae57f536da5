"""`gan augment`: a labelled folder of real and generated images, with a manifest that says which is which."""

import csv
import io
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import torch

from gan_cli.devices import processes
from gan_cli.errors import UserError
from gan_cli.files import move_over, one_piece, write_json, write_text
from gan_cli.inference.augmentation import (
    Compute,
    Generated,
    Real,
    Wish,
    augmenting,
    chosen_real,
    generated,
    reader_of,
    real_of,
)
from gan_cli.inference.labels import class_names
from gan_cli.inference.names import distinct
from gan_cli.media.pictures import save_png
from gan_cli.variants.base import AdversarialModule

MANIFEST, RECORD = "metadata.csv", "augment.json"
HEADER = ("file_name", "label", "origin", "seed", "confidence")
"""Columns of the manifest; the first two are what ImageFolder and Hugging Face's `imagefolder` read."""


class Summary(NamedTuple):
    """What was written.

    Attributes:
        folder: Where.
        real: Real images in it.
        made: Generated ones.
        tried: How many were generated for these.
    """

    folder: Path
    real: int
    made: int
    tried: int


def augment(
    model: AdversarialModule,
    checkpoint: Path,
    output: Path,
    root: str | None,
    wish: Wish,
    compute: Compute,
) -> Summary | None:
    """Writes a folder with a folder of images for each class, and a manifest.

    Args:
        model: The variant.
        checkpoint: Where it comes from.
        output: The folder, which must not be there, or be empty.
        root: The folder of the real images; None takes the model's training set.
        wish: What is wanted.
        compute: Makes images.

    Returns:
        What was written, on the first process; None on the others.

    Raises:
        UserError: If the model has no classes, real images are missing, or the output is in use; then nothing is
            written.
        OSError: If the output cannot be written.
    """
    augmenting(model)
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise UserError(f"output: {output} is there already, and nothing is overwritten; name another folder")
    names = class_names(model, range(model.num_classes))
    real = real_of(model, root)
    numbers = chosen_real(real.labels, names, wish)
    reader = reader_of(real, model.num_classes) if wish.confidence is not None else None
    made = generated(model, wish, reader, compute)
    if processes.rank():
        return None
    with _filled(output) as folder:
        rows = _write(folder, names, real, numbers, made)
        content = io.StringIO()
        csv.writer(content, lineterminator="\n").writerows([HEADER, *rows])
        write_text(folder / MANIFEST, content.getvalue())
        write_json(folder / RECORD, _record(model, checkpoint, real, wish, made, rows))
    return Summary(output, len(numbers), len(made.labels), made.tried)


@contextmanager
def _filled(output: Path) -> Iterator[Path]:
    """A folder beside the output that becomes it when all is written; after a failure nothing is left."""
    temporary = output.with_name(f".{output.name}.{os.getpid()}.tmp")
    try:
        temporary.mkdir(parents=True)
        yield temporary
        move_over(temporary, output)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _write(
    folder: Path, names: Sequence[str], real: Real, numbers: torch.Tensor, made: Generated
) -> list[tuple[str, ...]]:
    """Writes the images and gives the manifest's rows."""
    plain = [Path(one_piece(name, "class")) for name in names]
    folders = distinct(plain, plain)
    rows: list[tuple[str, ...]] = []
    for place in numbers.split(64):
        for number, image in zip(place.tolist(), real.images(place), strict=True):
            label = int(real.labels[number])
            name = f"{folders[label]}/real-{number:06d}.png"
            save_png(image, folder / name)
            rows.append((name, names[label], "real", "", ""))
    sure: Sequence[float | None] = made.confidences or [None] * len(made.seeds)
    for image, label, seed, how_sure in zip(made.images, made.labels.tolist(), made.seeds, sure, strict=True):
        name = f"{folders[label]}/generated-seed{seed:06d}.png"
        save_png(image, folder / name)
        rows.append((name, names[label], "generated", str(seed), "" if how_sure is None else f"{how_sure:.4f}"))
    return rows


def _record(
    model: AdversarialModule, checkpoint: Path, real: Real, wish: Wish, made: Generated, rows: Sequence[tuple[str, ...]]
) -> dict[str, Any]:
    """All that the folder depends on, and what is in it."""
    counts = Counter((label, origin) for _, label, origin, *_ in rows)
    return {
        "checkpoint": str(checkpoint),
        "variant": type(model).__name__,
        "batches": model.counters.batches,
        "real": real.origin,
        **wish._asdict(),
        "generated_in_all": made.tried,
        "classes": {
            name: {origin: counts[name, origin] for origin in ("real", "generated")}
            for name in class_names(model, range(model.num_classes))
        },
    }
