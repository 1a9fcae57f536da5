"""Context encoders: Pathak et al. 2016, "Context Encoders: Feature Learning by Inpainting", arXiv:1604.07379."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, cast

import torch
from torch import Tensor

from gan_cli.batches import MaskedBatch
from gan_cli.errors import UserError
from gan_cli.media.images import Images
from gan_cli.media.masks import Masks
from gan_cli.networks.context_encoder import ContextDiscriminator, ContextEncoderNetwork
from gan_cli.networks.layers import initialise
from gan_cli.objectives.adversarial import discriminator_cross_entropy, non_saturating_generator_loss
from gan_cli.objectives.inpainting import (
    absolute_error_in_holes,
    composite,
    hole_weights,
    weighted_squared_error,
)
from gan_cli.ranges import Channels, Decay, LearningRate, Pixels, Range, Weight, Width
from gan_cli.variants.base import Fields, Losses, check
from gan_cli.variants.card import Card
from gan_cli.variants.translation import Sizes, TranslationModule, in_three_channels

Region = Literal["centre", "anywhere"]
"""Where holes may be: in the middle half of an image, which is all that is made then, or anywhere."""

MEAN_COLOUR = (117, 104, 123)
"""The levels of red, green and blue in a hole before it is filled, as in the authors' code; greys have the middle."""
FIRST = 16
"""So many held-out images are looked at before the first step, for holes where nothing is painted."""


class Filled(NamedTuple):
    """The part of a batch that is made, with what the generator made of it; both descents use it.

    Attributes:
        target: The whole images, [N, C, H', W'].
        mask: [N, 1, H', W'], 1 in the holes.
        fake: [N, C, H', W'], holes and the rest, with the generator's graph.
    """

    target: Tensor
    mask: Tensor
    fake: Tensor


class ContextEncoder(TranslationModule):
    """Fills the holes of images: an encoder sees what is around them, and a decoder paints (Pathak et al. 2016).

    Of what is painted only the holes are kept; the rest of an output is the input, bit for bit. Defaults are those of
    the paper's inpainting (equation 3, section 5.1), as the authors' code has them. Departures: the generator is judged
    by the discriminator's new weights, where that code mixes outputs of the old ones with slopes of the new; every
    image of a batch may have a hole of its own, where that code draws one for all.

    Args:
        image_size: Side of the images in pixels, a power of two from 16.
        target_channels: C.
        base_channels: Channels of the outermost layers of both players.
        bottleneck: Length of the vector between encoder and decoder.
        region: "centre" paints the middle half of an image, "anywhere" all of it (the paper's random regions).
        told_mask: Whether both players are also given the mask, and the discriminator judges the image with nothing but
            its hole painted, as Yu et al. 2019 (arXiv:1806.03589) have it for free-form holes; in the paper it judges
            all that is painted.
        overlap: So many pixels around a hole count more than others.
        overlap_weight: How much they count.
        lambda_reconstruction: Weight of the squared error.
        lambda_adversarial: Weight of the adversarial term; 0 leaves a regression, and the discriminator at rest.
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates.
        **optimisation: Further arguments of `TranslationModule`.

    Raises:
        UserError: If a value is out of its range.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Pathak et al. 2016, "Context Encoders: Feature Learning by Inpainting", arXiv:1604.07379',
        discriminator="L_D = -E[log D(x)] - E[log(1 - D(F(x with a hole)))]",
        generator="L_G = lambda_reconstruction E[w |x - F(x with a hole)|^2]"
        " - lambda_adversarial E[log D(F(x with a hole))]\n"
        "w = overlap_weight within overlap pixels of the hole, otherwise 1",
        printed={
            "image_size": 128,
            "target_channels": 3,
            "base_channels": 64,
            "bottleneck": 4000,
            "region": "centre; random regions: anywhere",
            "told_mask": False,
            "overlap": "7, in the code 4",
            "overlap_weight": 10.0,
            "lambda_reconstruction": 0.999,
            "lambda_adversarial": 0.001,
            "generator_lr": 2e-3,
            "discriminator_lr": 2e-4,
            "adam_betas": (0.5, 0.999),
        },
        why={"region": "that of table 2 and figure 6", "overlap": "the authors' code's"},
    )
    LEARNS_FROM: ClassVar[tuple[Fields, ...]] = ({"source": Images, "target": Images, "mask": Masks},)
    GIVEN: ClassVar[tuple[str, ...]] = ("mask",)
    JUDGED_IN: ClassVar[str] = "mask"
    makes = "target"
    colour: Tensor

    def __init__(
        self,
        image_size: Pixels = 128,
        target_channels: Channels = 3,
        base_channels: Width = 64,
        bottleneck: Width = 4000,
        region: Region = "centre",
        told_mask: bool = False,
        overlap: Annotated[int, Range(0, 1_000)] = 4,
        overlap_weight: Weight = 10.0,
        lambda_reconstruction: Weight = 0.999,
        lambda_adversarial: Weight = 0.001,
        generator_lr: LearningRate = 2e-3,
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
        power_of_two = image_size >= 16 and not image_size & (image_size - 1)
        check("image_size", image_size, power_of_two, "of 16, 32, 64, ...: it is halved down to a vector")
        wanted = "above 0, or else there is nothing to learn from"
        check("lambda_reconstruction", 0.0, bool(lambda_reconstruction or lambda_adversarial), wanted)
        self.image_channels = target_channels
        self.region, self.told_mask = region, told_mask
        self.overlap, self.overlap_weight = overlap, overlap_weight
        self.lambda_reconstruction, self.lambda_adversarial = lambda_reconstruction, lambda_adversarial
        made = image_size // 2 if region == "centre" else image_size
        seen = target_channels + told_mask
        self.generator = ContextEncoderNetwork(image_size, made, seen, target_channels, base_channels, bottleneck)
        self.discriminator = ContextDiscriminator(made, seen, base_channels)
        self.generator.apply(initialise)
        self.discriminator.apply(initialise)
        self.register_buffer("colour", _mean_colour(target_channels), persistent=False)
        self.finish_players()

    def forward(self, images: Tensor, direction: str = "", ema: bool = True, *, mask: Tensor) -> Tensor:  # type: ignore[override]
        """Images [N, C, H, W] in [-1, 1] with their holes filled; whatever is around these is left as it is.

        Args:
            images: In [-1, 1], of the training's size. What stands in the holes does not matter.
            direction: There is only one.
            ema: The averaged generator where there is one, or the one that is trained.
            mask: [N, 1, H, W], 1 in the holes and 0 elsewhere.
        """
        made = self.picture_maker(ema)(self._shown(images, mask))
        filled = images.clone()
        self._made_of(filled).copy_(composite(self._made_of(images), made, self._made_of(mask)))
        return filled

    def descending(self) -> Iterable[str]:
        return super().descending() if self.lambda_adversarial else ("generator",)

    def shared(self, batch: MaskedBatch) -> Filled:
        if self.training and len(batch.source) == 1:
            raise UserError(
                "data.batch_size: of 1 image (or part of it) nothing is left when the bottleneck is normalised over "
                "the batch; take 2 or more"
            )
        fake = self.generator(self._shown(batch.source, batch.mask))
        return Filled(self._made_of(batch.target), self._made_of(batch.mask), fake)

    def discriminator_losses(self, batch: Filled) -> Losses:
        real, fake = self.judge(self._judged(batch.target, batch), self._judged(batch.fake.detach(), batch))
        self.watch_outputs(real, fake)
        return {"adversarial": discriminator_cross_entropy(real, fake)}

    def generator_losses(self, batch: Filled) -> Losses:
        losses: Losses = {}
        if self.lambda_reconstruction:
            weights = hole_weights(batch.mask, self.overlap, self.overlap_weight)
            error = weighted_squared_error(batch.fake, batch.target, weights)
            losses["reconstruction"] = self.lambda_reconstruction * error
        if self.lambda_adversarial:
            judged = self.judge_fake(self._judged(batch.fake, batch))
            losses["adversarial"] = self.lambda_adversarial * non_saturating_generator_loss(judged)
        return losses

    def held_out_logits(self, batch: MaskedBatch) -> Tensor:
        target, mask = self._made_of(batch.target), self._made_of(batch.mask)
        return cast(Tensor, self.discriminator(self._judged(target, Filled(target, mask, target))))

    def held_out_measures(self, batch: MaskedBatch) -> Losses:
        made = self(batch.source, mask=batch.mask)
        return {"l1_in_holes": absolute_error_in_holes(made, batch.target, batch.mask)}

    @property
    def directions(self) -> tuple[str, ...]:
        source, target = self.domains
        return (f"{source}2{target}",)

    def channels(self, direction: str) -> tuple[int, int]:
        return self.image_channels, self.image_channels

    @property
    def sizes(self) -> Sizes:
        return Sizes(multiple=self.image_size, tile=self.image_size)

    def why_not(self, size: Sequence[int], places: Mapping[str, Tensor]) -> str:
        if "mask" not in places:
            return "nothing says where it has holes; type --given mask=FILE (white there), or make them transparent"
        if self.region == "anywhere":
            return ""
        side, (height, width) = self.image_size, size
        if (height, width) != (side, side):
            return f"it is {width}x{height}, and this model paints the middle of images of {side}x{side}"
        outside = places["mask"][None].clone()
        self._made_of(outside).zero_()
        return "its hole reaches beyond the middle half, which is all that this model paints" if outside.any() else ""

    def columns(self, batch: MaskedBatch) -> tuple[Tensor, ...]:
        filled = self(batch.source, mask=batch.mask)
        return tuple(map(in_three_channels, (batch.source, filled, batch.target)))

    def on_fit_start(self) -> None:
        """Refuses data with holes where nothing is painted.

        Raises:
            UserError: If the first of its held-out images have some.
        """
        super().on_fit_start()
        data = getattr(self.trainer, "datamodule", None)
        if self.region == "centre" and data is not None:
            part = data.at_hand(None)
            mask = part[torch.arange(min(FIRST, len(part)))].batch.mask.clone()
            self._made_of(mask).zero_()
            if mask.any():
                raise UserError(
                    "model.region: centre paints the middle half of an image, and this data has holes elsewhere; type "
                    "--model.region anywhere, or --data.masks centre"
                )

    def _shown(self, images: Tensor, mask: Tensor) -> Tensor:
        """What the generator sees: a mean colour in the holes and, if it is told, the mask behind the channels."""
        seen = torch.where(mask > 0.5, self.colour, images)
        return self.laid_out(torch.cat([seen, mask.to(seen.dtype)], dim=1) if self.told_mask else seen)

    def _judged(self, images: Tensor, batch: Filled) -> Tensor:
        """What the discriminator sees of whole images, or of painted ones."""
        if not self.told_mask:
            return images
        return self.laid_out(torch.cat([composite(batch.target, images, batch.mask), batch.mask], dim=1))

    def _made_of(self, images: Tensor) -> Tensor:
        """The part of images [N, C, H, W] that is painted, not copied: the middle half, or all of them."""
        if self.region == "anywhere":
            return images
        start, length = self.image_size // 4, self.image_size // 2
        return images.narrow(2, start, length).narrow(3, start, length)


def _mean_colour(channels: int) -> Tensor:
    """The colour of holes in [-1, 1], [C, 1, 1]."""
    levels = MEAN_COLOUR if channels == 3 else (127.5,) * channels
    return torch.tensor(levels)[:, None, None] / 127.5 - 1
