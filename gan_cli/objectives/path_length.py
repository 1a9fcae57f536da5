"""How evenly a generator's images follow its styles."""

from collections.abc import Callable
from math import sqrt

import torch
from torch import Tensor

from gan_cli.devices.float32 import true_float32_backward
from gan_cli.objectives.penalties import in_full


def path_lengths(synthesis: Callable[[Tensor], Tensor], styles: Tensor, noise: Tensor) -> Tensor:
    """How far images move for a small step of their styles, in a random direction of the image.

    Karras et al. 2020, arXiv:1912.04958, section 3.2 and appendix B: |J^T y|, with y from N(0, 1) over all pixels, here
    divided by the root of their number so that the length does not depend on the image's size.

    Args:
        synthesis: Makes images [N, C, H, W] of styles.
        styles: [N, L, W], with a gradient.
        noise: y, as the images.

    Returns:
        [N], the root of the squared length's mean over the L layers, in true float32 at least; can be differentiated,
        and the backward pass that does so goes on in true float32 to its end.
    """
    with in_full(styles.device):
        images = synthesis(styles)
        pixels = images.shape[2] * images.shape[3]
        (gradient,) = torch.autograd.grad((images * noise).sum() / sqrt(pixels), styles, create_graph=True)
        lengths: Tensor = torch.linalg.vector_norm(gradient.flatten(1), dim=1) / sqrt(styles.shape[1])
    true_float32_backward(lengths)
    return lengths
