"""pix2pix: Isola et al. 2017, "Image-to-Image Translation with Conditional Adversarial Networks", arXiv:1611.07004."""

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from gan_cli.batches import PairedBatch
from gan_cli.errors import UserError
from gan_cli.media.images import Images
from gan_cli.networks.layers import Upsampling, initialise
from gan_cli.networks.patchgan import PatchGAN, PatchSize
from gan_cli.networks.translator import ResidualTranslator
from gan_cli.networks.unet import Noise, Norm, UNet
from gan_cli.objectives.adversarial import discriminator_cross_entropy, non_saturating_generator_loss
from gan_cli.ranges import Channels, Decay, Depth, LearningRate, Pixels, Range, Weight, Width
from gan_cli.variants.base import Fields, Losses, check
from gan_cli.variants.card import Card
from gan_cli.variants.translation import Sizes, TranslationModule, check_patches, in_three_channels

Architecture = Literal["unet", "resnet"]
"""The generators of the authors' code: the paper's U-Net, or CycleGAN's residual translator."""
RESIDUAL_BLOCKS = 9
"""Of "resnet" where no number is named, as in the authors' code."""


class Translated(NamedTuple):
    """A batch with the generator's outputs, which both descents use.

    Attributes:
        source: [N, C, H, W].
        target: [N, C', H, W].
        fake: [N, C', H, W], with the generator's graph.
    """

    source: Tensor
    target: Tensor
    fake: Tensor


class Pix2Pix(TranslationModule):
    """A U-Net learns a translation from pairs of images, judged patch by patch (Isola et al. 2017, equation 4).

    Its noise is dropout, which stays on after training. The generator normalises every image by its own statistics, in
    training and after it, whatever the batch.

    Args:
        image_size: Side of the images in pixels, a power of two from 64.
        source_channels: C of the images that go in.
        target_channels: C of the images that come out.
        base_channels: Channels of the first layer of the generator, and of the discriminator.
        lambda_l1: Weight of the mean absolute error.
        lambda_adversarial: Weight of the adversarial term; 0 leaves a regression (the paper's row "L1"), and the
            discriminator at rest.
        dropout: Share of the values that dropout sets to 0.
        patch_size: Side in pixels of what an output of the discriminator sees.
        upsampling: "deconvolution" as in the paper, or "resize", which leaves no checkerboard.
        norm: "instance", each image by its own statistics, or "none" in the generator.
        architecture: The generator: the paper's "unet", or "resnet", for images of any size.
        num_blocks: Residual blocks of "resnet"; 0 takes 9, and is "unet"'s.
        quiet_blocks: Of "unet": decoder blocks without dropout, from the bottleneck outwards, before those with it; 1
            in the authors' PyTorch code.
        edge_bias: Of "unet": whether the encoder's first and innermost layer have a bias, as in the authors' PyTorch
            code with instance normalisation.
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates.
        **optimisation: Further arguments of `TranslationModule`.

    Raises:
        UserError: If a value is out of its range.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Isola et al. 2017, "Image-to-Image Translation with Conditional Adversarial Networks", arXiv:1611.07004',
        discriminator="L_D = -1/2 (E[log D(x, y)] + E[log(1 - D(x, G(x)))])",
        generator="L_G = -E[log D(x, G(x))] + lambda_l1 E[|y - G(x)|]",
        printed={
            "image_size": 256,
            "source_channels": 3,
            "target_channels": 3,
            "base_channels": 64,
            "lambda_l1": 100.0,
            "dropout": 0.5,
            "patch_size": 70,
            "upsampling": "deconvolution",
            "norm": "batch, at test time instance",
            "architecture": "unet",
            "generator_lr": 2e-4,
            "discriminator_lr": 2e-4,
            "adam_betas": (0.5, 0.999),
        },
        why={
            "norm": "a batch's statistics in training are not those of one image after it; at batch size 1 they are",
        },
    )
    LEARNS_FROM: ClassVar[tuple[Fields, ...]] = ({"source": Images, "target": Images},)
    makes = "target"
    NOISY: ClassVar[bool] = True

    def __init__(
        self,
        image_size: Pixels = 256,
        source_channels: Channels = 3,
        target_channels: Channels = 3,
        base_channels: Width = 64,
        lambda_l1: Weight = 100.0,
        lambda_adversarial: Weight = 1.0,
        dropout: Decay = 0.5,
        patch_size: PatchSize = 70,
        upsampling: Upsampling = "deconvolution",
        norm: Norm = "instance",
        architecture: Architecture = "unet",
        num_blocks: Depth = 0,
        quiet_blocks: Annotated[int, Range(0, 8)] = 0,
        edge_bias: bool = False,
        generator_lr: LearningRate = 2e-4,
        discriminator_lr: LearningRate = 2e-4,
        adam_betas: tuple[Decay, Decay] = (0.5, 0.999),
        **optimisation: Any,
    ) -> None:
        super().__init__(
            image_size=image_size,
            generator_lr=generator_lr,
            discriminator_lr=discriminator_lr,
            adam_betas=adam_betas,
            **optimisation,
        )
        self.residual = architecture == "resnet"
        if self.residual:
            multiple = ResidualTranslator.MULTIPLE
            check("image_size", image_size, image_size % multiple == 0, f"that is a multiple of {multiple}")
            check("norm", norm, norm == "instance", "that resnet has, instance")
            check("quiet_blocks", quiet_blocks, quiet_blocks == 0, "of 0: resnet has noise in every block")
            check("edge_bias", edge_bias, not edge_bias, "that is false: resnet normalises after every layer")
        else:
            power_of_two = image_size >= 64 and not image_size & (image_size - 1)
            check("image_size", image_size, power_of_two, "of 64, 128, 256, ...: the U-Net halves it down to one pixel")
            check("num_blocks", num_blocks, num_blocks == 0, "of 0: a U-Net's blocks follow from image_size")
        check_patches(patch_size, image_size)
        if not lambda_l1 and not lambda_adversarial:
            raise UserError(
                "model.lambda_l1: 0 is not possible where model.lambda_adversarial is 0: nothing is learned"
            )
        self.source_channels, self.target_channels = source_channels, target_channels
        self.lambda_l1, self.lambda_adversarial = lambda_l1, lambda_adversarial
        self.generator: nn.Module
        if self.residual:
            self.generator = ResidualTranslator(
                source_channels,
                target_channels,
                base_channels,
                num_blocks or RESIDUAL_BLOCKS,
                affine=True,
                upsampling=upsampling,
                dropout=dropout,
            )
        else:
            widths = source_channels, target_channels, base_channels
            self.generator = UNet(image_size, *widths, dropout, upsampling, norm, quiet_blocks, edge_bias)
        self.discriminator = PatchGAN(source_channels + target_channels, base_channels, patch_size)
        self.generator.apply(initialise)
        self.discriminator.apply(initialise)
        self.finish_players()

    def forward(self, images: Tensor, direction: str = "", ema: bool = True, dropout: bool = True) -> Tensor:
        """Translated images [N, C', H, W] in [-1, 1] from images [N, C, H, W]; of a U-Net of the training's size.

        Args:
            images: In [-1, 1].
            direction: There is only one.
            ema: The averaged generator where there is one, or the one that is trained.
            dropout: Whether the noise is on, drawn from the global random state.
        """
        maker = self.picture_maker(ema)
        with Noise.switched(maker, dropout):
            return cast(Tensor, maker(images))

    def descending(self) -> Iterable[str]:
        return super().descending() if self.lambda_adversarial else ("generator",)

    def shared(self, batch: PairedBatch) -> Translated:
        return Translated(batch.source, batch.target, fake=self.generator(batch.source))

    def discriminator_losses(self, batch: Translated) -> Losses:
        real, fake = self.judge(self._pair(batch.source, batch.target), self._pair(batch.source, batch.fake.detach()))
        self.watch_outputs(real, fake)
        return {"adversarial": discriminator_cross_entropy(real, fake) / 2}

    def generator_losses(self, batch: Translated) -> Losses:
        losses = {"l1": self.lambda_l1 * l1_loss(batch.fake.float(), batch.target)} if self.lambda_l1 else {}
        if self.lambda_adversarial:
            judged = self.judge_fake(self._pair(batch.source, batch.fake))
            losses["adversarial"] = self.lambda_adversarial * non_saturating_generator_loss(judged)
        return losses

    def held_out_logits(self, batch: PairedBatch) -> Tensor:
        return cast(Tensor, self.discriminator(self._pair(batch.source, batch.target)))

    def held_out_measures(self, batch: PairedBatch) -> Losses:
        return {"l1": l1_loss(self(batch.source).float(), batch.target)}

    @property
    def directions(self) -> tuple[str, ...]:
        source, target = self.domains
        return (f"{source}2{target}",)

    def _pair(self, source: Tensor, target: Tensor) -> Tensor:
        """What the discriminator judges: target beside source, [N, C + C', H, W]."""
        return self.laid_out(torch.cat([source.to(target.dtype), target], dim=1))

    def channels(self, direction: str) -> tuple[int, int]:
        return self.source_channels, self.target_channels

    @property
    def sizes(self) -> Sizes:
        if self.residual:
            return Sizes(ResidualTranslator.MULTIPLE, tile=0)
        return Sizes(multiple=self.image_size, tile=self.image_size)

    def columns(self, batch: PairedBatch) -> tuple[Tensor, ...]:
        return tuple(map(in_three_channels, (batch.source, self(batch.source), batch.target)))
