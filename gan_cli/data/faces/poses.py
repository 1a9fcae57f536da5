"""How faces are turned, as names tell it, and where eyes, nose and mouth are then."""

import re
from collections.abc import Mapping, Sequence
from math import cos, radians, sin
from typing import NamedTuple

import torch
from torch import Tensor

POINTS = 5
"""Eyes, tip of the nose, corners of the mouth; those on the left of a frontal picture first."""
FRONTAL = ((0.340, 0.320), (0.675, 0.320), (0.501, 0.506), (0.372, 0.694), (0.645, 0.696))
"""Where they are in a frontal picture, x and y in shares of its sides: the means of Multi-PIE in the authors' code."""
DEPTHS = (0.24, 0.24, 0.42, 0.30, 0.30)
"""How far they are before the axis that a head turns about, in shares of the picture's width."""
MIRRORED = [1, 0, 2, 4, 3]
"""The points of a mirrored picture, by their numbers before."""


class Pose(NamedTuple):
    """How a face is turned.

    Attributes:
        name: What tables call it; poses of one name are measured together.
        yaw: Degrees; the nose of a positive one points to the right of the picture.
        pitch: Degrees; a face with a positive one looks up.
    """

    name: str
    yaw: float
    pitch: float = 0.0

    @property
    def is_frontal(self) -> bool:
        """Whether it is the pose that all others are to be brought to."""
        return self.yaw == 0 and self.pitch == 0


WORDS = {
    **dict.fromkeys(("frontal", "front", "straight", "centre", "center"), Pose("frontal", 0.0)),
    "left": Pose("left", 45.0),
    "right": Pose("right", -45.0),
    "up": Pose("up", 0.0, 30.0),
    "down": Pose("down", 0.0, -30.0),
}
"""What words in names mean. Left is the person's own: the nose points to the right of the picture."""
ANGLE = re.compile(r"(?:yaw)?(?:(?P<sign>[+\-pm])(?P<signed>\d{1,2})|(?P<plain>\d{1,2}))(?P<unit>deg)?")


def of_angle(yaw: float) -> Pose:
    """The pose of a yaw, named after it; both ways have one name."""
    return Pose(f"{abs(yaw):g}" if yaw else "frontal", yaw)


def read_pose(words: Sequence[str], told: Mapping[str, float]) -> tuple[Pose, int] | None:
    """The pose that one of the words of a name tells, and which; None if none does.

    Args:
        words: Such as left, angry and open.
        told: What further words mean, in degrees of yaw; they count before all others.
    """
    for number, word in enumerate(words):
        if word in told:
            return of_angle(float(told[word])), number
    for number, word in enumerate(words):
        if (known := WORDS.get(word.lower())) is not None:
            return known, number
    for number, word in enumerate(words):
        found = ANGLE.fullmatch(word.lower())
        if found and (found["sign"] or found["unit"] or word.lower().startswith("yaw")):
            degrees = int(found["signed"] or found["plain"])
            return of_angle(-degrees if found["sign"] in ("-", "m") else degrees), number
    return None


def turned(frontal: Tensor, pose: Pose) -> Tensor:
    """Where the points of a frontal picture are in one that is turned, [5, 2] in shares of the sides.

    They turn with a head whose axis is in the middle of them.

    Args:
        frontal: [5, 2].
        pose: How the head is turned.
    """
    across, down = radians(pose.yaw), radians(pose.pitch)
    depth = torch.tensor(DEPTHS, dtype=frontal.dtype)
    middle = frontal.mean(0)
    x, y = (frontal - middle).unbind(1)
    ahead = depth * cos(across) - x * sin(across)
    seen_x = x * cos(across) + depth * sin(across)
    seen_y = y * cos(down) - ahead * sin(down)
    return torch.stack([seen_x, seen_y], dim=1) + middle


def mirrored_points(points: Tensor) -> Tensor:
    """Points [N, 5, 2] of the same pictures with left and right exchanged."""
    x, y = points[:, MIRRORED].unbind(2)
    return torch.stack([1 - x, y], dim=2)
