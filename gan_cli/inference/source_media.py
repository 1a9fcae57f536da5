"""What is translated, as its medium has it: from files and frames to pixels, and from pixels to the model.

Photographs have 16 bits, opacity and profiles, which pictures know; of label maps every pixel is the number of a class.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from gan_cli.errors import UserError
from gan_cli.media import pictures
from gan_cli.media.images import Images
from gan_cli.media.label_maps import LabelMaps
from gan_cli.media.medium import Medium
from gan_cli.media.picture_files import Picture, Pixels, for_network, picture_of_tensor, read_picture
from gan_cli.media.reading import Unreadable
from gan_cli.variants.translation import TranslationModule

SOURCE = "source"
"""The name of what is translated among the layers of pixels."""


def read_source(medium: Medium, path: Path) -> Picture:
    """A file's content, as it is translated.

    Raises:
        Unreadable: If it is no image, or has a value that the medium does not know.
    """
    return read_picture(path) if isinstance(medium, Images) else picture_of_tensor(read_thing(medium, path))


def read_thing(medium: Medium, path: Path, beside: Picture | None = None) -> Tensor:
    """One thing from a file, as it is kept.

    Args:
        medium: What it is.
        path: The file.
        beside: The picture that it is told of, if it is told of one.

    Raises:
        Unreadable: If it is none.
    """
    try:
        return medium.read(path) if beside is None else medium.read_for(path, *beside.colours.shape[:2])
    except UserError as error:
        cause = error.__cause__
        reason = cause.reason if isinstance(cause, Unreadable) else str(error).removeprefix("given: ")
        raise Unreadable(path, reason) from error


def pixels_of(medium: Medium, picture: Picture, channels: int) -> Pixels:
    """The pixels of a picture as the medium keeps them, [H, W, C].

    Args:
        medium: What is translated.
        picture: A file's content, a frame of a film, or a thing of a data set.
        channels: C of images.

    Raises:
        Unreadable: If a value or a colour is none of the medium's.
    """
    if isinstance(medium, LabelMaps):
        return medium.numbers_of(picture.colours, Path("the picture"))[:, :, None]
    return for_network(picture, channels)


def floats_of(pixels: Pixels) -> Tensor:
    """Pixels [H, W, C] of an image as a model sees them: float32 [C, H, W] in [-1, 1]."""
    if pixels.dtype == np.uint8:
        return pictures.to_float(torch.from_numpy(np.ascontiguousarray(pixels)).permute(2, 0, 1)).contiguous()
    return torch.from_numpy(pixels.astype(np.float32)).div_(32767.5).sub_(1).permute(2, 0, 1).contiguous()


class Layers(NamedTuple):
    """What lies in the channels of pixels: the source, and behind it what is told of each pixel.

    Attributes:
        media: The medium of each, by name, in order.
        channels: How many channels each has.
    """

    media: dict[str, Medium]
    channels: dict[str, int]

    @staticmethod
    def of(model: TranslationModule, channels: int, places: Mapping[str, Tensor]) -> "Layers":
        """The layers of a model's source of so many channels, and of what is told, [C, H, W] each."""
        media = {SOURCE: model.source, **{name: model.media[name] for name in places}}
        return Layers(media, {SOURCE: channels, **{name: len(place) for name, place in places.items()}})

    def stacked(self, pixels: Pixels, places: Mapping[str, Tensor]) -> Pixels:
        """Pixels [H, W, C] with what is told of them behind, [H, W, C + ...].

        Raises:
            Unreadable: If something is of another size.
        """
        check_sizes(pixels, places)
        layers = [place.permute(1, 2, 0).numpy().astype(pixels.dtype) for place in places.values()]
        return np.concatenate([pixels, *layers], axis=2) if layers else pixels

    def shown(self, pixels: Pixels) -> dict[str, Tensor]:
        """Each layer of pixels as the model sees it, [C, H, W]."""
        found, start = {}, 0
        for name, medium in self.media.items():
            layer = pixels[:, :, start : start + self.channels[name]]
            start += self.channels[name]
            found[name] = floats_of(layer) if isinstance(medium, Images) else _shown(medium, layer)
        return found


def check_sizes(pixels: Pixels, places: Mapping[str, Tensor]) -> None:
    """Refuses what is told of each pixel of another image.

    Raises:
        Unreadable: If something is of another size.
    """
    height, width = pixels.shape[:2]
    for name, place in places.items():
        if [*place.shape[1:]] != [height, width]:
            other = f"{place.shape[2]}x{place.shape[1]}"
            raise Unreadable(
                Path(name), f"its {name} has {other} pixels and not {width}x{height}; save it in that size"
            )


def with_drawn(
    model: TranslationModule, picture: Picture, places: Mapping[str, Tensor]
) -> tuple[Picture, dict[str, Tensor]]:
    """A picture, and what is told of each pixel, with what is drawn in the picture itself by its opacity.

    A mask that is not told may be drawn so. What it says is opaque then, because it is no opacity any more.

    Args:
        model: What translates the picture.
        picture: With its opacity, if it has some.
        places: What is told by other means, uint8 [C, H, W] as it is kept.
    """
    found, media = dict(places), model.media
    missing = [name for name in model.takes if name in media and name not in found]
    if picture.alpha is None or not missing:
        return picture, found
    full = np.iinfo(picture.alpha.dtype).max
    opacity = torch.from_numpy((picture.alpha // (full // 255)).astype(np.uint8))[None]
    for name in missing:
        if (drawn := media[name].drawn(opacity)) is not None:
            found[name] = drawn
            alpha = np.where(drawn[0].numpy() > 0, full, picture.alpha).astype(picture.colours.dtype)
            picture = picture._replace(alpha=None if (alpha == full).all() else alpha)
    return picture, found


def _shown(medium: Medium, pixels: Pixels) -> Tensor:
    kept = torch.from_numpy(np.ascontiguousarray(pixels.astype(np.uint8))).permute(2, 0, 1)
    return medium.shown(kept[None].contiguous())[0]


def resized(medium: Medium, shown: Tensor, sides: list[int]) -> Tensor:
    """A thing [C, H, W] as a model sees it, at another size; what is no image takes the nearest pixel."""
    if isinstance(medium, Images):
        return interpolate(shown[None], sides, mode="bilinear", antialias=True)[0]
    return interpolate(shown[None].double(), sides, mode="nearest-exact")[0].to(shown.dtype)


def drawn(medium: Medium, content: Path | Callable[[], Tensor]) -> Picture:
    """An input as people look at it: of a label map its colours; of a file or what a data set gives.

    Raises:
        Unreadable: If it is no thing of this medium.
    """
    if isinstance(medium, Images):
        return read_picture(content) if isinstance(content, Path) else picture_of_tensor(content())
    thing = read_thing(medium, content) if isinstance(content, Path) else content()
    return picture_of_tensor(medium.each_pictured(thing[None])[0])
