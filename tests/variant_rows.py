"""Rows for every variant: what `test_variants.py` holds to the contract."""

from typing import Any, NamedTuple

from gan_cli.variants import (
    ACGAN,
    CGAN,
    DCGAN,
    GAN,
    LSGAN,
    R3GAN,
    SGAN,
    SNGAN,
    WGAN,
    WGANGP,
    WGANLP,
    AdversarialModule,
)

TINY: dict[str, Any] = {"image_size": 16, "image_channels": 1, "base_channels": 4, "latent_dim": 8}
"""16x16 grey images, networks that train in moments."""


class VariantRow(NamedTuple):
    """A variant in a size that trains in moments.

    Attributes:
        name: What the row is about.
        variant: The class.
        arguments: What it takes beside `TINY`.
        n_critic: Steps of the discriminator for each of the generator.
        resting: Endings of the parameters that a player's first descent leaves where they are, by construction.
        tells_classes: Whether its discriminator is also a classifier.
    """

    name: str
    variant: type[AdversarialModule]
    arguments: dict[str, Any]
    n_critic: int = 1
    resting: tuple[str, ...] = ()
    tells_classes: bool = False

    def make(self, **changes: Any) -> Any:
        """A new model."""
        return self.variant(**{**TINY, **self.arguments, **changes})


WITHIN_THE_MARGIN = ("discriminator.head.bias",)
"""Before any output leaves the hinge's margin, the real images' pull on it is the generated ones' push."""
BEHIND_A_ZERO = ("widen.weight", "grouped.weight", ".biases")
"""In a residual block whose last convolution starts from 0."""

ROWS = [
    VariantRow("gan", GAN, {"base_channels": 16}),
    VariantRow(
        "gan-tricks", GAN, {"base_channels": 16, "objective": "minimax", "real_target": 0.9, "instance_noise": 0.1}
    ),
    VariantRow("lsgan", LSGAN, {"ema_decay": 0.9}),
    VariantRow("wgan", WGAN, {}, n_critic=5),
    VariantRow("wgan-gp", WGANGP, {"ema_decay": 0.9}, n_critic=5),
    VariantRow("wgan-gp-supervised", WGANGP, {"num_classes": 10}, n_critic=5, tells_classes=True),
    VariantRow("wgan-lp", WGANLP, {}, n_critic=5),
    VariantRow("sngan-cnn", SNGAN, {"architecture": "cnn"}, n_critic=5, resting=WITHIN_THE_MARGIN),
    VariantRow("sngan-resnet", SNGAN, {"ema_decay": 0.9}, n_critic=5),
    VariantRow("r3gan", R3GAN, {"base_channels": 1, "depth": 1}, resting=BEHIND_A_ZERO),
    VariantRow("r3gan-dcgan", R3GAN, {"architecture": "dcgan", "norm": "none", "schedule_kimg": 0.2}),
    VariantRow("dcgan", DCGAN, {}),
    VariantRow(
        "dcgan-augmented",
        DCGAN,
        {"latent_distribution": "uniform", "augment": ("color", "translation", "cutout"), "ema_decay": 0.0},
    ),
    VariantRow("dcgan-packed", DCGAN, {"pack": 2}),
    VariantRow("cgan", CGAN, {}),
    VariantRow("cgan-projection", CGAN, {"conditioning": "projection"}),
    VariantRow("cgan-mismatched", CGAN, {"mismatched_labels": True}),
    VariantRow("acgan", ACGAN, {}, tells_classes=True),
    VariantRow("sgan", SGAN, {"num_labelled": 20}, tells_classes=True),
    VariantRow(
        "sgan-adversarial", SGAN, {"num_labelled": 20, "generator_objective": "adversarial"}, tells_classes=True
    ),
]
