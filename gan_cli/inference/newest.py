"""The newest checkpoint of a kind of model, where none is typed."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from gan_cli import runs
from gan_cli.errors import UserError
from gan_cli.inference import checkpoints
from gan_cli.variants.base import AdversarialModule

M = TypeVar("M", bound=AdversarialModule)


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
