"""What variants share that learn to tell the classes of a domain whose labels they are not given."""

from abc import abstractmethod
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from gan_cli import seeding
from gan_cli.batches import AdaptationBatch
from gan_cli.media.classes import Classes
from gan_cli.media.images import Images
from gan_cli.networks.adaptation import LEAST, Architecture, DigitClassifier, DigitEncoder
from gan_cli.ranges import Channels, Pixels, WidthOrNone
from gan_cli.ranges import Classes as NumClasses
from gan_cli.variants.base import AdversarialModule, Fields, Losses
from gan_cli.variants.checks import check

DOMAINS: Fields = {"source": Images, "target": Images, "labels": Classes}
"""What every adaptation learns from."""

PAPERS: dict[Architecture, tuple[int, int]] = {"dann": (32, 100), "lenet": (20, 500)}
"""The papers' first channels and features of each classifier."""


class AdaptationModule(AdversarialModule):
    """Classifies images of a target domain after training on source images with labels and target images without.

    The generator is what makes features of images, or classifies them; the discriminator tells the domains of features.
    A variant adds both, and `classify`.

    Args:
        num_classes: K; comes from the data, as the next two.
        image_size: Side of the images in pixels, 16 or more, a multiple of 4.
        image_channels: C.
        architecture: The classifier: "dann" (Ganin et al. 2016, figure 4a) or "lenet" (Tzeng et al. 2017).
        base_channels: Channels of its first convolution; 0 takes the paper's, 32 or 20.
        hidden_dim: How many features it makes; 0 takes the paper's, 100 or 500.
        **optimisation: Further arguments of `AdversarialModule`.

    Raises:
        UserError: If a value is out of its range.
    """

    LEARNS_FROM: ClassVar[tuple[Fields, ...]] = (DOMAINS,)
    VERB: ClassVar[str] = "classify"
    makes = "labels"
    latent_dim = 0
    latent_distribution: seeding.Distribution = "normal"

    def __init__(
        self,
        num_classes: NumClasses = 10,
        image_size: Pixels = 32,
        image_channels: Channels = 3,
        architecture: Architecture = "dann",
        base_channels: WidthOrNone = 0,
        hidden_dim: WidthOrNone = 0,
        **optimisation: Any,
    ) -> None:
        super().__init__(**optimisation)
        check_classifiable(num_classes, image_size)
        self.num_classes, self.image_size, self.image_channels = num_classes, image_size, image_channels
        first, features = PAPERS[architecture]
        self.design = (architecture, base_channels or first, hidden_dim or features)

    def new_classifier(self) -> DigitClassifier:
        """A classifier of images, as it is before it has learned anything."""
        return DigitClassifier(self.new_encoder(), self.num_classes, self.design[0])

    def new_encoder(self) -> DigitEncoder:
        """What makes its features, as it is before it has learned anything."""
        return DigitEncoder(self.image_size, self.image_channels, *self.design)

    @abstractmethod
    def classify(self, images: Tensor, ema: bool = True) -> Tensor:
        """Class logits [N, K] of images of the target domain.

        Args:
            images: [N, C, H, W] in [-1, 1].
            ema: The averaged network where there is one, or the one that is trained.
        """

    def forward(self, images: Tensor, ema: bool = True) -> Tensor:
        """The probability of each class, [N, K], of images [N, C, H, W] in [-1, 1]; see `classify`."""
        return self.classify(images, ema).float().softmax(1)

    def held_out_measures(self, batch: AdaptationBatch) -> Losses:
        """The accuracy on source images; the target's labels are never asked."""
        return {"accuracy": (self.classify(batch.source).argmax(1) == batch.labels).float().mean()}

    def surface(self, made: Tensor) -> Tensor | None:
        return None  # features are judged, and no classes


def check_classifiable(num_classes: int, image_size: int) -> None:
    """Refuses what `DigitClassifier` does not take.

    Raises:
        UserError: If there are fewer classes than two, or images are too small or no multiple of 4.
    """
    check("num_classes", num_classes, num_classes > 1, "of 2 or more; the data must have classes")
    check("image_size", image_size, image_size >= LEAST and image_size % 4 == 0, f"of {LEAST} or more, a multiple of 4")


def class_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """The cross-entropy of class logits [N, K] and labels, int64 [N], in float32 at least."""
    return cross_entropy(logits.float() if logits.dtype in (torch.bfloat16, torch.float16) else logits, labels)
