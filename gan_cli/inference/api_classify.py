"""The Python side of `gan classify`."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from gan_cli import ranges
from gan_cli.devices.float32 import true_float32
from gan_cli.errors import UserError
from gan_cli.inference.classifier import Classification, Classifier, classifying
from gan_cli.media.reading import Unreadable
from gan_cli.ranges import BatchSize
from gan_cli.variants.base import AdversarialModule


class Classifies:
    """What a trained GAN does that tells classes.

    Attributes:
        model: The LightningModule, in eval mode.
    """

    model: AdversarialModule

    @true_float32()
    def classify(
        self,
        images: Tensor | str | Path | Sequence[str | Path],
        *,
        ema: bool = True,
        batch_size: BatchSize = 64,
    ) -> list[Classification]:
        """The classes of images, as `gan classify` tells them, in order.

        Args:
            images: A file or several; or what the model sees, uint8 [N, C, S, S].
            ema: The averaged network where there is one, or the one that was trained.
            batch_size: Images at a time.

        Returns:
            Each with its class, `confidence` from 0 to 1 and the `probabilities` of all classes, by name.

        Raises:
            UserError: If the model tells no classes, there is no image, or a file cannot be read.
        """
        ranges.check("", Classifies.classify, locals())
        classifier = Classifier(classifying(self.model), ema)
        if isinstance(images, Tensor):
            if images.dtype != torch.uint8 or tuple(images.shape[1:]) != classifier.shape:
                wanted = ["N", *classifier.shape]
                raise UserError(
                    f"images: {images.dtype} {list(images.shape)} are none; give uint8 {wanted}, or files".replace(
                        "'", ""
                    )
                )
            shown, places = images, [str(number) for number in range(len(images))]
        else:
            paths = [Path(images)] if isinstance(images, str | Path) else [Path(path) for path in images]
            if not paths:
                raise UserError("images: there are none; give a file or several")
            places = [str(path) for path in paths]
            try:
                shown = torch.stack([classifier.read(path) for path in paths])
            except Unreadable as error:
                raise UserError(f"images: {error}") from error
        rows = torch.cat([classifier.probabilities(some) for some in shown.split(batch_size)])
        return classifier.told(places, rows, [None] * len(places))
