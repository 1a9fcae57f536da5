"""A GAN of points of the plane that is trained step by step while somebody looks on."""

from gan_cli.playground.frames import Covered, Frame, Moment
from gan_cli.playground.game import Game
from gan_cli.playground.settings import Settings

__all__ = ["Covered", "Frame", "Game", "Moment", "Settings"]
