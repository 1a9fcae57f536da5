"""Modules as users write them, beside their runs."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SOURCE = '''
from typing import Any

from gan_cli.data import Digits
from gan_cli.variants import DCGAN


class {variant}(DCGAN):
    """A variant of my own."""

    def __init__(self, warmth: float = 1.0, **networks: Any) -> None:
        super().__init__(**networks)


class {data_set}(Digits):
    """A data set of my own."""

    home = "my desk"
'''


def write(file: Path, variant: str = "MyGAN", data_set: str = "MySet") -> None:
    """A module with a variant and a data set."""
    source = SOURCE.format(variant=variant, data_set=data_set)
    for name in {variant, data_set} & {"DCGAN", "Digits"}:  # where a class has the name of its base
        source = source.replace(f"import {name}\n", f"import {name} as Our{name}\n").replace(
            f"({name})", f"(Our{name})"
        )
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(source)


def write_trap(file: Path) -> None:
    """A module that leaves a file behind when it is imported."""
    file.write_text("open('imported', 'w').close()\nclass Trap: ...\n")


@contextmanager
def forgotten() -> Iterator[None]:
    """What is imported within it from elsewhere than the installation is forgotten after it, and so is its folder."""
    path, modules = list(sys.path), set(sys.modules)
    try:
        yield
    finally:
        sys.path[:] = path
        for name in set(sys.modules) - modules:
            if name.partition(".")[0] in PLUG_INS:
                del sys.modules[name]


PLUG_INS = ("my_gan", "my_lab", "twin", "trap", "broken", "lacking")
"""The names that the tests give them."""
