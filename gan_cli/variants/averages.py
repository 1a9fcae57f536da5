"""The generator's average by half-life, as in the code of Karras et al.: in images, whatever the batch."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gan_cli.variants.base import AdversarialModule


def by_half_life(model: "AdversarialModule", kimg: float, ramp: float = 0.0) -> float:
    """Weight of the old average after a step of the generator.

    Args:
        model: The variant, which is on a batch.
        kimg: The half-life in thousands of real images.
        ramp: It is at most this share of the images shown so far; 0 has no ramp, and neither has an average that began
            with another run's.
    """
    images = 1000 * kimg
    if ramp and not model.origin:
        images = min(images, ramp * model.counters.images)
    return float(0.5 ** (model.rows.total * model.n_critic / images)) if images else 0.0
