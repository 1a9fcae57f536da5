"""Settings that show what the lectures tell, each with a remedy to compare with."""

from dataclasses import dataclass

from gan_cli.playground.settings import Settings


@dataclass(frozen=True)
class Lesson:
    """One thing to see.

    Attributes:
        title: A few words.
        sentence: What to look at.
        settings: A game in which it happens.
        remedy_title: What the other game has, as a button says it.
        remedy: The same networks with what helps.
    """

    title: str
    sentence: str
    settings: Settings
    remedy_title: str
    remedy: Settings


_FAR = Settings(
    distribution="far",
    objective="minimax",
    spread=0.1,
    generator_lr=3e-4,
    discriminator_lr=3e-3,
    n_critic=5,
    seed=2,
)
LESSONS = (
    Lesson(
        "Vanishing gradients",
        "Far from the data the discriminator is sure, log(1 - D) is flat, and the gradient that reaches the generator "
        "falls by orders of magnitude: it stays where it is.",
        _FAR,
        "Non-saturating loss",
        _FAR.but(objective="non_saturating"),
    ),
)
