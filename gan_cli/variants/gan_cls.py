"""GAN-CLS, GAN-INT and GAN-INT-CLS: Reed et al. 2016, "Generative Adversarial Text to Image Synthesis",
arXiv:1605.05396."""

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, cast

import torch
from torch import Tensor
from torch.nn.functional import softplus

from gan_cli.batches import AnyBatch, CaptionedBatch
from gan_cli.media.images import Images
from gan_cli.media.texts import Texts
from gan_cli.networks.gan_cls import GANCLSDiscriminator, GANCLSGenerator
from gan_cli.networks.layers import evaluating
from gan_cli.networks.text_encoders import Matcher, TextEncoder
from gan_cli.objectives.adversarial import non_saturating_generator_loss
from gan_cli.objectives.matching import structured_joint_embedding, symmetric_info_nce
from gan_cli.ranges import Channels, Decay, LearningRate, Pixels, Range, Steps, Weight, Width
from gan_cli.variants.base import Fields, Losses
from gan_cli.variants.card import Card
from gan_cli.variants.latent import LatentModule

MATCHED = "matched"
"""The name of the checkpoint at the end of the matcher's training."""
SHARPNESS = 10.0
"""What cosines are multiplied by before sentences are told apart."""
Matching = Literal["structured", "info_nce"]
OBJECTIVES = {"structured": structured_joint_embedding, "info_nce": symmetric_info_nce}


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


class GANCLS(LatentModule):
    """Images from sentences, by a discriminator that also judges whether the two go together (Reed et al. 2016).

    The first `matching_steps` batches train the matcher alone: an encoder of sentences and one of images, whose vectors
    are to be alike where the one describes the other. Then the run keeps a checkpoint of the name `MATCHED`, the
    encoder of sentences stays as it is, and the GAN begins.

    With `wrong_share` 0 it is GAN-INT, with `lambda_interpolation` 0 GAN-CLS, with neither GAN-INT-CLS.

    Departures: the encoder reads words, where the paper's reads characters and images of 1,024 features of GoogLeNet; a
    sentence is one that the image has, where the authors' code averages four; sentences are interpolated with wrong
    ones, so that it does not matter how a batch is dealt out.

    Args:
        image_size: Side of the square images in pixels, from 16 to 256: 4, 5, 6 or 7, doubled several times.
        image_channels: C.
        vocabulary_size: How many numbers a word can have; comes from the data.
        text_length: Words of a sentence at most; comes from the data.
        text_encoder: What sentences are read by, "learned" or "minilm"; comes from the data.
        embedding_dim: E, of a sentence's vector.
        text_channels: What the players make it smaller to, each for itself.
        base_channels: Channels of the generator's layer next to the image.
        discriminator_channels: Channels of the discriminator's first layer.
        word_channels: Width of the encoder of sentences.
        wrong_share: The weight of real images with wrong sentences among what the discriminator is to reject; that of
            made images is the rest.
        lambda_interpolation: Weight of images of interpolated sentences in the generator's loss.
        interpolation: The share of an image's own sentence there (beta).
        matching: The matcher's objective: "structured" (joint embedding, with a margin), or "info_nce".
        matching_steps: Batches that train the matcher alone, before all else; 0 leaves it as it is, as behind `--init`.
        matcher_lr: Learning rate of the matcher.
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates.
        **prior: Further arguments of `LatentModule`.

    Raises:
        UserError: If a value is out of its range.
    """

    LEARNS_FROM: ClassVar[tuple[Fields, ...]] = ({"images": Images, "text": Texts, "wrong": Texts},)
    GIVEN: ClassVar[tuple[str, ...]] = ("text",)
    players: ClassVar[tuple[str, ...]] = ("discriminator", "generator", "matcher")
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
        vocabulary_size: Annotated[int, Range(2, 10**7)] = 10_000,
        text_length: Annotated[int, Range(1, 10_000)] = 24,
        text_encoder: TextEncoder = "learned",
        embedding_dim: Width = 1024,
        text_channels: Width = 128,
        base_channels: Width = 128,
        discriminator_channels: Width = 64,
        word_channels: Width = 256,
        wrong_share: Annotated[float, Range(0, 1, without="high")] = 0.5,
        lambda_interpolation: Weight = 1.0,
        interpolation: Annotated[float, Range(0, 1)] = 0.5,
        matching: Matching = "structured",
        matching_steps: Steps = 20_000,
        matcher_lr: LearningRate = 7e-4,
        generator_lr: LearningRate = 2e-4,
        discriminator_lr: LearningRate = 2e-4,
        adam_betas: tuple[Decay, Decay] = (0.5, 0.999),
        **prior: Any,
    ) -> None:
        super().__init__(generator_lr=generator_lr, discriminator_lr=discriminator_lr, adam_betas=adam_betas, **prior)
        self.learning_rates["matcher"] = matcher_lr
        self.text_length = text_length
        self.wrong_share = wrong_share
        self.lambda_interpolation, self.interpolation = lambda_interpolation, interpolation
        self.matching: Matching = matching
        self.matching_steps = matching_steps
        self.milestone = ""
        shape = (image_size, image_channels)
        self.generator = GANCLSGenerator(*shape, self.latent_dim, embedding_dim, base_channels, text_channels)
        self.discriminator = GANCLSDiscriminator(*shape, embedding_dim, discriminator_channels, text_channels)
        self.matcher = Matcher(*shape, vocabulary_size, embedding_dim, word_channels, text_encoder)
        self.finish_players()

    def forward(self, latents: Tensor, text: Tensor, ema: bool = True) -> Tensor:  # type: ignore[override]
        """Images [N, C, H, W] in [-1, 1] from latents [N, Z].

        Args:
            latents: From the prior.
            text: Sentences, int64 [N, L], or their vectors, float [N, E], such as those between two sentences.
            ema: The averaged generator where there is one, or the one that is trained.

        Raises:
            ValueError: If sentences have another number of words.
        """
        return cast(Tensor, self.picture_maker(ema)(latents, self.vectors(text)))

    @torch.no_grad()
    def vectors(self, text: Tensor) -> Tensor:
        """Vectors of sentences, [N, E], by the encoder as it is; what is a vector already stays it."""
        if text.is_floating_point():
            return text
        if text.shape[1:] != (self.text_length,):
            raise ValueError(f"sentences are of {self.text_length} words here")
        with evaluating(self.matcher):
            return cast(Tensor, self.matcher.text(text))

    def between(self, first: dict[str, Tensor], last: dict[str, Tensor], shares: Tensor) -> dict[str, Tensor]:
        start, end = self.vectors(first["text"]), self.vectors(last["text"])
        return {"text": torch.lerp(start, end, shares[:, None].to(start))}

    # Phases

    @property
    def is_matching(self) -> bool:
        """Whether the next batch trains the matcher alone."""
        return self.counters.batches < self.matching_steps

    def descending(self) -> Iterable[str]:
        return ("matcher",) if self.is_matching else super().descending()

    def training_step(self, batch: AnyBatch, batch_idx: int) -> None:
        before = self.is_matching
        super().training_step(batch, batch_idx)
        self.milestone = MATCHED if before and not self.is_matching else ""

    def shared(self, batch: CaptionedBatch) -> CaptionedBatch | Told:
        if self.is_matching:
            return batch
        return Told(batch.images, self.vectors(batch.text), self.vectors(batch.wrong))

    # Objectives

    def matcher_losses(self, batch: CaptionedBatch) -> Losses:
        similarities = SHARPNESS * self.matcher(batch.images, batch.text)
        return {self.matching: OBJECTIVES[self.matching](similarities)}

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

    # Held-out images

    def held_out_logits(self, batch: CaptionedBatch) -> Tensor:
        return cast(Tensor, self.discriminator(batch.images, self.vectors(batch.text)))

    def held_out_measures(self, batch: CaptionedBatch) -> Losses:
        """The share of images that the matcher finds more like their own sentence than like a wrong one."""
        pictures = self.matcher.pictures(batch.images)
        own, wrong = ((pictures * self.vectors(text)).sum(1) for text in (batch.text, batch.wrong))
        return {"matching": (own > wrong).float().mean()}

    def surface(self, made: Tensor) -> Tensor | None:
        return None  # it takes a sentence
