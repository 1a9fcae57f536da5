"""The inputs to translate: files, folders, globs, or a data set's test images, each with a name for its output."""

import glob
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.inference.taken import FILES, taken_by_default
from gan_cli.media.films import VIDEOS
from gan_cli.media.image_files import SIGNATURES, is_image_file


class Input(NamedTuple):
    """One file, or one image of a data set.

    Attributes:
        name: Its name, with the folders that it has below what was typed.
        content: The file, or what gives the image, uint8 [C, H, W].
        labels: What is known of its attributes: 0, 1 or NaN for each label of the model; None if nothing is.
        beside: What is told of each of its pixels, such as a mask: by name a file, or what gives it as it is kept.
    """

    name: Path
    content: Path | Callable[[], Tensor]
    labels: tuple[float, ...] | None = None
    beside: tuple[tuple[str, Path | Callable[[], Tensor]], ...] = ()


def typed_inputs(words: Sequence[str], output: Path, option: str = "input") -> list[Input]:
    """The files that were asked for, each once, in order.

    Args:
        words: Files, folders and globs. A folder is searched to its depths, without hidden files; a glob's names
            begin where its first wildcard stands.
        output: The output of the run. Folders and globs leave it out, since it holds translations of an earlier run.
        option: Where they were typed.

    Raises:
        UserError: If there is nothing to be read.
    """
    found = {item.content: item for word in words for item in _matching(word, output, option)}
    return list(found.values())


def test_inputs(make: Callable[[], Any], domain: str) -> list[Input]:
    """The test images of a domain of the data set that a checkpoint names.

    Args:
        make: Gives the data module.
        domain: The domain's name; "" if there is only one kind of images.

    Raises:
        UserError: If the set is not at hand.
    """
    with taken_by_default("input", f"type --input with {FILES}", "the test images"):
        module = make()
        if not hasattr(module, "test_inputs"):
            raise UserError(f"{type(module).__name__} has no test images to translate")
        return [Input(Path(image.name), image.read, image.labels, image.beside) for image in module.test_inputs(domain)]


def _matching(word: str, output: Path, option: str) -> Iterable[Input]:
    path = Path(word)
    if path.is_dir():
        seen = (file for file in sorted(path.rglob("*")) if not _hidden(file.relative_to(path)))
        return _below(path, _fresh(seen, path, output), word, option)
    if path.is_file():
        return _below(path.parent, [path], word, option)
    folder = _literal(path)
    pattern = path.relative_to(folder)
    if not glob.has_magic(str(pattern)):
        raise UserError(f"{option}: {word} does not exist; take a file, a folder, or a glob in quotes")
    while not glob.has_magic(pattern.parts[0]):
        folder, pattern = folder / pattern.parts[0], Path(*pattern.parts[1:])
    found = glob.glob(str(Path(glob.escape(str(folder))) / pattern), recursive=True)
    return _below(folder, _fresh(map(Path, sorted(found)), folder, output), word, option)


def _literal(path: Path) -> Path:
    """The longest beginning of a glob that is a folder: there, brackets and stars are part of its name."""
    return next((folder for folder in path.parents if folder.is_dir()), Path())


def _below(folder: Path, files: Iterable[Path], word: str, option: str) -> list[Input]:
    """Those of the files that can be read, named from the folder on."""
    chosen = [file for file in files if file.is_file() and (file.suffix.lower() in VIDEOS or is_image_file(file))]
    if not chosen:
        kinds = ", ".join([*SIGNATURES, *sorted(VIDEOS)])
        raise UserError(f"{option}: {word} is nothing that can be read; there are {kinds}")
    return [Input(file.relative_to(folder), file) for file in chosen]


def _fresh(files: Iterable[Path], folder: Path, output: Path) -> Iterable[Path]:
    """Those of the files that are not in an output below their folder."""
    place = output.resolve()
    if place == folder.resolve():
        return files
    return (file for file in files if place not in file.resolve().parents)


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
