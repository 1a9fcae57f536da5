"""The ways in which each input of `gan translate` is translated: directions, and what gives a style where there are
styles."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.inference.given import fields_given
from gan_cli.inference.given_paths import REFERENCE, given_paths
from gan_cli.inference.inputs import Input, typed_inputs
from gan_cli.inference.latents import seeded_latents
from gan_cli.inference.numbers import read_seeds
from gan_cli.inference.source_media import floats_of
from gan_cli.inference.translator import usual_direction
from gan_cli.media.picture_files import Picture, for_network, read_picture
from gan_cli.media.reading import Unreadable
from gan_cli.variants.translation import TranslationModule


class Way(NamedTuple):
    """One of the ways in which an input is translated.

    Attributes:
        direction: A direction of the model.
        name: Tells it from others of the same direction: "style-3", or a reference's path without its ending; "" where
            there are no others.
        given: What `forward` takes for it beside an image, one row each, on the CPU.
        reference: The file that gives the style, if there is one.
    """

    direction: str
    name: str = ""
    given: Mapping[str, Tensor] = {}
    reference: Path | None = None

    @property
    def title(self) -> str:
        """The direction, with what tells it from others."""
        return f"{self.direction}, {self.name}" if self.name else self.direction


class Ways(NamedTuple):
    """All of them, and what had to be left out.

    Attributes:
        all: In the order typed.
        refused: References from folders that could not be read, with the reasons.
    """

    all: list[Way]
    refused: list[tuple[Path, str]]

    @property
    def directions(self) -> list[str]:
        """The directions, each once."""
        return list(dict.fromkeys(way.direction for way in self.all))

    def told(self, given: Mapping[str, Tensor]) -> "Ways":
        """The same, in each of which `forward` also takes what is given, one row each."""
        return self._replace(all=[way._replace(given={**way.given, **given}) for way in self.all])


def ways_of(
    model: TranslationModule, direction: str | None, given: Sequence[str] | None, style: str | None, output: Path
) -> Ways:
    """The ways that were asked for.

    Args:
        model: The variant.
        direction: Directions with commas between them; with references it is their domain. None takes the only one, or
            of each reference the domain that its folder is named after.
        given: Files, folders and globs of references.
        style: Seeds of styles from noise, such as "0-3,7", where None is 0; or a style or a blend by its name, such as
            "monet=0.7,waves=0.3", where these are directions.
        output: The output of the run, which a folder of references leaves out.

    Raises:
        UserError: If a reference that was typed cannot be read, or is of no known domain.
    """
    if given:
        return _by_references(model, direction, given, output)
    directions = usual_direction(model, as_direction(model, style, direction))
    if not model.latent_dim:
        return Ways([Way(direction) for direction in directions], [])
    seeds = list(dict.fromkeys(read_seeds(style or "0", "style")))
    names = [f"style-{seed}" if len(seeds) > 1 else "" for seed in seeds]
    styles = [(name, latents_of_style(model, seed)) for name, seed in zip(names, seeds, strict=True)]
    return Ways([Way(direction, *each) for direction in directions for each in styles], [])


def check_styles(model: TranslationModule, given: Sequence[str] | None, style: str | None) -> None:
    """Refuses what a model is not given, and styles where it takes none.

    Args:
        model: The variant.
        given: As typed, see `given_paths`.
        style: As typed.

    Raises:
        UserError: If it takes none, or a reference and none was typed.
    """
    name = type(model).__name__
    references = given_paths(model, given or ()).references
    if references and style is not None:
        raise UserError("style: it means nothing beside a reference; leave one of the two out")
    if style is not None and not (model.latent_dim or model.BLENDS):
        raise UserError(f"style: {name} draws no styles; leave it out")
    if model.BLENDS:
        as_direction(model, style, None)
    elif not (references or model.latent_dim) and REFERENCE in fields_given(model):
        raise UserError(f"given: {name} takes a reference; type --given {REFERENCE}=FILE")


def as_direction(model: TranslationModule, style: str | None, direction: str | None) -> str | None:
    """The direction that was typed, or that a style or a blend by its name means; None if neither was.

    Raises:
        UserError: If both were, or there is no such style.
    """
    if style is None or not model.BLENDS:
        return direction
    if direction is not None:
        raise UserError("style: it names what --direction does; leave one of the two out")
    blend = style.replace(",", "+")
    model.check_direction(blend)
    return blend


def latents_of_style(model: TranslationModule, seed: int) -> dict[str, Tensor]:
    """The latent that is a style's seed, as `forward` takes it; the same for every image and every direction."""
    return {"latents": seeded_latents([seed], model.latent_dim, "normal")}


def as_reference(model: TranslationModule, picture: Picture, direction: str) -> dict[str, Tensor]:
    """A picture of a direction's domain as `forward` takes it.

    Raises:
        UserError: If the model cannot take it.
    """
    colours = for_network(picture, model.channels(direction)[1])
    return {REFERENCE: model.as_reference(floats_of(colours)[None])}


def _by_references(model: TranslationModule, direction: str | None, paths: Sequence[str], output: Path) -> Ways:
    typed = None if direction is None else usual_direction(model, direction)
    if typed is not None and len(typed) > 1:
        raise UserError(
            f"direction: references are of one domain, and {direction} are {len(typed)}; type one, or leave it out and "
            "keep them in folders named after their domains"
        )
    items = typed_inputs(paths, output, "given")
    domains = {item: typed[0] if typed else _domain_of(model, item) for item in items}
    names = _names(domains)
    ways, refused = [], []
    for item, domain in domains.items():
        assert isinstance(item.content, Path)
        try:
            told = as_reference(model, read_picture(item.content), domain)
        except Unreadable as error:
            if item.content in map(Path, paths):
                raise UserError(f"given: {error}") from error
            refused.append((item.content, error.reason))
            continue
        ways.append(Way(domain, names[item], told, item.content))
    if not ways:
        raise UserError(f"given: none of the {len(refused)} references can be read, such as {refused[0][0]}")
    return Ways(ways, refused)


def _domain_of(model: TranslationModule, item: Input) -> str:
    """The domain of a reference that nobody told: that of its folder's name, or the only one."""
    assert isinstance(item.content, Path)
    known = model.directions
    folder = item.content.resolve().parent.name
    if folder in known:
        return folder
    if len(known) == 1:
        return known[0]
    raise UserError(
        f"given: {item.content} is of no known domain; type --direction {' or '.join(known)},\n"
        "or keep references in folders of these names"
    )


def _names(domains: Mapping[Input, str]) -> dict[Input, str]:
    """Paths without the folder of the domain and without ending, which those keep that differ in nothing else."""
    if len(domains) == 1:
        return dict.fromkeys(domains, "")
    short = {item: _below(item.name, domain).with_suffix("").as_posix() for item, domain in domains.items()}
    found = [(domains[item], name) for item, name in short.items()]
    twice = {pair for pair in found if found.count(pair) > 1} if len(set(found)) < len(found) else set()
    return {
        item: _below(item.name, domain).as_posix() if (domain, short[item]) in twice else short[item]
        for item, domain in domains.items()
    }


def _below(path: Path, folder: str) -> Path:
    return Path(*path.parts[1:]) if len(path.parts) > 1 and path.parts[0] == folder else path
