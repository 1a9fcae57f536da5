"""What `gan sample` and `gan interpolate` write of videos, by their endings and formats."""

from pathlib import Path
from typing import Any

import pytest

from gan_cli.inference.sample import _format
from gan_cli.media.medium import Medium
from gan_cli.media.piano_rolls import PianoRolls
from gan_cli.media.videos import Videos


@pytest.mark.parametrize(
    ("medium", "typed", "output", "expected"),
    [
        (Videos(), None, "clips.gif", "grid"),
        (Videos(), None, "clips.mp4", "grid"),
        (Videos(), None, "clips", "both"),
        (Videos(), "mp4", "clips", "mp4"),
        (Videos(), "frames", "clips", "frames"),
        (Videos(), None, "one.frames", "frames"),
        (PianoRolls(), None, "tune.wav", "wav"),
    ],
)
def test_an_ending_says_what_is_written(medium: Medium, typed: Any, output: str, expected: str) -> None:
    assert _format(medium, typed, Path(output)) == expected
