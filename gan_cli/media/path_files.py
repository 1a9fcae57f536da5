"""Recordings of people on the ground: texts with a frame, a person and a place in metres in each line."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]
LAYOUT = "each line takes four numbers, frame person x y, with tabs, spaces or commas between"


ENDINGS = (".txt", ".csv")
"""Endings of recordings in a folder."""


class BadRecording(ValueError):
    """A text that holds no recording, or not the steps wanted; says why, and what to do."""


class Recording(NamedTuple):
    """Where people were, frame by frame.

    Attributes:
        path: The file.
        frames: The numbers of the frames, rising, [F].
        people: The numbers of the people, rising, [M].
        places: Metres, [F, M, 2]; NaN where somebody is not there.
        every: How many frames lie from one to the next, most often.
    """

    path: Path
    frames: Array
    people: Array
    places: Array
    every: float

    @property
    def even(self) -> Any:
        """Whether each frame but the last is followed at the usual distance, bool [F - 1]."""
        return np.isclose(np.diff(self.frames), self.every)


def read_recording(path: Path) -> Recording:
    """A recording from a text; a first line that names the columns is passed over.

    Raises:
        BadRecording: If it cannot be read, a line is no such four numbers, or somebody is in two places at once.
    """
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise BadRecording(f"{path} cannot be read ({reason}); {LAYOUT}") from error
    table = np.array(list(_rows(path, lines)), np.float64).reshape(-1, 4)
    if not len(table):
        raise BadRecording(f"{path} is empty; {LAYOUT}")
    frames, at = np.unique(table[:, 0], return_inverse=True)
    people, who = np.unique(table[:, 1], return_inverse=True)
    counts = np.zeros((len(frames), len(people)), np.int64)
    np.add.at(counts, (at, who), 1)
    if (counts > 1).any():
        frame, person = np.argwhere(counts > 1)[0]
        raise BadRecording(
            f"{path} has person {people[person]:g} in frame {frames[frame]:g} twice; leave one of the lines out"
        )
    places = np.full((len(frames), len(people), 2), np.nan)
    places[at, who] = table[:, 2:]
    gaps, times = np.unique(np.diff(frames), return_counts=True)
    return Recording(path, frames, people, places, float(gaps[times.argmax()]) if len(gaps) else 1.0)


def is_recording(path: Path) -> bool:
    """Whether a text begins as recordings do; only its first two lines are looked at."""
    try:
        with path.open(encoding="utf-8-sig") as text:
            return bool(list(_rows(path, [line.rstrip("\n") for line in islice(text, 2)])))
    except (OSError, UnicodeDecodeError, BadRecording):
        return False


def latest(recording: Recording, steps: int) -> Array:
    """The last so many steps of those who are there in each of them, [P, steps, 2], by the numbers of the people.

    Raises:
        BadRecording: If there are fewer steps, a gap in time, or nobody who is there all the time.
    """
    path, frames = recording.path, recording.frames[-steps:]
    if len(frames) < steps:
        raise BadRecording(f"{path} has {len(frames)} steps, and {steps} are observed; take a longer recording")
    if not recording.even[len(recording.even) - steps + 1 :].all():
        uneven = np.flatnonzero(~np.isclose(np.diff(frames), recording.every))[0]
        raise BadRecording(
            f"{path} has a gap in time from frame {frames[uneven]:g} to {frames[uneven + 1]:g}, where frames are "
            f"{recording.every:g} apart\nIts last {steps} steps must follow each other"
        )
    places = recording.places[-steps:]
    there = ~np.isnan(places).any((0, 2))
    if not there.any():
        raise BadRecording(f"nobody in {path} is there in each of its last {steps} steps; end it at another frame")
    return np.ascontiguousarray(places[:, there].transpose(1, 0, 2))


def _rows(path: Path, lines: list[str]) -> Iterator[list[float]]:
    for number, line in enumerate(lines, 1):
        words = line.replace(",", " ").split()
        if not words:
            continue
        try:
            row = [float(word) for word in words]
        except ValueError:
            row = []
        if number == 1 and not row and [word.lower() for word in words[:1]] == ["frame"]:
            continue
        if len(row) != 4 or not np.isfinite(row).all():
            raise BadRecording(f"{path}, line {number} is {line[:60]!r}; {LAYOUT}")
        yield row
