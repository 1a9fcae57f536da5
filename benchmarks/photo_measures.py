"""How far translated photographs are from the real ones: pure functions of images uint8 [N, 3, H, W]."""

from typing import cast

import torch
from scipy.stats import wasserstein_distance
from torch import Tensor
from torchmetrics.functional.image import structural_similarity_index_measure

from gan_cli.metrics.colours import ab_error


def mean_absolute_error(images: Tensor, truth: Tensor) -> float:
    """In grey levels, 0 to 255."""
    return float((images.float() - truth.float()).abs().mean())


def structural_similarity(images: Tensor, truth: Tensor) -> float:
    """Wang et al. 2004, "Image Quality Assessment: From Error Visibility to Structural Similarity"; 1 is the same."""
    similarity = structural_similarity_index_measure(images.float(), truth.float(), data_range=255.0)
    return float(cast(Tensor, similarity))


def chroma_error(images: Tensor, truth: Tensor) -> float:
    """The mean absolute error of a and b."""
    return float(ab_error(images, truth).mean())


def gradient_distance(images: Tensor, truth: Tensor) -> float:
    """How differently the strengths of local gradients are distributed (Wasserstein-1, in grey levels a pixel).

    Blurred images have too few strong ones, whatever their absolute error; nothing is compared pixel by pixel.
    """
    return float(wasserstein_distance(gradients(images), gradients(truth)))


def gradients(images: Tensor) -> Tensor:
    """The length of the gradient of each channel at each pixel that has a right and a lower neighbour, float [M]."""
    levels = images.float()
    corner, right, below = levels[..., :-1, :-1], levels[..., :-1, 1:], levels[..., 1:, :-1]
    return torch.hypot(right - corner, below - corner).flatten()
