"""The record that explains a checkpoint: the variant, the facts of its data, how far training got, and its seed."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import torch

from gan_cli._version import __version__
from gan_cli.devices import float32
from gan_cli.errors import Diverged
from gan_cli.media.medium import Medium, medium_of
from gan_cli.variants import schedules

if TYPE_CHECKING:
    from gan_cli.variants.base import AdversarialModule

RECORD = "gan_cli"
"""The checkpoint's key for this record."""

FORMAT = 2
"""Raised where an argument that checkpoints hold comes to mean something else; `inference/older.py` knows what."""


@dataclass
class Counters:
    """How far a run has got; kept in the checkpoint.

    Attributes:
        batches: Batches trained on, each counted once whatever `n_critic`.
        generator_steps: Steps of the generator; decay and EMA follow them.
        images: Real things shown to the model by all processes together; a thousand of them are one kimg.
        critic_steps: Steps of the discriminator since the last batch on which the generator stepped.
    """

    batches: int = 0
    generator_steps: int = 0
    images: int = 0
    critic_steps: int = 0


def written(model: "AdversarialModule") -> dict[str, Any]:
    """The record of a model that is being trained.

    Raises:
        Diverged: If a weight is infinite or not a number; such a checkpoint is never written.
    """
    tensors = [tensor for tensor in model.state_dict().values() if tensor.is_floating_point()]
    if not torch.stack([tensor.isfinite().all() for tensor in tensors]).all():
        raise Diverged(f"a weight is no longer finite after step {model.counters.batches}; nothing was saved")
    return lasting(model) | {
        "things_in_a_pass": schedules.things_in_a_pass(model.trainer),
        "processes": model.trainer.world_size,
        "precision": str(model.trainer.precision),
        "tf32": any(float32.rounded()),
    }


def lasting(model: "AdversarialModule") -> dict[str, Any]:
    """The part of the record that belongs to a model whether it is being trained or not."""
    return {
        "gan_cli": __version__,
        "format": FORMAT,
        "variant": type(model).__name__,
        "module": type(model).__module__,
        "data": model.data_facts,
        "counters": asdict(model.counters),
        "seed": model.seed,
        "rates_end": model.rates_end and list(model.rates_end),
        "attempt": model.attempt,
        "threads": model.threads,
        "origin": model.origin,
        "imported": model.imported,
    }


def taken_up(model: "AdversarialModule", checkpoint: dict[str, Any]) -> None:
    """Gives a model the counters, the seed and the data's facts of the run that is resumed or read."""
    record = checkpoint[RECORD]
    model.counters = Counters(**record["counters"])
    model.seed = record["seed"]
    model.data_facts = record["data"]
    model.data_arguments = checkpoint.get("datamodule_hyper_parameters", {})
    model.threads = record.get("threads")
    model.origin = record.get("origin", {})
    model.imported = record.get("imported", {})
    model.attempt = record.get("attempt", 0) + model.further_attempts
    for name, rate in model.learning_rates.items():
        model.learning_rates[name] = model.hparams.get(f"{name}_lr", rate) / 2**model.attempt


def media_of(model: "AdversarialModule") -> dict[str, Medium]:
    """The medium of each field of a model's batches, as its data says, or as the variant does if no data is known."""
    recorded = model.data_facts.get("fields")
    if recorded:
        return {name: medium_of(told) for name, told in recorded.items()}
    needed = next(fields for fields in model.LEARNS_FROM if model.makes in fields)
    return {name: kind() for name, kind in needed.items()}
