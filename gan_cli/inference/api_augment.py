"""The Python side of `gan augment`."""

from functools import partial
from pathlib import Path

from gan_cli import ranges
from gan_cli.devices.float32 import true_float32
from gan_cli.inference.api_making import Makes
from gan_cli.inference.augment import Summary, augment
from gan_cli.inference.augmentation import Confidence, GeneratedShare, PerClass, Wish
from gan_cli.ranges import BatchSize, Seed, Truncation


class Augments(Makes):
    """What a trained GAN does that generates images by class.

    Attributes:
        path: Its checkpoint.
    """

    path: Path

    @true_float32()
    def augment(
        self,
        output: str | Path,
        per_class: PerClass,
        *,
        real: str | Path | None = None,
        share: GeneratedShare | None = None,
        confidence: Confidence | None = None,
        seed: Seed = 0,
        truncation_psi: Truncation | None = None,
        ema: bool = True,
        batch_size: BatchSize = 64,
    ) -> Summary:
        """Writes a labelled folder of real and generated images, as `gan augment` does.

        Args:
            output: The folder, which must be new or empty.
            per_class: Generated images of each class.
            real: A folder of real images for each class; None takes the model's training set.
            share: What part of each class is generated, 1 is all of it; None takes all real images.
            confidence: How likely a classifier, trained on the real images, has to find a generated image's class.
            seed: That of the first generated image.
            truncation_psi: 1 is off, 0 the mean of all things; for a variant that has truncation.
            ema: The averaged generator, or the one that was trained.
            batch_size: Images at a time.

        Raises:
            UserError: If the model has no classes, real images are missing, or the output is in use.
        """
        ranges.check("", Augments.augment, locals())
        wish = Wish(per_class, share, confidence, seed, truncation_psi, ema, batch_size)
        root = None if real is None else str(real)
        done = augment(self.model, self.path, Path(output), root, wish, partial(self._images, batch_size=batch_size))
        assert done is not None  # one process alone
        return done
