"""What a set measures itself, as a table: what was made in the first row, below it what is real or learns nothing."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any, Literal, NamedTuple

from rich.table import Table

Better = Literal["lower", "higher", "1", "none"]


class Kind(NamedTuple):
    """A measure: its name beside a number, and which numbers are good."""

    title: str
    better: Better = "none"


class OwnMeasures(NamedTuple):
    """What a set measures of made things, and what it takes for it.

    Attributes:
        kinds: The measures, by the names that loggers and `--monitor` know.
        things: About how many made things they take.
        each: How many of them are made from each given one.
        run: How many of them follow each other, of a variant that goes on from what it made.
        watched: Whether they take so little that they are logged at each validation.
    """

    kinds: Mapping[str, Kind]
    things: int
    each: int = 1
    run: int = 1
    watched: bool = False


class RowTable(NamedTuple):
    """Measures of several things that are compared.

    Attributes:
        title: What is compared.
        kinds: The measures, by name.
        rows: By the names of what was measured, a number for each measure; None where it means nothing. What was made
            is the first.
        notes: The protocol, in lines.
    """

    title: str
    kinds: Mapping[str, Kind]
    rows: Mapping[str, Sequence[float | None]]
    notes: Sequence[str] = ()

    def values(self, row: str | None = None) -> dict[str, float]:
        """The numbers of a row, or of what was made, by the measures' names; those that are none are left out."""
        numbers = self.rows[next(iter(self.rows)) if row is None else row]
        named = zip(self.kinds, numbers, strict=True)
        return {name: value for name, value in named if value is not None and isfinite(value)}

    def as_dict(self) -> dict[str, Any]:
        """As a file holds it."""
        rows = {name: dict(zip(self.kinds, numbers, strict=True)) for name, numbers in self.rows.items()}
        titles = {name: kind.title for name, kind in self.kinds.items()}
        return {"title": self.title, "columns": titles, "rows": rows, "notes": list(self.notes)}

    def table(self) -> Table:
        """As it is printed."""
        titles = [kind.title for kind in self.kinds.values()]
        made = Table("", *titles, title=self.title, title_justify="left")
        for column in made.columns[1:]:
            column.justify = "right"
        for name, numbers in self.rows.items():
            made.add_row(name, *("" if number is None else shown(number) for number in numbers))
        return made


def shown(number: float) -> str:
    """A number with as many digits as a table has room for."""
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.1f}" if abs(number) >= 100 else f"{number:.2f}"
