"""What is done to labelled images so that those of two domains go together: their channels, and their class numbers."""

import torch
from torch import Tensor

from gan_cli.batches import AdaptationBatch, LoadedBatch
from gan_cli.data.parts import LabelledPart, Part
from gan_cli.data.sampling import Span, spread
from gan_cli.data.stores import Store
from gan_cli.seeding import mix

LUMA = (0.299, 0.587, 0.114)
"""The shares of red, green and blue in grey (ITU-R BT.601), as Pillow takes them."""


class BroughtPart(LabelledPart):
    """Labelled images with other channels and class numbers.

    Args:
        part: Gives the images.
        channels: C that they are brought to, 1 or 3: grey ones are repeated, coloured ones become their luma.
        numbers: The new number of each class, int64 [K].
    """

    def __init__(self, part: LabelledPart, channels: int, numbers: Tensor) -> None:
        self.source = part
        self.channels = channels
        self.numbers = numbers
        self.labels = numbers[part.labels]

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, places: Span | Tensor) -> LoadedBatch:
        return self._brought(self.source[places])

    def chosen(self, numbers: Tensor, places: Span, use: str) -> LoadedBatch:
        return self._brought(self.source.chosen(numbers, places, use))

    def _brought(self, loaded: LoadedBatch) -> LoadedBatch:
        images, labels = loaded.batch
        return loaded._replace(
            batch=loaded.batch._replace(images=in_channels(images, self.channels), labels=self.numbers[labels])
        )

    @property
    def stores(self) -> tuple[Store, ...]:
        return self.source.stores

    @property
    def at_hand(self) -> bool:
        return self.source.at_hand


class AdaptationPart(Part):
    """Images of a labelled source domain, and as many of a target domain, whose labels are left out.

    A pass is as long as the longer domain. Each domain is a stream of its own, shuffled anew at each of its passes, so
    that partners differ from pass to pass.

    Args:
        source: The source domain.
        target: The target domain.
    """

    def __init__(self, source: LabelledPart, target: LabelledPart) -> None:
        self.source, self.target = source, target

    def __len__(self) -> int:
        return max(len(self.source), len(self.target))

    def __getitem__(self, places: Span | Tensor) -> LoadedBatch:
        source, target = self._of(self.source, "source", places), self._of(self.target, "target", places)
        batch = AdaptationBatch(source.batch.images, source.batch.labels, target.batch.images)
        sides = {"source": source, "target": target}
        mirrored = {name: side.mirrored["images"] for name, side in sides.items() if "images" in side.mirrored}
        keys = {name: side.keys["images"] for name, side in sides.items() if "images" in side.keys}
        return LoadedBatch(batch, mirrored, keys)

    @property
    def stores(self) -> tuple[Store, ...]:
        return self.source.stores + self.target.stores

    @property
    def at_hand(self) -> bool:
        return self.source.at_hand and self.target.at_hand

    def _of(self, part: LabelledPart, name: str, places: Span | Tensor) -> LoadedBatch:
        if isinstance(places, Span):
            return part[places._replace(seed=mix(places.seed, name))]
        return part[spread(places, len(self), len(part))]


def in_channels(images: Tensor, channels: int) -> Tensor:
    """Images, uint8 [N, C, H, W], of 1 or 3 channels, with 1 or 3 channels."""
    if images.shape[1] == channels:
        return images
    if channels == 1:
        grey = (images.float() * torch.tensor(LUMA)[:, None, None]).sum(1, keepdim=True)
        return grey.round().clamp(0, 255).to(torch.uint8)
    return images.expand(-1, channels, -1, -1).contiguous()
