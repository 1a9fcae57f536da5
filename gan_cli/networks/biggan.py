"""The generator of Brock et al. 2019, "Large Scale GAN Training for High Fidelity Natural Image Synthesis",
arXiv:1809.11096, section 3 and appendix B, as in the first author's PyTorch code
(https://github.com/ajbrock/BigGAN-PyTorch). The discriminator's body is SAGAN's."""

from typing import cast

import torch
from torch import Tensor, nn

from gan_cli.networks.layers import class_shares
from gan_cli.networks.sagan import GENERATOR, SAGANGenerator, widths_of


class ConditionedBatchNorm(nn.Module):
    """Batch normalisation whose scale and shift are linear in what it is told.

    Args:
        channels: C.
        told: E, numbers in what it is told.
    """

    takes_classes = True

    def __init__(self, channels: int, told: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.gain = nn.Linear(told, channels, bias=False)
        self.shift = nn.Linear(told, channels, bias=False)

    def forward(self, inputs: Tensor, told: Tensor) -> Tensor:
        """The same shape as the inputs, [N, C, H, W], from what it is told, [N, E]."""
        gain, shift = (layer(told)[:, :, None, None] for layer in (self.gain, self.shift))
        return cast(Tensor, self.norm(inputs) * (1 + gain) + shift)


class SharedEmbedding(nn.Module):
    """An embedding of the class that all layers share; without classes nothing.

    Args:
        num_classes: K; 0 for a generator without classes.
        embedding_dim: E.
    """

    def __init__(self, num_classes: int, embedding_dim: int) -> None:
        super().__init__()
        self.num_classes = num_classes
        # Not a linear layer: spectral normalisation leaves it alone, because it "cripples" it (the author's code).
        self.table = nn.Embedding(num_classes, embedding_dim) if num_classes else None
        self.width = embedding_dim if num_classes else 0

    def forward(self, latents: Tensor, labels: Tensor | None) -> Tensor:
        """Latents behind the embedding of their labels, [N, E + Z]."""
        if self.table is None or labels is None:
            return latents
        embedded = class_shares(labels, self.num_classes).to(self.table.weight.dtype) @ self.table.weight
        return torch.cat([embedded, latents.to(embedded.dtype)], dim=1)


class BigGANGenerator(nn.Module):
    """SAGAN's generator whose stages are told a part of the latents each, beside an embedding of the class.

    Args:
        image_size: Side of the square image in pixels, a power of two from 16 to 512.
        image_channels: C.
        latent_dim: Z, a multiple of `parts_of(image_size)`.
        base_channels: 96 in the paper.
        attention: Side of the maps with self-attention; 0 has none.
        num_classes: K; 0 for a generator without classes.
        embedding_dim: E, 128 in the paper.
    """

    def __init__(
        self,
        image_size: int,
        image_channels: int,
        latent_dim: int,
        base_channels: int,
        attention: int,
        num_classes: int,
        embedding_dim: int,
    ) -> None:
        super().__init__()
        self.part = latent_dim // parts_of(image_size)
        self.embedding = SharedEmbedding(num_classes, embedding_dim)
        told = self.embedding.width + self.part
        self.network = SAGANGenerator(
            *(image_size, image_channels, self.part, base_channels, attention),
            norm=lambda channels: [ConditionedBatchNorm(channels, told)],
        )

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Images [N, C, H, W] in [-1, 1] from latents [N, Z] and labels, int64 [N] or shares [N, K]."""
        first, *parts = latents.split(self.part, dim=1)
        return self.network.staged(first, [self.embedding(part, labels) for part in parts])


def parts_of(image_size: int) -> int:
    """How many parts the latents are cut into: one for each doubling of the map, and one for the first map.

    Raises:
        UserError: If the generator makes no images of this size.
    """
    return len(widths_of(GENERATOR, image_size))
