"""CUT, FastCUT: Park et al. 2020, "Contrastive Learning for Unpaired Image-to-Image Translation", arXiv:2007.15651."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from gan_cli import seeding
from gan_cli.batches import UnpairedBatch
from gan_cli.errors import UserError
from gan_cli.media.images import Images
from gan_cli.networks.cut import FIFTH, Decoder, Encoder, PatchProjections, initialise, mirrored
from gan_cli.networks.patchgan import PatchGAN, PatchSize
from gan_cli.objectives.adversarial import least_squares
from gan_cli.objectives.contrastive import patch_contrast
from gan_cli.ranges import Channels, Decay, LearningRate, Pixels, Range, Weight, Width
from gan_cli.variants.base import Fields, Losses, check
from gan_cli.variants.card import Card
from gan_cli.variants.translation import Sizes, TranslationModule, check_patches, in_three_channels


class Translated(NamedTuple):
    """A batch with its translations, which both descents use.

    Attributes:
        a: [N, C, H, W].
        b: [N, C, H, W].
        made: Translated from `a` and, with an identity term, from `b` behind it; with the generator's graph.
        keys: For each layer that is compared, the vectors of what they were made of, [N or 2N, P, D]; without a graph.
    """

    a: Tensor
    b: Tensor
    made: Tensor
    keys: tuple[Tensor, ...]


class CUT(TranslationModule):
    """One translator, whose patches are told apart by the source's patches at their places (Park et al. 2020, eq. 5).

    FastCUT is `lambda_nce` 10, `identity` false and `flip_equivariance` true: lambda_X = 10 and lambda_Y = 0.

    The projections are part of the generator: Adam moves each weight by its own gradient, so that one optimizer does
    what the authors' two do, which have the same rates.

    Args:
        image_size: Side of the images in pixels, a multiple of 4.
        source_channels: C of the first domain.
        target_channels: C of the second domain; the same, because one encoder sees both.
        base_channels: Channels of the first layer of the generator, and of the discriminator.
        num_blocks: Residual blocks of the generator; the encoder ends with the fifth, or the last.
        lambda_nce: Weight of the contrast; 0 turns it off.
        identity: Whether half of that weight goes to images of the second domain, which are to stay as they are.
        flip_equivariance: Whether the generator is shown one batch in two mirrored, and its patches are compared at
            mirrored places.
        num_patches: P, places that are compared in each layer; all of them where there are fewer.
        temperature: What similarities are divided by.
        projection_dim: D, length of the vectors that are compared.
        patch_size: Side in pixels of what an output of the discriminator sees, without its blurs; they add 14 to 70.
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates.
        **optimisation: Further arguments of `TranslationModule`.

    Raises:
        UserError: If a value is out of its range, or the domains have different channels.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Park et al. 2020, "Contrastive Learning for Unpaired Image-to-Image Translation", arXiv:2007.15651',
        discriminator="L_D = 1/2 (E[(D(b) - 1)^2] + E[D(G(a))^2])",
        generator="L_G = E[(D(G(a)) - 1)^2] + lambda_nce / 2 (NCE(a, G(a)) + NCE(b, G(b)))\n"
        "  NCE(x, y) = -E[log(exp(q_p . k_p / T) / sum_r exp(q_p . k_r / T))], the mean of five layers, where\n"
        "  q_p = F(G_enc(y)) and k_p = F(G_enc(x)) have length 1 at place p and T is the temperature.\n"
        "The halves are the authors' code's; equation 5 of the paper weighs both terms by 1.\n"
        "FastCUT: 10 NCE(a, G(a)) alone, and one batch in two is mirrored for G.",
        printed={
            "image_size": 256,
            "source_channels": 3,
            "target_channels": 3,
            "base_channels": 64,
            "num_blocks": 9,
            "lambda_nce": 1.0,
            "identity": True,
            "flip_equivariance": False,
            "num_patches": 256,
            "temperature": 0.07,
            "projection_dim": 256,
            "patch_size": 70,
            "generator_lr": 2e-4,
            "discriminator_lr": 2e-4,
            "adam_betas": (0.5, 0.999),
            "constant_epochs": "200, FastCUT 150",
            "decay_epochs": "200, FastCUT 50",
        },
        why={
            "constant_epochs": "belongs to the length of a run",
            "decay_epochs": "belongs to the length of a run",
        },
    )
    generator: nn.ModuleDict
    LEARNS_FROM: ClassVar[tuple[Fields, ...]] = ({"a": Images, "b": Images},)
    makes = "b"

    def __init__(
        self,
        image_size: Pixels = 256,
        source_channels: Channels = 3,
        target_channels: Channels = 3,
        base_channels: Width = 64,
        num_blocks: Annotated[int, Range(1, 256)] = 9,
        lambda_nce: Weight = 1.0,
        identity: bool = True,
        flip_equivariance: bool = False,
        num_patches: Annotated[int, Range(2, 1_000_000)] = 256,
        temperature: Annotated[float, Range(0.001, 100)] = 0.07,
        projection_dim: Width = 256,
        patch_size: PatchSize = 70,
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
        multiple = Encoder.MULTIPLE
        check("image_size", image_size, image_size % multiple == 0, f"that is a multiple of {multiple}")
        check_patches(patch_size, image_size)
        if source_channels != target_channels:
            raise UserError(
                f"model: one encoder of CUT sees images of both domains, and these have {source_channels} and "
                f"{target_channels} channels\nTake other data with --data, or --model CycleGAN"
            )
        self.image_channels = source_channels
        self.lambda_nce, self.identity, self.flip_equivariance = lambda_nce, identity, flip_equivariance
        self.num_patches, self.temperature = num_patches, temperature
        encoder = Encoder(source_channels, base_channels, min(num_blocks, FIFTH))
        self.generator = nn.ModuleDict(
            {
                "encoder": encoder,
                "decoder": Decoder(source_channels, base_channels, max(0, num_blocks - FIFTH)),
                "projections": PatchProjections(encoder.channels, projection_dim),
            }
        )
        self.discriminator = PatchGAN(source_channels, base_channels, patch_size, norm="instance", antialiased=True)
        self.generator.apply(initialise)
        self.discriminator.apply(initialise)
        self.finish_players()

    def forward(self, images: Tensor, direction: str, ema: bool = True) -> Tensor:
        """Translated images [N, C, H, W] in [-1, 1] from images [N, C, H, W]; H and W multiples of 4.

        Args:
            images: In [-1, 1].
            direction: The only one of `directions`.
            ema: The averaged generator where there is one, or the one that is trained.
        """
        generator = cast(nn.ModuleDict, self.picture_maker(ema))
        return cast(Tensor, generator["decoder"](generator["encoder"](images)[-1]))

    def shared(self, batch: UnpairedBatch) -> Translated:
        sources = torch.cat([batch.a, batch.b]) if self.lambda_nce and self.identity else batch.a
        encoder = self.generator["encoder"]
        maps = encoder(sources.flip(3) if self._flips else sources)
        made = self.generator["decoder"](maps[-1])
        with torch.no_grad():  # the maps of what was shown are at hand, unless that was mirrored
            keys = self._vectors(encoder(sources) if self._flips else maps) if self.lambda_nce else ()
        return Translated(*batch, made=made, keys=keys)

    def discriminator_losses(self, batch: Translated) -> Losses:
        real_outputs, fake_outputs = self.judge(batch.b, batch.made[: len(batch.a)].detach().to(batch.b.dtype))
        self.watch_outputs(real_outputs, fake_outputs)
        return {"adversarial": least_squares(real_outputs, 1) + least_squares(fake_outputs, 0)}

    def generator_losses(self, batch: Translated) -> Losses:
        count = len(batch.a)
        # least_squares contains a factor 1/2, which the paper does not use in the generator's term
        losses = {"adversarial": 2 * least_squares(self.judge_fake(batch.made[:count]), 1)}
        if not self.lambda_nce:
            return losses
        queries = self._vectors(self.generator["encoder"](batch.made), mirror=self._flips)
        contrast, *identity = self._contrast(queries, batch.keys).split(count)
        weight = self.lambda_nce / (1 + self.identity)
        losses["contrast"] = weight * contrast.mean()
        if identity:
            losses["identity"] = weight * identity[0].mean()
        return losses

    def _contrast(self, queries: Sequence[Tensor], keys: Sequence[Tensor]) -> Tensor:
        """How badly the patches of each image are told apart, [N], the mean of the layers."""
        of_layers = [patch_contrast(*each, self.temperature) for each in zip(queries, keys, strict=True)]
        return torch.stack(of_layers).mean(dim=0)

    def _vectors(self, maps: Sequence[Tensor], mirror: bool = False, ema: bool = False) -> tuple[Tensor, ...]:
        """The vectors that are compared, [N, P, D] of each layer, at this batch's places or those opposite.

        All images are compared at the same places, as in the authors' code: so a batch gives the same in parts.
        """
        places = [self._places(number, *layer.shape[2:]) for number, layer in enumerate(maps)]
        if mirror:
            places = [mirrored(each, layer.shape[3]) for each, layer in zip(places, maps, strict=True)]
        projections = cast(nn.ModuleDict, self.picture_maker(ema))["projections"]
        return cast(tuple[Tensor, ...], projections(maps, places))

    def _places(self, layer: int, height: int, width: int) -> Tensor:
        """The places at which a layer's maps are compared on this batch, int64 [P], none of them twice."""
        stream = seeding.stream(self.noise_seed, "patches", self.counters.batches, layer)
        drawn = torch.randperm(height * width, generator=stream)[: self.num_patches]
        return seeding.sent(drawn, self.device)

    @property
    def _flips(self) -> bool:
        """Whether this batch is mirrored for the generator, as one in two is at random."""
        return self.flip_equivariance and seeding.mix(self.noise_seed, "flip", self.counters.batches) % 2 == 1

    def held_out_logits(self, batch: UnpairedBatch) -> Tensor:
        return cast(Tensor, self.discriminator(batch.b))

    def held_out_measures(self, batch: UnpairedBatch) -> Losses:
        encoder = cast(nn.ModuleDict, self.picture_maker())["encoder"]
        made, kept = (self(images, self.directions[0]) for images in batch)
        queries, keys = (self._vectors(encoder(images), ema=True) for images in (made, batch.a))
        return {"contrast": self._contrast(queries, keys).mean(), "identity": l1_loss(kept.float(), batch.b)}

    @property
    def directions(self) -> tuple[str, ...]:
        a, b = self.domains
        return (f"{a}2{b}",)

    def channels(self, direction: str) -> tuple[int, int]:
        return self.image_channels, self.image_channels

    @property
    def sizes(self) -> Sizes:
        return Sizes(Encoder.MULTIPLE, tile=0)

    def columns(self, batch: UnpairedBatch) -> tuple[Tensor, ...]:
        shown = (images for each in batch for images in (each, self(each, self.directions[0])))
        return tuple(map(in_three_channels, shown))
