"""The films that a verb is to go on with: files, folders of frames, folders of films, globs."""

import glob
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import pad

from gan_cli.data.videos.film_folders import films_below
from gan_cli.devices import memory
from gan_cli.errors import UserError
from gan_cli.media import reading
from gan_cli.media.film_reading import film_at, frames_of, length_of
from gan_cli.media.films import VIDEOS
from gan_cli.media.reading import Unreadable
from gan_cli.media.videos import NOISE


class FilmInput(NamedTuple):
    """A film, or a video of a data set.

    Attributes:
        name: Its name, with the folders that it has below what was typed, without an ending.
        content: Where it is, or the video itself, uint8 [C, T, H, W].
        every: Of a file's frames every so many-th is taken; the others do not count.
    """

    name: Path
    content: Path | Tensor
    every: int = 1

    @property
    def place(self) -> str:
        """What messages call it."""
        return str(self.content if isinstance(self.content, Path) else self.name)


def typed_films(words: Sequence[str], output: Path) -> list[FilmInput]:
    """The films that were asked for, each once, in order.

    Args:
        words: Files, folders and globs. A folder of pictures, each of which is no film itself, is one film; of any
            other folder all films are taken, to its depths.
        output: The output of the run, which folders and globs leave out.

    Raises:
        UserError: If there is nothing of the kind.
    """
    found: dict[Path, FilmInput] = {}
    for word in words:
        for film in _matching(word, output.resolve()):
            found.setdefault(film.content, film)  # type: ignore[arg-type]
    return list(found.values())


def frames_in(film: FilmInput) -> tuple[int, float | None]:
    """How many frames a film has, and how many a second if that is known.

    Raises:
        Unreadable: If it is none.
    """
    if isinstance(film.content, Tensor):
        return film.content.shape[1], None
    length = length_of(film_at(film.content))
    return -(-length.frames // film.every), None if length.rate is None else float(length.rate) / film.every


def read_frames(film: FilmInput, channels: int, first: int = 0, last: int | None = None, spare: int = 0) -> Tensor:
    """Frames of a film, uint8 [C, T, H, W], at their own size.

    Args:
        film: Where it is.
        channels: C; grey films are shown in colours where these are wanted.
        first: The number of the first one.
        last: The number after the last; None takes all.
        spare: So many places follow them, for frames to come; what is in them says nothing.

    Raises:
        Unreadable: If it is damaged, its frames differ in size, or it has colours where grey is wanted.
        UserError: If they do not fit the memory.
    """
    if isinstance(film.content, Tensor):
        return pad(film.content[:, first:last], (0, 0, 0, 0, 0, spare))
    found = film_at(film.content)
    length = length_of(found)
    numbers = range(0, length.frames, film.every)[first:last]
    width, height = length.size
    way_out = "Type --format frames, which keeps what is made alone, or a shorter film"
    places = len(numbers) + spare
    memory.check_room(places * width * height * channels, f"input: the frames of {film.place}", way_out)
    frames: Tensor | None = None
    for number, image in enumerate(frames_of(found, numbers)):
        frame = _frame(image, channels, film.content)
        if frames is None:
            frames = frame.new_empty(channels, places, *frame.shape[1:])
        if frame.shape[1:] != frames.shape[2:]:
            raise Unreadable(film.content, "its frames differ in size")
        frames[:, number] = frame
    assert frames is not None
    return frames


def _frame(image: Image.Image, channels: int, path: Path) -> Tensor:
    """A frame, uint8 [C, H, W]."""
    coloured = reading.to_tensor(reading.to_mode(image, 3), 3)
    if channels == 3:
        return coloured
    if channels == 1 and int((coloured.amax(0).short() - coloured.amin(0).short()).max()) > NOISE:
        raise Unreadable(path, "it is in colours, and this model's frames are grey")
    return reading.to_tensor(reading.to_mode(image, channels), channels)


def _matching(word: str, output: Path) -> Iterator[FilmInput]:
    path = Path(word)
    if not glob.has_magic(word) and not path.exists():
        raise UserError(f"input: {word} does not exist; take a film, a folder, or a glob in quotes")
    places = [path] if path.exists() else [Path(name) for name in sorted(glob.glob(word, recursive=True))]
    found = [film for place in places for film in _at(place, output)]
    if not found:
        kinds = ", ".join(sorted(VIDEOS))
        raise UserError(f"input: {word} holds no films; there are GIF, {kinds}, folders of frames, strips of squares")
    yield from found


def _at(place: Path, output: Path) -> list[FilmInput]:
    """The films at a place, without those of an output of an earlier run."""
    if place.is_file():
        return [] if output in place.resolve().parents else [FilmInput(Path(place.stem), place)]
    paths = [film.path for film in films_below(place).films]
    fresh = [
        path for path in paths if output not in (path.resolve(), *path.resolve().parents) or output == place.resolve()
    ]
    return [FilmInput(_name(path, place), path) for path in fresh]


def _name(film: Path, folder: Path) -> Path:
    """A film's name below a folder; that of the folder itself where it is the film."""
    if film == folder:
        return Path(folder.resolve().name)
    name = film.relative_to(folder)
    return name if film.is_dir() else name.with_suffix("")


def data_films(videos: Any, count: int) -> list[FilmInput]:
    """Videos of a data set's part, evenly from the whole of it.

    Args:
        videos: The part.
        count: How many at most.
    """
    few = min(count, len(videos))
    numbers = torch.arange(few) * len(videos) // few
    real: Tensor = videos[numbers].batch.real
    return [
        FilmInput(Path(f"example{number:06d}"), video) for number, video in zip(numbers.tolist(), real, strict=True)
    ]
