"""The common part of variants whose networks are chosen by name: architecture, normalisation, augmentation, packing."""

from collections.abc import Mapping
from typing import Any, ClassVar, cast

import torch
from torch import Tensor

from gan_cli.batches import Batch
from gan_cli.errors import UserError
from gan_cli.media.images import Images
from gan_cli.media.medium import Medium
from gan_cli.media.points import Points
from gan_cli.networks.architectures import Architecture, Design
from gan_cli.networks.heads import Discriminator
from gan_cli.networks.layers import Activation, Norm
from gan_cli.objectives.augment import Augmentation, diff_augment
from gan_cli.ranges import ChannelsOrNone, Depth, Few, PixelsOrNone, Width, WidthOrNone
from gan_cli.seeding import Distribution
from gan_cli.variants import first_pass
from gan_cli.variants.base import check
from gan_cli.variants.latent import LatentModule


class ChosenNetworks(LatentModule):
    """Generates images or points from noise, by networks that are chosen by name.

    A variant makes its players of `generator_design` and `discriminator_design`. Where an argument has a `generator_`
    twin, the twin is for the generator alone and the other for both.

    Args:
        image_size: Side of the square images in pixels, from 16 to 256; the architecture says which of them it makes.
        image_channels: C, 1 for grey and 3 for RGB.
        point_dim: Coordinates of the points that are made instead of images; 0 for images.
        latent_dim: Z.
        latent_distribution: The prior, N(0, 1) or uniform on [-1, 1].
        architecture: The networks: mlp; dcgan (Radford et al. 2016); resnet and resnet101 (Gulrajani et al. 2017,
            table 3 and figure 2); cnn and sngan_resnet (Miyato et al. 2018, tables 3 to 6); r3gan (Huang et al.
            2024); lsgan (Mao et al. 2017, figure 2); acgan (Odena et al. 2017, tables 1 and 2); sgan_mlp and sgan_cnn
            (Salimans et al. 2016).
        generator_architecture: The generator's, where it is another.
        base_channels: Channels of the layers next to the image, or units of an MLP's hidden layers.
        generator_base_channels: The generator's; 0 takes the same.
        depth: Layers with weights of an mlp or dcgan, residual blocks of sngan_resnet, blocks of each stage of r3gan; 0
            is
            the architecture's own.
        generator_depth: The generator's; 0 takes the same.
        norm: Normalisation in the discriminator; None is the architecture's own, or the nearest that the objective
            allows.
        generator_norm: Normalisation in the generator; None is the architecture's own.
        activation: None is the architecture's own; softplus is softplus(2x + 2) / 2 - 1, gated a tanh times a sigmoid,
            maxout the largest of five.
        generator_activation: The generator's; None takes the same.
        constant_width: All layers of a dcgan generator have `generator_base_channels`, or all stages of r3gan's players
            their base channels.
        augment: Random changes in front of the discriminator (DiffAugment), any of color, translation, cutout; against
            overfitting to a few thousand images.
        pack: Images that the discriminator judges together (PacGAN, Lin et al. 2018, arXiv:1712.04086), against mode
            collapse; 1 is off. A batch of N images is N / pack packs: for the paper's 64 packs of 2, 128 images.
        generator_batch_multiple: Images of a generator's step, in batches.
        **optimisation: Further arguments of `AdversarialModule`.

    Raises:
        UserError: If a value is out of its range, or the objective forbids it.
    """

    LEARNS_FROM: ClassVar[tuple[Mapping[str, type[Medium]], ...]] = ({"images": Images}, {"points": Points})
    NORMS: ClassVar[tuple[Norm, ...]] = ("batch", "layer", "none")
    """Normalisations that the objective allows in the discriminator; the first replaces one that is not allowed."""
    GENERATOR_NORMS: ClassVar[tuple[Norm, ...]] = ("batch", "layer", "none")
    """Normalisations that the objective allows in the generator."""
    WHY_NOT: ClassVar[str] = ""
    """Why the objective allows no other normalisation, in the words of an error message."""

    def __init__(
        self,
        image_size: PixelsOrNone = 64,
        image_channels: ChannelsOrNone = 3,
        point_dim: WidthOrNone = 0,
        latent_dim: Width = 100,
        latent_distribution: Distribution = "normal",
        architecture: Architecture = "dcgan",
        generator_architecture: Architecture | None = None,
        base_channels: Width = 64,
        generator_base_channels: WidthOrNone = 0,
        depth: Depth = 0,
        generator_depth: Depth = 0,
        norm: Norm | None = None,
        generator_norm: Norm | None = None,
        activation: Activation | None = None,
        generator_activation: Activation | None = None,
        constant_width: bool = False,
        augment: tuple[Augmentation, ...] = (),
        pack: Few = 1,
        generator_batch_multiple: Few = 1,
        **optimisation: Any,
    ) -> None:
        super().__init__(latent_dim, latent_distribution, **optimisation)
        self.generator_batch_multiple = generator_batch_multiple
        check("augment", augment, not (augment and point_dim), "of (): points have no colours to change")
        for name, typed, allowed in (
            ("norm", norm, self.NORMS),
            ("generator_norm", generator_norm, self.GENERATOR_NORMS),
        ):
            if typed and typed not in allowed:
                raise UserError(f"model.{name}: {typed} is not possible, {self.WHY_NOT}; take {' or '.join(allowed)}")
        self.makes = "points" if point_dim else "images"
        self.augment = augment
        self.pack = pack
        self.shape = (point_dim,) if point_dim else (image_channels, image_size, image_size)
        check("image_size", image_size, bool(point_dim or image_size), "above 0; points alone have none")
        check("image_channels", image_channels, bool(point_dim or image_channels), "above 0; points alone have none")
        both_constant = constant_width and architecture == "r3gan"
        shared = Design(architecture, base_channels, depth, norm, activation, both_constant)
        own = Design(
            generator_architecture or architecture,
            generator_base_channels or base_channels,
            generator_depth or (depth if generator_architecture in (None, architecture) else 0),
            generator_norm,
            generator_activation or activation,
            constant_width,
        )
        shared.check(self.shape)
        own.check(self.shape, "generator_")
        self.discriminator_design = shared.with_norm("discriminator", self.NORMS, image_size)
        self.generator_design = own.with_norm("generator", self.GENERATOR_NORMS)

    def make_players(self, bias: bool = True) -> None:
        """The usual two: an image from a latent vector, one output from an image (or from a pack of them).

        Args:
            bias: Whether the output has a bias. A relativistic objective sees only differences, so it never moves one.
        """
        self.generator = self.generator_design.generator(self.shape, self.latent_dim)
        packed = (self.shape[0] * self.pack, *self.shape[1:])
        body = self.discriminator_design.body(packed)
        # DCGAN's last convolution has no bias: here it is the head, on a 4x4 map laid out in a row.
        self.discriminator = Discriminator(body, bias=bias and self.discriminator_design.architecture != "dcgan")
        self.finish_players()

    def on_fit_start(self) -> None:
        if not self.counters.batches:
            first_pass.start_from_data(self)
        super().on_fit_start()

    def forward(self, latents: Tensor, ema: bool = True) -> Tensor:
        """Images [N, C, H, W] in [-1, 1], or points [N, D], from latents [N, Z].

        Args:
            latents: From the prior.
            ema: The averaged generator where there is one, or the one that is trained.
        """
        return self.in_range(self.picture_maker(ema)(latents))

    def in_range(self, outputs: Tensor) -> Tensor:
        """Images clipped to [-1, 1], because r3gan's generator has no tanh; points unchanged."""
        return outputs if self.makes == "points" else outputs.clamp(-1, 1)

    def mixing_shares(self, count: int) -> Tensor:
        """A number in [0, 1] for each pair of a real and a generated image (or pack of them), [count]."""
        return super().mixing_shares(count * self.pack)[:: self.pack][
            :count
        ]  # a pack takes the share of its first image, however the batch is cut

    def presented(self, images: Tensor) -> Tensor:
        """Images or points as the discriminator sees them: `pack` of them together, each augmented.

        Args:
            images: [N, C, H, W] or [N, D].

        Returns:
            [N / pack, pack C, H, W] or [N / pack, pack D].

        Raises:
            UserError: If N is no multiple of `pack`.
        """
        return self.augmented(self.packed(images))

    def packed(self, images: Tensor) -> Tensor:
        """Images or points together in packs, [N / pack, pack C, H, W]; nothing is augmented yet.

        Raises:
            UserError: If N is no multiple of `pack`.
        """
        if self.pack == 1:
            return images
        if len(images) % self.pack:
            raise UserError(
                f"data.batch_size: {len(images)} images make no whole packs; take a multiple of model.pack {self.pack}"
            )
        return self.laid_out(torch.unflatten(images, 0, (-1, self.pack)).flatten(1, 2))

    def augmented(self, packs: Tensor) -> Tensor:
        """Packs whose images have been changed at random, each in its own way; differentiable."""
        if not self.augment or self.pack == 1:
            return diff_augment(packs, self.augment)
        images = torch.unflatten(packs, 1, (self.pack, -1)).flatten(0, 1)
        return self.packed(diff_augment(images, self.augment))

    def fewest_to_judge(self) -> int:
        return super().fewest_to_judge() * self.pack

    def held_out_logits(self, batch: Batch) -> Tensor:
        return cast(Tensor, self.discriminator(self.presented(batch.real)))

    def surface(self, made: Tensor) -> Tensor | None:
        return cast(Tensor, self.discriminator(made.repeat(1, self.pack)))

    def refuse_packs(self) -> None:
        """Refuses packs, for a discriminator that uses the class of a single image.

        Raises:
            UserError: If `pack` is more than 1.
        """
        check("pack", self.pack, self.pack == 1, "of 1: a pack of images has no one class")
