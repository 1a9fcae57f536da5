"""What can be chosen in a game of points, each number with its range."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Annotated, Any, Literal, Self

from gan_cli import ranges
from gan_cli.errors import UserError, nearest
from gan_cli.ranges import Decay, Range

REACH = 3.0
"""The part of the plane that is looked at: from -3 to 3 both ways."""

DistributionName = Literal["ring", "grid", "swiss_roll", "two", "far", "drawn"]
ObjectiveName = Literal["minimax", "non_saturating", "least_squares", "wgan", "wgan_gp", "r3gan"]

Coordinate = Annotated[float, Range(-REACH, REACH)]
Rate = Annotated[float, Range(1e-6, 0.1)]
Units = Annotated[int, Range(4, 128)]

NETWORKS = ("generator_width", "discriminator_width", "depth", "latent_dim", "spread", "seed")
"""What the networks and their first weights follow from: another value of any of them is another game."""
FEWEST_DRAWN, MOST_DRAWN = 8, 2000


@dataclass(frozen=True)
class Settings:
    """A game: which points are real, which objective is descended on, by which networks and how fast.

    Attributes:
        distribution: Where real points come from; "drawn" takes those of `drawn`.
        drawn: Points [x, y] drawn by hand, from 8 to 2,000 of them; only for the distribution "drawn".
        objective: What both players descend on.
        generator_width: Units of each of the generator's hidden layers.
        discriminator_width: Units of each of the discriminator's hidden layers.
        depth: Layers with weights of either network.
        latent_dim: Numbers that the generator starts from, each from N(0, 1).
        spread: Standard deviation of the first generated points, which lie around the middle.
        generator_lr: The generator's learning rate.
        discriminator_lr: The discriminator's learning rate.
        beta1: Adam's momentum, for both; WGAN's RMSProp has none and leaves it.
        n_critic: Steps of the discriminator for each of the generator.
        batch_size: Real points, and generated ones, of a step.
        clip: WGAN's largest size of a weight of the critic; the other objectives leave it.
        penalty: The weight lambda of WGAN-GP's penalty or gamma of R3GAN's; the other objectives leave it.
        seed: What first weights, noise and the order of real points follow from.

    Raises:
        UserError: If a value is out of its range, or there are too few drawn points.
    """

    distribution: DistributionName = "ring"
    drawn: tuple[tuple[Coordinate, Coordinate], ...] = ()
    objective: ObjectiveName = "non_saturating"
    generator_width: Units = 64
    discriminator_width: Units = 64
    depth: Annotated[int, Range(2, 6)] = 4
    latent_dim: Annotated[int, Range(1, 16)] = 2
    spread: Annotated[float, Range(0.01, 2)] = 0.5
    generator_lr: Rate = 1e-3
    discriminator_lr: Rate = 1e-3
    beta1: Decay = 0.5
    n_critic: Annotated[int, Range(1, 20)] = 1
    batch_size: Annotated[int, Range(8, 512)] = 128
    clip: Annotated[float, Range(0.001, 1)] = 0.1
    penalty: Annotated[float, Range(0, 100)] = 0.1
    seed: Annotated[int, Range(0, 999_999)] = 0

    def __post_init__(self) -> None:
        ranges.check("", Settings, {each.name: getattr(self, each.name) for each in fields(self)})
        if len(self.drawn) > MOST_DRAWN:
            raise UserError(f"drawn: {len(self.drawn):,} points are too many; take up to {MOST_DRAWN:,}")
        if self.distribution == "drawn" and len(self.drawn) < FEWEST_DRAWN:
            raise UserError(f"drawn: {len(self.drawn)} points are too few to learn from; draw {FEWEST_DRAWN} or more")

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Settings of values by name, as they come from outside; what is not among them has its usual value.

        Raises:
            UserError: If a name or a value is not possible.
        """
        known = [each.name for each in fields(cls)]
        for name in values:
            if name not in known:
                raise UserError(f"{ranges.shown(name)} is no setting of a game{nearest(name, known)}")
        drawn = values.get("drawn", ())
        if not isinstance(drawn, list | tuple) or not all(isinstance(point, list | tuple) for point in drawn):
            raise UserError("drawn: take a list of points, each [x, y]")
        return cls(**{**values, "drawn": tuple(tuple(point) for point in drawn[: MOST_DRAWN + 1])})

    def but(self, **changes: Any) -> Self:
        """The same with some values changed.

        Raises:
            UserError: As for the class.
        """
        return replace(self, **changes)

    def same_networks(self, other: "Settings") -> bool:
        """Whether a game with other settings can go on with the networks of one with these."""
        return all(getattr(self, name) == getattr(other, name) for name in NETWORKS)


def limits() -> dict[str, dict[str, Any]]:
    """What each setting may be, for a form: `choices` or `low`, `high` and `whole`, and its `usual` value."""
    usual = Settings()
    found: dict[str, dict[str, Any]] = {}
    for name, kind in ranges.declared(Settings).items():
        if name != "drawn":
            found[name] = {**_limit(kind), "usual": getattr(usual, name)}
    return found


def _limit(kind: Any) -> dict[str, Any]:
    if not hasattr(kind, "__metadata__"):
        return {"choices": list(kind.__args__)}
    span = kind.__metadata__[0]
    return {"low": span.low, "high": span.high, "whole": kind.__origin__ is int}
