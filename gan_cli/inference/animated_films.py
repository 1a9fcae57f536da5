"""Where animated pictures go: films or folders of frames, alone or beside what they were made of."""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.inference.film_inputs import FilmInput
from gan_cli.inference.inputs import Input
from gan_cli.inference.names import distinct
from gan_cli.media.films import FILMS, write_film
from gan_cli.media.pictures import grid, save_png

FORMATS = ("mp4", "gif", "frames")
UNSAID = 25
"""Frames a second where nothing says how many a film has."""


class Job(NamedTuple):
    """A film to make.

    Attributes:
        sources: The pictures of which one is moved, by their numbers.
        film: The number of the driving film.
        place: The file, or the folder of frames.
        kind: One of `FORMATS`.
    """

    sources: tuple[int, ...]
    film: int
    place: Path
    kind: str


def jobs_of(
    sources: Sequence[Input], films: Sequence[FilmInput], each: bool, output: Path, kind: str | None
) -> list[Job]:
    """The films to make, known before the first one is.

    Args:
        sources: The pictures.
        films: The driving films.
        each: Whether every picture is moved by every film, or the one that fits it best.
        output: A folder, or the file to make where it is a single one.
        kind: One of `FORMATS`, as typed; None takes MP4, or what the output's ending says.

    Raises:
        UserError: If there is no such format, it does not go with the output, or an input would be written over.
    """
    if kind is not None and kind not in FORMATS:
        raise UserError(f"format: {kind} is unknown; take one of {', '.join(FORMATS)}")
    groups = [(number,) for number in range(len(sources))] if each else [tuple(range(len(sources)))]
    pairs = [(group, film) for group in groups for film in range(len(films))]
    if output.suffix.lower() in FILMS and not output.is_dir():
        if len(pairs) > 1:
            raise UserError(f"output: {output} is one file, and there are {len(pairs)} to write; name a folder")
        ending = output.suffix.lower()[1:]
        if kind not in (None, ending):
            raise UserError(f"format: {kind} does not go with output {output}; leave one of the two out")
        jobs = [Job(*pairs[0], output, ending)]
    elif output.suffix and not output.exists():
        raise UserError(f"output: {output} has no ending this verb writes; take {', '.join(FILMS)} or a folder")
    else:
        made = kind or "mp4"
        names = [_name(sources, group, films[film]) for group, film in pairs]
        ending = "" if made == "frames" else f".{made}"
        named = [output / name.with_name(name.name + ending) for name in distinct(names, names)]
        jobs = [Job(*pair, place, made) for pair, place in zip(pairs, named, strict=True)]
    _check(sources, films, jobs)
    return jobs


def write(job: Job, frames: Iterable[Tensor], rate: Fraction | int | None) -> None:
    """Writes a film, one frame after the other, at the rate given or the usual one.

    Raises:
        OSError: If it cannot be written.
    """
    if job.kind == "frames":
        for number, frame in enumerate(frames):
            save_png(frame, job.place / f"{number:06d}.png")
        return
    write_film(frames, job.place, rate or UNSAID)


def beside(picture: Tensor, driving: Iterable[Tensor], made: Iterable[Tensor]) -> Iterator[Tensor]:
    """The picture, the film's frame and what was made, from left to right, moment by moment."""
    for frame, moved in zip(driving, made, strict=True):
        yield grid(torch.stack([picture, frame, moved]), 3)


def _name(sources: Sequence[Input], group: tuple[int, ...], film: FilmInput) -> Path:
    """What a film is called: by its picture, where that is known, and what drives it."""
    stem = f"{sources[group[0]].name.stem}-by-" if len(group) == 1 else ""
    return Path(stem + film.name.name)


def _check(sources: Sequence[Input], films: Sequence[FilmInput], jobs: Sequence[Job]) -> None:
    contents = [*(item.content for item in sources), *(film.content for film in films)]
    inputs = {content.resolve() for content in contents if isinstance(content, Path)}
    for job in jobs:
        if job.place.resolve() in inputs:
            raise UserError(f"output: {job.place} is one of the inputs; name another place")
