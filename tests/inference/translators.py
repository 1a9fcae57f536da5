"""Translators of a size that is made and run in moments, in checkpoints that no training was needed for."""

from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from lightning.pytorch import Trainer
from PIL import Image

from gan_cli import verbs
from gan_cli.media.picture_files import Pixels
from gan_cli.variants import CycleGAN, Pix2Pix, StarGAN
from gan_cli.variants.translation import TranslationModule

Model = TypeVar("Model", bound=TranslationModule)


def cyclegan(**arguments: Any) -> CycleGAN:
    return lively(CycleGAN(**{"image_size": 32, "base_channels": 2, "num_blocks": 1, "patch_size": 16, **arguments}))


def pix2pix(**arguments: Any) -> Pix2Pix:
    return lively(Pix2Pix(**{"image_size": 64, "base_channels": 2, **arguments}))


def stargan() -> StarGAN:
    return lively(StarGAN(image_size=32, base_channels=2, num_blocks=1, num_classes=3))


def lively(model: Model) -> Model:
    """The model in eval mode, its generator with weights that let it answer to what it sees."""
    torch.manual_seed(0)
    for parameter in model.generator.parameters():
        if parameter.ndim == 4:
            torch.nn.init.xavier_normal_(parameter)
    model.data_facts = {"domains": ("horse", "zebra"), "class_names": ("blond", "young", "male"), "name": "Nowhere"}
    return model.eval()


def saved(model: TranslationModule, path: Path, **facts: Any) -> Path:
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
