"""`gan validate`, and a part of `gan test`: a checkpoint's discriminator on images it has not seen."""

from collections.abc import Sequence
from typing import Any

import torch
from lightning.pytorch import Callback

from gan_cli.batches import ImageBatch, PairedBatch, PointBatch, UnpairedBatch
from gan_cli.data import GANDataModule
from gan_cli.errors import UserError
from gan_cli.inference.trainers import verb_trainer
from gan_cli.variants.base import AdversarialModule

KINDS: dict[type, str] = {
    ImageBatch: "single images",
    PointBatch: "points",
    PairedBatch: "pairs of images",
    UnpairedBatch: "images of two domains",
}
"""What the batches are called."""

MUST_AGREE = ("point_dim", "image_size", "image_channels", "source_channels", "target_channels")
"""Facts of the data in which the model's must be those of the set."""


def check_kind(variant: type, data: GANDataModule) -> None:
    """Refuses data of another kind than the variant's.

    Raises:
        UserError: If its batches are none that the variant takes.
    """
    wanted = getattr(variant, "BATCHES", (data.yields,))
    if data.yields not in wanted:
        raise UserError(
            f"data: {data.facts.name} yields {KINDS[data.yields]}, but {variant.__name__} learns from "
            f"{' or '.join(KINDS[kind] for kind in wanted)}; gan list shows the data sets"
        )


def check_fits(model: AdversarialModule, data: GANDataModule) -> None:
    """Refuses data of another kind or shape than a trained model's.

    Raises:
        UserError: If they do not go together.
    """
    check_kind(type(model), data)
    for name in MUST_AGREE:
        wanted, given = model.data_facts.get(name), getattr(data.facts, name)
        if wanted not in (None, given):
            raise UserError(f"data.{name}: {data.facts.name} has {given}, but the checkpoint's model {wanted}")


def evaluate(
    verb: str,
    model: AdversarialModule,
    datamodule: GANDataModule,
    trainer_options: dict[str, Any],
    callbacks: Sequence[Callback] = (),
) -> tuple[dict[str, float], torch.device]:
    """What the model logs on held-out or test images.

    Args:
        verb: Which of Lightning's loops to run, "validate" or "test".
        model: The variant.
        datamodule: The data set.
        trainer_options: Lightning's accelerator, devices, num_nodes, strategy, precision.
        callbacks: What watches the loop and logs more.

    Returns:
        What was logged, and this process's device, where a further look can be taken.

    Raises:
        UserError: If the data does not fit the model.
    """
    check_fits(model, datamodule)
    trainer = verb_trainer({**trainer_options, "callbacks": list(callbacks)})
    (results,) = getattr(trainer, verb)(model, datamodule=datamodule, verbose=False)
    return dict(results), trainer.strategy.root_device
