"""Fully connected players, for points of the plane and for small images.

Hidden layers start from He et al. 2015, arXiv:1502.01852, outputs from Glorot and Bengio 2010; biases from 0.
"""

from math import prod
from typing import cast

import torch
from torch import Tensor, nn

from gan_cli.networks.layers import Activation, ClassSequential, Norm, activation, fan, norm_1d


class MLPGenerator(nn.Module):
    """Hidden layers of one width, then points, or the pixels of an image through tanh.

    Args:
        shape: Shape of one output: (2,) for points of the plane, (C, H, W) for images.
        latent_dim: Z.
        width: Units of a hidden layer.
        depth: Layers with weights, the output's included.
        norm: Normalisation of hidden layers.
        activation_kind: Activation of hidden layers.
        num_classes: K, for batch normalisation by class; 0 for the usual one.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        latent_dim: int,
        width: int,
        depth: int,
        norm: Norm,
        activation_kind: Activation,
        num_classes: int = 0,
    ) -> None:
        super().__init__()
        self.shape = shape
        hidden = hidden_layers(latent_dim, width, depth - 1, norm, activation_kind, num_classes)
        self.layers = ClassSequential(*hidden, _output(width, prod(shape)))

    def forward(self, latents: Tensor, classes: Tensor | None = None) -> Tensor:
        """Points [N, D], or images [N, C, H, W] in [-1, 1], from latents [N, Z] and shares of classes [N, K]."""
        outputs: Tensor = self.layers(latents, classes)
        return outputs if len(self.shape) == 1 else torch.tanh(outputs).unflatten(1, self.shape)


class MLPBody(nn.Module):
    """Hidden layers of one width; a head makes outputs of the last one.

    Args:
        inputs: Numbers of one image or point, or of a pack of them.
        width: Units of a hidden layer.
        depth: Layers with weights, the head's included.
        norm: Normalisation of hidden layers except the first.
        activation_kind: Activation of hidden layers.
    """

    def __init__(self, inputs: int, width: int, depth: int, norm: Norm, activation_kind: Activation) -> None:
        super().__init__()
        first = hidden_layers(inputs, width, 1, "none", activation_kind)
        self.layers = nn.Sequential(*first, *hidden_layers(width, width, depth - 2, norm, activation_kind))
        self.feature_dim = width

    def forward(self, images: Tensor) -> Tensor:
        """Features [N, F] from images [N, C, H, W] or points [N, D]."""
        return cast(Tensor, self.layers(images.flatten(1)))


def hidden_layers(
    inputs: int, width: int, count: int, norm: Norm, activation_kind: Activation, num_classes: int = 0
) -> list[nn.Module]:
    """`count` hidden layers, each with its normalisation and activation."""
    layers: list[nn.Module] = []
    for _ in range(count):
        linear = nn.Linear(inputs, width * fan(activation_kind))
        nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
        nn.init.zeros_(linear.bias)
        layers += [linear, *norm_1d(norm, linear.out_features, num_classes), activation(activation_kind)]
        inputs = width
    return layers


def _output(width: int, outputs: int) -> nn.Linear:
    linear = nn.Linear(width, outputs)
    nn.init.xavier_uniform_(linear.weight)
    nn.init.zeros_(linear.bias)
    return linear
