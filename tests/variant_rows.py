"""One row per variant: what `test_variants.py` holds to the contract."""

from typing import Any, NamedTuple

from gan_cli.variants import DCGAN, AdversarialModule


class VariantRow(NamedTuple):
    """A variant in a size that trains in moments.

    Attributes:
        variant: The class.
        arguments: Tiny arguments that fit 16x16 grey images.
    """

    variant: type[AdversarialModule]
    arguments: dict[str, Any]


ROWS = [
    VariantRow(DCGAN, {"image_size": 16, "image_channels": 1, "base_channels": 4, "latent_dim": 8}),
    VariantRow(
        DCGAN,
        {
            "image_size": 16,
            "image_channels": 1,
            "base_channels": 4,
            "latent_dim": 8,
            "latent_distribution": "uniform",
            "augment": ("color", "translation", "cutout"),
            "ema_decay": 0.0,
        },
    ),
]
