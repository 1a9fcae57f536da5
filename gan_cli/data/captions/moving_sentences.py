"""Sentences on digits that move, made of templates and synonyms, of which it is known what they say."""

from gan_cli.data.captions.grammar import Grammar
from gan_cli.data.captions.sentences import NUMBERS

DIRECTIONS = ("left", "right", "up", "down", "upper left", "upper right", "lower left", "lower right")
SPEEDS = ("slow", "fast")
TURNS = ("on", "back")
NAMES = (NUMBERS, DIRECTIONS, SPEEDS, TURNS)
"""What each attribute may be: number, the direction it begins with, speed, whether it turns back on its way."""
TITLES = ("number", "direction", "speed", "turn")

SYNONYMS: dict[str, tuple[str, ...]] = {
    **{name: (name, name, str(number)) for number, name in enumerate(NUMBERS)},
    "left": ("to the left", "to the left", "leftwards"),
    "right": ("to the right", "to the right", "rightwards"),
    "up": ("up", "up", "upwards"),
    "down": ("down", "down", "downwards"),
    "upper left": ("to the upper left", "to the top left"),
    "upper right": ("to the upper right", "to the top right"),
    "lower left": ("to the lower left", "to the bottom left"),
    "lower right": ("to the lower right", "to the bottom right"),
    "slow": ("slowly", "slowly", "without haste"),
    "fast": ("quickly", "quickly", "in a hurry"),
    "on": ("and keeps going", "without turning"),
    "back": ("and comes back", "and turns back"),
}
"""What a name is called; a name that stands twice is taken twice as often."""
TEMPLATES = (
    "a {n} moves {s} {d} {t}",
    "a {n} moves {d} {t}",
    "a {n} moves {d}",
    "the number {n} goes {d} {s} {t}",
    "the number {n} goes {s} {d}",
    "the number {n} moves {s} {t}",
    "{s} a {n} goes {d} {t}",
    "there is a {n} that moves {d} {s}",
    "a {n} that goes {d} {t}",
)
LONGEST = 16
"""More words than any of them has."""
GRAMMAR = Grammar(NAMES, "ndst", SYNONYMS, TEMPLATES)
