"""The common part of variants that generate from noise: the prior, and the things made from it."""

from typing import Any, ClassVar, Literal, cast

import torch
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.networks.noise_maps import NoiseMode
from gan_cli.ranges import Width
from gan_cli.seeding import Distribution
from gan_cli.variants.base import AdversarialModule, Losses

Player = Literal["discriminator", "generator"]
Space = Literal["z", "w"]


class LatentModule(AdversarialModule):
    """Generates things from noise; a variant adds its networks.

    Args:
        latent_dim: Z.
        latent_distribution: The prior, N(0, 1) or uniform on [-1, 1].
        **optimisation: Further arguments of `AdversarialModule`.

    Raises:
        UserError: If a value is out of its range.
    """

    SPACES: ClassVar[tuple[Space, ...]] = ("z",)
    """The spaces of latents: z is the prior's; a variant that lists w has `styles`, which `forward` also takes."""

    GOES_ON_FROM: ClassVar[str] = ""
    """Which of `GIVEN` is the thing before, where things follow each other, as bars of a tune do; "" if none."""

    PARTS: tuple[str, ...] = ()
    """What a thing is put together of and can be looked at alone, as a video's background; a variant has `parts`."""
    LEAPS: ClassVar[bool] = False
    """Whether things change in leaps, so that there are no slopes to go down to a latent by, nor lengths of walks."""
    generator_batch_multiple: int = 1
    """So many batches of made things are a generator's step; `ChosenNetworks` has an argument for it."""

    def __init__(
        self,
        latent_dim: Width = 100,
        latent_distribution: Distribution = "normal",
        **optimisation: Any,
    ) -> None:
        super().__init__(**optimisation)
        self.latent_dim = latent_dim
        self.latent_distribution: Distribution = latent_distribution

    @property
    def style_sides(self) -> tuple[int, ...]:
        """Side in pixels of the map that each layer's style works on, L of them; none where styles have no layers."""
        return ()

    @property
    def noise_modes(self) -> tuple[NoiseMode, ...]:
        """What `forward` takes as `noise`, beside seeds; none if the generator adds no noise to its maps."""
        return ()

    def forward(self, latents: Tensor, ema: bool = True) -> Tensor:
        """Things as the model makes them, from latents [N, Z].

        Args:
            latents: From the prior.
            ema: The averaged generator where there is one, or the one that is trained.
        """
        return cast(Tensor, self.picture_maker(ema)(latents))

    def styles(self, latents: Tensor, ema: bool = True, labels: Tensor | None = None) -> Tensor:
        """Styles [N, L, W] of latents [N, Z], where w is among `SPACES`; `forward` takes both.

        Args:
            latents: From the prior.
            ema: The averaged mapping where there is one, or the one that is trained.
            labels: As for `forward`; only where the model is conditional.
        """
        raise NotImplementedError(f"{type(self).__name__} has no styles")

    def beginning(self) -> Tensor:
        """What the first thing of a sequence goes on from, as the model sees it, one row; see `GOES_ON_FROM`."""
        raise NotImplementedError(f"{type(self).__name__} makes no sequences")

    def parts(self, latents: Tensor, ema: bool = True, **given: Tensor) -> dict[str, Tensor]:
        """What things are put together of, by the names of `PARTS`, each of the things' own shape and range.

        Args:
            latents: From the prior.
            ema: The averaged generator where there is one, or the one that is trained.
            **given: What else `forward` takes.
        """
        raise NotImplementedError(f"{type(self).__name__} has no parts")

    def between(self, first: dict[str, Tensor], last: dict[str, Tensor], shares: Tensor) -> dict[str, Tensor]:
        """What is given on the way from one to another, for a walk between things that are given.

        Args:
            first: What is given at the beginning, by name, as the model sees it, N rows each.
            last: The same at the end.
            shares: How far each row is on the way, [N] from 0 to 1.

        Raises:
            UserError: If there is nothing between what this model is given.
        """
        raise UserError(f"to: there is nothing between two things that {type(self).__name__} is given; leave it out")

    # What an objective is made of

    def latents(self, player: Player) -> Tensor:
        """Fresh noise for a player's step, [N, Z]; for the generator `generator_batch_multiple` times as much."""
        uses = [f"latents/{player}{number or ''}" for number in range(self._times(player))]
        drawn = [self.noise(use, self.latent_dim, distribution=self.latent_distribution) for use in uses]
        return torch.cat(drawn) if len(drawn) > 1 else drawn[0]

    def fakes(self, player: Player, *given: Tensor) -> Tensor:
        """Made things for a player's step, from `latents` and what else the generator is given, N rows each."""
        return cast(Tensor, self.generator(self.latents(player), *given))

    def presented(self, things: Tensor) -> Tensor:
        """Real or made things as the discriminator sees them; by default unchanged."""
        return things

    def judged(self, batch: Any) -> tuple[Tensor, Tensor]:
        """The discriminator's outputs on a batch's things and on as many made ones, for its own step."""
        real, fake = self.judge(self.presented(batch.real), self.presented(self.fakes("discriminator")))
        self.watch_outputs(real, fake)
        return real, fake

    def judged_fakes(self) -> Tensor:
        """The discriminator's outputs on made things, for the generator's step."""
        return self.judge_fake(self.presented(self.fakes("generator")))

    def mixing_shares(self, count: int) -> Tensor:
        """A number in [0, 1] for each pair of a real and a made thing, [count]."""
        return ((self.noise("mixing", distribution="uniform") + 1) / 2)[:count]

    def random_labels(self, player: Player) -> Tensor:
        """A class for each of the `latents` of the same step, all equally likely, int64 [N]."""
        uses = [f"labels/{player}{number or ''}" for number in range(self._times(player))]
        shares = torch.cat([self.noise(use, distribution="uniform") for use in uses])
        return ((shares + 1) / 2 * self.num_classes).long().clamp(max=self.num_classes - 1)

    def fresh_classes(self, player: Player) -> list[Tensor]:
        """What `given` is of real things, for made ones: `random_labels` in a list, or nothing without classes."""
        return [self.random_labels(player)] if self.num_classes else []

    def surface(self, made: Tensor) -> Tensor | None:
        """The discriminator's outputs [N] at made things [N, ...]; None if it needs more, such as a label."""
        return cast(Tensor, self.discriminator(made))

    def accuracy(self, class_logits: Tensor, labels: Tensor) -> Losses:
        """The share of things whose class the discriminator gets right, for `held_out_measures`."""
        return {"accuracy": (class_logits.argmax(1) == labels).float().mean()}

    def needs_classes(self, num_classes: int) -> None:
        """Sets the number of classes, for a variant that needs them.

        Raises:
            UserError: If there are fewer than two.
        """
        if num_classes < 2:
            name = type(self).__name__
            raise UserError(f"model: {name} needs classes, and this data has {num_classes}; take another with --data")
        self.num_classes = num_classes

    def _times(self, player: str) -> int:
        return self.generator_batch_multiple if player == "generator" else 1
