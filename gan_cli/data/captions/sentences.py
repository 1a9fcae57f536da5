"""Sentences on single digits, made of templates and synonyms, of which it is known what they say."""

from gan_cli.data.captions.grammar import Grammar

NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
COLOURS = ("red", "green", "blue", "yellow", "purple", "white")
WIDTHS = ("thin", "thick")
PLACES = ("upper left", "upper right", "lower left", "lower right", "middle")
NAMES = (NUMBERS, COLOURS, WIDTHS, PLACES)
"""What each attribute may be: number, colour, width of the strokes, place."""
SYNONYMS: dict[str, tuple[str, ...]] = {
    **{name: (name, name, str(number)) for number, name in enumerate(NUMBERS)},
    "red": ("red", "red", "scarlet"),
    "green": ("green", "green", "lime"),
    "blue": ("blue", "blue", "navy"),
    "yellow": ("yellow", "yellow", "golden"),
    "purple": ("purple", "purple", "violet"),
    "white": ("white", "white", "snowy"),
    "thin": ("thin", "thin", "fine", "slender"),
    "thick": ("thick", "thick", "bold", "fat"),
    "upper left": ("in the upper left", "at the top left"),
    "upper right": ("in the upper right", "at the top right"),
    "lower left": ("in the lower left", "at the bottom left"),
    "lower right": ("in the lower right", "at the bottom right"),
    "middle": ("in the middle", "in the centre"),
}
"""What a name is called; a name that stands twice is taken twice as often."""
TEMPLATES = (
    "a {w} {c} {n} {p}",
    "{p} is a {w} {c} {n}",
    "a {c} {n} {p}",
    "a {w} {c} {n}",
    "a {c} {n} with {w} strokes {p}",
    "the number {n} , {w} and {c} , {p}",
    "there is a {c} {n} {p}",
    "a {w} {n} in {c}",
    "a {c} {n}",
    "a {n} in {c} {p}",
    "{c} and {w} , the number {n} stands {p}",
)
"""Of training sentences."""
NEVER_SEEN = (
    "{p} there is the number {n} in {c} with {w} strokes",
    "a {w} {n} , {c} , that stands {p}",
    "the {c} number {n} is {w} and {p}",
    "draw the {c} {n} with {w} lines {p} please",
)
"""Of held-out sentences alone; the last has words that are in no training sentence."""
LONGEST = 16
"""More words than any of them has."""

GRAMMAR = Grammar(NAMES, "ncwp", SYNONYMS, TEMPLATES, NEVER_SEEN)
