"""Contrastive objectives: how surely a thing is told from others by what it comes from."""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from gan_cli.objectives.adversarial import precise


@precise
def patch_contrast(queries: Tensor, keys: Tensor, temperature: float = 0.07) -> Tensor:
    """How badly the patches of an image are told apart by the patches of the image that it was made of (PatchNCE).

    Park et al. 2020, "Contrastive Learning for Unpaired Image-to-Image Translation", arXiv:2007.15651, equations 2 and
    3 for one layer: the cross-entropy of choosing for each query, of all places, its own. The other places are of the
    same image.

    Args:
        queries: Vectors of length 1 for places of the made images, [N, P, D].
        keys: Those for the same places of the source images, [N, P, D]; no gradient flows back into them.
        temperature: What similarities are divided by, above 0.

    Returns:
        [N], each >= 0, averaged over the places of an image. Where all vectors are equal it is log P.
    """
    with torch.autocast(queries.device.type, enabled=False):  # which would shorten them again
        similarities = queries @ keys.detach().transpose(1, 2) / temperature
    places = torch.arange(queries.shape[1], device=queries.device).expand(len(queries), -1)
    return cross_entropy(similarities.transpose(1, 2), places, reduction="none").mean(dim=1)
