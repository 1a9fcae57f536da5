"""A discriminator's features of images: the outputs of its layers as one row of numbers."""

import inspect

import torch
from torch import Tensor, nn

from gan_cli.errors import UserError
from gan_cli.networks.layer_outputs import feature_layers, layer_outputs, pooled_row, pooled_side
from gan_cli.variants.adaptation import AdaptationModule
from gan_cli.variants.base import AdversarialModule


def check_has_features(model: AdversarialModule) -> int:
    """How many of the discriminator's layers give features.

    Raises:
        UserError: If none do, there are several discriminators, or theirs needs more than a thing and its class.
    """
    name = type(model).__name__
    if "discriminator" not in model.players:
        raise UserError(f"ckpt: {name} has no discriminator")
    if isinstance(model, AdaptationModule):
        raise UserError(f"ckpt: the discriminator of {name} sees features alone; type gan classify")
    if isinstance(model.discriminator, nn.ModuleDict):
        raise UserError(f"ckpt: {name} has several discriminators, none of which has learned the whole data")
    if _needs_more(model.discriminator):
        raise UserError(f"ckpt: the discriminator of {name} judges nothing alone, but beside other things")
    layers = len(feature_layers(model.discriminator))
    if not layers:
        raise UserError(f"ckpt: the discriminator of {name} has no activations that are layers of their own")
    return layers


def _needs_more(discriminator: nn.Module) -> bool:
    """Whether a discriminator takes more than a thing and its class, which cannot be left out."""
    _, *further = inspect.signature(discriminator.forward).parameters.values()
    return any(one.default is one.empty and one.kind is not one.VAR_KEYWORD for one in further if one.name != "labels")


@torch.no_grad()
def discriminator_features(model: AdversarialModule, inputs: Tensor) -> Tensor:
    """The outputs of all layers, max-pooled to 4x4 and laid out in a row, float32 [N, F]; see `pooled_row`.

    Where a network's paper takes other layers or another size, it is as in the paper.

    A discriminator that is told the class is told all classes in equal shares, so that it gives nothing away, and one
    that judges packs sees a pack of the same image.

    Args:
        model: The variant, in eval mode.
        inputs: Images [N, C, H, W] in [-1, 1], points [N, D] or other things as the model sees them, on its device.
    """
    count, at_once = len(inputs), model.fewest_to_judge()
    inputs = model.seen(inputs)[torch.arange(-(-count // at_once) * at_once, device=inputs.device) % count]
    labels: tuple[Tensor, ...] = ()
    if getattr(model.discriminator, "takes_labels", False):
        labels = (inputs.new_full((len(inputs), model.num_classes), 1 / model.num_classes),)
    pack = getattr(model, "pack", 1)
    with layer_outputs(model.discriminator) as outputs:
        model.judge_fake((inputs.repeat(1, pack, *[1] * (inputs.ndim - 2)), *labels))
    return pooled_row(outputs, pooled_side(model.discriminator))[:count]
