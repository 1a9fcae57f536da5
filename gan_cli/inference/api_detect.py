"""The Python side of `gan detect`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from gan_cli import ranges
from gan_cli.devices.float32 import true_float32
from gan_cli.errors import UserError
from gan_cli.inference.detector import Detection, Detector, detecting
from gan_cli.media.reading import Unreadable
from gan_cli.ranges import Range
from gan_cli.variants.base import AdversarialModule


class Detects:
    """What a trained GAN does that finds things.

    Attributes:
        model: The LightningModule, in eval mode.
    """

    model: AdversarialModule

    @true_float32()
    def detect(
        self,
        paths: str | Path | Sequence[str | Path],
        threshold: Annotated[float, Range(0, 1)] = 0.3,
        classes: Sequence[str] = (),
        *,
        tiles: bool = False,
        ema: bool = True,
    ) -> list[list[Detection]]:
        """What is in images, as `gan detect` finds it.

        Args:
            paths: Image files, or one.
            threshold: Boxes of a lower score are left out.
            classes: The only classes wanted, by their names; () takes all.
            tiles: Whether an image that is larger than the model's is looked at in tiles at its own resolution, rather
                than brought to the model's size as a whole.
            ema: The averaged generator, or the one that was trained.

        Returns:
            For each image what is in it, the surest first, with boxes in the image's own pixels.

        Raises:
            UserError: If the model finds nothing, does not know a class, or a file cannot be read.
        """
        ranges.check("", Detects.detect, locals())
        detector = Detector(detecting(self.model), ema, threshold, classes, tiles)
        files = [paths] if isinstance(paths, str | Path) else paths
        try:
            return [detector.named(detector.found(detector.read(Path(file)))) for file in files]
        except Unreadable as error:
            raise UserError(f"paths: {error}") from error
