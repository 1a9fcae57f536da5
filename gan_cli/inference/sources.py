"""What a verb makes things from: the latents of seeds, or those of a file, with the class of each."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.inference.latent_files import Latents, check_latents, read_latents
from gan_cli.inference.rendering import labels_for, latents_of
from gan_cli.inference.spaces import check_space, styles_of
from gan_cli.variants.base import AdversarialModule


def seeded(model: AdversarialModule, seeds: Sequence[int], threshold: float | None = None) -> Latents:
    """The latents of seeds, named by them; numbers of normal latents beyond a threshold are drawn again.

    Raises:
        UserError: If the model makes things from images, there is no seed, or no normal latents for a threshold.
    """
    return Latents("z", latents_of(model, seeds, threshold=threshold), names=tuple(f"seed{seed:06d}" for seed in seeds))


def stored(model: AdversarialModule, path: str | Path) -> Latents:
    """The latents of a file, named as they are there, or by their rows.

    Raises:
        UserError: If it holds none of this model.
    """
    found = read_latents(Path(path), model)
    return found if found.names else replace(found, names=tuple(f"row{row:06d}" for row in range(len(found))))


def known(model: AdversarialModule, latents: Latents) -> Latents:
    """The same latents, if they can be this model's.

    Raises:
        UserError: If they cannot.
    """
    check_latents("what was handed over", model, latents)
    return latents


def with_classes(model: AdversarialModule, latents: Latents, typed: Sequence[int | str] | None) -> Latents:
    """Latents with the classes that they are made into: those typed, in turn; or their own; or all in turn.

    Styles keep what they have, because they were made of a class.

    Raises:
        UserError: If the model is not conditional, there is no such class, or styles are to have another.
    """
    if latents.space != "z" and typed is not None:
        raise UserError(
            f"labels: these latents are styles, in {latents.space}, and their class is settled; leave it out"
        )
    if latents.space != "z" or (typed is None and latents.labels is not None):
        return latents
    return replace(latents, labels=labels_for(model, len(latents), typed))


def in_space(model: AdversarialModule, latents: Latents, space: str, ema: bool = True) -> Tensor:
    """Latents as `forward` takes them, in a space: [N, Z] in z, styles [N, L, W] in w.

    Raises:
        UserError: If the model has no such space, or there is no way back to it.
    """
    check_space(model, space)
    if latents.space == "z":
        return latents.rows if space == "z" else styles_of(model, latents.rows, latents.labels, ema)
    if space == "z":
        raise UserError(f"space: these latents are styles, in {latents.space}, and there is no way back to z; take w")
    return latents.inputs(model)
