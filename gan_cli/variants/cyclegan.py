"""CycleGAN: Zhu et al. 2017, "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks",
arXiv:1703.10593."""

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from gan_cli import seeding
from gan_cli.batches import UnpairedBatch
from gan_cli.devices.strategy import of_all
from gan_cli.errors import UserError
from gan_cli.media.images import Images
from gan_cli.networks.layers import Upsampling, initialise
from gan_cli.networks.patchgan import PatchGAN, PatchSize
from gan_cli.networks.translator import ResidualTranslator
from gan_cli.objectives.adversarial import least_squares
from gan_cli.ranges import Channels, Decay, Depth, LearningRate, Pixels, Range, Weight, Width
from gan_cli.variants.base import Fields, Losses, check
from gan_cli.variants.card import Card
from gan_cli.variants.image_pool import ImagePool, dealt_out
from gan_cli.variants.translation import Sizes, TranslationModule, check_patches, in_three_channels

POOLS = "image_pools"
"""The checkpoint's key for the image pools: for each process a dictionary by domain."""


class Translated(NamedTuple):
    """A batch with both translations, which both descents use.

    Attributes:
        a: [N, C, H, W].
        b: [N, C', H, W].
        fake_a: Translated from `b`, with the generator's graph.
        fake_b: Translated from `a`, with the generator's graph.
    """

    a: Tensor
    b: Tensor
    fake_a: Tensor
    fake_b: Tensor


class CycleGAN(TranslationModule):
    """Two translators learn from two unpaired sets, each undoing the other (Zhu et al. 2017, equation 3).

    The paper does not say who steps first. Here as in the authors' code the generators do, judged by discriminators
    that have not seen this batch; then the discriminators, on what the generators made before their step.

    Args:
        image_size: Side of the images in pixels, a multiple of 4.
        source_channels: C of the first domain.
        target_channels: C of the second domain.
        base_channels: Channels of the first layer of the generators, and of the discriminators.
        num_blocks: Residual blocks of a generator; 0 takes the paper's: 9 from 256 pixels on, 6 below.
        lambda_cycle: Weight of each direction's cycle.
        lambda_identity: Weight of what a generator changes of images that are already as they should be; for the
            paper's paintings half of `lambda_cycle`, and so in the authors' code. 0 turns it off.
        pool_size: Generated images kept of each domain, to show to its discriminator again; 0 keeps none.
        patch_size: Side in pixels of what an output of a discriminator sees.
        upsampling: "deconvolution" as in the paper, or "resize", which leaves no checkerboard.
        generator_lr: Learning rate of both generators.
        discriminator_lr: Learning rate of both discriminators.
        adam_betas: Adam's two decay rates.
        **optimisation: Further arguments of `TranslationModule`.

    Raises:
        UserError: If a value is out of its range.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Zhu et al. 2017, "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks", '
        "arXiv:1703.10593",
        discriminator="L_D = 1/2 (E[(D_B(b) - 1)^2] + E[D_B(G(a))^2]), and the same for D_A and F(b)",
        generator="L_G = E[(D_B(G(a)) - 1)^2] + E[(D_A(F(b)) - 1)^2]\n"
        "  + lambda_cycle (E[|F(G(a)) - a|] + E[|G(F(b)) - b|]) + lambda_identity (E[|G(b) - b|] + E[|F(a) - a|])\n"
        "The generators step first, as in the authors' code; the paper names no order.",
        printed={
            "image_size": 256,
            "source_channels": 3,
            "target_channels": 3,
            "base_channels": 64,
            "num_blocks": "9, below 256 pixels 6",
            "lambda_cycle": 10.0,
            "lambda_identity": "0, paintings 5",
            "pool_size": 50,
            "patch_size": 70,
            "upsampling": "deconvolution",
            "generator_lr": 2e-4,
            "discriminator_lr": 2e-4,
            "adam_betas": (0.5, 0.999),
            "constant_epochs": 100,
            "decay_epochs": 100,
        },
        why={
            "num_blocks": "0 takes the paper's for the image size",
            "lambda_identity": "as in the authors' code: it keeps colours",
            "constant_epochs": "belongs to the length of a run",
            "decay_epochs": "belongs to the length of a run",
        },
    )
    generator: nn.ModuleDict
    discriminator: nn.ModuleDict
    LEARNS_FROM: ClassVar[tuple[Fields, ...]] = ({"a": Images, "b": Images},)
    makes = "b"

    def __init__(
        self,
        image_size: Pixels = 256,
        source_channels: Channels = 3,
        target_channels: Channels = 3,
        base_channels: Width = 64,
        num_blocks: Depth = 0,
        lambda_cycle: Weight = 10.0,
        lambda_identity: Weight = 5.0,
        pool_size: Annotated[int, Range(0, 100_000)] = 50,
        patch_size: PatchSize = 70,
        upsampling: Upsampling = "deconvolution",
        generator_lr: LearningRate = 2e-4,
        discriminator_lr: LearningRate = 2e-4,
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
        multiple = ResidualTranslator.MULTIPLE
        check("image_size", image_size, image_size % multiple == 0, f"that is a multiple of {multiple}")
        check_patches(patch_size, image_size)
        if lambda_identity and source_channels != target_channels:
            raise UserError(
                f"model.lambda_identity: an image of {source_channels} channels cannot stay as it is with "
                f"{target_channels}; type --model.lambda_identity 0"
            )
        self.lambda_cycle, self.lambda_identity = lambda_cycle, lambda_identity
        self.channels_of = {"a": source_channels, "b": target_channels}
        blocks = num_blocks or (9 if image_size >= 256 else 6)

        def translator(source: str, target: str) -> nn.Module:
            return ResidualTranslator(
                self.channels_of[source], self.channels_of[target], base_channels, blocks, upsampling=upsampling
            )

        self.generator = nn.ModuleDict({"a_to_b": translator("a", "b"), "b_to_a": translator("b", "a")})
        self.discriminator = nn.ModuleDict(
            {
                domain: PatchGAN(channels, base_channels, patch_size, norm="instance")
                for domain, channels in self.channels_of.items()
            }
        )
        self.generator.apply(initialise)
        self.discriminator.apply(initialise)
        self.pools = {domain: ImagePool(pool_size) for domain in self.channels_of}
        self.finish_players()

    def forward(self, images: Tensor, direction: str, ema: bool = True) -> Tensor:
        """Translated images [N, C', H, W] in [-1, 1] from images [N, C, H, W]; H and W multiples of 4.

        Args:
            images: In [-1, 1].
            direction: One of `directions`.
            ema: The averaged generators where there are any, or those that are trained.
        """
        return self._translate(images, "a_to_b" if direction == self.directions[0] else "b_to_a", ema)

    def descending(self) -> Iterable[str]:
        return reversed(tuple(super().descending()))

    def shared(self, batch: UnpairedBatch) -> Translated:
        return Translated(*batch, fake_a=self.generator["b_to_a"](batch.b), fake_b=self.generator["a_to_b"](batch.a))

    def discriminator_losses(self, batch: Translated) -> Losses:
        return {
            "adversarial_a": self._told_apart("a", batch.a, batch.fake_a.detach()),
            "adversarial_b": self._told_apart("b", batch.b, batch.fake_b.detach()),
        }

    def _told_apart(self, domain: str, real: Tensor, fresh: Tensor) -> Tensor:
        """A discriminator's loss; its two terms are halved, so that it learns at half the generators' pace."""
        place = self.counters.batches, self.global_rank, self.rows.start
        fake = self.pools[domain].answer(fresh, seeding.stream(self.noise_seed, "pool", domain, *place))
        outputs = self.discriminator[domain](torch.cat([real.to(fake.dtype), fake]))
        real_outputs, fake_outputs = outputs.chunk(2)
        self.watch_outputs(real_outputs, fake_outputs)
        return least_squares(real_outputs, 1) + least_squares(fake_outputs, 0)

    def generator_losses(self, batch: Translated) -> Losses:
        a, b, fake_a, fake_b = batch
        a_to_b, b_to_a = self.generator["a_to_b"], self.generator["b_to_a"]
        losses = {
            # least_squares contains a factor 1/2, which the paper does not use in the generators' terms
            "adversarial_a": 2 * least_squares(self.discriminator["a"](fake_a), 1),
            "adversarial_b": 2 * least_squares(self.discriminator["b"](fake_b), 1),
        }
        if self.lambda_cycle:
            losses["cycle_a"] = self.lambda_cycle * l1_loss(b_to_a(fake_b).float(), a)
            losses["cycle_b"] = self.lambda_cycle * l1_loss(a_to_b(fake_a).float(), b)
        if self.lambda_identity:
            losses["identity_a"] = self.lambda_identity * l1_loss(b_to_a(a).float(), a)
            losses["identity_b"] = self.lambda_identity * l1_loss(a_to_b(b).float(), b)
        return losses

    def held_out_logits(self, batch: UnpairedBatch) -> Tensor:
        return torch.cat([self.discriminator[domain](images).flatten(1) for domain, images in batch._asdict().items()])

    def held_out_measures(self, batch: UnpairedBatch) -> Losses:
        *_, cycled_a = self._there_and_back(batch.a, "a_to_b", "b_to_a")
        *_, cycled_b = self._there_and_back(batch.b, "b_to_a", "a_to_b")
        return {"cycle_a": l1_loss(cycled_a.float(), batch.a), "cycle_b": l1_loss(cycled_b.float(), batch.b)}

    @property
    def directions(self) -> tuple[str, ...]:
        a, b = self.domains
        ways = f"{a}2{b}", f"{b}2{a}"
        return ways[:1] if "generator.b_to_a" in self.imported.get("untrained", ()) else ways

    def channels(self, direction: str) -> tuple[int, int]:
        a, b = self.channels_of.values()
        return (a, b) if direction == self.directions[0] else (b, a)

    @property
    def sizes(self) -> Sizes:
        return Sizes(ResidualTranslator.MULTIPLE, tile=0)

    def columns(self, batch: UnpairedBatch) -> tuple[Tensor, ...]:
        shown = [
            *(batch.a, *self._there_and_back(batch.a, "a_to_b", "b_to_a")),
            *(batch.b, *self._there_and_back(batch.b, "b_to_a", "a_to_b")),
        ]
        return tuple(map(in_three_channels, shown))

    def _there_and_back(self, images: Tensor, there: str, back: str) -> tuple[Tensor, Tensor]:
        translated = self._translate(images, there)
        return translated, self._translate(translated, back)

    def _translate(self, images: Tensor, way: str, ema: bool = True) -> Tensor:
        translators = cast(nn.ModuleDict, self.picture_maker(ema))
        return cast(Tensor, translators[way](images))

    # The pools belong to a run as the weights do

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        super().on_save_checkpoint(checkpoint)
        checkpoint[POOLS] = of_all({domain: pool.images for domain, pool in self.pools.items()})

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        super().on_load_checkpoint(checkpoint)
        if self._trainer is None:  # loaded to translate, not to train
            return
        for domain, pool in self.pools.items():
            saved = [pools[domain] for pools in checkpoint[POOLS]]
            pool.images = dealt_out(saved, self.global_rank, self.trainer.world_size, pool.capacity)
