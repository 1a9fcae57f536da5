"""`gan directions`: directions of a model's latents, found or learned, and pictures of things moved along them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.inference.directions import samples
from gan_cli.inference.directions.files import USUAL_STRENGTH, Directions
from gan_cli.inference.directions.found import Sorted, by_kinds, by_variance, by_weights
from gan_cli.inference.directions.places import Place, place_in, truncated
from gan_cli.inference.directions.principal import NUM
from gan_cli.inference.directions.samples import Judge
from gan_cli.inference.directions.strips import strengths_between, strips
from gan_cli.inference.given import given_of
from gan_cli.inference.labels import chosen_classes, class_names, read_labels
from gan_cli.inference.latent_files import read_latents
from gan_cli.inference.numbers import read_numbers, read_seeds
from gan_cli.inference.rendering import check_labels, latents_of, takes_labels
from gan_cli.variants.base import AdversarialModule

SAMPLES = 2_000
"""Samples that a direction is learned from, where they are made."""
TRUNCATION = 0.7
"""Styles are drawn to their mean by so much before they are moved, as in SeFa's code."""
SHOWN = 4
"""So many seeds are shown beside each other."""
TOLD_BY = ("positive", "negative", "table", "latents", "judge")
"""Options that say what samples are."""

MakeJudge = Callable[[], Judge]


class Found(NamedTuple):
    """What `gan directions` finds.

    Attributes:
        directions: The directions.
        strengths: Those that the pictures show, ascending.
        pictures: uint8 [D, R, S, C, H, W], on the first process; None on the others.
    """

    directions: Directions
    strengths: list[float]
    pictures: Tensor | None


def find(
    model: AdversarialModule, options: Any, typed: Any, make_judge: MakeJudge, trainer_options: dict[str, Any]
) -> Found:
    """Finds the directions that the options of `gan directions` ask for.

    Args:
        model: The variant.
        options: The options of the verb.
        typed: The same without defaults.
        make_judge: Gives the judge that was typed, or the usual one, which takes time.
        trainer_options: Lightning's accelerator, devices, num_nodes, strategy, precision.

    Raises:
        UserError: If an option does not fit the variant, the method or the others.
    """
    latents_of(model, [0])  # refuses a model that makes images from images
    told = [name for name in TOLD_BY if typed.get(name) is not None]
    method = options.method or ("learned" if told else "sefa")
    _check(method, told, typed)
    place = _place(model, options)
    given = given_of(model, None, 1).shown
    if method == "sefa":
        directions = by_weights(place, options.count, given)
    elif method == "pca":
        directions = by_variance(place, options.count, options.num or NUM, options.seed)
    else:
        found = _samples(place, options, told, make_judge, given, trainer_options)
        directions = by_kinds(place, found, options.count, options.seed)
    strength = options.strength or USUAL_STRENGTH[directions.method]
    strengths = strengths_between(-strength, strength, options.steps)
    return Found(directions, strengths, _pictures(place, directions, strengths, options, given, trainer_options))


def _check(method: str, told: list[str], typed: Any) -> None:
    """Refuses a method that is unknown, and options that would do nothing with it."""
    if method not in USUAL_STRENGTH:
        raise UserError(f"method: {method} is unknown; take one of {', '.join(USUAL_STRENGTH)}")
    if told and method != "learned":
        raise UserError(f"{told[0]}: {method} needs no samples of known kinds; leave it out, or --method {method}")
    if typed.get("num") is not None and (method == "sefa" or {"positive", "negative", "table"} & {*told}):
        raise UserError("num: there is nothing to draw here; leave it out")


def _place(model: AdversarialModule, options: Any) -> Place:
    labels = read_labels(options.labels)
    check_labels(model, labels)
    classes = chosen_classes(model, labels) if takes_labels(model) else []
    layers = None if options.layers is None else read_numbers(options.layers, "layers", "layers")
    return place_in(model, options.space, layers, classes, options.ema)


def _samples(
    place: Place,
    options: Any,
    told: list[str],
    make_judge: MakeJudge,
    given: Mapping[str, Tensor],
    trainer_options: dict[str, Any],
) -> Sorted:
    """The samples of known kinds, told by one of four ways."""
    if len({"seeds" if name in ("positive", "negative") else name for name in told} - {"latents"}) > 1:
        raise UserError(f"{told[-1]}: what samples are is told by --{told[0]} already; leave one of them out")
    if "latents" in told and "table" not in told:
        raise UserError("latents: nothing says what they are; type --table FILE.csv, a name and a kind in each row")
    if {"positive", "negative"} & {*told}:
        groups = [read_seeds(text, name) if text else [] for name, text in _groups(options)]
        return samples.of_seeds(place, *groups)
    if "table" in told:
        latents = read_latents(Path(options.latents), place.model) if options.latents else None
        return samples.of_table(place, Path(options.table), latents)
    num = options.num or SAMPLES
    if "judge" not in told and place.classes:
        return samples.of_classes(place, class_names(place.model, range(place.model.num_classes)), num, options.seed)
    return samples.of_judge(place, make_judge(), num, options.seed, given, options.batch_size, trainer_options)


def _groups(options: Any) -> list[tuple[str, str | None]]:
    return [(name, options[name]) for name in ("positive", "negative")]


def _pictures(
    place: Place,
    directions: Directions,
    strengths: list[float],
    options: Any,
    given: Mapping[str, Tensor],
    trainer_options: dict[str, Any],
) -> Tensor | None:
    """Pictures of seeds moved along the directions."""
    seeds = range(options.seed, options.seed + SHOWN)
    usual = TRUNCATION if place.space == "w" and place.model.TRUNCATES else None
    psi = usual if options.truncation_psi is None else options.truncation_psi
    inputs, also = truncated(place, place.of_seeds(seeds), psi)
    return strips(
        place,
        directions,
        inputs,
        strengths,
        conditions={**place.conditions(seeds, given), **also},
        batch_size=options.batch_size,
        trainer_options=trainer_options,
    )
