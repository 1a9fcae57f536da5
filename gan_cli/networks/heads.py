"""Heads that turn a discriminator's features into outputs, and modules that bring labels into a player."""

from functools import partial
from math import sqrt
from typing import cast

import torch
from torch import Tensor, nn

from gan_cli.networks.layers import class_shares, in_float32
from gan_cli.networks.layouts import BesidePlanes


class Discriminator(nn.Module):
    """A body and a linear head.

    Args:
        body: Gives features [N, F], and has their number as `feature_dim`; one with a head of its own kind makes it by
            `head(outputs)`; one may have a `head_deviation`, that of a linear head's first weights instead of 0.02.
        outputs: 1 for one logit (or score) an image; more for several outputs each.
        bias: Whether the head has a bias; DCGAN's has none.
    """

    def __init__(self, body: nn.Module, outputs: int = 1, bias: bool = True) -> None:
        super().__init__()
        self.body = body
        make = getattr(body, "head", partial(_linear_head, body, bias=bias))
        self.head: nn.Module = make(outputs)

    def forward(self, images: Tensor) -> Tensor:
        """Logits [N], or [N, outputs] where there are several, from images [N, C, H, W] or points [N, D]."""
        logits = self.judged(self.features(images))
        return logits.squeeze(1) if logits.shape[1] == 1 else logits  # ONNX squeezes no dimension that is larger

    def judged(self, features: Tensor) -> Tensor:
        """The outputs [N, outputs] for features [N, F], in float32 at least."""
        return in_float32(self.head, features)

    def features(self, images: Tensor) -> Tensor:
        """The input of the head, [N, F]."""
        return cast(Tensor, self.body(images))


def _linear_head(body: nn.Module, outputs: int, *, bias: bool) -> nn.Linear:
    head = nn.Linear(cast(int, body.feature_dim), outputs, bias=bias)
    nn.init.normal_(head.weight, 0.0, getattr(body, "head_deviation", 0.02))
    if bias:
        nn.init.zeros_(head.bias)
    return head


class ConcatenationDiscriminator(nn.Module):
    """A discriminator that sees the label beside the image (Mirza and Osindero 2014, arXiv:1411.1784, figure 1).

    Args:
        body: Takes the image with K channels more (an MLP: K numbers more).
        num_classes: K.
        as_planes: Whether the label is one plane for each class, for convolutions, or a row of numbers.
    """

    takes_labels = True
    """`forward` is told the classes."""

    def __init__(self, body: nn.Module, num_classes: int, as_planes: bool) -> None:
        super().__init__()
        self.discriminator = Discriminator(body)
        self.num_classes = num_classes
        self.beside_planes = BesidePlanes() if as_planes else None

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        """Logits [N] from images [N, C, H, W] and labels, int64 [N] or shares [N, K]."""
        shares = class_shares(labels, self.num_classes).to(images.dtype)
        if self.beside_planes is not None:
            return cast(Tensor, self.discriminator(self.beside_planes(images, shares)))
        return cast(Tensor, self.discriminator(torch.cat([images.flatten(1), shares], dim=1)))


class ProjectionDiscriminator(nn.Module):
    """A discriminator that adds the product of features and label embedding to its logit.

    Miyato and Koyama 2018, "cGANs with Projection Discriminator", arXiv:1802.05637, equation 3 and figure 1 (d).

    Args:
        body: Gives features.
        num_classes: K.
    """

    takes_labels = True
    """`forward` is told the classes."""

    def __init__(self, body: nn.Module, num_classes: int) -> None:
        super().__init__()
        self.discriminator = Discriminator(body)
        self.embedding = nn.Linear(num_classes, cast(int, body.feature_dim), bias=False)
        nn.init.normal_(self.embedding.weight, 0.0, 0.02)
        self.num_classes = num_classes

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        """Logits [N] from images [N, C, H, W] and labels, int64 [N] or shares [N, K]."""
        features = self.discriminator.features(images)
        logits = self.discriminator.judged(features).squeeze(1)
        embedded = in_float32(self.embedding, class_shares(labels, self.num_classes).to(features.dtype))
        return logits + (features * embedded).sum(1)


class LabelledGenerator(nn.Module):
    """A generator that is told the class, as numbers beside the latent vector or by its batch normalisation.

    Args:
        network: Takes latents [N, Z + K] (concatenated), or latents [N, Z] and shares of classes.
        num_classes: K.
        concatenated: Whether the class is concatenated to the latents.
    """

    def __init__(self, network: nn.Module, num_classes: int, concatenated: bool) -> None:
        super().__init__()
        self.network = network
        self.num_classes = num_classes
        self.concatenated = concatenated

    def forward(self, latents: Tensor, labels: Tensor) -> Tensor:
        """Images [N, C, H, W] from latents [N, Z] and labels, int64 [N] or shares [N, K]."""
        shares = class_shares(labels, self.num_classes).to(latents.dtype)
        if self.concatenated:
            return cast(Tensor, self.network(torch.cat([latents, shares], dim=1)))
        return cast(Tensor, self.network(latents, shares))


class EmbeddingDiscriminator(nn.Module):
    """A discriminator whose logit is the product of as many outputs as it has features and an embedding of the label.

    The authors' code of Huang et al. 2024, arXiv:2501.05441; unlike that of `ProjectionDiscriminator`, the logit has no
    part that does not depend on the class.

    Args:
        body: Gives features.
        num_classes: K.
    """

    takes_labels = True
    """`forward` is told the classes."""

    def __init__(self, body: nn.Module, num_classes: int) -> None:
        super().__init__()
        features = cast(int, body.feature_dim)
        self.discriminator = Discriminator(body, features, bias=False)
        self.embedding = nn.Linear(num_classes, features, bias=False)
        nn.init.normal_(self.embedding.weight, 0.0, 1 / sqrt(num_classes * features))
        self.num_classes = num_classes

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        """Logits [N] from images [N, C, H, W] and labels, int64 [N] or shares [N, K]."""
        outputs = self.discriminator(images)
        embedded = in_float32(self.embedding, class_shares(labels, self.num_classes).to(outputs.dtype))
        return cast(Tensor, (outputs * embedded).sum(1))


class EmbeddingGenerator(nn.Module):
    """A generator that is told the class by an embedding beside the latent vector (the same authors).

    Args:
        network: Takes latents and embeddings [N, Z + E].
        num_classes: K.
        embedding_dim: E.
    """

    def __init__(self, network: nn.Module, num_classes: int, embedding_dim: int) -> None:
        super().__init__()
        self.network = network
        self.embedding = nn.Linear(num_classes, embedding_dim, bias=False)
        nn.init.normal_(self.embedding.weight, 0.0, 1 / sqrt(num_classes))
        self.num_classes = num_classes

    def forward(self, latents: Tensor, labels: Tensor) -> Tensor:
        """Images [N, C, H, W] from latents [N, Z] and labels, int64 [N] or shares [N, K]."""
        embedded = in_float32(self.embedding, class_shares(labels, self.num_classes).to(latents.dtype))
        return cast(Tensor, self.network(torch.cat([latents, embedded], dim=1)))
