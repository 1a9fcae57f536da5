"""The `.npz` files that verbs hand to each other, read without executing anything."""

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gan_cli.errors import UserError


def arrays_of(path: Path, option: str) -> Mapping[str, NDArray[Any]]:
    """The arrays of a file, by name.

    Args:
        path: The file.
        option: Where it was typed, which is also what it holds, such as "latents".

    Raises:
        UserError: If it cannot be read.
    """
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise UserError(f"{option}: {path} {what}; type a file of {option}, .npz")
    try:
        with np.load(path, allow_pickle=False) as content:
            return {name: content[name] for name in content.files}
    except OSError as error:
        raise UserError(f"{option}: {path} cannot be read ({error.strerror or error})") from error
    except (ValueError, AttributeError, TypeError, EOFError, MemoryError, zipfile.BadZipFile, zlib.error) as error:
        raise UserError(f"{option}: {path} is no whole .npz file of numbers and names; write it anew") from error
