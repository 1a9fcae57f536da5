"""PixelDA: Bousmalis et al. 2017, "Unsupervised Pixel-Level Domain Adaptation with Generative Adversarial Networks",
arXiv:1612.05424."""

from typing import Annotated, Any, ClassVar, NamedTuple, cast

from lightning.pytorch.core.optimizer import LightningOptimizer
from torch import Tensor, nn
from torch.optim import Optimizer

from gan_cli import seeding
from gan_cli.batches import AdaptationBatch
from gan_cli.networks.adaptation import Architecture, DigitClassifier, DigitEncoder, ResidualPainter, TargetJudge
from gan_cli.networks.layers import Norm
from gan_cli.objectives.adversarial import discriminator_cross_entropy, non_saturating_generator_loss
from gan_cli.ranges import (
    Channels,
    Classes,
    Decay,
    Depth,
    Interval,
    LearningRate,
    Pixels,
    Range,
    Weight,
    Width,
    WidthOrNone,
)
from gan_cli.variants import judging
from gan_cli.variants.adaptation import DOMAINS, PAPERS, check_classifiable, class_loss
from gan_cli.variants.base import Fields, Losses
from gan_cli.variants.card import Card
from gan_cli.variants.checks import check, refuse
from gan_cli.variants.schedules import FALLS
from gan_cli.variants.translation import Sizes, TranslationModule, in_three_channels


class Painted(NamedTuple):
    """A batch with the source images as they are painted, which both descents use.

    Attributes:
        source: [N, C, H, W].
        labels: Their classes, int64 [N].
        target: [N, C, H, W].
        fake: Source images as the target's, [N, C, H, W], with the generator's graph.
    """

    source: Tensor
    labels: Tensor
    target: Tensor
    fake: Tensor


class PixelDA(TranslationModule):
    """Paints source images as the target's and learns to classify both (Bousmalis et al. 2017, equations 1 to 3).

    The generator paints a source image anew, from noise beside it. The discriminator is two networks that descend
    together, as in the authors' code: one tells target images from painted ones, and the task tower tells the
    classes of source images and of painted ones. Without the source images classes may change places.

    Departures: noise is N(0, 1), as in all verbs, and not uniform; the term that keeps the content of images whose
    depth is known is left out, since nothing here has a depth.

    Args:
        num_classes: K; comes from the data, as the next two.
        image_size: Side of the images in pixels, 16 or more, a multiple of 4.
        image_channels: C.
        latent_dim: Z, the noise.
        base_channels: Channels of the generator.
        num_blocks: Its residual blocks.
        norm: Normalisation in the generator and in what tells target images.
        discriminator_channels: Channels of its first convolution; each strided one has twice as many.
        num_strided: How many strided convolutions it has.
        discriminator_noise: Standard deviation of what is added to its maps in training.
        dropout: The share of them that is left out in training.
        architecture: The task tower, a classifier as in `AdaptationModule`.
        tower_channels: Channels of its first convolution; 0 takes the paper's.
        tower_dim: How many features it makes; 0 takes the paper's.
        lambda_domain: Weight of the discriminator's adversarial loss beside the task's.
        lambda_adversarial: Weight of the generator's adversarial loss.
        lambda_task: Weight of the task in the generator's loss.
        weight_decay: Of all weights, in their gradient.
        decay_steps: After so many batches, again and again, both rates are multiplied by `decay_factor`.
        decay_factor: See there.
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminator and the task tower.
        adam_betas: Adam's two decay rates.
        **optimisation: Further arguments of `TranslationModule`.

    Raises:
        UserError: If a value is out of its range.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Bousmalis et al. 2017, "Unsupervised Pixel-Level Domain Adaptation with Generative Adversarial '
        'Networks", arXiv:1612.05424',
        discriminator="L_D = -lambda_domain (E[log D(t)] + E[log(1 - D(G(s, z)))])\n"
        "  - E[log T(y | s)] - E[log T(y | G(s, z))]",
        generator="L_G = -lambda_adversarial E[log D(G(s, z))] - lambda_task E[log T(y | G(s, z))]",
        printed={
            "image_size": 32,
            "image_channels": 3,
            "latent_dim": 10,
            "base_channels": 64,
            "num_blocks": 6,
            "norm": "batch",
            "discriminator_channels": 64,
            "num_strided": 3,
            "discriminator_noise": 0.2,
            "dropout": 0.1,
            "architecture": "dann",
            "lambda_domain": 0.13,
            "lambda_adversarial": 0.011,
            "lambda_task": 0.01,
            "weight_decay": 1e-5,
            "decay_steps": 20_000,
            "decay_factor": 0.95,
            "generator_lr": 1e-3,
            "discriminator_lr": 1e-3,
            "adam_betas": (0.5, 0.999),
        },
        why={},
    )
    LEARNS_FROM: ClassVar[tuple[Fields, ...]] = (DOMAINS,)
    makes = "target"
    generator: ResidualPainter
    discriminator: nn.ModuleDict

    def __init__(
        self,
        num_classes: Classes = 10,
        image_size: Pixels = 32,
        image_channels: Channels = 3,
        latent_dim: Width = 10,
        base_channels: Width = 64,
        num_blocks: Depth = 6,
        norm: Norm = "batch",
        discriminator_channels: Width = 64,
        num_strided: Annotated[int, Range(1, 8)] = 3,
        discriminator_noise: Annotated[float, Range(0, 100)] = 0.2,
        dropout: Decay = 0.1,
        architecture: Architecture = "dann",
        tower_channels: WidthOrNone = 0,
        tower_dim: WidthOrNone = 0,
        lambda_domain: Weight = 0.13,
        lambda_adversarial: Weight = 0.011,
        lambda_task: Weight = 0.01,
        weight_decay: Decay = 1e-5,
        decay_steps: Interval = 20_000,
        decay_factor: Annotated[float, Range(0, 1, without="low")] = 0.95,
        generator_lr: LearningRate = 1e-3,
        discriminator_lr: LearningRate = 1e-3,
        adam_betas: tuple[Decay, Decay] = (0.5, 0.999),
        **optimisation: Any,
    ) -> None:
        refuse(optimisation, dict.fromkeys(FALLS, 0), "rates fall by --model.decay_steps here")
        super().__init__(
            image_size=image_size,
            generator_lr=generator_lr,
            discriminator_lr=discriminator_lr,
            adam_betas=adam_betas,
            **optimisation,
        )
        check_classifiable(num_classes, image_size)
        check("num_strided", num_strided, 2**num_strided <= image_size, f"for which 2 ** it is at most {image_size}")
        self.num_classes, self.image_channels, self.latent_dim = num_classes, image_channels, latent_dim
        self.lambda_domain, self.lambda_adversarial, self.lambda_task = lambda_domain, lambda_adversarial, lambda_task
        self.weight_decay, self.decay_steps, self.decay_factor = weight_decay, decay_steps, decay_factor
        first, features = PAPERS[architecture]
        self.design = (architecture, tower_channels or first, tower_dim or features)
        self.generator = ResidualPainter(image_size, image_channels, latent_dim, base_channels, num_blocks, norm)
        judge = TargetJudge(
            image_size, image_channels, discriminator_channels, num_strided, norm, discriminator_noise, dropout
        )
        self.discriminator = nn.ModuleDict({"judge": judge, "task": self.new_classifier()})
        self.finish_players()

    def new_classifier(self) -> DigitClassifier:
        """A task tower, as it is before it has learned anything."""
        encoder = DigitEncoder(self.image_size, self.image_channels, *self.design)
        return DigitClassifier(encoder, self.num_classes, self.design[0])

    def classify(self, images: Tensor, ema: bool = True) -> Tensor:
        """Class logits [N, K] of images of the target domain, by the task tower.

        Args:
            images: [N, C, H, W] in [-1, 1].
            ema: There is no average of the task tower; it is taken as it is.
        """
        return cast(Tensor, self.discriminator["task"](images))

    def forward(self, images: Tensor, direction: str = "", ema: bool = True, latents: Tensor | None = None) -> Tensor:
        """Source images as the target's, [N, C, H, W] in [-1, 1], from images [N, C, H, W] of the model's size.

        Args:
            images: In [-1, 1].
            direction: There is only one.
            ema: The averaged generator where there is one, or the one that is trained.
            latents: From N(0, 1), [N, Z]; without these all are those of seed 0.
        """
        latents = self._latents_of(0, images) if latents is None else latents
        return cast(Tensor, self.picture_maker(ema)(images, latents))

    # Training

    def make_optimizer(self, player: str) -> Optimizer:
        optimizer = super().make_optimizer(player)
        for group in optimizer.param_groups:
            group["weight_decay"] = self.weight_decay
        return optimizer

    def set_schedules(self, optimizers: dict[str, LightningOptimizer]) -> None:
        """Lets both rates fall, step by step."""
        share = self.decay_factor ** (self.counters.batches // self.decay_steps)
        for player, optimizer in optimizers.items():
            for group in optimizer.param_groups:
                group["lr"] = self.learning_rates[player] * share

    def shared(self, batch: AdaptationBatch) -> Painted:
        return Painted(*batch, fake=self.generator(batch.source, self.noise("latents", self.latent_dim)))

    def discriminator_losses(self, batch: Painted) -> Losses:
        fake = batch.fake.detach()
        real_logits, fake_logits = judging.judge(self.discriminator["judge"], batch.target, fake.to(batch.target.dtype))
        self.watch_outputs(real_logits, fake_logits)
        task = self.discriminator["task"]
        return {
            "adversarial": self.lambda_domain * discriminator_cross_entropy(real_logits, fake_logits),
            "class_source": class_loss(task(batch.source), batch.labels),
            "class_painted": class_loss(task(fake), batch.labels),
        }

    def generator_losses(self, batch: Painted) -> Losses:
        judged = judging.judge_fake(self.discriminator["judge"], batch.fake)
        losses = {"adversarial": self.lambda_adversarial * non_saturating_generator_loss(judged)}
        if self.lambda_task:
            losses["class"] = self.lambda_task * class_loss(self.discriminator["task"](batch.fake), batch.labels)
        return losses

    # Held-out images

    def held_out_logits(self, batch: AdaptationBatch) -> Tensor:
        return cast(Tensor, self.discriminator["judge"](batch.target))

    def held_out_measures(self, batch: AdaptationBatch) -> Losses:
        """The accuracy on source images; the target's labels are never asked."""
        return {"accuracy": (self.classify(batch.source).argmax(1) == batch.labels).float().mean()}

    # What a translator is

    @property
    def directions(self) -> tuple[str, ...]:
        source, target = self.domains
        return (f"{source}2{target}",)

    def channels(self, direction: str) -> tuple[int, int]:
        return self.image_channels, self.image_channels

    @property
    def sizes(self) -> Sizes:
        return Sizes(multiple=1, tile=self.image_size)

    def columns(self, batch: AdaptationBatch) -> tuple[Tensor, ...]:
        """Source images, each painted with the noise of two seeds, and target images, which are others."""
        painted = [self(batch.source, latents=self._latents_of(seed, batch.source)) for seed in (0, 1)]
        return tuple(map(in_three_channels, (batch.source, *painted, batch.target)))

    def _latents_of(self, seed: int, images: Tensor) -> Tensor:
        """The latent that verbs draw for a seed, for each image, [N, Z]."""
        drawn = seeding.draw((1, self.latent_dim), "normal", seeding.stream(seed, "verb")).to(images.dtype)
        return seeding.sent(drawn, images.device).expand(len(images), -1)
