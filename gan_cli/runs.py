"""Where runs live: `checkpoints/<variant>-<dataset>[-<name>]/version_<k>/`. No torch is needed to look around."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from gan_cli.plugins import is_module_name

LAST = "last.ckpt"
BEST = "best.ckpt"
SESSIONS = "environment.json"
"""The file in a run's folder that tells how to use the run, and lists its sessions."""


class Usage(NamedTuple):
    """How to use a run, as it has recorded it itself.

    Attributes:
        verb: The verb that makes pictures of it, "sample" or "translate"; "" if the run has not recorded it.
        modules: The modules that define its classes, if these are not ours: they are to be typed, and never imported
            only because they are recorded.
    """

    verb: str = ""
    modules: tuple[str, ...] = ()


def usage(content: Any) -> Usage:
    """How to use a run, from the content of its `environment.json`, whatever that content is."""
    told = content if isinstance(content, dict) else {}
    verb, modules = told.get("verb"), told.get("modules")
    names = [name for name in modules if is_module_name(str(name))] if isinstance(modules, list) else []
    return Usage(verb if verb in ("sample", "translate") else "", tuple(names))


def usage_of(run: Path) -> Usage:
    """How to use a run, from its folder."""
    try:
        return usage(json.loads((run / SESSIONS).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return Usage()


def family(variant: str, dataset: str, name: str | None = None) -> str:
    """The folder that the runs of one variant on one data set share."""
    return "-".join(part for part in (variant.lower(), dataset.lower(), name) if part)


def new_run(root: Path, family_name: str) -> Path:
    """The folder of the next run of a family; it is not made."""
    numbers = [int(number) for run in root.glob(f"{family_name}/version_*") if (number := run.name[8:]).isdigit()]
    return root / family_name / f"version_{max(numbers, default=-1) + 1}"


def saved_runs(root: Path, family_name: str = "*") -> Iterator[Path]:
    """Folders of runs that can be resumed, the newest checkpoint first."""
    found = [path for path in root.glob(f"{family_name}/version_*/{LAST}") if path.is_file()]
    yield from (path.parent for path in sorted(found, key=lambda path: path.stat().st_mtime_ns, reverse=True))


def newest_checkpoint(root: Path, family_name: str = "*") -> Path | None:
    """The last checkpoint of the run that was saved most recently, or None where there is none."""
    run = next(saved_runs(root, family_name), None)
    return run / LAST if run else None
