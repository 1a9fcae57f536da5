"""How different the things are that were made of one and the same thing."""

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import TypeVar

import torch
from torch import Tensor

Seen = TypeVar("Seen")


def mean_pairwise_distance(made: Sequence[Seen], distance: Callable[[Seen, Seen], Tensor]) -> Tensor:
    """The mean distance between what several styles make of each image, [N].

    Choi et al. 2020, "StarGAN v2", arXiv:1912.01865, section 3 and appendix C, with the distance of LPIPS: ten styles
    of each image, all pairs of them.

    Args:
        made: N images for each style, or what was seen in them; two or more.
        distance: Gives the distance of each of the N from its like, [N].

    Raises:
        ValueError: If there are fewer than two styles.
    """
    if len(made) < 2:
        raise ValueError(f"{len(made)} styles have no distance between them")
    return torch.stack([distance(one, other) for one, other in combinations(made, 2)]).mean(0)
