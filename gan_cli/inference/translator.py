"""Translates one image of any size: channels, padding, tiles, the model's noise, and rounding once."""

from collections.abc import Iterator, Mapping, Sequence
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gan_cli import ranges, seeding
from gan_cli.errors import RunFailed, UserError
from gan_cli.inference.source_media import SOURCE, Layers, check_sizes, floats_of, pixels_of, resized, with_drawn
from gan_cli.inference.tiles import framed, in_tiles
from gan_cli.media import pictures
from gan_cli.media.picture_files import Picture, Pixels, in_square, with_colours
from gan_cli.media.reading import Unreadable
from gan_cli.networks.layers import statistics_held
from gan_cli.ranges import PixelsOrNone, Seed
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.translation import Sizes, TranslationModule

WHOLE = 2**21
"""A translation of at most this many pixels is made in one piece, unless tiles are asked for."""
TILE = 1024
"""Side of the translated tiles above that size; a generator that enlarges takes smaller tiles in."""
LARGEST = 65_536
"""No translated tile is longer."""
SMALLEST = 4
"""A side is at least this many times the generator's multiple, or its innermost maps are too small to be normalised."""


class Translator:
    """Translates images alone, one after the other, as training did.

    Args:
        model: The variant; its device computes.
        ema: The averaged generator where there is one, or the one that was trained.
        dropout: Whether the noise of a model that has it is on; None leaves it to the model.
        seed: Seed of the noise; None is 0.
        tile: Side of the tiles that larger images are cut into, in pixels of the input; 0 chooses.
        overlap: Pixels of the input that neighbouring tiles share; None is a quarter of the tile.

    Raises:
        UserError: If the model has no noise, or cannot take such tiles.
    """

    def __init__(
        self,
        model: TranslationModule,
        *,
        ema: bool = True,
        dropout: bool | None = None,
        seed: Seed | None = None,
        tile: PixelsOrNone = 0,
        overlap: PixelsOrNone | None = None,
    ) -> None:
        ranges.check("", type(self), locals())
        self.model = model
        self.ema = ema
        self.seed = seed or 0
        for name, value in (("dropout", dropout), ("seed", seed)):
            if value is not None and not model.NOISY:
                raise UserError(f"{name}: {type(model).__name__} has no noise; leave it out")
        if seed is not None and dropout is False:
            raise UserError("seed: without dropout there is no noise that it could be of; leave one of them out")
        self.conditions: dict[str, Any] = {} if dropout is None else {"dropout": dropout}
        self.tile, self.overlap = _tiles(model, tile, overlap)

    def picture(
        self,
        picture: Picture,
        direction: str,
        name: str,
        deep: bool = True,
        labels: Tensor | None = None,
        given: Mapping[str, Tensor] | None = None,
        places: Mapping[str, Tensor] | None = None,
    ) -> Picture:
        """A picture's translation, of its size (or the training's) times the model's scale, with opacity and profile.

        Args:
            picture: The image.
            direction: A direction of the model.
            name: What the noise depends on, beside the seed.
            deep: Whether 16 bits stay 16 bits.
            labels: Its labels, where the direction starts from some, [K]; None has them read.
            given: What else the model takes, such as a reference, one row each.
            places: What it takes that tells something of each pixel, such as a mask: uint8 [C, H, W] as it is kept.

        Raises:
            Unreadable: If it is nothing that the model starts from, what is told is of another size, or the model
                cannot do it.
        """
        if self.model.WHOLE_SQUARES:
            picture = in_square(picture, self.model.image_size)
        picture, told = self.ready(picture, name, places or {})
        pixels = self._pixels(picture, direction)
        bands = self.bands(pixels, direction, name, labels, given, told)
        return with_colours(picture, self._stacked(bands, pixels, picture.deep and deep))

    def ready(self, picture: Picture, name: str, places: Mapping[str, Tensor]) -> tuple[Picture, dict[str, Tensor]]:
        """A picture and all that is told of its pixels, in itself too, if the model can translate it.

        Raises:
            Unreadable: If it cannot.
        """
        picture, told = with_drawn(self.model, picture, places)
        check_sizes(picture.colours, told)
        if reason := self.model.why_not(picture.colours.shape[:2], told):
            raise Unreadable(Path(name), reason)
        return picture, told

    def labels_of(self, picture: Picture, direction: str, known: Sequence[float] | None = None) -> Tensor | None:
        """The labels that a direction starts from, float [K] on the CPU, read once from the whole of a picture.

        None if it starts from none.

        Args:
            picture: The image, or the first frame of a film.
            direction: A direction of the model.
            known: What is known of them: 0, 1 or NaN, K numbers; only the others are read.
        """
        places = [self.model.directions.index(name) for name in self.model.starts_from(direction)]
        if not places:
            return None
        told = torch.tensor(known or [torch.nan] * len(self.model.directions), dtype=torch.float32)
        if not told[places].isnan().any():
            return told
        colours = self._pixels(picture, direction)
        read = self.model.read_labels(floats_of(colours)[None].to(self.model.device))[0].cpu()
        return torch.where(told.isnan(), read, told)

    def floats(
        self,
        pixels: Pixels,
        direction: str,
        name: str,
        labels: Tensor | None = None,
        given: Mapping[str, Tensor] | None = None,
        places: Mapping[str, Tensor] | None = None,
    ) -> Tensor:
        """The translation of pixels [H, W, C], float32 [C', sH, sW] in about [-1, 1] on the CPU; s is the scale.

        What is told of the pixels goes with them, as further channels, through borders and tiles.
        """
        return torch.cat([*self.bands(pixels, direction, name, labels, given, places)], dim=1)

    def bands(
        self,
        pixels: Pixels,
        direction: str,
        name: str,
        labels: Tensor | None = None,
        given: Mapping[str, Tensor] | None = None,
        places: Mapping[str, Tensor] | None = None,
    ) -> Iterator[Tensor]:
        """The same in bands from top to bottom, so that of a large image only some rows are floats at a time.

        Yields:
            float32 [C', rows, sW].
        """
        if labels is None and self.model.starts_from(direction):  # once for all tiles
            labels = self.model.read_labels(floats_of(pixels)[None].to(self.model.device))[0]
        told = {**(given or {}), **({} if labels is None else {"source_labels": labels[None]})}
        told = {name: rows.to(self.model.device) for name, rows in told.items()}
        layers = Layers.of(self.model, pixels.shape[2], places or {})
        pixels = layers.stacked(pixels, places or {})
        multiple, fixed, scale, _ = self.model.sizes
        frame = framed(pixels, fixed or least_side(self.model), 1 if fixed else multiple)
        height, width, left = (length * scale for length in (*pixels.shape[:2], frame.left))
        above = frame.top * scale
        for band in self._framed_bands(frame.pixels, layers, direction, name, told):
            inside = band[:, above : above + height, left : left + width]
            above, height = max(0, above - band.shape[1]), height - inside.shape[1]
            if inside.shape[1]:
                yield inside

    def _framed_bands(
        self, pixels: Pixels, layers: Layers, direction: str, name: str, told: Mapping[str, Tensor]
    ) -> Iterator[Tensor]:
        """The translation of pixels of a possible size: in one band, or in those of its tiles."""
        multiple, fixed, scale, whole = self.model.sizes
        height, width = pixels.shape[:2]
        in_one = whole or height * width * scale**2 <= WHOLE
        tile = self.tile or (max(height, width) if in_one else _usual_tile(self.model.sizes))

        def translate(part: Pixels) -> Tensor:
            return self._passed(layers.shown(part), direction, name, told)

        if max(height, width) <= tile:
            yield translate(pixels).float().cpu()
            return
        overlap = tile // 4 if self.overlap is None else self.overlap
        maker = self.model.picture_maker(self.ema)
        with statistics_held(maker) as held:
            if held:
                self._passed(self._reduced(pixels, layers), direction, name, told)
            yield from in_tiles(translate, pixels, tile, overlap, 1 if fixed else multiple, scale)

    def _stacked(self, bands: Iterator[Tensor], pixels: Pixels, deep: bool) -> Pixels:
        """Bands, rounded one by one, below each other."""
        height, width = (length * self.model.sizes.scale for length in pixels.shape[:2])
        whole, top = np.empty(0), 0
        for band in bands:
            if not top:
                whole = np.empty((height, width, len(band)), np.uint16 if deep else np.uint8)
            whole[top : top + band.shape[1]] = rounded(band, deep)
            top += band.shape[1]
        return whole

    def _pixels(self, picture: Picture, direction: str) -> Pixels:
        """The pixels of a picture that the model starts from, [H, W, C]."""
        return pixels_of(self.model.source, picture, self.model.channels(direction)[0])

    def _passed(self, shown: Mapping[str, Tensor], direction: str, name: str, told: Mapping[str, Tensor]) -> Tensor:
        """[C, H, W] -> [C', sH, sW]. Each file has its own noise, the same in all its tiles and frames."""
        if self.model.NOISY:
            seeding.reseed(seeding.mix(self.seed, "translate", name), self.model.device)
        placed = {layer: rows[None].to(self.model.device) for layer, rows in shown.items()}
        images = placed.pop(SOURCE)
        made = self.model(images, direction, ema=self.ema, **self.conditions, **told, **placed)
        return as_promised(self.model, images, made)[0]

    def _reduced(self, pixels: Pixels, layers: Layers) -> dict[str, Tensor]:
        """The image with as many pixels as the model learned from, [C, H', W'], by which tiles are normalised.

        A generator that takes squares of one size gets such a square.
        """
        multiple, fixed, scale, _ = self.model.sizes
        height, width = pixels.shape[:2]
        shrunk = min(1.0, self.model.image_size / scale / sqrt(height * width))
        least = least_side(self.model) // multiple
        sides = [max(least, round(side * shrunk / multiple)) * multiple for side in (height, width)]
        sides = [fixed, fixed] if fixed else sides
        return {name: resized(layers.media[name], layer, sides) for name, layer in layers.shown(pixels).items()}


def rounded(made: Tensor, deep: bool) -> Pixels:
    """Pixels [H, W, C] of float [C, H, W] in [-1, 1]: uint8, or uint16 if `deep`; rounded once."""
    if not deep:
        return pictures.to_uint8(made).permute(1, 2, 0).contiguous().numpy()
    steps = made.add(1).mul(32767.5).round().clamp(0, 65535)
    pixels: Pixels = steps.permute(1, 2, 0).contiguous().numpy().astype(np.uint16)
    return pixels


def as_promised(model: TranslationModule, images: Tensor, made: Tensor) -> Tensor:
    """A model's translations, which must be as large as its `sizes` says: what cuts or compares them relies on that.

    Args:
        model: The variant.
        images: The model's input, [N, C, H, W].
        made: The model's output.

    Raises:
        RunFailed: If they are of another size.
    """
    scale = model.sizes.scale
    if list(made.shape[2:]) != [side * scale for side in images.shape[2:]]:
        raise RunFailed(
            f"{type(model).__name__} made {list(made.shape)} of {list(images.shape)}, and its sizes promise a scale of "
            f"{scale}; one of the two must be mended in the variant"
        )
    return made


def translating(model: AdversarialModule) -> TranslationModule:
    """The model, if it makes images from images.

    Raises:
        UserError: If it makes them from noise.
    """
    if not isinstance(model, TranslationModule):
        name, made = type(model).__name__, model.medium.name
        raise UserError(f"ckpt: {name} makes {made} from noise, not from images; type gan sample")
    return model


def usual_direction(model: TranslationModule, typed: str | None) -> list[str]:
    """The directions asked for, with commas between them; the only one where there is no choice.

    Raises:
        UserError: If there is no such direction, or a choice and none was made.
    """
    if typed is None and len(model.directions) > 1:
        raise UserError(f"direction: of which? Type --direction {' or '.join(model.directions)}")
    words: Sequence[str] = model.directions if typed is None else [word.strip() for word in typed.split(",")]
    for word in words:
        model.check_direction(word)
    return list(dict.fromkeys(words))


def _usual_tile(sizes: Sizes) -> int:
    """Side of the tiles used by default, for a generator that takes any size."""
    least = SMALLEST * sizes.multiple
    return max(least, TILE // sizes.scale // sizes.multiple * sizes.multiple)


def least_side(model: TranslationModule) -> int:
    """The shortest side of what passes through a generator of any size: no more than it learned from."""
    multiple, _, scale, _ = model.sizes
    learned = model.image_size // scale // multiple * multiple
    return min(SMALLEST * multiple, max(multiple, learned))


def _tiles(model: TranslationModule, tile: int, overlap: int | None) -> tuple[int, int | None]:
    fixed, multiple = model.sizes.tile, model.sizes.multiple
    for name, value in (("tile", tile or None), ("overlap", overlap)):
        if model.sizes.whole and value is not None:
            raise UserError(f"{name}: {type(model).__name__} takes images whole, of any size; leave it out")
    if fixed and tile not in (0, fixed):
        raise UserError(f"tile: this {type(model).__name__} takes tiles of {fixed} and no others; leave it out")
    least = least_side(model)
    if not fixed and tile and (tile < least or tile % multiple):
        raise UserError(f"tile: {tile} is not possible; take a multiple of {multiple} from {least}, or 0 to choose")
    largest = LARGEST // model.sizes.scale // multiple * multiple
    if tile > largest:
        made = f"{tile * model.sizes.scale:,} pixels a side, at a scale of {model.sizes.scale}"
        raise UserError(f"tile: {tile} becomes {made}; take {largest} or less, or 0 to choose")
    side = fixed or tile or _usual_tile(model.sizes)
    if overlap is not None and overlap > side // 2:
        raise UserError(f"overlap: {overlap} is more than half a tile of {side}; take {side // 2} or less")
    return fixed or tile, overlap
