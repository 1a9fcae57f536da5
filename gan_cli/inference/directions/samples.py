"""Samples of known kinds, from which directions are learned: two groups of seeds, a table, classes, or a judge."""

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.inference.dealt import dealt
from gan_cli.inference.directions.found import Sorted
from gan_cli.inference.directions.places import Place
from gan_cli.inference.latent_files import Latents
from gan_cli.inference.rendering import made_at
from gan_cli.ranges import shown


class Judge(NamedTuple):
    """Tells what things are.

    Attributes:
        answer: Gives a number for each kind, [N, K], or one that is above 0 where there are two, [N, 1], for things as
            they are kept.
        names: The kinds' names; () where they are numbers.
    """

    answer: Callable[[Tensor], Tensor]
    names: Sequence[str]


def of_groups(place: Place, positive: Tensor, negative: Tensor) -> Sorted:
    """Two groups of what `forward` takes in a place."""
    kinds = torch.tensor([0] * len(negative) + [1] * len(positive))
    return Sorted(place.vectors(torch.cat([negative, positive])), kinds, ("negative", "positive"), "positive")


def of_seeds(place: Place, positive: Sequence[int], negative: Sequence[int]) -> Sorted:
    """Two groups of seeds.

    Raises:
        UserError: If a group is empty, or they have a seed in common.
    """
    for name, seeds in (("positive", positive), ("negative", negative)):
        if not seeds:
            raise UserError(f"{name}: a direction lies between two groups; type seeds of both, also --{name} 1,2,3")
    if common := {*positive} & {*negative}:
        raise UserError(f"positive: seed {min(common)} is in --negative too; take it out of one of them")
    return of_groups(place, place.of_seeds(positive), place.of_seeds(negative))


def of_kinds(place: Place, inputs: Tensor, kinds: Sequence[int | str], source: str) -> Sorted:
    """What `forward` takes in a place, with the kind of each; kinds are in the order of their names.

    Args:
        place: Where.
        inputs: N rows.
        kinds: N of them.
        source: What told the kinds.
    """
    names = sorted({*map(str, kinds)})
    numbers = torch.tensor([names.index(str(kind)) for kind in kinds], dtype=torch.int64)
    return Sorted(place.vectors(inputs), numbers, names, source)


def of_table(place: Place, path: Path, latents: Latents | None) -> Sorted:
    """The rows of a table with two columns: a seed, or the name of a latent in a file, and its kind.

    Args:
        place: Where.
        path: A .csv or .tsv; a first row that is no sample is its header.
        latents: Latents with names; None where the first column holds seeds.

    Raises:
        UserError: If it cannot be read, or a row names no sample.
    """
    rows = _rows(path)
    known = None if latents is None else _known(latents)
    if not _is_sample(rows[0][0], known):
        rows = rows[1:]
    if wrong := [name for name, _ in rows if not _is_sample(name, known)]:
        what = "seed" if known is None else "name in --latents"
        raise UserError(f"table: {path} has {shown(wrong[0])} in its first column, which is no {what}")
    if latents is None or known is None:
        inputs = place.of_seeds([int(name) for name, _ in rows])
    else:
        inputs = place.of_latents(latents)[[known[name] for name, _ in rows]]
    return of_kinds(place, inputs, [kind for _, kind in rows], "table")


def of_classes(place: Place, names: Sequence[str], num: int, seed: int) -> Sorted:
    """Styles of a conditional model, by the classes that they are mapped for.

    Raises:
        UserError: If the classes do not enter the latents.
    """
    if place.space == "z" or not place.classes:
        raise UserError("method: no latents differ by class here; type --judge, --table, or --positive and --negative")
    kinds = place.labels(range(num))
    assert kinds is not None
    return Sorted(torch.cat(list(place.drawn(num, seed))), kinds, names, "labels")


def of_judge(
    place: Place,
    judge: Judge,
    num: int,
    seed: int,
    given: Mapping[str, Tensor],
    batch_size: int,
    trainer_options: dict[str, Any],
) -> Sorted:
    """Things that are made, by what a judge takes them for.

    Args:
        place: Where.
        judge: Tells the kinds.
        num: How many things.
        seed: The first one's seed.
        given: What the model makes things from, as it sees it, dealt out in turn.
        batch_size: Things at a time.
        trainer_options: Lightning's accelerator, devices, num_nodes, strategy, precision.
    """
    seeds = range(seed, seed + num)
    inputs, conditions = place.of_seeds(seeds), place.conditions(seeds, given)

    def answered(positions: Tensor) -> Tensor:
        answers = judge.answer(made_at(place.model, inputs, conditions, positions)).cpu()
        return answers.argmax(1) if answers.shape[1] > 1 else (answers[:, 0] > 0).long()

    kinds = dealt(place.model, num, answered, batch_size=batch_size, trainer_options=trainer_options, everywhere=True)
    assert kinds is not None
    names = judge.names or tuple(map(str, range(max(2, int(kinds.max()) + 1))))
    return Sorted(place.vectors(inputs), kinds, names, "judge")


def _known(latents: Latents) -> dict[str, int]:
    names = latents.names or tuple(map(str, range(len(latents))))
    return {name: number for number, name in enumerate(names)}


def _is_sample(name: str, known: Mapping[str, int] | None) -> bool:
    return name.isdecimal() and len(name) < 19 if known is None else name in known


def _rows(path: Path) -> list[tuple[str, str]]:
    """The rows of a table of two columns."""
    if path.suffix.lower() not in (".csv", ".tsv"):
        raise UserError(f"table: {path} ends in {path.suffix or 'nothing'}; take a .csv or .tsv")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UserError(f"table: {path} cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise UserError(f"table: {path} is not UTF-8 ({error.reason}); save it as UTF-8") from error
    first = text.partition("\n")[0]
    cells = csv.reader(text.splitlines(), delimiter=max(",;\t", key=first.count), skipinitialspace=True)
    rows = [(number, row) for number, row in enumerate(cells, start=1) if any(row)]
    if wrong := next((number for number, row in rows if len(row) != 2 or not all(row)), None):
        raise UserError(f"table: {path}, line {wrong}: this is no sample and its kind; take two columns, such as 17,1")
    if not rows:
        raise UserError(f"table: {path} is empty; take a row for each sample, such as 17,1")
    return [(row[0].strip(), row[1].strip()) for _, row in rows]
