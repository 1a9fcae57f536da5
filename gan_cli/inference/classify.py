"""`gan classify`: the classes of images, on Lightning's predict loop, and how many of them are right."""

import csv
import io
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from rich.table import Table
from torch import Tensor

from gan_cli.data import AdaptationDataModule, GANDataModule
from gan_cli.data.parts import LabelledPart, Part
from gan_cli.devices import processes
from gan_cli.devices.strategy import of_all
from gan_cli.errors import UserError
from gan_cli.files import printable, write_json, write_text
from gan_cli.inference.classifier import Classification, Classifier, classifying
from gan_cli.inference.dealt import dealt
from gan_cli.inference.formats import list_file
from gan_cli.inference.inputs import typed_inputs
from gan_cli.inference.known_labels import known_labels
from gan_cli.inference.taken import taken_by_default
from gan_cli.media.films import VIDEOS
from gan_cli.media.reading import Unreadable
from gan_cli.variants.base import AdversarialModule

ENDINGS = (".csv", ".json")


class Item(NamedTuple):
    """What is to be classified.

    Attributes:
        place: What it is called.
        read: Gives the image, uint8 [C, S, S]; raises `Unreadable` if it cannot be read.
        truth: The name of its class, where it is known.
    """

    place: str
    read: Callable[[], Tensor]
    truth: str | None


class Judged(NamedTuple):
    """How right a model is about the images whose classes are known.

    Attributes:
        known: How many there are.
        accuracy: The share that it gets right, from 0 to 1.
        confusion: How often each class (a row) was taken for each (a column), in the order of the names.
        names: What the classes are called.
    """

    known: int
    accuracy: float
    confusion: list[list[int]]
    names: Sequence[str]

    def table(self) -> Table:
        """As it is printed: a row for each true class."""
        made = Table("true \\ told", *self.names, "right %", title="confusion", title_justify="left")
        for column in made.columns[1:]:
            column.justify = "right"
        for number, (name, row) in enumerate(zip(self.names, self.confusion, strict=True)):
            share = f"{100 * row[number] / sum(row):.1f}" if sum(row) else ""
            made.add_row(name, *(str(count) if count else "" for count in row), share)
        return made


class Summary(NamedTuple):
    """The results of a run.

    Attributes:
        said: What was said of each image that could be read.
        judged: How right that is; None where no class is known.
        refused: Images that could not be read, each with the reason.
        written: The file that was written, if any.
    """

    said: list[Classification]
    judged: Judged | None
    refused: list[tuple[str, str]]
    written: Path | None


def classify(
    model: AdversarialModule, options: Any, trainer_options: dict[str, Any], data: Callable[[], GANDataModule]
) -> Summary | None:
    """Classifies what the options of `gan classify` ask for, and writes it if a file is named.

    Args:
        model: The variant.
        options: The options of the verb.
        trainer_options: Lightning's accelerator, devices, num_nodes, strategy, precision.
        data: Gives the checkpoint's data set, whose held-out images are taken if no input is named.

    Returns:
        The results, on the first process; None on the others.

    Raises:
        UserError: If an option does not fit the model, the input or the output; then nothing has been written.
        OSError: If the output cannot be written.
    """
    output = list_file(options.output, ENDINGS)
    classifier = Classifier(classifying(model).eval(), options.ema)
    items = _typed(classifier, options.input, output) if options.input else _held_out(classifier, data)
    unread: list[tuple[int, str]] = []

    def made(positions: Tensor) -> Tensor:
        rows = torch.full((len(positions), len(classifier.names)), torch.nan)
        shown = [_seen(items[number], number, unread) for number in positions.tolist()]
        there = torch.tensor([image is not None for image in shown])
        if there.any():
            rows[there] = classifier.probabilities(torch.stack([image for image in shown if image is not None]))
        return rows

    rows = dealt(model, len(items), made, batch_size=options.batch_size, trainer_options=trainer_options)
    bad = sorted(entry for entries in of_all(unread) for entry in entries)
    if rows is None or processes.rank():
        return None
    sound = (~rows.isnan().any(1)).nonzero().flatten().tolist()
    said = classifier.told(
        [items[number].place for number in sound], rows[sound], [items[number].truth for number in sound]
    )
    judged = judge(said, classifier.names)
    if output is not None and said:
        write(output, said, judged, type(model).__name__)
    refused = [(items[number].place, reason) for number, reason in bad]
    return Summary(said, judged, refused, output if said else None)


def judge(said: Sequence[Classification], names: Sequence[str]) -> Judged | None:
    """How right classifications are, of which some are known; None where none is.

    Args:
        said: What was said of images.
        names: What the classes are called, in the order of the table.
    """
    known = [one for one in said if one.truth is not None]
    if not known:
        return None
    places = {name: number for number, name in enumerate(names)}
    confusion = [[0] * len(names) for _ in names]
    for one in known:
        assert one.truth is not None
        confusion[places[one.truth]][places[one.label]] += 1
    right = sum(row[number] for number, row in enumerate(confusion))
    return Judged(len(known), right / len(known), confusion, names)


def write(output: Path, said: Sequence[Classification], judged: Judged | None, variant: str) -> None:
    """Writes classifications: JSON with all probabilities, or a CSV of image, class, confidence and what is true.

    Raises:
        OSError: If the file cannot be written.
    """
    if output.suffix.lower() == ".json":
        images = [{"image": one.place, **one._asdict()} for one in said]
        for image in images:
            del image["place"]
        head = {"variant": variant, "images": images}
        right = {} if judged is None else {"known": judged.known, "accuracy": judged.accuracy}
        confusion = {} if judged is None else {"confusion": {"classes": judged.names, "counts": judged.confusion}}
        write_json(output, {**head, **right, **confusion})
        return
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    truth = ["truth"] if judged is not None else []
    rows.writerow(["image", "class", "confidence", *truth])
    for one in said:
        rows.writerow([one.place, one.label, f"{one.confidence:.4f}", *([one.truth or ""] if truth else [])])
    write_text(output, text.getvalue())


def _seen(item: Item, number: int, unread: list[tuple[int, str]]) -> Tensor | None:
    """An image, or None where it cannot be read, which is noted."""
    try:
        return item.read()
    except Unreadable as error:
        unread.append((number, error.reason))
        return None


def _typed(classifier: Classifier, words: Sequence[str], output: Path | None) -> list[Item]:
    """The images that were asked for, each once, in order; films in folders are left out.

    Raises:
        UserError: If there are none, or a list of labels is wrong.
    """
    found = typed_inputs(words, output or Path("nothing is written"))
    paths = [item.content for item in found if isinstance(item.content, Path)]
    images = [path for path in paths if path.suffix.lower() not in VIDEOS]
    if not images:
        raise UserError(f"input: {', '.join(words)} holds films alone; take images")
    truths = known_labels(images, words, classifier.names)
    return [
        Item(printable(str(path)), partial(classifier.read, path), truth)
        for path, truth in zip(images, truths, strict=True)
    ]


def _held_out(classifier: Classifier, data: Callable[[], GANDataModule]) -> list[Item]:
    """The held-out images of the checkpoint's data set, with their classes; of two domains those of the target.

    Raises:
        UserError: If the set is not at hand.
    """
    with taken_by_default("input", "type --input with images, a folder or a glob in quotes", "the held-out images"):
        module = data()
        module.prepare_data()
        part: Part = module.side("target", "test") if isinstance(module, AdaptationDataModule) else module.part("test")
    labels = part.labels if isinstance(part, LabelledPart) else torch.zeros(0)
    known = len(labels) == len(part) and labels.ndim == 1

    def read(number: int) -> Tensor:
        images: Tensor = part[torch.tensor([number])].batch.images
        return images[0]

    return [
        Item(f"held-out{number:06d}", partial(read, number), classifier.names[int(labels[number])] if known else None)
        for number in range(len(part))
    ]
