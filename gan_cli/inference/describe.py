"""`gan describe`: sentences on films or images, on Lightning's predict loop."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from gan_cli.data import GANDataModule
from gan_cli.devices import processes
from gan_cli.devices.strategy import of_all
from gan_cli.errors import UserError
from gan_cli.files import printable, write_json, write_text
from gan_cli.inference.dealt import dealt
from gan_cli.inference.describer import Describer, Description, describing
from gan_cli.inference.film_inputs import typed_films
from gan_cli.inference.formats import list_file
from gan_cli.inference.inputs import typed_inputs
from gan_cli.inference.taken import taken_by_default
from gan_cli.media.reading import Unreadable
from gan_cli.media.shots import Shots
from gan_cli.variants.base import AdversarialModule

EXAMPLES = 8
"""So many things of the checkpoint's data set are taken if none is named."""
ENDINGS = (".json", ".txt")
Done = tuple[int, list[Description]]
"""The number of a thing that was described, and what was said of it."""


class Item(NamedTuple):
    """What is to be described.

    Attributes:
        place: What it is called.
        content: A file or a folder, or a thing of a data set as it is kept.
    """

    place: str
    content: Path | Tensor


class Summary(NamedTuple):
    """The results of a run.

    Attributes:
        described: What was said of each thing, by its place.
        refused: Things that could not be described, each with the reason.
        written: The file that was written, if any.
    """

    described: dict[str, list[Description]]
    refused: list[tuple[str, str]]
    written: Path | None


def describe(
    model: AdversarialModule, options: Any, trainer_options: dict[str, Any], data: Callable[[], GANDataModule]
) -> Summary | None:
    """Makes the sentences that the options of `gan describe` ask for, and writes them if a file is named.

    Args:
        model: The variant.
        options: The options of the verb.
        trainer_options: Lightning's accelerator, devices, num_nodes, strategy, precision.
        data: Gives the checkpoint's data set, whose test things are taken if no input is named.

    Returns:
        The results, on the first process; None on the others.

    Raises:
        UserError: If an option does not fit the model, the input or the output; then nothing has been written.
        OSError: If the output cannot be written.
    """
    describer = Describer(describing(model), options.ema)
    output = list_file(options.output, ENDINGS)
    if options.start is not None and not (isinstance(describer.sees, Shots) and options.input):
        raise UserError("start: it is of films that --input names; leave it out")
    items = _typed(describer, options.input, output) if options.input else _examples(data)
    done: list[Done] = []
    refused: list[tuple[int, str]] = []

    def made(positions: Tensor) -> None:
        for number in positions.tolist():
            content = items[number].content
            try:
                clip = content if isinstance(content, Tensor) else describer.read(content, options.start)
            except Unreadable as error:
                refused.append((number, error.reason))
                continue
            done.append((number, describer.described(clip, options.num, options.seed, options.truncation_psi)))

    dealt(model, len(items), made, batch_size=1, trainer_options=trainer_options)
    found = sorted(entry for entries in of_all(done) for entry in entries)
    bad = sorted(entry for entries in of_all(refused) for entry in entries)
    if processes.rank():
        return None
    described = {items[number].place: said for number, said in found}
    if output is not None and described:
        _write(output, described)
    return Summary(described, [(items[number].place, reason) for number, reason in bad], output if described else None)


def _typed(describer: Describer, words: Sequence[str], output: Path | None) -> list[Item]:
    """The films or images that were asked for, each once, in order."""
    place = output or Path("nothing is written")
    if isinstance(describer.sees, Shots):
        paths = [film.content for film in typed_films(words, place)]
    else:
        paths = [item.content for item in typed_inputs(words, place) if isinstance(item.content, Path)]
    return [Item(printable(str(path)), path) for path in paths]


def _examples(data: Callable[[], GANDataModule]) -> list[Item]:
    """Test things of the checkpoint's data set, evenly from the whole of it.

    Raises:
        UserError: If the set is not at hand.
    """
    with taken_by_default("input", "type --input with films or images, a folder or a glob in quotes", "test things"):
        module = data()
        module.prepare_data()
        part = module.at_hand("test")
        count = min(EXAMPLES, len(part))
        numbers = torch.arange(count) * len(part) // count
        real: Tensor = part[numbers].batch.real
    return [Item(f"example{number:06d}", thing) for number, thing in zip(numbers.tolist(), real, strict=True)]


def _write(output: Path, described: dict[str, list[Description]]) -> None:
    """Writes JSON with all that is known, or lines of a place, a tab and a sentence, as captions.txt may have."""
    if output.suffix.lower() == ".json":
        write_json(output, {place: [one._asdict() for one in said] for place, said in described.items()})
        return
    lines = [f"{place}\t{one.sentence}\n" for place, said in described.items() for one in said]
    write_text(output, "".join(lines))
