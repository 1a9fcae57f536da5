"""A picture that moves as a film does, frame by frame, by a model that animates."""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Literal, NamedTuple

import torch
from PIL import Image
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.inference.driving import LEAST_MOTION, motion, nearest, relative, together
from gan_cli.media import reading
from gan_cli.media.film_reading import Film, film_at, frames_of, length_of
from gan_cli.media.frames import squared
from gan_cli.media.pictures import to_float, to_pil, to_uint8
from gan_cli.media.reading import Unreadable
from gan_cli.networks.key_points import KeyPoints
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.living_portraits import LivingPortraits

AT_ONCE = 16
"""So many frames are in memory at a time."""
LOOKED_AT = 8
"""So many frames of a film are made of its own start frame, to see whether its points tell what moves."""
Start = int | Literal["best"]
"""The frame of a film whose pose is said to be the picture's, or the one that fits it best."""
Crop = tuple[int, int, int, int]
"""Left, top, width and height of the part that is taken, in pixels."""


class Asked(NamedTuple):
    """How pictures are to move.

    Attributes:
        absolute: Whether points go where the film's are, or move from where they are in the picture.
        start: See `Start`; of no meaning where motion is absolute, but for which of several pictures is taken.
        scaled: Whether ways are scaled to the size of the face in the picture.
        crop: The part of the film that is taken, of which the largest square in the middle counts; None for all.
        source_crop: The same of pictures.
    """

    absolute: bool = False
    start: Start = 0
    scaled: bool = True
    crop: Crop | None = None
    source_crop: Crop | None = None


class Drive(NamedTuple):
    """What is known of a driving film.

    Attributes:
        points: The key points of all its frames.
        rate: Frames a second; None where nothing says it.
        explained: How much nearer some of its frames are to what is made of its first one than to that itself, as a
            share of that distance: 1 is perfect, 0 or less says that its points do not tell what moves.
        side: The side in pixels of the square that is taken of it.
    """

    points: KeyPoints
    rate: Fraction | None
    explained: float
    side: int

    def __len__(self) -> int:
        return len(self.points.places)


class Animator:
    """A model that moves pictures, which are kept as uint8 [C, S, S].

    Args:
        model: On the device that is to compute.
        ema: The averaged generator where there is one, or the one that is trained.
    """

    def __init__(self, model: LivingPortraits, ema: bool = True) -> None:
        self.model = model
        self.ema = ema

    # Reading

    def picture(self, path: Path, crop: Crop | None = None) -> Tensor:
        """A picture, or the first frame of a film, uint8 [C, S, S].

        Raises:
            Unreadable: If it is none, or smaller than what is to be taken of it.
        """
        film = film_at(path)
        image = next(frames_of(film, [0])) if film.kind != "strip" else reading.read(path)
        return self._brought(image, crop, path)

    def frames(self, driving: Path | Tensor, crop: Crop | None = None) -> Iterator[Tensor]:
        """The frames of a film as the model sees them, uint8 [C, S, S] each, one after the other.

        Args:
            driving: A film, or one as it is kept, uint8 [C, T, H, W].
            crop: The part that is taken.

        Raises:
            Unreadable: If it is none, damaged, or smaller than what is to be taken of it.
        """
        if isinstance(driving, Tensor):
            yield from (self._brought(to_pil(frame), crop, Path("driving")) for frame in driving.unbind(1))
            return
        film = film_at(driving)
        for image in frames_of(film, range(length_of(film).frames)):
            yield self._brought(image, crop, driving)

    def drive(self, driving: Path | Tensor, crop: Crop | None = None) -> Drive:
        """The key points of a film, and whether it can drive anything.

        Raises:
            UserError: If the part to be taken is not in it.
            Unreadable: If it is no film, or has one frame, or frames of less than half the model's size, or nothing
                moves in it.
        """
        place = Path("driving") if isinstance(driving, Tensor) else driving
        count, rate, size = _measures_of(driving)
        if count < 2:
            raise Unreadable(place, "it has one frame, and nothing moves in a picture; take a film")
        side = min(size if crop is None else crop[2:])
        if side < self.model.image_size / 2:
            wanted = self.model.image_size
            raise Unreadable(place, f"its square has {side} pixels, and the model's frames {wanted}; take a larger one")
        looked_at = set((torch.arange(1, LOOKED_AT + 1) * (count - 1) // LOOKED_AT).tolist()) - {0}
        found, kept, number = [], [], 0
        for batch in _batches(self.frames(driving, crop)):
            found.append(self.points(batch))
            kept += [(number + place, frame) for place, frame in enumerate(batch) if number + place in {0, *looked_at}]
            number += len(batch)
        points = together(found)
        if motion(points) < LEAST_MOTION:
            raise Unreadable(
                place,
                f"nothing moves in it: the model's key points stay within {50 * motion(points):.2f} % of the picture",
            )
        return Drive(points, rate, self._explained(points, kept), side)

    @torch.inference_mode()
    def points(self, images: Tensor) -> KeyPoints:
        """The key points of images uint8 [N, C, S, S], on the CPU."""
        found = self.model.points(to_float(images.to(self.model.device)), self.ema)
        return KeyPoints(*(part.float().cpu() for part in found))

    # Making

    def chosen(self, pictures: Sequence[Tensor], drive: Drive, asked: Asked) -> tuple[int, int]:
        """Which picture is moved, and the number of the frame whose pose is said to be its own."""
        own = self.points(torch.stack([*pictures]))
        if asked.start == "best":
            return nearest(own, drive.points)
        if asked.start >= len(drive):
            raise UserError(f"start: {asked.start} is not possible; the film's {len(drive)} frames begin with 0")
        return nearest(own, drive.points.at(slice(asked.start, asked.start + 1)))[0], asked.start

    def animated(self, picture: Tensor, drive: Drive, start: int, asked: Asked) -> Iterator[Tensor]:
        """The frames of a picture that moves, uint8 [C, S, S] each, made some at a time."""
        own = self.points(picture[None])
        wanted = drive.points if asked.absolute else relative(own, drive.points, start, asked.scaled)
        for first in range(0, len(drive), AT_ONCE):
            yield from self._made(picture, own, wanted.at(slice(first, first + AT_ONCE)))

    @torch.inference_mode()
    def _made(self, picture: Tensor, own: KeyPoints, wanted: KeyPoints) -> Tensor:
        device, count = self.model.device, len(wanted.places)
        shown = to_float(picture[None].to(device)).expand(count, -1, -1, -1)
        own, wanted = (KeyPoints(*(part.to(device) for part in points)) for points in (own, wanted))
        own = KeyPoints(own.places.expand(count, -1, -1), own.jacobians.expand(count, -1, -1, -1))
        return to_uint8(self.model.animated(shown, own, wanted, self.ema)).cpu()

    def _explained(self, points: KeyPoints, kept: Sequence[tuple[int, Tensor]]) -> float:
        (_, first), *others = kept
        numbers = torch.tensor([number for number, _ in others])
        truth = torch.stack([frame for _, frame in others]).float()
        own, wanted = points.at(slice(0, 1)), KeyPoints(*(part[numbers] for part in points))
        made = self._made(first, own, wanted).float()
        copied = (first.float() - truth).abs().mean()
        return float(1 - (made - truth).abs().mean() / copied) if copied else 0.0

    def _brought(self, image: Image.Image, crop: Crop | None, path: Path) -> Tensor:
        """An image as the model sees it."""
        if crop is not None:
            left, top, width, height = crop
            if left + width > image.width or top + height > image.height:
                part = ",".join(map(str, crop))
                raise Unreadable(path, f"{part} is not within its {image.width}x{image.height} pixels")
            image = image.crop((left, top, left + width, top + height))
        channels = self.model.image_channels
        return reading.to_tensor(squared(reading.to_mode(image, channels), self.model.image_size), channels)


def crop_of(argument: str, text: str | None) -> Crop | None:
    """The part of a picture that was typed, such as "10,20,300,300"; None where nothing was.

    Raises:
        UserError: If it is none.
    """
    if text is None:
        return None
    try:
        left, top, width, height = (int(word) for word in text.strip("[]() ").split(","))
    except ValueError as error:
        raise UserError(f"{argument}: {text!r} is no part of a picture; take x,y,w,h in pixels") from error
    if min(left, top) < 0 or min(width, height) < 1:
        raise UserError(f"{argument}: {text!r} is no part of a picture; x and y are 0 or more, w and h 1 or more")
    return left, top, width, height


def start_of(argument: str, text: str) -> Start:
    """The start frame that was typed: a number from 0, or "best".

    Raises:
        UserError: If it is neither.
    """
    if text == "best":
        return "best"
    if not text.isdecimal():
        raise UserError(f"{argument}: {text!r} is no frame; take its number, from 0, or best")
    return int(text)


def animating(model: AdversarialModule) -> LivingPortraits:
    """The model, if it animates pictures.

    Raises:
        UserError: If it does not.
    """
    if not isinstance(model, LivingPortraits):
        raise UserError(
            f"ckpt: {type(model).__name__} animates no pictures; type --ckpt with a checkpoint of LivingPortraits"
        )
    return model


def warnings_of(drive: Drive, image_size: int) -> list[str]:
    """What is to be said of a film that may drive badly, in lines."""
    found = []
    if drive.explained <= 0:
        found.append(
            "the model's key points do not tell what moves in it: its own frames are made no better of its first one "
            "than by leaving that as it is. Is there anything like what the model was trained on, and large? See --crop"
        )
    if drive.side < image_size:
        found.append(f"its square has {drive.side} pixels, fewer than the {image_size} of the model's frames")
    return found


def _measures_of(driving: Path | Tensor) -> tuple[int, Fraction | None, tuple[int, int]]:
    """How many frames a film has, how many a second, and its width and height."""
    if isinstance(driving, Tensor):
        return driving.shape[1], None, (driving.shape[3], driving.shape[2])
    film: Film = film_at(driving)
    length = length_of(film)
    return length.frames, length.rate, length.size


def _batches(frames: Iterable[Tensor]) -> Iterator[Tensor]:
    rest = iter(frames)
    while some := list(islice(rest, AT_ONCE)):
        yield torch.stack(some)
