"""Two sets of labelled images as the domains of an adaptation: by name, or two folders of one's own."""

from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from gan_cli.data.adaptation.adaptation import SIDES, AdaptationDataModule, Side
from gan_cli.data.adaptation.sides import BroughtPart
from gan_cli.data.combined import CombinedDataModule, made
from gan_cli.data.datamodules import GANDataModule, Split
from gan_cli.data.parts import LabelledPart
from gan_cli.errors import UserError
from gan_cli.ranges import BatchSize, Channels, Pixels, Processes


class Domains(AdaptationDataModule, CombinedDataModule):
    """Two sets of labelled images: a source domain with its labels, and a target domain whose labels only judge.

    Both are brought to one size and to the channels of the one that has more: digits in grey go to coloured ones. The
    classes of both must have the same names; their numbers are the source's.

    Args:
        source: The name of a set, such as MNIST; by default a folder of your own.
        target: The name of another, or of the same with another root.
        root: Folder that holds the data sets.
        source_root: The source's; "" is `root`.
        target_root: The target's; "" is `root`.
        reverse: Whether source and target change places, with their roots and options.
        names: What the domains are called, in directions and tables; by default after the sets, or their folders.
        source_options: Further arguments of the source's set by name, such as `share`.
        target_options: Further arguments of the target's set.
        channels: C of both: 1 (grey) or 3; None takes those of the side that has more.
        image_size: Side of the images in pixels.
        batch_size: Images of each domain per step and process.
        num_workers: Processes that load beside the training.

    Raises:
        UserError: If there is no such set, it does not take an argument, or the two do not go together.
    """

    home = "those of its sets"
    licence = "those of its sets"
    layout = (
        "two sets of labelled images, each on its own: --data.source MNIST --data.target USPS, or two folders: "
        "--data.source_root FOLDER --data.target_root FOLDER"
    )

    def __init__(
        self,
        source: str = "ImageFolder",
        target: str = "ImageFolder",
        root: str = "data",
        source_root: str = "",
        target_root: str = "",
        reverse: bool = False,
        names: tuple[str, str] | None = None,
        source_options: dict[str, Any] | None = None,
        target_options: dict[str, Any] | None = None,
        channels: Channels | None = None,
        image_size: Pixels = 32,
        batch_size: BatchSize = 64,
        num_workers: Processes = 0,
    ) -> None:
        super().__init__(batch_size, num_workers)
        self.root, self.image_size = root, image_size
        shared = {"image_size": image_size, "batch_size": batch_size, "num_workers": num_workers}
        first = made("source", source, {"root": source_root or root, **shared, **(source_options or {})})
        second = made("target", target, {"root": target_root or root, **shared, **(target_options or {})})
        called = tuple(names) if names else (_called(first), _called(second))
        if len(called) != 2 or called[0] == called[1] or not all(called):
            raise UserError(
                f"data.names: the domains cannot be called {' and '.join(called) or 'nothing'}; "
                "type two different names: --data.names '[paintings,photos]'"
            )
        self.sets = (second, first) if reverse else (first, second)
        self._names = (called[1], called[0]) if reverse else (called[0], called[1])
        if channels not in (None, 1, 3):
            raise UserError(f"data.channels: {channels} is not possible here; take 1 (grey) or 3")
        self._channels = channels
        self.natural = all(one.natural for one in self.sets)  # type: ignore[misc]

    @property
    def domains(self) -> tuple[str, str]:
        return self._names

    @property
    def classes(self) -> tuple[str, ...]:
        source, target = (_classes(one) for one in self.sets)
        for names, others, (one, other) in ((source, target, self._names), (target, source, self._names[::-1])):
            if missing := [name for name in names if name not in others]:
                more = f" and {len(missing) - 10} more" if len(missing) > 10 else ""
                raise UserError(
                    f"data: {one} has the classes {', '.join(names[:10])}{' ...' if len(names) > 10 else ''}\n"
                    f"{other} does not have {', '.join(missing[:10])}{more}; both domains must have the same"
                )
        return source

    @property
    def image_channels(self) -> int:
        found = [one.facts["image_channels"] for one in self.sets]
        if not set(found) <= {1, 3}:
            raise UserError(
                f"data: images of {found[0]} and of {found[1]} channels are not brought together; take 1 (grey) or 3 "
                "by --data.source_options or --data.target_options"
            )
        return self._channels or max(found)

    def headings(self) -> list[str]:
        self.classes  # noqa: B018  said before anything is looked at
        told = ("its labels are trained on", "its labels judge only")
        return [
            f"{side} {name} ({one.name}), {use}"
            for side, name, one, use in zip(SIDES, self.domains, self.sets, told, strict=True)
        ]

    def side(self, side: Side, split: Split) -> LabelledPart:
        one = self.sets[SIDES.index(side)]
        part = cast(LabelledPart, one.part(split))
        order = [self.classes.index(name) for name in _classes(one)]
        return BroughtPart(part, self.image_channels, torch.tensor(order))

    # what is typed is to be classified as the target's
    def brought(self, image: Any, side: int, channels: int) -> Tensor:
        return self.sets[1].brought(image, side, channels)


def _classes(one: GANDataModule) -> tuple[str, ...]:
    """The names of a set's classes.

    Raises:
        UserError: If it has none, or attributes.
    """
    facts = one.facts
    names = tuple(facts.get("class_names") or ())
    if facts.get("attributes") or len(names) < 2:
        found = "attributes" if facts.get("attributes") else f"{len(names) or 'no'} class{'es' * (not names)}"
        raise UserError(
            f"data: {one.name} below {_root(one)} has {found}; a domain needs two or more classes, one for each image"
        )
    return names


def _called(one: GANDataModule) -> str:
    """What a domain is called by default: as its set, or as the folder of a set of one's own."""
    if one.home == "your own":
        return names_safe(Path(_root(one)).stem)
    return one.name.lower()


def names_safe(name: str) -> str:
    """A name as it can stand in a direction: letters and digits alone."""
    return "".join(letter for letter in name if letter.isalnum())


def _root(one: GANDataModule) -> str:
    return str(one.hparams.get("root", ""))
