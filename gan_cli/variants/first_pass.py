"""The first pass of networks whose weights are set by data, before the first step of a run."""

from typing import TYPE_CHECKING

from torch import Tensor

from gan_cli import seeding
from gan_cli.networks import weight_norm
from gan_cli.networks.layers import running_statistics_untouched

if TYPE_CHECKING:
    from gan_cli.variants.chosen_networks import ChosenNetworks

COUNT = 500
"""So many training things the weights are set by, as in Salimans et al.'s code; fewer where there are not so many."""


def start_from_data(model: "ChosenNetworks") -> None:
    """Sets what a first pass sets: a function of the seed and the data, the same in every process.

    The generator makes as many things, and the discriminator sees real ones alone.

    Args:
        model: Its data module has read what there is to train on, and no step has been made.
    """
    if not any(map(weight_norm.starts_from_data, (model.generator, model.discriminator))):
        return
    batch = model.trainer.datamodule.some(COUNT, model.seed, model.device)  # type: ignore[attr-defined]
    seed = seeding.mix(model.seed, "first pass")
    seeding.reseed(seed, model.device)  # for noise and dropout
    rows = seeding.Rows(0, len(batch.real), len(batch.real))
    with model.at(rows, seed, 0), model.trainer.precision_plugin.forward_context():
        labels = (model.random_labels("generator"),) if "labels" in model.takes else ()
        with running_statistics_untouched(model.generator):
            weight_norm.start_from_data(model.generator, model.latents("generator"), *labels)
        told: tuple[Tensor, ...] = (batch.labels,) if getattr(model.discriminator, "takes_labels", False) else ()
        with running_statistics_untouched(model.discriminator):
            weight_norm.start_from_data(model.discriminator, model.presented(model.laid_out(batch.real)), *told)
