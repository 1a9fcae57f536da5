"""`gan detect`: boxes in images, on Lightning's predict loop."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from PIL import Image
from torch import Tensor

from gan_cli.data import GANDataModule
from gan_cli.devices import processes
from gan_cli.devices.strategy import of_all
from gan_cli.errors import UserError
from gan_cli.files import printable
from gan_cli.inference import detected_files
from gan_cli.inference.dealt import dealt
from gan_cli.inference.detected_files import Looked
from gan_cli.inference.detector import Detector, detecting
from gan_cli.inference.inputs import Input, test_inputs, typed_inputs
from gan_cli.inference.names import distinct
from gan_cli.media import reading
from gan_cli.media.pictures import to_pil
from gan_cli.media.reading import Unreadable
from gan_cli.variants.base import AdversarialModule

FOLDER = "detect"
"""The folder beside a checkpoint that is written if none is named."""


class Summary(NamedTuple):
    """The results of a run.

    Attributes:
        looked: What was found in each image, in order.
        refused: Images that could not be read, each with the reason.
        written: The files and folders that were written.
    """

    looked: list[Looked]
    refused: list[tuple[str, str]]
    written: list[Path]


def detect(
    model: AdversarialModule,
    options: Any,
    trainer_options: dict[str, Any],
    folder: Path,
    data: Callable[[], GANDataModule],
) -> Summary | None:
    """Finds what the options of `gan detect` ask for, draws it and writes it.

    Args:
        model: The variant.
        options: The options of the verb.
        trainer_options: Lightning's accelerator, devices, num_nodes, strategy, precision.
        folder: The checkpoint's, beside whose files the output lies if none is named.
        data: Gives the checkpoint's data set, whose test images are taken if no input is named.

    Returns:
        The results, on the first process; None on the others.

    Raises:
        UserError: If an option does not fit the model, the input or the output; then nothing has been written.
        OSError: If the output cannot be written.
    """
    detector = Detector(detecting(model), options.ema, options.threshold, options.classes or (), options.tiles)
    output = _checked(Path(options.output or folder / FOLDER))
    items = typed_inputs(options.input, output) if options.input else test_inputs(data, "")
    _check_apart(items, output)
    names = distinct([item.name.with_suffix(".png") for item in items], [item.name for item in items])
    done: list[tuple[int, Looked]] = []
    refused: list[tuple[int, str]] = []

    def look(positions: Tensor) -> None:
        for number in positions.tolist():
            item = items[number]
            try:
                image = _opened(item, detector)
            except Unreadable as error:
                refused.append((number, error.reason))
                continue
            rows = detector.found(image)
            detected_files.draw(image, rows, detector.medium.names, output / names[number].with_suffix(".png"))
            done.append((number, Looked(_called(item), image.size, detector.named(rows))))

    dealt(model, len(items), look, batch_size=1, trainer_options=trainer_options)
    found = [one for _, one in sorted((entry for part in of_all(done) for entry in part), key=lambda entry: entry[0])]
    bad = sorted(entry for part in of_all(refused) for entry in part)
    if processes.rank():
        return None
    written = [output, *detected_files.write_lists(found, output)] if found else []
    return Summary(found, [(_called(items[number]), reason) for number, reason in bad], written)


def _checked(output: Path) -> Path:
    """The folder to write.

    Raises:
        UserError: If it is a file, or named as one.
    """
    if output.is_file() or output.suffix.lower() in (".png", ".jpg", ".jpeg", ".json", ".csv"):
        raise UserError(f"output: {output} is to be a folder, for a picture of each image and for lists; name one")
    return output


def _check_apart(items: Sequence[Input], output: Path) -> None:
    """Refuses to write over what is read."""
    places = {item.content.resolve().parent for item in items if isinstance(item.content, Path)}
    if output.resolve() in places:
        raise UserError(f"output: {output} holds the images themselves; name another folder")


def _opened(item: Input, detector: Detector) -> Image.Image:
    """An image in the model's colours.

    Raises:
        Unreadable: If it cannot be read.
    """
    if isinstance(item.content, Path):
        return detector.read(item.content)
    pixels: Tensor = item.content()
    assert pixels.dtype == torch.uint8
    return reading.to_mode(to_pil(pixels), detector.channels)


def _called(item: Input) -> str:
    return printable(str(item.content if isinstance(item.content, Path) else item.name))
