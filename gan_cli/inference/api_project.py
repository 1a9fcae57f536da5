"""The Python side of `gan project`."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from PIL import Image
from torch import Tensor

from gan_cli import ranges
from gan_cli.devices.float32 import true_float32
from gan_cli.errors import UserError
from gan_cli.inference.latent_files import Latents
from gan_cli.inference.likeness import Likeness, likeness_of
from gan_cli.inference.project import asked_labels, pictured, scored, space_of
from gan_cli.inference.projection import Search, projected
from gan_cli.inference.targets import fitted, picture_shape
from gan_cli.media import pictures, reading
from gan_cli.media.picture_files import picture_of, to_pil
from gan_cli.media.pictures import to_float
from gan_cli.media.reading import Unreadable
from gan_cli.ranges import BatchSize, Many, Seed
from gan_cli.variants.base import AdversarialModule

Photos = Tensor | Image.Image | str | Path | Sequence[Image.Image | str | Path]


class Projection(NamedTuple):
    """What was found of N images.

    Attributes:
        latents: Their latents, as `gan_cli.inference.latent_files` writes them.
        images: The pictures of the latents, uint8 [N, C, H, W].
        targets: The images as the model's data set would have them, of the same shape.
        scores: How near they are, by name: `psnr` in decibels, `ssim`, and `distance` in the features asked for.
    """

    latents: Latents
    images: Tensor
    targets: Tensor
    scores: dict[str, list[float]]


class Projects:
    """What a trained GAN does with images that it has not made."""

    model: AdversarialModule

    @true_float32()
    def project(
        self,
        images: Photos,
        *,
        space: str | None = None,
        steps: Many = 1000,
        labels: Sequence[int | str] | None = None,
        features: str | Likeness | None = None,
        seed: Seed = 0,
        ema: bool = True,
        batch_size: BatchSize = 1,
    ) -> Projection:
        """The latents whose pictures come nearest to images, as `gan project` finds them.

        Args:
            images: uint8 [C, H, W] or [N, C, H, W], a Pillow image, an image file, or a list of these two; of any size.
            space: "w" (one style for all layers), "w+" (one for each) or "z"; None takes w where there is one.
            steps: Steps of each descent.
            labels: For a conditional variant: classes, dealt out to the images in turn; None takes that of the nearest
                of some pictures.
            features: "pixels", "lite0", or a `PerceptualDistance` of other features; None takes lite0 of colours, where
                it is installed, and else pixels.
            seed: Of the noise.
            ema: The averaged generator, or the one that was trained.
            batch_size: Images at a time.

        Raises:
            UserError: If the variant makes no images from latents, or has no such space or class; if there are no
                images, or one cannot be read.
        """
        ranges.check("", Projects.project, locals())
        model = self.model
        channels, *_ = picture_shape(model)
        search = Search(space_of(model, space), steps, seed, ema)
        likeness = likeness_of(features, channels) if features is None or isinstance(features, str) else features
        wanted = torch.stack([fitted(model, image) for image in _opened(images)])
        asked = asked_labels(model, len(wanted), labels)
        rows, classes, made = [], [], []
        for places in torch.arange(len(wanted)).split(batch_size):
            some = None if asked is None else asked[places]
            found = projected(model, to_float(wanted[places]), likeness, search, some)
            rows.append(found.latents)
            classes += [] if found.labels is None else [found.labels]
            made.append(pictured(model, search, found))
        latents = Latents(search.space, torch.cat(rows), torch.cat(classes) if classes else None)
        shown = torch.cat(made)
        return Projection(latents, shown, wanted, scored(shown, wanted, likeness, model.device))


def _opened(images: Photos) -> list[Image.Image]:
    """Images as Pillow has them.

    Raises:
        UserError: If there are none, or one cannot be read.
    """
    if isinstance(images, Tensor):
        several = images if images.ndim == 4 else images[None]
        if (
            several.dtype != torch.uint8
            or several.ndim != 4
            or several.shape[1] not in (1, 2, 3, 4)
            or not len(several)
        ):
            raise UserError(
                f"images: {images.dtype} {list(images.shape)} are none; give uint8 [C, H, W] or [N, C, H, W] of 1 to 4 "
                "channels"
            )
        return [pictures.to_pil(image) for image in several]
    several_things = [images] if isinstance(images, Image.Image | str | Path) else list(images)
    if not several_things:
        raise UserError("images: there are none; give one or more")
    try:
        return [
            _plain(image) if isinstance(image, Image.Image) else reading.read(Path(image)) for image in several_things
        ]
    except Unreadable as error:
        raise UserError(f"images: {error}") from error


def _plain(image: Image.Image) -> Image.Image:
    """An image in one of the modes that files are read in."""
    return to_pil(picture_of(image))
