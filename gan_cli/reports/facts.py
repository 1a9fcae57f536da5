"""A run in words: what it is, where and how long it was trained, and the commands that make it again."""

import shlex
from typing import Any

from gan_cli import plugins, runs
from gan_cli.reports.run_record import RunRecord, flat

SESSION_HEAD = ("started", "steps", "duration", "processor", "devices", "precision", "versions")
BESIDE = {"sample": ("interpolate",), "describe": ("sample",), "detect": ("sample",)}
"""What a reader may type beside the verb that makes things of a model."""


def headline(run: RunRecord) -> dict[str, str]:
    """The most important facts of a run, by name; unknown ones are left out."""
    settings = flat(run.config)
    size, channels = settings.get("model.init_args.image_size"), settings.get("model.init_args.image_channels")
    players = ", ".join(f"{player} {count:,}" for player, count in run.parameters.items())
    kimg = max((series.kimg[-1] for series in run.series.values() if series.kimg), default=None)
    planned = run.sessions[-1].get("max_steps", 0) if run.sessions else 0
    told = {
        "variant": run.variant,
        "data set": run.dataset,
        "images": f"{size} x {size}, {channels} channel{'s' if channels != 1 else ''}" if size and channels else "",
        "steps": _of(run.last_step, planned or settings.get("trainer.max_steps")),
        "images shown": f"{kimg:,.1f} thousand" if kimg is not None else "",
        "seed": str(settings.get("seed_everything", "")),
        "begun with": str(run.origin.get("told", "")),
        "new layers": ", ".join(map(str, run.origin.get("new", []))),
        **runs.provenance(run.imported),
        "training took": duration(run.seconds) if run.seconds is not None else "",
        "trained on": hardware(run.sessions[-1]) if run.sessions else "",
        "weights": players,
    }
    return {name: text for name, text in told.items() if text}


def sessions(run: RunRecord) -> list[list[str]]:
    """A row for each time that the run was started or resumed, with the columns of `SESSION_HEAD`."""
    rows = []
    for told in run.sessions:
        seconds = told.get("seconds")
        versions = told.get("versions") if isinstance(told.get("versions"), dict) else {}
        rows.append(
            [
                str(told.get("started", "")),
                f"{told.get('first_step', 0)} to {told.get('last_step', '?')}",
                duration(seconds) if isinstance(seconds, int | float) else "",
                f"{told.get('processor', '')}, {told.get('cores', '?')} cores",
                devices(told),
                ", ".join(str(told[name]) for name in ("precision", "memory_layout") if name in told),
                ", ".join(f"{name} {version}" for name, version in (versions or {}).items()),
            ]
        )
    return rows


def devices(session: dict[str, Any]) -> str:
    """Such as "2 processes on NVIDIA H100" or "1 process on the CPU"."""
    count = session.get("processes", 1)
    return f"{count} process{'' if count == 1 else 'es'} on {session.get('accelerator') or 'the CPU'}"


def hardware(session: dict[str, Any]) -> str:
    """The accelerator, or the processor."""
    return str(session.get("accelerator") or session.get("processor") or "")


def duration(seconds: float) -> str:
    """Such as "48 s", "4 min 10 s" or "2 h 5 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s" if seconds >= 1 else f"{seconds:.1f} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60:,} h {minutes % 60} min"


def commands(run: RunRecord) -> list[str]:
    """The commands that train the same run again, and those that look at it."""
    found = []
    if run.imported and not run.origin:
        files = map(str, run.imported.get("files", {}))
        found.append(shlex.join(["gan", "import", *files, "--as", str(run.imported.get("format"))]))
    elif run.settings_file.is_file():
        seed = run.config.get("seed_everything")
        known = isinstance(seed, int) and not isinstance(seed, bool)
        found.append(
            shlex.join(["gan", "fit", "--config", str(run.settings_file)])
            + plugins.options(run.modules)
            + (f" --seed_everything {seed}" if known else "")
        )
    made_by = run.usage.verb or ("translate" if run.translates else "sample")
    verbs = [made_by, *BESIDE.get(made_by, ())]
    return [*found, *(command(run, verb) for verb in [*verbs, "test"])]


def command(run: RunRecord, verb: str) -> str:
    """A verb's command for the run's checkpoint."""
    return shlex.join(["gan", verb, "--ckpt", str(run.checkpoint or run.folder / runs.LAST)]) + plugins.options(
        run.modules
    )


def _of(step: int, most: Any) -> str:
    return f"{step:,} of {most:,}" if isinstance(most, int) and most > 0 else f"{step:,}"
