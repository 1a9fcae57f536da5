"""Where directions are looked for: the space, its style layers, and latents in it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.inference.latent_files import Latents
from gan_cli.inference.latents import seeded_latents
from gan_cli.inference.numbers import check_layers
from gan_cli.inference.sources import in_space, with_classes
from gan_cli.inference.spaces import check_space, spaces_of, style_shape, styles_of, usual_space
from gan_cli.media.medium import rows_of
from gan_cli.seeding import draw, stream
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.styled import StyledModule

AT_ONCE = 1024
"""So many latents are drawn at once."""


class Place(NamedTuple):
    """A space of a model's latents.

    Attributes:
        model: The variant, in eval mode.
        space: z, or w.
        layers: The style layers that count; () in z.
        classes: The classes of a conditional model that latents are drawn for, in turn.
        ema: The averaged generator where there is one, or the one that is trained.
    """

    model: AdversarialModule
    space: str
    layers: tuple[int, ...]
    classes: tuple[int, ...]
    ema: bool = True

    def labels(self, seeds: Sequence[int]) -> Tensor | None:
        """The classes of things, int64 [N], in turn from seed 0 on; None if the model is not conditional.

        So `gan sample` deals them out, from seed 0 on too.
        """
        if not self.classes:
            return None
        return torch.tensor([self.classes[seed % len(self.classes)] for seed in seeds])

    def conditions(self, seeds: Sequence[int], given: Mapping[str, Tensor]) -> dict[str, Any]:
        """The inputs of `forward` beside latents, by name: classes, and what is given, dealt out in turn."""
        labels = self.labels(seeds)
        rows = {name: rows_of(part, len(seeds)) for name, part in given.items()}
        return {"ema": self.ema, **rows, **({} if labels is None else {"labels": labels})}

    def inputs(self, latents: Tensor, labels: Tensor | None) -> Tensor:
        """What `forward` takes in this space: latents [N, Z] as they are, or their styles [N, L, W]."""
        return latents if self.space == "z" else styles_of(self.model, latents, labels, self.ema)

    def of_seeds(self, seeds: Sequence[int]) -> Tensor:
        """What `forward` takes in this space for seeds."""
        latents = seeded_latents(seeds, self.model.latent_dim, self.model.latent_distribution)
        return self.inputs(latents, self.labels(seeds))

    def of_latents(self, latents: Latents) -> Tensor:
        """What `forward` takes in this space for latents.

        Raises:
            UserError: If they are styles and the place is z.
        """
        return in_space(self.model, with_classes(self.model, latents, None), self.space, self.ema)

    def vectors(self, inputs: Tensor) -> Tensor:
        """The vectors [N, Z] or [N, W] of what `forward` takes: of styles the mean over the layers that count."""
        return inputs if self.space == "z" else inputs[:, list(self.layers)].mean(1)

    def drawn(self, count: int, seed: int) -> Iterator[Tensor]:
        """Vectors [n, Z] or [n, W] of latents from the prior, batch by batch, so many in all."""
        for start in range(0, count, AT_ONCE):
            shape = (min(AT_ONCE, count - start), self.model.latent_dim)
            latents = draw(shape, self.model.latent_distribution, stream(seed, "directions", start))
            yield self.vectors(self.inputs(latents, self.labels(range(start, start + len(latents)))))


def place_in(
    model: AdversarialModule,
    space: str | None = None,
    layers: Sequence[int] | None = None,
    classes: Sequence[int] = (),
    ema: bool = True,
) -> Place:
    """A space of a model, held to what the model has.

    Args:
        model: The variant, in eval mode.
        space: z, or w; None is w where there is one.
        layers: The style layers that count; None is all of them.
        classes: The classes of a conditional model that latents are drawn for.
        ema: The averaged generator where there is one, or the one that is trained.

    Raises:
        UserError: If it has no such space or layers.
    """
    spaces = spaces_of(model)
    space = space or usual_space(model)
    check_space(model, space)
    if space == "w":
        count = style_shape(model)[0]
        return Place(model, space, check_layers(range(count) if layers is None else layers, count), tuple(classes), ema)
    if layers is not None:
        way_out = "take --space w, or leave them out" if "w" in spaces else "leave them out"
        raise UserError(f"layers: latents in z have no layers; {way_out}")
    return Place(model, space, (), tuple(classes), ema)


def truncated(place: Place, inputs: Tensor, truncation_psi: float | None) -> tuple[Tensor, dict[str, float]]:
    """What `forward` takes, truncated, and what it is still to be told: only z is truncated by the model itself.

    Styles are truncated before they move along a direction, as in the papers; after it a step would be shorter too.

    Args:
        place: Where.
        inputs: What `forward` takes.
        truncation_psi: 1 is off, 0 the mean of all things; None leaves it off.

    Raises:
        UserError: If the variant has no truncation.
    """
    if truncation_psi is None:
        return inputs, {}
    if not place.model.TRUNCATES:
        raise UserError(f"truncation_psi: {type(place.model).__name__} has no truncation; leave it out")
    if place.space == "w" and isinstance(place.model, StyledModule):
        return place.model.truncated(inputs, truncation_psi, place.ema), {}
    return inputs, {"truncation_psi": truncation_psi}
