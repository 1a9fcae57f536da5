"""Colours for grey pictures, by hints: Zhang et al. 2017, "Real-Time User-Guided Image Colorization with Learned Deep
Priors", arXiv:1705.02999; with pix2pix's adversarial term, Isola et al. 2017, arXiv:1611.07004."""

from collections.abc import Iterable
from math import sqrt
from typing import Annotated, Any, ClassVar, NamedTuple

import torch
from lightning.pytorch.core.optimizer import LightningOptimizer
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, interpolate

from gan_cli.batches import HintedBatch, PairedBatch
from gan_cli.media.hints import Hints
from gan_cli.media.images import Images
from gan_cli.media.lab import STRONGEST, coloured, lightness, rgb_to_lab
from gan_cli.media.medium import Medium
from gan_cli.media.palettes import BINS, WIDTH, Palettes, bins_of, palette_of
from gan_cli.media.pictures import to_float
from gan_cli.metrics.colours import ab_error, chroma_ratio
from gan_cli.networks.colorization import ColorizationNetwork, Colours
from gan_cli.networks.layers import initialise
from gan_cli.networks.patchgan import PatchGAN, PatchSize
from gan_cli.objectives.adversarial import discriminator_cross_entropy, non_saturating_generator_loss
from gan_cli.objectives.colours import colour_cross_entropy, colour_difference
from gan_cli.ranges import Channels, Decay, LearningRate, Pixels, Range, Steps, Weight, Width
from gan_cli.variants.base import Fields, Losses, check
from gan_cli.variants.card import Card
from gan_cli.variants.translation import Sizes, TranslationModule, check_patches, in_three_channels

LEAST = 2
"""The network sees at least so many times its multiple in height and in width."""


class Shown(NamedTuple):
    """A batch with the generator's colours, which both descents use.

    Attributes:
        lightness: L, 0..100, [N, 1, H, W].
        ab: The true a and b divided by 110, [N, 2, H, W].
        made: The generator's, with its graph.
    """

    lightness: Tensor
    ab: Tensor
    made: Colours


class Colorization(TranslationModule):
    """Grey pictures get colours, by a few hints and the palette of another picture where these are given.

    Only a and b of CIE L*a*b* are made; the lightness is the picture's own, to the bit, and at its own resolution.
    Colours are judged beside the lightness, patch by patch. A run on pairs without hints (`--data.degradation grey`)
    learns to colour by itself, and takes none later.

    Args:
        image_size: Side of the pictures in training, in pixels, a multiple of 8 from 16.
        source_channels: C of the pictures that go in, 1 or 3; of colours only their lightness is taken.
        target_channels: C of the pictures that come out, 3.
        base_channels: Channels of the first layer of the generator, and of the discriminator.
        palette: Whether it also takes palettes. In training half of the pictures have their own as one.
        lambda_l1: Weight of the absolute error of a and b, each divided by 110.
        lambda_adversarial: Weight of the adversarial term; 0 leaves the paper's regression, and the discriminator at
            rest.
        patch_size: Side in pixels of what an output of the discriminator sees.
        pretraining_steps: Generator steps at the beginning in which it is told nothing and learns to which of 529 bins
            each colour belongs; the discriminator rests.
        rate_after_pretraining: What learning rates are multiplied by after them.
        working_size: Larger pictures, as `gan translate` gets them, are made as small as a square of this side for the
            network, and their colours large again. What is larger than this in training stays as it is.
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates.
        **optimisation: Further arguments of `TranslationModule`.

    Raises:
        UserError: If a value is out of its range.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Zhang et al. 2017, "Real-Time User-Guided Image Colorization with Learned Deep Priors", '
        "arXiv:1705.02999; with pix2pix's adversarial term, Isola et al. 2017, arXiv:1611.07004",
        discriminator="L_D = -1/2 (E[log D(L, ab)] + E[log(1 - D(L, G(L, U)))])",
        generator="L_G = lambda_l1 E[|ab - G(L, U)|] - lambda_adversarial E[log D(L, G(L, U))]",
        printed={
            "image_size": 176,
            "source_channels": 1,
            "target_channels": 3,
            "base_channels": 64,
            "palette": "in a network of its own",
            "lambda_l1": 10.0,
            "lambda_adversarial": 0.0,
            "patch_size": 70,
            "pretraining_steps": 768_750,
            "rate_after_pretraining": 0.1,
            "working_size": 256,
            "generator_lr": 1e-4,
            "discriminator_lr": 1e-4,
            "adam_betas": (0.9, 0.999),
        },
        why={
            "palette": "one network takes hints, a palette, both or neither",
            "lambda_adversarial": "pix2pix's share beside L1 of two channels; 0 is the paper's regression",
            "pretraining_steps": "15 passes of ImageNet; 0 where colours are learned from the first step",
            "adam_betas": "pix2pix's, for two players",
        },
    )
    LEARNS_FROM: ClassVar[tuple[Fields, ...]] = (
        {"source": Images, "target": Images, "hints": Hints},
        {"source": Images, "target": Images},
    )
    makes = "target"
    GIVEN: ClassVar[tuple[str, ...]] = ("hints", "palette")

    def __init__(
        self,
        image_size: Pixels = 176,
        source_channels: Channels = 1,
        target_channels: Channels = 3,
        base_channels: Width = 64,
        palette: bool = False,
        lambda_l1: Weight = 10.0,
        lambda_adversarial: Weight = 0.2,
        patch_size: PatchSize = 70,
        pretraining_steps: Steps = 0,
        rate_after_pretraining: Annotated[float, Range(0, 1, without="low")] = 0.1,
        working_size: Pixels = 256,
        generator_lr: LearningRate = 1e-4,
        discriminator_lr: LearningRate = 1e-4,
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
        multiple = ColorizationNetwork.MULTIPLE
        fits = image_size >= LEAST * multiple and image_size % multiple == 0
        check("image_size", image_size, fits, f"that is a multiple of {multiple}, from {LEAST * multiple}")
        check("source_channels", source_channels, source_channels in (1, 3), "of 1 (grey) or 3")
        check("target_channels", target_channels, target_channels == 3, "of 3: colours are learned from colours")
        check_patches(patch_size, image_size)
        weighs = lambda_l1 > 0 or lambda_adversarial > 0
        check("lambda_l1", lambda_l1, weighs, "above 0 where model.lambda_adversarial is 0: nothing would be learned")
        self.lambda_l1, self.lambda_adversarial = lambda_l1, lambda_adversarial
        self.palette = palette
        self.pretraining_steps, self.rate_after_pretraining = pretraining_steps, rate_after_pretraining
        self.working_size = max(working_size, image_size)
        self.generator = ColorizationNetwork(base_channels, BINS, WIDTH if palette else 0)
        self.discriminator = PatchGAN(3, base_channels, patch_size)
        self.discriminator.apply(initialise)
        self.finish_players()

    def forward(
        self,
        images: Tensor,
        direction: str = "",
        ema: bool = True,
        hints: Tensor | None = None,
        palette: Tensor | None = None,
    ) -> Tensor:
        """Pictures in colour, [N, 3, H, W] in [-1, 1], from pictures [N, C, H, W] of any size, grey or coloured.

        Args:
            images: In [-1, 1].
            direction: There is only one.
            ema: The averaged generator where there is one, or the one that is trained.
            hints: As `media.hints` shows them, [N, 3, H, W]; None gives none.
            palette: As `media.palettes` shows them, [N, P]; None gives none.
        """
        size = self._working(*images.shape[2:])
        small = images if size == images.shape[2:] else interpolate(images, size, mode="bilinear", antialias=True)
        told = self._nothing(small) if hints is None else reduced_hints(hints, size)
        made: Colours = self.picture_maker(ema)(lightness(small), told, palette)
        return coloured(images, made.ab.float() * STRONGEST)

    # Training

    @property
    def pretrains(self) -> bool:
        """Whether the next step is one of the first phase."""
        return self.counters.generator_steps < self.pretraining_steps

    def descending(self) -> Iterable[str]:
        return ("generator",) if self.pretrains or not self.lambda_adversarial else super().descending()

    def set_schedules(self, optimizers: dict[str, LightningOptimizer]) -> None:
        super().set_schedules(optimizers)
        if not self.pretraining_steps or self.pretrains:
            return
        for player, optimizer in optimizers.items():
            for group in optimizer.param_groups:
                rate = group["lr"] if self.fall.end else self.learning_rates[player]
                group["lr"] = rate * self.rate_after_pretraining

    def shared(self, batch: PairedBatch | HintedBatch) -> Shown:
        light, ab = lightness(batch.source), rgb_to_lab(batch.target)[:, 1:] / STRONGEST
        hints = batch.hints if isinstance(batch, HintedBatch) and not self.pretrains else self._nothing(light)
        palette = None
        if self.palette:
            revealed = self.noise("palette", 1, distribution="uniform") > 0
            palette = palette_of(ab) * (revealed & (not self.pretrains))
        return Shown(light, ab, made=self.generator(light, hints, palette, told=self.pretrains))

    def discriminator_losses(self, batch: Shown) -> Losses:
        real, fake = self.judge(
            self._seen(batch.lightness, batch.ab), self._seen(batch.lightness, batch.made.ab.detach())
        )
        self.watch_outputs(real, fake)
        return {"adversarial": discriminator_cross_entropy(real, fake) / 2}

    def generator_losses(self, batch: Shown) -> Losses:
        losses: Losses = {}
        if self.lambda_l1:
            losses["l1"] = self.lambda_l1 * colour_difference(batch.made.ab, batch.ab)
        if batch.made.logits is not None:
            losses["bins"] = colour_cross_entropy(batch.made.logits, bins_of(batch.ab))
        elif self.lambda_adversarial:
            judged = self.judge_fake(self._seen(batch.lightness, batch.made.ab))
            losses["adversarial"] = self.lambda_adversarial * non_saturating_generator_loss(judged)
        return losses

    # Held-out pictures

    def held_out_logits(self, batch: PairedBatch | HintedBatch) -> Tensor:
        logits: Tensor = self.discriminator(
            self._seen(lightness(batch.source), rgb_to_lab(batch.target)[:, 1:] / STRONGEST)
        )
        return logits

    def held_out_measures(self, batch: PairedBatch | HintedBatch) -> Losses:
        made, wanted = self.medium.kept(self(batch.source, **self.given(batch))), self.medium.kept(batch.target)
        return {"ab": ab_error(made, wanted).mean(), "chroma": chroma_ratio(made, wanted).mean()}

    def columns(self, batch: PairedBatch | HintedBatch) -> tuple[Tensor, ...]:
        shown = [batch.source, self(batch.source, **self.given(batch)), batch.target]
        if isinstance(batch, HintedBatch):
            hints = Hints()
            shown.insert(1, to_float(hints.pictures(hints.kept(batch.hints))))
        return tuple(map(in_three_channels, shown))

    # What it is told

    @property
    def takes(self) -> tuple[str, ...]:
        return tuple(name for name in self.GIVEN if name in self.media)

    @property
    def media(self) -> dict[str, Medium]:
        told: dict[str, Medium] = {"palette": Palettes()} if self.palette else {}
        return {**super().media, **told}

    def given(self, batch: Any) -> dict[str, Tensor]:
        """What a batch tells of its pictures; never their own palettes, which nobody knows of a grey picture."""
        return {name: getattr(batch, name) for name in self.takes if name != "palette"}

    @property
    def directions(self) -> tuple[str, ...]:
        source, target = self.domains
        return (f"{source}2{target}",)

    def channels(self, direction: str) -> tuple[int, int]:
        return 3, 3

    @property
    def sizes(self) -> Sizes:
        return Sizes(multiple=1, tile=0, whole=True)

    def _working(self, height: int, width: int) -> tuple[int, int]:
        """The size at which the network sees a picture."""
        shrunk = min(1.0, self.working_size / sqrt(height * width))
        multiple = ColorizationNetwork.MULTIPLE
        high, wide = (max(LEAST, round(side * shrunk / multiple)) * multiple for side in (height, width))
        return high, wide

    def _nothing(self, like: Tensor) -> Tensor:
        """No hints, for pictures [N, C, H, W]."""
        return like.new_zeros(len(like), 3, *like.shape[2:])

    def _seen(self, lightness: Tensor, ab: Tensor) -> Tensor:
        """What the discriminator judges: a and b beside L, [N, 3, H, W] in about [-1, 1]."""
        return self.laid_out(torch.cat([(lightness / 50 - 1).to(ab.dtype), ab], dim=1))


def reduced_hints(hints: Tensor, size: tuple[int, int]) -> Tensor:
    """Hints [N, 3, H, W] of another size, [N, 3, h, w]: the mean of those in a pixel, so that none vanishes."""
    if hints.shape[2:] == size:
        return hints
    there = adaptive_avg_pool2d(hints[:, 2:], size)
    colours = adaptive_avg_pool2d(hints[:, :2] * hints[:, 2:], size) / there.clamp(min=1e-9)
    return torch.cat([colours, (there > 0).to(hints.dtype)], dim=1)
