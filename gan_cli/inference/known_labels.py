"""The classes that typed images are known to have: by the folders they are in, or by a list beside them."""

from collections.abc import Sequence
from pathlib import Path

from gan_cli.data import archives
from gan_cli.data.images import mnist_m
from gan_cli.data.listed_labels import Listed, listed_below
from gan_cli.errors import UserError
from gan_cli.files import printable


def known_labels(paths: Sequence[Path], words: Sequence[str], names: Sequence[str]) -> list[str | None]:
    """The name of each image's class; None where it is not known.

    A list of labels in a folder that was typed says it, of one of the usual names (`labels.csv`, `metadata.csv`,
    `metadata.jsonl`, `dataset.json`), or beside it as MNIST-M has them (`NAME_labels.txt`); otherwise the folder that
    the image is in, if it is called as a class.

    Args:
        paths: The images.
        words: What was typed.
        names: What the model calls its classes.

    Raises:
        UserError: If a list is wrong, or lists classes that the model does not know.
    """
    folders = [Path(word) for word in words if Path(word).is_dir()]
    listed = {path: name for folder in folders for path, name in _listed(folder, names).items()}
    found: list[str | None] = []
    for path in paths:
        folder = printable(path.absolute().parent.name)
        found.append(listed.get(path.resolve(), folder if folder in names else None))
    return found


def _listed(folder: Path, names: Sequence[str]) -> dict[Path, str]:
    """The classes of the images below a folder, by a list in it; none where there is no list of classes."""
    files = archives.listing(folder)
    beside = folder.with_name(f"{folder.resolve().name}{mnist_m.LIST}")
    if beside.is_file():
        digits = mnist_m.digits_of(beside, {file.key for file in files})
        _check(beside, [str(digit) for digit in sorted(set(digits.values()))], names)
        return {file.path.resolve(): str(digits[file.key]) for file in files if file.key in digits}
    told: Listed | None = listed_below(folder, "auto", ("",), files, partly=True)
    if told is None or not told.classes:
        return {}
    _check(folder / told.source, told.names, names)
    return {file.path.resolve(): told.classes[file.key] for file in files if file.key in told.classes}


def _check(path: Path, listed: Sequence[str], names: Sequence[str]) -> None:
    """Refuses a list of classes that are none of the model's.

    Raises:
        UserError: If it is one.
    """
    if strange := [name for name in listed if name not in names]:
        more = f" and {len(strange) - 5} more" if len(strange) > 5 else ""
        raise UserError(
            f"input: {path} lists {', '.join(strange[:5])}{more}, which the model does not know\n"
            f"It tells {', '.join(names[:20])}{' ...' if len(names) > 20 else ''}"
        )
