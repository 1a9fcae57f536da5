"""Measures of a set of generated images beside real ones: features in, numbers out.

Each can be fooled alone (by blends, by copies, by noise); together, and beside baseline rows, they are hard to fool.
"""

import numpy as np
import torch
from torch import Tensor


def frechet_distance(first: Tensor, second: Tensor) -> float:
    """The Frechet distance between two sets, each taken as a Gaussian.

    Heusel et al. 2017, "GANs Trained by a Two Time-Scale Update Rule", arXiv:1706.08500, equation 6.

    Args:
        first: Features [N, F].
        second: Features [M, F].

    Returns:
        A value >= 0 in squared units of the features; 0 for equal means and covariances.
    """
    a, b = first.double().numpy(), second.double().numpy()
    covariance_a, covariance_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    # tr sqrt(AB) = tr sqrt(sqrt(A) B sqrt(A)): symmetric, so that no imaginary part can arise.
    values, vectors = np.linalg.eigh(covariance_a)
    root = vectors * np.sqrt(values.clip(min=0)) @ vectors.T
    cross = np.linalg.eigvalsh(root @ covariance_b @ root).clip(min=0)
    means = np.square(a.mean(0) - b.mean(0)).sum()
    return float(max(0.0, means + np.trace(covariance_a) + np.trace(covariance_b) - 2 * np.sqrt(cross).sum()))


def coverage(real: Tensor, fake: Tensor, neighbours: int = 5) -> float:
    """The share of real images with a generated one nearer than their k-th nearest real neighbour.

    Naeem et al. 2020, "Reliable Fidelity and Diversity Metrics for Generative Models", arXiv:2002.09797, equation 9.

    Args:
        real: Features [N, F], N > k.
        fake: Features [M, F].
        neighbours: k.

    Returns:
        A share from 0 to 1.
    """
    radius = torch.cdist(real, real).kthvalue(neighbours + 1, dim=1).values  # the nearest is the image itself
    return float((torch.cdist(real, fake).min(dim=1).values < radius).float().mean())


def within_class_spread(features: Tensor, labels: Tensor, num_classes: int) -> float:
    """The mean distance of an image from the mean of its class, averaged over the classes that are there.

    Args:
        features: [N, F].
        labels: int64 [N].
        num_classes: K.
    """
    groups = [features[labels == number] for number in range(num_classes)]
    return float(torch.stack([(g - g.mean(0)).norm(dim=1).mean() for g in groups if len(g) > 1]).mean())


def nearest_distance(features: Tensor, training: Tensor) -> float:
    """The mean distance to the nearest training image: near 0 where images are copied.

    Args:
        features: [N, F].
        training: [M, F].
    """
    return float(torch.cdist(features, training).min(dim=1).values.mean())
