"""What `gan translate --given` names: what goes in, what a style is read in, and what is told of an input's places."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.inference.given import fields_given
from gan_cli.inference.inputs import Input
from gan_cli.inference.source_media import read_thing
from gan_cli.media import reading
from gan_cli.media.image_files import is_image_file
from gan_cli.media.images import Images
from gan_cli.media.label_maps import LabelMaps
from gan_cli.media.medium import Medium
from gan_cli.media.reading import Unreadable
from gan_cli.variants.translation import TranslationModule

REFERENCE = "reference"
"""The name of what a style is read in."""


class GivenPaths(NamedTuple):
    """Files, folders and globs, by what they are.

    Attributes:
        references: What styles are read in.
        inputs: What is translated, by the name of its domain.
        places: By name, what is told of each pixel of the inputs, such as a mask: a file for all of them, or a folder
            with a file for each.
        wholes: By name, what is told of all inputs as wholes, such as a palette: a file.
    """

    references: list[str]
    inputs: list[str]
    places: dict[str, str]
    wholes: dict[str, str]


def given_paths(model: TranslationModule, words: Sequence[str]) -> GivenPaths:
    """What was typed, by what it is.

    Args:
        model: The variant.
        words: Such as `reference=PATH`; the name may be left out where the model is given one thing alone.

    Raises:
        UserError: If the model takes nothing of that name, or one thing of an input is typed twice.
    """
    found = GivenPaths([], [], {}, {})
    for word in words:
        name, path = _named(model, word)
        if name == REFERENCE:
            found.references.append(path)
        elif name in fields_given(model):
            if name not in model.media:
                raise UserError(f"given: {name} is not read from files; leave it out")
            told = found.places if model.media[name].of_places else found.wholes
            if name in told:
                one = "folder" if told is found.places else "file"
                raise UserError(f"given: {name} is typed twice, {told[name]} and {path}; name one {one}")
            told[name] = path
        else:
            found.inputs.append(path)
    return found


def told_as_wholes(model: TranslationModule, wholes: Mapping[str, str | Path]) -> dict[str, Tensor]:
    """What is told of all inputs as wholes, as the model sees it, one row each.

    Raises:
        UserError: If a file does not exist or cannot be read.
    """
    found = {}
    for name, path in wholes.items():
        if not Path(path).is_file():
            raise UserError(f"given: {path} is no file; name one that shows the {name}")
        medium = model.media[name]
        found[name] = medium.shown(medium.read(Path(path))[None])
    return found


def with_places(model: TranslationModule, items: Sequence[Input], places: dict[str, str]) -> list[Input]:
    """Inputs with the files of what is told of their places.

    Args:
        model: The variant.
        items: The inputs.
        places: By name a file for all inputs, or a folder with a file of each one's name, of any ending.

    Raises:
        UserError: If a path does not exist, a file that was typed cannot be read or fits no input, or an input has
            none.
    """
    found = list(items)
    for name, word in places.items():
        path = Path(word)
        if path.is_dir():
            files = [_of_name(name, path, item) for item in items]
        elif path.is_file():
            _check_fits(name, path, model.media[name], items)
            files = [path] * len(items)
        else:
            raise UserError(f"given: {word} does not exist; name a file of {name}, or a folder")
        found = [item._replace(beside=(*item.beside, (name, file))) for item, file in zip(found, files, strict=True)]
    return found


def check_sources(model: TranslationModule, words: Sequence[str]) -> None:
    """Refuses a file that was typed and is nothing that the model starts from, where that is no photograph.

    Raises:
        UserError: If it cannot be read, or has a value that is not possible.
    """
    medium = model.source
    if isinstance(medium, Images):
        return
    for path in (Path(word) for word in words if Path(word).is_file() and is_image_file(Path(word))):
        try:
            read_thing(medium, path)
        except Unreadable as error:
            raise UserError(
                f"input: {path} is nothing of {medium.name} that this model knows: {error.reason}"
            ) from error


def _named(model: TranslationModule, word: str) -> tuple[str, str]:
    name, equals, path = word.partition("=")
    takes = fields_given(model)
    goes_in = [model.domains[0]] if len(model.directions) == 1 else []
    goes_in += ["labels"] if isinstance(model.source, LabelMaps) else []  # whatever their set calls them
    if not equals or Path(word).exists():
        if not takes:
            raise UserError(f"given: {type(model).__name__} is given nothing but images; leave it out")
        if REFERENCE not in takes and len(takes) > 1:
            raise UserError(f"given: of {word} it is not known what it is; type NAME={word} with {' or '.join(takes)}")
        return (REFERENCE if REFERENCE in takes else takes[0]), word
    if name not in (*takes, *goes_in):
        if not takes:
            raise UserError(f"given: {type(model).__name__} is given nothing but images; leave it out")
        raise UserError(f"given: {name} is nothing that {type(model).__name__} takes; type {takes[0]}={path}")
    return name, path


def _of_name(name: str, folder: Path, item: Input) -> Path:
    """The file of an input in a folder: of its own name, or of that with another ending."""
    own = folder / item.name
    found = [own] if own.is_file() else sorted(own.parent.glob(f"{_escaped(own.stem)}.*"))
    if not found:
        raise UserError(f"given: {folder} has no {name} for {item.name}; each input needs a file of its name")
    return found[0]


def _escaped(stem: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in stem)


def _check_fits(name: str, path: Path, medium: Medium, items: Sequence[Input]) -> None:
    """Refuses a file that cannot be read, or belongs to no input: of another size, or beyond it."""
    sizes = [_size(item) for item in items]
    if not any(sizes) and not is_image_file(path):
        return  # what is no picture says something of one, whose size will be known when it is read
    height, width = _read_for_one(medium, path, list(dict.fromkeys(size for size in sizes if size))).shape[1:]
    if sizes and None not in sizes and (width, height) not in sizes:
        other = "x".join(map(str, sizes[0] or ()))
        raise UserError(
            f"given: {path} has {width}x{height} pixels, and {items[0].name} {other}; {name} must be as large"
        )


def _read_for_one(medium: Medium, path: Path, sizes: Sequence[tuple[int, int]]) -> Tensor:
    """A thing from a file, for the first picture that it can belong to; sizes are widths and heights."""
    if not sizes:
        return medium.read(path)
    for number, (width, height) in enumerate(sizes, 1):
        try:
            return medium.read_for(path, height, width)
        except UserError:
            if number == len(sizes):
                raise
    raise AssertionError


def _size(item: Input) -> tuple[int, int] | None:
    """Width and height of an input; None where they are not known yet."""
    if not isinstance(item.content, Path) or not is_image_file(item.content):
        return None
    try:
        return reading.size(item.content)
    except Unreadable:
        return None
