"""Which films a folder holds, by class and by part."""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from itertools import islice
from pathlib import Path
from typing import Literal, NamedTuple

from gan_cli.data.datamodules import Split
from gan_cli.data.folders import SPLITS
from gan_cli.errors import UserError
from gan_cli.files import printable
from gan_cli.media import reading
from gan_cli.media.film_reading import ANIMATIONS, Film, in_order, is_animated, squares
from gan_cli.media.films import VIDEOS
from gan_cli.media.image_files import is_image_file

Answer = Literal["auto", "yes", "no"]

LONG = 4
"""From so many squares on, a picture is taken for frames side by side without being asked."""
MOVING = frozenset({".gif", ".apng"})
"""Endings of pictures that mostly move."""
PLAIN = frozenset({".png"})
"""Endings of pictures that seldom move: they are not opened to look, as there are many where a folder holds frames."""
LOOKED_AT = 50
"""So many entries of a folder are looked at to guess what it holds."""


class Found(NamedTuple):
    """The content of a folder.

    Attributes:
        films: In the order of their names.
        others: Files that are no films.
    """

    films: list[Film]
    others: list[Path]


def films_below(folder: Path, strips: Answer = "auto") -> Found:
    """The films below a folder, without hidden ones.

    A folder with two pictures or more, and no films beside them, is one film; where the pictures are rows of square
    frames, each of them is one.

    Args:
        folder: The folder.
        strips: Whether pictures are rows of frames; auto says yes to those of four squares or more.

    Raises:
        UserError: If a folder cannot be read.
    """
    try:
        entries = sorted((path for path in folder.iterdir() if not path.name.startswith(".")), key=_order)
    except OSError as error:
        raise UserError(f"{folder} cannot be read ({error.strerror}); mend its permissions, or move it away") from error
    below = [films_below(path, strips) for path in entries if path.is_dir()]
    here = _found(folder, [path for path in entries if path.is_file()], strips)
    films = sorted([film for found in (here, *below) for film in found.films], key=lambda film: _order(film.path))
    return Found(films, [path for found in (here, *below) for path in found.others])


def holds_films(folder: Path) -> bool:
    """Whether a folder seems to hold films: looks at a few files of it and of the folders in it, two levels down."""
    for path in islice(_some_files(folder, 2), LOOKED_AT):
        if path.suffix.lower() in VIDEOS or (path.suffix.lower() == ".gif" and is_animated(path)):
            return True
        if is_image_file(path) and not _is_damaged(path):
            return _is_row(path)
    return False


def by_part(films: Sequence[Film], root: Path) -> dict[Split, list[Film]]:
    """Films below `train`, `val` and `test`; all train where there is no folder `train`."""
    if not (root / "train").is_dir():
        return {"train": list(films)}
    return {split: [film for film in films if film.path.is_relative_to(root / split)] for split in SPLITS}


def classes_of(parts: dict[Split, list[Film]], root: Path, answer: Answer) -> dict[Film, str]:
    """The class of each film, the first folder of its part; empty where there are none.

    Args:
        parts: The films.
        root: The set's folder.
        answer: Whether the first folders are classes; auto says yes if there are several, and no film beside them.

    Raises:
        UserError: If there are to be classes and a film is in no folder.
    """
    tops = {film: _top(film, root, split if len(parts) > 1 else "") for split, films in parts.items() for film in films}
    if answer == "auto":
        answer = "yes" if all(tops.values()) and len(set(tops.values())) > 1 else "no"
    if answer == "no":
        return {}
    if alone := [film for film, top in tops.items() if not top]:
        raise UserError(
            f"data.root: {alone[0]} is in none of the folders of {root} that are its classes\n"
            "Move it, or type --data.class_folders no"
        )
    return {film: printable(top) for film, top in tops.items()}


def named_ones(films: Sequence[Film], root: Path, names: str) -> set[Film]:
    """The films that a list names.

    Args:
        films: All there are.
        root: The set's folder.
        names: Names with commas between, or a file with one in each line: paths below the root or their last part, with
            or without ending; * stands for any letters.

    Raises:
        UserError: If a name is of no film.
    """
    text = Path(names).read_text("utf-8") if Path(names).is_file() else names.replace(",", "\n")
    found: set[Film] = set()
    for name in filter(None, map(str.strip, text.splitlines())):
        meant = [film for film in films if any(fnmatch(known, name) for known in _names(film, root))]
        if not meant:
            raise UserError(f"data.held_out_films: no film below {root} is named {name}")
        found.update(meant)
    return found


def _names(film: Film, root: Path) -> list[str]:
    path = film.path.relative_to(root)
    return [path.as_posix(), path.with_suffix("").as_posix(), path.name, path.stem]


def _top(film: Film, root: Path, split: str) -> str:
    path = film.path.relative_to(root / split)
    return path.parts[0] if len(path.parts) > 1 else ""


def _found(folder: Path, files: list[Path], strips: Answer) -> Found:
    films: list[Film] = []
    pictures: list[Path] = []
    others: list[Path] = []
    for path in files:
        suffix = path.suffix.lower()
        if suffix in VIDEOS:
            films.append(Film(path, "video"))
        elif suffix in ANIMATIONS - PLAIN and is_animated(path):
            films.append(Film(path, "animation"))
        else:
            (pictures if is_image_file(path) else others).append(path)
    if (damaged := [path for path in pictures if _is_damaged(path)]) and (films or len(damaged) == len(pictures)):
        films += [Film(path, "animation") for path in damaged]  # which is named when it is opened
        pictures = [path for path in pictures if path not in damaged]
    if pictures and (strips == "yes" or (strips == "auto" and any(map(_is_row, pictures[:LONG])))):
        return Found([*films, *(Film(path, "strip") for path in pictures)], others)
    if len(pictures) > 1 and not films:
        return Found([Film(folder, "frames")], others)
    return Found(films, others + pictures)


def _is_damaged(path: Path) -> bool:
    """Whether a file is named as a film that moves, and cannot be opened."""
    if path.suffix.lower() not in MOVING:
        return False
    try:
        reading.size(path)
    except reading.Unreadable:
        return True
    return False


def _is_row(path: Path) -> bool:
    try:
        return squares(reading.size(path)) >= LONG
    except reading.Unreadable:
        return False


def _some_files(folder: Path, levels: int) -> Iterator[Path]:
    entries = sorted(folder.iterdir(), key=_order)[:LOOKED_AT] if folder.is_dir() else []
    yield from (path for path in entries if path.is_file())
    for path in entries:
        if path.is_dir() and levels:
            yield from islice(_some_files(path, levels - 1), LOOKED_AT)


def _order(path: Path) -> list[list[tuple[int, str]]]:
    return [in_order(part) for part in path.parts]
