"""Where the latents of a model lie: their mean, and how far from it they are."""

from dataclasses import dataclass

import torch
from torch import Tensor

from gan_cli import seeding
from gan_cli.inference.latent_files import StoredSpace
from gan_cli.inference.spaces import style_shape, styles_of
from gan_cli.variants.base import AdversarialModule

DRAWN = 10_000
"""So many latents are drawn, as in StyleGAN2's projector."""


@dataclass(frozen=True)
class Prior:
    """Where the latents of a space lie.

    Attributes:
        mean: [Z], [1, W] or [L, W].
        deviation: The root of the mean squared distance from it, of one style where there are several.
        lengths: The smallest and the largest length in z.
    """

    mean: Tensor
    deviation: float
    lengths: tuple[float, float] = (0.0, 0.0)


@torch.no_grad()
def prior_of(
    model: AdversarialModule, space: StoredSpace, label: int | None = None, seed: int = 0, ema: bool = True
) -> Prior:
    """Where the latents of a space lie: told by `DRAWN` of them.

    Args:
        model: The variant.
        space: z, w (one style for all layers) or w+ (one for each).
        label: The class that styles are of, where the model has classes.
        seed: What they are drawn from.
        ema: The averaged mapping to styles where there is one, or the one that is trained.
    """
    drawn = seeding.draw((DRAWN, model.latent_dim), model.latent_distribution, seeding.stream(seed, "prior"))
    if space == "z":
        lengths = drawn.norm(dim=1)
        return Prior(drawn.mean(0), spread(drawn), (float(lengths.min()), float(lengths.max())))
    total, firsts = torch.zeros(style_shape(model)), []
    for part in drawn.split(1000):  # all layers of all of them would take hundreds of megabytes
        labels = None if label is None else torch.full((len(part),), label)
        styles = styles_of(model, part, labels, ema)
        total += styles.sum(0)
        firsts.append(styles[:, 0])
    mean = total / DRAWN
    return Prior(mean if space == "w+" else mean[:1], spread(torch.cat(firsts)))


def spread(rows: Tensor) -> float:
    """The root of the mean squared distance of rows [M, F] from their mean."""
    return float((rows - rows.mean(0)).square().sum(1).mean().sqrt())
