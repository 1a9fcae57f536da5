"""The network from latents to styles (Karras et al. 2019, "A Style-Based Generator Architecture for Generative
Adversarial Networks", arXiv:1812.04948, section 2)."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from gan_cli.networks.equalised import EqualisedLinear, pixel_norm, scaled_leaky_relu
from gan_cli.networks.layers import class_shares

RATE = 0.01
"""The mapping's learning rate as a share of the others'."""


class Mapping(nn.Module):
    """Latents of length sqrt(Z), through layers of one width; classes enter by an embedding beside them.

    Args:
        latent_dim: Z; 0 maps the class alone.
        style_dim: W.
        depth: Layers.
        num_classes: K; 0 for none.
    """

    def __init__(self, latent_dim: int, style_dim: int, depth: int, num_classes: int = 0) -> None:
        super().__init__()
        self.num_classes = num_classes
        self.embedding = EqualisedLinear(num_classes, style_dim) if num_classes else None
        widths = [latent_dim + style_dim * bool(num_classes), *[style_dim] * depth]
        self.layers = nn.ModuleList(EqualisedLinear(inputs, outputs, rate=RATE) for inputs, outputs in pairwise(widths))

    def forward(self, latents: Tensor | None, labels: Tensor | None = None) -> Tensor:
        """Styles [N, W] from latents [N, Z] and labels [N] or shares [N, K]; in float32 whatever the autocast."""
        with torch.autocast(self.device_type, enabled=False):
            return self._mapped(latents, labels)

    @property
    def device_type(self) -> str:
        """Where it computes."""
        return next(self.parameters()).device.type

    def _mapped(self, latents: Tensor | None, labels: Tensor | None) -> Tensor:
        parts = [] if latents is None else [pixel_norm(latents)]
        if self.embedding is not None and labels is not None:
            shares = class_shares(labels, self.num_classes).to(self.embedding.weight.dtype)
            parts.append(pixel_norm(self.embedding(shares)))
        features = torch.cat(parts, dim=1)
        for layer in self.layers:
            features = scaled_leaky_relu(layer(features))
        return features
