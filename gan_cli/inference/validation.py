"""`gan validate`, and a part of `gan test`: a checkpoint's discriminator on images it has not seen."""

from collections.abc import Sequence
from typing import Any

import torch
from lightning.pytorch import Callback

from gan_cli.data import AdaptationDataModule, GANDataModule
from gan_cli.errors import UserError
from gan_cli.inference.trainers import verb_trainer
from gan_cli.variants.base import AdversarialModule, Fields


def check_kind(variant: type[AdversarialModule], data: GANDataModule) -> None:
    """Refuses data of another kind than the variant's.

    Raises:
        UserError: If its batches do not have the fields, or not the media, that the variant learns from.
    """
    if not any(_has(data, fields) for fields in variant.LEARNS_FROM):
        there = _described({name: type(medium) for name, medium in data.fields.items()})
        wanted = " or ".join(map(_described, variant.LEARNS_FROM))
        raise UserError(
            f"data: {data.name} yields {there}, but {variant.__name__} learns from {wanted}; gan list shows the sets"
        )


def _has(data: GANDataModule, fields: Fields) -> bool:
    if isinstance(data, AdaptationDataModule) and "labels" not in fields:
        return False  # its source and target do not belong together, as they do in pairs
    return all(isinstance(data.fields.get(name), kind) for name, kind in fields.items())


def _described(fields: Fields) -> str:
    """Fields in words: "images" if there is one of that name, otherwise such as "source and target (images)"."""
    kinds: dict[str, list[str]] = {}
    for name, kind in fields.items():
        kinds.setdefault(kind.name, []).append(name)
    return " and ".join(kind if names == [kind] else f"{' and '.join(names)} ({kind})" for kind, names in kinds.items())


def check_fits(model: AdversarialModule, data: GANDataModule) -> None:
    """Refuses data of another kind or shape than a trained model's.

    Raises:
        UserError: If they do not go together.
    """
    check_kind(type(model), data)
    if model.makes not in data.fields:
        raise UserError(f"data: {data.name} has no {model.makes}, which the checkpoint's model makes")
    for name, value in data.facts.items():
        wanted = model.data_facts.get(name)
        if name in model.hparams and name != "num_classes" and wanted not in (None, value):
            raise UserError(f"data.{name}: {data.name} has {value}, but the checkpoint's model {wanted}")


def check_labels_mean_the_same(model: AdversarialModule, data: GANDataModule) -> None:
    """Refuses data whose classes or domains have other names than those of training, or another order.

    Raises:
        UserError: If the model uses them, and a label would mean something else than it has learned.
    """
    for name, used in (("class_names", model.num_classes > 0), ("domains", True)):
        here, there = (list(facts.get(name) or ()) for facts in (data.facts, model.data_facts))
        if used and here and there and here != there:
            raise UserError(
                f"data.{name}: {data.name} has {', '.join(map(str, here))}, but the checkpoint's model has learned "
                f"{', '.join(map(str, there))}\nGive them the same names and the same order"
            )


def evaluate(
    verb: str,
    model: AdversarialModule,
    datamodule: GANDataModule,
    trainer_options: dict[str, Any],
    callbacks: Sequence[Callback] = (),
) -> tuple[dict[str, float], torch.device]:
    """The numbers that the model logs on held-out or test data.

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
    check_labels_mean_the_same(model, datamodule)
    trainer = verb_trainer({**trainer_options, "callbacks": list(callbacks)})
    (results,) = getattr(trainer, verb)(model, datamodule=datamodule, verbose=False)
    return dict(results), trainer.strategy.root_device
