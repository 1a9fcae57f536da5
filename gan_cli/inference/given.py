"""A model's inputs beside latents and labels: files that were typed, or held-out examples of its data set."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from gan_cli.data import GANDataModule
from gan_cli.data.datamodules import Split
from gan_cli.errors import UserError, first_line
from gan_cli.inference.checkpoints import data_set_of
from gan_cli.inference.taken import taken_by_default
from gan_cli.media.medium import Medium
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.latent import LatentModule


class Given(NamedTuple):
    """The inputs that things are made from.

    Attributes:
        shown: The inputs by name, as the model sees them, M rows each; empty if the model takes none.
        real: The real things that belong to them, M rows as they are kept, if they are known.
        names: What each row is called, M of them: its file without the ending, or its number among the examples.
    """

    shown: dict[str, Tensor]
    real: Tensor | None = None
    names: tuple[str, ...] = ()

    def dealt(self, count: int) -> "Given":
        """`count` rows of each, dealt out in turn if there are fewer."""
        rows = len(self.names)
        return self.at(torch.arange(count) % rows) if rows else self

    def at(self, places: Tensor) -> "Given":
        """Some rows of each, by number, int64 [N]."""
        real = None if self.real is None else self.real[places]
        names = tuple(self.names[place] for place in places.tolist()) if self.names else ()
        return Given({name: rows[places] for name, rows in self.shown.items()}, real, names)


NOTHING = Given({})


def fields_given(model: AdversarialModule) -> list[str]:
    """Names of a model's inputs beside latents and labels."""
    return [name for name in model.takes if name != "labels"]


def given_of(model: AdversarialModule, typed: Sequence[str] | None, count: int) -> Given:
    """The inputs that were typed, or as many held-out examples of the data set that the model was trained on.

    Args:
        model: The variant, in eval mode.
        typed: Files, or NAME=FILE where a model is given several things, or what their medium reads in place of a
            file's name; None takes held-out examples.
        count: How many examples at most.

    Raises:
        UserError: If the model takes no such inputs, a file cannot be read or does not fit, or there are no examples.
    """
    fields = fields_given(model)
    if not fields:
        if typed:
            raise UserError(f"given: this {type(model).__name__} is given nothing; leave it out")
        return NOTHING
    if typed:
        return typed_given(model, typed)
    with taken_by_default(
        "given",
        f"{type(model).__name__} makes things from {' and '.join(fields)}; type --given with files",
        "held-out examples",
    ):
        data = data_set_of(model)
        data.prepare_data()
        return held_out_given(model, data, count)


def held_out_given(model: AdversarialModule, data: GANDataModule, count: int, split: Split | None = None) -> Given:
    """The inputs in examples of a part, evenly from the whole of it, on the CPU; nothing if the model takes none.

    Args:
        model: The variant.
        data: Its data set.
        count: How many at most.
        split: The part; None takes the held-out one in use, or the one to judge on.
    """
    fields = fields_given(model)
    if not fields:
        return NOTHING
    part = data.at_hand(split)
    count = min(count, len(part))
    numbers = torch.arange(count) * len(part) // count
    batch = data.on_device(part[numbers])
    given = model.given(batch)
    names = tuple(f"example{number:06d}" for number in numbers.tolist())
    return Given({name: given[name] for name in fields}, model.medium.kept(getattr(batch, model.makes)), names)


def typed_given(model: AdversarialModule, typed: Sequence[str]) -> Given:
    """What was typed, by the names of the model's inputs; what it goes on from may be left out.

    Raises:
        UserError: If a file cannot be read, a text means nothing, something is missing, or does not fit the model.
    """
    fields = fields_given(model)
    rows: dict[str, list[Tensor]] = {name: [] for name in fields}
    files: list[str] = []
    for word in typed:
        name, equals, text = word.partition("=")
        if not (equals and name in rows):
            name, text = fields[0], word
        found = read_rows(model, name, text)
        rows[name] += found
        files += [text] * len(found) if name == fields[0] else []
    if isinstance(model, LatentModule) and model.GOES_ON_FROM and not rows[model.GOES_ON_FROM]:
        rows[model.GOES_ON_FROM] = list(model.beginning())
    missing = [name for name, things in rows.items() if not things]
    if missing:
        raise UserError(f"given: {', '.join(missing)} is missing; type --given {missing[0]}=FILE too")
    shown = {name: _stacked(model.media[name], name, things) for name, things in rows.items()}
    _check_fits(model, shown)
    stems = [Path(file).stem for file in files]
    names = [stem if stems.count(stem) == 1 else f"{stem}-{place}" for place, stem in enumerate(stems)]
    return Given(shown, names=tuple(names))


def read_rows(model: AdversarialModule, name: str, text: str) -> list[Tensor]:
    """Things as the model sees them, from a file, or from a text that their medium reads.

    Raises:
        UserError: If there is no such file, and the medium reads no texts or not this one.
    """
    medium, path = model.media.get(name), Path(text)
    there = _is_file(path)
    if medium is not None and not there and (told := medium.told(text)) is not None:
        return list(medium.shown(told))
    if not _exists(path):
        raise UserError(f"given: {path} does not exist; name a file of {name}")
    if medium is None:
        raise UserError(f"given: {name} is not read from files; leave --given out")
    try:
        return list(medium.shown(medium.read_all(path)))
    except IsADirectoryError as error:
        raise UserError(f"given: {path} is a folder; name a file of {name}") from error


def _is_file(path: Path) -> bool:
    """Whether it is one; what is typed in place of a file's name may be too long for a name, or hold what none can."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _exists(path: Path) -> bool:
    """The same of a file or a folder."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _stacked(medium: Medium, name: str, things: Sequence[Tensor]) -> Tensor:
    try:
        return medium.stacked(things)
    except ValueError as error:
        shapes = {tuple(thing.shape) for thing in things}
        told = " and ".join(" x ".join(map(str, shape)) for shape in sorted(shapes))
        raise UserError(f"given: the files of {name} differ in shape: {told}; type them one at a time") from error


@torch.no_grad()
def _check_fits(model: AdversarialModule, shown: dict[str, Tensor]) -> None:
    """Tries one of them, because only the network itself can tell which shapes it takes."""
    one = {name: rows[:1].to(model.device) for name, rows in shown.items()}
    if "labels" in model.takes:
        one["labels"] = torch.zeros(1, dtype=torch.int64, device=model.device)
    try:
        model(torch.zeros(1, model.latent_dim, device=model.device), **one)
    except (RuntimeError, ValueError, IndexError) as error:
        told = ", ".join(f"{name} of {' x '.join(map(str, rows.shape[1:]))}" for name, rows in shown.items())
        reason = first_line(error)[:100]
        raise UserError(f"given: {told} does not fit this {type(model).__name__} ({reason})") from error
