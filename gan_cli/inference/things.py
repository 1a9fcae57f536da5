"""What `gan sample` is asked to make: which things, of which latents, from what, and how."""

from typing import Any, NamedTuple

from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.inference.code_sampling import Asked, conditions_of, draws_codes, latents_for, read_drawing, read_size
from gan_cli.inference.continuing import check_goes_on, continued_at, given_of_sequences, sequence_latents
from gan_cli.inference.given import Given, fields_given, given_of, typed_given
from gan_cli.inference.labels import chosen_classes, read_labels
from gan_cli.inference.latent_files import Latents
from gan_cli.inference.pictures import usual_number
from gan_cli.inference.rendering import MadeAt, takes_labels
from gan_cli.inference.sources import seeded, stored, with_classes
from gan_cli.inference.thing_parts import part_at
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.latent import LatentModule

EXAMPLES = 4
"""So many held-out things are taken where several are made from each and none is typed."""
TUNES = 8
"""So many sequences are on a page."""


class Things(NamedTuple):
    """Things to be made.

    Attributes:
        source: Their names and, if the model is conditional, classes.
        latents: [M, ...], those of sequences [M, K, Z].
        given: What they are made from beside latents.
        make: What makes a batch of them.
        drawn: How they are drawn, of a model that draws codes: further inputs of `forward`.
    """

    source: Latents
    latents: Tensor
    given: Given
    make: MadeAt
    drawn: dict[str, Any]


def things_of(model: AdversarialModule, options: Any, alone: bool) -> Things:
    """The things that the options ask for.

    Args:
        model: The variant.
        options: Those of `gan sample`.
        alone: Whether there is room for only one, or for what is made of one given thing.

    Raises:
        UserError: If something typed cannot be read or does not fit the model.
    """
    if options.bars:
        return _sequences(model, options, options.num or (1 if alone else TUNES))
    if options.prime and isinstance(model, LatentModule) and model.GOES_ON_FROM:
        raise UserError("prime: it is what a tune begins with, and --bars says how long that is; type both")
    make = part_at(model, options.part)
    asked = Asked(read_drawing(options.draw), read_size(options.size), options.prime)
    draws_codes(model, asked)
    source, given = _source_and_given(model, options, alone)
    latents = latents_for(model, range(options.seed, options.seed + len(source)), asked)
    drawn = conditions_of(model, asked, len(source))
    return Things(source, source.inputs(model) if latents is None else latents, given, make, drawn)


def _sequences(model: AdversarialModule, options: Any, num: int) -> Things:
    goes_on, typed = check_goes_on(model), list(options.given or [])
    if options.prime:
        typed.append(f"{goes_on.GOES_ON_FROM}={options.prime}")
    seeds = range(options.seed, options.seed + num)
    threshold = options.truncation_threshold
    latents = sequence_latents(seeds, options.bars, goes_on.latent_dim, goes_on.latent_distribution, threshold)
    rows = typed_given(goes_on, typed).shown if typed else None
    source = with_classes(model, seeded(model, seeds, threshold), read_labels(options.labels))
    return Things(source, latents, given_of_sequences(goes_on, rows, num, options.bars), continued_at, {})


def _source_and_given(model: AdversarialModule, options: Any, alone: bool) -> tuple[Latents, Given]:
    typed = read_labels(options.labels)
    several = options.samples is not None or model.medium.each > 1
    each = options.samples or model.medium.each
    if options.samples is not None and not fields_given(model):
        raise UserError(f"samples: this {type(model).__name__} is given nothing; type --num instead")
    if options.latents:
        source = with_classes(model, stored(model, options.latents), typed)
        return source, given_of(model, options.given, max(1, len(source) // each)).dealt(len(source))
    classes = len(chosen_classes(model, typed)) if takes_labels(model) else 0
    examples = each * EXAMPLES if several else usual_number(model.medium, classes)
    usual = each if alone else examples
    given = given_of(model, options.given, max(1, (options.num or usual) // each))
    num = options.num or (each * len(given.names) if several and given.names else usual)
    seeds = range(options.seed, options.seed + num)
    return with_classes(model, seeded(model, seeds, options.truncation_threshold), typed), given.dealt(num)
