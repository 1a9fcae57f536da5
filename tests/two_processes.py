"""Trains models in as many processes as asked and saves their weights: `python -m tests.two_processes FILE DEVICES`."""

import sys
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Trainer
from torch import Tensor

from gan_cli.data import Digits
from gan_cli.variants import CGAN, R3GAN, SGAN, WGANGP, AdversarialModule
from tests.toys import ToyGAN

STEPS = 6
GLOBAL_BATCH = 16
SMALL: dict[str, Any] = {
    "image_size": 16,
    "image_channels": 1,
    "architecture": "mlp",
    "base_channels": 8,
    "latent_dim": 8,
    "generator_lr": 1e-3,
    "discriminator_lr": 1e-3,
}


def models() -> dict[str, AdversarialModule]:
    """None of them mixes the images of a batch."""
    return {
        "toy": ToyGAN(n_critic=2, accumulate=2),
        "wgan-gp": WGANGP(**SMALL, n_critic=2, accumulate=2),
        "r3gan": R3GAN(**SMALL, generator_batch_multiple=2, schedule_kimg=0.1),
        "cgan": CGAN(**SMALL, mismatched_labels=True),
        "sgan": SGAN(**SMALL, num_labelled=20, generator_objective="adversarial"),
    }


def train(devices: int) -> dict[str, dict[str, Tensor]]:
    torch.manual_seed(0)
    weights = {}
    for name, model in models().items():
        trainer = Trainer(
            accelerator="cpu",
            devices=devices,
            strategy="ddp_find_unused_parameters_true" if devices > 1 else "auto",
            precision="64-true" if name == "toy" else "32-true",
            max_steps=STEPS,
            limit_val_batches=0,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            use_distributed_sampler=False,
        )
        trainer.fit(model, Digits(image_size=16, batch_size=GLOBAL_BATCH // devices))
        weights[name] = model.state_dict()
    return weights


if __name__ == "__main__":
    trained = train(int(sys.argv[2]))
    if not torch.distributed.is_initialized() or torch.distributed.get_rank() == 0:
        torch.save(trained, Path(sys.argv[1]))
