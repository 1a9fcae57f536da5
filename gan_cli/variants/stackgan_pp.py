"""StackGAN-v2: Zhang et al. 2017, "StackGAN++: Realistic Image Synthesis with Stacked Generative Adversarial Networks",
arXiv:1710.10916."""

from itertools import pairwise
from typing import Any, ClassVar, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, softplus

from gan_cli.batches import CaptionedBatch
from gan_cli.networks.dcgan import FIRSTS
from gan_cli.networks.first_weights import draw_first_weights
from gan_cli.networks.sizes import maps_of
from gan_cli.networks.stackgan import Condition, StackedDiscriminator, StackGANppGenerator
from gan_cli.objectives.colour_consistency import colour_consistency
from gan_cli.objectives.variational import divergence_from_normal
from gan_cli.ranges import Channels, Decay, Depth, Few, LearningRate, Pixels, Weight, Width
from gan_cli.variants import judging
from gan_cli.variants.base import Losses
from gan_cli.variants.card import Card
from gan_cli.variants.checks import check
from gan_cli.variants.sentences import SentenceModule


class Scales(NamedTuple):
    """A batch as both players see it, of each size from the smallest to the largest.

    Attributes:
        images: [N, C, H, W] in [-1, 1] each.
        fakes: The same made, with the generator's graph.
        condition: What they are made of, with the generator's graph.
        wrong: The means of the conditions of sentences on others, [N, D].
    """

    images: tuple[Tensor, ...]
    fakes: tuple[Tensor, ...]
    condition: Condition
    wrong: Tensor


class StackGANpp(SentenceModule):
    """Images from sentences at several sizes at once, each with a discriminator (StackGAN-v2, Zhang et al. 2017).

    What reads sentences is trained first, see `SentenceModule`; then all sizes together. What a seed gives has
    `condition_dim` numbers beside the `latent_dim` of the noise: the condition is drawn by them, so that an image is a
    function of its latent and its sentence.

    Departures: a wrong pair is an image with a sentence on another, where the authors' code has another image, which it
    also counts as a real one alone; so real images count once there, as in the paper. One optimizer moves all
    discriminators, whose losses have no weight in common.

    Args:
        image_size: Side of the largest square images in pixels, from 16 to 256: 4, 5, 6 or 7, doubled several times.
        image_channels: C.
        num_scales: How many sizes there are, each twice the one before; the smallest has one doubling at least.
        condition_dim: D, of the condition.
        base_channels: Channels of the smallest image's maps; halved from each size to the next.
        discriminator_channels: Channels of the first layer of all discriminators.
        num_residual: Residual blocks before each further size.
        lambda_kl: Weight of the condition's divergence from N(0, 1), which is averaged over the D numbers as in the
            authors' code.
        lambda_wrong: Weight of real images with wrong sentences, which the discriminators are to reject.
        lambda_alone: Weight of what they say of images without a sentence.
        lambda_colour: Weight of the colours' consistency between one size and the next; the authors have it for images
            without sentences, 50.
        latent_dim: Z, of the noise alone.
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminators.
        adam_betas: Adam's two decay rates.
        ema_decay: Of the generator's moving average.
        **further: Further arguments of `SentenceModule`.

    Raises:
        UserError: If a value is out of its range, or does not go with another one.
    """

    generator: StackGANppGenerator
    discriminator: nn.ModuleDict
    SETTLES = ("latent_distribution",)
    CARD: ClassVar[Card | None] = Card(
        paper="Zhang et al. 2017, "
        '"StackGAN++: Realistic Image Synthesis with Stacked Generative Adversarial Networks", arXiv:1710.10916',
        discriminator="L_D = sum over the sizes of -E[log D_i(x_i)] - E[log(1 - D_i(s_i))] - E[log D_i(x_i, c)] "
        "- E[log(1 - D_i(s_i, c))] - E[log(1 - D_i(x_i, c_wrong))]",
        generator="L_G = sum over the sizes of -E[log D_i(s_i)] - E[log D_i(s_i, c)], + lambda_kl KL + lambda_colour "
        "(|mu_i - mu_i-1|^2 + 5 |Sigma_i - Sigma_i-1|^2)",
        printed={
            "image_size": 256,
            "image_channels": 3,
            "num_scales": 3,
            "embedding_dim": 1024,
            "condition_dim": 128,
            "base_channels": 64,
            "discriminator_channels": 64,
            "num_residual": 2,
            "lambda_kl": 2.0,
            "lambda_wrong": 1.0,
            "lambda_alone": 1.0,
            "lambda_colour": 0.0,
            "latent_dim": 100,
            "generator_lr": 2e-4,
            "discriminator_lr": 2e-4,
            "adam_betas": (0.5, 0.999),
            "ema_decay": 0.999,
        },
        why={},
    )

    def __init__(
        self,
        image_size: Pixels = 256,
        image_channels: Channels = 3,
        num_scales: Few = 3,
        condition_dim: Width = 128,
        base_channels: Width = 64,
        discriminator_channels: Width = 64,
        num_residual: Depth = 2,
        lambda_kl: Weight = 2.0,
        lambda_wrong: Weight = 1.0,
        lambda_alone: Weight = 1.0,
        lambda_colour: Weight = 0.0,
        latent_dim: Width = 100,
        generator_lr: LearningRate = 2e-4,
        discriminator_lr: LearningRate = 2e-4,
        adam_betas: tuple[Decay, Decay] = (0.5, 0.999),
        ema_decay: Decay = 0.999,
        **further: Any,
    ) -> None:
        rates: dict[str, Any] = {"generator_lr": generator_lr, "discriminator_lr": discriminator_lr}
        rates |= {"adam_betas": adam_betas, "ema_decay": ema_decay}
        super().__init__(image_size, image_channels, latent_dim=latent_dim, **rates, **further)
        maps = maps_of(image_size, FIRSTS)
        fits = num_scales <= maps.doublings
        check("num_scales", num_scales, fits, f"up to {maps.doublings} at this image size")
        one = num_scales == 1 and lambda_colour
        check("lambda_colour", lambda_colour, not one, "of 0, or more sizes than one, whose colours could agree")
        self.latent_dim = latent_dim + condition_dim  # with the noise of the condition
        self.condition_dim = condition_dim
        self.lambda_kl, self.lambda_colour = lambda_kl, lambda_colour
        self.lambda_wrong, self.lambda_alone = lambda_wrong, lambda_alone
        self.sizes = tuple(image_size >> smaller for smaller in reversed(range(num_scales)))
        self.PARTS = tuple(map(str, self.sizes[:-1]))
        sizes = (latent_dim, self.embedding_dim, condition_dim, base_channels, num_residual)
        self.generator = StackGANppGenerator(image_size, image_channels, num_scales, *sizes)
        judging_sizes = (image_channels, maps.first, condition_dim, discriminator_channels, lambda_alone > 0)
        judges = {str(size): StackedDiscriminator(size, *judging_sizes) for size in self.sizes}
        self.discriminator = nn.ModuleDict(judges)
        for network in (self.generator, self.discriminator):
            draw_first_weights(network, "orthogonal")
        self.make_matcher()

    def painted(self, latents: Tensor, told: Tensor, ema: bool) -> Tensor:
        """The largest images, from latents [N, Z + D]."""
        return cast(Tensor, self.picture_maker(ema)(latents, told).images[-1])

    def parts(self, latents: Tensor, ema: bool = True, **given: Tensor) -> dict[str, Tensor]:
        """The smaller images by their sides, with each pixel repeated."""
        images = self.picture_maker(ema)(latents, self.vectors(given["text"])).images
        return {name: interpolate(image, self.sizes[-1]) for name, image in zip(self.PARTS, images, strict=False)}

    def at_all_sizes(self, images: Tensor) -> tuple[Tensor, ...]:
        """Real images of each size."""
        return tuple(avg_pool2d(images, self.sizes[-1] // size) for size in self.sizes)

    def shared(self, batch: CaptionedBatch) -> CaptionedBatch | Scales:
        if self.is_matching:
            return batch
        made = self.generator(self.latents("generator"), self.vectors(batch.text))
        wrong = self.generator.augmentation.mean(self.vectors(batch.wrong))
        return Scales(self.at_all_sizes(batch.images), made.images, made.condition, wrong.detach())

    # Objectives

    def discriminator_losses(self, batch: Scales) -> Losses:
        pairs = zip(self.discriminator.values(), batch.images, batch.fakes, strict=True)
        return _added_up([self._told_apart(*of_one_size, batch) for of_one_size in pairs])

    def generator_losses(self, batch: Scales) -> Losses:
        made = zip(self.discriminator.values(), batch.fakes, strict=True)
        losses = _added_up([self._pleasing(network, fakes, batch.condition) for network, fakes in made])
        if self.lambda_kl:
            divergence = divergence_from_normal(batch.condition.mean, batch.condition.log_variance)
            losses["kl"] = self.lambda_kl * divergence.mean() / self.condition_dim
        if self.lambda_colour:
            differing = [colour_consistency(larger, smaller.detach()) for smaller, larger in pairwise(batch.fakes)]
            losses["colour"] = self.lambda_colour * torch.stack(differing).sum()
        return losses

    def _told_apart(self, network: nn.Module, images: Tensor, fakes: Tensor, batch: Scales) -> Losses:
        """The terms of one discriminator."""
        told = batch.condition.mean.detach()
        conditions = (told, *([batch.wrong] if self.lambda_wrong else []))
        real_logits, fake_logits = judging.judge(network, (images, *conditions), (fakes.detach(), told))
        self.watch_outputs(real_logits[:, 0], fake_logits[:, 0])
        losses = {"real": softplus(-real_logits[:, 0]).mean(), "fake": softplus(fake_logits[:, 0]).mean()}
        if self.lambda_wrong:
            self.watch("logits/wrong", real_logits[:, 1])
            losses["wrong"] = self.lambda_wrong * softplus(real_logits[:, 1]).mean()
        if self.lambda_alone:
            alone = softplus(-real_logits[:, -1]).mean() + softplus(fake_logits[:, -1]).mean()
            losses["alone"] = self.lambda_alone * alone
        return losses

    def _pleasing(self, network: nn.Module, fakes: Tensor, condition: Condition) -> Losses:
        """The terms of the generator before one discriminator, which move the condition's mean too, as in the code."""
        logits = judging.judge_fake(network, (fakes, condition.mean))
        losses = {"adversarial": softplus(-logits[:, 0]).mean()}
        if self.lambda_alone:
            losses["alone"] = self.lambda_alone * softplus(-logits[:, 1]).mean()
        return losses

    # Held-out images

    def held_out_logits(self, batch: CaptionedBatch) -> Tensor:
        told = self.generator.augmentation.mean(self.vectors(batch.text))
        return cast(Tensor, self.discriminator[str(self.sizes[-1])](batch.images, told)[:, 0])


def _added_up(losses: list[Losses]) -> Losses:
    """Each term's sum over the sizes."""
    return {name: torch.stack([of_one[name] for of_one in losses]).sum() for name in losses[0]}
