"""StyleGAN2: Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN", arXiv:1912.04958, with the
adaptive augmentation of Karras et al. 2020, "Training Generative Adversarial Networks with Limited Data",
arXiv:2006.06676."""

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, cast

import torch
from lightning.pytorch.core.optimizer import LightningOptimizer
from torch import Tensor
from torch.optim import Optimizer

from gan_cli.batches import Batch
from gan_cli.devices.processes import mean_over_processes
from gan_cli.networks.stylegan2 import StyleGAN2Discriminator, StyleGAN2Generator, Trunk
from gan_cli.objectives import ada
from gan_cli.objectives.adversarial import discriminator_cross_entropy, non_saturating_generator_loss
from gan_cli.objectives.augment import Augmentation, diff_augment
from gan_cli.objectives.lecam import lecam_divergence
from gan_cli.objectives.path_length import path_lengths
from gan_cli.objectives.penalties import in_full, slopes, zero_centred_penalty
from gan_cli.ranges import Channels, Classes, Decay, Depth, Few, LearningRate, Pixels, Range, Weight, Width
from gan_cli.variants.ada import EVERY, AdaptiveAugmentation, check_enough
from gan_cli.variants.averages import by_half_life
from gan_cli.variants.base import Losses
from gan_cli.variants.card import Card
from gan_cli.variants.checks import check, refuse
from gan_cli.variants.logit_means import LogitMeans
from gan_cli.variants.schedules import things_in_a_pass
from gan_cli.variants.styled import StyledModule

PATH_DECAY = 0.99
"""Weight of the old mean path length in its moving average, as in the authors' code."""
FEWER = 2
"""Path lengths are taken of every second row."""
LECAM_DECAY = 0.99
"""Weight of the old means in LeCam's moving averages, as in its authors' code for StyleGAN2."""


class StyleGAN2(StyledModule):
    """Demodulated styles, penalties in lazy steps of their own, and augmentation that follows overfitting.

    Defaults are the paper's for faces at 1,024 pixels. `ada_target` 0.6 turns the second paper's augmentation on. Made
    images have the labels of the batch's real ones, which are drawn from the data.

    Departures: minibatch deviation compares neighbours in a batch; the discriminator descends first; the means of
    styles and of path lengths are those of all processes; see `objectives.ada` for what moves in from outside an
    augmented image.

    Args:
        image_size: Side of the square images in pixels, a power of two from 8 to 1,024.
        image_channels: C.
        num_classes: K; above 0 both players are told the class.
        latent_dim: Z.
        style_dim: W.
        mapping_depth: Layers of the mapping; 2 in the authors' later settings.
        channel_base: Channels times the map's side: 32,768 in the paper, half as much up to 256 pixels.
        channel_max: Most channels.
        trunk: The discriminator's blocks, "resnet" or "orig" without shortcuts.
        noise: Whether the generator's layers add noise.
        deviation_group: Things whose deviation the discriminator sees; 0 shows none.
        style_mixing: The probability that a batch has the styles of other latents from some layer on.
        r1_gamma: Weight of the penalty on the slope at real images, with the paper's factor 1/2.
        r1_interval: Batches from one step of that penalty to the next.
        lambda_path: Weight of the penalty on path lengths; 0 has none.
        path_interval: Batches from one step of that penalty to the next.
        generator_lr: Learning rate of the generator before it is made up for the lazy steps.
        discriminator_lr: The same of the discriminator.
        adam_betas: Adam's two decay rates, before the same.
        ema_half_life_kimg: Half-life of the generator's average, in thousands of images; 0 turns it off.
        ema_ramp: The half-life is at most this share of the images shown; 0 has no ramp.
        augment: DiffAugment in front of the discriminator, see `ChosenNetworks`.
        ada_target: The mean sign of the discriminator's logits of real images at which the probability of augmentation
            stays, 0.6 in the paper; 0 turns adaptive augmentation off.
        ada_pipe: Its changes, see `objectives.ada`; bg for sets in which colours must stay.
        ada_kimg: Thousands of images in which the probability can rise from 0 to 1; the authors take 100 where they go
            on from a network that has learned from another set.
        ada_upright: Whether it neither flips nor turns images, for digits, letters and the like.
        lambda_lecam: Weight of LeCam's term, see `objectives.lecam`: 3e-7 for a thousand faces, 1e-6 for a tenth of
            CIFAR-10 in its authors' code; 0 has none.
        freeze_discriminator: Layers of the discriminator that keep their weights, counted from the image: the first is
            the 1x1 convolution of colours; each block has two, and a third beside them if it is residual.
        **optimisation: Further arguments of `AdversarialModule`.

    Raises:
        UserError: If a value is out of its range.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN", arXiv:1912.04958',
        discriminator="L_D = E[softplus(D(G(z)))] + E[softplus(-D(x))] + lazily gamma/2 E[|grad D(x)|^2]",
        generator="L_G = E[softplus(-D(G(z)))] + lazily lambda E[(|J_w^T y| - a)^2]",
        printed={
            "image_size": 1024,
            "image_channels": 3,
            "num_classes": "none",
            "latent_dim": 512,
            "style_dim": 512,
            "mapping_depth": 8,
            "channel_base": 32768,
            "channel_max": 512,
            "trunk": "resnet",
            "noise": True,
            "deviation_group": 4,
            "style_mixing": 0.9,
            "r1_gamma": 10.0,
            "r1_interval": 16,
            "lambda_path": 2.0,
            "path_interval": 4,
            "generator_lr": 0.002,
            "discriminator_lr": 0.002,
            "adam_betas": (0.0, 0.99),
            "ema_half_life_kimg": 10.0,
            "ema_ramp": "none",
            "ada_target": "0.6 (arXiv:2006.06676)",
            "ada_pipe": "bgc",
            "ada_kimg": 500.0,
            "ema_decay": "by half-life",
            "latent_distribution": "normal",
        },
        why={
            "ema_ramp": "the authors' later code: 0.05; a short run has an average sooner",
            "ada_target": "off, as in the first paper: tens of thousands of images need none",
            "ema_decay": "not used: ema_half_life_kimg",
            "num_classes": "0: classes came with the second paper",
        },
    )

    mean_path: Tensor

    def __init__(
        self,
        image_size: Pixels = 1024,
        image_channels: Channels = 3,
        num_classes: Classes = 0,
        latent_dim: Width = 512,
        style_dim: Width = 512,
        mapping_depth: Annotated[int, Range(1, 64)] = 8,
        channel_base: Annotated[int, Range(8, 2**20)] = 32_768,
        channel_max: Width = 512,
        trunk: Trunk = "resnet",
        noise: bool = True,
        deviation_group: Annotated[int, Range(0, 1_000)] = 4,
        style_mixing: Annotated[float, Range(0, 1)] = 0.9,
        r1_gamma: Weight = 10.0,
        r1_interval: Few = 16,
        lambda_path: Weight = 2.0,
        path_interval: Few = 4,
        generator_lr: LearningRate = 0.002,
        discriminator_lr: LearningRate = 0.002,
        adam_betas: tuple[Decay, Decay] = (0.0, 0.99),
        ema_half_life_kimg: Weight = 10.0,
        ema_ramp: Weight = 0.05,
        augment: tuple[Augmentation, ...] = (),
        ada_target: Decay = 0.0,
        ada_pipe: ada.Pipe = "bgc",
        ada_kimg: Annotated[float, Range(0, 1e6, without="low")] = 500.0,
        ada_upright: bool = False,
        lambda_lecam: Weight = 0.0,
        freeze_discriminator: Depth = 0,
        **optimisation: Any,
    ) -> None:
        refuse(optimisation, {"ema_decay": 0.0}, "StyleGAN2's average has a half-life, --model.ema_half_life_kimg")
        super().__init__(
            latent_dim,
            num_classes,
            style_mixing,
            generator_lr=generator_lr,
            discriminator_lr=discriminator_lr,
            adam_betas=adam_betas,
            **optimisation,
        )
        self.intervals = {"generator": path_interval, "discriminator": r1_interval}
        self.ema_decay = 1.0 if ema_half_life_kimg else 0.0  # there is an average; `average_weight` says how fast
        self.ema_half_life_kimg, self.ema_ramp = ema_half_life_kimg, ema_ramp
        self.r1_gamma, self.lambda_path, self.lambda_lecam = r1_gamma, lambda_path, lambda_lecam
        self.augment = augment
        fits = "f" not in ada_pipe or image_size >= 32
        check("ada_pipe", ada_pipe, fits, f"of bg or bgc: f takes 32 pixels, and these are {image_size}")
        sizes = (channel_base, channel_max)
        self.generator = StyleGAN2Generator(
            *(image_size, image_channels, latent_dim, style_dim, mapping_depth), *sizes, num_classes, noise
        )
        self.discriminator = StyleGAN2Discriminator(
            *(image_size, image_channels), *sizes, trunk, deviation_group, num_classes
        )
        self._freeze(freeze_discriminator)
        self.ada = AdaptiveAugmentation(ada_target, ada_pipe, ada_kimg, ada_upright) if ada_target else None
        self.logit_means = LogitMeans() if lambda_lecam else None
        self.register_buffer("mean_path", torch.zeros(()))
        self.finish_players()

    # Descents

    def descending(self) -> Iterable[str]:
        due = {
            "discriminator": self.r1_gamma and self.counters.batches % self.intervals["discriminator"] == 0,
            "generator": self.lambda_path and self.counters.generator_steps % self.intervals["generator"] == 0,
        }
        for player in super().descending():
            yield player
            if due[player]:
                yield {"discriminator": "discriminator.r1", "generator": "generator.path"}[player]

    def discriminator_losses(self, batch: Batch) -> Losses:
        labels = self.given(batch).values()
        fakes = self.fakes("discriminator", *labels).detach()
        real_logits, fake_logits = self.judge(
            (self.presented(batch.real, "real"), *labels), (self.presented(fakes, "fake"), *labels)
        )
        self.watch_outputs(real_logits, fake_logits)
        if self.ada is not None:
            self.ada.count(real_logits)
        losses = {"adversarial": discriminator_cross_entropy(real_logits, fake_logits)}
        if (means := self.logit_means) is not None:
            means.follow(real_logits, fake_logits, LECAM_DECAY)
            divergence = lecam_divergence(real_logits, fake_logits, means.real, means.fake)
            losses["lecam"] = self.lambda_lecam * divergence
        return losses

    def discriminator_r1_losses(self, batch: Batch) -> Losses:
        """The penalty in a step of its own; the slope is at the images before augmentation."""
        labels = self.given(batch).values()

        def critic(images: Tensor) -> Tensor:
            return cast(Tensor, self.discriminator(self.presented(images, "real"), *labels))

        _, lengths = slopes(critic, batch.real)
        return {"r1": self.r1_gamma / 2 * self.intervals["discriminator"] * zero_centred_penalty(lengths)}

    def generator_losses(self, batch: Batch) -> Losses:
        labels = self.given(batch).values()
        fakes = self.fakes("generator", *labels)
        logits = self.judge_fake((self.presented(fakes, "for generator"), *labels))
        return {"adversarial": non_saturating_generator_loss(logits)}

    def generator_path_losses(self, batch: Batch) -> Losses:
        """The penalty on path lengths in a step of its own, on half a batch; the mean length moves first."""
        with in_full(self.device):
            styles = self.training_styles("generator", *self.given(batch).values())[::FEWER]
        noise = self.noise("path", *batch.real.shape[1:])[::FEWER]
        lengths = path_lengths(self.generator, styles, noise)
        mean = torch.lerp(mean_over_processes(lengths.mean()), self.mean_path, PATH_DECAY)
        self.mean_path.copy_(mean.detach())
        self.watch("path_length", lengths.detach())
        return {"path": self.lambda_path * self.intervals["generator"] * (lengths - mean).square().mean()}

    def presented(self, images: Tensor, use: str = "real") -> Tensor:
        """Images as the discriminator sees them; different uses are augmented independently of each other."""
        images = diff_augment(images, self.augment)
        return images if self.ada is None else self.ada(images, self.noise, use)

    # Before a batch, and before a run

    def set_schedules(self, optimizers: dict[str, LightningOptimizer]) -> None:
        super().set_schedules(optimizers)
        if self.fall.end is not None:  # it has set them as they were typed
            for player, optimizer in optimizers.items():
                for group in optimizer.param_groups:
                    group["lr"] *= self._made_up(player)
        if self.ada is not None and self.counters.batches % EVERY == 0:
            self.ada.adjust()
            self.watch("augment_probability", self.ada.probability)

    def on_fit_start(self) -> None:
        super().on_fit_start()
        if self.ada is not None and (count := things_in_a_pass(self.trainer)):
            check_enough(count, self.data_arguments.get("batch_size", 1) * self.trainer.world_size)

    # Pieces

    def make_optimizer(self, player: str) -> Optimizer:
        optimizer, made_up = super().make_optimizer(player), self._made_up(player)
        for group in optimizer.param_groups:
            group["lr"] *= made_up
            group["betas"] = tuple(float(beta) ** made_up for beta in self.adam_betas)
        return optimizer

    def average_weight(self) -> float:
        return by_half_life(self, self.ema_half_life_kimg, self.ema_ramp)

    def held_out_logits(self, batch: Batch) -> Tensor:
        return cast(Tensor, self.discriminator(self.presented(batch.real), *self.given(batch).values()))

    def _freeze(self, count: int) -> None:
        """Freeze-D (Mo et al. 2020, arXiv:2002.10964) as the second paper's code has it."""
        layers = cast(StyleGAN2Discriminator, self.discriminator).layers_from_image()
        check("freeze_discriminator", count, count <= len(layers), f"of at most {len(layers)}, its layers at this size")
        for layer in layers[:count]:
            layer.requires_grad_(False)

    def _made_up(self, player: str) -> float:
        """What Adam's rate is multiplied by, and its decay rates are raised to, for one step more every so often."""
        interval = self.intervals[player]
        return interval / (interval + 1)
