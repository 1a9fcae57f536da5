"""Images with boxes as a part of a set, and how many boxes of which class and size there are."""

from collections.abc import Sequence

import torch
from torch import Tensor

from gan_cli.batches import BoxBatch, LoadedBatch
from gan_cli.data.parts import Part
from gan_cli.data.sampling import Span
from gan_cli.data.stores import Store
from gan_cli.data.transforms import Framing
from gan_cli.media.boxes import COLUMNS, RATIO, padded, size_of
from gan_cli.seeding import stream_indices

SIZES = ("small", "medium", "large")


class BoxPart(Part):
    """Images with the boxes of what is in them.

    Args:
        store: Gives the images.
        boxes: Those of each image in pixels of the store's images, M tensors [B, 6].
        most: P, how many rows each image gets.
        framing: Whether the images are mirrored; nothing is cut.
    """

    def __init__(self, store: Store, boxes: Sequence[Tensor], most: int, framing: Framing) -> None:
        self.store = store
        self.counts = torch.tensor([len(of_one) for of_one in boxes], dtype=torch.int64)
        self.boxes = torch.stack([padded(of_one.view(-1, COLUMNS), most) for of_one in boxes])
        self.framing = framing

    def __len__(self) -> int:
        return len(self.store)

    def __getitem__(self, places: Span | Tensor) -> LoadedBatch:
        numbers = stream_indices(len(self), *places) if isinstance(places, Span) else places
        batch = BoxBatch(self.store[numbers], self.boxes[numbers], tuple(self.counts[numbers].tolist()))
        if not (isinstance(places, Span) and self.framing.flip):
            return LoadedBatch(batch)
        return LoadedBatch(batch, dict.fromkeys(("images", "boxes"), self.framing.views(places).mirrored))

    @property
    def stores(self) -> tuple[Store, ...]:
        return (self.store,)

    @property
    def every(self) -> Tensor:
        """All boxes of the part, [B, 6]."""
        return self.boxes[~self.boxes[..., 0].isnan()]


def counted(boxes: Tensor, names: Sequence[str], small_side: float) -> list[str]:
    """Lines on how many boxes there are of each class and size.

    Args:
        boxes: [B, 6].
        names: Of the classes.
        small_side: Of what is small, in pixels.
    """
    sizes, classes = size_of(boxes, small_side), boxes[:, 4].long()
    lines = [
        f"boxes: {len(boxes):,}; small is below {small_side:g} pixels (root of the area), large from "
        f"{RATIO * small_side:g} on, in images as they are trained on"
    ]
    for number, name in enumerate(names):
        of_one = [int(((classes == number) & (sizes == size)).sum()) for size in range(len(SIZES))]
        told = ", ".join(f"{count:,} {size}" for count, size in zip(of_one, SIZES, strict=True))
        lines.append(f"  {name}: {sum(of_one):,} ({told})")
    return lines
