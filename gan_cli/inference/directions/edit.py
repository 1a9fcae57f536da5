"""`gan edit`: things moved along a direction, as strips of pictures, single files, and latents."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.inference.directions.files import USUAL_STRENGTH, Directions
from gan_cli.inference.directions.places import place_in, truncated
from gan_cli.inference.directions.strips import strengths_between
from gan_cli.inference.formats import PAGES, file_in, folder_in, format_of, singly
from gan_cli.inference.given import given_of
from gan_cli.inference.labels import read_labels
from gan_cli.inference.latent_files import Latents, write_latents
from gan_cli.inference.numbers import check_layers, read_numbers, read_seeds
from gan_cli.inference.pictures import beside
from gan_cli.inference.rendering import check_labels, conditions_with, latents_of, noise_for, render
from gan_cli.inference.sources import in_space, seeded, stored, with_classes
from gan_cli.inference.spaces import style_shape
from gan_cli.media.films import FILMS, write_film
from gan_cli.media.pictures import save_png
from gan_cli.ranges import Many, check_one, shown
from gan_cli.variants.base import AdversarialModule

SEEDS = "0-3"
"""The seeds if nothing is typed."""
STEPS = 7
"""Strengths in a range if nothing is typed."""
STRONGEST = 1_000.0
ENDINGS = {".png": PAGES, **dict.fromkeys(FILMS, PAGES), "": ("grid", "files", "both")}
"""The formats that go with each ending of what is written."""
NUMBER = r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?"
RANGE = re.compile(rf"({NUMBER})(?:\.\.({NUMBER}))?", re.IGNORECASE)


class Edited(NamedTuple):
    """N latents moved by S strengths.

    Attributes:
        inputs: What `forward` takes, [N, S, Z] or [N, S, L, W].
        strengths: S of them.
        source: What was moved.
    """

    inputs: Tensor
    strengths: list[float]
    source: Latents

    @property
    def latents(self) -> Latents:
        """All of them, one thing after the other, each named by its thing and its strength."""
        each = len(self.strengths)
        labels = None if self.source.labels is None else self.source.labels.repeat_interleave(each, dim=0)
        names = tuple(f"{name}{round(strength, 6):+g}" for name in self.source.names for strength in self.strengths)
        rows = self.inputs.flatten(0, 1)
        return Latents("z", rows, labels, names) if rows.ndim == 2 else Latents.of_styles(rows, labels, names)


def edit(model: AdversarialModule, folder: Path, options: Any, trainer_options: dict[str, Any]) -> list[Path]:
    """Makes the things that the options of `gan edit` ask for and writes them.

    Args:
        model: The variant.
        folder: Where pictures go if no output is named.
        options: The options of the verb.
        trainer_options: Lightning's accelerator, devices, num_nodes, strategy, precision.

    Returns:
        What was written: files, or the folder of single things.

    Raises:
        UserError: If an option does not fit the variant, the directions or the output.
        OSError: If the output cannot be written.
    """
    output = Path(options.output) if options.output else None
    latents_of(model, [0])  # refuses a model that makes images from images
    medium = model.medium
    kind = format_of(options.format, output, medium, ENDINGS)
    edited, also = _edited(model, options)
    latents, each = edited.latents, len(edited.strengths)
    check_one("latents times steps", Many, len(latents))
    given = given_of(model, None, len(edited.source)).dealt(len(edited.source))
    passed = {name: things.repeat_interleave(each, dim=0) for name, things in given.shown.items()}
    noise = noise_of_each(model, options.noise, len(edited.source), each)
    written = [write_latents(Path(options.save_latents), model, latents)] if options.save_latents else []
    stem = f"edit-{Path(options.directions).stem}-{_plain(options.direction)}"
    single_folder = folder_in(output, folder, stem)

    save_single = singly(medium, single_folder, latents.names)
    made = render(
        model,
        edited.inputs.flatten(0, 1),
        conditions={
            "ema": options.ema,
            **also,
            **conditions_with(model, latents.labels, len(latents), given=passed),
            **noise,
        },
        batch_size=options.batch_size,
        trainer_options=trainer_options,
        sink=save_single if kind == "files" else None,
    )
    if kind == "files":
        return [single_folder, *written]
    if made is None:  # another process has them
        return []
    picture = file_in(output, folder, f"{stem}.png")
    real = None if given.real is None else given.real.repeat_interleave(each, dim=0)
    _write(model, made.unflatten(0, (-1, each)), beside(model, given=passed, real=real), picture)
    if kind == "grid":
        return [picture, *written]
    save_single(list(range(len(latents))), made)
    return [picture, single_folder, *written]


def noise_of_each(model: AdversarialModule, typed: str | None, things: int, each: int) -> dict[str, Any]:
    """The noise as an input of `forward`, where a thing keeps its own at all of its strengths.

    Raises:
        UserError: If the model adds no noise, or none of that kind.
    """
    noise = noise_for(model, typed, things)
    return {name: part.repeat_interleave(each) if isinstance(part, Tensor) else part for name, part in noise.items()}


def moved(
    model: AdversarialModule,
    directions: Directions,
    source: Latents,
    direction: str | int | None,
    strengths: Sequence[float],
    *,
    layers: Sequence[int] | None = None,
    truncation_psi: float | None = None,
    ema: bool = True,
) -> tuple[Edited, dict[str, float]]:
    """Latents moved along a direction by each of several strengths, and what `forward` is to be told of truncation.

    Args:
        model: The variant.
        directions: Of this model.
        source: Latents, with classes if the model is conditional.
        direction: Its name; None where there is only one.
        strengths: S of them.
        layers: The style layers to move; None takes those of the directions.
        truncation_psi: How far styles are from their mean before they are moved; None leaves them.
        ema: The averaged generator where there is one, or the one that is trained.

    Raises:
        UserError: If there is no such direction or layer, or the latents have no place in its space.
    """
    number = directions.number(direction)
    if directions.space == "z" and source.space != "z":
        raise UserError(f"directions: they are of z, and from latents in {source.space} there is no way back to it")
    if layers is not None and directions.space == "z":
        raise UserError("layers: these directions are of z, which has no layers; leave them out")
    chosen = None if layers is None else check_layers(layers, style_shape(model)[0])
    place = place_in(model, directions.space, ema=ema)
    inputs, also = truncated(place, in_space(model, source, directions.space, ema), truncation_psi)
    return Edited(directions.moved(inputs, number, strengths, chosen), list(strengths), source), also


def read_strengths(typed: str | None, steps: int | None, usual: float) -> list[float]:
    """Strengths as typed: a range such as "-3..3", in so many steps, or a single one.

    Args:
        typed: None is the usual strength, either way.
        steps: Strengths in a range, both ends included; None takes seven.
        usual: The usual strength.

    Raises:
        UserError: If it is neither, or too strong, or there are steps of a single one.
    """
    found = RANGE.fullmatch((typed or f"-{usual}..{usual}").strip("[]() "))
    if found is None:
        raise UserError(f"strength: {shown(str(typed))} is no strength; take a range such as -3..3, or a number")
    ends = [float(part) for part in found.groups() if part]
    if max(map(abs, ends)) > STRONGEST:
        raise UserError(f"strength: {shown(str(typed))} is too strong; take numbers from -1,000 to 1,000")
    if len(ends) == 2:
        return strengths_between(ends[0], ends[1], STEPS if steps is None else steps)
    if steps is not None:
        raise UserError("steps: a single strength has none; leave them out, or take a range such as -3..3")
    return ends


def _edited(model: AdversarialModule, options: Any) -> tuple[Edited, dict[str, float]]:
    directions = Directions.load(options.directions, model)
    strengths = read_strengths(options.strength, options.steps, USUAL_STRENGTH[directions.method])
    labels = read_labels(options.labels)
    check_labels(model, labels)
    source = stored(model, options.latents) if options.latents else _seeded(model, options.seeds or SEEDS)
    return moved(
        model,
        directions,
        with_classes(model, source, labels),
        options.direction,
        strengths,
        layers=None if options.layers is None else read_numbers(options.layers, "layers", "layers"),
        truncation_psi=options.truncation_psi,
        ema=options.ema,
    )


def _seeded(model: AdversarialModule, typed: str) -> Latents:
    return seeded(model, list(dict.fromkeys(read_seeds(typed, "seeds"))))


def _write(model: AdversarialModule, walked: Tensor, shown_beside: Any, output: Path) -> None:
    """Writes things [N, S, ...] as a picture with a row each, or as a film in which all of them move."""
    medium = model.medium
    if output.suffix.lower() in FILMS:
        write_film(medium.film(walked, shown_beside), output, medium.fps)
    else:
        save_png(medium.walks(walked, shown_beside), output)


def _plain(name: str | None) -> str:
    """A direction's name as part of a file's."""
    return re.sub(r"\W+", "-", name or "").strip("-")[:40] or "0"
