"""A table of a set's own measures: what was made in the first row, below it what is real and what learns nothing."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from rich.table import Table


class RowTable(NamedTuple):
    """Measures of several things that are compared.

    Attributes:
        title: What is compared.
        columns: The measures' names, in words, such as "in chord (as real)".
        rows: By the names of what was measured, a number for each column; None where it means nothing.
        notes: The protocol, in lines.
    """

    title: str
    columns: Sequence[str]
    rows: Mapping[str, Sequence[float | None]]
    notes: Sequence[str] = ()

    def as_dict(self) -> dict[str, Any]:
        """As a file holds it."""
        rows = {name: list(numbers) for name, numbers in self.rows.items()}
        return {"title": self.title, "columns": list(self.columns), "rows": rows, "notes": list(self.notes)}

    def table(self) -> Table:
        """As it is printed."""
        made = Table("", *self.columns, title=self.title, title_justify="left")
        for column in made.columns[1:]:
            column.justify = "right"
        for name, numbers in self.rows.items():
            made.add_row(name, *("" if number is None else f"{number:.2f}" for number in numbers))
        return made
