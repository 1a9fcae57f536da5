"""The content of a run's folder: settings, metrics, pictures, scores, and the machines that it was trained on."""

import csv
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import yaml

from gan_cli import plugins, runs
from gan_cli.errors import UserError, first_line

CONFIG, METRICS = "config.yaml", "metrics.csv"

_YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times faster where PyYAML was built with libyaml


class Series(NamedTuple):
    """One metric over a run.

    Attributes:
        steps: Batches, ascending.
        kimg: Thousands of real images shown by then; empty where the run has not logged them.
        values: As many; NaN where the log has one.
    """

    steps: list[int]
    kimg: list[float]
    values: list[float]


class RunRecord(NamedTuple):
    """A run as its folder has it; what is missing or cannot be read is empty.

    Attributes:
        folder: The run's folder.
        checkpoint: The checkpoint that its commands and pictures are about; None before the first.
        config: The content of `config.yaml`.
        series: The content of `metrics.csv` by the metrics' names, sorted.
        grids: Pictures made while it trained, each with its step, ascending.
        films: Films made while it trained, of things that move, likewise.
        pictures: The pictures that verbs have made of it, by the files' names.
        scores: The content of `metrics.json`, which `gan test` writes.
        sessions: From `environment.json`: one for the run's start and one for each time that it was resumed.
        parameters: Number of weights by player.
        origin: The other run whose weights it began with, see `inference.transfer`; empty if there is none.
        imported: The files from elsewhere that its weights, or those it began with, are from; empty if there are none.
        usage: From there too: which verb makes pictures of it, and the modules that define its classes.
        problems: One line for each file that could not be read.
    """

    folder: Path
    checkpoint: Path | None
    config: dict[str, Any]
    series: dict[str, Series]
    grids: list[tuple[int, Path]]
    films: list[tuple[int, Path]]
    pictures: list[Path]
    scores: Any
    sessions: list[dict[str, Any]]
    parameters: dict[str, int]
    origin: dict[str, Any]
    imported: dict[str, Any]
    usage: runs.Usage
    problems: list[str]

    @property
    def name(self) -> str:
        """Such as "dcgan-digits/version_0"."""
        folder = self.folder.resolve()
        return f"{folder.parent.name}/{folder.name}"

    @property
    def settings_file(self) -> Path:
        """The file with its settings, which there may be none of."""
        own = self.folder / CONFIG
        return own if own.is_file() else self.folder / runs.TRAINING

    @property
    def variant(self) -> str:
        return self._class("model").rpartition(".")[2]

    @property
    def dataset(self) -> str:
        return self._class("data").rpartition(".")[2]

    @property
    def modules(self) -> tuple[str, ...]:
        """The user's modules that define its classes, if these are not ours; older runs tell by their config."""
        found = (self._class(key).rpartition(".")[0] for key in ("model", "data"))
        return self.usage.modules or tuple(dict.fromkeys(name for name in found if name and not plugins.is_ours(name)))

    @property
    def translates(self) -> bool:
        """Whether it makes images from images. An older run tells by its config: noise has a number of latents."""
        if self.usage.verb:
            return self.usage.verb in ("translate", "reconstruct")
        return bool(self.config) and "model.init_args.latent_dim" not in flat(self.config)

    @property
    def last_step(self) -> int:
        """The last step that the metrics, the pictures or the sessions tell of."""
        logged = [series.steps[-1] for series in self.series.values() if series.steps]
        ended = [int(session.get("last_step") or 0) for session in self.sessions]
        return max([*logged, *ended, *(step for step, _ in self.grids)], default=0)

    @property
    def seconds(self) -> float | None:
        """Seconds spent on training in all sessions together; None if nothing tells them."""
        spent = [session["seconds"] for session in self.sessions if isinstance(session.get("seconds"), int | float)]
        return float(sum(spent)) if spent else None

    def _class(self, key: str) -> str:
        part = self.config.get(key)
        return str(part.get("class_path") or "") if isinstance(part, dict) else ""


def find(run: str | None, root: Path = Path("checkpoints")) -> tuple[Path, Path | None]:
    """The folder of a run, or of a model that was shared, and the checkpoint meant.

    Args:
        run: The folder, or a checkpoint in it, or `hub:user/name`; None for the newest run that has been saved.
        root: Where runs live.

    Raises:
        UserError: If there is no such run.
    """
    if run is None:
        newest = runs.newest_checkpoint(root)
        if newest is None:
            raise UserError(f"no run under {root}/ yet: name a run's folder, or train one with gan fit")
        return newest.parent, newest
    path = Path(run)
    folder = path.parent if path.is_file() else path
    if run.startswith(runs.HUB) or ((folder / runs.MODEL).is_file() and not (folder / runs.LAST).is_file()):
        from gan_cli.inference.checkpoints import resolve  # imports torch

        weights = resolve(run if run.startswith(runs.HUB) else str(folder), str(root), "run")
        return weights.parent, weights
    if not any((folder / name).is_file() for name in (CONFIG, METRICS, runs.LAST)):
        what = "is no run: it has no config.yaml, metrics.csv or last.ckpt" if folder.is_dir() else "does not exist"
        raise UserError(f"run: {run} {what}; `gan list` shows the runs there are")
    last = folder / runs.LAST
    return folder, path if path.suffix == ".ckpt" and path.is_file() else last if last.is_file() else None


def read(folder: Path, checkpoint: Path | None = None) -> RunRecord:
    """Everything that the folder of a run holds; missing files are left out."""
    problems: list[str] = []
    config = _content(folder / CONFIG, problems) or _content(folder / runs.TRAINING, problems)
    told = _content(folder / runs.SESSIONS, problems) or _told(_content(folder / runs.MODEL, problems))
    sessions = told.get("sessions") if isinstance(told, dict) else None
    parameters = told.get("parameters") if isinstance(told, dict) else None
    origin = told.get("origin") if isinstance(told, dict) else None
    origin = origin if isinstance(origin, dict) else {}
    imported = told.get("imported") if isinstance(told, dict) else None
    return RunRecord(
        folder=folder,
        checkpoint=checkpoint,
        config=config if isinstance(config, dict) else {},
        series=read_series(folder / METRICS),
        grids=_grids(folder, ".png"),
        films=_grids(folder, ".gif"),
        pictures=sorted([*folder.glob("pictures/*.png"), *_of_verbs(folder)]),
        scores=_content(folder / runs.SCORES, problems),
        sessions=[session for session in sessions if isinstance(session, dict)] if isinstance(sessions, list) else [],
        parameters=parameters if isinstance(parameters, dict) else {},
        origin=origin,
        imported=imported or origin.get("imported") or {},
        usage=runs.usage(told),
        problems=problems,
    )


def _told(shared: Any) -> dict[str, Any]:
    """What a run's `environment.json` tells, of the config of a model that was shared."""
    record = shared.get("gan_cli") if isinstance(shared, dict) else None
    if not isinstance(record, dict):
        return {}
    module = str(record.get("module"))
    return {
        "modules": [] if plugins.is_ours(module) else [module],
        "origin": record.get("origin"),
        "imported": record.get("imported"),
    }


def read_series(path: Path) -> dict[str, Series]:
    """The metrics of a run that has ended or is still going, by their names, without what is not a number."""
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        columns, *rows = list(csv.reader(line.replace("\0", "") for line in file)) or [[]]
    if "step" not in columns:
        return {}
    at = columns.index("step")
    table = sorted((int(row[at]), row) for row in rows if len(row) == len(columns) and row[at].isdigit())
    found = {name: _numbers(table, number) for number, name in enumerate(columns) if name != "step"}
    shown = found.pop("kimg", [])
    known = [(step, value) for step, value in shown if math.isfinite(value)]
    return {name: _series(found[name], known) for name in sorted(found) if found[name]}


def _numbers(table: Sequence[tuple[int, list[str]]], column: int) -> list[tuple[int, float]]:
    found = []
    for step, row in table:
        if row[column]:
            try:
                found.append((step, float(row[column])))
            except ValueError:
                continue
    return found


def _series(points: Sequence[tuple[int, float]], known: Sequence[tuple[int, float]]) -> Series:
    """A series with the images shown at each step; rows of the log without them lie evenly between those with them."""
    steps = [step for step, _ in points]
    kimg = np.interp(steps, [step for step, _ in known], [value for _, value in known]).tolist() if known else []
    return Series(steps, kimg, [value for _, value in points])


def flat(config: Any, prefix: str = "") -> dict[str, Any]:
    """Nested settings by dotted names: {"a": {"b": 1}} -> {"a.b": 1}."""
    if not isinstance(config, dict) or not config:
        return {prefix: config}
    dotted = f"{prefix}." if prefix else ""
    return {name: value for key, part in config.items() for name, value in flat(part, f"{dotted}{key}").items()}


def _content(path: Path, problems: list[str]) -> Any:
    """What a YAML or JSON file holds; tags in it are not obeyed."""
    if not path.is_file():
        return {}
    try:
        text = path.read_text(encoding="utf-8")
        return json.loads(text) if path.suffix == ".json" else yaml.load(text, _YAML)
    except (OSError, ValueError, yaml.YAMLError) as error:
        problems.append(f"{path.name} cannot be read: {first_line(error)}")
        return {}


def _of_verbs(folder: Path) -> list[Path]:
    """Pictures that `gan share` puts beside the grid of a step."""
    return [path for path in folder.glob("samples/*.png") if not path.name.startswith("step-")]


def _grids(folder: Path, ending: str) -> list[tuple[int, Path]]:
    found = [(path.stem.removeprefix("step-"), path) for path in folder.glob(f"samples/step-*{ending}")]
    return sorted((int(step), path) for step, path in found if step.isdigit())
