"""What generators with styles have in common: a mapping, a style for each layer, and noise on each map."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from gan_cli.networks.noise_maps import NoiseMode


class StyledGenerator(nn.Module):
    """A mapping of latents to styles, and a synthesis, which a subclass adds.

    Args:
        mapping: From latents [N, Z] and labels to styles [N, W].
        style_dim: W.
        style_sides: Side of the map that each of the L styles works on.
        noise_sides: Sides of the maps that noise is added to, in their order; none if it adds none.

    Attributes:
        mean_style: The moving average of styles, [W].
        num_styles: L.
    """

    mean_style: Tensor
    synthesis: Callable[..., Tensor]
    """Images [N, C, H, W] from styles [N, L, W], noise, and what else the network is told."""

    def __init__(
        self, mapping: nn.Module, style_dim: int, style_sides: Sequence[int], noise_sides: Sequence[int]
    ) -> None:
        super().__init__()
        self.mapping = mapping
        self.style_sides, self.noise_sides = tuple(style_sides), tuple(noise_sides)
        self.num_styles = len(self.style_sides)
        self.register_buffer("mean_style", torch.zeros(style_dim))
        self.memory_format = torch.contiguous_format

    def forward(
        self,
        latents: Tensor,
        labels: Tensor | None = None,
        noise: NoiseMode | Sequence[Tensor] | None = None,
        **told: Any,
    ) -> Tensor:
        """Images [N, C, H, W] from latents [N, Z] and labels, or from styles [N, L, W]; no tanh.

        Args:
            latents: Or styles, one for each layer.
            labels: int64 [N], or shares of classes [N, K], where there are classes.
            noise: "random" is new for each image, "const" always the same; or a map for each layer that adds noise, of
                the sides `noise_sides`, [N, 1, H, W]. None is random in training only.
            **told: What else the network takes.
        """
        styles = latents if latents.ndim == 3 else self.styles(latents, labels)
        noise = noise or ("random" if self.training else "const")
        return self.synthesis(styles, [noise] * self.num_styles if isinstance(noise, str) else noise, **told)

    def styles(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """One style for all layers, [N, L, W], from latents [N, Z]."""
        mapped: Tensor = self.mapping(latents, labels)
        return mapped[:, None].expand(-1, self.num_styles, -1)
