"""A transformer that reads from left to right, with learned positions: Radford et al. 2019, "Language Models are
Unsupervised Multitask Learners", in the sizes and with the beginning of Esser et al. 2021, arXiv:2012.09841."""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

DEVIATION = 0.02
"""Of the weights before the first step."""


class Memory:
    """Keys and values of what has been read, so that what follows can be read alone.

    Args:
        capacity: How many places there is room for.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.length = 0
        self._kept: dict[int, tuple[Tensor, Tensor]] = {}

    def with_further(self, layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """All keys and values of a layer, [N, H, S, D], when T further ones, [N, H, T, D], have been put behind."""
        if layer not in self._kept:
            shape = (*keys.shape[:2], self.capacity, keys.shape[3])
            self._kept[layer] = keys.new_empty(shape), values.new_empty(shape)
        end = self.length + keys.shape[2]
        for kept, further in zip(self._kept[layer], (keys, values), strict=True):
            kept[:, :, self.length : end] = further
        all_keys, all_values = self._kept[layer]
        return all_keys[:, :, :end], all_values[:, :, :end]


class SelfAttention(nn.Module):
    """Each place gathers what it and those before it have, with several heads."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.enter, self.leave = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, inputs: Tensor, memory: Memory | None, layer: int) -> Tensor:
        """[N, T, W] -> [N, T, W]; with a memory, behind what it holds."""
        queries, keys, values = self.enter(inputs).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        if memory is not None:
            keys, values = memory.with_further(layer, keys, values)
        read, here = keys.shape[2], queries.shape[2]
        mask = None  # the only place here may look at all there is
        if 1 < here < read:
            mask = torch.ones(here, read, dtype=torch.bool, device=inputs.device).tril(read - here)
        gathered = scaled_dot_product_attention(
            queries,
            keys,
            values,
            attn_mask=mask,
            dropout_p=self.dropout if self.training else 0.0,
            is_causal=here == read,
        )
        return cast(Tensor, self.leave(gathered.transpose(1, 2).flatten(2)))


class Block(nn.Module):
    """Attention and two layers on each place alone, both after a normalisation and beside the identity."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.before_attention, self.before_layers = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = SelfAttention(width, heads, dropout)
        self.layers = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.drop = nn.Dropout(dropout)

    def forward(self, inputs: Tensor, memory: Memory | None, layer: int) -> Tensor:
        """[N, T, W] -> [N, T, W]."""
        inputs = inputs + self.drop(self.attention(self.before_attention(inputs), memory, layer))
        return cast(Tensor, inputs + self.drop(self.layers(self.before_layers(inputs))))


class GPT(nn.Module):
    """What follows each place of a sequence; 304,932,864 parameters of 24 layers of 1,024 and 16 heads, 512 places,
    and 1,024 tokens that are also the outputs.

    Args:
        tokens: How many different ones there are, in the one table of vectors.
        outputs: K, how many of them, the first ones, can follow.
        length: Places of a sequence at most.
        depth: Blocks.
        width: W.
        heads: Of each block's attention; they divide the width.
        dropout: The share that is dropped of vectors, attention and what blocks add.
    """

    def __init__(
        self, tokens: int, outputs: int, length: int, depth: int, width: int, heads: int, dropout: float
    ) -> None:
        super().__init__()
        self.tokens = nn.Embedding(tokens, width)
        self.places = nn.Parameter(torch.zeros(length, width))
        self.drop = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(Block(width, heads, dropout) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, outputs, bias=False)
        self.apply(_initialise)

    def vectors(self, tokens: Tensor) -> Tensor:
        """The vectors, [N, T, W], of tokens, int64 [N, T]; of shares of them, float [N, T, tokens], their mixture."""
        if tokens.is_floating_point():
            return tokens.to(self.tokens.weight) @ self.tokens.weight
        return cast(Tensor, self.tokens(tokens))

    def forward(self, vectors: Tensor, memory: Memory | None = None) -> Tensor:
        """Logits of what follows each place, [N, T, K].

        Args:
            vectors: Of a sequence's tokens, [N, T, W].
            memory: Of what was read before, if there is anything; the sequence goes on behind it, and is kept there.
        """
        begin = 0 if memory is None else memory.length
        end = begin + vectors.shape[1]
        maps = self.drop(vectors + self.places[begin:end])
        for layer, block in enumerate(self.blocks):
            maps = block(maps, memory, layer)
        if memory is not None:
            memory.length = end
        return cast(Tensor, self.head(self.norm(maps)))


def _initialise(layer: nn.Module) -> None:
    """Small weights, no biases; the positions stay 0."""
    if isinstance(layer, nn.Linear | nn.Embedding):
        nn.init.normal_(layer.weight, std=DEVIATION)
    if isinstance(layer, nn.Linear) and layer.bias is not None:
        nn.init.zeros_(layer.bias)
