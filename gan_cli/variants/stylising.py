"""What networks share that give photographs the style of pictures: they learn from what another network sees."""

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor

from gan_cli.batches import StyledBatch
from gan_cli.media.images import Images
from gan_cli.networks import layouts
from gan_cli.networks.frozen import Frozen
from gan_cli.networks.loss_networks import LossNetwork, Seen, loss_network
from gan_cli.objectives.style import relative_distance, total_variation
from gan_cli.ranges import Decay, LearningRate, Pixels, Weight
from gan_cli.variants.base import Fields, Losses
from gan_cli.variants.translation import TranslationModule


class Stylised(NamedTuple):
    """A batch with the generator's pictures.

    Attributes:
        style: The pictures whose style is wanted, [N, 3, H, W].
        made: Photographs in that style, [N, 3, H, W], with the generator's graph.
        wanted: What is to be seen in them as their content, [N, C, H / s, W / s].
    """

    style: Tensor
    made: Tensor
    wanted: Tensor


class StylisingModule(TranslationModule):
    """Makes pictures in a style. There is no discriminator: a network looks at the pictures that does not learn.

    A variant adds the generator, and says what is made, what is wanted and what a style is.

    Args:
        image_size: Side of the images it learns from, in pixels.
        features: The network that looks: "lite0" (EfficientNet-Lite0, of ImageNet), or "random", one that was drawn.
        lambda_content: Weight of the content.
        lambda_style: Weight of the style.
        lambda_tv: Weight of the differences of neighbouring pixels.
        generator_lr: Learning rate.
        adam_betas: Adam's two decay rates.
        **optimisation: Further arguments of `AdversarialModule`.

    Raises:
        UserError: If a value is out of its range.
    """

    LEARNS_FROM: ClassVar[tuple[Fields, ...]] = ({"content": Images, "style": Images},)
    players = ("generator",)
    SETTLES = ("discriminator_lr", "n_critic", "discriminator_clip_norm")
    makes = "style"
    CONTENT: ClassVar[int]
    """Which of the maps tell the content, from the finest on."""

    def __init__(
        self,
        image_size: Pixels,
        features: Seen,
        lambda_content: Weight,
        lambda_style: Weight,
        lambda_tv: Weight,
        generator_lr: LearningRate,
        adam_betas: tuple[Decay, Decay],
        **optimisation: Any,
    ) -> None:
        super().__init__(
            image_size=image_size,
            generator_lr=generator_lr,
            adam_betas=adam_betas,
            discriminator_lr=generator_lr,
            n_critic=1,
            discriminator_clip_norm=0.0,
            **optimisation,
        )
        self.features: Seen = features
        self.lambda_content, self.lambda_style, self.lambda_tv = lambda_content, lambda_style, lambda_tv
        self.looking: Frozen[LossNetwork] | None = None

    # What a variant owns

    @abstractmethod
    def shared(self, batch: StyledBatch) -> Stylised:
        """The batch with the generator's pictures."""

    @abstractmethod
    def style_distance(self, made: Sequence[Tensor], wanted: Sequence[Tensor]) -> Tensor:
        """How far the style of pictures is from the one wanted, in maps of both; a scalar."""

    # What all of them do

    def maps_of(self, images: Tensor, levels: int = 4) -> list[Tensor]:
        """What the network sees in images [N, 3, H, W]: maps of several sizes, the finest first.

        Raises:
            UserError: If its weights are not installed.
        """
        if self.looking is None:
            self.looking = loss_network(self.features, type(self).__name__).to(next(self.generator.parameters()))
            layouts.lay_out(self.looking, self.memory_format)
        maps: list[Tensor] = self.looking.network(images, levels)
        return maps

    def setup(self, stage: str) -> None:
        """Takes up the network that looks for all but making pictures, which may need none.

        Raises:
            UserError: If its weights are not installed.
        """
        if stage != "predict":
            with torch.no_grad():
                self.maps_of(torch.zeros(1, 3, 32, 32).to(next(self.generator.parameters())))

    def descending(self) -> Iterable[str]:
        return ("generator",)

    def discriminator_losses(self, batch: Stylised) -> Losses:
        return {}

    def generator_losses(self, batch: Stylised) -> Losses:
        found = self._distances(batch)
        losses = {"content": self.lambda_content * found["content"], "style": self.lambda_style * found["style"]}
        if self.lambda_tv:
            losses["variation"] = self.lambda_tv * total_variation(batch.made)
        return losses

    def held_out_measures(self, batch: StyledBatch) -> Losses:
        return self._distances(self.shared(batch))

    def fewest_to_judge(self) -> int:
        return 1

    def channels(self, direction: str) -> tuple[int, int]:
        return 3, 3

    def _distances(self, batch: Stylised) -> Losses:
        """How far pictures are from their content and from their style, without weights."""
        seen = self.maps_of(batch.made)
        with torch.no_grad():
            style = self.maps_of(batch.style)
        return {
            "content": relative_distance(seen[self.CONTENT], batch.wanted),
            "style": self.style_distance(seen, style),
        }
