"""What tells persons apart and finds eyes, nose and mouth, in place of TP-GAN's Light CNN and finder of landmarks."""

from collections.abc import Sequence
from itertools import pairwise
from math import log2
from typing import NamedTuple

import torch
from torch import Tensor, nn

from gan_cli.networks.layers import larger


class Recognition(NamedTuple):
    """What is recognised in faces.

    Attributes:
        maps: The last maps, [N, C, 4, 4].
        vectors: [N, F].
        persons: Logits [N, P].
        points: Where eyes, nose and mouth are, x and y in shares of the sides, [N, 5, 2].
    """

    maps: Tensor
    vectors: Tensor
    persons: Tensor
    points: Tensor


class FaceReader(nn.Module):
    """Tells persons apart, and finds eyes, nose and mouth; in place of Light CNN and of a finder of landmarks.

    Of two maps the larger number is kept everywhere, as in Light CNN (Wu et al. 2018, arXiv:1511.02683).

    Args:
        image_size: S, a power of two from 32.
        image_channels: C.
        base_channels: Channels of the first maps.
        vector_dim: F.
        num_persons: P.
        frontal_points: What is said of where they are before anything is learned.
    """

    def __init__(
        self,
        image_size: int,
        image_channels: int,
        base_channels: int,
        vector_dim: int,
        num_persons: int,
        frontal_points: Sequence[float],
    ) -> None:
        super().__init__()
        count = int(log2(image_size)) - 2
        widths = [image_channels, *(base_channels * min(2**level, 8) for level in range(count))]
        self.convolutions = nn.ModuleList(
            nn.Conv2d(inputs, 2 * outputs, 3 if level else 5, padding=1 if level else 2)
            for level, (inputs, outputs) in enumerate(pairwise(widths))
        )
        for layer in self.convolutions:
            assert isinstance(layer, nn.Conv2d)
            nn.init.kaiming_normal_(layer.weight)
        flat = 16 * widths[-1]
        self.vector = nn.Linear(flat, 2 * vector_dim)
        self.persons = nn.Linear(vector_dim, num_persons)
        self.points = nn.Linear(flat, len(frontal_points))
        nn.init.zeros_(self.points.weight)
        with torch.no_grad():
            self.points.bias.copy_(torch.tensor(frontal_points))

    def forward(self, images: Tensor) -> Recognition:
        """What is recognised in images [N, C, S, S] in [-1, 1]."""
        maps = images
        for layer in self.convolutions:
            maps = nn.functional.max_pool2d(larger(*layer(maps).chunk(2, dim=1)), 2)
        flat = maps.flatten(1)
        vectors = larger(*self.vector(flat).chunk(2, dim=1))
        return Recognition(maps, vectors, self.persons(vectors), self.points(flat).unflatten(1, (-1, 2)))
