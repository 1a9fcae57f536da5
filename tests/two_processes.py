"""Trains a toy in as many processes as asked and saves its weights: `python -m tests.two_processes FILE DEVICES`."""

import sys
from pathlib import Path

import torch
from lightning.pytorch import Trainer

from gan_cli.data import Digits
from tests.toys import ToyGAN

STEPS = 6
GLOBAL_BATCH = 16


def train(devices: int) -> ToyGAN:
    torch.manual_seed(0)
    model = ToyGAN(n_critic=2, accumulate=2)
    trainer = Trainer(
        accelerator="cpu",
        devices=devices,
        strategy="ddp_find_unused_parameters_true" if devices > 1 else "auto",
        precision="64-true",
        max_steps=STEPS,
        limit_val_batches=0,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        use_distributed_sampler=False,
    )
    trainer.fit(model, Digits(image_size=16, batch_size=GLOBAL_BATCH // devices))
    return model


if __name__ == "__main__":
    trained = train(int(sys.argv[2]))
    if trained.global_rank == 0:
        torch.save(trained.state_dict(), Path(sys.argv[1]))
