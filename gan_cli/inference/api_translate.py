"""The Python side of `gan translate`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, overload

import torch
from PIL import Image
from torch import Tensor

from gan_cli.devices.float32 import true_float32
from gan_cli.errors import UserError
from gan_cli.inference.given_paths import REFERENCE, told_as_wholes
from gan_cli.inference.source_labels import named_row
from gan_cli.inference.source_media import read_source
from gan_cli.inference.translator import Translator, translating, usual_direction
from gan_cli.inference.ways import as_direction, as_reference, check_styles, latents_of_style
from gan_cli.media.picture_files import Picture, picture_of, picture_of_tensor, read_picture, to_pil, to_tensor
from gan_cli.media.pictures import to_float
from gan_cli.media.reading import Unreadable
from gan_cli.ranges import Seed, check_one
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.translation import TranslationModule

Picturable = Tensor | Image.Image | str | Path
"""An image as uint8 [C, H, W], as a Pillow image, or in a file."""


class Translates:
    """What a trained GAN does that makes images from images.

    Attributes:
        model: The LightningModule, in eval mode.
        data: What the checkpoint says about its data.
    """

    model: AdversarialModule
    data: dict[str, Any]

    @overload
    def translate(self, images: Tensor, direction: str | None = None, **options: Any) -> Tensor: ...

    @overload
    def translate(
        self, images: Image.Image | str | Path, direction: str | None = None, **options: Any
    ) -> Image.Image: ...

    @true_float32()
    @torch.inference_mode()
    def translate(
        self,
        images: Tensor | Image.Image | str | Path,
        direction: str | None = None,
        *,
        source_labels: str | Sequence[str] | Tensor | None = None,
        given: Mapping[str, Picturable] | None = None,
        style: Seed | str | None = None,
        **options: Any,
    ) -> Tensor | Image.Image:
        """Translations as `gan translate` makes them, each as if it were alone.

        They have the images' size, times the scale of a model that enlarges.

        Args:
            images: uint8 [C, H, W] or [N, C, H, W] (of 2 or 4 channels the last is the opacity), a Pillow image, or
                an image file; where label maps are translated, numbers of classes [1, H, W], or their colours.
            direction: Such as "horse2zebra"; None if the model has only one.
            source_labels: The attributes of the images, where the direction keeps or turns them: names, such as
                "Blond_Hair+Young" or a list, of all images; or numbers 0, 1 or NaN, [K] or [N, K]. What is not told is
                read, as `read_labels` does.
            given: What the model takes beside images, by name: as `reference` the image whose style all of them get, of
                the direction's domain; what is told of each pixel, such as `edges`, `hints` or `mask`, of the images'
                size; a `palette`. Each is uint8 [C, H, W] as its medium keeps it ([N, C, H, W] for several images), a
                file, or as a reference also a Pillow image. A mask may also be drawn as the opacity of an image.
            style: The seed of a style from noise, of a model that draws any; without it, and without a reference, 0. Or
                a style or a blend by its name, such as "monet=0.7,waves=0.3", in place of a direction.
            **options: `seed` and `dropout` of a model whose noise is dropout, `tile` and `overlap` of large images,
                `ema`; as `Translator` takes them. A file's noise depends on its name; all other images share one.

        Returns:
            uint8 [C', sH, sW] or [N, C', sH, sW] on the CPU, s being the scale, or a Pillow image of 8 bits; opacity is
            kept.

        Raises:
            UserError: If the model makes no images from images, has no such direction or option, or the file cannot
                be read.
        """
        model = translating(self.model)
        translator = Translator(model, **options)
        check_styles(model, [f"{name}=" for name in given or ()], None if style is None else str(style))
        chosen = usual_direction(model, as_direction(model, None if style is None else str(style), direction))
        if len(chosen) > 1:
            raise UserError(f"direction: {direction} are several; ask for one at a time")
        told = _told(model, chosen[0], given or {}, style)
        many = len(images) if isinstance(images, Tensor) and images.ndim == 4 else 1
        known = self._known(source_labels, chosen[0], many)

        def made(picture: Picture, name: str = "", number: int = 0) -> Picture:
            labels = translator.labels_of(picture, chosen[0], None if known is None else known[number % len(known)])
            places = _places(model, given or {}, picture)
            try:
                mine = {place: rows[number] if rows.ndim == 4 else rows for place, rows in places.items()}
                return translator.picture(picture, chosen[0], name, False, labels, told, mine)
            except Unreadable as error:
                raise UserError(f"images: {error.reason}") from error

        with torch.random.fork_rng([model.device] if model.device.type == "cuda" else []):
            if isinstance(images, Tensor):
                _check(images)
                if images.ndim == 3:
                    return to_tensor(made(picture_of_tensor(images)))
                pictures = [made(picture_of_tensor(image), number=number) for number, image in enumerate(images)]
                return torch.stack([to_tensor(picture) for picture in pictures])
            name = "" if isinstance(images, Image.Image) else Path(images).name
            return to_pil(made(_source(model, images), name))

    @torch.inference_mode()
    def read_labels(self, images: Tensor) -> Tensor:
        """The labels that a translator reads in images, as it does before it translates what nobody told it about.

        Args:
            images: uint8 [N, C, H, W].

        Returns:
            Float [N, K] of 0 and 1 on the CPU, in the order of `data["class_names"]`.

        Raises:
            UserError: If the model makes no images from images, or reads no labels.
        """
        _check(images)
        model = translating(self.model)
        if not any(model.starts_from(direction) for direction in model.directions):
            raise UserError(f"images: {type(model).__name__} of {self.data.get('name')} reads no attributes in images")
        return model.read_labels(to_float(images).to(model.device)).cpu()

    def _known(
        self, told: str | Sequence[str] | Tensor | None, direction: str, many: int
    ) -> Sequence[Sequence[float]] | None:
        """What was told of the images' attributes: a row for each image, or one for all."""
        model = translating(self.model)
        if told is None:
            return None
        if not isinstance(told, Tensor):
            return [named_row(told, model, direction)]
        width = len(model.directions)
        if told.shape not in ((width,), (1, width), (many, width)):
            raise UserError(f"source_labels: {list(told.shape)} is not possible; give [{width}] or [{many}, {width}]")
        rows: list[list[float]] = told.reshape(-1, width).tolist()
        return rows


def as_pictures(model: TranslationModule, images: Tensor | Image.Image | str | Path) -> list[Picture]:
    """Images, in the forms that `Translates.translate` takes, one by one.

    Raises:
        UserError: If they are none.
    """
    if not isinstance(images, Tensor):
        return [_source(model, images)]
    _check(images)
    return [picture_of_tensor(image) for image in (images if images.ndim == 4 else images[None])]


def _check(images: Tensor, option: str = "images") -> None:
    if images.dtype != torch.uint8 or images.ndim not in (3, 4) or not 1 <= images.shape[-3] <= 4 or not len(images):
        raise UserError(
            f"{option}: {images.dtype} {list(images.shape)} are none; give uint8 [C, H, W] or [N, C, H, W] of 1 to 4 "
            "channels"
        )


def _told(
    model: TranslationModule, direction: str, given: Mapping[str, Picturable], style: int | str | None
) -> dict[str, Tensor]:
    """What `forward` takes beside an image, one row each."""
    if REFERENCE in given:
        return as_reference(model, _read(given[REFERENCE], REFERENCE), direction)
    wholes = {name: _kept(name, thing) for name, thing in given.items() if not model.media[name].of_places}
    told = told_as_wholes(model, {name: thing for name, thing in wholes.items() if not isinstance(thing, Tensor)})
    for name, thing in wholes.items():
        if isinstance(thing, Tensor):
            told[name] = model.media[name].shown(thing[None])
    if not model.latent_dim:
        return told
    check_one("style", Seed | None, style)
    return {**told, **latents_of_style(model, int(style or 0))}


def _places(model: TranslationModule, given: Mapping[str, Picturable], picture: Picture) -> dict[str, Tensor]:
    """What is told of each pixel of a picture, as it is kept."""
    found = {}
    for name, thing in given.items():
        if name != REFERENCE and model.media[name].of_places:
            kept, (height, width) = _kept(name, thing), picture.colours.shape[:2]
            found[name] = kept if isinstance(kept, Tensor) else model.media[name].read_for(kept, height, width)
    return found


def _kept(name: str, thing: Picturable) -> Tensor | Path:
    """What is told beside images: as it is kept, or its file."""
    if isinstance(thing, Image.Image):
        raise UserError(f"given: {name} is no picture; give uint8 [C, H, W] as it is kept, or a file")
    return thing if isinstance(thing, Tensor) else Path(thing)


def _source(model: TranslationModule, image: Image.Image | str | Path) -> Picture:
    """What is translated: a Pillow image as it is, and a file as the model's source has it."""
    if isinstance(image, Image.Image):
        return picture_of(image)
    try:
        return read_source(model.source, Path(image))
    except Unreadable as error:
        raise UserError(f"images: {error}") from error


def _read(image: Picturable, option: str) -> Picture:
    """One image as a picture of all the bits it has."""
    if isinstance(image, Tensor):
        _check(image, option)
        if image.ndim == 4:
            raise UserError(f"{option}: {list(image.shape)} are several; give one, [C, H, W]")
        return picture_of_tensor(image)
    if isinstance(image, Image.Image):
        return picture_of(image)
    try:
        return read_picture(Path(image))
    except Unreadable as error:
        raise UserError(f"{option}: {error}") from error
