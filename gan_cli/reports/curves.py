"""Metrics as interactive curves: the numbers go into the page, plotly draws them there."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib.resources import files
from itertools import groupby
from typing import Any, NamedTuple

from gan_cli.media import pages
from gan_cli.reports.run_record import Series

POINTS = 1000
"""A curve has at most this many points; of more, each stretch keeps its lowest and highest, so no spike is lost."""
APART = ("metric", "samples", "time", "data")
"""First parts of metrics' names; such metrics have units of their own and therefore a chart each."""
TITLES = {"loss": "Losses", "logits": "Logits", "scores": "Scores", "gradient_norm": "Gradient norms"}


class Curve(NamedTuple):
    """A line of a chart."""

    name: str
    series: Series


def charts_of_run(series: Mapping[str, Series]) -> list[tuple[str, list[Curve]]]:
    """One chart for all metrics that can be read on one axis, each with its title; losses first."""
    return [
        (TITLES.get(group, group), [Curve(name.removeprefix(f"{group}/"), series[name]) for name in names])
        for group, names in groupby(_ordered(series), _group)
    ]


def charts_of_runs(runs: Mapping[str, Mapping[str, Series]]) -> list[tuple[str, list[Curve]]]:
    """One chart a metric, with a line for each run that has logged it."""
    metrics = _ordered({name for series in runs.values() for name in series})
    return [
        (metric, [Curve(run, series[metric]) for run, series in runs.items() if metric in series]) for metric in metrics
    ]


def _ordered(names: Iterable[str]) -> list[str]:
    """Names in the order shown: the losses first, then the measures of pictures, with each chart's names together."""
    order = ["loss", "metric", "accuracy", "logits", "scores", "gradient_norm"]

    def place(name: str) -> tuple[int, str, str]:
        group = _group(name)
        first = group.partition("/")[0]
        return order.index(first) if first in order else len(order), group, name

    return sorted((name for name in names if name != "generator_steps"), key=place)


def drawn(charts: Sequence[tuple[str, list[Curve]]], colours: Sequence[str] = ()) -> str:
    """HTML with the charts, their controls and a table of the numbers; the page needs `script()` once, after it.

    Args:
        charts: Titles and curves.
        colours: Names that have the same colour in every chart, in order; without them each chart starts anew.
    """
    content = [{"title": title, "curves": [_numbers(curve, colours) for curve in curves]} for title, curves in charts]
    figures = "".join(
        f'<figure><h3>{escape(title)}</h3><div class="chart" role="img" aria-label="{escape(_said(title, curves))}">'
        "</div></figure>"
        for title, curves in charts
    )
    rows = [_row(title, curve) for title, curves in charts for curve in curves]
    numbers = pages.table(rows, ("metric", "curve", "values", "first", "last", "lowest", "highest", "not finite"))
    return (
        f"{CONTROLS}{_note(charts)}"
        f'<div class="charts">{figures}</div>'
        f"<details><summary>The numbers in a table</summary>{numbers}</details>"
        f'<script type="application/json" id="curve-data">{in_script(content)}</script>'
    )


CONTROLS = """<form class="controls" aria-label="Curves">
<label>smoothing <input type="range" id="smoothing" min="0" max="0.98" step="0.02" value="0.6" />
<output for="smoothing" id="smoothed">0.60</output></label>
<label><input type="checkbox" id="logarithmic" /> logarithmic, where all values are above 0</label>
<label>over <select id="axis"><option value="steps">steps</option><option value="kimg">thousands of images</option>
</select></label></form>
"""


def script() -> str:
    """Plotly and what draws the charts, as the last part of a page with `drawn`."""
    from plotly.offline import get_plotlyjs

    ours = files("gan_cli.reports").joinpath("curves.js").read_text(encoding="utf-8")
    return f"<script>{get_plotlyjs()}</script>\n<script>{ours}</script>"


def in_script(content: Any) -> str:
    """JSON that can stand within a script element, whatever texts it holds."""
    text = json.dumps(content, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def thinned(series: Series, points: int = POINTS) -> Series:
    """A series of at most so many points: the lowest and the highest of each stretch."""
    count = len(series.values)
    if count <= points:
        return series
    kept: set[int] = {0, count - 1}
    stretches = (points - 2) // 2
    for part in range(stretches):
        places = range(part * count // stretches, (part + 1) * count // stretches)
        finite = [place for place in places if math.isfinite(series.values[place])]
        if finite:
            kept |= {min(finite, key=series.values.__getitem__), max(finite, key=series.values.__getitem__)}
    chosen = sorted(kept)
    kimg = [series.kimg[place] for place in chosen] if series.kimg else []
    return Series([series.steps[place] for place in chosen], kimg, [series.values[place] for place in chosen])


def shown_number(value: float) -> str:
    """Four digits that say something: 0.01234, 21320, 1.234e-07."""
    return f"{value:.4g}" if abs(value) < 1000 or not math.isfinite(value) else f"{value:,.0f}"


def _group(name: str) -> str:
    first, _, rest = name.partition("/")
    return name if first in APART or not rest else first


def _numbers(curve: Curve, colours: Sequence[str]) -> dict[str, Any]:
    series = thinned(curve.series)
    return {
        "name": curve.name,
        "colour": colours.index(curve.name) if curve.name in colours else None,
        "steps": series.steps,
        "kimg": [_rounded(value) for value in series.kimg],
        "values": [_rounded(value) for value in series.values],
    }


def _rounded(value: float) -> float | None:
    return float(f"{value:.6g}") if math.isfinite(value) else None


def _row(title: str, curve: Curve) -> list[str]:
    values = [value for value in curve.series.values if math.isfinite(value)]
    ends = [values[0], values[-1], min(values), max(values)] if values else []
    lost = len(curve.series.values) - len(values)
    told = [shown_number(value) for value in ends] or ["-"] * 4
    return [title, curve.name, str(len(curve.series.values)), *told, str(lost) if lost else ""]


def _said(title: str, curves: Sequence[Curve]) -> str:
    last = [f"{curve.name} {shown_number(curve.series.values[-1])}" for curve in curves]
    return f"{title} over the run; last values: {', '.join(last)}"


def _note(charts: Sequence[tuple[str, list[Curve]]]) -> str:
    longest = max(len(curve.series.values) for _, curves in charts for curve in curves)
    lost = sum(not math.isfinite(value) for _, curves in charts for curve in curves for value in curve.series.values)
    mouse = '<span class="mouse">Drag to zoom, double-click to zoom out.</span>'
    notes = [f"{mouse} A click on a name hides its curve."]
    if longest > POINTS:
        notes.append(f"Of {longest:,} values {POINTS:,} are drawn, with all that stand out.")
    if lost:
        notes.append(f"{lost:,} values are not finite: the curves have gaps there.")
    return f'<p class="note">{" ".join(notes)}</p>'
