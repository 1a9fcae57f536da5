"""`gan validate` and `gan test`: a checkpoint's discriminator on images it has not seen."""

from collections.abc import Sequence
from typing import Any

from lightning.pytorch import Callback

from gan_cli import data
from gan_cli.data import GANDataModule
from gan_cli.errors import UserError
from gan_cli.inference.trainers import verb_trainer
from gan_cli.variants.base import AdversarialModule


def evaluate(
    verb: str,
    model: AdversarialModule,
    datamodule: GANDataModule | None,
    trainer_options: dict[str, Any],
    callbacks: Sequence[Callback] = (),
) -> dict[str, float]:
    """What the model logs on held-out or test images.

    Args:
        verb: Which of Lightning's loops to run, "validate" or "test".
        model: The variant.
        datamodule: The data set typed; None takes the one the checkpoint names.
        trainer_options: Lightning's accelerator, devices, num_nodes, strategy, precision.
        callbacks: What watches the loop and logs more.

    Raises:
        UserError: If the checkpoint names no data set of ours, or the data does not fit the model.
    """
    chosen = datamodule or _data_set_of(model)
    for name in ("point_dim", "image_size", "image_channels"):
        wanted, given = model.data_facts.get(name), getattr(chosen.facts, name)
        if wanted not in (None, given):
            raise UserError(f"data.{name}: {chosen.facts.name} has {given}, but the checkpoint's model {wanted}")
    trainer = verb_trainer({**trainer_options, "callbacks": list(callbacks)})
    (results,) = getattr(trainer, verb)(model, datamodule=chosen, verbose=False)
    return dict(results)


def _data_set_of(model: AdversarialModule) -> GANDataModule:
    facts = model.data_facts
    kind = getattr(data, facts.get("name", ""), None)
    if kind is None:
        raise UserError(
            f"data: the checkpoint was trained on {facts.get('name', 'data it does not name')}; type --data"
        )
    sized = {"image_size": facts["image_size"]} if facts["image_size"] else {}
    chosen: GANDataModule = kind(**sized)
    return chosen
