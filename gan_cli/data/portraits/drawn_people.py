"""Faces that are drawn by rules: who somebody is and how a head is held are numbers, so every answer is known.

Lengths are in half sides of the picture, x to the right and y down, from -1 to 1.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

PARTS = ("left eye", "right eye", "nose", "left of the mouth", "right of the mouth", "chin", "crown", "shoulders")
"""What `parts_of` gives the places of."""
MOVES = 10
"""How many numbers say how a head is held."""
TURN, NOD = 0.14, 0.09
"""How far the middle of a face goes to the side, or up and down, as a head turns or nods."""
EYES, NOSE, MOUTH = -0.08, 0.1, 0.28
"""How far below the middle of the head they are."""


class People(NamedTuple):
    """What N people look like; colours are [N, 3] in [0, 1], lengths [N].

    Attributes:
        colours: Of skin, hair, eyes, lips, shirt, and the background above and below, [N, 7, 3].
        width: Half the head's.
        height: Half the head's.
        eyes: Half their distance.
        eye: Half an eye's width.
        mouth: Half its width.
        hair: How far it comes down the sides, 0 to 1.
        fringe: How far it comes down the forehead.
    """

    colours: Tensor
    width: Tensor
    height: Tensor
    eyes: Tensor
    eye: Tensor
    mouth: Tensor
    hair: Tensor
    fringe: Tensor

    def at(self, numbers: Tensor) -> "People":
        """Some of them, by number."""
        return People(*(each[numbers] for each in self))


class Poses(NamedTuple):
    """How N heads are held, [N] each.

    Attributes:
        x: The middle of the head.
        y: The middle of the head.
        roll: How far it is tilted, in radians.
        size: Times the usual.
        turn: To the side, -1 to 1.
        nod: Up and down, -1 to 1.
        look: Where the eyes look, -1 to 1.
        lids: How far the eyes are open, 0 to 1.
        jaw: How far the mouth is open, 0 to 1.
        smile: -1 to 1.
    """

    x: Tensor
    y: Tensor
    roll: Tensor
    size: Tensor
    turn: Tensor
    nod: Tensor
    look: Tensor
    lids: Tensor
    jaw: Tensor
    smile: Tensor


def people(count: int, random: torch.Generator) -> People:
    """People who look different."""
    colours = torch.rand(count, 7, 3, generator=random)
    skins = torch.tensor([[0.98, 0.85, 0.74], [0.85, 0.64, 0.48], [0.52, 0.34, 0.24]])
    mixed = torch.rand(count, 3, generator=random).pow(3)
    colours[:, 0] = (mixed / mixed.sum(1, keepdim=True)) @ skins
    colours[:, 1] = colours[:, 1] * 0.7
    colours[:, 2] = colours[:, 2] * 0.6
    colours[:, 3] = torch.tensor([0.75, 0.2, 0.25]) + 0.2 * colours[:, 3]
    drawn = torch.rand(7, count, generator=random)
    low = torch.tensor([0.30, 0.40, 0.12, 0.075, 0.10, 0.0, 0.10])
    high = torch.tensor([0.42, 0.52, 0.17, 0.11, 0.18, 1.0, 0.26])
    return People(colours, *(low[:, None] + drawn * (high - low)[:, None]))


def poses(count: int, frames: int, random: torch.Generator) -> Poses:
    """How heads move in films, [N, T] each: sums of slow waves, with blinks and a mouth that speaks."""
    times = torch.arange(frames) / 24
    speed, phase = torch.rand(2, count, MOVES, 2, 1, generator=random)
    waves = ((0.3 + 1.2 * speed) * math.tau * times + phase * math.tau).sin()
    x, y, roll, size, turn, nod, look, lids, jaw, smile = waves.mean(2).unbind(1)
    return Poses(
        0.22 * x,
        0.12 * y,
        0.35 * roll,
        1 + 0.12 * size,
        turn,
        nod,
        look,
        (2.5 * (lids + 0.8)).clamp(0.05, 1),
        (1.3 * jaw + 0.3).clamp(0, 1),
        smile,
    )


def pose_at(moves: Poses, films: Tensor, places: Tensor) -> Poses:
    """How heads are held in some frames, from how they move in films, [N, T] each."""
    return Poses(*(each[films, places] for each in moves))


def parts_of(who: People, pose: Poses) -> Tensor:
    """Where the parts of faces are, [N, P, 2] in half sides of the picture, in the order of `PARTS`."""
    mouth = MOUTH - 0.06 * pose.smile
    zero = torch.zeros_like(pose.x)
    places = [
        (-who.eyes, zero + EYES, True),
        (who.eyes, zero + EYES, True),
        (zero, zero + NOSE, True),
        (-who.mouth, mouth, True),
        (who.mouth, mouth, True),
        (zero, who.height, False),
        (zero, -who.height, False),
    ]
    found = [_placed(pose, x, y, in_face) for x, y, in_face in places]
    found.append(torch.stack([pose.x / 2, zero + 0.85], dim=-1))
    return torch.stack(found, dim=1)


def drawn(who: People, pose: Poses, side: int) -> Tensor:
    """Pictures of people, uint8 [N, 3, S, S].

    Args:
        who: N people.
        pose: How each holds the head.
        side: S.
    """
    canvas = _Canvas(who, pose, side)
    canvas.background()
    canvas.body()
    canvas.head()
    canvas.face()
    return (255 * canvas.picture).round().to(torch.uint8)


def _placed(pose: Poses, x: Tensor, y: Tensor, in_face: bool) -> Tensor:
    """Where a place of the head is in the picture, [N, 2]; what is in the face moves more as a head turns or nods."""
    if in_face:
        x, y = x + TURN * pose.turn, y + NOD * pose.nod
    cosine, sine = pose.roll.cos(), pose.roll.sin()
    return torch.stack(
        [pose.x + pose.size * (cosine * x - sine * y), pose.y + pose.size * (sine * x + cosine * y)], dim=-1
    )


class _Canvas:
    """Pictures on which one layer lies on the other."""

    def __init__(self, who: People, pose: Poses, side: int) -> None:
        self.who, self.pose, self.side = who, pose, side
        steps = (torch.arange(side) + 0.5) * 2 / side - 1
        self.x, self.y = steps.expand(side, -1), steps[:, None].expand(-1, side)
        self.picture = torch.zeros(len(pose.x), 3, side, side)
        away_x, away_y = self.x - _maps(pose.x), self.y - _maps(pose.y)
        cosine, sine, size = (_maps(each) for each in (pose.roll.cos(), pose.roll.sin(), pose.size))
        self.head_x, self.head_y = (cosine * away_x + sine * away_y) / size, (cosine * away_y - sine * away_x) / size
        self.face_x, self.face_y = self.head_x - TURN * _maps(pose.turn), self.head_y - NOD * _maps(pose.nod)

    def background(self) -> None:
        share = (self.y + 1) / 2
        above, below = self._colour(5), self._colour(6)
        self.picture = (above + (below - above) * share).clamp(0, 1)
        self._over(self._inside((self.x.abs() - 0.06) / 1.0), 0.8 * below.expand_as(self.picture))

    def body(self) -> None:
        middle = _maps(self.pose.x / 2)
        self._over(self._ellipse(self.x - middle, self.y - 1.05, 0.75, 0.45), self._colour(4))
        neck_x = self.x - _maps(self.pose.x * 0.75)
        neck = torch.maximum(neck_x.abs() - 0.16, (self.y - 0.55).abs() - 0.25)
        self._over(self._inside(neck), 0.85 * self._colour(0))

    def head(self) -> None:
        width, height = _maps(self.who.width), _maps(self.who.height)
        behind = torch.maximum(
            _of_ellipse(self.head_x, self.head_y + 0.04, width * 1.18, height * 1.18),
            self.head_y - height * (0.1 + 0.9 * _maps(self.who.hair)),
        )
        self._over(self._inside(behind), 0.8 * self._colour(1))
        self._over(self._ellipse(self.head_x, self.head_y, width, height), self._colour(0))
        hairline = self.face_y + height - _maps(self.who.fringe) - 0.35 * self.head_x.square()
        above = torch.maximum(_of_ellipse(self.head_x, self.head_y, width * 1.06, height * 1.06), hairline)
        self._over(self._inside(above), self._colour(1))

    def face(self) -> None:
        lids, eye = _maps(self.pose.lids), _maps(self.who.eye)
        for sign in (-1, 1):
            x, y = self.face_x - sign * _maps(self.who.eyes), self.face_y - EYES
            white = _of_ellipse(x, y, eye, 0.7 * eye * lids + 0.01)
            self._over(self._inside(white), torch.ones(1, 3, 1, 1))
            ball = _of_ellipse(x - 0.45 * eye * _maps(self.pose.look), y, 0.5 * eye, 0.5 * eye)
            self._over(self._inside(torch.maximum(ball, white)), self._colour(2))
            self._over(self._ellipse(x, y + eye + 0.04, 1.1 * eye, 0.025), 0.6 * self._colour(1))
        self._over(self._ellipse(self.face_x, self.face_y - NOSE, 0.035, 0.06), 0.75 * self._colour(0))
        wide, jaw = _maps(self.who.mouth), _maps(self.pose.jaw)
        bend = 0.06 * _maps(self.pose.smile) * (1 - 2 * (self.face_x / wide).square())
        y = self.face_y - MOUTH - bend
        self._over(self._ellipse(self.face_x, y, wide, 0.035 + 0.1 * jaw), self._colour(3))
        hole = self._ellipse(self.face_x, y, 0.75 * wide, 0.085 * jaw + 0.01) * (10 * jaw).clamp(max=1)
        self._over(hole, torch.full((1, 3, 1, 1), 0.1))

    def _colour(self, number: int) -> Tensor:
        return self.who.colours[:, number, :, None, None]

    def _ellipse(self, x: Tensor, y: Tensor, width: Tensor | float, height: Tensor | float) -> Tensor:
        return self._inside(_of_ellipse(x, y, width, height))

    def _inside(self, distance: Tensor) -> Tensor:
        """How much of each pixel lies within an outline, [N, 1, S, S], by its distance to it."""
        return (0.5 - distance * self.side / 2).clamp(0, 1).expand(len(self.picture), 1, -1, -1)

    def _over(self, share: Tensor, colour: Tensor) -> None:
        self.picture = self.picture + share * (colour - self.picture)


def _of_ellipse(x: Tensor, y: Tensor, width: Tensor | float, height: Tensor | float) -> Tensor:
    """About how far outside an ellipse pixels are, below 0 within it: its equation over the length of the slope."""
    across, down = x / width, y / height
    radius = (across.square() + down.square()).sqrt()
    slope = ((across / width).square() + (down / height).square()).sqrt().clamp(min=1e-6)
    return radius * (radius - 1) / slope


def _maps(numbers: Tensor) -> Tensor:
    return numbers[:, None, None, None]
