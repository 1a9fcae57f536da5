"""The common part of variants that descend on the hinge, from noise alone or by class, with a projection."""

from typing import Any, ClassVar, cast

from torch import Tensor, nn

from gan_cli.batches import Batch
from gan_cli.networks.first_weights import FirstWeights, draw_first_weights
from gan_cli.networks.heads import Discriminator, ProjectionDiscriminator
from gan_cli.networks.spectral_norm import normalise_spectrally
from gan_cli.objectives.adversarial import critic_generator_loss, discriminator_hinge
from gan_cli.objectives.augment import Augmentation, diff_augment
from gan_cli.ranges import Classes, Width
from gan_cli.variants.base import Losses, check
from gan_cli.variants.latent import LatentModule


class HingeModule(LatentModule):
    """Generates images against the hinge; both players are divided by their layers' largest singular values.

    Args:
        latent_dim: Z.
        num_classes: K; above 0 both players are told the class.
        augment: DiffAugment in front of the discriminator, see `ChosenNetworks`.
        **optimisation: Further arguments of `LatentModule`.

    Raises:
        UserError: If a value is out of its range.
    """

    GIVEN: ClassVar[tuple[str, ...]] = ("labels",)

    def __init__(
        self,
        latent_dim: Width = 128,
        num_classes: Classes = 0,
        augment: tuple[Augmentation, ...] = (),
        **optimisation: Any,
    ) -> None:
        super().__init__(latent_dim, **optimisation)
        if num_classes:
            self.needs_classes(num_classes)
        self.augment = augment

    def make_players(self, generator: nn.Module, body: nn.Module, first: FirstWeights, epsilon: float = 1e-12) -> None:
        """Makes the players of a generator and of a discriminator's body.

        Args:
            generator: Takes latents, and labels where there are classes.
            body: Gives features.
            first: What first weights are drawn from.
            epsilon: See `normalise_spectrally`.
        """
        self.generator = generator
        self.discriminator = (
            ProjectionDiscriminator(body, self.num_classes) if self.num_classes else Discriminator(body)
        )
        for player in (self.generator, self.discriminator):
            draw_first_weights(player, first)
            normalise_spectrally(player, epsilon)
        self.finish_players()

    def forward(self, latents: Tensor, labels: Tensor | None = None, ema: bool = True) -> Tensor:  # type: ignore[override]
        """Images [N, C, H, W] in [-1, 1] from latents [N, Z].

        Args:
            latents: From the prior.
            labels: int64 [N], or shares of classes [N, K]; only where the run is by class.
            ema: The averaged generator where there is one, or the one that is trained.
        """
        told = [labels] if self.num_classes and labels is not None else []
        return cast(Tensor, self.picture_maker(ema)(latents, *told))

    def discriminator_losses(self, batch: Batch) -> Losses:
        labels = self.fresh_classes("discriminator")
        fakes = self.presented(self.fakes("discriminator", *labels))
        reals = (self.presented(batch.real), *self.given(batch).values())
        real_logits, fake_logits = self.judge(reals, (fakes, *labels))
        self.watch_outputs(real_logits, fake_logits)
        return {"adversarial": discriminator_hinge(real_logits, fake_logits)}

    def generator_losses(self, batch: Batch) -> Losses:
        labels = self.fresh_classes("generator")
        fakes = self.presented(self.fakes("generator", *labels))
        return {"adversarial": critic_generator_loss(self.judge_fake((fakes, *labels)))}

    def presented(self, things: Tensor) -> Tensor:
        return diff_augment(things, self.augment)

    def held_out_logits(self, batch: Batch) -> Tensor:
        return cast(Tensor, self.discriminator(self.presented(batch.real), *self.given(batch).values()))


def attention_side(typed: int | None, image_size: int, usual: int) -> int:
    """Side of the maps with self-attention, in both players; 0 has none.

    Args:
        typed: What was typed; None is the usual one, or half the image's side where that is less.
        image_size: Side of the images in pixels.
        usual: The paper's.

    Raises:
        UserError: If not both players have a map of that side.
    """
    if typed is None:
        return min(usual, image_size // 2)
    sides = [side for side in (8, 16, 32, 64, 128, 256) if side <= image_size // 2]
    check(
        "attention", typed, typed in (0, *sides), f"of 0 or {', '.join(map(str, sides))}: both players have such maps"
    )
    return typed
