"""The runs that the page knows, by identifiers that the server deals out: a browser never names a path."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from gan_cli import runs
from gan_cli.errors import UserError
from gan_cli.inference.shared_models import WEIGHTS
from gan_cli.reports import run_record
from gan_cli.web.guard import Refused


class Run(NamedTuple):
    """A run with a checkpoint.

    Attributes:
        identifier: What a browser calls it.
        folder: Its folder.
        checkpoint: What is looked at.
    """

    identifier: str
    folder: Path
    checkpoint: Path

    @property
    def name(self) -> str:
        """Such as "dcgan-digits/version_0", with the checkpoint's name where it is not the last one."""
        folder = self.folder.resolve()
        which = "" if self.checkpoint.name in (runs.LAST, WEIGHTS) else f"/{self.checkpoint.name}"
        return f"{folder.parent.name}/{folder.name}{which}"

    @property
    def usage(self) -> runs.Usage:
        """How to use it, as it has recorded it itself."""
        return runs.usage_of(self.folder)


class KnownRuns:
    """The runs that were typed, or all below a folder, looked for anew each time.

    Args:
        typed: Folders or checkpoints; none of them means all runs below `root`.
        root: Where runs live.

    Raises:
        UserError: If something typed is no run with a checkpoint.
    """

    def __init__(self, typed: Sequence[str] = (), root: Path = Path("checkpoints")) -> None:
        self.root = root
        self._typed = [_found(word) for word in typed]
        self._dealt: dict[str, Run] = {}
        self.all()

    def all(self) -> list[Run]:
        """All of them, as typed, or the newest first."""
        found = self._typed or [_run(folder, folder / runs.LAST) for folder in runs.saved_runs(self.root)]
        self._dealt.update({run.identifier: run for run in found})
        return found

    def __getitem__(self, identifier: str) -> Run:
        """The run that was dealt out under an identifier.

        Raises:
            Refused: If there is none, or its checkpoint is gone.
        """
        run = self._dealt.get(identifier)
        if run is None or not run.checkpoint.is_file():
            raise Refused(404, "There is no such run (any more); look at the list of runs again")
        return run


def _found(word: str) -> Run:
    folder, checkpoint = run_record.find(word)
    if checkpoint is None:
        raise UserError(f"run: {word} has no checkpoint yet; wait for its first one, or name another run")
    return _run(folder, checkpoint)


def _run(folder: Path, checkpoint: Path) -> Run:
    return Run(hashlib.sha256(str(checkpoint.resolve()).encode()).hexdigest()[:16], folder, checkpoint)
