"""What `gan list NAME` shows of a variant: its paper's values beside the live defaults, and why they differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from inspect import Parameter
from io import StringIO
from typing import Any, NamedTuple

import torch
from rich.console import Console
from rich.table import Table
from torch import nn

from gan_cli.plugins import defaults

WIDTH = 110
"""A card is at most this many columns wide."""

UNCONDITIONAL = "not conditional"


@dataclass(frozen=True)
class Card:
    """What a variant's paper prints.

    Attributes:
        paper: Authors, year, title, arXiv id.
        discriminator: What the discriminator descends on.
        generator: What the generator descends on.
        printed: Hyper-parameter -> its value in the paper or in the authors' code; words if there is no single value.
        why: Hyper-parameter -> why our default is another.
    """

    paper: str
    discriminator: str
    generator: str
    printed: dict[str, object]
    why: dict[str, str]


class Row(NamedTuple):
    """A hyper-parameter as a card shows it; "-" where the paper says nothing about it."""

    name: str
    paper: str
    ours: str
    reason: str


def rows(variant: type[nn.Module], card: Card | None) -> list[Row]:
    """The table of a card; without one, our defaults alone."""
    printed, why = (card.printed, card.why) if card else ({}, {})
    return [
        Row(
            name,
            shown(printed[name]) if name in printed else "-",
            shown(default),
            why.get(name, "") if name in printed and printed[name] != default else "",
        )
        for name, default in defaults(variant).items()
    ]


def shown(value: object) -> str:
    """A value in the shortest form that can be typed."""
    if value is Parameter.empty:
        return "must be given"
    if isinstance(value, tuple):
        return f"({', '.join(map(shown, value))})"
    return f"{value:.9g}" if isinstance(value, float) else str(value)


def condition(variant: type[nn.Module]) -> str:
    """In words, whether the variant generates by class, and whether it also works without classes."""
    if "labels" not in getattr(variant, "GIVEN", ()):
        return UNCONDITIONAL
    return "conditional with num_classes" if defaults(variant).get("num_classes") == 0 else "conditional"


def parameter_counts(variant: type[nn.Module]) -> dict[str, int]:
    """How many parameters each player has at the defaults; no memory is taken for them."""
    with torch.device("meta"):
        model: Any = variant()
    players = reversed(model.players)
    return {player: sum(weight.numel() for weight in getattr(model, player).parameters()) for player in players}


def rendered(variant: type[nn.Module], card: Card | None, width: int = WIDTH) -> str:
    """The card as lines of text, without colours.

    Args:
        variant: The class.
        card: What its paper prints, where that is known.
        width: Columns.
    """
    written = StringIO()
    console = Console(file=written, width=width, color_system=None, markup=False, emoji=False, highlight=False)
    about = [f"{variant.__name__}, {condition(variant)}", (variant.__doc__ or "").partition("\n")[0]]
    console.print(*about, card.paper if card else "No paper is named.", "", sep="\n")
    if card:
        console.print(_grid([("discriminator", card.discriminator), ("generator", card.generator)]), "")
    header = ("hyper-parameter", "paper", "ours", "why not the paper's")
    table = [header, *rows(variant, card)]
    console.print(_grid(table if card else [(row[0], row[2]) for row in table]))
    if Parameter.empty not in defaults(variant).values():
        counts = [f"{count:,} of the {player}" for player, count in parameter_counts(variant).items()]
        console.print(f"\nParameters at these defaults: {', '.join(counts)}")
    return "\n".join(line.rstrip() for line in written.getvalue().splitlines())


def _grid(lines: Sequence[Sequence[str]]) -> Table:
    """Columns two spaces apart, indented as in `gan list`; the first is never wrapped."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    for _ in lines[0][1:]:
        grid.add_column(overflow="fold")
    for line in lines:
        grid.add_row(f"  {line[0]}", *line[1:])
    return grid
