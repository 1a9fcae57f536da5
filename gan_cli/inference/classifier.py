"""The classes of images, by a model that tells them."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, cast

import torch
from torch import Tensor

from gan_cli.data.transforms import LARGEST, resized
from gan_cli.errors import UserError
from gan_cli.inference.checkpoints import data_set_of, knows_data_set
from gan_cli.inference.labels import class_names
from gan_cli.media import reading
from gan_cli.media.pictures import to_float
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.classifying import Classifying


class Classification(NamedTuple):
    """What a model says of an image.

    Attributes:
        place: The image's name.
        label: The class chosen, by its name.
        confidence: Its probability by the model, from 0 to 1; softmax gives it, and nothing says that it is calibrated.
        probabilities: Of every class, by name.
        truth: The name of the class that the image is known to have, or None.
    """

    place: str
    label: str
    confidence: float
    probabilities: dict[str, float]
    truth: str | None = None


class Classifier:
    """A model that tells classes.

    Args:
        model: On the device that is to compute, in eval mode.
        ema: The averaged network where there is one, or the one that is trained.
    """

    def __init__(self, model: AdversarialModule, ema: bool = True) -> None:
        self.model = model
        self.ema = ema
        self.names = tuple(class_names(model, range(model.num_classes)))
        self.image_size: int = model.data_facts["image_size"]
        self.image_channels: int = model.data_facts["image_channels"]
        self._data = data_set_of(model) if knows_data_set(model) else None

    @property
    def shape(self) -> tuple[int, int, int]:
        """C, H and W of the images that it takes."""
        return self.image_channels, self.image_size, self.image_size

    def read(self, path: Path) -> Tensor:
        """What the model sees of a file, as its data set brings its own to their size: uint8 [C, S, S].

        Raises:
            Unreadable: If it is no image, or damaged.
        """
        image = reading.read(path)
        side, channels = self.image_size, self.image_channels
        if self._data is not None:
            return self._data.brought(image, side, channels)
        return reading.to_tensor(resized(reading.to_mode(image, channels), side, LARGEST), channels)

    @torch.no_grad()
    def probabilities(self, images: Tensor) -> Tensor:
        """The probability of each class, float [N, K] on the CPU, of images uint8 [N, C, S, S]."""
        shown = to_float(images.to(self.model.device))
        logits = cast(Classifying, self.model).classify(shown, self.ema)
        return logits.float().softmax(1).cpu()

    def told(self, places: Sequence[str], rows: Tensor, truths: Sequence[str | None]) -> list[Classification]:
        """Probabilities [N, K] in words.

        Args:
            places: What the images are called.
            rows: Their probabilities.
            truths: Their classes, as far as they are known.
        """
        confidences, labels = rows.max(1)
        return [
            Classification(place, self.names[label], confidence, dict(zip(self.names, row, strict=True)), truth)
            for place, label, confidence, row, truth in zip(
                places, labels.tolist(), confidences.tolist(), rows.tolist(), truths, strict=True
            )
        ]


def classifying(model: AdversarialModule) -> AdversarialModule:
    """The model, if it tells the classes of images.

    Raises:
        UserError: If it does not.
    """
    facts = model.data_facts
    sees_images = "image_size" in facts and "num_frames" not in facts and "volume_size" not in facts
    if not (isinstance(model, Classifying) and model.num_classes > 1 and sees_images):
        raise UserError(
            f"ckpt: this {type(model).__name__} tells no classes of images; type --ckpt with a checkpoint of DANN, "
            "ADDA, PixelDA, ACGAN or SGAN"
        )
    return model
