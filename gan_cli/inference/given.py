"""A model's inputs beside latents and labels: files that were typed, or held-out examples of its data set."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from gan_cli.data import GANDataModule
from gan_cli.data.datamodules import Split
from gan_cli.errors import UserError
from gan_cli.inference.checkpoints import data_set_of
from gan_cli.media.medium import Medium, rows_of
from gan_cli.variants.base import AdversarialModule


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
        real = None if self.real is None else rows_of(self.real, count)
        names = tuple(self.names[number % len(self.names)] for number in range(count)) if self.names else ()
        return Given({name: rows_of(rows, count) for name, rows in self.shown.items()}, real, names)


NOTHING = Given({})


def fields_given(model: AdversarialModule) -> list[str]:
    """Names of a model's inputs beside latents and labels."""
    return [name for name in model.takes if name != "labels"]


def given_of(model: AdversarialModule, typed: Sequence[str] | None, count: int) -> Given:
    """The inputs that were typed, or as many held-out examples of the data set that the model was trained on.

    Args:
        model: The variant, in eval mode.
        typed: Files, or NAME=FILE where a model is given several things; None takes held-out examples.
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
        return _of_files(model, fields, typed)
    try:
        data = data_set_of(model)
        data.prepare_data()
        return held_out_given(model, data, count)
    except (UserError, OSError) as error:
        raise UserError(
            f"given: {type(model).__name__} makes things from {' and '.join(fields)}; type --given with files\n"
            f"Without it held-out examples of its data set are taken, and: {error}"
        ) from error


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
    return Given({name: given[name] for name in fields}, model.medium.kept(batch.real), names)


def _of_files(model: AdversarialModule, fields: Sequence[str], typed: Sequence[str]) -> Given:
    rows: dict[str, list[Tensor]] = {name: [] for name in fields}
    files: list[str] = []
    for word in typed:
        name, equals, file = word.partition("=")
        if not (equals and name in rows):
            name, file = fields[0], word
        rows[name].append(_read(model, name, Path(file)))
        files += [file] if name == fields[0] else []
    missing = [name for name, things in rows.items() if not things]
    if missing:
        raise UserError(f"given: {', '.join(missing)} is missing; type --given {missing[0]}=FILE too")
    shown = {name: _stacked(model.media[name], name, things) for name, things in rows.items()}
    _check_fits(model, shown)
    stems = [Path(file).stem for file in files]
    names = [stem if stems.count(stem) == 1 else f"{stem}-{place}" for place, stem in enumerate(stems)]
    return Given(shown, names=tuple(names))


def _read(model: AdversarialModule, name: str, path: Path) -> Tensor:
    """One thing from a file as the model sees it."""
    if not path.is_file():
        raise UserError(f"given: {path} does not exist; name a file of {name}")
    medium = model.media.get(name)
    if medium is None:
        raise UserError(f"given: {name} is not read from files; leave --given out")
    return medium.shown(medium.read(path)[None])[0]


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
        reason = str(error).strip().splitlines()[0][:100]
        raise UserError(f"given: {told} does not fit this {type(model).__name__} ({reason})") from error
