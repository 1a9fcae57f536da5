"""In which form a verb writes what it makes, by the ending of its output."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.media.medium import Medium

PAGES = ("grid", "both")
"""One picture, or one beside files of single things."""
SAME = {"images": "files"}
"""Other words for a format: "images" are single files of images."""


def format_of(typed: str | None, output: Path | None, medium: Medium, endings: Mapping[str, Sequence[str]]) -> str:
    """The format typed, or the first that goes with the output.

    Args:
        typed: What the user asked for.
        output: The file or folder to write; None for the usual one.
        medium: What is written.
        endings: The formats that go with each ending; "" stands for a folder, and lists all there are.

    Raises:
        UserError: If there is no such format or ending, or the two do not go together.
    """
    suffix = output.suffix.lower() if output else ""
    if suffix not in endings:
        named = ", ".join(ending for ending in endings if ending)
        raise UserError(f"output: {output} has no ending this verb writes; take {named} or a folder")
    kind = SAME.get(typed or "", typed) or endings[suffix][0]
    if kind not in endings[""]:
        raise UserError(f"format: {kind} is unknown; take one of {', '.join(dict.fromkeys(endings['']))}")
    if kind not in endings[suffix]:
        possible = " or ".join(endings[suffix])
        raise UserError(f"format: {typed} does not go with output {output}; take {possible}, or a folder")
    if kind in ("files", "both") and not medium.suffix:
        raise UserError(
            f"format: {typed} is for single things, and {medium.name} are only shown together; take grid or npz"
        )
    return kind


def list_file(typed: str | None, endings: Sequence[str]) -> Path | None:
    """The file for a list of what was found, as typed.

    Args:
        typed: Its name, or None.
        endings: Of the files that the verb writes.

    Raises:
        UserError: If it is none of these, or a folder.
    """
    if typed is None:
        return None
    output = Path(typed)
    if output.suffix.lower() not in endings or output.is_dir():
        raise UserError(
            f"output: {output} is no file this verb writes; take a name that ends in {' or '.join(endings)}"
        )
    return output


def file_in(output: Path | None, folder: Path, name: str) -> Path:
    """The file to write: the one named, or `name` in the folder named or in the usual one."""
    if output is None:
        return folder / name
    return output if output.suffix else output / name


def folder_in(output: Path | None, folder: Path, name: str) -> Path:
    """The folder for single things: the one named, or `name` beside the file named or in the usual one."""
    if output is None:
        return folder / name
    return output.parent / name if output.suffix else output


def singly(medium: Medium, folder: Path, names: Sequence[str], ending: str = "") -> Callable[[list[int], Tensor], None]:
    """What `render` hands made things to that are written one by one.

    Args:
        medium: Writes them.
        folder: Where to.
        names: The files' names by the things' positions, without endings.
        ending: That of the files; "" is the medium's usual one.
    """

    def save(positions: list[int], things: Tensor) -> None:
        for position, thing in zip(positions, things, strict=True):
            medium.write(thing, folder / f"{names[position]}{ending or medium.suffix}")

    return save


def write_by_name(medium: Medium, folder: Path, names: Sequence[str], things: Tensor) -> None:
    """Writes a file for each name, with all things of that name, [K, ...]."""
    for name in dict.fromkeys(names):
        medium.write(things[torch.tensor([other == name for other in names])], folder / f"{name}{medium.suffix}")
