"""The Python side of working in latent space: latents from files and seeds, styles, and mixing them."""

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from gan_cli.devices.float32 import true_float32
from gan_cli.inference.api_making import Makes, Source
from gan_cli.inference.latent_files import Latents, write_latents
from gan_cli.inference.sources import in_space, with_classes


class WorksWithStyles(Makes):
    """What a trained GAN does with latents and styles."""

    def latents(self, source: Source, *, labels: Sequence[int | str] | None = None) -> Latents:
        """Latents, with the classes that things are made of from them.

        Args:
            source: Seeds, or a file of latents.
            labels: As for `sample`; None keeps those of a file.

        Raises:
            UserError: If a file holds no latents of this model, or labels do not fit.
        """
        return with_classes(self.model, self._source("source", source), labels)

    def write_latents(self, path: str | Path, latents: Latents) -> Path:
        """Writes latents as an `.npz` that the verbs take by `--latents`, whole or not at all.

        Raises:
            UserError: If they are none of this model, or the file does not end in .npz.
            OSError: If it cannot be written.
        """
        return write_latents(Path(path), self.model, latents)

    @true_float32()
    def styles(self, source: Source, *, labels: Sequence[int | str] | None = None, ema: bool = True) -> Tensor:
        """Styles, for a variant that has the space w; they may be changed, and be called with.

        Args:
            source: Seeds, a file of latents, or latents.
            labels: As for `sample`.
            ema: The averaged mapping, or the one that was trained.

        Returns:
            Float [N, L, W] on the CPU, before truncation.

        Raises:
            UserError: If the variant has no styles, or labels do not fit.
        """
        return in_space(self.model, self.latents(source, labels=labels), "w", ema)
