"""The discriminator's outputs on things that were held out from training."""

from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from gan_cli import seeding
from gan_cli.errors import UserError
from gan_cli.networks.layers import mixes_batch, running_statistics_untouched
from gan_cli.networks.minibatch_deviation import MinibatchDeviation
from gan_cli.networks.spectral_norm import spectra_untouched
from gan_cli.variants.log import axis

if TYPE_CHECKING:
    from gan_cli.variants.base import AdversarialModule


def look(model: "AdversarialModule", batch: Any, batch_idx: int) -> None:
    """Logs the discriminator's outputs on a held-out batch, and what else the variant measures on it.

    Batch normalisation uses the batch's own statistics, as in training, so that the two can be compared.

    Args:
        model: In eval mode.
        batch: As the model sees it.
        batch_idx: Its number.

    Raises:
        UserError: If the batches are too small to be judged.
    """
    fewest = model.fewest_to_judge()
    count = len(batch[0]) // fewest * fewest
    if not count:
        if batch_idx == 0:
            raise UserError(
                f"data.batch_size: the discriminator judges {fewest} images at once, and the first held-out batch has "
                f"{len(batch[0])}\nTake as many at a time, or hold out more of a set that is so small"
            )
        return  # the last batch of a set, which may be smaller
    batch = type(batch)(*(tensor[:count] for tensor in batch))
    seed = seeding.mix(model.seed, "held out", batch_idx, model.global_rank)
    seeding.reseed(seed, model.device)  # for augmentation
    with model.at(seeding.Rows(0, count, count), seed, batch_idx):
        if "discriminator" in model.players:
            logits = _outputs(model, batch)
            model.log("logits/held_out", logits.float().mean(), sync_dist=True, batch_size=len(logits))
        measures = {f"metric/{name}": value for name, value in model.held_out_measures(batch).items()}
    model.log_dict(measures, sync_dist=True, batch_size=count)
    if model.trainer.state.fn == "fit":
        model.log_dict(axis(model), batch_size=1)


def _outputs(model: "AdversarialModule", batch: Any) -> Tensor:
    """The discriminator's outputs, with the batch's own statistics where it takes any, and without a trace."""
    model.discriminator.train(mixes_batch(model.discriminator))
    with running_statistics_untouched(model.discriminator), spectra_untouched(model.discriminator):
        logits = model.held_out_logits(batch)
    model.discriminator.eval()
    return logits


def fewest(discriminator: nn.Module) -> int:
    """The group that it compares; two, if it normalises single numbers over the batch."""
    groups = (module.group for module in discriminator.modules() if isinstance(module, MinibatchDeviation))
    normalises = any(isinstance(module, nn.BatchNorm1d) for module in discriminator.modules())
    return max([1 + normalises, *groups])
