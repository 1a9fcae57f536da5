"""AdaIN: Huang and Belongie 2017, "Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization",
arXiv:1703.06868 (no GAN; it is cited beside them)."""

from collections.abc import Sequence
from typing import Any, ClassVar, cast

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from gan_cli.batches import StyledBatch
from gan_cli.errors import UserError
from gan_cli.networks.adain import AdaINDecoder, moments
from gan_cli.networks.loss_networks import CHANNELS, LEVELS, Seen
from gan_cli.objectives.style import relative_distance
from gan_cli.ranges import Decay, LearningRate, Pixels, Weight, Width
from gan_cli.variants.card import Card
from gan_cli.variants.stylising import Stylised, StylisingModule
from gan_cli.variants.translation import Sizes, in_three_channels

LARGEST = 1024
"""A picture whose style is wanted is made smaller if a side has more pixels."""
LEAST = 16
"""It is at least so wide and so high, in pixels."""


class AdaIN(StylisingModule):
    """Any picture's style: an image's maps get its means and deviations, and a decoder draws them (equations 8 to 14).

    It is no GAN: nothing is trained against it. The encoder is the network that sees content and style, and does not
    learn; the picture is given with `--given reference=FILE`.

    Args:
        image_size: Side of the images it learns from, in pixels.
        base_channels: Channels before the decoder's last layer.
        features: The encoder: "lite0" (EfficientNet-Lite0, of ImageNet), or "random", which was drawn and needs no
            installation.
        lambda_content: Weight of the content.
        lambda_style: Weight of the style.
        lambda_tv: Weight of the differences of neighbouring pixels.
        generator_lr: Learning rate.
        adam_betas: Adam's two decay rates.
        **optimisation: Further arguments of `StylisingModule`.

    Raises:
        UserError: If a value is out of its range.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Huang and Belongie 2017, "Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization", '
        "arXiv:1703.06868 (no GAN; it is cited beside them)",
        discriminator="none: a network of ImageNet, which does not learn, sees content and style",
        generator="L_G = lambda_content E[|f(G(t)) - t|^2] + lambda_style E[sum over layers |mean f(G(t)) - mean "
        "f(s)|^2 + |std f(G(t)) - std f(s)|^2] + lambda_tv TV(G(t)), t = AdaIN(f(x), f(s)), each distance over the "
        "size of what is wanted",
        printed={
            "image_size": 256,
            "base_channels": 64,
            "features": "VGG19",
            "lambda_content": 1.0,
            "lambda_style": "1e-2, authors' code",
            "lambda_tv": 0.0,
            "generator_lr": 1e-4,
            "adam_betas": (0.9, 0.999),
        },
        why={
            "features": "its weights are not in the registry",
            "lambda_style": "distances are relative",
            "lambda_tv": "without it lite0's strides leave speckles",
        },
    )
    CONTENT = 2
    GIVEN = ("reference",)

    def __init__(
        self,
        image_size: Pixels = 256,
        base_channels: Width = 64,
        features: Seen = "lite0",
        lambda_content: Weight = 1.0,
        lambda_style: Weight = 10.0,
        lambda_tv: Weight = 0.1,
        generator_lr: LearningRate = 1e-4,
        adam_betas: tuple[Decay, Decay] = (0.9, 0.999),
        **optimisation: Any,
    ) -> None:
        super().__init__(
            image_size=image_size,
            features=features,
            lambda_content=lambda_content,
            lambda_style=lambda_style,
            lambda_tv=lambda_tv,
            generator_lr=generator_lr,
            adam_betas=adam_betas,
            **optimisation,
        )
        self.generator: AdaINDecoder = AdaINDecoder(CHANNELS[features][self.CONTENT], base_channels)
        self.finish_players()

    def forward(self, images: Tensor, direction: str, ema: bool = True, reference: Tensor | None = None) -> Tensor:
        """Pictures [N, 3, H, W] in [-1, 1] in the style of a picture, from images [N, 3, H, W]; multiples of 8.

        Args:
            images: In [-1, 1].
            direction: There is only one.
            ema: The averaged decoder where there is one, or the one that is trained.
            reference: The picture, or one for each image, [1 or N, 3, H', W'] in [-1, 1], at least 16 pixels a side.

        Raises:
            UserError: If there is none, or the encoder's weights are not installed.
        """
        if reference is None:
            raise UserError("given: AdaIN takes a reference, the picture whose style is wanted")
        decoder = cast(AdaINDecoder, self.picture_maker(ema))
        made: Tensor = decoder(self._wanted(decoder, images, reference))
        return made.clamp(-1, 1)  # the last layer has no bound

    def given(self, batch: StyledBatch) -> dict[str, Tensor]:
        return {"reference": batch.style}

    def shared(self, batch: StyledBatch) -> Stylised:
        with torch.no_grad():
            wanted = self._wanted(self.generator, batch.content, batch.style)
        return Stylised(batch.style, self.generator(wanted), wanted)

    def style_distance(self, made: Sequence[Tensor], wanted: Sequence[Tensor]) -> Tensor:
        distances = [
            relative_distance(torch.cat(moments(one), 1), torch.cat(moments(other), 1))
            for one, other in zip(made, wanted, strict=True)
        ]
        return torch.stack(distances).mean()

    def as_reference(self, images: Tensor) -> Tensor:
        """Pictures [N, 3, H, W] as they are, or reduced to what the encoder can look at."""
        height, width = images.shape[2:]
        if min(height, width) < LEAST:
            raise UserError(f"given: a reference is {width}x{height}, too small; take {LEAST} pixels or more a side")
        if (longest := max(height, width)) <= LARGEST:
            return images
        sides = [max(LEAST, round(side * LARGEST / longest)) for side in (height, width)]
        return interpolate(images, sides, mode="bilinear", antialias=True).clamp(-1, 1)

    @property
    def directions(self) -> tuple[str, ...]:
        content, style = self.domains
        return (f"{content}2{style}",)

    @property
    def sizes(self) -> Sizes:
        return Sizes(LEVELS[self.CONTENT], tile=0)

    def columns(self, batch: StyledBatch) -> tuple[Tensor, ...]:
        made = self(batch.content, self.directions[0], reference=batch.style)
        return tuple(map(in_three_channels, (batch.content, batch.style, made)))

    def _wanted(self, decoder: AdaINDecoder, images: Tensor, reference: Tensor) -> Tensor:
        """Maps of images with the means and deviations of the reference's."""
        of_images, of_reference = (self.maps_of(seen, self.CONTENT + 1)[-1] for seen in (images, reference))
        means, deviations = (each.expand(len(images), -1) for each in moments(of_reference))
        return decoder.styled(of_images, means.to(of_images.dtype), deviations.to(of_images.dtype))
