"""Images from latents on Lightning's predict loop, so that devices and precision mean the same as in training."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.inference.dealt import dealt
from gan_cli.inference.labels import chosen_classes
from gan_cli.inference.latents import seeded_latents
from gan_cli.media.images import to_uint8
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.translation import TranslationModule

Sink = Callable[[list[int], Tensor], None]


def render(
    model: AdversarialModule,
    latents: Tensor,
    *,
    conditions: dict[str, Any],
    batch_size: int,
    trainer_options: dict[str, Any],
    sink: Sink | None = None,
) -> Tensor | None:
    """The images of latents, made by all devices together.

    Args:
        model: The variant.
        latents: [M, Z].
        conditions: What else the variant's `forward` takes; a tensor has one row an image.
        batch_size: Images at a time on a device.
        trainer_options: Lightning's accelerator, devices, num_nodes, strategy, precision.
        sink: Gets the positions in `latents` and the uint8 images of each batch, on the process that made them; then
            nothing is collected.

    Returns:
        uint8 [M, C, H, W], or float [M, D] for points, on the first process where there is no sink; otherwise None.
    """

    def made_at(positions: Tensor) -> Tensor | None:
        images = images_at(model, latents, conditions, positions)
        if sink is None:
            return images
        sink(positions.tolist(), images)
        return None

    return dealt(model, len(latents), made_at, batch_size=batch_size, trainer_options=trainer_options)


def conditions_for(
    model: AdversarialModule, count: int, labels: Sequence[int | str] | None, psi: float | None
) -> dict[str, Any]:
    """What the variant's `forward` takes beside latents, from what the user asked for.

    Args:
        model: The variant.
        count: How many images.
        labels: Classes by number or name, dealt out in turn; None means all classes in turn.
        psi: Truncation; None leaves it off.

    Raises:
        UserError: If the variant has no labels or no truncation, or there is no such class.
    """
    name = type(model).__name__
    accepted = inspect.signature(model.forward).parameters
    conditions: dict[str, Any] = {}
    if psi is not None:
        if "truncation_psi" not in accepted:
            raise UserError(f"truncation_psi: {name} has no truncation; leave it out")
        conditions["truncation_psi"] = psi
    if labels is not None and not takes_labels(model):
        raise UserError(f"labels: this {name} is not conditional; leave them out")
    if takes_labels(model):
        chosen = chosen_classes(model, labels)
        conditions["labels"] = torch.tensor([chosen[k % len(chosen)] for k in range(count)])
    return conditions


def latents_of(model: AdversarialModule, seeds: Sequence[int]) -> Tensor:
    """The latents of seeds for a model that makes pictures from noise, [M, Z].

    Raises:
        UserError: If it makes them from pictures.
    """
    if isinstance(model, TranslationModule):
        raise UserError(f"ckpt: {type(model).__name__} makes images from images; type gan translate")
    return seeded_latents(seeds, model.latent_dim, model.latent_distribution)


def takes_labels(model: AdversarialModule) -> bool:
    """Whether the variant is conditional."""
    return model.num_classes > 0 and "labels" in inspect.signature(model.forward).parameters


def images_at(model: AdversarialModule, latents: Tensor, conditions: dict[str, Any], positions: Tensor) -> Tensor:
    """One batch of images, uint8 [N, C, H, W], or of points, float [N, D], on the CPU.

    Args:
        model: The variant; its device computes.
        latents: All latents, [M, Z], on the CPU.
        conditions: What else `forward` takes; a tensor has one row for each latent.
        positions: Which of the latents, int64 [N], on the CPU.
    """
    chosen = {k: v[positions].to(model.device) if isinstance(v, Tensor) else v for k, v in conditions.items()}
    made: Tensor = model(latents[positions].to(model.device), **chosen)
    return (made.float() if model.point_dim else to_uint8(made)).cpu()
