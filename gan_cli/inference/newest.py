"""The newest checkpoint of a kind of model, where none is typed."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from gan_cli import runs
from gan_cli.errors import UserError
from gan_cli.inference import checkpoints
from gan_cli.variants.base import AdversarialModule

M = TypeVar("M", bound=AdversarialModule)


def newest(
    kind: Callable[[AdversarialModule], M],
    does: str,
    config: str,
    module: checkpoints.Modules = None,
    root: str = "checkpoints",
) -> tuple[Path, M]:
    """The newest checkpoint that holds a model of a kind, and the model.

    Args:
        kind: Gives the model if it is one; raises a `UserError` if not.
        does: What it does, in words behind "a run".
        config: A packaged config that trains one.
        module: Name of a trusted module that defines the variant, or several, where it is none of this package's.
        root: Where the runs are.

    Raises:
        UserError: If there is none.
    """
    if (found := newest_of(kind, module, root)) is not None:
        return found
    raise UserError(f"no run under {root}/ {does} yet: type --ckpt FILE, or train one with gan fit --config {config}")


def newest_of(
    kind: Callable[[AdversarialModule], M], module: checkpoints.Modules = None, root: str = "checkpoints"
) -> tuple[Path, M] | None:
    """The newest run's checkpoint that holds a model of a kind, and the model; None if there is none.

    Args:
        kind: Gives the model if it is one; raises a `UserError` if not.
        module: Name of a trusted module that defines the variant, or several, where it is none of this package's.
        root: Where the runs are.
    """
    for run in runs.saved_runs(Path(root)):
        path = run / runs.LAST
        try:
            return path, kind(checkpoints.load_model(path, module))
        except UserError:  # damaged, or of another module or kind: an older run may do
            continue
    return None
