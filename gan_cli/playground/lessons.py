"""Settings that show what the lectures tell, each beside another game to compare with."""

from dataclasses import dataclass

from gan_cli.playground.settings import Settings


@dataclass(frozen=True)
class Lesson:
    """One thing to see.

    Attributes:
        title: A few words.
        sentence: What to look at.
        settings: A game in which it happens.
        other_title: What the other game has, as a button says it.
        other: The game to compare with, most often what helps.
    """

    title: str
    sentence: str
    settings: Settings
    other_title: str
    other: Settings


_FAR = Settings(
    distribution="far",
    objective="minimax",
    spread=0.1,
    generator_lr=3e-4,
    discriminator_lr=3e-3,
    n_critic=5,
    seed=2,
)
_HASTY = Settings(distribution="ring", spread=0.2, generator_lr=1e-2)
_EQUAL = Settings(distribution="ring", spread=0.2, generator_lr=3e-3, discriminator_lr=3e-3, objective="r3gan")
_CLIPPED = _EQUAL.but(objective="wgan", clip=0.01, n_critic=3)

LESSONS = (
    Lesson(
        "Vanishing gradients",
        "Far from the data the discriminator is sure, log(1 - D) is flat there, and the gradient that reaches the "
        "generator falls by orders of magnitude: its points stay where they are.",
        _FAR,
        "With the non-saturating loss",
        _FAR.but(objective="non_saturating"),
    ),
    Lesson(
        "Mode collapse",
        "A generator that learns ten times as fast as its discriminator throws all its points to wherever they pass "
        "for real at the moment, and covers hardly any of the eight modes.",
        _HASTY,
        "With R3GAN at the same rates",
        _HASTY.but(objective="r3gan"),
    ),
    Lesson(
        "Clipping or a penalty",
        "A critic whose weights are clipped to 0.01 is all but flat, so a gradient of a millionth reaches the "
        "generator; a penalty keeps the critic's slope, the length of the arrows, near 1.",
        _CLIPPED,
        "With the gradient penalty",
        _CLIPPED.but(objective="wgan_gp", penalty=1.0),
    ),
    Lesson(
        "R3GAN",
        "Each real point is compared with a generated one, and R1 and R2 hold the slopes down at both: the gradient "
        "stays small, and all eight modes are covered early.",
        _EQUAL,
        "Beside it: the non-saturating loss",
        _EQUAL.but(objective="non_saturating"),
    ),
)
