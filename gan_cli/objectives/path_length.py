"""How evenly a generator's images follow its styles."""

from math import sqrt

import torch
from torch import Tensor


def path_lengths(images: Tensor, styles: Tensor, noise: Tensor) -> Tensor:
    """How far images move for a small step of their styles, in a random direction of the image.

    Karras et al. 2020, arXiv:1912.04958, section 3.2 and appendix B: |J^T y|, with y from N(0, 1) over all pixels, here
    divided by the root of their number so that the length does not depend on the image's size.

    Args:
        images: [N, C, H, W], a function of the styles.
        styles: [N, L, W].
        noise: y, as the images.

    Returns:
        [N], the root of the squared length's mean over the L layers; can be differentiated.
    """
    pixels = images.shape[2] * images.shape[3]
    (gradient,) = torch.autograd.grad((images * noise).sum() / sqrt(pixels), styles, create_graph=True)
    lengths: Tensor = torch.linalg.vector_norm(gradient.flatten(1), dim=1)
    return lengths / sqrt(styles.shape[1])
