"""Made things as a browser shows them: pictures, frames that follow each other, notes, paths and lines."""

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from gan_cli.media.medium import Beside, Medium
from gan_cli.media.notes import notes_of
from gan_cli.media.paths import Paths
from gan_cli.media.piano_rolls import PianoRolls
from gan_cli.media.pictures import to_pil
from gan_cli.media.texts import Texts
from gan_cli.media.videos import Videos

LONGEST_SIDE = 30_000
"""No side of a picture that a browser decodes is longer."""


class Sheet(NamedTuple):
    """Pictures of one size in one file, as rows of a sheet.

    Attributes:
        src: The file as a data address.
        width: Of one picture, in pixels.
        height: Of one picture.
        columns: So many pictures lie beside each other.
        frames: How many there are.
        fps: How many are shown a second, where they are moments; 0 where there is only one.
    """

    src: str
    width: int
    height: int
    columns: int = 1
    frames: int = 1
    fps: float = 0

    @property
    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return self._asdict()


def player_of(medium: Medium) -> str:
    """How one thing of a medium is played: picture, film, solid, music, paths, text, or together."""
    if isinstance(medium, PianoRolls):
        return "music"
    if isinstance(medium, Paths):
        return "paths"
    if isinstance(medium, Texts):
        return "text"
    if medium.moves:
        return "film" if isinstance(medium, Videos) else "solid"
    return "picture" if medium.suffix else "together"


def png(picture: Tensor) -> bytes:
    """A picture, uint8 [C, H, W], as the content of a PNG that is made quickly."""
    content = io.BytesIO()
    to_pil(picture).save(content, "PNG", compress_level=1)
    return content.getvalue()


def address(picture: Tensor) -> str:
    """The same as a data address."""
    return f"data:image/png;base64,{base64.b64encode(png(picture)).decode()}"


def still(picture: Tensor) -> Sheet:
    """One picture, uint8 [C, H, W]."""
    return Sheet(address(picture), picture.shape[2], picture.shape[1])


def moving(frames: Sequence[Tensor], fps: float) -> Sheet:
    """Moments, each uint8 [C, H, W], on a sheet as square as browsers need it."""
    channels, height, width = frames[0].shape
    columns = max(1, min(len(frames), LONGEST_SIDE // width, max(1, round((len(frames) * height / width) ** 0.5))))
    rows = -(-len(frames) // columns)
    sheet = torch.zeros(channels, rows * height, columns * width, dtype=torch.uint8)
    for number, frame in enumerate(frames):
        top, left = number // columns * height, number % columns * width
        sheet[:, top : top + height, left : left + width] = frame
    return Sheet(address(sheet), width, height, columns, len(frames), fps)


def tiles(medium: Medium, kept: Tensor, beside: Beside) -> list[Sheet]:
    """A small picture of each thing; of a film all its frames."""
    if isinstance(medium, Videos):
        return [moving(one.unbind(1), medium.fps) for one in kept]
    if isinstance(medium, Paths):
        return [still(medium.page(kept[k : k + 1], beside.of(torch.tensor([k])))) for k in range(len(kept))]
    return [still(picture) for picture in medium.each_pictured(kept)]


def played(medium: Medium, one: Tensor, beside: Beside) -> dict[str, Any]:
    """One thing with all that its player needs.

    Args:
        medium: Its medium.
        one: As it is kept, without an axis of things.
        beside: What was given, one row each.
    """
    many = one[None]
    found: dict[str, Any] = {"player": player_of(medium), "lines": [*beside.lines]}
    if medium.moves:
        return {**found, "picture": moving(medium.film(many[None], beside), medium.fps).plain}
    found["picture"] = tiles(medium, many, beside)[0].plain
    if isinstance(medium, PianoRolls):
        found["music"] = _music(medium, one)
    if isinstance(medium, Paths):
        observed = beside.given.get("observed")
        found["paths"] = {"made": _numbers(one), "observed": None if observed is None else _numbers(observed[0])}
    if isinstance(medium, Texts):
        found["lines"] = medium.lines(many)
    return found


def shape_of(medium: Medium, facts: Mapping[str, Any]) -> list[int]:
    """Width and height of one thing in pixels, where its data has some; [0, 0] elsewhere."""
    side = int(facts.get("image_size") or 0)
    return [side, side]


def _music(medium: PianoRolls, one: Tensor) -> dict[str, Any]:
    """Notes with times in seconds, and how long all of it is."""
    bars = one if one.ndim == 4 else one[None]
    second = 60 / medium.bpm / medium.steps_per_quarter
    notes = [[note.start * second, note.length * second, note.pitch] for note in notes_of(bars, medium.first)]
    return {"notes": notes, "seconds": len(bars) * medium.num_steps * second}


def _numbers(scene: Tensor) -> list[list[list[float]]]:
    """The paths of those who are there, [P, T, 2], as lists."""
    there = ~scene.isnan().flatten(1).any(1)
    rows: list[list[list[float]]] = scene[there].double().round(decimals=3).tolist()
    return rows
