"""DTN: Taigman, Polyak and Wolf 2017, "Unsupervised Cross-Domain Image Generation", arXiv:1611.02200."""

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, cast

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, mse_loss

from gan_cli.batches import AdaptationBatch, UnpairedBatch
from gan_cli.errors import UserError
from gan_cli.media.images import Images
from gan_cli.metrics.classifier import moved
from gan_cli.networks.dcgan import DCGANBody
from gan_cli.networks.dtn import CodeGenerator, ContentEncoder, Lite0Encoder, resized
from gan_cli.networks.heads import Discriminator
from gan_cli.objectives.domain_transfer import (
    Distance,
    constancy,
    isotropic_variation,
    real_logits_of_three,
    taken_for_real,
    told_apart_in_three,
)
from gan_cli.ranges import Channels, Classes, Decay, LearningRate, Pixels, Range, Steps, Weight, Width
from gan_cli.variants.adaptation import DOMAINS
from gan_cli.variants.base import Fields, Losses, check
from gan_cli.variants.card import Card
from gan_cli.variants.translation import Sizes, TranslationModule, in_three_channels

ENCODED = "encoded"
"""The name of the checkpoint at the end of f's training."""
NO_LABELS = (
    "model.encoder: the data has no labels of two or more classes of its source, by which f could be trained\n"
    "Take a set that has, or features that take none: --model.encoder lite0"
)
Encoder = Literal["learned", "lite0"]
"""What f is: a classifier of the source's labels, or the features of EfficientNet-Lite0."""
Sides = AdaptationBatch | UnpairedBatch


class Transferred(NamedTuple):
    """A batch with what g makes of both domains, which both descents use.

    Attributes:
        codes: f of the source's images, [N, F].
        target: The target's images, [N, C', S, S].
        from_source: Images made of the source's, [N, C', S, S], with the generator's graph.
        from_target: Images made of the target's, [N, C', S, S], with the generator's graph.
    """

    codes: Tensor
    target: Tensor
    from_source: Tensor
    from_target: Tensor


class DTN(TranslationModule):
    """Images of one domain in the look of another, with what f tells of them unchanged (Taigman et al. 2017).

    G(x) = g(f(x)). The first `encoder_steps` batches train f alone, to tell the labels of the source; then the run
    keeps a checkpoint of the name `ENCODED`, and f stays as it is. g then learns from a discriminator of three classes
    (made of the source's, made of the target's, real), to leave f as it is, and to give back images of the target.

    Departures: terms are means, where the paper sums; both domains go through g in one pass, so that its batch
    normalisation has the same statistics for both; images larger or smaller than `image_size` are brought to it and
    back. The paper names neither learning rates nor who steps how often: here each player steps once a batch. A known
    port has two classes instead of three, six steps of g to one of the discriminator, and trains f on; not here.

    Args:
        image_size: Side of the images in pixels, from 16 to 256: 4, 5, 6 or 7, doubled several times.
        source_channels: C of the source's images; comes from the data, as the next two.
        target_channels: C' of the target's.
        num_classes: K, the source's classes, which a learned f is trained on.
        encoder: What f is: "learned", or "lite0", the features of EfficientNet-Lite0, which take no labels.
        encoder_size: Side in pixels at which Lite0 sees images; it was trained on 224.
        encoder_channels: Channels of the first convolution of a learned f.
        code_dim: F of a learned f.
        base_channels: Channels of the layer of g next to the image.
        pointwise: Whether convolutions of 1x1 follow the blocks of g, as for the paper's faces.
        discriminator_channels: Channels of the discriminator's first layer.
        discriminator_activation: "relu", as for the paper's digits, or "leaky_relu", as for its faces.
        constancy: How far codes are from each other: "mse", as for the paper's digits, or "cosine", as for its faces.
        lambda_constancy: alpha, the weight of what changes in f.
        lambda_identity: beta, the weight of what changes of the target's own images.
        lambda_tv: gamma, the weight of the differences of neighbouring pixels; 0 turns it off.
        encoder_shift: Images that train f are moved by up to so many pixels in each direction; 0 in the paper, with
            half a million of them.
        encoder_steps: Batches that train f alone, before all else; 0 leaves it as it is, as behind `--init`.
        encoder_lr: Learning rate of f.
        generator_lr: Learning rate of g.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates.
        **optimisation: Further arguments of `AdversarialModule`.

    Raises:
        UserError: If a value is out of its range, or Lite0 is not installed.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Taigman, Polyak and Wolf 2017, "Unsupervised Cross-Domain Image Generation", arXiv:1611.02200',
        discriminator="L_D = -E_s[log D_1(g(f(s)))] - E_t[log D_2(g(f(t)))] - E_t[log D_3(t)]",
        generator="L_G = -E_s[log D_3(g(f(s)))] - E_t[log D_3(g(f(t)))]\n"
        "  + lambda_constancy E_s[d(f(s), f(g(f(s))))] + lambda_identity E_t[|t - g(f(t))|^2] + lambda_tv TV(g(f(x)))\n"
        "f is trained before, as a classifier of the source's labels, and stays as it is.",
        printed={
            "image_size": "32, faces 64",
            "encoder": "learned, faces DeepFace",
            "encoder_channels": 64,
            "encoder_shift": 0,
            "code_dim": "128, faces 256",
            "base_channels": "-, faces 64",
            "pointwise": "faces only",
            "discriminator_activation": "relu, faces leaky_relu",
            "constancy": "mse, faces cosine",
            "lambda_constancy": "15, faces 100",
            "lambda_identity": "15, faces 1",
            "lambda_tv": "0, faces 0.05",
        },
        why={
            "image_size": "as for digits",
            "encoder": "as for digits",
            "code_dim": "as for digits",
            "pointwise": "as for digits",
            "base_channels": "512, 256 and 128 channels, as in a known port",
            "discriminator_activation": "as for digits",
            "constancy": "as for digits",
            "lambda_constancy": "as for digits",
            "lambda_identity": "as for digits",
            "lambda_tv": "as for digits",
        },
    )
    LEARNS_FROM: ClassVar[tuple[Fields, ...]] = (DOMAINS, {"a": Images, "b": Images})
    players: ClassVar[tuple[str, ...]] = ("discriminator", "generator", "encoder")
    generator: CodeGenerator
    encoder: ContentEncoder | Lite0Encoder

    def __init__(
        self,
        image_size: Pixels = 32,
        source_channels: Channels = 3,
        target_channels: Channels = 3,
        num_classes: Classes = 10,
        encoder: Encoder = "learned",
        encoder_size: Pixels = 224,
        encoder_channels: Width = 64,
        code_dim: Width = 128,
        base_channels: Width = 128,
        pointwise: bool = False,
        discriminator_channels: Width = 128,
        discriminator_activation: Literal["relu", "leaky_relu"] = "relu",
        constancy: Distance = "mse",
        lambda_constancy: Weight = 15.0,
        lambda_identity: Weight = 15.0,
        lambda_tv: Weight = 0.0,
        encoder_shift: Annotated[int, Range(0, 64)] = 0,
        encoder_steps: Steps = 5_000,
        encoder_lr: LearningRate = 3e-4,
        generator_lr: LearningRate = 3e-4,
        discriminator_lr: LearningRate = 3e-4,
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
        self.learning_rates["encoder"] = encoder_lr
        self.channels_of = (source_channels, target_channels)
        self.constancy: Distance = constancy
        self.lambda_constancy, self.lambda_identity, self.lambda_tv = lambda_constancy, lambda_identity, lambda_tv
        self.learns_encoder = encoder == "learned"
        check("encoder_shift", encoder_shift, encoder_shift < image_size, f"below the side of images, {image_size}")
        self.encoder_shift = encoder_shift
        self.encoder_steps = encoder_steps if self.learns_encoder else 0
        if self.learns_encoder:
            if num_classes < 2:
                raise UserError(NO_LABELS)
            self.num_classes = num_classes
            self.encoder = ContentEncoder(num_classes, encoder_channels, code_dim)
        else:
            self.players = tuple(player for player in type(self).players if player != "encoder")  # type: ignore[misc]
            self.encoder = Lite0Encoder(encoder_size)
        self.generator = CodeGenerator(self.encoder.code_dim, image_size, target_channels, base_channels, pointwise)
        body = DCGANBody(image_size, target_channels, discriminator_channels, activation_kind=discriminator_activation)
        self.discriminator = Discriminator(body, outputs=3)
        self.finish_players()

    # What it makes

    def forward(self, images: Tensor, direction: str = "", ema: bool = True) -> Tensor:
        """Images [N, C', H, W] in [-1, 1] from images [N, C, H, W] of any size, which are brought to the model's.

        Args:
            images: In [-1, 1].
            direction: There is only one.
            ema: The averaged generator where there is one, or the one that is trained.
        """
        made: Tensor = self.picture_maker(ema)(self.codes(resized(images, [self.image_size] * 2)))
        return resized(made, images.shape[2:]).clamp(-1, 1)

    @torch.no_grad()
    def codes(self, images: Tensor) -> Tensor:
        """f, [N, F], of images [N, C, H, W]; no gradient passes through."""
        return self.encoder.features(images)

    def classify(self, images: Tensor, ema: bool = True) -> Tensor:
        """Class logits [N, K] of images, by a learned f.

        Args:
            images: [N, C, H, W] in [-1, 1], of either domain.
            ema: There is no average of f; it is taken as it is.

        Raises:
            UserError: If f has not learned any classes.
        """
        if not isinstance(self.encoder, ContentEncoder):
            raise UserError("ckpt: this DTN has features of EfficientNet-Lite0, and has learned no classes")
        return cast(Tensor, self.encoder(images))

    @property
    def makes(self) -> str:  # type: ignore[override]
        """The name of the batch's field that holds the target's images."""
        return "b" if "b" in self.data_facts.get("fields", ()) else "target"

    # Phases

    @property
    def is_encoding(self) -> bool:
        """Whether the next batch trains f alone."""
        return self.counters.batches < self.encoder_steps

    def descending(self) -> Iterable[str]:
        return ("encoder",) if self.is_encoding else super().descending()

    def setup(self, stage: str) -> None:
        """Looks whether the data has what f is to be trained on.

        Raises:
            UserError: If it has no labels.
        """
        data = getattr(self.trainer, "datamodule", None)
        if stage == "fit" and self.is_encoding and data is not None and not data.facts.get("num_classes"):
            raise UserError(NO_LABELS)

    @property
    def phases(self) -> dict[str, int]:
        return {ENCODED: self.encoder_steps}

    # Objectives

    def shared(self, batch: Sides) -> Sides | Transferred:
        if self.is_encoding:
            return batch
        source, target = sides(batch)
        codes = self.codes(source)
        made = self.generator(torch.cat([codes, self.codes(target)]))
        return Transferred(codes, target, *made.split([len(source), len(target)]))

    def encoder_losses(self, batch: AdaptationBatch) -> Losses:
        logits = self.encoder(self._moved(batch.source))
        self.watch("accuracy/source", (logits.detach().argmax(1) == batch.labels).float())
        return {"class": cross_entropy(logits, batch.labels)}

    def _moved(self, images: Tensor) -> Tensor:
        """Each of the images [N, C, H, W] moved by up to `encoder_shift` pixels, reflected at their border."""
        if not self.encoder_shift:
            return images
        drawn = (self.noise("shift", 2, distribution="uniform") + 1) / 2
        top, left = (drawn * (2 * self.encoder_shift + 1)).long().clamp(max=2 * self.encoder_shift).unbind(1)
        return moved(images, top, left, self.encoder_shift, "reflect")

    def discriminator_losses(self, batch: Transferred) -> Losses:
        fakes = (batch.from_source.detach(), batch.from_target.detach())
        real, from_source, from_target = self.judge(batch.target, *fakes)
        self.watch_outputs(real_logits_of_three(real), real_logits_of_three(from_source))
        return {"adversarial": told_apart_in_three(from_source, from_target, real)}

    def generator_losses(self, batch: Transferred) -> Losses:
        made = (batch.from_source, batch.from_target)
        losses = {"adversarial": taken_for_real(*map(self.judge_fake, made))}
        if self.lambda_constancy:
            codes = self.encoder.features(batch.from_source)
            losses["constancy"] = self.lambda_constancy * constancy(codes, batch.codes, self.constancy)
        if self.lambda_identity:
            losses["identity"] = self.lambda_identity * mse_loss(batch.from_target.float(), batch.target)
        if self.lambda_tv:
            losses["tv"] = self.lambda_tv * isotropic_variation(torch.cat(made))
        return losses

    # Held-out images

    def held_out_logits(self, batch: Sides) -> Tensor:
        return real_logits_of_three(self.discriminator(sides(batch)[1]))

    def held_out_measures(self, batch: Sides) -> Losses:
        """How f changes by the transfer, how the target's own images do, and how often a learned f is right."""
        source, target = sides(batch)
        codes = self.codes(source)
        again = self.codes(self(source))
        measures = {
            "constancy": constancy(again, codes, self.constancy),
            "identity": mse_loss(self(target).float(), target),
        }
        if self.learns_encoder and isinstance(batch, AdaptationBatch):
            measures["accuracy"] = (self.classify(source).argmax(1) == batch.labels).float().mean()
        return measures

    # What a translator is

    @property
    def directions(self) -> tuple[str, ...]:
        source, target = self.domains
        return (f"{source}2{target}",)

    def channels(self, direction: str) -> tuple[int, int]:
        return self.channels_of

    @property
    def sizes(self) -> Sizes:
        return Sizes(multiple=1, tile=0, whole=True)

    def columns(self, batch: Sides) -> tuple[Tensor, ...]:
        source, target = sides(batch)
        return tuple(map(in_three_channels, (source, self(source), target, self(target))))


def sides(batch: Sides) -> tuple[Tensor, Tensor]:
    """The images of both domains of a batch, of any set with two."""
    return (batch.a, batch.b) if isinstance(batch, UnpairedBatch) else (batch.source, batch.target)
