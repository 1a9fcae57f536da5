"""Files of codes: what images were made into, with what is needed to make pictures of it again."""

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gan_cli.errors import UserError
from gan_cli.files import write_atomically
from gan_cli.inference.coder import Coder, Codes
from gan_cli.inference.latent_files import generator_digest
from gan_cli.inference.npz import arrays_of

SUFFIX = ".npz"


def check_name(path: Path) -> Path:
    """The file's name, if it is one of codes.

    Raises:
        UserError: If it does not end in .npz.
    """
    if path.suffix.lower() != SUFFIX:
        raise UserError(f"codes: {path} has no ending for codes; take {SUFFIX}")
    return path


def write_codes(path: Path, coder: Coder, codes: Mapping[str, Codes]) -> None:
    """Writes the codes of images by their names as an `.npz` file, whole or not at all.

    Its arrays are `names`, `sizes` (height and width of each image in pixels), `codes_0`, `codes_1`, ... (int32 [h, w]
    each), `num_codes` (how many a codebook has) and `model`, the digest of the networks they belong to.

    Raises:
        UserError: If the file's name does not end in .npz.
        OSError: If it cannot be written.
    """
    arrays: dict[str, Any] = {
        "names": np.array([*codes]),
        "sizes": np.array([one.size for one in codes.values()], dtype=np.int64).reshape(-1, 2),
        "num_codes": np.array(coder.model.num_codes),
        "model": np.array(generator_digest(coder.model)),
        **{f"codes_{number}": one.grid.int().numpy() for number, one in enumerate(codes.values())},
    }
    write_atomically(check_name(path), lambda file: np.savez_compressed(file, **arrays))


def read_codes(path: Path, coder: Coder) -> dict[str, Codes]:
    """The codes in a file by the names of what they were made of, held to the model.

    Raises:
        UserError: If it cannot be read, holds no codes, or holds those of another model.
    """
    arrays = arrays_of(path, "input")
    if "names" not in arrays or "sizes" not in arrays:
        raise UserError(f"input: {path} holds no codes; gan reconstruct --codes FILE writes them")
    if "model" in arrays and str(arrays["model"]) != generator_digest(coder.model):
        raise UserError(f"input: {path} has codes of another model; type the --ckpt that they were made with")
    names = [str(name) for name in np.atleast_1d(arrays["names"])]
    _check_names(path, names)
    sizes = arrays["sizes"]
    if sizes.shape != (len(names), 2) or sizes.dtype.kind not in "iu" or not (sizes > 0).all():
        raise UserError(f"input: {path} has impossible sizes; take the height and width of each image, int64 [N, 2]")
    return {
        name: _checked(path, coder, arrays.get(f"codes_{number}"), name, (int(size[0]), int(size[1])))
        for number, (name, size) in enumerate(zip(names, sizes, strict=True))
    }


def _check_names(path: Path, names: Sequence[str]) -> None:
    for name in names:
        parts = PurePosixPath(name).parts
        plain = parts and name.isprintable() and "\\" not in name and not name.startswith("/") and ".." not in parts
        if not plain or PureWindowsPath(name).drive:  # which would lead out of the folder
            raise UserError(f"input: {path} has the name {name[:40]!r}, which no file below a folder can have")
    if not names or len({*names}) < len(names):
        raise UserError(f"input: {path} names {'an image twice' if names else 'no image'}; write it anew")


def _checked(path: Path, coder: Coder, grid: NDArray[Any] | None, name: str, size: tuple[int, int]) -> Codes:
    if grid is None or grid.ndim != 2 or grid.dtype.kind not in "iu":
        raise UserError(f"input: {path} has no grid of codes for {name}; take whole numbers, [h, w]")
    if grid.shape != (wanted := coder.sides(size)):
        raise UserError(
            f"input: {path} has {list(grid.shape)} codes for {name}; {size[1]}x{size[0]} pixels have {list(wanted)}"
        )
    most = coder.model.num_codes - 1
    if grid.min() < 0 or grid.max() > most:
        wrong = int(grid[(grid < 0) | (grid > most)][0])
        raise UserError(f"input: {path} has the code {wrong} in {name}; there are 0 to {most}")
    return Codes(torch.from_numpy(grid.astype(np.int64)), size)
