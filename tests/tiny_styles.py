"""A StyleGAN2 small enough for tests of the verbs that work in its latent spaces, and in which everything can be seen:
its noise is strong, and its mean style is far from 0. `conftest.py` has a checkpoint with classes and one without."""

from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Trainer

from gan_cli.variants import StyleGAN2
from tests.toys import FewDigits

LAYERS, WIDTH, LATENT_DIM = 6, 6, 8
"""L, W and Z."""

TINY: dict[str, Any] = {
    "image_size": 16,
    "image_channels": 1,
    "latent_dim": LATENT_DIM,
    "style_dim": WIDTH,
    "mapping_depth": 2,
    "channel_base": 64,
    "channel_max": 8,
}


def save(path: Path, num_classes: int = 0) -> Path:
    """Writes the checkpoint of a run of three steps on 16x16 digits."""
    torch.manual_seed(0)
    model = StyleGAN2(**TINY, num_classes=num_classes)
    silent: dict[str, Any] = {"logger": False, "enable_progress_bar": False, "enable_checkpointing": False}
    trainer = Trainer(accelerator="cpu", max_steps=3, limit_val_batches=0, enable_model_summary=False, **silent)
    trainer.fit(model, FewDigits(image_size=16, batch_size=16))
    for ema in (True, False):  # after so few steps there is next to nothing of either
        network: Any = model.picture_maker(ema)
        network.mean_style.copy_(torch.linspace(-1, 1, WIDTH))
        for convolution in network.convolutions:
            torch.nn.init.constant_(convolution.strength, 0.3)
    trainer.save_checkpoint(path)
    return path
