"""The files that `gan translate` is to write, known before the first one is written."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from gan_cli.errors import UserError
from gan_cli.inference.inputs import Input
from gan_cli.inference.names import distinct
from gan_cli.inference.ways import Way, Ways
from gan_cli.media.films import VIDEOS
from gan_cli.media.image_files import SUFFIXES
from gan_cli.media.picture_files import FORMATS

WRITABLE = FORMATS.keys() | VIDEOS
"""File endings, in lower case, of what is written."""


class Job(NamedTuple):
    """One file to write.

    Attributes:
        item: What is translated.
        way: How.
        target: The file.
    """

    item: Input
    way: Way
    target: Path

    @property
    def direction(self) -> str:
        """A direction of the model."""
        return self.way.direction

    @property
    def place(self) -> Path:
        """What messages call the input."""
        return self.item.content if isinstance(self.item.content, Path) else self.item.name


def planned(
    options: Any, ways: Ways, output: Path, inputs: Callable[[str], list[Input]], words: Sequence[str]
) -> list[Job]:
    """Every file to write, known before the first one is written.

    Args:
        options: The options of the verb.
        ways: One or more; each of several directions has a folder of its own, and in it each of several styles.
        output: A folder, or the file to make of a single input.
        inputs: Gives what is translated in a direction.
        words: Inputs as they were typed.

    Raises:
        UserError: If there is no input, or one would be written over.
    """
    if options.format is not None and f".{options.format}" not in FORMATS:
        known = ", ".join(suffix[1:] for suffix in FORMATS)
        raise UserError(f"format: {options.format} is unknown; take one of {known}")
    if output.suffix.lower() in SUFFIXES - WRITABLE and not output.is_dir():
        raise UserError(f"output: {output} is of a kind that is not written; take one of {', '.join(FORMATS)}")
    jobs: list[Job] = []
    for way in ways.all:
        place = output / (way.direction if len(ways.directions) > 1 else "") / way.name
        items = inputs(way.direction)
        names = [_file_name(item, options.format) for item in items]
        fuller = [item.name.with_name(item.name.name + name.suffix) for item, name in zip(items, names, strict=True)]
        jobs += [Job(item, way, place / name) for item, name in zip(items, distinct(names, fuller), strict=True)]
    if output.suffix.lower() in WRITABLE and not output.is_dir():
        jobs = [_single(jobs, output, options.format)]
    _check_targets(jobs, output, words)
    return jobs


def _file_name(item: Input, kind: str | None) -> Path:
    """The name of an input's translation; films keep their container, and what is not written becomes a PNG."""
    suffix = item.name.suffix.lower()
    if is_film(item) or (kind is None and suffix in FORMATS):
        return item.name
    if kind is None and suffix not in SUFFIXES:  # it has no ending, or one that says nothing
        return item.name.with_name(f"{item.name.name}.png")
    return item.name.with_suffix(f".{kind or 'png'}")


def is_film(item: Input) -> bool:
    """Whether an input is a film in a container, not a picture or an animation."""
    return item.name.suffix.lower() in VIDEOS


def _single(jobs: list[Job], output: Path, kind: str | None) -> Job:
    """The one job whose output was named."""
    if len(jobs) > 1:
        raise UserError(f"output: {output} is one file, and there are {len(jobs)} to write; name a folder")
    job, suffix = jobs[0], output.suffix.lower()
    wanted = job.target.suffix.lower() if kind or is_film(job.item) else ""
    if wanted not in ("", suffix):
        raise UserError(f"output: {output} is to be {wanted}; name a file that ends so, or a folder")
    if suffix in VIDEOS and not wanted:
        raise UserError(f"output: {output} holds a film, and {job.item.name} is none; take one of {', '.join(FORMATS)}")
    return job._replace(target=output)


def _check_targets(jobs: Sequence[Job], output: Path, words: Sequence[str]) -> None:
    inputs = {job.item.content.resolve() for job in jobs if isinstance(job.item.content, Path)}
    folders = {Path(word).resolve() for word in words if Path(word).is_dir()}
    for job in jobs:
        if job.target.resolve() in inputs or output.resolve() in folders:
            raise UserError(f"output: {job.target} would lie among the inputs; name another place")
