"""Films with frames that were made, as files: films, strips, folders of frames, beside the truth where it is known."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.inference.film_inputs import FilmInput
from gan_cli.inference.names import distinct
from gan_cli.media.films import FILMS, write_film
from gan_cli.media.pictures import grid, save_png
from gan_cli.metrics.frame_prediction import summary

FORMATS = ("gif", "mp4", "strip", "frames")
STRIP = ".png"
ROW_NAMES = ("made", "the last given frame")
"""What is measured: the frame that was made, and in its place the last one that was given."""
SHOWN = 4
"""A strip shows so many frames before the first that was made."""


class Prediction(NamedTuple):
    """A film with frames that were made.

    Attributes:
        film: uint8 [C, T, H, W].
        made: The numbers of the frames that were made.
        truth: The same with true frames, as far as they are known, [C, T', H, W]; None where none is.
        first: The number that its first frame has in the film it is of.
        rate: Frames a second; None where nothing says it.
    """

    film: Tensor
    made: list[int]
    truth: Tensor | None
    first: int
    rate: float | None

    @property
    def known(self) -> list[int]:
        """The numbers of those made frames whose truth is known."""
        return [] if self.truth is None else [number for number in self.made if number < self.truth.shape[1]]

    def before(self, number: int) -> int:
        """The number of the last frame before one that was made that was not made itself."""
        made = set(self.made)
        return max(other for other in range(number) if other not in made)

    def rows(self, start: int = 0, end: int | None = None) -> Tensor:
        """Frames of the film, below the truth where it is known, [R, C, T, H, W]; white where it ends."""
        film = self.film[:, start:end]
        if self.truth is None:
            return film[None]
        truth = torch.full_like(film, 255)
        there = self.truth[:, start:end]
        truth[:, : there.shape[1]] = there
        return torch.stack([truth, film])

    def moments(self) -> Iterator[Tensor]:
        """A picture of each frame, uint8 [C, H', W'], made when it is asked for."""
        for number in range(self.film.shape[1]):
            rows = self.rows(number, number + 1)[:, :, 0]
            yield rows[0] if len(rows) == 1 else grid(rows, 1)


class Target(NamedTuple):
    """Where a film goes; None for what is not written.

    Attributes:
        film: A GIF or an MP4.
        strip: A PNG with its frames from left to right.
        frames: A folder with the frames that were made.
    """

    film: Path | None = None
    strip: Path | None = None
    frames: Path | None = None

    @property
    def places(self) -> list[Path]:
        """All of them."""
        return [place for place in self if place is not None]

    @property
    def needs_whole(self) -> bool:
        """Whether all frames are needed, not only those that others are made of."""
        return self.film is not None


def targets_of(films: Sequence[FilmInput], output: Path, kind: str | None) -> list[Target]:
    """Where each film goes, known before the first one is written.

    Args:
        films: What is gone on with.
        output: A folder, or the file to make of a single film.
        kind: One of `FORMATS`, as typed; None takes a GIF and a strip, or what the output's ending says.

    Raises:
        UserError: If there is no such format, or an input would be written over.
    """
    if kind is not None and kind not in FORMATS:
        raise UserError(f"format: {kind} is unknown; take one of {', '.join(FORMATS)}")
    ending = output.suffix.lower()
    if ending and not output.is_dir():
        targets = [_alone(films, output, kind)]
    else:
        fuller = [film.name.with_name(Path(film.place).name) for film in films]
        targets = [_below(output / name, kind) for name in distinct([film.name for film in films], fuller)]
    _check(films, targets)
    return targets


def _alone(films: Sequence[FilmInput], output: Path, kind: str | None) -> Target:
    ending = output.suffix.lower()
    if ending not in (*FILMS, STRIP):
        raise UserError(
            f"output: {output} has no ending this verb writes; take {', '.join(FILMS)}, {STRIP} or a folder"
        )
    if len(films) > 1:
        raise UserError(f"output: {output} is one file, and there are {len(films)} to write; name a folder")
    if kind not in (None, "strip" if ending == STRIP else ending[1:]):
        raise UserError(f"format: {kind} does not go with output {output}; leave one of the two out")
    return Target(strip=output) if ending == STRIP else Target(film=output)


def _below(place: Path, kind: str | None) -> Target:
    named = place.parent / place.name
    film, strip = (named.with_name(named.name + ending) for ending in (f".{kind if kind == 'mp4' else 'gif'}", STRIP))
    match kind:
        case None:
            return Target(film, strip)
        case "strip":
            return Target(strip=strip)
        case "frames":
            return Target(frames=named)
        case _:
            return Target(film)


def _check(films: Sequence[FilmInput], targets: Sequence[Target]) -> None:
    inputs = {film.content.resolve() for film in films if isinstance(film.content, Path)}
    for place in (place for target in targets for place in target.places):
        if place.resolve() in inputs:
            raise UserError(f"output: {place} is one of the inputs; name another place")


def write(prediction: Prediction, target: Target, rate: float) -> None:
    """Writes a film to all its places.

    Args:
        prediction: The film.
        target: The places.
        rate: Frames a second.

    Raises:
        OSError: If it cannot be written.
    """
    if target.film is not None:
        write_film(prediction.moments(), target.film, max(1, round(rate)))
    if target.strip is not None:
        rows = prediction.rows(max(0, prediction.made[0] - SHOWN))
        moments = rows.transpose(1, 2).flatten(0, 1)
        save_png(grid(moments, rows.shape[2], padding=2 if len(rows) > 1 else 0), target.strip)
    if target.frames is not None:
        for number in prediction.made:
            save_png(prediction.film[:, number], target.frames / f"{prediction.first + number:06d}.png")


def scores_of(prediction: Prediction) -> dict[str, list[list[float | None]]]:
    """The measures of made frames whose truth is known, in the order of `metrics.frame_prediction.KINDS`.

    Returns:
        By `ROW_NAMES`, what is measured, a row for each frame.
    """
    found: dict[str, list[list[float | None]]] = {name: [] for name in ROW_NAMES}
    truth = prediction.truth
    for number in prediction.known:
        assert truth is not None
        wanted, last = truth[None, :, number], truth[None, :, prediction.before(number)]
        for name, shown in zip(ROW_NAMES, (prediction.film[None, :, number], last), strict=True):
            found[name].append(summary(shown, wanted, last))
    return found
