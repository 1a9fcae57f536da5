"""Sentences that are most like others."""

import torch
from torch import Tensor
from torch.nn.functional import normalize

from gan_cli.networks.text_encoders import NOTHING

AT_ONCE = 256
"""So many sentences are held against all others at once."""


def nearest_sentences(texts: Tensor, among: Tensor) -> Tensor:
    """The sentence that shares most words with each, by the cosine of which words they have, int64 [N].

    Args:
        texts: int64 [N, L].
        among: int64 [M, L], of which one is chosen for each.
    """
    used, places = torch.cat([texts, among]).unique(return_inverse=True)
    first = int(used[0] == NOTHING)
    known = _words(places[len(texts) :], len(used))[:, first:]
    found = [
        (normalize(_words(some, len(used))[:, first:], dim=1) @ normalize(known, dim=1).T).argmax(1)
        for some in places[: len(texts)].split(AT_ONCE)
    ]
    return torch.cat(found)


def _words(places: Tensor, size: int) -> Tensor:
    """Which words sentences have, [N, V]."""
    return torch.zeros(len(places), size).scatter(1, places, 1.0)
