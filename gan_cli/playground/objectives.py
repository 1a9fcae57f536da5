"""The objectives that a game can be played with: each is one of the package's variants, on points."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from gan_cli.playground.settings import ObjectiveName, Settings
from gan_cli.variants import GAN, LSGAN, R3GAN, WGAN, WGANGP
from gan_cli.variants.chosen_networks import ChosenNetworks

Number = Literal["clip", "penalty", "beta1"]


@dataclass(frozen=True)
class Objective:
    """What both players descend on.

    Attributes:
        title: Its name for people, with the year of its paper.
        make: Gives the variant from settings and the arguments that all variants have.
        surface: What the discriminator's surface shows, in words.
        as_probability: Whether the surface is the sigmoid of what the discriminator gives.
        takes: The settings that not every objective takes.
    """

    title: str
    make: Callable[..., ChosenNetworks]
    surface: str
    as_probability: bool = False
    takes: tuple[Number, ...] = ("beta1",)


def _gan(objective: str) -> Callable[..., ChosenNetworks]:
    def make(settings: Settings, **shared: Any) -> ChosenNetworks:
        return GAN(objective=objective, latent_distribution="normal", adam_betas=(settings.beta1, 0.999), **shared)  # type: ignore[arg-type]

    return make


def _lsgan(settings: Settings, **shared: Any) -> ChosenNetworks:
    return LSGAN(adam_betas=(settings.beta1, 0.999), **shared)


def _wgan(settings: Settings, **shared: Any) -> ChosenNetworks:
    return WGAN(clip=settings.clip, **shared)


def _wgan_gp(settings: Settings, **shared: Any) -> ChosenNetworks:
    return WGANGP(lambda_gp=settings.penalty, adam_betas=(settings.beta1, 0.9), **shared)


def _r3gan(settings: Settings, **shared: Any) -> ChosenNetworks:
    # Without its schedules, which a game that ends nowhere does not have; the momentum is the paper's 0.
    constant: dict[str, Any] = {
        "schedule_kimg": 0.0,
        "lr_end_factor": 1.0,
        "ema_half_life_kimg": 0.0,
        "beta2": (0.99, 0.99),
    }
    return R3GAN(r1_gamma=settings.penalty, r1_gamma_end=settings.penalty, **constant, **shared)


_PROBABILITY = "probability that a point is real"
OBJECTIVES: Mapping[ObjectiveName, Objective] = {
    "minimax": Objective("Minimax (GAN, 2014)", _gan("minimax"), _PROBABILITY, as_probability=True),
    "non_saturating": Objective(
        "Non-saturating (GAN, 2014)", _gan("non-saturating"), _PROBABILITY, as_probability=True
    ),
    "least_squares": Objective("Least squares (LSGAN, 2017)", _lsgan, "output: 1 for real, 0 for generated"),
    "wgan": Objective("Wasserstein, clipped (WGAN, 2017)", _wgan, "the critic's score", takes=("clip",)),
    "wgan_gp": Objective(
        "Wasserstein, penalty (WGAN-GP, 2017)", _wgan_gp, "the critic's score", takes=("beta1", "penalty")
    ),
    "r3gan": Objective("Relativistic (R3GAN, 2024)", _r3gan, "the critic's score", takes=("penalty",)),
}


def variant_of(settings: Settings) -> ChosenNetworks:
    """The variant that settings name, with networks of their sizes and first weights from PyTorch's random state."""
    return OBJECTIVES[settings.objective].make(
        settings,
        point_dim=2,
        architecture="mlp",
        latent_dim=settings.latent_dim,
        base_channels=settings.discriminator_width,
        generator_base_channels=settings.generator_width,
        depth=settings.depth,
        generator_lr=settings.generator_lr,
        discriminator_lr=settings.discriminator_lr,
        n_critic=settings.n_critic,
    )
