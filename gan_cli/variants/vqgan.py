"""VQGAN: Esser et al. 2021, "Taming Transformers for High-Resolution Image Synthesis", arXiv:2012.09841.

The first of its two stages: images as grids of codes, and back.
"""

from collections.abc import Iterable
from math import ceil
from typing import Annotated, Any, ClassVar, NamedTuple, cast

import torch
from torch import Tensor, nn

from gan_cli import seeding
from gan_cli.batches import Batch
from gan_cli.errors import UserError
from gan_cli.media.pictures import to_uint8
from gan_cli.metrics.codes import counts_of, perplexity, unused_share
from gan_cli.metrics.reconstructions import KINDS, Reconstructed, compared
from gan_cli.metrics.row_table import OwnMeasures, RowTable
from gan_cli.networks import coded_tiles, layouts
from gan_cli.networks.frozen import Frozen
from gan_cli.networks.layers import initialise
from gan_cli.networks.loss_networks import Seen
from gan_cli.networks.patchgan import PatchGAN, PatchSize
from gan_cli.networks.perceptual_maps import PerceptualMaps, perceptual_maps
from gan_cli.networks.vqgan import CodedImages, attention_levels
from gan_cli.networks.vqgan import Sizes as NetworkSizes
from gan_cli.objectives.adversarial import critic_generator_loss, discriminator_hinge
from gan_cli.objectives.reconstruction import absolute_error
from gan_cli.objectives.vqgan import adaptive_weight, perceptual_error
from gan_cli.ranges import Channels, Decay, Few, LearningRate, Pixels, PixelsOrNone, Range, Steps, Weight, Width
from gan_cli.variants.base import Losses, check
from gan_cli.variants.card import Card
from gan_cli.variants.translation import Sizes, TranslationModule, check_patches, in_three_channels

RECONSTRUCT = "reconstruct"
"""The one direction: an image through the codes."""
FIRST_VECTORS = 16
"""So many of the encoder's vectors for each code, or at least, are looked at before the first step."""
FIRST_IMAGES = (64, 500)
"""Of so many images at least, and at most."""
AT_ONCE = 8
"""So many of them at a time."""

Multipliers = tuple[Annotated[int, Range(1, 64)], ...]
"""Channels of each level, as multiples of those of the first maps."""


class Through(NamedTuple):
    """A batch with what both descents use.

    Attributes:
        images: [N, C, H, W].
        maps: What the generator's last layer makes reconstructions of, [N, C', H, W], with the graph.
        codes: int64 [N, h, w].
        codebook: How far the codebook's entries are from the encoder's vectors.
        commitment: The same, for the encoder.
    """

    images: Tensor
    maps: Tensor
    codes: Tensor
    codebook: Tensor
    commitment: Tensor


class VQGAN(TranslationModule):
    """Images as grids of codes, entries of a learned codebook, and images of the codes again.

    The error of a reconstruction is in pixels and in maps of another network, where the paper has LPIPS, whose weights
    are not at hand; after `disc_start` batches a discriminator of patches joins in, with the weight that makes its
    gradient `lambda_adversarial` times as long as the error's. The codebook starts from what the encoder makes of
    training images before the first step: drawn as the paper's, most of it would never be used.

    Args:
        image_size: Side of the images in training, in pixels; a multiple of the factor between images and codes.
        image_channels: C.
        base_channels: Channels of the first maps.
        multipliers: How many times more channels each level has; each but the last halves the images, so that five
            make a code of 16x16 pixels.
        num_blocks: Residual blocks of each level of the encoder; the decoder has one more.
        attention_size: Side of the maps, in training, that have attention after each block; 0 leaves it to the middle.
        latent_channels: Channels of the encoder's outputs and the decoder's inputs.
        num_codes: K, entries of the codebook.
        code_dim: D, numbers of each.
        commitment_weight: How much the encoder's distance to the codebook weighs beside the codebook's to it. The
            authors' code first had it at the other one of the two, and keeps that as `legacy`.
        lambda_codebook: Weight of both.
        features: What reconstructions are held against images in: "lite0" (EfficientNet-Lite0, of ImageNet), or
            "random", filters that were drawn.
        lambda_pixel: Weight of the absolute error of pixels.
        lambda_perceptual: Weight of the squared error in features; 0 leaves pixels alone.
        lambda_adversarial: How long the adversarial gradient is, as a multiple of the error's; 0 leaves the
            discriminator at rest.
        disc_start: Batches before the discriminator joins in.
        discriminator_channels: Channels of its first layer.
        patch_size: Side in pixels of what an output of it sees.
        generator_lr: Learning rate of encoder, codebook and decoder.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates.
        **optimisation: Further arguments of `TranslationModule`.

    Raises:
        UserError: If a value is out of its range, or nothing is learned.
    """

    VERB: ClassVar[str] = "reconstruct"
    CARD: ClassVar[Card | None] = Card(
        paper='Esser et al. 2021, "Taming Transformers for High-Resolution Image Synthesis", arXiv:2012.09841',
        discriminator="L_D = (E[max(0, 1 - D(x))] + E[max(0, 1 + D(G(x)))]) / 2, from disc_start on",
        generator="L_G = E[|x - G(x)| + LPIPS] + E[|sg[E(x)] - z_q|^2 + beta |sg[z_q] - E(x)|^2] - lambda E[D(G(x))], "
        "lambda = 0.8 |grad rec| / (|grad D| + 1e-4) at the last layer",
        printed={
            "image_size": 256,
            "image_channels": 3,
            "base_channels": 128,
            "multipliers": (1, 1, 2, 2, 4),
            "num_blocks": 2,
            "attention_size": 16,
            "latent_channels": 256,
            "num_codes": "1024 or 16384",
            "code_dim": 256,
            "commitment_weight": 0.25,
            "lambda_codebook": 1.0,
            "features": "LPIPS of VGG16",
            "lambda_pixel": 1.0,
            "lambda_perceptual": 1.0,
            "lambda_adversarial": 0.8,
            "disc_start": "250001 (ImageNet), 30001 (faces)",
            "discriminator_channels": 64,
            "patch_size": 70,
            "generator_lr": "4.5e-6 times the batch",
            "discriminator_lr": "4.5e-6 times the batch",
            "adam_betas": (0.5, 0.9),
        },
        why={
            "num_codes": "the smaller codebook",
            "features": "LPIPS's weights are not at hand",
            "disc_start": "ImageNet's; in batches, each counted once",
            "generator_lr": "of 3 images, as in the authors' configs",
            "discriminator_lr": "of 3 images, as in the authors' configs",
        },
    )
    RECONSTRUCTS = True
    own_measures: ClassVar[OwnMeasures | None] = OwnMeasures(KINDS, things=1000)
    TILE = 64
    """A larger image, or grid of codes, goes through the networks in tiles of so many codes a side."""

    def __init__(
        self,
        image_size: Pixels = 256,
        image_channels: Channels = 3,
        base_channels: Width = 128,
        multipliers: Multipliers = (1, 1, 2, 2, 4),
        num_blocks: Few = 2,
        attention_size: PixelsOrNone = 16,
        latent_channels: Width = 256,
        num_codes: Width = 1024,
        code_dim: Width = 256,
        commitment_weight: Weight = 0.25,
        lambda_codebook: Weight = 1.0,
        features: Seen = "lite0",
        lambda_pixel: Weight = 1.0,
        lambda_perceptual: Weight = 1.0,
        lambda_adversarial: Weight = 0.8,
        disc_start: Steps = 250_001,
        discriminator_channels: Width = 64,
        patch_size: PatchSize = 70,
        generator_lr: LearningRate = 1.35e-5,
        discriminator_lr: LearningRate = 1.35e-5,
        adam_betas: tuple[Decay, Decay] = (0.5, 0.9),
        **optimisation: Any,
    ) -> None:
        super().__init__(
            image_size=image_size,
            generator_lr=generator_lr,
            discriminator_lr=discriminator_lr,
            adam_betas=adam_betas,
            **optimisation,
        )
        check("multipliers", multipliers, bool(multipliers), "such as [1,2,2], a number for each level")
        factor = 2 ** (len(multipliers) - 1)
        fits = image_size % factor == 0
        check("image_size", image_size, fits, f"that is a multiple of {factor}, of which a code is made")
        sides = [image_size >> level for level in range(len(multipliers))]
        there = f"of 0, {', '.join(map(str, sides))}, the sides of its maps"
        check("attention_size", attention_size, attention_size in (0, *sides), there)
        weighs = bool(lambda_pixel or lambda_perceptual)
        check("lambda_pixel", lambda_pixel, weighs, "above 0 where model.lambda_perceptual is 0: nothing is learned")
        check_patches(patch_size, image_size)
        self.image_channels, self.num_codes, self.code_dim = image_channels, num_codes, code_dim
        self.commitment_weight, self.lambda_codebook = commitment_weight, lambda_codebook
        self.features: Seen = features
        self.lambda_pixel, self.lambda_perceptual = lambda_pixel, lambda_perceptual
        self.lambda_adversarial, self.disc_start = lambda_adversarial, disc_start
        attention = attention_levels(image_size, len(multipliers), attention_size)
        sizes = NetworkSizes(image_channels, base_channels, tuple(multipliers), num_blocks, attention, latent_channels)
        self.generator = CodedImages(sizes, num_codes, code_dim)
        self.discriminator = PatchGAN(image_channels, discriminator_channels, patch_size)
        self.discriminator.apply(initialise)
        self.looking: Frozen[PerceptualMaps] | None = None
        self.finish_players()

    # Codes

    @property
    def factor(self) -> int:
        """How many pixels a code has in height and in width."""
        factor: int = self._coder(ema=False).factor
        return factor

    def encode(self, images: Tensor, ema: bool = True) -> Tensor:
        """Codes, int64 [N, H / f, W / f], of images [N, C, H, W] in [-1, 1] whose sides are multiples of `factor`."""
        return coded_tiles.encode(self._coder(ema), self.laid_out(images), self._tile)

    def decode(self, codes: Tensor, ema: bool = True) -> Tensor:
        """Images [N, C, f h, f w] in [-1, 1] of codes, int64 [N, h, w] from 0 to K - 1."""
        return coded_tiles.decode(self._coder(ema), codes, self._tile).clamp(-1, 1)

    def forward(self, images: Tensor, direction: str = RECONSTRUCT, ema: bool = True) -> Tensor:
        """Reconstructions, of the images' shape, [N, C, H, W] in [-1, 1].

        Args:
            images: In [-1, 1]; H and W are multiples of `factor`. Large ones go through the networks in tiles.
            direction: There is only one.
            ema: The averaged networks where there are any, or those that are trained.
        """
        return self.decode(self.encode(images, ema), ema)

    def _coder(self, ema: bool) -> CodedImages:
        return cast(CodedImages, self.picture_maker(ema))

    @property
    def _tile(self) -> int:
        return max(self.TILE, self.image_size // self.factor)

    # Training

    def setup(self, stage: str) -> None:
        """Takes up the network that looks, if one is wanted, for training alone.

        Raises:
            UserError: If its weights are not installed.
        """
        if stage == "fit" and self.lambda_perceptual and self.looking is None:
            self.looking = perceptual_maps(self.features, type(self).__name__)
            layouts.lay_out(self.looking, self.memory_format)

    def on_fit_start(self) -> None:
        if not (self.counters.batches or self.origin):
            self._start_codebook()
        super().on_fit_start()

    @torch.no_grad()
    def _start_codebook(self) -> None:
        """Sets the codebook to vectors of training images: a function of the seed and the data, in every process."""
        places = (self.image_size // self.factor) ** 2
        fewest, most = FIRST_IMAGES
        count = min(max(ceil(FIRST_VECTORS * self.num_codes / places), fewest), most)
        images = self.trainer.datamodule.some(count, self.seed, self.device).real  # type: ignore[attr-defined]
        coder = self._coder(ema=False)
        with self.trainer.precision_plugin.forward_context():
            made = [coder.vectors(self.laid_out(some)) for some in images.split(AT_ONCE)]
        vectors = torch.cat([some.float().movedim(1, -1).flatten(0, 2) for some in made]).cpu().unique(dim=0)
        order = torch.randperm(len(vectors), generator=seeding.stream(self.seed, "codebook"))
        chosen = vectors[order[torch.arange(self.num_codes) % len(order)]]
        for network in {coder, self._coder(ema=True)}:  # beside what was drawn, which keeps equal ones apart
            network.codebook.entries.add_(chosen.to(network.codebook.entries))

    def descending(self) -> Iterable[str]:
        return super().descending() if self._plays else ("generator",)

    def n_critic_now(self) -> int:
        return self.n_critic if self._plays else 1

    @property
    def _plays(self) -> bool:
        """Whether the discriminator joins in on the batch at hand."""
        return bool(self.lambda_adversarial) and self.counters.batches >= self.disc_start

    def shared(self, batch: Batch) -> Through:
        maps, quantised = self.generator(batch.real)
        counts = counts_of(quantised.codes, self.num_codes)
        self.watch("codes/perplexity", perplexity(counts))
        self.watch("codes/unused", unused_share(counts))
        return Through(batch.real, maps, quantised.codes, quantised.codebook, quantised.commitment)

    def discriminator_losses(self, batch: Through) -> Losses:
        with torch.no_grad():
            fake = self._last(batch.maps)
        real_logits, fake_logits = self.judge(batch.images, fake)
        self.watch_outputs(real_logits, fake_logits)
        return {"adversarial": discriminator_hinge(real_logits, fake_logits) / 2}

    def generator_losses(self, batch: Through) -> Losses:
        fake = self._last(batch.maps)
        losses: Losses = {}
        if self.lambda_pixel:
            losses["pixel"] = self.lambda_pixel * absolute_error(fake, batch.images)
        if self.lambda_perceptual:
            losses[self.features] = self.lambda_perceptual * self._perceptual(fake, batch.images)
        if self._plays:
            adversarial = critic_generator_loss(self.judge_fake(fake))
            weight = adaptive_weight(torch.stack([*losses.values()]).sum(), adversarial, self._last.weight)
            self.watch("adaptive_weight", weight)
            losses["adversarial"] = self.lambda_adversarial * weight * adversarial
        losses["codebook"] = self.lambda_codebook * batch.codebook
        losses["commitment"] = self.lambda_codebook * self.commitment_weight * batch.commitment
        return losses

    @property
    def _last(self) -> nn.Conv2d:
        """The trained generator's last layer, at whose weights gradients are compared."""
        return self._coder(ema=False).decoder.last

    def _perceptual(self, made: Tensor, images: Tensor) -> Tensor:
        """The squared error in what another network sees, averaged over its maps."""
        assert self.looking is not None
        maps: nn.Module = self.looking.network
        with torch.no_grad():
            wanted = maps(images)
        return perceptual_error(maps(made), wanted)

    # Held-out images

    def held_out_measures(self, batch: Batch) -> Losses:
        """The absolute error in grey levels, and how many codes the batch uses."""
        codes = self.encode(batch.real)
        counts = counts_of(codes, self.num_codes)
        error = (self.decode(codes) - batch.real).abs().mean() * 127.5
        return {"mae": error, "perplexity": perplexity(counts)}

    def own_table(self, made: Tensor, real: Tensor, of: str) -> RowTable:
        """Reconstructions uint8 [N, C, H, W] beside what learns nothing, and how much of the codebook is used."""
        shown = self.medium.shown(real).split(AT_ONCE)
        codes = torch.cat([self.encode(some.to(self.device)).cpu() for some in shown])
        decoded = [self._kept(some) for some in marginal_codes(codes).split(AT_ONCE)]
        return compared(Reconstructed(made, real, codes, torch.cat(decoded)), self.num_codes, of)

    def _kept(self, codes: Tensor) -> Tensor:
        return to_uint8(self.decode(codes.to(self.device))).cpu()

    # What a translator is

    @property
    def directions(self) -> tuple[str, ...]:
        return (RECONSTRUCT,)

    def channels(self, direction: str) -> tuple[int, int]:
        return self.image_channels, self.image_channels

    @property
    def sizes(self) -> Sizes:
        return Sizes(multiple=self.factor, tile=0, whole=True)

    def columns(self, batch: Batch) -> tuple[Tensor, ...]:
        return tuple(map(in_three_channels, (batch.real, self(batch.real))))


def marginal_codes(codes: Tensor) -> Tensor:
    """Codes of the same shape, int64 [N, h, w]: at each place those of the images, dealt out anew."""
    random = seeding.stream(0, "marginal codes")
    order = torch.rand(codes.shape, generator=random).argsort(0)
    return codes.gather(0, order)


def coding(model: nn.Module) -> VQGAN:
    """The model, if it has codes.

    Raises:
        UserError: If it has none.
    """
    if not isinstance(model, VQGAN):
        raise UserError(f"ckpt: {type(model).__name__} has no codes; take a checkpoint of VQGAN")
    return model
