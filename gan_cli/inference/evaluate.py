"""`gan validate` and `gan test`: a checkpoint's discriminator on images it has not seen."""

from typing import Any

from lightning.pytorch import Trainer

from gan_cli import data
from gan_cli.data import ImageDataModule
from gan_cli.errors import UserError
from gan_cli.variants.base import AdversarialModule


def evaluate(
    verb: str,
    model: AdversarialModule,
    datamodule: ImageDataModule | None,
    trainer_options: dict[str, Any],
) -> dict[str, float]:
    """What the model logs on held-out or test images.

    Args:
        verb: Which of Lightning's loops to run, "validate" or "test".
        model: The variant.
        datamodule: The data set typed; None takes the one the checkpoint names.
        trainer_options: Lightning's accelerator, devices, num_nodes, strategy, precision.

    Raises:
        UserError: If the checkpoint names no data set of ours, or the data does not fit the model.
    """
    chosen = datamodule or _data_set_of(model)
    wanted, given = model.data_facts.get("image_channels"), chosen.facts.image_channels
    if wanted not in (None, given):
        raise UserError(
            f"data: {chosen.facts.name} has {given} channels, the checkpoint's model {wanted}; type another"
        )
    trainer = Trainer(
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        use_distributed_sampler=False,
        **trainer_options,
    )
    (results,) = getattr(trainer, verb)(model, datamodule=chosen, verbose=False)
    return dict(results)


def _data_set_of(model: AdversarialModule) -> ImageDataModule:
    facts = model.data_facts
    kind = getattr(data, facts.get("name", ""), None)
    if kind is None:
        raise UserError(
            f"data: the checkpoint was trained on {facts.get('name', 'data it does not name')}; type --data"
        )
    chosen: ImageDataModule = kind(image_size=facts["image_size"])
    return chosen
