"""What networks share that enlarge images: they learn from pixels first, and then from a discriminator too."""

from abc import abstractmethod
from collections.abc import Iterable
from math import cos, pi
from typing import Annotated, Any, ClassVar, NamedTuple, cast

import torch
from lightning.pytorch.core.optimizer import LightningOptimizer
from torch import Tensor, nn

from gan_cli.batches import PairedBatch
from gan_cli.errors import UserError
from gan_cli.media.images import Images
from gan_cli.media.pictures import to_uint8
from gan_cli.metrics.restoration import psnr_on_luma
from gan_cli.networks import layouts
from gan_cli.networks.frozen import Frozen
from gan_cli.networks.loss_networks import Seen
from gan_cli.networks.perceptual_maps import PerceptualMaps, perceptual_maps
from gan_cli.networks.srresnet import Scale
from gan_cli.ranges import Channels, Depth, LearningRate, Pixels, Range, Steps, Weight
from gan_cli.variants import descents
from gan_cli.variants.base import Fields, Losses
from gan_cli.variants.checks import check, refuse
from gan_cli.variants.schedules import FALLS
from gan_cli.variants.translation import Sizes, TranslationModule, in_three_channels

PRETRAINED = "pretrained"
"""The name of the checkpoint of a pretraining's end."""
LEAST_SHARE = 5e-4
"""A rate that falls along a cosine ends at this share of its beginning, as in ESRGAN's code."""

Drops = tuple[Annotated[int, Range(1, 10**12)], ...]
"""Steps of the generator after which learning rates drop."""


class Enlarged(NamedTuple):
    """A batch with the generator's outputs, which both descents use.

    Attributes:
        source: The small images, [N, C, H, W].
        target: The large ones, [N, C, sH, sW].
        fake: Enlarged images, [N, C, sH, sW], with the generator's graph; not clipped.
    """

    source: Tensor
    target: Tensor
    fake: Tensor


class SuperResolutionModule(TranslationModule):
    """Enlarges images. A variant adds both networks, the distance of images and the adversarial terms.

    The first `pretrain_steps` steps are the generator's alone, on the distance of pixels; then the run keeps a
    checkpoint of the name `PRETRAINED`, the row that papers compare with, and the optimizers begin anew.

    Args:
        image_size: Side of the large images in pixels.
        source_channels: C of the small images.
        target_channels: C of the large images, the same.
        scale: How many times larger images get: 2, 4 or 8.
        features: What images are held against each other in: "lite0" (EfficientNet-Lite0, of ImageNet), or "random",
            filters that were drawn.
        lambda_pixel: Weight of the distance of pixels after the pretraining; in it, it is 1.
        lambda_perceptual: Weight of the distance in features.
        lambda_adversarial: Weight of the adversarial term; 0 leaves the discriminator at rest.
        pretrain_steps: Steps of the generator on pixels alone before all else.
        pretrain_lr: Its learning rate there.
        pretrain_cycles: How often that rate falls along a cosine, each time from the beginning; 0 keeps it constant.
        lr_drops: Steps after the pretraining at which both rates are multiplied by `lr_factor`.
        lr_factor: See there.
        **optimisation: Further arguments of `AdversarialModule`, but for its linear falls.

    Raises:
        UserError: If a value is out of its range, or nothing is learned.
    """

    LEARNS_FROM: ClassVar[tuple[Fields, ...]] = ({"source": Images, "target": Images},)
    makes = "target"

    def __init__(
        self,
        image_size: Pixels,
        source_channels: Channels,
        target_channels: Channels,
        scale: Scale,
        features: Seen,
        lambda_pixel: Weight,
        lambda_perceptual: Weight,
        lambda_adversarial: Weight,
        pretrain_steps: Steps,
        pretrain_lr: LearningRate,
        pretrain_cycles: Depth,
        lr_drops: Drops,
        lr_factor: Annotated[float, Range(0, 1, without="low")],
        **optimisation: Any,
    ) -> None:
        refuse(optimisation, dict.fromkeys(FALLS, 0), "the rates of what enlarges fall by --model.lr_drops")
        super().__init__(image_size=image_size, **optimisation)
        check("target_channels", target_channels, target_channels == source_channels, "as source_channels is")
        check("image_size", image_size, image_size % scale == 0, f"that is a multiple of scale, {scale}")
        check("image_size", image_size, image_size > 2 * scale, f"above {2 * scale}, twice the scale")
        self.scale: Scale = scale
        self.image_channels = target_channels
        self.features: Seen = features
        self.lambda_pixel, self.lambda_perceptual = lambda_pixel, lambda_perceptual
        self.lambda_adversarial = lambda_adversarial
        if not (pretrain_steps or lambda_pixel or lambda_perceptual or lambda_adversarial):
            raise UserError(
                "model.lambda_pixel: 0 is not possible where all other weights are 0 too: nothing is learned"
            )
        self.pretrain_steps, self.pretrain_cycles = pretrain_steps, pretrain_cycles
        self.pretrain_rate = pretrain_lr / self.learning_rates["generator"]
        self.lr_drops, self.lr_factor = lr_drops, lr_factor
        self.looking: Frozen[PerceptualMaps] | None = None

    # What a variant owns

    @abstractmethod
    def distance(self, made: Tensor, wanted: Tensor) -> Tensor:
        """How far images, or maps of them, are from those wanted; a scalar in float32 at least."""

    @abstractmethod
    def discriminator_losses(self, batch: Enlarged) -> Losses: ...

    @abstractmethod
    def adversarial(self, batch: Enlarged) -> Tensor:
        """The generator's adversarial term, without its weight."""

    # What all of them do

    @property
    def pretraining(self) -> bool:
        """Whether the next step of the generator is one on pixels alone."""
        return self.counters.generator_steps < self.pretrain_steps

    def forward(self, images: Tensor, direction: str = "", ema: bool = True) -> Tensor:
        """Enlarged images [N, C, sH, sW] in [-1, 1] from images [N, C, H, W] of any size.

        Args:
            images: In [-1, 1].
            direction: There is only one.
            ema: The averaged generator where there is one, or the one that is trained.
        """
        return cast(Tensor, self.picture_maker(ema)(images)).clamp(-1, 1)

    def setup(self, stage: str) -> None:
        """Takes up the network that looks, if one is wanted, for training alone.

        Raises:
            UserError: If its weights are not installed.
        """
        if stage == "fit" and self.lambda_perceptual and self.looking is None:
            self.looking = perceptual_maps(self.features, type(self).__name__)
            layouts.lay_out(self.looking, self.memory_format)

    def descending(self) -> Iterable[str]:
        return ("generator",) if self.pretraining or not self.lambda_adversarial else super().descending()

    def n_critic_now(self) -> int:
        return 1 if self.pretraining else self.n_critic

    def shared(self, batch: PairedBatch) -> Enlarged:
        return Enlarged(batch.source, batch.target, fake=self.generator(batch.source))

    def generator_losses(self, batch: Enlarged) -> Losses:
        if self.pretraining:
            return {"pixel": self.distance(batch.fake, batch.target)}
        losses: Losses = {}
        if self.lambda_pixel:
            losses["pixel"] = self.lambda_pixel * self.distance(batch.fake, batch.target)
        if self.lambda_perceptual:
            losses[self.features] = self.lambda_perceptual * self._perceptual(batch)
        if self.lambda_adversarial:
            losses["adversarial"] = self.lambda_adversarial * self.adversarial(batch)
        return losses

    @property
    def phases_over(self) -> tuple[str, ...]:
        return () if self.pretraining else (PRETRAINED,)

    def on_phase_end(self, phase: str) -> None:
        """Has the optimizers forget their averages.

        Or the first steps would be many times too long: the new gradients are larger.
        """
        for optimizer in descents.bare_optimizers(self):
            optimizer.state.clear()

    def set_schedules(self, optimizers: dict[str, LightningOptimizer]) -> None:
        """Sets the learning rates of the phase at hand."""
        for player, optimizer in optimizers.items():
            for group in optimizer.param_groups:
                group["lr"] = self.learning_rates[player] * self._share_of_rate(player)

    def _share_of_rate(self, player: str) -> float:
        """What a player's learning rate is multiplied by in the next step of the generator."""
        step = self.counters.generator_steps
        if not self.pretraining:
            return self.lr_factor ** sum(step - self.pretrain_steps >= drop for drop in self.lr_drops)
        if player != "generator":
            return 1.0
        if not self.pretrain_cycles:
            return self.pretrain_rate
        passed = step * self.pretrain_cycles / self.pretrain_steps % 1
        return self.pretrain_rate * (LEAST_SHARE + (1 - LEAST_SHARE) * (1 + cos(pi * passed)) / 2)

    def _perceptual(self, batch: Enlarged) -> Tensor:
        """The distance in what another network sees, averaged over its maps."""
        assert self.looking is not None
        maps: nn.Module = self.looking.network
        with torch.no_grad():
            wanted = maps(batch.target)
        pairs = zip(maps(batch.fake), wanted, strict=True)
        return torch.stack([self.distance(one, other) for one, other in pairs]).mean()

    # Held-out images

    def held_out_logits(self, batch: PairedBatch) -> Tensor:
        return cast(Tensor, self.discriminator(batch.target))

    def held_out_measures(self, batch: PairedBatch) -> Losses:
        """PSNR on Y, rounded and shaved as `gan test` does it."""
        made, wanted = (to_uint8(images).cpu() for images in (self(batch.source), batch.target))
        return {"psnr_y": psnr_on_luma(made, wanted, self.scale).mean().float().to(self.device)}

    # What a translator is

    @property
    def directions(self) -> tuple[str, ...]:
        source, target = self.domains
        return (f"{source}2{target}",)

    def channels(self, direction: str) -> tuple[int, int]:
        return self.image_channels, self.image_channels

    @property
    def sizes(self) -> Sizes:
        return Sizes(multiple=1, tile=0, scale=self.scale)

    def columns(self, batch: PairedBatch) -> tuple[Tensor, ...]:
        return tuple(map(in_three_channels, (batch.source, self(batch.source), batch.target)))
