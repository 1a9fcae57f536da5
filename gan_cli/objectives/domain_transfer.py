"""The objectives of Taigman et al. 2017, "Unsupervised Cross-Domain Image Generation", arXiv:1611.02200, section 4.

The paper sums over images and pixels; here all terms are means, so that no weight depends on the batch or on the size
of the images. Tensors in, a scalar out, in float32 at least.
"""

from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity, cross_entropy, pad

from gan_cli.objectives.adversarial import precise

Distance = Literal["mse", "cosine"]
"""How far codes are from each other: their mean squared difference, or 1 minus the cosine of their angle."""

FROM_SOURCE, FROM_TARGET, REAL = range(3)
"""What the discriminator tells apart: images made of the source's, those made of the target's, and the target's own."""
LEAST = 1e-8
"""Added to what a root is taken of, which has no slope at 0."""


@precise
def told_apart_in_three(from_source: Tensor, from_target: Tensor, real: Tensor) -> Tensor:
    """The discriminator's loss: the cross-entropy of three classes (equation 3).

    Args:
        from_source: Logits of images made of the source's, [N, 3].
        from_target: Logits of images made of the target's, [N, 3].
        real: Logits of the target's own images, [N, 3].

    Returns:
        Scalar >= 0, the sum of three means. Equal logits give 3 log 3.
    """
    judged = ((from_source, FROM_SOURCE), (from_target, FROM_TARGET), (real, REAL))
    return torch.stack([_as_class(logits, number) for logits, number in judged]).sum()


@precise
def taken_for_real(from_source: Tensor, from_target: Tensor) -> Tensor:
    """The generator's loss: both kinds of made images are to be of the third class (equation 4).

    Args:
        from_source: Logits of images made of the source's, [N, 3].
        from_target: Logits of images made of the target's, [N, 3].

    Returns:
        Scalar >= 0, the sum of two means. Equal logits give 2 log 3.
    """
    return _as_class(from_source, REAL) + _as_class(from_target, REAL)


@precise
def real_logits_of_three(logits: Tensor) -> Tensor:
    """The logit of "the target's own" against both other classes together, [N] from [N, 3]."""
    return logits[:, REAL] - logits[:, :REAL].logsumexp(1)


@precise
def constancy(codes: Tensor, wanted: Tensor, distance: Distance) -> Tensor:
    """How far f(G(x)) is from f(x), which G is to leave as it is (equation 5).

    Args:
        codes: f of what was made, [N, F].
        wanted: f of what it was made of, [N, F].
        distance: "mse", as the paper has it for digits, or "cosine", as for faces.

    Returns:
        Scalar >= 0, averaged over N, and for "mse" over F.
    """
    if distance == "cosine":
        return 1 - cosine_similarity(codes, wanted).mean()
    return (codes - wanted).square().mean()


@precise
def isotropic_variation(images: Tensor) -> Tensor:
    """How much pixels differ from those to the right and below, as the length of both differences (equation 7, B = 1).

    Args:
        images: [N, C, H, W].

    Returns:
        Scalar >= 0, averaged over all pixels; beyond the border there is no difference.
    """
    right = pad(images.diff(dim=3), (0, 1, 0, 0))
    below = pad(images.diff(dim=2), (0, 0, 0, 1))
    return (right.square() + below.square() + LEAST).sqrt().mean()


def _as_class(logits: Tensor, number: int) -> Tensor:
    """The mean cross-entropy of logits [N, 3] where all are of one class."""
    return cross_entropy(logits, logits.new_full((len(logits),), number, dtype=torch.int64))
