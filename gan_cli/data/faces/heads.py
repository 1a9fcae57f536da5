"""Heads that turn: ellipsoids in a fixed light, so that the frontal view of each is known exactly. No photograph."""

from typing import NamedTuple

import torch
from torch import Tensor

from gan_cli.seeding import stream

FINER = 2
"""Rays a pixel along each side; their mean is the pixel."""
AT_ONCE = 64
"""At most this many heads are drawn at once."""
LIGHT = (-0.45, -0.55, 0.7)
"""Where the light comes from, whatever the head does: left, above, in front."""
AMBIENT = 0.35
"""The share of light that has no direction."""
BACKGROUND = 0.12
"""The tone behind a head; 0 is black and 1 white."""
FAR = -1e3
"""The depth of what no ray meets."""

TRAITS: dict[str, tuple[float, float]] = {
    "width": (0.50, 0.66),
    "height": (0.72, 0.86),
    "depth": (0.62, 0.76),
    "jaw_width": (0.30, 0.48),
    "jaw_drop": (0.30, 0.46),
    "nose_width": (0.05, 0.11),
    "nose_length": (0.12, 0.24),
    "nose_depth": (0.08, 0.20),
    "nose_place": (0.06, 0.18),
    "eye_apart": (0.17, 0.28),
    "eye_height": (-0.20, -0.04),
    "eye_length": (0.07, 0.12),
    "eye_opening": (0.03, 0.07),
    "iris": (0.0, 0.5),
    "brow_distance": (0.09, 0.17),
    "brow_thickness": (0.012, 0.05),
    "mouth_place": (0.36, 0.48),
    "mouth_length": (0.12, 0.26),
    "mouth_height": (0.02, 0.07),
    "mouth_tone": (0.2, 0.6),
    "skin": (0.55, 1.0),
    "hair": (0.05, 0.75),
    "hair_line": (-0.62, -0.36),
    "hair_length": (0.0, 0.55),
    "ears": (0.07, 0.15),
    "glasses": (0.0, 1.0),
    "moustache": (0.0, 1.0),
    "mole": (-1.0, 1.0),
}
"""What a person is: the range of each trait, in halves of the picture's side, or of tones. Of the last three the first
two are there above a half, and a mole is on the cheek of its sign."""


class Heads(NamedTuple):
    """Pictures of heads with what is known of them.

    Attributes:
        images: uint8 [N, 1, S, S].
        points: Eyes, tip of the nose, corners of the mouth, x and y in shares of the side, float [N, 5, 2]; those of
            the left of a frontal picture first.
    """

    images: Tensor
    points: Tensor


def persons(count: int, seed: int) -> Tensor:
    """The traits of persons, float [N, T] in the order of `TRAITS`; person k is the same whatever the count."""
    shares = torch.stack([torch.rand(len(TRAITS), generator=stream("head", seed, number)) for number in range(count)])
    low, high = torch.tensor(list(TRAITS.values())).unbind(1)
    return low + (high - low) * shares


def frontal_points(traits: Tensor) -> Tensor:
    """Where eyes, nose and mouth of persons are from the front, float [N, 5, 2]; see `Heads`."""
    turn = torch.tensor([[1.0, 0.0]]).expand(len(traits), -1)
    return _points(dict(zip(TRAITS, traits.unbind(1), strict=True)), turn)


def drawn(traits: Tensor, yaw: Tensor, side: int) -> Heads:
    """Pictures of heads.

    Args:
        traits: float [N, T].
        yaw: Degrees that each is turned, [N]; the nose of a positive one points to the right of the picture.
        side: S, in pixels.
    """
    batches = zip(traits.split(AT_ONCE), yaw.split(AT_ONCE), strict=True)
    parts = [_drawn(dict(zip(TRAITS, some.unbind(1), strict=True)), turned, side) for some, turned in batches]
    return Heads(torch.cat([part.images for part in parts]), torch.cat([part.points for part in parts]))


def _drawn(traits: dict[str, Tensor], yaw: Tensor, side: int) -> Heads:
    radians = torch.deg2rad(yaw)
    turn = torch.stack([radians.cos(), radians.sin()], dim=1)
    fine = side * FINER
    places = (torch.arange(fine) + 0.5) / fine * 2 - 1
    rows, columns = torch.meshgrid(places, places, indexing="ij")
    tones = _tones({name: value[:, None] for name, value in traits.items()}, turn, columns.flatten(), rows.flatten())
    levels = tones.unflatten(1, (side, FINER, side, FINER)).mean((2, 4))
    images = (255 * levels).round().clamp(0, 255).to(torch.uint8)[:, None]
    return Heads(images, _points(traits, turn))


class Rays(NamedTuple):
    """Rays through the pixels in the head's own axes: x to its left side of a frontal picture's right, y down, z ahead.

    Attributes:
        x, y, z: Where each passes at the camera's depth 0, [N, P].
        ahead_x, ahead_z: The direction towards the camera, [N, 1].
    """

    x: Tensor
    y: Tensor
    z: Tensor
    ahead_x: Tensor
    ahead_z: Tensor


class Surface(NamedTuple):
    """What rays meet.

    Attributes:
        depth: Towards the camera, [N, P]; `FAR` where nothing is.
        point: In the head's axes, three of [N, P].
        normal: Of length 1 in the head's axes, three of [N, P].
    """

    depth: Tensor
    point: tuple[Tensor, Tensor, Tensor]
    normal: tuple[Tensor, Tensor, Tensor]


def _ellipsoid(rays: Rays, centre: tuple[Tensor, Tensor, Tensor], radii: tuple[Tensor, Tensor, Tensor]) -> Surface:
    """Where rays first meet an ellipsoid whose axes are the head's; centre and radii are three of [N, 1]."""
    start = [(at - c) / r for at, c, r in zip((rays.x, rays.y, rays.z), centre, radii, strict=True)]
    along = [rays.ahead_x / radii[0], torch.zeros_like(rays.ahead_x), rays.ahead_z / radii[2]]
    a = along[0] ** 2 + along[2] ** 2
    b = start[0] * along[0] + start[2] * along[2]
    c = start[0] ** 2 + start[1] ** 2 + start[2] ** 2 - 1
    root = b * b - a * c
    depth = torch.where(root > 0, (-b + root.clamp(min=0).sqrt()) / a, FAR)
    unit = [s + depth * d for s, d in zip(start, along, strict=True)]
    point = tuple(c + r * u for c, r, u in zip(centre, radii, unit, strict=True))
    slope = [u / r for u, r in zip(unit, radii, strict=True)]
    length = (slope[0] ** 2 + slope[1] ** 2 + slope[2] ** 2).sqrt()
    return Surface(depth, (point[0], point[1], point[2]), (slope[0] / length, slope[1] / length, slope[2] / length))


def _tones(traits: dict[str, Tensor], turn: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """The tone that each ray sees, [N, P], 0 black and 1 white."""
    cosine, sine = turn[:, :1], turn[:, 1:]
    rays = Rays(x * cosine, y.expand(len(turn), -1), x * sine, -sine, cosine)
    zero = torch.zeros_like(cosine)
    light = torch.tensor(LIGHT)
    light = light / light.norm()
    towards = (light[0] * cosine - light[2] * sine, light[1], light[0] * sine + light[2] * cosine)
    nearest, tones = torch.full_like(rays.x, FAR), torch.full_like(rays.x, BACKGROUND)
    for surface, albedo in _surfaces(traits, rays, zero):
        brightness = sum((n * t for n, t in zip(surface.normal, towards, strict=True)), start=zero).clamp(min=0)
        seen = surface.depth > nearest
        tones = torch.where(seen, albedo * (AMBIENT + (1 - AMBIENT) * brightness), tones)
        nearest = torch.where(seen, surface.depth, nearest)
    return tones


def _surfaces(t: dict[str, Tensor], rays: Rays, zero: Tensor) -> list[tuple[Surface, Tensor]]:
    """The parts of heads with the tones of their surfaces."""
    skull = _ellipsoid(rays, (zero, zero - 0.08, zero), (t["width"], t["height"] - 0.05, t["depth"]))
    jaw = _ellipsoid(
        rays,
        (zero, t["jaw_drop"], zero + 0.12),
        (t["jaw_width"], t["height"] - t["jaw_drop"], t["depth"] - 0.16),
    )
    nose = _ellipsoid(
        rays,
        (zero, t["nose_place"], t["depth"] - 0.06),
        (t["nose_width"], t["nose_length"], t["nose_depth"] + 0.06),
    )
    neck = _ellipsoid(rays, (zero, zero + 0.95, zero - 0.12), (zero + 0.26, zero + 0.75, zero + 0.26))
    found = [(part, _painted(part, t)) for part in (skull, jaw)]
    found += [(nose, t["skin"]), (neck, 0.9 * t["skin"])]
    for way in (-1, 1):
        place = (way * t["width"] * 0.98, zero + 0.02, zero - 0.05)
        found.append((_ellipsoid(rays, place, (zero + 0.05, t["ears"], t["ears"] * 0.6)), 0.85 * t["skin"]))
    found.append((_hair(t, rays, zero), t["hair"]))
    return found


def _hair(t: dict[str, Tensor], rays: Rays, zero: Tensor) -> Surface:
    """A cap over the skull, which ends at the hair line in front and lower behind."""
    cap = _ellipsoid(
        rays, (zero, zero - 0.10, zero - 0.05), (t["width"] * 1.09, t["height"] + 0.03, t["depth"] * 1.05 + 0.02)
    )
    _, y, z = cap.point
    behind = (0.35 - z / t["depth"]).clamp(0, 1)
    there = y < t["hair_line"] + (t["hair_length"] - t["hair_line"]) * behind
    return cap._replace(depth=torch.where(there, cap.depth, FAR))


def _painted(surface: Surface, t: dict[str, Tensor]) -> Tensor:
    """The tone of the skin with eyes, brows, mouth and what else is on it, [N, P]."""
    x, y, z = surface.point
    in_front = z > 0
    tone = t["skin"].expand_as(x)
    aside = x.abs() - t["eye_apart"]  # from the middle of the nearer eye, outwards

    def paint(where: Tensor, with_tone: Tensor, over: Tensor) -> Tensor:
        return torch.where(where & in_front, with_tone, over)

    def ellipse(across: Tensor, down: Tensor, wide: Tensor, high: Tensor) -> Tensor:
        return (across / wide) ** 2 + (down / high) ** 2 < 1

    down = y - t["eye_height"]
    eye = ellipse(aside, down, t["eye_length"], t["eye_opening"])
    tone = paint(eye, torch.ones_like(tone), tone)
    tone = paint(eye & ellipse(aside, down, t["eye_opening"], t["eye_opening"]), t["iris"], tone)
    brow = (aside.abs() < t["eye_length"] * 1.3) & ((down + t["brow_distance"]).abs() < t["brow_thickness"])
    tone = paint(brow, 0.8 * t["hair"], tone)
    mouth = ellipse(x, y - t["mouth_place"], t["mouth_length"], t["mouth_height"])
    tone = paint(mouth, t["mouth_tone"] * t["skin"], tone)
    lip = (x.abs() < t["mouth_length"] * 0.9) & ((y - t["mouth_place"] + t["mouth_height"] + 0.05).abs() < 0.035)
    tone = paint(lip & (t["moustache"] > 0.5), 0.8 * t["hair"], tone)
    rim = ellipse(aside, down, _number(aside, 0.15), _number(aside, 0.13))
    rim = rim & ~ellipse(aside, down, _number(aside, 0.12), _number(aside, 0.10))
    bridge = (x.abs() < t["eye_apart"] - 0.13) & ((down + 0.02).abs() < 0.02)
    tone = paint((rim | bridge) & (t["glasses"] > 0.5), _number(aside, 0.1), tone)
    mole = ellipse(x - 0.3 * t["mole"].sign(), y - 0.2, _number(aside, 0.04), _number(aside, 0.04))
    return paint(mole, 0.3 * t["skin"], tone)


def _number(like: Tensor, value: float) -> Tensor:
    """A number as a tensor that lies where another one does."""
    return like.new_tensor(value)


def _points(t: dict[str, Tensor], turn: Tensor) -> Tensor:
    """Eyes, tip of the nose and corners of the mouth in shares of the side, [N, 5, 2]."""
    zero = torch.zeros_like(t["width"])

    def front(x: Tensor, y: Tensor) -> Tensor:
        inside = 1 - (x / t["width"]) ** 2 - (y / t["height"]) ** 2
        return t["depth"] * inside.clamp(min=0).sqrt()

    eye, mouth = t["eye_apart"], t["mouth_length"]
    nose = t["depth"] + t["nose_depth"]
    x = torch.stack([-eye, eye, zero, -mouth, mouth], dim=1)
    y = torch.stack(
        [t["eye_height"], t["eye_height"], t["nose_place"] + 0.1, t["mouth_place"], t["mouth_place"]], dim=1
    )
    z = torch.stack([front(eye, t["eye_height"])] * 2 + [nose] + [front(mouth, t["mouth_place"])] * 2, dim=1)
    seen = x * turn[:, :1] + z * turn[:, 1:]
    return torch.stack([seen, y], dim=2) / 2 + 0.5
