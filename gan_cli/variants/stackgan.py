"""StackGAN: Zhang et al. 2017, "StackGAN: Text to Photo-realistic Image Synthesis with Stacked Generative Adversarial
Networks", arXiv:1612.03242."""

from contextlib import nullcontext
from typing import Any, ClassVar, Literal, NamedTuple, cast

import torch
from lightning.pytorch.core.optimizer import LightningOptimizer
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, softplus

from gan_cli.batches import CaptionedBatch
from gan_cli.networks.dcgan import FIRSTS
from gan_cli.networks.layers import evaluating
from gan_cli.networks.sizes import maps_of
from gan_cli.networks.stackgan import Condition, StackedDiscriminator, StackGANGenerator
from gan_cli.objectives.variational import divergence_from_normal
from gan_cli.ranges import Channels, Decay, Depth, LearningRate, Pixels, Steps, Weight, Width
from gan_cli.variants import judging
from gan_cli.variants.base import Losses
from gan_cli.variants.card import Card
from gan_cli.variants.checks import check, refuse
from gan_cli.variants.schedules import FALLS
from gan_cli.variants.sentences import SentenceModule

STAGE_ONE = "stage_one"
"""The name of the checkpoint at the end of stage one, and of its images among the parts."""
Enlargement = Literal[2, 4, 8]


class Staged(NamedTuple):
    """A batch as both players of a stage see it.

    Attributes:
        images: [N, C, H, W] in [-1, 1], of the stage's size.
        fake: The same made, with the generator's graph.
        told: The means of the conditions of the images' sentences, [N, D].
        wrong: Those of sentences on others, [N, D].
        condition: What the made ones are made of, with the generator's graph.
    """

    images: Tensor
    fake: Tensor
    told: Tensor
    wrong: Tensor
    condition: Condition


class StackGAN(SentenceModule):
    """Images from sentences in two stages, the second of which corrects and enlarges the first's (Zhang et al. 2017).

    What reads sentences is trained first, see `SentenceModule`. The next `stage_one_steps` batches train stage one, at
    whose end the run keeps a checkpoint of the name `STAGE_ONE`, and all further ones stage two. Until that begins,
    stage one's images are shown, enlarged.

    What a seed gives has 2 `condition_dim` numbers beside the `latent_dim` of the noise: the conditions of both stages
    are drawn by them, so that an image is a function of its latent and its sentence.

    Departures: mean and logarithm of the variance are linear in a sentence's vector, where the authors' PyTorch code
    has ReLU behind them, which leaves no variance below 1 and no mean below 0; while stage two learns from stage one's
    images, these are made as after training, where the code goes on with the statistics of each batch; wrong sentences
    are those of images of another kind, where it takes the batch shifted by one. Stage two's conditions begin as stage
    one's: its discriminator sees their means alone, and has something to read in them from its first batch. A
    `lambda_kl` that is too large for so few numbers draws these means to 0 (`loss/generator/kl`) before it does, and
    then `logits/wrong` stay as `logits/real`.

    Args:
        image_size: Side of the square images in pixels, from 16 to 256: 4, 5, 6 or 7, doubled several times.
        image_channels: C.
        enlargement: How many times the side of stage one's images that is; these have one doubling at least.
        condition_dim: D, of a condition.
        base_channels: Twice the channels of stage one's last layer, and those of stage two's first.
        discriminator_channels: Channels of the first layer of both discriminators.
        num_residual: Residual blocks of stage two.
        lambda_kl: Weight of the conditions' divergence from N(0, 1), which is averaged over the D numbers as in the
            authors' code, where the paper's equation adds them up.
        lambda_wrong: Weight of real images with wrong sentences among what a discriminator is to reject, where that of
            made images is 1; all are divided by their sum.
        alone: Whether stage two's discriminator also judges images without a sentence, as in the authors' PyTorch code.
        stage_one_steps: Batches that train stage one, behind those of the matcher; 0 leaves it as it is, as behind
            `--init`.
        halve_every: Batches of a stage after which its learning rates are halved, again and again; 0 keeps them.
        latent_dim: Z, of the noise alone.
        generator_lr: Learning rate of the generators.
        discriminator_lr: Learning rate of the discriminators.
        adam_betas: Adam's two decay rates.
        **further: Further arguments of `SentenceModule`.

    Raises:
        UserError: If a value is out of its range, or does not go with another one.
    """

    generator: StackGANGenerator
    discriminator: nn.ModuleDict
    SETTLES = ("latent_distribution",)
    PARTS = (STAGE_ONE,)
    CARD: ClassVar[Card | None] = Card(
        paper="Zhang et al. 2017, "
        '"StackGAN: Text to Photo-realistic Image Synthesis with Stacked Generative Adversarial Networks", '
        "arXiv:1612.03242",
        discriminator="L_D = -E[log D(x, t)] - (E[log(1 - D(x, t_wrong))] + E[log(1 - D(G(z, c), t))]) / 2, in each "
        "stage; stage two's also of D(x)",
        generator="L_G = -E[log D(G(z, c), t)] + lambda_kl KL(N(mu(t), sigma(t)) || N(0, 1)), c = mu + sigma e; stage "
        "two's G(G_1(z, c_1), c)",
        printed={
            "image_size": 256,
            "image_channels": 3,
            "enlargement": 4,
            "embedding_dim": 1024,
            "condition_dim": 128,
            "base_channels": 128,
            "discriminator_channels": 64,
            "num_residual": 4,
            "lambda_kl": 2.0,
            "lambda_wrong": 1.0,
            "alone": True,
            "latent_dim": 100,
            "stage_one_steps": "600 passes",
            "halve_every": "100 passes",
            "generator_lr": 2e-4,
            "discriminator_lr": 2e-4,
            "adam_betas": (0.5, 0.999),
        },
        why={
            "stage_one_steps": "of CUB's 8,855 images in batches of 64",
            "halve_every": "the size of the set is not known here; stackgan_256.yaml sets it",
        },
    )

    def __init__(
        self,
        image_size: Pixels = 256,
        image_channels: Channels = 3,
        enlargement: Enlargement = 4,
        condition_dim: Width = 128,
        base_channels: Width = 128,
        discriminator_channels: Width = 64,
        num_residual: Depth = 4,
        lambda_kl: Weight = 2.0,
        lambda_wrong: Weight = 1.0,
        alone: bool = True,
        stage_one_steps: Steps = 83_000,
        halve_every: Steps = 0,
        latent_dim: Width = 100,
        generator_lr: LearningRate = 2e-4,
        discriminator_lr: LearningRate = 2e-4,
        adam_betas: tuple[Decay, Decay] = (0.5, 0.999),
        **further: Any,
    ) -> None:
        rates: dict[str, Any] = {"generator_lr": generator_lr, "discriminator_lr": discriminator_lr}
        super().__init__(image_size, image_channels, latent_dim=latent_dim, adam_betas=adam_betas, **rates, **further)
        if halve_every:
            refuse(further, dict.fromkeys(FALLS, 0), "the rates are halved, by model.halve_every")
        maps, size = maps_of(image_size, FIRSTS), image_size // enlargement
        check(
            "enlargement",
            enlargement,
            size >= 2 * maps.first,
            f"up to {image_size // (2 * maps.first)} at this image size",
        )
        self.latent_dim = latent_dim + 2 * condition_dim  # with the noise of both conditions
        self.enlargement: Enlargement = enlargement
        self.condition_dim = condition_dim
        self.lambda_kl, self.lambda_wrong = lambda_kl, lambda_wrong
        self.stage_one_steps, self.halve_every = stage_one_steps, halve_every
        sizes = (latent_dim, self.embedding_dim, condition_dim, base_channels, num_residual)
        self.generator = StackGANGenerator(image_size, image_channels, enlargement, *sizes)
        judging_sizes = (maps.first, condition_dim, discriminator_channels)
        first = StackedDiscriminator(size, image_channels, *judging_sizes, alone=False)
        second = StackedDiscriminator(image_size, image_channels, *judging_sizes, alone=alone)
        self.discriminator = nn.ModuleDict({"first": first, "second": second})
        self.make_matcher()

    def painted(self, latents: Tensor, told: Tensor, ema: bool) -> Tensor:
        """Images of stage two, from latents [N, Z + 2 D]; stage one's, enlarged, before it begins."""
        begun = self.counters.batches > self.phases[STAGE_ONE]
        *_, image = self.picture_maker(ema)(latents, told, second=begun).images
        return cast(Tensor, image) if begun else self._enlarged(image)

    def parts(self, latents: Tensor, ema: bool = True, **given: Tensor) -> dict[str, Tensor]:
        small, *_ = self.picture_maker(ema)(latents, self.vectors(given["text"]), second=False).images
        return {STAGE_ONE: self._enlarged(small)}

    def _enlarged(self, small: Tensor) -> Tensor:
        """Stage one's images with each pixel repeated."""
        return interpolate(small, scale_factor=self.enlargement, mode="nearest")

    # Phases

    @property
    def phases(self) -> dict[str, int]:
        return {**super().phases, STAGE_ONE: self.matching_steps + self.stage_one_steps}

    @property
    def is_second(self) -> bool:
        """Whether the next batch trains stage two."""
        return self.counters.batches >= self.phases[STAGE_ONE]

    @property
    def judge_at_hand(self) -> nn.Module:
        """The discriminator of the stage that the next batch trains."""
        return self.discriminator["second" if self.is_second else "first"]

    def at_hand(self, images: Tensor) -> Tensor:
        """Real images of the size of the stage that the next batch trains."""
        return images if self.is_second else avg_pool2d(images, self.enlargement)

    def set_schedules(self, optimizers: dict[str, LightningOptimizer]) -> None:
        """Sets the learning rates of the stage at hand."""
        if not self.halve_every:
            super().set_schedules(optimizers)
            return
        begun = self.phases[STAGE_ONE] if self.is_second else self.matching_steps
        halved = max(0, self.counters.batches - begun) // self.halve_every
        for player in ("discriminator", "generator"):
            for group in optimizers[player].param_groups:
                group["lr"] = self.learning_rates[player] / 2**halved

    def average_weight(self) -> float:
        """The same for each stage: the second's average begins with its own steps, not with its first weights.

        The first's follows what the second is trained on.
        """
        if self.origin or not self.is_second:
            return super().average_weight()
        steps = self.counters.generator_steps - self.stage_one_steps // self.n_critic
        return min(self.ema_decay, (1 + steps) / (10 + steps))

    def on_phase_end(self, phase: str) -> None:
        if phase == STAGE_ONE:
            for network in (self.generator, *([self.ema.network] if self.ema is not None else [])):
                one, two = (cast(StackGANGenerator, network).first, cast(StackGANGenerator, network).second)
                two.augmentation.load_state_dict(one.augmentation.state_dict())

    def shared(self, batch: CaptionedBatch) -> CaptionedBatch | Staged:
        if self.is_matching:
            return batch
        told, wrong = self.vectors(batch.text), self.vectors(batch.wrong)
        with evaluating(self.generator.first) if self.is_second else nullcontext():
            made = self.generator(self.latents("generator"), told, second=self.is_second)
        means = made.condition.mean.detach(), self.generator.mean(wrong, self.is_second).detach()
        return Staged(self.at_hand(batch.images), made.images[-1], *means, made.condition)

    # Objectives

    def discriminator_losses(self, batch: Staged) -> Losses:
        conditions = (batch.told, *([batch.wrong] if self.lambda_wrong else []))
        network, fakes = self.judge_at_hand, (batch.fake.detach(), batch.told)
        real_logits, fake_logits = judging.judge(network, (batch.images, *conditions), fakes)
        self.watch_outputs(real_logits[:, 0], fake_logits[:, 0])
        rejected = fake_logits.shape[1] + self.lambda_wrong
        losses = {"fake": softplus(fake_logits).mean(0).sum() / rejected}
        if self.lambda_wrong:
            wrong_logits = real_logits[:, 1]
            self.watch("logits/wrong", wrong_logits)
            losses["wrong"] = self.lambda_wrong * softplus(wrong_logits).mean() / rejected
        right = torch.cat([real_logits[:, :1], real_logits[:, len(conditions) :]], dim=1)
        return {"real": softplus(-right).mean(), **losses}

    def generator_losses(self, batch: Staged) -> Losses:
        logits = judging.judge_fake(self.judge_at_hand, (batch.fake, batch.told))
        losses = {"adversarial": softplus(-logits).mean(0).sum()}
        if self.lambda_kl:
            divergence = divergence_from_normal(batch.condition.mean, batch.condition.log_variance)
            losses["kl"] = self.lambda_kl * divergence.mean() / self.condition_dim
        return losses

    # Held-out images

    def held_out_logits(self, batch: CaptionedBatch) -> Tensor:
        told = self.generator.mean(self.vectors(batch.text), self.is_second)
        return cast(Tensor, self.judge_at_hand(self.at_hand(batch.images), told)[:, 0])
