"""The libraries of the extra `solids`: meshes are read, written and made by them, and by nothing else."""

import importlib
from typing import Any

from gan_cli.errors import UserError


def library(name: str, what: str) -> Any:
    """A module of the extra, imported when it is needed.

    Args:
        name: Such as `trimesh`.
        what: What it is needed for, such as "a mesh is read".

    Raises:
        UserError: If it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UserError(
            f"format: {what} with {name}, which is not installed\n"
            "Install it with: pip install 'gan-cli[solids]', or take .npy files, which need nothing"
        ) from error
