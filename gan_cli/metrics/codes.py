"""How much of a codebook is used."""

import torch
from torch import Tensor


def counts_of(codes: Tensor, num_codes: int) -> Tensor:
    """How often each code is taken, float [K], of codes int64 of any shape, each below K."""
    taken = codes.flatten()
    counts = torch.zeros(num_codes, device=codes.device)
    return counts.index_add_(0, taken, torch.ones_like(taken, dtype=counts.dtype))  # bincount waits for the device


def perplexity(counts: Tensor) -> Tensor:
    """As many codes as would be used alike, were they as uncertain: e to the entropy of shares, from 1 to K; a scalar.

    Args:
        counts: How often each code was taken, [K].
    """
    shares = counts / counts.sum()
    entropy: Tensor = torch.special.entr(shares).sum()
    return entropy.exp()


def unused_share(counts: Tensor) -> Tensor:
    """The share of codes that were never taken, a scalar in [0, 1]."""
    return (counts == 0).float().mean()
