"""Self-attention over the places of a map: Zhang et al. 2019, "Self-Attention Generative Adversarial Networks",
arXiv:1805.08318, section 3, as in the authors' code (https://github.com/brain-research/self-attention-gan)."""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d, scaled_dot_product_attention

from gan_cli.networks.layouts import laid_out


class SelfAttention(nn.Module):
    """Adds to each place of a map what all others have, by how well its query fits their keys.

    Beyond the paper's equations, keys and values are the largest of 2x2 places, and values have half of the channels.
    Products are not divided by the root of their length. The share that is added starts from 0.

    Args:
        channels: C.
    """

    KEYS = 8
    """Queries and keys have so many times fewer channels than the map."""
    VALUES = 2
    """So have values."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        keys, values = max(1, channels // self.KEYS), max(1, channels // self.VALUES)
        self.query = nn.Conv2d(channels, keys, 1, bias=False)
        self.key = nn.Conv2d(channels, keys, 1, bias=False)
        self.value = nn.Conv2d(channels, values, 1, bias=False)
        self.output = nn.Conv2d(values, channels, 1, bias=False)
        self.share = nn.Parameter(torch.zeros(()))
        self.memory_format = torch.contiguous_format

    def forward(self, inputs: Tensor) -> Tensor:
        """The same shape, [N, C, H, W]; H and W are even."""
        queries, keys, values = self.query(inputs), self.key(inputs), self.value(inputs)
        attended = scaled_dot_product_attention(
            _places(queries), _places(max_pool2d(keys, 2)), _places(max_pool2d(values, 2)), scale=1.0
        )
        maps = attended.squeeze(1).transpose(1, 2).unflatten(2, cast(list[int], inputs.shape[2:]))
        return inputs + self.share * cast(Tensor, self.output(laid_out(maps, self.memory_format)))


def _places(maps: Tensor) -> Tensor:
    """Rows for a map's places, [N, 1, H * W, C], from maps [N, C, H, W]."""
    return maps.flatten(2).transpose(1, 2).unsqueeze(1)
