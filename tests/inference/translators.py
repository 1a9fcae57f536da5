"""Translators of a size that is made and run in moments, in checkpoints that no training was needed for."""

from pathlib import Path
from typing import Any, ClassVar, TypeVar

import numpy as np
import torch
from lightning.pytorch import Trainer
from PIL import Image
from torch import Tensor, nn

from gan_cli import verbs
from gan_cli.batches import AnyBatch, PairedBatch
from gan_cli.media.picture_files import Pixels
from gan_cli.networks.layers import ImageNorm
from gan_cli.variants import CUT, CycleGAN, Pix2Pix, StarGAN, StarGANv2
from gan_cli.variants.base import AdversarialModule, Losses
from gan_cli.variants.translation import Sizes, TranslationModule

Model = TypeVar("Model", bound=TranslationModule)


class Enlarger(TranslationModule):
    """Makes a square of every pixel: a convolution that sees one pixel, and a shuffle. Nothing is learned.

    Args:
        scale: Side of the square.
        multiple: What height and width must be multiples of.
        tile: Side of the only images that are taken; 0 takes any size.
        normalised: Whether every image is normalised first, by its own statistics.
        made: The scale of what is made in truth; 0 is the one that is promised.
        image_size: Side of the larger images.
        **optimisation: Further arguments of `TranslationModule`.
    """

    BATCHES: ClassVar[tuple[type[AnyBatch], ...]] = (PairedBatch,)

    def __init__(
        self,
        scale: int = 4,
        multiple: int = 1,
        tile: int = 0,
        normalised: bool = False,
        made: int = 0,
        image_size: int = 64,
        **optimisation: Any,
    ) -> None:
        super().__init__(**{"generator_lr": 1e-3, "discriminator_lr": 1e-3, "image_size": image_size, **optimisation})
        self.taken = Sizes(multiple, tile, scale)
        times = made or scale
        squares = nn.Conv2d(3, 3 * times**2, 1, bias=False)
        with torch.no_grad():
            squares.weight.copy_(torch.eye(3).repeat_interleave(times**2, 0)[:, :, None, None])
        self.generator = nn.Sequential(*[ImageNorm(3)] * normalised, squares, nn.PixelShuffle(times))
        self.discriminator = nn.Conv2d(3, 1, 1)
        self.data_facts = {"domains": ("small", "large"), "name": "Nowhere"}
        self.finish_players()

    def forward(self, images: Tensor, direction: str = "", ema: bool = True) -> Tensor:
        assert not any(side % self.taken.multiple for side in images.shape[2:])
        assert not self.taken.tile or set(images.shape[2:]) == {self.taken.tile}
        made: Tensor = self.picture_maker(ema)(images)
        return made

    def discriminator_losses(self, batch: PairedBatch) -> Losses:
        return {"target": self.discriminator(batch.target).mean()}

    def generator_losses(self, batch: PairedBatch) -> Losses:
        return {"made": self.discriminator(self(batch.source)).mean()}

    @property
    def directions(self) -> tuple[str, ...]:
        return ("small2large",)

    def channels(self, direction: str) -> tuple[int, int]:
        return 3, 3

    @property
    def sizes(self) -> Sizes:
        return self.taken

    def columns(self, batch: PairedBatch) -> tuple[Tensor, ...]:
        return batch.source, self(batch.source), batch.target


def enlarged(pixels: Pixels, scale: int) -> Pixels:
    """What an `Enlarger` makes of [H, W] or [H, W, C]."""
    return pixels.repeat(scale, axis=0).repeat(scale, axis=1)


def cyclegan(**arguments: Any) -> CycleGAN:
    return lively(CycleGAN(**{"image_size": 32, "base_channels": 2, "num_blocks": 1, "patch_size": 16, **arguments}))


def cut(**arguments: Any) -> CUT:
    return lively(CUT(**{"image_size": 32, "base_channels": 2, "num_blocks": 1, "patch_size": 16, **arguments}))


def pix2pix(**arguments: Any) -> Pix2Pix:
    return lively(Pix2Pix(**{"image_size": 64, "base_channels": 2, **arguments}))


def stargan(**arguments: Any) -> StarGAN:
    return lively(StarGAN(**{"image_size": 32, "base_channels": 2, "num_blocks": 1, "num_classes": 3, **arguments}))


def stargan_v2(**arguments: Any) -> StarGANv2:
    small = {"image_size": 32, "num_classes": 3, "base_channels": 2, "channel_max": 4, "style_dim": 4}
    return lively(StarGANv2(**{**small, "mapping_width": 8, "latent_dim": 4, **arguments}))


FACE = ("Black_Hair", "Blond_Hair", "Male", "Young")


def faces() -> StarGAN:
    """A translator of faces with attributes."""
    model = stargan(num_classes=len(FACE))
    torch.nn.init.normal_(model.discriminator.classes.weight, 0, 9.0)  # what it reads differs from image to image
    model.data_facts = {"class_names": FACE, "name": "Nowhere", "attributes": True}
    return model


def lively(model: Model) -> Model:
    """The model in eval mode, its generator with weights that let it answer to what it sees."""
    torch.manual_seed(0)
    for parameter in model.generator.parameters():
        if parameter.ndim == 4:
            torch.nn.init.xavier_normal_(parameter)
    model.data_facts = {"domains": ("horse", "zebra"), "class_names": ("blond", "young", "male"), "name": "Nowhere"}
    return model.eval()


def saved(model: AdversarialModule, path: Path, **facts: Any) -> Path:
    """Writes a checkpoint as the end of a training does."""
    model.data_facts |= facts
    trainer = Trainer(
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.strategy.connect(model)
    model.trainer = trainer
    trainer.save_checkpoint(path, weights_only=True)
    return path


def colours(width: int, height: int, kind: type = np.uint8) -> Pixels:
    """A smooth picture, [H, W, 3], different in every corner."""
    y, x = np.mgrid[:height, :width].astype(float)
    ramps = [x / max(1, width - 1), y / max(1, height - 1), (x + y) / max(1, width + height - 2)]
    return np.round(np.stack(ramps, axis=2) * np.iinfo(kind).max).astype(kind)


def picture(path: Path, width: int = 40, height: int = 28, mode: str = "RGB", **options: Any) -> Path:
    """Writes such a picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(colours(width, height)).convert(mode).save(path, **options)
    return path


def gan(*words: Any) -> None:
    """Runs `gan translate` in this process."""
    verbs.run(["translate", *map(str, words), "--trainer.accelerator", "cpu"])
