"""The common part of sets that are made of other sets, which are named by an argument."""

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from gan_cli import plugins
from gan_cli.data.datamodules import GANDataModule
from gan_cli.errors import UserError, nearest


class CombinedDataModule(GANDataModule):
    """A set that is made of others.

    Attributes:
        sets: The others, in order.
    """

    sets: tuple[GANDataModule, ...]

    def headings(self) -> list[str]:
        """What is said of each of the sets above what `gan data check` finds in it."""
        return [one.name for one in self.sets]

    def recipe_key(self) -> list[str]:
        """Digits that change with what is made of the sets; none if it is the sets themselves."""
        return []

    def prepare_data(self) -> None:
        for one in self.sets:
            one.prepare_data()

    def unreadable_files(self) -> list[Path]:
        return [path for one in self.sets for path in one.unreadable_files()]


def made(argument: str, name: str, arguments: Mapping[str, Any]) -> GANDataModule:
    """The set of images that a name means.

    Args:
        argument: Where the name was typed, such as "first"; further arguments are typed as "first_options".
        name: The name of a set.
        arguments: What the set is made with.

    Raises:
        UserError: If there is no set of that name whose batches are images, or it takes no such argument.
    """
    known = {kind.__name__: kind for kind in plugins.descendants(GANDataModule) if _is_choice(kind)}
    if name not in known:
        raise _no_images(argument, name, known)
    taken = plugins.defaults(known[name])
    if strange := [argument for argument in arguments if argument not in taken]:
        raise UserError(
            f"data.{argument}_options: {name} has no {', '.join(strange)}{nearest(strange[0], taken)}; it takes "
            f"{', '.join(taken)}"
        )
    found: GANDataModule = known[name](**arguments)
    if set(found.fields) != {"images"}:  # of which only an instance knows
        raise _no_images(argument, name, known)
    return found


def _no_images(argument: str, name: str, known: Mapping[str, type]) -> UserError:
    others = [other for other in known if other != name]
    return UserError(
        f"data.{argument}: {name} is no set of images{nearest(name, others)}; there are {', '.join(others)}"
    )


def _is_choice(kind: type) -> bool:
    """Whether a set can be one of several: it lies in a folder, and its batches are images."""
    base = inspect.isabstract(kind) or kind.__name__.endswith("DataModule") or issubclass(kind, CombinedDataModule)
    if base or "root" not in plugins.defaults(kind):
        return False
    fields = cast(type[GANDataModule], kind).fields
    return isinstance(fields, Mapping) and set(fields) == {"images"}
