"""The Python side of working in latent space: latents from files and seeds, styles, and mixing them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from gan_cli import ranges
from gan_cli.devices.float32 import true_float32
from gan_cli.inference.api_making import Makes, Source
from gan_cli.inference.latent_files import Latents, write_latents
from gan_cli.inference.mix import check_mixes, mixed
from gan_cli.inference.numbers import check_layers
from gan_cli.inference.rendering import conditions_with, noise_for
from gan_cli.inference.sources import in_space, with_classes
from gan_cli.networks.noise_maps import NoiseMode
from gan_cli.ranges import BatchSize, Truncation


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

    @true_float32()
    def mix(
        self,
        rows: Source,
        columns: Source,
        layers: Sequence[int],
        *,
        labels: Sequence[int | str] | None = None,
        column_labels: Sequence[int | str] | None = None,
        given: Mapping[str, Tensor] | None = None,
        truncation_psi: Truncation | None = None,
        noise: NoiseMode | None = None,
        ema: bool = True,
        batch_size: BatchSize = 64,
    ) -> Tensor:
        """A table of things that have a column's styles in some layers and a row's in the others.

        Args:
            rows: Seeds, a file of latents, or latents; R of them.
            columns: The same; C.
            layers: The layers that are the columns', from 0, the coarsest.
            labels: Classes of rows and columns, in turn, for a conditional variant; None means all in turn.
            column_labels: Classes of the columns alone.
            given: What the model makes things from, by name, as it is kept; the first row serves all of them.
            truncation_psi: As for `sample`.
            noise: As for `sample`; "random" is that of seed k in thing k of the table.
            ema: The averaged generator, or the one that was trained.
            batch_size: Things at a time.

        Returns:
            As `sample`, [R, C, ...].

        Raises:
            UserError: If the variant has no styles or no such layer, or an argument does not fit it.
        """
        ranges.check("", WorksWithStyles.mix, locals())
        check_mixes(self.model)
        first = self.styles(rows, labels=labels, ema=ema)
        second = self.styles(columns, labels=column_labels or labels, ema=ema)
        table = mixed(first, second, check_layers(layers, first.shape[1])).flatten(0, 1)
        one = {name: things[:1] for name, things in self._given(given, 1).items()}
        conditions = conditions_with(self.model, None, len(table), truncation_psi, one)
        conditions |= noise_for(self.model, noise, len(table))
        made = self._images(table, {"ema": ema, **conditions}, batch_size)
        return torch.stack(made.split(len(second)))
