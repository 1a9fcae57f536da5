"""The networks that any objective can train, chosen by name.

The papers' own tables cross architectures with objectives (Gulrajani et al. 2017, table 1 and figure 2; Miyato et al.
2018, table 2; Mao et al. 2017, figure 9), so the choice is an argument and no variant of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import prod
from typing import Any, Literal, NamedTuple

from torch import nn

from gan_cli.errors import UserError
from gan_cli.networks.acgan import ACGANBody, ACGANGenerator
from gan_cli.networks.cnn import CNNBody, CNNGenerator
from gan_cli.networks.dcgan import DCGANBody, DCGANGenerator
from gan_cli.networks.layers import Activation, Norm
from gan_cli.networks.lsgan import LSGANBody, LSGANGenerator
from gan_cli.networks.mlp import MLPBody, MLPGenerator
from gan_cli.networks.r3gan import R3GANBody, R3GANGenerator
from gan_cli.networks.resnet import ResNetBody, ResNetGenerator
from gan_cli.networks.resnet101 import ResNet101Body, ResNet101Generator
from gan_cli.networks.sgan import SGANCNNBody, SGANCNNGenerator, SGANMLPBody, SGANMLPGenerator
from gan_cli.networks.wgan_gp_resnet import SMALL, WGANGPResNetBody, WGANGPResNetGenerator

Architecture = Literal[
    "mlp", "dcgan", "cnn", "resnet", "resnet101", "sngan_resnet", "r3gan", "lsgan", "acgan", "sgan_mlp", "sgan_cnn"
]
"""Each name means one pair of networks, whatever the objective: resnet and resnet101 are those of WGAN-GP's authors."""

MLP_LAYERS = 4


class _Kind(NamedTuple):
    """The properties of an architecture beside its networks.

    Attributes:
        norms: The usual normalisation of the generator and of the discriminator.
        options: Which of depth, norm, activation and constant_width it takes.
        by_class: Whether its generator's batch normalisation can depend on the class.
        large_norm: The discriminator's above 32x32, where it is another.
    """

    norms: tuple[Norm, Norm]
    options: frozenset[str]
    by_class: bool = True
    large_norm: Norm | None = None

    def norm_of(self, player: Literal["generator", "discriminator"], image_size: int) -> Norm:
        """A player's usual normalisation."""
        generator, discriminator = self.norms
        if player == "generator":
            return generator
        return self.large_norm if self.large_norm and image_size > SMALL else discriminator


_KINDS: dict[Architecture, _Kind] = {
    "mlp": _Kind(("none", "none"), frozenset({"depth", "norm", "activation"})),
    "dcgan": _Kind(("batch", "batch"), frozenset({"depth", "norm", "activation", "constant_width"})),
    "cnn": _Kind(("batch", "none"), frozenset({"norm", "activation"})),
    "resnet": _Kind(("batch", "none"), frozenset({"norm", "activation"}), large_norm="batch"),
    "resnet101": _Kind(("batch", "batch"), frozenset({"norm", "activation"})),
    "sngan_resnet": _Kind(("batch", "none"), frozenset({"depth", "norm", "activation"})),
    "r3gan": _Kind(("none", "none"), frozenset({"depth", "constant_width"}), by_class=False),
    "lsgan": _Kind(("batch", "batch"), frozenset({"norm"})),
    "acgan": _Kind(("batch", "batch"), frozenset({"norm"})),
    "sgan_mlp": _Kind(("batch", "none"), frozenset(), by_class=False),
    "sgan_cnn": _Kind(("batch", "none"), frozenset(), by_class=False),
}


@dataclass(frozen=True)
class Design:
    """One player's architecture and the options chosen for it.

    Attributes:
        architecture: Which networks.
        base_channels: Channels next to the image, or units of an MLP's hidden layers.
        depth: Depth as the network counts it; 0 is the architecture's own.
        norm: Normalisation; None is the architecture's own.
        activation: None is the architecture's own.
        constant_width: Whether all layers have one width.
    """

    architecture: Architecture
    base_channels: int
    depth: int = 0
    norm: Norm | None = None
    activation: Activation | None = None
    constant_width: bool = False

    def with_norm(
        self, player: Literal["generator", "discriminator"], allowed: tuple[Norm, ...], image_size: int = SMALL
    ) -> "Design":
        """This design with its normalisation settled: the one chosen, else its own, else the first that is allowed."""
        own = _KINDS[self.architecture].norm_of(player, image_size)
        return replace(self, norm=self.norm or (own if own in allowed else allowed[0]))

    def check(self, shape: tuple[int, ...], prefix: str = "") -> None:
        """Refuses options that the architecture does not have.

        Args:
            shape: Shape of one output, (C, H, W) or (D,).
            prefix: What stands in front of the arguments' names in messages, where they are the generator's own.

        Raises:
            UserError: If an option is not one of the architecture's, or it makes no such outputs.
        """
        kind = _KINDS[self.architecture]
        if len(shape) == 1 and self.architecture != "mlp":
            raise UserError(f"model.{prefix}architecture: {self.architecture} makes images; for points take mlp")
        if self.architecture == "mlp" and self.depth == 1:
            raise UserError(f"model.{prefix}depth: 1 is not possible for mlp; take 2 or more, or 0 for its own")
        chosen = {
            "depth": self.depth != 0,
            "norm": self.norm not in (None, *kind.norms),
            "activation": self.activation is not None,
            "constant_width": self.constant_width,
        }
        for option, is_chosen in chosen.items():
            if is_chosen and option not in kind.options:
                has = [name for name, other in _KINDS.items() if option in other.options]
                raise UserError(
                    f"model.{option if option == 'constant_width' else prefix + option}: {self.architecture} has its "
                    f"own; leave it out, or take --model.{prefix}architecture {' or '.join(has)}"
                )

    def generator(self, shape: tuple[int, ...], latent_dim: int, num_classes: int = 0) -> nn.Module:
        """A generator of this design.

        Args:
            shape: Shape of one output, (C, H, W) or (D,).
            latent_dim: Numbers in.
            num_classes: K, for batch normalisation by class; 0 for the usual one.

        Raises:
            UserError: If the design has no batch normalisation that could depend on the class.
        """
        if num_classes and not _KINDS[self.architecture].by_class:
            raise UserError(
                f"model.generator_architecture: the class goes into the generator's batch normalisation, and "
                f"{self.architecture} has none that takes it; take another"
            )
        if num_classes and self.norm != "batch":
            raise UserError(
                f"model.generator_norm: the class goes into the generator's batch normalisation, and "
                f"{self.architecture} with norm {self.norm} has none; take --model.generator_norm batch"
            )
        options = self._options("relu")
        if num_classes:
            options["num_classes"] = num_classes
        if self.architecture == "mlp":
            return MLPGenerator(shape, latent_dim, self.base_channels, **options)
        channels, size, _ = shape
        return _GENERATORS[self.architecture](size, channels, latent_dim, self.base_channels, **options)

    def body(self, shape: tuple[int, ...], extra: int = 0) -> nn.Module:
        """A discriminator of this design without its outputs; it has `feature_dim`.

        Args:
            shape: Shape of one input, (C, H, W) or (D,).
            extra: Channels (for an MLP: numbers) more than the shape has.
        """
        options = self._options("leaky_relu")
        if self.architecture == "mlp":
            return MLPBody(prod(shape) + extra, self.base_channels, **options)
        channels, size, _ = shape
        return _BODIES[self.architecture](size, channels + extra, self.base_channels, **options)

    def _options(self, mlp_activation: Activation) -> dict[str, Any]:
        """The networks' arguments: only the chosen options, so that a network's own defaults hold for the rest."""
        taken = _KINDS[self.architecture].options
        options: dict[str, Any] = {"depth": self.depth} if "depth" in taken else {}
        if "norm" in taken:
            options["norm"] = self.norm
        if self.activation:
            options["activation_kind"] = self.activation
        if "constant_width" in taken:
            options["constant_width"] = self.constant_width
        if self.architecture == "mlp":
            options |= {"depth": self.depth or MLP_LAYERS, "activation_kind": self.activation or mlp_activation}
        return options


_GENERATORS: dict[Architecture, Callable[..., nn.Module]] = {
    "dcgan": DCGANGenerator,
    "cnn": CNNGenerator,
    "resnet": WGANGPResNetGenerator,
    "resnet101": ResNet101Generator,
    "sngan_resnet": ResNetGenerator,
    "r3gan": R3GANGenerator,
    "lsgan": LSGANGenerator,
    "acgan": ACGANGenerator,
    "sgan_mlp": SGANMLPGenerator,
    "sgan_cnn": SGANCNNGenerator,
}
_BODIES: dict[Architecture, Callable[..., nn.Module]] = {
    "dcgan": DCGANBody,
    "cnn": CNNBody,
    "resnet": WGANGPResNetBody,
    "resnet101": ResNet101Body,
    "sngan_resnet": ResNetBody,
    "r3gan": R3GANBody,
    "lsgan": LSGANBody,
    "acgan": ACGANBody,
    "sgan_mlp": SGANMLPBody,
    "sgan_cnn": SGANCNNBody,
}
