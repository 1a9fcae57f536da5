"""The end of a sweep: mean and deviation of each score over the seeds, and all runs on one page."""

import csv
import io
import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from gan_cli.command.running import say
from gan_cli.command.sweep_plan import Plan
from gan_cli.command.sweeping import DONE, state_of
from gan_cli.errors import first_line
from gan_cli.evaluation.scores import FIELD, KINDS
from gan_cli.files import write_text
from gan_cli.metrics.row_table import Kind
from gan_cli.reports import compare, run_record
from gan_cli.runs import SCORES

TITLES: Mapping[str, Kind] = {**KINDS, **FIELD}


class Scored(NamedTuple):
    """The scores of one run.

    Attributes:
        variation: What was varied in it.
        seed: Its seed.
        run: Its folder.
        scores: By their names; of a translator with the direction behind.
        protocols: The features and numbers that they were taken with, in words.
    """

    variation: str
    seed: int
    run: Path
    scores: dict[str, float]
    protocols: frozenset[str]


def finished(plan: Plan) -> list[Scored]:
    """The runs that are done, each with its scores."""
    found = []
    for job in plan.jobs:
        state = state_of(plan, job)
        if state.ended == DONE:
            found.append(_read(job.variation, job.seed, Path(state.run)))
    return found


def _read(variation: str, seed: int, run: Path) -> Scored:
    try:
        told = json.loads((run / SCORES).read_text(encoding="utf-8"))
    except FileNotFoundError:  # a variant that is not scored
        told = {}
    except (OSError, ValueError) as error:
        say(f"note: {run / SCORES} cannot be read, and is left out: {first_line(error)}")
        told = {}
    scores: dict[str, float] = {}
    protocols = set()
    for table in told.get("tables") or []:
        direction = f" {table['direction']}" if table.get("direction") else ""
        scores |= {f"{name}{direction}": score["value"] for name, score in table["scores"].items()}
        protocol = table.get("protocol") or {}
        protocols.add(
            ", ".join(str(protocol[key]) for key in ("features", "num", "num_real", "real") if protocol.get(key))
        )
    if own := told.get("own"):
        made: dict[str, Any] = next(iter(own["rows"].values()), {})
        titles = own["columns"]
        scores |= {titles.get(name, name): value for name, value in made.items() if isinstance(value, int | float)}
    scores = scores or {
        name: value for name, value in (told.get("logged") or {}).items() if isinstance(value, int | float)
    }
    return Scored(variation, seed, run, scores, frozenset(protocols))


def show(plan: Plan, done: Sequence[Scored]) -> None:
    """Prints the table, and writes it as `scores.csv` with the page `compare.html` into the sweep's folder.

    Raises:
        OSError: If they cannot be written.
    """
    if not done:
        return
    console = Console(highlight=False, width=max(160, Console().width))
    console.print(table(plan, done), soft_wrap=True)
    if len({one.protocols for one in done if one.scores}) > 1:
        console.print(
            "The runs were scored by different protocols, and their scores cannot be compared", soft_wrap=True
        )
    write_text(plan.folder / "scores.csv", _csv(done))
    console.print(f"written: {plan.folder / 'scores.csv'}", soft_wrap=True)
    if len(done) > 1:
        compare.write([run_record.find(str(one.run)) for one in done], plan.folder / compare.FILE)
        console.print(f"written: {plan.folder / compare.FILE}", soft_wrap=True)


def table(plan: Plan, done: Sequence[Scored]) -> Table:
    """Mean and standard deviation of each score over the seeds of each variation, and how many of these are done.

    Scores are columns, or rows where there are more of them than of variations.
    """
    names = list(dict.fromkeys(name for one in done for name in one.scores))
    asked = [job.variation for job in plan.jobs]
    rows = [["variation", "seeds", *map(_title, names)]]
    for variation in dict.fromkeys(asked):
        ours = [one for one in done if one.variation == variation]
        values = [[one.scores[name] for one in ours if name in one.scores] for name in names]
        rows.append([variation or "as it is", f"{len(ours)} of {asked.count(variation)}", *map(spread, values)])
    if len(names) > len(rows) - 1:
        rows = [list(column) for column in zip(*rows, strict=True)]
    made = Table(*rows[0], title=f"sweep {plan.name}", title_justify="left")
    for column in made.columns:
        column.no_wrap = True
    for column in made.columns[1:]:
        column.justify = "right"
    for row in rows[1:]:
        made.add_row(*row)
    return made


def spread(values: Sequence[float]) -> str:
    """Mean and standard deviation of a sample; of one value there is no deviation."""
    if not values:
        return "-"
    mean = f"{statistics.fmean(values):.4g}"
    return f"{mean} ± {statistics.stdev(values):.2g}" if len(values) > 1 else mean


def _title(name: str) -> str:
    measure, _, direction = name.partition(" ")
    if measure not in TITLES:
        return name
    kind = TITLES[measure]
    better = {"none": "", "1": " (near 1)"}.get(kind.better, f" ({kind.better})")
    return f"{kind.title}{f' {direction}' if direction else ''}{better}"


def _csv(done: Sequence[Scored]) -> str:
    names = list(dict.fromkeys(name for one in done for name in one.scores))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["variation", "seed", "run", *names])
    rows: list[list[Any]] = [
        [one.variation, one.seed, one.run, *(one.scores.get(name, "") for name in names)] for one in done
    ]
    writer.writerows(rows)
    return text.getvalue()
