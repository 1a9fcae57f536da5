"""GAN-CLS, GAN-INT and GAN-INT-CLS: Reed et al. 2016, "Generative Adversarial Text to Image Synthesis",
arXiv:1605.05396."""

from typing import Annotated, Any, ClassVar, NamedTuple, cast

import torch
from torch import Tensor
from torch.nn.functional import softplus

from gan_cli.batches import CaptionedBatch
from gan_cli.networks.gan_cls import GANCLSDiscriminator, GANCLSGenerator
from gan_cli.objectives.adversarial import non_saturating_generator_loss
from gan_cli.ranges import Channels, Decay, LearningRate, Pixels, Range, Weight, Width
from gan_cli.variants.base import Losses
from gan_cli.variants.card import Card
from gan_cli.variants.sentences import SentenceModule


class Told(NamedTuple):
    """A batch as both players see it.

    Attributes:
        images: [N, C, H, W] in [-1, 1].
        told: Vectors of the images' sentences, [N, E].
        wrong: Vectors of sentences on others, [N, E].
    """

    images: Tensor
    told: Tensor
    wrong: Tensor


class GANCLS(SentenceModule):
    """Images from sentences, by a discriminator that also judges whether the two go together (Reed et al. 2016).

    What reads sentences is trained first, see `SentenceModule`; then it stays as it is, and the GAN begins.

    With `wrong_share` 0 it is GAN-INT, with `lambda_interpolation` 0 GAN-CLS, with neither GAN-INT-CLS.

    Departures: the encoder reads words, where the paper's reads characters and images of 1,024 features of GoogLeNet; a
    sentence is one that the image has, where the authors' code averages four; sentences are interpolated with wrong
    ones, so that it does not matter how a batch is dealt out.

    Args:
        image_size: Side of the square images in pixels, from 16 to 256: 4, 5, 6 or 7, doubled several times.
        image_channels: C.
        text_channels: What the players make it smaller to, each for itself.
        base_channels: Channels of the generator's layer next to the image.
        discriminator_channels: Channels of the discriminator's first layer.
        wrong_share: The weight of real images with wrong sentences among what the discriminator is to reject; that of
            made images is the rest.
        lambda_interpolation: Weight of images of interpolated sentences in the generator's loss.
        interpolation: The share of an image's own sentence there (beta).
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates.
        **further: Further arguments of `SentenceModule`.

    Raises:
        UserError: If a value is out of its range.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Reed et al. 2016, "Generative Adversarial Text to Image Synthesis", arXiv:1605.05396',
        discriminator="L_D = -E[log D(x, t)] - (E[log(1 - D(x, t_wrong))] + E[log(1 - D(G(z, t), t))]) / 2",
        generator="L_G = -E[log D(G(z, t), t)] - E[log D(G(z, m), m)], m = beta t + (1 - beta) t_other",
        printed={
            "image_size": 64,
            "image_channels": 3,
            "embedding_dim": 1024,
            "text_channels": 128,
            "base_channels": 128,
            "discriminator_channels": 64,
            "wrong_share": 0.5,
            "lambda_interpolation": 1.0,
            "interpolation": 0.5,
            "matching": "structured",
            "generator_lr": 2e-4,
            "discriminator_lr": 2e-4,
            "matcher_lr": 7e-4,
            "adam_betas": (0.5, 0.999),
            "latent_dim": 100,
            "latent_distribution": "normal",
        },
        why={},
    )

    def __init__(
        self,
        image_size: Pixels = 64,
        image_channels: Channels = 3,
        text_channels: Width = 128,
        base_channels: Width = 128,
        discriminator_channels: Width = 64,
        wrong_share: Annotated[float, Range(0, 1, without="high")] = 0.5,
        lambda_interpolation: Weight = 1.0,
        interpolation: Annotated[float, Range(0, 1)] = 0.5,
        generator_lr: LearningRate = 2e-4,
        discriminator_lr: LearningRate = 2e-4,
        adam_betas: tuple[Decay, Decay] = (0.5, 0.999),
        **further: Any,
    ) -> None:
        rates: dict[str, Any] = {"generator_lr": generator_lr, "discriminator_lr": discriminator_lr}
        super().__init__(image_size, image_channels, adam_betas=adam_betas, **rates, **further)
        self.wrong_share = wrong_share
        self.lambda_interpolation, self.interpolation = lambda_interpolation, interpolation
        shape, told = (image_size, image_channels), self.embedding_dim
        self.generator = GANCLSGenerator(*shape, self.latent_dim, told, base_channels, text_channels)
        self.discriminator = GANCLSDiscriminator(*shape, told, discriminator_channels, text_channels)
        self.make_matcher()

    def shared(self, batch: CaptionedBatch) -> CaptionedBatch | Told:
        if self.is_matching:
            return batch
        return Told(batch.images, self.vectors(batch.text), self.vectors(batch.wrong))

    def discriminator_losses(self, batch: Told) -> Losses:
        fake = self.fakes("discriminator", batch.told)
        others = [(fake, batch.told), *([(batch.images, batch.wrong)] if self.wrong_share else [])]
        real_logits, fake_logits, *wrong_logits = self.judge((batch.images, batch.told), *others)
        self.watch_outputs(real_logits, fake_logits)
        losses = {
            "real": softplus(-real_logits.float()).mean(),
            "fake": (1 - self.wrong_share) * softplus(fake_logits.float()).mean(),
        }
        for logits in wrong_logits:
            self.watch("logits/wrong", logits)
            losses["wrong"] = self.wrong_share * softplus(logits.float()).mean()
        return losses

    def generator_losses(self, batch: Told) -> Losses:
        latents = self.latents("generator")
        fake = self.generator(latents, batch.told)
        losses = {"adversarial": non_saturating_generator_loss(self.judge_fake((fake, batch.told)))}
        if self.lambda_interpolation:
            mixed = torch.lerp(batch.wrong, batch.told, self.interpolation)
            logits = self.judge_fake((self.generator(latents, mixed), mixed))
            losses["interpolated"] = self.lambda_interpolation * non_saturating_generator_loss(logits)
        return losses

    def held_out_logits(self, batch: CaptionedBatch) -> Tensor:
        return cast(Tensor, self.discriminator(batch.images, self.vectors(batch.text)))
