"""People who must avoid each other, made by a rule from a seed."""

import math
from typing import Any

import numpy as np

from gan_cli.data.datamodules import Split
from gan_cli.data.paths.scenes import SceneDataModule, ScenePart
from gan_cli.ranges import Many
from gan_cli.seeding import mix

Array = np.ndarray[Any, np.dtype[np.float64]]
SECONDS = 0.4
"""From one step to the next, as in the recorded ones."""
WAIT = 2
"""Steps by which each gives way to the one before."""
NOISE = 0.005
"""Standard deviation of the recorded places, in metres."""
APART = (math.radians(45), math.radians(75))
"""The directions of those who meet differ by so much from one to the next."""
FAR = 11.0
"""Metres from the place of meeting to where others walk."""


class Crossings(SceneDataModule):
    """People who would meet at one place at one moment, if they walked on as they do while they are observed.

    Two or three in a scene would, between the third and the sixth step of the future. They give way: who is nearest to
    the place, when the observed steps end, walks on; the next slows down to be there two steps later, and so on. Up to
    three others walk by far away, and just go on. So a path depends on where the others are, and nobody's own steps
    tell whether they give way: who foresees each person alone lets people collide.

    Args:
        num_scenes: Scenes to train on; a fifth as many are held out.
        **steps: Further arguments of `SceneDataModule`.

    Raises:
        UserError: If a value is not possible.
    """

    home = "computed from a fixed seed"
    licence = "free"
    layout = "nothing"
    offline = True

    def __init__(self, num_scenes: Many = 4_000, **steps: Any) -> None:
        super().__init__(**steps)
        self.num_scenes = num_scenes

    def part(self, split: Split) -> ScenePart:
        count = self.num_scenes if split == "train" else max(1, self.num_scenes // 5)
        random = np.random.default_rng(mix("crossings", split) % 2**63)
        return self.scene_part([scene(random, self.observed_steps, self.steps) for _ in range(count)])


def scene(random: np.random.Generator, observed: int, steps: int) -> Array:
    """One scene, [P, steps, 2] in metres.

    Args:
        random: Numbers are drawn from it.
        observed: Steps until somebody gives way.
        steps: All steps.
    """
    meeting = observed - 1 + int(random.integers(3, 7))  # the step at which all would be at the origin
    crossing = int(random.integers(2, 4))
    pace = random.uniform(0.8, 1.5)
    speeds = SECONDS * pace * random.uniform(0.85, 1.15, crossing)
    turns = random.uniform(APART[0], APART[1], crossing).cumsum() * random.choice([-1, 1]) + random.uniform(
        0, 2 * np.pi
    )
    ahead = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    ranked = zip(speeds, speeds.argsort().argsort(), strict=True)  # the slower are nearer: all arrive at one moment
    along = np.stack([_given_way(speed, int(rank), meeting, observed, steps) for speed, rank in ranked])
    people = np.concatenate([along[:, :, None] * ahead[:, None], _others(random, pace, steps)])
    centre = random.normal(0, 3, 2)
    shuffled: Array = random.permutation(people) + centre + random.normal(0, NOISE, people.shape)
    return shuffled


def _given_way(speed: float, rank: int, meeting: int, observed: int, steps: int) -> Array:
    """How far past the place of meeting a person is at each step, in metres; negative before it."""
    last = observed - 1
    slower = speed * (meeting - last) / (meeting - last + WAIT * rank)
    time = np.arange(steps)
    arrived: Array = np.where(time <= last, speed * (time - meeting), speed * (last - meeting) + slower * (time - last))
    return arrived


def _others(random: np.random.Generator, pace: float, steps: int) -> Array:
    """Those who walk by far away, side by side, [P, steps, 2]."""
    count = int(random.integers(0, 4))
    angle = random.uniform(0, 2 * np.pi)
    ahead, aside = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    along = SECONDS * pace * random.uniform(0.85, 1.15, (count, 1)) * np.arange(steps) + random.uniform(
        -6, 0, (count, 1)
    )
    offset = FAR + np.arange(count) + random.uniform(0, 0.3, count)
    walked: Array = along[:, :, None] * ahead + offset[:, None, None] * aside
    return walked
