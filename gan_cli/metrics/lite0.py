"""EfficientNet-Lite0 as a feature network: features of ImageNet without a download."""

from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from gan_cli.media.pictures import to_float
from gan_cli.metrics.feature_networks import ContinuousFeatures, FeatureNetwork, FeatureRows, digest
from gan_cli.networks.efficientnet_lite import EfficientNetLite0, lite0_weights, pretrained_lite0
from gan_cli.networks.layouts import lay_out_for_device

SIZE = 224
"""The side of the images that it was trained on."""


class Lite0(ContinuousFeatures):
    """The 1,280 features of EfficientNet-Lite0, and its logits of ImageNet's classes.

    Grey images are repeated in three channels; opacity is left out.

    Raises:
        UserError: If its weights are not installed.
    """

    batch_size = 8  # on a CPU three times as fast as 250, whose maps are new memory each time
    network: EfficientNetLite0

    def __init__(self) -> None:
        network = pretrained_lite0("features: lite0")
        super().__init__("lite0", digest(lite0_weights() or Path()), f"{SIZE}x{SIZE}, bilinear with antialiasing")
        self.network = network
        lay_out_for_device(network, None)

    def rows_of_batch(self, images: Tensor) -> FeatureRows:
        return self.rows_of_floats(to_float(images))

    def rows_of_floats(self, images: Tensor) -> FeatureRows:
        seen = interpolate(images, (SIZE, SIZE), mode="bilinear", antialias=True)
        features = self.network.features(seen)
        return FeatureRows(features, self.network.classifier(features))

    def maps(self, images: Tensor) -> list[Tensor]:
        return self.network.maps(images)

    def to(self, device: torch.device | str) -> FeatureNetwork:
        moved = super().to(device)
        self.batch_size = 8 if self.device.type == "cpu" else 250
        lay_out_for_device(self.network, None)
        return moved
