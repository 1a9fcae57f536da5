"""What a format makes of files: a model of ours, and the checkpoint that explains itself."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

import torch
import yaml
from torch import nn

from gan_cli import runs
from gan_cli.errors import UserError
from gan_cli.files import write_atomically, write_json, write_text
from gan_cli.imports import FORMATS
from gan_cli.imports.reading import Source, read
from gan_cli.imports.tables import Network
from gan_cli.plugins import path_of
from gan_cli.ranges import Decay, Pixels
from gan_cli.variants import AdversarialModule
from gan_cli.variants.base import RECORD
from gan_cli.variants.record import lasting

DATA = "imported"
"""Stands for a data set in the names of runs: what was learned from is not known."""


@dataclass(frozen=True)
class Told:
    """What a person tells of a file that it does not tell itself; None is what was not told.

    Attributes:
        dropout: Share of the values that dropout sets to 0.
        image_size: Side of the images in pixels.
        names: Of the classes, or of both domains.
        attributes: Whether an image may be of several classes at once.
    """

    dropout: Decay | None = None
    image_size: Pixels | None = None
    names: tuple[str, ...] | None = None
    attributes: bool | None = None


@dataclass(frozen=True)
class Imported:
    """What was found in the files.

    Attributes:
        variant: The class of the model.
        arguments: Its arguments.
        networks: Networks of the files, by their places in the model, such as "generator.a_to_b"; what is said of
            "generator" alone goes into its average too.
        facts: What is known of the data, as a data set tells it.
        untrained: Networks of the model that no file had.
        notes: Lines on what is different here.
    """

    variant: type[AdversarialModule]
    arguments: dict[str, Any]
    networks: dict[str, Network]
    facts: dict[str, Any] = field(default_factory=dict)
    untrained: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def made(self) -> AdversarialModule:
        """The model, with the weights of the files.

        Raises:
            UserError: If weights are missing, too many, or of other shapes.
        """
        torch.manual_seed(0)  # what no file has begins the same each time
        model = self.variant(**self.arguments)
        for place, network in self.networks.items():
            network.fill(model.get_submodule(place))
        if model.ema is not None and not any(place.startswith("ema.") for place in self.networks):
            model.ema.network.load_state_dict(model.generator.state_dict())
        model.data_facts = self.facts
        return model


class Format(Protocol):
    """The file of a format.

    Attributes:
        TAKES: The fields of `Told` that it takes.
    """

    TAKES: frozenset[str]

    def found(self, sources: Sequence[Source], told: Told) -> Imported:
        """What the files hold.

        Raises:
            UserError: If they are of no such network.
        """


@dataclass(frozen=True)
class Origin:
    """Where weights are from, as it is kept in the checkpoint and shown with it.

    Attributes:
        format: One of `FORMATS`.
        files: Each file's name with its SHA-256.
        licence: Under which the files are given; "" if it was not said.
        source: Where they are from; "" if it was not said.
        untrained: Networks of the model that no file had.
    """

    format: str
    files: dict[str, str]
    licence: str
    source: str
    untrained: tuple[str, ...]


class Written(Protocol):
    """What was done."""


@dataclass(frozen=True)
class Result:
    """An imported checkpoint.

    Attributes:
        checkpoint: The file.
        model: What it holds, in eval mode.
        lines: What is to be known of it.
    """

    checkpoint: Path
    model: AdversarialModule
    lines: tuple[str, ...]


def import_weights(
    files: Sequence[str | Path],
    format: str,
    told: Told = Told(),
    *,
    licence: str = "",
    source: str = "",
    name: str | None = None,
    output: str | Path | None = None,
) -> Result:
    """Makes a checkpoint of others' files; nothing in them is run.

    Args:
        files: Of one model; of two generators the one from a to b first.
        format: One of `FORMATS`.
        told: What the files do not tell.
        licence: Under which they are given, as it is to be kept with the weights.
        source: Where they are from, such as an address.
        name: A further part of the run's name.
        output: The checkpoint to write; None makes a run's folder below checkpoints/.

    Raises:
        UserError: If a file cannot be read, is of no such format, or the output is there already.
    """
    kind = format_called(format)
    for field_, value in asdict(told).items():
        if value is not None and field_ not in kind.TAKES:
            raise UserError(f"{field_}: files of {format} tell it themselves, or have none; leave it out")
    if output is not None and name is not None:
        raise UserError("name: it is a run's, and --output names a file; type one of them")
    if output is not None and Path(output).exists():
        raise UserError(f"output: {output} is there already; name another file")
    sources = [read(Path(file)) for file in files]
    found = kind.found(sources, told)
    model = found.made().eval()
    origin = Origin(format, {one.path.name: one.sha256 for one in sources}, licence, source, found.untrained)
    model.imported = asdict(origin) | {"untrained": list(found.untrained)}
    with ExitStack() as stack:
        if output is None:
            family = runs.family(type(model).__name__, DATA, name)
            folder = stack.enter_context(runs.claimed(Path("checkpoints"), family))
            _explain(folder, model)
            path = folder / runs.LAST
        else:
            path = Path(output)
        content = content_of(model)
        write_atomically(path, lambda file: torch.save(content, file))
    return Result(path, model, (*_taken(found, model), *found.notes))


def format_called(name: str) -> Format:
    """The file of a format.

    Raises:
        UserError: If there is none.
    """
    if name not in FORMATS:
        raise UserError(f"as: {name} is no format that is read; take {', '.join(FORMATS)}")
    return cast(Format, import_module(f"gan_cli.imports.{name}"))


def content_of(model: AdversarialModule) -> dict[str, Any]:
    """The content of a model's checkpoint, for all verbs but going on with it; `--init` takes it."""
    return {
        "state_dict": model.state_dict(),
        "hyper_parameters": dict(model.hparams),
        RECORD: lasting(model),
    }


def _explain(folder: Path, model: AdversarialModule) -> None:
    """Writes beside a checkpoint what `gan list` and `gan report` show without reading it."""
    kind = type(model)
    settings = {"model": {"class_path": path_of(kind), "init_args": _plain(dict(model.hparams))}}
    write_text(folder / "config.yaml", yaml.safe_dump(settings, sort_keys=False))
    players = {player: cast(nn.Module, getattr(model, player)) for player in model.players}
    write_json(
        folder / runs.SESSIONS,
        {
            "verb": model.VERB,
            "modules": [],
            "parameters": {name: sum(map(torch.numel, one.parameters())) for name, one in players.items()},
            "imported": model.imported,
            "sessions": [],
        },
    )


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def _taken(found: Imported, model: AdversarialModule) -> list[str]:
    """Which network is from which file, and which from none."""
    lines = [
        f"{place}: {sum(map(torch.numel, network.weights.values())):,} numbers of {network.path}"
        for place, network in found.networks.items()
    ]
    more = [f"{', '.join(found.untrained)}: in no file, so not trained"] if found.untrained else []
    return [*lines, *more]
