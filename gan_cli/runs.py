"""Where runs live: `checkpoints/<variant>-<dataset>[-<name>]/version_<k>/`. No torch is needed to look around."""

import glob
import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, NamedTuple

from gan_cli.errors import UserError
from gan_cli.plugins import is_module_name

LAST = "last.ckpt"
BEST = "best.ckpt"
SESSIONS = "environment.json"
"""The file in a run's folder that tells how to use the run, and lists its sessions."""
SCORES = "metrics.json"
"""The file of its scores, also in the folder of a model that was shared."""
MODEL, TRAINING = "config.json", "training.yaml"
"""There: what the model is, and, where its run had them, the settings that train it anew."""
HUB = "hub:"
"""What the name of a model on the hub begins with, where it is typed."""
LOCK = ".lock"
"""The file in a run's folder that the process which trains it keeps locked."""
MOST_AT_ONCE = 1000
"""Runs of a family that may be begun in the same moment."""


VERBS = ("sample", "translate", "reconstruct", "predict", "describe", "classify", "detect")
"""The verbs that make things of a checkpoint."""


class Usage(NamedTuple):
    """How to use a run, as it has recorded it itself.

    Attributes:
        verb: The verb that makes pictures of it, one of `VERBS`; "" if the run has not recorded it.
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
    return Usage(verb if verb in VERBS else "", tuple(names))


def usage_of(run: Path) -> Usage:
    """How to use a run, from its folder."""
    return usage(_told(run))


def provenance(imported: Any) -> dict[str, str]:
    """Where imported weights are from, in words by name, from the record that `gan import` keeps; {} of others."""
    told = imported if isinstance(imported, dict) else {}
    files = told.get("files")
    if not isinstance(files, dict) or not files:
        return {}
    return {
        "imported from": f"{', '.join(map(str, files))} ({told.get('format')})",
        "licence": str(told.get("licence") or "not told"),
        "source": str(told.get("source") or "not told"),
        "SHA-256": ", ".join(map(str, files.values())),
    }


def provenance_of(run: Path) -> dict[str, str]:
    """Where a run's weights are from, if they were imported, from its folder."""
    told = _told(run)
    return provenance(told.get("imported") if isinstance(told, dict) else None)


def _told(run: Path) -> Any:
    try:
        return json.loads((run / SESSIONS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def family(variant: str, dataset: str, name: str | None = None) -> str:
    """The folder that the runs of one variant on one data set share."""
    return "-".join(part for part in (variant.lower(), dataset.lower(), name) if part)


def check_name(name: str) -> None:
    """Refuses what cannot be part of a folder's name on every system; Windows takes a dot off the end of one.

    Raises:
        UserError: If it cannot.
    """
    if not re.fullmatch(r"[\w.-]*[\w-]", name):
        raise UserError(
            f"name: {name!r} is part of a folder's name; take letters, digits, '.', '_' and '-', and no '.' at the end"
        )


@contextmanager
def claimed(root: Path, family_name: str) -> Iterator[Path]:
    """The folder of the next run of a family, made for this block alone, whoever else asks in the same moment.

    What is still empty after the block is removed: the run did not even begin.

    Args:
        root: Where runs are kept.
        family_name: As `family` gives it.

    Raises:
        OSError: If no folder can be made there.
    """
    home = root / family_name
    missing = [path for path in (home, *home.parents) if not path.exists()]
    folder = _next_folder(home)
    try:
        with held(folder):
            yield folder
    finally:
        with suppress(OSError):  # up to the first one that is in use
            if [path.name for path in folder.iterdir()] == [LOCK]:
                (folder / LOCK).unlink()
                for path in (folder, *missing):
                    path.rmdir()


def _next_folder(home: Path) -> Path:
    """Makes the folder after the last one, in one step that only one of several processes can take."""
    taken = [int(tail) for run in home.glob("version_*") if (tail := run.name[8:]).isdecimal()]
    first = max(taken, default=-1) + 1
    for number in range(first, first + MOST_AT_ONCE):
        folder = home / f"version_{number}"
        with suppress(FileExistsError, FileNotFoundError):  # another was first, or has just removed what was empty
            folder.mkdir(parents=True)
            return folder
    raise UserError(f"{home} is no folder that runs can be made in; name another place")


@contextmanager
def held(folder: Path) -> Iterator[Path]:
    """A run's folder, with which no other process goes on within the block; what is killed holds nothing any longer.

    Where the file system or the operating system has no such locks, nothing is held.

    Raises:
        UserError: If another process holds it.
    """
    with (folder / LOCK).open("a") as file:
        if not _lock(file):
            raise UserError(
                f"ckpt_path: another process is training {folder} now\n"
                "Wait for its end, name another run, or leave --ckpt_path out to begin a new one"
            )
        yield folder


def _lock(file: IO[str]) -> bool:
    """Locks a file for this process alone, its workers not among it; False if another one has it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except (ImportError, OSError):  # no such locks here
        pass
    return True


def saved_runs(root: Path, family_name: str = "*") -> Iterator[Path]:
    """Folders of runs that can be resumed, the newest checkpoint first."""
    families = family_name if family_name == "*" else glob.escape(family_name)  # --name may hold brackets
    found = [path for path in root.glob(f"{families}/version_*/{LAST}") if path.is_file()]
    yield from (path.parent for path in sorted(found, key=lambda path: path.stat().st_mtime_ns, reverse=True))


def newest_checkpoint(root: Path, family_name: str = "*") -> Path | None:
    """The last checkpoint of the run that was saved most recently, or None where there is none."""
    run = next(saved_runs(root, family_name), None)
    return run / LAST if run else None
