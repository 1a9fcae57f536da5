"""How far translated photographs are from the real ones: pure functions of images uint8 [N, 3, H, W]."""

from typing import cast

import torch
from scipy.stats import wasserstein_distance
from torch import Tensor
from torchmetrics.functional.image import structural_similarity_index_measure

_XYZ = torch.tensor([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
_WHITE = torch.tensor([0.9505, 1.0, 1.0890])  # D65


def mean_absolute_error(images: Tensor, truth: Tensor) -> float:
    """In grey levels, 0 to 255."""
    return float((images.float() - truth.float()).abs().mean())


def structural_similarity(images: Tensor, truth: Tensor) -> float:
    """Wang et al. 2004, "Image Quality Assessment: From Error Visibility to Structural Similarity"; 1 is the same."""
    similarity = structural_similarity_index_measure(images.float(), truth.float(), data_range=255.0)
    return float(cast(Tensor, similarity))


def chroma(images: Tensor) -> Tensor:
    """The a and b channels of CIELAB (D65), float [N, 2, H, W], about -100 to 100; 0 is grey."""
    colours = images.permute(0, 2, 3, 1).double() / 255
    linear = torch.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    relative = linear @ _XYZ.double().T / _WHITE
    edge = 6 / 29
    bent = torch.where(relative > edge**3, relative.clamp(min=0) ** (1 / 3), relative / (3 * edge**2) + 4 / 29)
    x, y, z = bent.unbind(-1)
    return torch.stack([500 * (x - y), 200 * (y - z)], dim=1).float()


def chroma_error(images: Tensor, truth: Tensor) -> float:
    """The mean absolute error of a and b."""
    return float((chroma(images) - chroma(truth)).abs().mean())


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
