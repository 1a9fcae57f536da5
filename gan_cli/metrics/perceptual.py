"""How differently a network sees two images: a perceptual distance."""

from collections.abc import Sequence
from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, normalize

from gan_cli.errors import UserError
from gan_cli.metrics.feature_networks import ContinuousFeatures, FeatureNetwork
from gan_cli.networks.frozen import Frozen

LARGEST = 256
"""Images of more pixels a side are made smaller, as StyleGAN2's projector does it (arXiv:1912.04958, appendix D)."""


class PerceptualDistance(nn.Module):
    """The distance of two images in what the layers of a feature network make of them; gradients pass to both.

    Zhang et al. 2018, "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric", arXiv:1801.03924,
    equation 1 with all weights 1: the vectors at each place are brought to length 1, their squared differences are
    averaged over the places and summed over the layers. It is not LPIPS, whose weights are learned from people's
    judgements and belong to other networks, so its numbers can only be compared with each other.

    As a part of a model the network moves with it, but is never trained and never saved.

    Args:
        features: The network, such as `Lite0()`; a copy of it is used.

    Raises:
        UserError: If it sees images only as they are saved, so that no gradient could pass.
    """

    def __init__(self, features: FeatureNetwork) -> None:
        super().__init__()
        if not isinstance(features, ContinuousFeatures):
            raise UserError(
                f"features: {features.name} takes images only as they are saved, and a perceptual distance looks at "
                "layers; take lite0 or classifier"
            )
        self.name, self.key = features.name, features.key
        self.features = deepcopy(features)
        self.frozen = Frozen(self.features.network)

    def forward(self, images: Tensor, others: Tensor) -> Tensor:
        """The distance of each pair of images [N, C, H, W] in [-1, 1], [N], at least 0; float32 at least.

        Raises:
            UserError: If the network does not take such images.
        """
        return distance_of(self.seen(images), self.seen(others))

    def seen(self, images: Tensor) -> list[Tensor]:
        """What the network sees in images [N, C, H, W] in [-1, 1]: vectors of length 1 at each place, layer by layer.

        Computed once for what is compared often, such as the target of a projection; see `distance_of`.
        """
        if (largest := max(images.shape[2:])) > LARGEST:
            size = [max(1, round(length * LARGEST / largest)) for length in images.shape[2:]]
            images = interpolate(images, size, mode="bilinear", antialias=True)
        maps = self.features.maps(images)
        return [normalize(made.to(torch.promote_types(made.dtype, torch.float32)), eps=1e-10) for made in maps]


def distance_of(seen: Sequence[Tensor], others: Sequence[Tensor]) -> Tensor:
    """The distance [N] of images from what was `seen` in them; a single one is held against each of the others."""
    pairs = zip(seen, others, strict=True)
    return torch.stack([(one - other).square().sum(1).mean((1, 2)) for one, other in pairs]).sum(0)
