"""The Python side of directions in latent space: finding them, and moving things along them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from gan_cli import ranges
from gan_cli.devices.float32 import true_float32
from gan_cli.errors import UserError
from gan_cli.inference.api_edit import EditsPictures, Pictures
from gan_cli.inference.api_making import Makes, Source
from gan_cli.inference.attribute_changes import Values
from gan_cli.inference.directions.edit import STEPS, Edited, moved, noise_of_each
from gan_cli.inference.directions.files import USUAL_STRENGTH, Directions, Method
from gan_cli.inference.directions.finding import SAMPLES
from gan_cli.inference.directions.found import Sorted, by_kinds, by_variance, by_weights
from gan_cli.inference.directions.places import Place, place_in
from gan_cli.inference.directions.principal import NUM
from gan_cli.inference.directions.samples import of_classes, of_groups, of_kinds
from gan_cli.inference.directions.strips import strengths_between
from gan_cli.inference.labels import chosen_classes, class_names
from gan_cli.inference.latent_files import Latents, generator_digest
from gan_cli.inference.rendering import check_labels, conditions_with, latents_of, takes_labels
from gan_cli.inference.sources import with_classes
from gan_cli.networks.noise_maps import NoiseMode
from gan_cli.ranges import BatchSize, Few, Many, Seed, Truncation

Kinds = Sequence[int | str]
"""A name or number for each sample."""


class FindsDirections(EditsPictures, Makes):
    """What a trained GAN does with directions in latent space."""

    @true_float32()
    def directions(
        self,
        method: Method | None = None,
        count: Few = 10,
        *,
        layers: Sequence[int] | None = None,
        space: str | None = None,
        positive: Source | None = None,
        negative: Source | None = None,
        samples: Source | None = None,
        kinds: Kinds | None = None,
        num: Many | None = None,
        labels: Sequence[int | str] | None = None,
        seed: Seed = 0,
        ema: bool = True,
    ) -> Directions:
        """Directions in which one thing changes, as `gan directions` finds them.

        Args:
            method: "sefa", "pca" or "learned"; None is learned where samples are handed over, and sefa otherwise.
            count: At most so many.
            layers: The style layers that count; None is all of them.
            space: z, or w where the variant has it; None is w where there is one.
            positive: Learned, to these: seeds, a file of latents, or latents.
            negative: Learned, from these.
            samples: Learned from these, the kind of each being told by `kinds`.
            kinds: A name or number for each sample.
            num: Latents that are drawn; None is 300,000 for pca, and 2,000 to learn a conditional model's classes from.
            labels: The classes that latents are drawn for, in turn; None is all of a conditional model's.
            seed: Seed of what is drawn.
            ema: The averaged generator, or the one that was trained.

        Returns:
            `Directions`, whose `save` writes the file that `gan edit` takes.

        Raises:
            UserError: If an argument does not fit the variant or the others, or samples are too few.
        """
        ranges.check("", FindsDirections.directions, locals())
        latents_of(self.model, [0])  # refuses a model that makes images from images
        check_labels(self.model, labels)
        classes = chosen_classes(self.model, labels) if takes_labels(self.model) else []
        place = place_in(self.model, space, layers, classes, ema)
        learned = any(part is not None for part in (positive, negative, samples, kinds))
        match method or ("learned" if learned else "sefa"):
            case "sefa":
                return by_weights(place, count, self._given(None, 1))
            case "pca":
                return by_variance(place, count, num or NUM, seed)
        found = self._sorted(place, (positive, negative), samples, kinds)
        if found is None:
            found = of_classes(place, class_names(self.model, range(self.model.num_classes)), num or SAMPLES, seed)
        return by_kinds(place, found, count, seed)

    @true_float32()
    def edit(
        self,
        source: Source | Tensor | None = None,
        directions: Directions | str | Path | None = None,
        direction: str | int | None = None,
        strengths: Sequence[float] | None = None,
        *,
        input: Pictures | None = None,
        set: Values | str | Sequence[Values | str] = (),
        swap: Pictures | None = None,
        steps: Few | None = None,
        soft: bool = False,
        layers: Sequence[int] | None = None,
        labels: Sequence[int | str] | None = None,
        truncation_psi: Truncation | None = None,
        noise: NoiseMode | None = None,
        ema: bool = True,
        batch_size: BatchSize = 64,
    ) -> Tensor:
        """Things moved along a direction, or pictures with other attributes, as `gan edit` makes them.

        Args:
            source: Seeds, a file of latents, latents, or a tensor of them; N of them.
            directions: Of this model, or their file.
            direction: The name or number of one; None where there is only one.
            strengths: S of them; None is seven from the usual one's opposite to it, 3 or for pca 2.
            layers: The style layers to move; None takes those of the directions.
            labels: As for `sample`.
            truncation_psi: Applied before things are moved; 1 is off, 0 the mean of all things.
            noise: As for `sample`; "random" is that of seed k in all of thing k.
            ema: The averaged generator, or the one that was trained.
            batch_size: Things at a time.

            input: Pictures to edit instead of latents, with the next four arguments: see `edit_pictures`.
            set: As for `edit_pictures`.
            swap: As for `edit_pictures`.
            steps: As for `edit_pictures`.
            soft: As for `edit_pictures`.

        Returns:
            As `sample`, with two axes in front: [N, S, ...].

        Raises:
            UserError: If they do not fit each other or the variant.
        """
        ranges.check("", FindsDirections.edit, locals())
        if input is not None:
            if source is not None or directions is not None:
                raise UserError("input: pictures have attributes and no directions; leave out source and directions")
            return self.edit_pictures(input, set, swap=swap, steps=steps, soft=soft, ema=ema)
        if source is None or directions is None:
            raise UserError("directions: give latents and directions to move along, or pictures as input")
        if set or swap is not None or steps is not None or soft:
            raise UserError("set: attributes are set in pictures; give some as input, or leave it out")
        options: dict[str, Any] = {"layers": layers, "labels": labels, "truncation_psi": truncation_psi, "ema": ema}
        edited, also = self._moved(source, directions, direction, strengths, **options)
        latents = edited.latents
        conditions = conditions_with(
            self.model, latents.labels, len(latents), given=self._given(None, len(edited.source))
        )
        conditions |= noise_of_each(self.model, noise, len(edited.source), len(edited.strengths))
        made = self._images(edited.inputs.flatten(0, 1), {"ema": ema, **also, **conditions}, batch_size)
        each: Tensor = made.unflatten(0, (-1, len(edited.strengths)))
        return each

    def moved(
        self,
        source: Source | Tensor,
        directions: Directions | str | Path,
        direction: str | int | None = None,
        strengths: Sequence[float] | None = None,
        *,
        layers: Sequence[int] | None = None,
        labels: Sequence[int | str] | None = None,
        truncation_psi: Truncation | None = None,
        ema: bool = True,
    ) -> Latents:
        """Latents moved along a direction, as `gan edit --save_latents` writes them, N S in all.

        Args:
            source: As for `edit`.
            directions: As for `edit`.
            direction: As for `edit`.
            strengths: As for `edit`.
            layers: As for `edit`.
            labels: As for `edit`.
            truncation_psi: As for `edit`, of styles alone.
            ema: As for `edit`.

        Returns:
            Latents in z, w or w+, one thing after the other, each at all strengths.

        Raises:
            UserError: As for `edit`.
        """
        ranges.check("", FindsDirections.moved, locals())
        options: dict[str, Any] = {"layers": layers, "labels": labels, "truncation_psi": truncation_psi, "ema": ema}
        return self._moved(source, directions, direction, strengths, **options)[0].latents

    def _moved(
        self,
        source: Source | Tensor,
        directions: Directions | str | Path,
        direction: str | int | None,
        strengths: Sequence[float] | None,
        *,
        labels: Sequence[int | str] | None,
        **options: Any,
    ) -> tuple[Edited, dict[str, float]]:
        if not isinstance(directions, Directions):
            directions = Directions.load(directions, self.model)
        elif directions.model != generator_digest(self.model):
            raise UserError("directions: they belong to another model; find those of this one")
        usual = USUAL_STRENGTH[directions.method]
        chosen = strengths_between(-usual, usual, STEPS) if strengths is None else strengths
        check_labels(self.model, labels)
        latents = with_classes(self.model, self._source("source", source), labels)
        return moved(self.model, directions, latents, direction, chosen, **options)

    def _sorted(
        self, place: Place, groups: tuple[Source | None, Source | None], told: Source | None, kinds: Kinds | None
    ) -> Sorted | None:
        """Samples that were handed over, with their kinds; None where there are none."""
        positive, negative = groups
        if told is not None or kinds is not None:
            if told is None or kinds is None or positive is not None or negative is not None:
                raise UserError("samples: give them together with kinds, and no groups")
            inputs = self._inputs(place, "samples", told)
            if len(kinds) != len(inputs):
                raise UserError(f"kinds: there are {len(kinds)} for {len(inputs)} samples; give one for each")
            return of_kinds(place, inputs, kinds, "kinds")
        if positive is None and negative is None:
            return None
        if positive is None or negative is None:
            raise UserError("negative: a direction lies between two groups; give positive and negative")
        return of_groups(*(place, self._inputs(place, "positive", positive), self._inputs(place, "negative", negative)))

    def _inputs(self, place: Place, option: str, source: Source) -> Tensor:
        if isinstance(source, str | Path | Latents):
            return place.of_latents(self._source(option, source))
        ranges.check_one(option, Sequence[Seed], source)
        return place.of_seeds(source)
