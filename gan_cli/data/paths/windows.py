"""Scenes cut from recordings: stretches of time with the people who are there in all of it."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from gan_cli.media.path_files import Recording

Array = np.ndarray[Any, Any]


class Cut(NamedTuple):
    """The scenes of a recording.

    Attributes:
        scenes: The people of each, [P, steps, 2], in metres.
        gaps: How many stretches of enough frames are no scenes, because frames are missing in them.
        few: How many are none because too few people are there all the time.
    """

    scenes: list[Array]
    gaps: int
    few: int


def cut(recording: Recording, steps: int, min_people: int) -> Cut:
    """Every stretch of so many frames that follow each other, beginning at each frame.

    Across a gap in time people would leap, so no scene is taken there. Gupta et al. 2018's code does not look at the
    numbers of frames, but nobody of ETH and UCY is there before and after a gap: their scenes are these.

    Args:
        recording: Where people were.
        steps: Frames of a scene.
        min_people: The fewest people of a scene; of others nothing is taken.
    """
    gaps = few = 0
    scenes = []
    even = np.concatenate([[0], (~recording.even).cumsum()])
    for start in range(len(recording.frames) - steps + 1):
        if even[start + steps - 1] > even[start]:
            gaps += 1
            continue
        places = recording.places[start : start + steps]
        there = ~np.isnan(places).any((0, 2))
        if there.sum() < min_people:
            few += 1
        else:
            scenes.append(places[:, there].transpose(1, 0, 2))
    return Cut(scenes, gaps, few)


def missing(recording: Recording) -> Iterator[str]:
    """Where frames are missing, in words."""
    for place in np.flatnonzero(~recording.even):
        first, second = recording.frames[place : place + 2]
        yield f"{recording.path}: from frame {first:g} to {second:g}, usually {recording.every:g} apart"
