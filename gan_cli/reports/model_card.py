"""The README.md of a shared model: a head that the Hugging Face hub reads, and what a person asks of a model."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from gan_cli import runs
from gan_cli.evaluation.scores import FIELD, KINDS, Protocol
from gan_cli.reports import facts
from gan_cli.reports.run_record import RunRecord
from gan_cli.variants.record import RECORD


class About(NamedTuple):
    """What a card says beside its run's facts.

    Attributes:
        name: The model's.
        source: The run and its checkpoint, such as "dcgan-digits/version_0/last.ckpt".
        paper: Authors, year, title, arXiv id of the variant; "" if it has no paper.
        makes: What the model makes, such as "images".
        takes: What it is given beside noise, such as "labels".
        licence: That of the weights, by the hub's names such as "mit"; "" if nobody has said one.
        data_home: Where the data set is from; "" if it is not known.
        data_licence: Its licence; "" if it is not known.
        pictures: In the folder, relative to it.
        training: The settings in the folder; "" if the run has none.
    """

    name: str
    source: str
    paper: str
    makes: str
    takes: Sequence[str]
    licence: str
    data_home: str
    data_licence: str
    pictures: Sequence[Path]
    training: str


def text(content: Mapping[str, Any], run: RunRecord, scores: Mapping[str, Any], about: About) -> str:
    """The whole card.

    Args:
        content: The checkpoint's.
        run: Its run.
        scores: The content of `metrics.json`, if that is of this checkpoint; otherwise empty.
        about: The rest.
    """
    record = content[RECORD]
    parts = [
        f"# {about.name}",
        _opening(record, about),
        "\n".join(f"![{path.stem}]({path.as_posix()})" for path in about.pictures),
        _use(run, about),
        _section("Origin", "\n".join(f"- {name}: {value}" for name, value in _origin(record).items())),
        _section("Data", _data(record, about)),
        _section("Training", _training(record, run, about)),
        _section("Scores", "\n\n".join(_scores(scores))),
        _section("Licence", about.licence or "Nobody has stated one for these weights. Ask who has shared them."),
    ]
    head = yaml.safe_dump(_head(record, run, scores, about), sort_keys=False, allow_unicode=True)
    return f"---\n{head}---\n\n" + "\n\n".join(part for part in parts if part) + "\n"


def _head(record: Mapping[str, Any], run: RunRecord, scores: Mapping[str, Any], about: About) -> dict[str, Any]:
    task, dataset = _task(run, about), str(record["data"].get("name") or "")
    results = _results(scores, task or "other", dataset)
    names = list(dict.fromkeys(metric["type"] for result in results for metric in result["metrics"]))
    head = {
        "library_name": "gan-cli",
        "license": about.licence or None,
        "pipeline_tag": task or None,
        "tags": [
            "gan",
            str(record["variant"]).lower(),
            "pytorch",
            "lightning",
            *([about.makes] if about.makes else []),
        ],
        "datasets": [dataset.lower()] if dataset else None,
        "metrics": names or None,
        "model-index": [{"name": about.name, "results": results}] if results else None,
    }
    return {key: value for key, value in head.items() if value is not None}


def _task(run: RunRecord, about: About) -> str:
    """What the hub calls it; "" for what it has no name for, such as tunes and solids."""
    if about.makes != "images":
        return ""
    if run.usage.verb == "translate":
        return "image-to-image"
    if run.usage.verb != "sample":
        return ""
    if "text" in about.takes:
        return "text-to-image"
    return "unconditional-image-generation" if set(about.takes) <= {"labels"} else ""


def _results(scores: Mapping[str, Any], task: str, dataset: str) -> list[dict[str, Any]]:
    """The hub's `model-index`: a result for each protocol."""
    found = []
    for table in _tables(scores):
        values = {
            name: score for name, score in _dict(table.get("scores")).items() if _is_number(_dict(score).get("value"))
        }
        metrics = [
            {"type": name, "name": _title(name), "value": score["value"], "args": _protocol_words(table)}
            for name, score in values.items()
        ]
        data = {"type": dataset.lower(), "name": dataset, "split": str(scores.get("split", "test"))}
        if metrics:
            found.append({"task": {"type": task}, "dataset": data, "metrics": metrics})
    return found


def _origin(record: Mapping[str, Any]) -> dict[str, str]:
    """Where imported weights are from, also those that a run began with; {} of others."""
    return runs.provenance(record.get("imported") or (record.get("origin") or {}).get("imported"))


def _opening(record: Mapping[str, Any], about: About) -> str:
    after = f", after {about.paper}" if about.paper else ""
    steps = record["counters"]["batches"]
    trained = f"trained on {record['data'].get('name')} for {steps:,} batches" if record["data"].get("name") else ""
    words = f"{record['variant']}{after}, {trained or f'trained for {steps:,} batches'} with gan-cli."
    return f"{words} Source run: `{about.source}`."


def _use(run: RunRecord, about: About) -> str:
    verb = run.usage.verb or ("translate" if run.translates else "sample")
    hint = "".join(f" --module {name}" for name in run.modules)
    lines = [f"gan {verb} --ckpt .{hint}", "python -c \"import gan_cli; print(gan_cli.load('.').model)\""]
    return "## Use\n\nIn this folder, or with `hub:user/name` in place of the point:\n\n" + _code(lines)


def _data(record: Mapping[str, Any], about: About) -> str:
    data = record["data"]
    told = {
        "data set": data.get("name") or "not named",
        "home": about.data_home,
        "licence of the data": about.data_licence or "not known",
        "images": f"{data['image_size']} x {data['image_size']}" if data.get("image_size") else "",
        "classes": ", ".join(map(str, data.get("class_names") or ())),
    }
    return "\n".join(f"- {name}: {value}" for name, value in told.items() if value)


def _training(record: Mapping[str, Any], run: RunRecord, about: About) -> str:
    told = facts.headline(run) | {"written by": f"gan-cli {record['gan_cli']}", "seed": str(record["seed"])}
    lines = "\n".join(f"- {name}: {value}" for name, value in told.items() if name not in ("variant", "data set"))
    if not about.training:
        return lines
    hint = "".join(f" --module {name}" for name in run.modules)
    command = f"gan fit --config {about.training}{hint} --seed_everything {record['seed']}"
    return f"{lines}\n\nThe same run anew; folders of data are to be typed (`--data.root`):\n\n{_code([command])}"


def _scores(scores: Mapping[str, Any]) -> Iterator[str]:
    rows: list[tuple[str, ...]]
    for table in _tables(scores):
        rows = [
            (
                _title(name),
                _number(_dict(score).get("value"), _dict(score).get("deviation")),
                _number(_dict(score).get("floor")),
            )
            for name, score in _dict(table.get("scores")).items()
        ]
        title = " ".join(str(table.get(key) or "") for key in ("title", "direction")).strip()
        if title:
            yield f"**{title}**"
        if rows:
            yield _table(("score", "value", "real against real"), rows)
        if lines := _protocol_lines(table):
            yield "\n".join(f"- {line}" for line in lines)
    own = _dict(scores.get("own"))
    if own:
        columns = _dict(own.get("columns"))
        rows = [
            (name, *(_number(numbers.get(key)) for key in columns)) for name, numbers in _dict(own.get("rows")).items()
        ]
        yield f"**{own.get('title', '')}**"
        yield _table(("", *map(str, columns.values())), rows)
        yield "\n".join(f"- {line}" for line in own.get("notes") or ())


def _tables(scores: Mapping[str, Any]) -> list[dict[str, Any]]:
    tables = scores.get("tables")
    return [table for table in tables if isinstance(table, dict)] if isinstance(tables, list) else []


def _protocol_lines(table: Mapping[str, Any]) -> list[str]:
    try:
        return [*Protocol(**_dict(table.get("protocol"))).lines(), *map(str, table.get("left_out") or ())]
    except (TypeError, ValueError):  # of another version
        return [f"{name}: {value}" for name, value in _dict(table.get("protocol")).items() if value not in (None, "")]


def _protocol_words(table: Mapping[str, Any]) -> dict[str, Any]:
    told = _dict(table.get("protocol"))
    return {name: told[name] for name in ("features", "weights", "num", "num_real", "kind") if told.get(name)}


def _section(title: str, body: str) -> str:
    return f"## {title}\n\n{body}" if body else ""


def _code(lines: Sequence[str]) -> str:
    return "\n".join(["```sh", *lines, "```"])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(value: str) -> str:
    return value.replace("|", "\\|").replace("\n", " ")


def _title(name: str) -> str:
    kinds = {**KINDS, **FIELD}
    return kinds[name].title if name in kinds else name


def _number(value: Any, deviation: Any = None) -> str:
    if not _is_number(value):
        return "-"
    return f"{value:.4g}" + (f" ± {deviation:.2g}" if _is_number(deviation) else "")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
