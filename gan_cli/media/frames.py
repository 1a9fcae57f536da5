"""Single frames of videos: pictures that are brought to the size and the colours of a set's frames."""

from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.media import reading
from gan_cli.media.film_reading import film_at, frames_of
from gan_cli.media.images import Images


@dataclass(frozen=True)
class Frames(Images):
    """Images as `Images` has them; a file of another size is cut to a square, its middle, and made smaller or larger.

    Attributes:
        image_size: Side of the frames in pixels.
        image_channels: C.
    """

    image_size: int = 64
    image_channels: int = 3

    def read(self, path: Path) -> Tensor:
        """A picture from a file, or the first one of a film, uint8 [C, H, W]."""
        try:
            return self.picture(path)
        except reading.Unreadable as error:
            raise UserError(f"given: {path} cannot be read ({error.reason})") from error

    def picture(self, path: Path) -> Tensor:
        """The same.

        Raises:
            Unreadable: If there is none, or it is damaged.
        """
        film = film_at(path)
        first = next(frames_of(film, [0])) if film.kind in ("video", "frames") else reading.read(path)
        image = reading.to_mode(first, self.image_channels)
        return reading.to_tensor(squared(image, self.image_size), self.image_channels)


def squared(image: Image.Image, size: int) -> Image.Image:
    """The largest square in the middle of a picture, in a size."""
    side = min(image.size)
    left, top = ((length - side) // 2 for length in image.size)
    square = image.crop((left, top, left + side, top + side))
    return square if side == size else square.resize((size, size))
