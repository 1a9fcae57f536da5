"""Style transfer in many styles: Dumoulin et al. 2016, "A Learned Representation for Artistic Style",
arXiv:1610.07629 (no GAN; it is cited beside them)."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, cast

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from gan_cli.batches import StyledBatch
from gan_cli.errors import UserError
from gan_cli.networks.loss_networks import Seen
from gan_cli.networks.style_transfer import PREFIX, StyleNetwork
from gan_cli.objectives.style import gram_distance
from gan_cli.ranges import Decay, LearningRate, Pixels, Range, Weight, Width
from gan_cli.variants.base import check
from gan_cli.variants.blends import shares_of
from gan_cli.variants.card import Card
from gan_cli.variants.stylising import Stylised, StylisingModule
from gan_cli.variants.translation import Sizes, in_three_channels


class StyleTransfer(StylisingModule):
    """One network for N styles and their blends, each a set of scales and shifts (Dumoulin et al. 2016, equation 5).

    It is no GAN: nothing is trained against it. A direction is a style by the name of its picture, or a blend such as
    `monet=0.7+waves=0.3`, which mixes the scales and shifts (section 3.3). A style is added to a trained network with
    `--init` and `--data.new_styles`: then its own numbers alone are trained (section 3.2).

    Args:
        image_size: Side of the images it learns from, in pixels.
        style_names: The names of the styles.
        new_styles: Those that are trained, and nothing else with them; () trains everything.
        base_channels: Channels of the generator's first layer.
        num_blocks: Residual blocks.
        features: The network that sees content and style: "lite0" (EfficientNet-Lite0, of ImageNet), or "random", which
            was drawn and needs no installation.
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
        paper='Dumoulin et al. 2016, "A Learned Representation for Artistic Style", arXiv:1610.07629 (no GAN; it is '
        "cited beside them)",
        discriminator="none: a network of ImageNet, which does not learn, sees content and style",
        generator="L_G = lambda_content E[|f(G(x, s)) - f(x)|^2] + lambda_style E[sum over layers |Gram(G(x, s)) - "
        "Gram(s)|^2] + lambda_tv TV(G(x, s)), each distance over the size of what is wanted",
        printed={
            "image_size": 256,
            "style_names": "32 pictures",
            "base_channels": 32,
            "num_blocks": 5,
            "features": "VGG16",
            "lambda_content": "1, authors' code",
            "lambda_style": "1e-4 a layer, authors' code",
            "lambda_tv": 0.0,
            "generator_lr": 1e-3,
            "adam_betas": (0.9, 0.999),
        },
        why={
            "style_names": "come from the data",
            "features": "its weights are not in the registry",
            "lambda_content": "distances are relative",
            "lambda_style": "distances are relative",
            "lambda_tv": "without it lite0's strides leave speckles",
        },
    )
    CONTENT = 1
    BLENDS = True

    def __init__(
        self,
        image_size: Pixels = 256,
        style_names: tuple[str, ...] = ("style",),
        new_styles: tuple[str, ...] = (),
        base_channels: Width = 32,
        num_blocks: Annotated[int, Range(1, 256)] = 5,
        features: Seen = "lite0",
        lambda_content: Weight = 1.0,
        lambda_style: Weight = 10.0,
        lambda_tv: Weight = 0.1,
        generator_lr: LearningRate = 1e-3,
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
        self.style_names = tuple(style_names)
        check("style_names", style_names, 0 < len({*style_names}) == len(style_names), "with a different name for each")
        check("new_styles", new_styles, {*new_styles} <= {*style_names}, "of names among the style_names")
        self.generator: StyleNetwork = StyleNetwork(self.style_names, base_channels, num_blocks)
        if new_styles:
            learned = {f"styles.rows.{PREFIX}{name}" for name in new_styles}
            for name, weights in self.generator.named_parameters():
                weights.requires_grad_(name in learned)
        self.new_styles = tuple(new_styles)
        self.finish_players()

    def forward(self, images: Tensor, direction: str, ema: bool = True) -> Tensor:
        """Pictures [N, 3, H, W] in [-1, 1] in a style, from images [N, 3, H, W]; H and W multiples of 4.

        Args:
            images: In [-1, 1].
            direction: A style's name, or a blend of several.
            ema: The averaged generator where there is one, or the one that is trained.
        """
        shares = torch.tensor([shares_of(direction, self.style_names)], device=images.device)
        return cast(Tensor, self.picture_maker(ema)(images, shares.expand(len(images), -1)))

    def on_fit_start(self) -> None:
        """Refuses to train a new style alone where nothing is known yet.

        Raises:
            UserError: If the run did not begin with another one's weights.
        """
        super().on_fit_start()
        if self.new_styles and not self.origin:
            raise UserError(
                f"data.new_styles: {', '.join(self.new_styles)} would be learned by a network that knows nothing yet\n"
                "Begin with one that does: type --init CHECKPOINT too"
            )

    def shared(self, batch: StyledBatch) -> Stylised:
        with torch.no_grad():
            wanted = self.maps_of(batch.content, self.CONTENT + 1)[-1]
        return Stylised(batch.style, self._made(self.generator, batch), wanted)

    def style_distance(self, made: Sequence[Tensor], wanted: Sequence[Tensor]) -> Tensor:
        return gram_distance(made, wanted)

    @property
    def directions(self) -> tuple[str, ...]:
        return self.style_names

    def check_direction(self, direction: str) -> None:
        shares_of(direction, self.style_names)

    @property
    def sizes(self) -> Sizes:
        return Sizes(StyleNetwork.MULTIPLE, tile=0)

    def columns(self, batch: StyledBatch) -> tuple[Tensor, ...]:
        made = self._made(self.picture_maker(), batch)
        return tuple(map(in_three_channels, (batch.content, batch.style, made)))

    def _made(self, maker: torch.nn.Module, batch: StyledBatch) -> Tensor:
        return cast(Tensor, maker(batch.content, one_hot(batch.labels, len(self.style_names))))
