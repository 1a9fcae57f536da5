"""LivingPortraits: Siarohin et al. 2019, "First Order Motion Model for Image Animation", arXiv:2003.00196; printed
values are those of the authors' configuration for VoxCeleb."""

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, NamedTuple, cast

import torch
from lightning.pytorch.core.optimizer import LightningOptimizer
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from gan_cli.batches import PortraitBatch
from gan_cli.errors import UserError
from gan_cli.media.images import Images
from gan_cli.networks import layouts
from gan_cli.networks.frozen import Frozen
from gan_cli.networks.hourglass import MotionNorm
from gan_cli.networks.key_points import HEAD, KeyPoints, inverse
from gan_cli.networks.living_portraits import PortraitDiscriminator, PortraitGenerator, least_side
from gan_cli.networks.loss_networks import Seen
from gan_cli.networks.perceptual_maps import PerceptualMaps, perceptual_maps
from gan_cli.networks.spectral_norm import spectra_untouched
from gan_cli.objectives import thin_plates
from gan_cli.objectives.adversarial import least_squares
from gan_cli.objectives.layers import matched_layers
from gan_cli.objectives.perceptual_pyramid import perceptual_pyramid
from gan_cli.ranges import Channels, Decay, Depth, LearningRate, Pixels, Range, Weight, Width
from gan_cli.variants import schedules
from gan_cli.variants.base import Fields, Losses, check
from gan_cli.variants.card import Card
from gan_cli.variants.latent import LatentModule

Drops = tuple[Annotated[int, Range(1, 10**12)], ...]
"""Steps of the generator after which learning rates drop."""
Spread = Annotated[float, Range(0, 1)]
"""A standard deviation."""
LEAST_SEEN = 8
"""The least side in pixels of images that are looked at in the pyramid."""


class Animated(NamedTuple):
    """A batch with what was made of it, which both descents use.

    Attributes:
        driving: The true frames, [N, C, H, W].
        fake: The sources, moved to the points of the driving frames, with the generator's graph.
        places: The key points of the driving frames, [N, K, 2].
        jacobians: Theirs, [N, K, 2, 2].
    """

    driving: Tensor
    fake: Tensor
    places: Tensor
    jacobians: Tensor


class LivingPortraits(LatentModule):
    """A picture moves as a film does, by key points that nobody has marked (Siarohin et al. 2019, arXiv:2003.00196).

    It learns from two frames of one film: the first is to become the second, of which the generator sees nothing but K
    points and a 2x2 matrix at each. Afterwards the film may show somebody else: points move as they moved there, from
    where the picture has its own (`animated`, and `gan animate`).

    Departures: VGG19 is not at hand, so that images are compared pixel by pixel, in place of its first layer, and in
    the maps of EfficientNet-Lite0; images are made smaller by averages and by torch's antialiasing, not by a Gaussian;
    the grid of places is made for `align_corners=True`, and the authors' code calls today's `grid_sample` without it;
    with the adversarial term the discriminator steps first.

    Args:
        image_size: Side of the square frames in pixels; from the data, as the next.
        image_channels: C.
        num_points: K.
        point_channels: Channels that the detector of points begins with.
        motion_channels: Channels that the network of motion begins with.
        base_channels: Channels of the painter at the images' size.
        hourglass_blocks: How often both networks of points and motion halve their maps.
        reduction: Points and motion are found in images so many times smaller.
        halvings: How often the painter halves its maps before it moves them.
        residual_blocks: Of the painter.
        jacobians: Whether points have matrices; without them it is the zeroth order, as Monkey-Net.
        occlusion: Whether what the source does not show is painted.
        blends: Whether what the source shows is its own pixels, moved, and only the rest is painted, as in the code of
            Siarohin et al. 2021, arXiv:2104.11280; not in the paper. Small networks then learn in minutes.
        norm: What maps are normalised by: "batch", or "instance" for small batches.
        discriminator_channels: Half the channels of the discriminator's first map.
        discriminator_layers: Its maps.
        features: The network that looks: "lite0" (EfficientNet-Lite0, of ImageNet), or "random", one that was drawn.
        pyramid_levels: At so many sizes of images it looks.
        lambda_perceptual: Weight of what it sees, and of the pixels.
        lambda_points: Weight of the points' equivariance.
        lambda_jacobians: Weight of the matrices' equivariance.
        lambda_adversarial: Weight of the adversarial term; 0 leaves the discriminator at rest.
        lambda_feature: Weight of what the discriminator's maps see, with the adversarial term.
        affine_deviation: Of the random affine maps that points have to follow, from the identity.
        spline_deviation: Of the weights of their splines.
        spline_points: Control points in a row of these.
        lr_drops: Steps at which the learning rates are multiplied by `lr_factor`.
        lr_factor: In ]0, 1].
        generator_lr: Learning rate of the generator with its detector of points.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates.
        **optimisation: Further arguments of `LatentModule`; there are no latents.

    Raises:
        UserError: If a value is out of its range, or the sizes do not go together.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Siarohin et al. 2019, "First Order Motion Model for Image Animation", arXiv:2003.00196',
        discriminator="L_D = 1/2 E[(1 - D(x))^2] + 1/2 E[D(G(x_s, x_d))^2], off in the authors' configuration",
        generator="L_G = lambda_perceptual sum_sizes sum_layers E[|F(x_d) - F(G(x_s, x_d))|]\n"
        "  + lambda_points E[|p - T(p')|] + lambda_jacobians E[|1 - J^-1 T'(p') J'|]\n"
        "  + lambda_adversarial 1/2 E[(1 - D(G(x_s, x_d)))^2] + lambda_feature sum_layers E[|D_l(x_d) - D_l(G)|]",
        printed={
            "image_size": 256,
            "image_channels": 3,
            "num_points": 10,
            "point_channels": 32,
            "motion_channels": 64,
            "base_channels": 64,
            "hourglass_blocks": 5,
            "reduction": 4,
            "halvings": 2,
            "residual_blocks": 6,
            "jacobians": True,
            "occlusion": True,
            "blends": False,
            "norm": "batch",
            "discriminator_channels": 32,
            "discriminator_layers": 4,
            "features": "VGG19",
            "pyramid_levels": 4,
            "lambda_perceptual": 10.0,
            "lambda_points": 10.0,
            "lambda_jacobians": 10.0,
            "lambda_adversarial": 0.0,
            "lambda_feature": "10, with the adversarial term",
            "affine_deviation": 0.05,
            "spline_deviation": 0.005,
            "spline_points": 5,
            "lr_drops": "after 60 and 90 of 100 epochs",
            "lr_factor": 0.1,
            "generator_lr": 2e-4,
            "discriminator_lr": 2e-4,
            "adam_betas": (0.5, 0.999),
        },
        why={
            "features": "VGG's weights need a download",
            "lambda_feature": "the adversarial term is off",
            "lr_drops": "they depend on the data: living_portraits_vox.yaml has them",
        },
    )
    LEARNS_FROM: ClassVar[tuple[Fields, ...]] = ({"source": Images, "driving": Images},)
    GIVEN: ClassVar[tuple[str, ...]] = ("source", "driving")
    VERB: ClassVar[str] = "animate"
    SETTLES = ("latent_dim", "latent_distribution")
    makes = "driving"
    generator: PortraitGenerator
    discriminator: PortraitDiscriminator

    def __init__(
        self,
        image_size: Pixels = 256,
        image_channels: Channels = 3,
        num_points: Annotated[int, Range(1, 100)] = 10,
        point_channels: Width = 32,
        motion_channels: Width = 64,
        base_channels: Width = 64,
        hourglass_blocks: Annotated[int, Range(1, 8)] = 5,
        reduction: Annotated[int, Range(1, 16)] = 4,
        halvings: Annotated[int, Range(0, 5)] = 2,
        residual_blocks: Depth = 6,
        jacobians: bool = True,
        occlusion: bool = True,
        blends: bool = False,
        norm: MotionNorm = "batch",
        discriminator_channels: Width = 32,
        discriminator_layers: Annotated[int, Range(1, 6)] = 4,
        features: Seen = "lite0",
        pyramid_levels: Annotated[int, Range(1, 8)] = 4,
        lambda_perceptual: Weight = 10.0,
        lambda_points: Weight = 10.0,
        lambda_jacobians: Weight = 10.0,
        lambda_adversarial: Weight = 0.0,
        lambda_feature: Weight = 0.0,
        affine_deviation: Spread = 0.05,
        spline_deviation: Spread = 0.005,
        spline_points: Annotated[int, Range(1, 20)] = 5,
        lr_drops: Drops = (),
        lr_factor: Annotated[float, Range(0, 1, without="low")] = 0.1,
        generator_lr: LearningRate = 2e-4,
        discriminator_lr: LearningRate = 2e-4,
        adam_betas: tuple[Decay, Decay] = (0.5, 0.999),
        **optimisation: Any,
    ) -> None:
        super().__init__(
            0,
            generator_lr=generator_lr,
            discriminator_lr=discriminator_lr,
            adam_betas=adam_betas,
            **optimisation,
        )
        _check_sizes(image_size, reduction, hourglass_blocks, halvings, norm, pyramid_levels)
        self.image_size, self.image_channels = image_size, image_channels
        self.jacobians = jacobians
        self.features, self.pyramid_levels = features, pyramid_levels
        self.lambda_perceptual = lambda_perceptual
        self.lambda_points, self.lambda_jacobians = lambda_points, lambda_jacobians if jacobians else 0.0
        self.lambda_adversarial, self.lambda_feature = lambda_adversarial, lambda_feature
        self.deviations, self.spline_points = (affine_deviation, spline_deviation), spline_points
        self.lr_drops, self.lr_factor = lr_drops, lr_factor
        if not lambda_perceptual and not lambda_adversarial:
            raise UserError(
                "model.lambda_perceptual: 0 is not possible where model.lambda_adversarial is 0: nothing is learned"
            )
        if lambda_feature and not lambda_adversarial:
            raise UserError("model.lambda_feature: it needs a discriminator; set model.lambda_adversarial too")
        if blends and not occlusion:
            raise UserError("model.blends: without model.occlusion nobody says what the source shows; leave one out")
        if lr_drops and self.fall.end is not None:
            raise UserError("model.lr_drops: the learning rates also fall by passes or steps; leave one of both out")
        if lambda_adversarial:
            least = least_side(discriminator_layers)
            check("discriminator_layers", discriminator_layers, image_size >= least, f"for images below {least} pixels")
        self.generator = PortraitGenerator(
            image_channels,
            num_points,
            point_channels,
            motion_channels,
            base_channels,
            hourglass_blocks,
            reduction,
            halvings,
            residual_blocks,
            jacobians,
            occlusion,
            blends,
            norm,
        )
        self.discriminator = PortraitDiscriminator(image_channels, discriminator_channels, discriminator_layers)
        self.looking: Frozen[PerceptualMaps] | None = None
        self.finish_players()

    # What it makes

    def forward(self, latents: Tensor, source: Tensor, driving: Tensor, ema: bool = True) -> Tensor:  # type: ignore[override]
        """Sources [N, C, H, W] in [-1, 1] with their points where driving images have theirs.

        Args:
            latents: [N, 0]: nothing is random.
            source: In [-1, 1], of the training's size.
            driving: Of the same shape.
            ema: The averaged generator where there is one, or the one that is trained.
        """
        return cast(Tensor, self.picture_maker(ema)(self.laid_out(source), self.laid_out(driving)))

    def points(self, images: Tensor, ema: bool = True) -> KeyPoints:
        """The key points of images [N, C, H, W] in [-1, 1]."""
        return cast(PortraitGenerator, self.picture_maker(ema)).points(self.laid_out(images))

    def animated(self, source: Tensor, points: KeyPoints, driving: KeyPoints, ema: bool = True) -> Tensor:
        """Sources [N, C, H, W] in [-1, 1], with these points of theirs moved to others."""
        return cast(PortraitGenerator, self.picture_maker(ema)).animated(self.laid_out(source), points, driving)

    def surface(self, made: Tensor) -> Tensor | None:
        """The discriminator's mean logits; None where it is at rest."""
        return self._logits(made) if self.lambda_adversarial else None

    # What it learns

    def setup(self, stage: str) -> None:
        """Takes up the network that looks, for all but making pictures, which needs none.

        Raises:
            UserError: If its weights are not installed.
        """
        if self.lambda_perceptual and stage != "predict" and self.looking is None:
            self.looking = perceptual_maps(self.features, "LivingPortraits").to(self.device)
            layouts.lay_out(self.looking, self.memory_format)

    def descending(self) -> Iterable[str]:
        return super().descending() if self.lambda_adversarial else ("generator",)

    def set_schedules(self, optimizers: dict[str, LightningOptimizer]) -> None:
        """Sets the learning rates for the next batch: they drop, or fall as those of every variant may."""
        if not self.lr_drops:
            schedules.let_fall(self, optimizers)
            return
        share = self.lr_factor ** sum(self.counters.generator_steps >= drop for drop in self.lr_drops)
        for player, optimizer in optimizers.items():
            for group in optimizer.param_groups:
                group["lr"] = self.learning_rates[player] * share

    def shared(self, batch: PortraitBatch) -> Animated:
        points = self.generator.points(batch.driving)
        fake = self.generator.animated(batch.source, self.generator.points(batch.source), points)
        return Animated(batch.driving, fake, *points)

    def discriminator_losses(self, batch: Animated) -> Losses:
        judged = self.discriminator(torch.cat([batch.driving, batch.fake.detach().to(batch.driving.dtype)]))[-1]
        real, fake = judged.chunk(2)
        self.watch_outputs(real, fake)
        return {"real": least_squares(real, 1.0), "fake": least_squares(fake, 0.0)}

    def generator_losses(self, batch: Animated) -> Losses:
        losses: Losses = {}
        if self.lambda_perceptual:
            seen = perceptual_pyramid(batch.fake, batch.driving, self._seen, self.pyramid_levels)
            losses["perceptual"] = self.lambda_perceptual * seen
        if self.lambda_points or self.lambda_jacobians:
            losses |= self._equivariance(batch)
        if self.lambda_adversarial:
            losses |= self._judged(batch)
        return losses

    def _seen(self, images: Tensor) -> list[Tensor]:
        """What images are compared in: their pixels, and the maps of the network that looks."""
        assert self.looking is not None
        return [images, *self.looking.network(images)]

    def _equivariance(self, batch: Animated) -> Losses:
        """Whether the points follow a random transform of the driving frames."""
        drawn = self.noise("transforms", 6 + self.spline_points**2)
        plates = thin_plates.thin_plates(drawn.to(batch.places.dtype), *self.deviations)
        of_warped = self.generator.points(thin_plates.warped(plates, batch.driving))
        losses: Losses = {}
        if self.lambda_points:
            apart = thin_plates.point_equivariance(plates, batch.places, of_warped.places)
            losses["points"] = self.lambda_points * apart
        if self.lambda_jacobians:
            apart = thin_plates.jacobian_equivariance(plates, inverse(batch.jacobians), *of_warped)
            losses["jacobians"] = self.lambda_jacobians * apart
        return losses

    def _judged(self, batch: Animated) -> Losses:
        """What the discriminator says of the made frames."""
        fake = self.discriminator(batch.fake.to(batch.driving.dtype))
        losses = {"adversarial": self.lambda_adversarial * least_squares(fake[-1], 1.0)}
        if self.lambda_feature:
            with torch.no_grad(), spectra_untouched(self.discriminator):
                real = self.discriminator(batch.driving)
            losses["feature"] = self.lambda_feature * matched_layers([fake[:-1]], [real[:-1]])
        return losses

    # Held-out frames

    def held_out_logits(self, batch: PortraitBatch) -> Tensor:
        if not self.lambda_adversarial:  # it has learned nothing, and frames may be too small for it
            return batch.driving.new_zeros(len(batch.driving))
        return self._logits(batch.driving)

    def held_out_measures(self, batch: PortraitBatch) -> Losses:
        """The mean absolute error of frames in [-1, 1], beside that of leaving the source as it is."""
        made = self(batch.source[:, :0, 0, 0], batch.source, batch.driving)
        return {
            "l1": l1_loss(made.float(), batch.driving),
            "l1_copied": l1_loss(batch.source, batch.driving),
        }

    def _logits(self, images: Tensor) -> Tensor:
        """The discriminator's mean logit of each image, [N]."""
        logits: Tensor = cast(nn.Module, self.discriminator)(images)[-1]
        return logits.flatten(1).mean(1)


def _check_sizes(
    image_size: int, reduction: int, blocks: int, halvings: int, norm: MotionNorm, pyramid_levels: int
) -> None:
    """Refuses frames that the networks cannot halve as often as is asked for."""
    multiple = reduction * 2**blocks
    wanted = f"that is a multiple of {multiple} (reduction x 2^hourglass_blocks)"
    check("image_size", image_size, image_size % multiple == 0, wanted)
    side = image_size // reduction
    check("reduction", reduction, side > HEAD, f"that leaves more than {HEAD} of {image_size} pixels")
    least = 2 if norm == "instance" else 1
    wanted = "that leaves 2 pixels a side or more, for a normalisation by image"
    check("hourglass_blocks", blocks, side // 2**blocks >= least, wanted)
    check("image_size", image_size, image_size % 2**halvings == 0, f"that is a multiple of {2**halvings} (2^halvings)")
    most = (image_size // LEAST_SEEN).bit_length()
    wanted = f"of {most} or fewer: of {image_size} pixels the last level would have less than {LEAST_SEEN}"
    check("pyramid_levels", pyramid_levels, pyramid_levels <= most, wanted)
