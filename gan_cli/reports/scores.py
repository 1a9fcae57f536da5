"""The scores of runs as tables, from `metrics.json`; scores of different protocols never stand in one column."""

import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from gan_cli.evaluation.scores import FIELD, KINDS
from gan_cli.media import pages
from gan_cli.reports.curves import shown_number

WORDS = ("features", "weights", "accuracy", "resize", "num", "num_real", "real")
"""The entries of a protocol that must agree for two scores to be compared."""


def section(scores: Any, command: str) -> str:
    """HTML of a run's scores: a table for each protocol, with the protocol in words below it.

    Args:
        scores: The content of `metrics.json`.
        command: The command that makes it.
    """
    if not isinstance(scores, dict) or not scores:
        return f'<p class="note">No scores yet: <code>{escape(command)}</code> makes them.</p>'
    parts = [_table(table) for table in _tables(scores)]
    parts += _own(_dict(scores.get("own")))
    told = [f"{name}: {scores[name]}" for name in ("checkpoint", "batches", "data", "split", "seed") if name in scores]
    logged = [(name, _number(value)) for name, value in _dict(scores.get("logged")).items()]
    parts += [pages.table(logged, ("on held-out images", "value"))] if logged else []
    notes = [", ".join(told), str(scores.get("note") or "")]
    return "".join([*parts, *(_note(text) for text in notes if text)])


def compared(runs: Mapping[str, Any]) -> str:
    """HTML with a table for each protocol that runs were scored by, in which a run is a row."""
    by_protocol: dict[str, dict[str, dict[str, Any]]] = {}
    for name, scores in runs.items():
        for table in _tables(scores):
            row = by_protocol.setdefault(_protocol(table), {}).setdefault(name, {})
            row.update(_dict(table.get("scores")))
        for protocol, values in _own_values(scores):
            by_protocol.setdefault(protocol, {})[name] = values
    if not by_protocol:
        return _note("No scores yet: gan test --ckpt of each run makes them.")
    parts = [_side_by_side(protocol, rows) for protocol, rows in by_protocol.items()]
    if len(by_protocol) > 1:
        parts.insert(0, _note("The runs were scored by different protocols: do not compare from table to table."))
    if without := [name for name in runs if not any(name in rows for rows in by_protocol.values())]:
        parts.append(_note(f"Without scores: {', '.join(without)}."))
    return "".join(parts)


def _own(table: Mapping[str, Any]) -> list[str]:
    """A set's own table, if it has one: what was made, and what it is to be compared with."""
    if not table:
        return []
    columns = _dict(table.get("columns"))
    rows = [
        (name, *(_number(_dict(row).get(key)) for key in columns)) for name, row in _dict(table.get("rows")).items()
    ]
    title = f"<h3>{escape(str(table.get('title') or ''))}</h3>"
    shown = pages.table(rows, ("", *map(str, columns.values())))
    return [title + shown + "".join(_note(str(text)) for text in table.get("notes") or ())]


def _own_values(scores: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The protocol of a set's own table, if there is one, and what it says of what was made, by the columns' titles."""
    table = _dict(_dict(scores).get("own"))
    for row in list(_dict(table.get("rows")).values())[:1]:
        columns = _dict(table.get("columns"))
        values = {str(title): {"value": _dict(row).get(key)} for key, title in columns.items()}
        yield "; ".join(map(str, [table.get("title"), *(table.get("notes") or ())])), values


def _tables(scores: Any) -> Iterator[dict[str, Any]]:
    tables = _dict(scores).get("tables")
    yield from (table for table in tables if isinstance(table, dict)) if isinstance(tables, list) else ()


def _table(table: Mapping[str, Any]) -> str:
    rows = [
        (_title(name), _value(score), _number(_dict(score).get("floor")))
        for name, score in _dict(table.get("scores")).items()
    ]
    protocol = [f"{name}: {_number(value)}" for name, value in _dict(table.get("protocol")).items() if value != ""]
    left_out = table.get("left_out")
    notes = ["; ".join(protocol), *(left_out if isinstance(left_out, list) else [])]
    title = f"<h3>{escape(str(table.get('title') or ''))}</h3>"
    shown = pages.table(rows, ("score", "value", "real against real"))
    return title + shown + "".join(_note(str(text)) for text in notes if text)


def _side_by_side(protocol: str, rows: Mapping[str, Mapping[str, Any]]) -> str:
    names = list(dict.fromkeys(name for scores in rows.values() for name in scores))
    content = [[run, *(_value(scores.get(name)) for name in names)] for run, scores in rows.items()]
    return pages.table(content, ("run", *map(_title, names))) + _note(protocol)


def _protocol(table: Mapping[str, Any]) -> str:
    """The entries that must agree, and a translator's direction, as one line."""
    told = _dict(table.get("protocol"))
    words: Sequence[str] = [f"{name}: {_number(told[name])}" for name in WORDS if told.get(name) not in (None, "")]
    direction = str(table.get("direction") or "")
    return "; ".join([*([direction] if direction else []), *words])


def _title(name: str) -> str:
    kinds = {**KINDS, **FIELD}
    return kinds[name].title if name in kinds else name


def _value(score: Any) -> str:
    told = _dict(score)
    value = _number(told.get("value"))
    return f"{value} ± {_number(told['deviation'])}" if told.get("deviation") is not None else value


def _number(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return shown_number(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _note(text: str) -> str:
    return f'<p class="note">{escape(text)}</p>'
