"""A history of generated images: Shrivastava et al. 2017, "Learning from Simulated and Unsupervised Images through
Adversarial Training", arXiv:1612.07828, section 2.3."""

from collections.abc import Sequence

import torch
from torch import Tensor


class ImagePool:
    """Keeps generated images and answers new ones with them, half of the time.

    Args:
        capacity: Images kept; 0 gives every image back.

    Attributes:
        images: The images kept, [M, C, H, W]; None before the first image.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.images: Tensor | None = None

    def answer(self, fresh: Tensor, random: torch.Generator) -> Tensor:
        """As many images as there are fresh ones, [N, C, H, W]: each the fresh one, or an older one that it replaces.

        Until the pool is full every fresh image is kept and given back.

        Args:
            fresh: Generated images, [N, C, H, W], without a graph.
            random: Decides, image by image.
        """
        return torch.stack([self._answer_one(image, random) for image in fresh])

    def _answer_one(self, image: Tensor, random: torch.Generator) -> Tensor:
        chance, place = torch.rand(2, generator=random).tolist()
        kept = image.new_empty(0, *image.shape) if self.images is None else self.images.to(image)
        if len(kept) < self.capacity:
            self.images = torch.cat([kept, image[None]])
            return image
        if not self.capacity or chance < 0.5:
            return image
        number = int(place * self.capacity)
        old = kept[number].clone()
        kept[number] = image
        self.images = kept
        return old


def dealt_out(pools: Sequence[Tensor | None], rank: int, world_size: int, capacity: int) -> Tensor | None:
    """A process's pool from those that were saved: its own, or a share of all if the number of processes differs.

    Args:
        pools: The pool of each process that was saved, [M, C, H, W].
        rank: This process.
        world_size: How many there are now.
        capacity: Images that a pool keeps.
    """
    if len(pools) == world_size:
        return pools[rank]
    kept = [pool for pool in pools if pool is not None]
    return torch.cat(kept)[rank::world_size][:capacity].clone() if kept else None
