"""Films of four kinds as runs of images: videos, animated pictures, folders of frames, and frames side by side.

A film is counted in frames of one rate. Where a file gives its frames times of their own (an animated picture whose
frames last longer or shorter, a video of variable rate), its frames are those that are seen at even times.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate, pairwise
from math import ceil
from pathlib import Path
from statistics import median
from typing import Any, Literal, NamedTuple

import av
from PIL import Image, ImageSequence

from gan_cli.media import reading
from gan_cli.media.films import ANIMATED, VIDEOS, address, frames_in, reasons, upright
from gan_cli.media.image_files import is_image_file, suffix_of
from gan_cli.media.reading import Unreadable

Kind = Literal["video", "animation", "frames", "strip"]

ANIMATIONS = frozenset({".gif", ".apng", ".png", ".webp", ".avif", ".tif", ".tiff"})
"""File endings, in lower case, of pictures that may hold several frames."""
UNTIMED = 100
"""Milliseconds that a frame of an animated picture lasts if it says nothing, as browsers show it."""
LONGEST = 1000
"""At most so many times the shortest one (of a video the usual one) a frame is shown."""
UNEVEN = 1.5
"""A video is of variable rate if two frames are so many times further apart than most."""
AHEAD = 24
"""From so many frames on, a video is not decoded from its beginning but from the key frame before what is wanted."""
SAME_RATE = 1.1
"""Rates that differ by no more than this factor are the same: GIF counts in hundredths of a second."""
SPARED = 3
"""So many frames may be missing at the end of a video; the last one is repeated."""


class Film(NamedTuple):
    """Where a film is.

    Attributes:
        path: A file, or a folder of frames.
        kind: A video, a picture of several frames, a folder of pictures, or one picture of square frames side by side.
    """

    path: Path
    kind: Kind

    def __str__(self) -> str:
        return str(self.path)

    @property
    def files(self) -> list[Path]:
        """The files that it is in; of a folder its pictures, frame 2 before frame 10."""
        return frame_files(self.path) if self.kind == "frames" else [self.path]


class Length(NamedTuple):
    """What is known of a film without decoding it.

    Attributes:
        frames: How many it has.
        rate: Frames a second; None where nothing says it.
        size: Width and height of a frame; those of the first one where they differ.
        varies: Whether the file's own frames are not evenly apart.
    """

    frames: int
    rate: Fraction | None
    size: tuple[int, int]
    varies: bool = False


def film_at(path: Path) -> Film:
    """The film that a path leads to.

    Raises:
        Unreadable: If it is none.
    """
    if path.is_dir():
        if not frame_files(path):
            raise Unreadable(path, "a folder without pictures")
        return Film(path, "frames")
    if not path.is_file():
        raise Unreadable(path, "there is no such file")
    if path.suffix.lower() in VIDEOS:
        return Film(path, "video")
    if is_animated(path):
        return Film(path, "animation")
    return Film(path, "strip")


def is_animated(path: Path) -> bool:
    """Whether a picture's file holds several frames."""
    return suffix_of(path.name) in ANIMATIONS and frames_in(path) > 1


def frame_files(folder: Path) -> list[Path]:
    """The pictures in a folder, by their names, numbers in them by their value."""
    found = [path for path in folder.iterdir() if not path.name.startswith(".") and path.is_file()]
    return sorted(filter(is_image_file, found), key=lambda path: in_order(path.name))


def in_order(name: str) -> list[tuple[int, str]]:
    """What names are sorted by, so that 2 comes before 10."""
    return [(int(digits or -1), other) for digits, other in re.findall(r"(\d+)|(\D+)", name)]


def squares(size: tuple[int, int]) -> int:
    """How many square frames lie side by side or below each other in a picture of a width and height; 0 if none do."""
    shorter, longer = sorted(size)
    return longer // shorter if longer % shorter == 0 else 0


def length_of(film: Film) -> Length:
    """How many frames a film has, and how large.

    Raises:
        Unreadable: If it is no whole film, as far as can be told without decoding it.
    """
    match film.kind:
        case "video":
            times = _times(film.path, _state(film.path))
            return Length(len(times.shown), times.rate, times.size, times.varies)
        case "animation":
            durations, size = _durations(film.path)
            repeats, rate = _evenly(durations)
            return Length(len(repeats), rate, size, len(set(durations)) > 1)
        case "frames":
            files = frame_files(film.path)
            if not files:
                raise Unreadable(film.path, "a folder without pictures")
            return Length(len(files), None, reading.size(files[0]))
        case "strip":
            size = reading.size(film.path)
            if not (count := squares(size)):
                raise Unreadable(film.path, f"{size[0]}x{size[1]} is no row of square frames")
            return Length(count, None, (min(size), min(size)))


def seen_at(length: Length, rate: int | None, stride: int = 1) -> list[int]:
    """The numbers of a film's frames that are seen at another rate, rising; some of them twice if that is higher.

    Args:
        length: The film's.
        rate: Frames a second; None, or a film of which nothing says its own, takes all.
        stride: Of these every `stride`-th is taken.
    """
    step = Fraction(stride)
    if rate is not None and length.rate is not None and not 1 / SAME_RATE < length.rate / rate < SAME_RATE:
        step *= length.rate / rate
    return [int(number * step) for number in range(ceil(length.frames / step))]


def frames_of(film: Film, numbers: Sequence[int]) -> Iterator[Image.Image]:
    """Some of a film's frames, as `reading.read` gives images.

    Args:
        film: Where it is.
        numbers: Which frames, rising, from 0.

    Raises:
        Unreadable: If it is damaged before the last of them.
    """
    match film.kind:
        case "video":
            yield from _of_video(film.path, numbers)
        case "animation":
            yield from _of_animation(film.path, numbers)
        case "frames":
            files = frame_files(film.path)
            yield from (reading.read(files[number]) for number in numbers)
        case "strip":
            yield from _of_strip(film.path, numbers)


def _of_strip(path: Path, numbers: Sequence[int]) -> Iterator[Image.Image]:
    whole = reading.read(path)
    side, along = min(whole.size), int(whole.height > whole.width)
    for number in numbers:
        left, top = (0, number * side) if along else (number * side, 0)
        yield whole.crop((left, top, left + side, top + side))


def _of_animation(path: Path, numbers: Sequence[int]) -> Iterator[Image.Image]:
    repeats, _ = _evenly(_durations(path)[0])
    wanted = [repeats[number] for number in numbers]
    with _whole(path), Image.open(path) as image:
        for number, frame in enumerate(ImageSequence.Iterator(image)):
            if count := wanted.count(number):
                shown = frame.convert("RGBA" if frame.has_transparency_data else "RGB")
                yield from [shown] * count
            if number >= wanted[-1]:
                return
    raise Unreadable(path, "it ends early")


def _durations(path: Path) -> tuple[list[int], tuple[int, int]]:
    """Milliseconds of each frame, and the width and height."""
    with _whole(path), Image.open(path) as image:
        if image.format not in ANIMATED:
            raise Unreadable(path, "it holds one picture")
        return [round(frame.info.get("duration", 0)) for frame in ImageSequence.Iterator(image)], image.size


def _evenly(durations: Sequence[int]) -> tuple[list[int], Fraction]:
    """Which frame is seen at each of even times, and how many of these there are a second.

    Frames that are alike are written as one that lasts longer, so the shortest tells how far the times are apart.
    """
    lasting = [duration or UNTIMED for duration in durations]
    each = min(lasting)
    shown = [number for number, one in enumerate(lasting) for _ in range(min(LONGEST, round(one / each)))]
    return shown, Fraction(1000, each)


class _Times(NamedTuple):
    """The times of a video's frames.

    Attributes:
        shown: The time of the frame that is seen at each of even times, in the file's own unit.
        unit: Seconds.
        rate: Even times a second.
        size: Width and height.
        varies: Whether the file's frames are not evenly apart.
        said: Whether the file says the times; otherwise frames are counted.
    """

    shown: list[int]
    unit: Fraction
    rate: Fraction
    size: tuple[int, int]
    varies: bool
    said: bool


@lru_cache(maxsize=512)
def _times(path: Path, state: tuple[int, int]) -> _Times:
    """The times of a video's frames, from its packets; nothing is decoded.

    Args:
        path: The file.
        state: Its size and time of change.

    Raises:
        Unreadable: If it is no video, or holds no frame.
    """
    with _whole(path), av.open(address(path)) as container:
        if not container.streams.video:
            raise Unreadable(path, "it holds no video")
        stream: Any = container.streams.video[0]
        if stream.codec_context is None:
            raise Unreadable(path, "nothing here decodes its kind of video")
        found: list[Any] = [packet.pts for packet in container.demux(stream) if packet.size]
        rate = Fraction(stream.average_rate or stream.guessed_rate or 25)
        size, unit = (stream.codec_context.width, stream.codec_context.height), Fraction(stream.time_base or 1 / rate)
    if not found:
        raise Unreadable(path, "it holds no frame")
    if None in found or len(set(found)) < len(found):
        return _Times(list(range(len(found))), 1 / rate, rate, size, varies=False, said=False)
    times = sorted(found)
    apart = [after - before for before, after in pairwise(times)]
    if not apart or max(apart) <= UNEVEN * median(apart):
        return _Times(times, unit, rate, size, varies=False, said=True)
    each = Fraction(median(apart))
    begins = list(accumulate((min(gap, LONGEST * each) for gap in apart), initial=Fraction(0)))
    shown = [
        times[bisect_right(begins, (number + Fraction(1, 4)) * each) - 1]
        for number in range(round(begins[-1] / each) + 1)
    ]
    return _Times(shown, unit, 1 / (each * unit), size, varies=True, said=True)


def _of_video(path: Path, numbers: Sequence[int]) -> Iterator[Image.Image]:
    times = _times(path, _state(path))
    wanted = [times.shown[number] for number in numbers]
    start = wanted[0] if times.said and numbers[0] >= AHEAD else None
    seen, last, reached = 0, None, 0
    with _whole(path), av.open(address(path)) as container:
        for time, frame in _decoded(container, times.said, start):
            while seen < len(wanted) and last is not None and time > wanted[seen]:
                yield _image(last)
                seen += 1
            if seen == len(wanted):
                return
            last, reached = frame, time
    if last is None or sum(time > reached for time in wanted[seen:]) > SPARED:
        raise Unreadable(path, "it ends early")
    yield from [_image(last)] * (len(wanted) - seen)


def _decoded(container: Any, said: bool, start: int | None) -> Iterator[tuple[int, Any]]:
    """The frames of an open video with their times, or their numbers.

    Args:
        container: The video.
        said: Whether frames have times.
        start: Those from the key frame before this time on are enough; None gives all.
    """
    stream = container.streams.video[0]
    stream.thread_type = "AUTO"
    if start is not None:
        container.seek(start, stream=stream)
        frames = container.decode(stream)
        first = next(frames, None)
        if first is not None and first.pts is not None and first.pts <= start:
            yield first.pts, first
            yield from ((frame.pts, frame) for frame in frames if frame.pts is not None)
            return
        container.seek(0)
    for number, frame in enumerate(container.decode(stream)):
        if not said or frame.pts is not None:
            yield (frame.pts if said else number), frame


def _image(frame: Any) -> Image.Image:
    return Image.fromarray(upright(frame).colours)


@contextmanager
def _whole(path: Path) -> Iterator[None]:
    """Within the block, whatever the decoders raise becomes `Unreadable`."""
    try:
        with reasons(path):
            yield
    except (Unreadable, MemoryError):
        raise
    except Exception as error:  # on broken files they raise whatever they stumble upon
        raise Unreadable(path, f"damaged ({error})") from error


def _state(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError as error:
        raise Unreadable(path, error.strerror or str(error)) from error
    return status.st_size, status.st_mtime_ns
