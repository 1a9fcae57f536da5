"""What makes features of images, in which distances between sets of images are measured.

A score means something only together with its features, so each network has a name, a key that changes with its
weights, and the rule by which it brings images to the size it wants.
"""

import hashlib
from abc import ABC, abstractmethod
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from gan_cli.devices.float32 import true_float32


class FeatureRows(NamedTuple):
    """The outputs of a network for images, in float32 on the CPU.

    Attributes:
        features: [N, F].
        logits: Class logits [N, K], if the network tells classes.
    """

    features: Tensor
    logits: Tensor | None


class FeatureNetwork(ABC):
    """A network that makes features of images; called, it gives features alone.

    Attributes:
        name: The name shown beside a score.
        weights: The first digits of its weights' SHA-256.
        resize: How images are brought to the size that it wants, in words.
        accuracy: The share of held-out images whose class it gets right; None if it tells no classes.
        device: Where it computes.
    """

    accuracy: float | None = None
    batch_size: int = 250
    """At most this many images go through the network at once."""

    def __init__(self, name: str, weights: str, resize: str) -> None:
        self.name = name
        self.weights = weights
        self.resize = resize
        self.device = torch.device("cpu")

    def __call__(self, images: Tensor) -> Tensor:
        """Features float32 [N, F], on the CPU, of images uint8 [N, C, H, W] or of other things as they are kept."""
        return self.rows(images).features

    @property
    def key(self) -> str:
        """The key under which results are kept; it changes with the network and its weights."""
        return f"{self.name}-{self.weights}"

    @true_float32()
    @torch.no_grad()
    def rows(self, images: Tensor) -> FeatureRows:
        """The outputs for images uint8 [N, C, H, W], or for other things as they are kept, batch by batch.

        They are computed in true float32, whatever is allowed of TF32.

        Raises:
            UserError: If the network does not take things of this kind or shape.
        """
        parts = [self.rows_of_batch(batch.to(self.device)) for batch in images.split(self.batch_size)]
        features = torch.cat([part.features.float().cpu() for part in parts])
        logits = [part.logits.float().cpu() for part in parts if part.logits is not None]
        return FeatureRows(features, torch.cat(logits) if logits else None)

    @abstractmethod
    def rows_of_batch(self, images: Tensor) -> FeatureRows:
        """The outputs for one batch, on the network's device.

        Raises:
            UserError: If it does not take such images.
        """

    def to(self, device: torch.device | str) -> "FeatureNetwork":
        """The network itself, moved to where it is to compute."""
        self.device = torch.device(device)
        self.network.to(self.device)
        return self

    network: torch.nn.Module


class ContinuousFeatures(FeatureNetwork):
    """A network that also takes images as a model makes them: floats in [-1, 1], any size, not rounded.

    So small steps are seen, and gradients pass.
    """

    @abstractmethod
    def rows_of_floats(self, images: Tensor) -> FeatureRows:
        """The outputs for images [N, C, H, W] in [-1, 1], on the network's device.

        Raises:
            UserError: If it does not take such images.
        """

    @abstractmethod
    def maps(self, images: Tensor) -> list[Tensor]:
        """What its layers make of images [N, C, H, W] in [-1, 1], from fine to coarse: [N, C', H', W'] each.

        Raises:
            UserError: If it does not take such images.
        """


def digest(path: Path) -> str:
    """The first digits of a file's SHA-256."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]
