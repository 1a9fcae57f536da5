"""Things from latents on Lightning's predict loop, so that devices and precision mean the same as in training."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from gan_cli.devices import memory
from gan_cli.errors import UserError
from gan_cli.inference.dealt import dealt
from gan_cli.inference.labels import chosen_classes
from gan_cli.inference.latents import seeded_latents
from gan_cli.inference.spaces import check_space, styles_of
from gan_cli.media.medium import rows_of
from gan_cli.variants.adaptation import AdaptationModule
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.latent import LatentModule
from gan_cli.variants.translation import TranslationModule

Sink = Callable[[list[int], Tensor], None]
MadeAt = Callable[[AdversarialModule, Tensor, dict[str, Any], Tensor], Tensor]
"""Makes one batch of things, as `made_at` does."""


def made_at(model: AdversarialModule, latents: Tensor, conditions: dict[str, Any], positions: Tensor) -> Tensor:
    """One batch of things as their medium keeps them, [N, ...], on the CPU.

    Args:
        model: The variant; its device computes.
        latents: All latents, [M, Z], or styles [M, L, W], on the CPU.
        conditions: Further inputs of `forward`; a tensor has one row for each latent.
        positions: Which of the latents, int64 [N], on the CPU.
    """
    chosen = {k: v[positions].to(model.device) if isinstance(v, Tensor) else v for k, v in conditions.items()}
    made: Tensor = model(latents[positions].to(model.device), **chosen)
    return model.medium.kept(made).cpu()


def render(
    model: AdversarialModule,
    latents: Tensor,
    *,
    conditions: dict[str, Any],
    batch_size: int,
    trainer_options: dict[str, Any],
    sink: Sink | None = None,
    before: Callable[[], None] | None = None,
    make: MadeAt = made_at,
) -> Tensor | None:
    """The things that the model makes from latents, by all devices together.

    Args:
        model: The variant.
        latents: [M, Z], or styles [M, L, W].
        conditions: Further inputs of the variant's `forward`; a tensor has one row for each thing.
        batch_size: Things at a time on a device.
        trainer_options: Lightning's accelerator, devices, num_nodes, strategy, precision.
        sink: Gets the positions in `latents` and the things of each batch, as they are kept, on the process that made
            them; then nothing is collected.
        before: What is done to the model on its device, before the first batch.
        make: Makes each batch.

    Returns:
        [M, ...] as its medium keeps them, on the first process where there is no sink; otherwise None.
    """

    def made(positions: Tensor) -> Tensor | None:
        things = make(model, latents, conditions, positions)
        if sink is None:
            wanted = len(latents) * things[0].nbytes
            memory.check_room(wanted, f"{len(latents):,} {model.medium.name} at once", "Ask for fewer, or for files")
            return things
        sink(positions.tolist(), things)
        return None

    return dealt(model, len(latents), made, batch_size=batch_size, trainer_options=trainer_options, before=before)


def conditions_for(
    model: AdversarialModule,
    count: int,
    labels: Sequence[int | str] | None = None,
    psi: float | None = None,
    given: Mapping[str, Tensor] | None = None,
) -> dict[str, Any]:
    """The inputs of the variant's `forward` beside latents, from what the user asked for.

    Args:
        model: The variant.
        count: How many things.
        labels: Classes by number or name, dealt out in turn; None means all classes in turn.
        psi: Truncation; None leaves it off.
        given: Further inputs, by name, as the model sees them; rows are dealt out in turn.

    Raises:
        UserError: If the variant has no labels or no truncation, there is no such class, or something is not given.
    """
    return conditions_with(model, labels_for(model, count, labels), count, psi, given)


def conditions_with(
    model: AdversarialModule,
    labels: Tensor | None,
    count: int,
    psi: float | None = None,
    given: Mapping[str, Tensor] | None = None,
) -> dict[str, Any]:
    """The same where the class of each thing is known: int64 [M], shares [M, K], or None for no classes.

    Raises:
        UserError: If the variant has no truncation, or something is not given.
    """
    name = type(model).__name__
    conditions: dict[str, Any] = {} if labels is None else {"labels": labels}
    if psi is not None:
        if not model.TRUNCATES:
            raise UserError(f"truncation_psi: {name} has no truncation; leave it out")
        conditions["truncation_psi"] = psi
    for field in model.takes:
        if field == "labels":
            continue
        if given is None or field not in given:
            raise UserError(f"given: {name} makes things from {field}, and none are given")
        conditions[field] = rows_of(given[field], count)
    return conditions


def labels_for(model: AdversarialModule, count: int, typed: Sequence[int | str] | None) -> Tensor | None:
    """The class of each thing, int64 [M]: those typed in turn, or all; None where the model is not conditional.

    Raises:
        UserError: If it is not, and some were typed; or there is no such class.
    """
    check_labels(model, typed)
    if not takes_labels(model):
        return None
    chosen = chosen_classes(model, typed)
    return torch.tensor([chosen[k % len(chosen)] for k in range(count)])


def noise_for(model: AdversarialModule, typed: str | None, count: int, seed: int = 0) -> dict[str, Any]:
    """The noise that the generator adds to its maps, as an input of `forward`; nothing if none was typed.

    Args:
        model: The variant.
        typed: What the user asked for.
        count: How many things.
        seed: Where noise is random, thing k has that of seed + k.

    Raises:
        UserError: If the model adds no noise, or none of that kind.
    """
    if typed is None:
        return {}
    modes = model.noise_modes if isinstance(model, LatentModule) else ()
    if not modes:
        raise UserError(f"noise: this {type(model).__name__} adds no noise to its maps; leave it out")
    if typed not in modes:
        raise UserError(f"noise: {typed} is unknown; take {', '.join(modes[:-1])} or {modes[-1]}")
    return {"noise": torch.arange(seed, seed + count) if typed == "random" else typed}


def latents_of(
    model: AdversarialModule,
    seeds: Sequence[int],
    space: str = "z",
    ema: bool = True,
    labels: Tensor | None = None,
    threshold: float | None = None,
) -> Tensor:
    """The latents of seeds for a model that makes things from noise, [M, Z]; in the space w their styles, [M, L, W].

    Args:
        model: The variant.
        seeds: M whole numbers >= 0.
        space: z, or w where the variant has it.
        ema: The averaged mapping to styles where there is one, or the one that is trained.
        labels: The classes that styles of a conditional model depend on, int64 [M].
        threshold: Numbers of normal latents beyond it are drawn again; None truncates nothing.

    Raises:
        UserError: If it makes things from images, has no such space, or no normal latents for a threshold.
    """
    if isinstance(model, TranslationModule):
        raise UserError(f"ckpt: {type(model).__name__} makes images from images; type gan {model.VERB}")
    if isinstance(model, AdaptationModule):
        raise UserError(f"ckpt: {type(model).__name__} tells classes of images; type gan {model.VERB}")
    latents = seeded_latents(seeds, model.latent_dim, model.latent_distribution, threshold)
    check_space(model, space)
    return latents if space == "z" else styles_of(model, latents, labels, ema)


def takes_labels(model: AdversarialModule) -> bool:
    """Whether the model is conditional."""
    return "labels" in model.takes


def check_labels(model: AdversarialModule, typed: Sequence[int | str] | None) -> None:
    """Refuses labels where the model is not conditional.

    Raises:
        UserError: If there are any.
    """
    if typed is not None and not takes_labels(model):
        name = type(model).__name__
        if "attributes" in model.takes:
            raise UserError(f"labels: this {name} makes things from attributes; type --given with their names instead")
        raise UserError(f"labels: this {name} is not conditional; leave them out")
