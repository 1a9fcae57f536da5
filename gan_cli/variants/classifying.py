"""What variants have in common that tell the classes of images."""

from typing import Protocol, runtime_checkable

from torch import Tensor


@runtime_checkable
class Classifying(Protocol):
    """A variant that tells classes. Which ones, the data says: `class_names` among its facts."""

    num_classes: int

    def classify(self, images: Tensor, ema: bool = True) -> Tensor:
        """Class logits [N, K] of images.

        Args:
            images: [N, C, H, W] in [-1, 1], of the size and channels of the training images.
            ema: The averaged network where there is one, or the one that is trained.
        """
