"""The pairs of a part of images and of what is left of them, made as they are asked for."""

import torch
from torch import Tensor

from gan_cli.batches import LoadedBatch, PairedBatch, ToldBatch, paired
from gan_cli.data.degraded.degradation import Degradation
from gan_cli.data.parts import Part
from gan_cli.data.sampling import Span
from gan_cli.data.stores import Store
from gan_cli.seeding import mix

USE = "degraded"


class DegradedPart(Part):
    """Images with what is left of them, a function of the seed and the place; of the number alone where that is given.

    Args:
        images: Gives the images.
        how: What is taken from them.
    """

    def __init__(self, images: Part, how: Degradation) -> None:
        self.images = images
        self.how = how

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, places: Span | Tensor) -> LoadedBatch:
        loaded = self.images[places]
        if isinstance(places, Span):
            keys = [mix(places.seed, USE, position) for position in places.positions]
        else:
            keys = [mix(USE, number) for number in places.tolist()]
        batch = degraded(loaded.batch.images, self.how, keys)
        mirrored, noise = loaded.mirrored.get("images"), loaded.keys.get("images")
        return LoadedBatch(
            batch,
            {} if mirrored is None else dict.fromkeys(batch._fields, mirrored),
            {} if noise is None else {"target": noise},
        )

    @property
    def stores(self) -> tuple[Store, ...]:
        return self.images.stores

    @property
    def at_hand(self) -> bool:
        return self.how.quick and self.images.at_hand


def degraded(images: Tensor, how: Degradation, keys: list[int]) -> PairedBatch | ToldBatch:
    """Images, uint8 [N, C, H, W], with what is left of them; what is drawn for each depends on its key alone."""
    left = [how.of(image, key) for image, key in zip(images, keys, strict=True)]
    return paired({"target": images, **{name: torch.stack([one[name] for one in left]) for name in left[0]}})
