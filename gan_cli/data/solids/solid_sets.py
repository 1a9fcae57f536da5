"""The base of all sets of solids, and the one that is computed."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from gan_cli.batches import SolidBatch
from gan_cli.data.datamodules import Facts, GANDataModule, Split, class_facts
from gan_cli.data.parts import InMemory
from gan_cli.data.solids import comparison
from gan_cli.data.solids.shapes import NUMBERS, SHAPES, made
from gan_cli.devices import memory
from gan_cli.media.medium import Medium
from gan_cli.media.voxels import Voxels
from gan_cli.metrics.row_table import OwnMeasures, RowTable
from gan_cli.ranges import BatchSize, Many, Processes
from gan_cli.seeding import stream

Size = Literal[16, 32, 64]
"""Voxels along each side of a solid."""


class SolidDataModule(GANDataModule):
    """Solids of one size in memory, with their classes.

    Args:
        volume_size: Voxels along each side: 16, 32 or 64.
        batch_size: Solids per step and process.
        num_workers: Processes that load beside the training; 0 is the fastest for sets in memory.

    Raises:
        UserError: If a value is not possible.
    """

    natural = False
    own_measures: ClassVar[OwnMeasures] = OwnMeasures(comparison.KINDS, things=256)

    def __init__(self, volume_size: Size = 32, batch_size: BatchSize = 64, num_workers: Processes = 0) -> None:
        super().__init__(batch_size, num_workers)
        self.volume_size = volume_size

    @property
    def fields(self) -> Mapping[str, Medium]:  # type: ignore[override]
        return {"solids": Voxels(self.volume_size)}

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of the labels; none where there is nothing to tell them by."""
        return self.class_names

    @property
    def facts(self) -> Facts:
        return {"name": self.name, "volume_size": self.volume_size, **class_facts(self.classes)}

    def compared(self, made: Tensor, numbers: Tensor, split: Split) -> RowTable:
        return comparison.table(self, made, split)

    def _check_room(self, solids: int) -> None:
        memory.check_room(
            solids * self.volume_size**3,
            f"data.volume_size: {solids:,} solids of {self.volume_size} voxels a side",
            "Take a lower one, or fewer solids",
        )


class Primitives(SolidDataModule):
    """Simple shapes of eight kinds and all measures: boxes, chairs, crosses, cylinders and pipes, balls, pyramids,
    stools and tables. No solid that is held out equals one to train on.

    Args:
        num_solids: Solids to train on, as many of each kind; a tenth as many are held out, or fewer where a size does
            not have so many different ones.
        volume_size: Voxels along each side: 16, 32 or 64.
        kinds: The kinds that there are; all, if none is named.
        **loading: Further arguments of `SolidDataModule`.

    Raises:
        UserError: If a value is not possible.
    """

    home = "computed from a fixed seed"
    licence = "free"
    layout = "nothing"
    offline = True
    class_names = tuple(SHAPES)

    def __init__(
        self,
        num_solids: Many = 4_000,
        volume_size: Size = 16,
        kinds: tuple[Literal["box", "chair", "cross", "cylinder", "ellipsoid", "pyramid", "stool", "table"], ...] = (),
        **loading: Any,
    ) -> None:
        super().__init__(volume_size, **loading)
        self.num_solids = num_solids
        self.kinds: tuple[str, ...] = tuple(sorted(set(kinds))) or tuple(SHAPES)

    @property
    def classes(self) -> tuple[str, ...]:
        return self.kinds

    def part(self, split: Split) -> InMemory:
        self._check_room(self.num_solids)
        each = -(-self.num_solids // len(self.kinds))
        found = [drawn(kind, each, self.volume_size)[split != "train"] for kind in self.kinds]
        labels = torch.cat([torch.full((len(some),), number) for number, some in enumerate(found)])
        return InMemory(SolidBatch(torch.cat(found), labels))

    def notes(self) -> list[str]:
        return comparison.facts_of(self)


def drawn(kind: str, count: int, size: int) -> tuple[Tensor, Tensor]:
    """Shapes of a kind by random numbers, uint8 [N, 1, S, S, S]: to train on, and held out.

    Where voxels are large, solids of other numbers are often alike. Those that are held out are all different: a tenth
    as many, but at most an eighth of all there are; whatever is alike is not trained on.
    """
    random = stream("primitives", kind)
    solids = made(kind, torch.rand(2 * count, NUMBERS, generator=random), size)
    first: dict[bytes, int] = {}
    alike = torch.tensor([first.setdefault(solid.numpy().tobytes(), place) for place, solid in enumerate(solids)])
    different = torch.tensor(sorted(first.values()))
    few = max(1, min(count // 10, len(different) // 8))
    held_out = different[torch.randperm(len(different), generator=random)[:few]].sort().values
    return solids[~torch.isin(alike, held_out)][:count], solids[held_out]
