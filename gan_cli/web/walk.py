"""The tab Walk: what lies between seeds, with styles of another seed in some layers, and moved along directions."""

from collections.abc import Sequence
from functools import partial
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal

import torch
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.inference.directions.files import USUAL_STRENGTH, Directions
from gan_cli.inference.labels import chosen_classes
from gan_cli.inference.latents import lerp, slerp, usual_method
from gan_cli.inference.mix import check_mixes, mixed
from gan_cli.inference.numbers import check_layers
from gan_cli.inference.rendering import takes_labels
from gan_cli.inference.sources import in_space
from gan_cli.inference.spaces import usual_space
from gan_cli.media.films import FILMS, write_film
from gan_cli.media.medium import Beside
from gan_cli.variants.latent import LatentModule
from gan_cli.web.facts import walks
from gan_cli.web.sample import SeedNumber, download, given_kept
from gan_cli.web.shelf import Loaded, shelf_of
from gan_cli.web.things import played, tiles

DIRECTIONS = 10
"""So many directions are offered."""
AT_A_TIME = 8
"""So many pictures of a film are made before others have their turn, and before it is asked whether somebody waits."""
LONGEST = 600
"""A film has at most so many pictures."""

Method = Literal["sefa", "pca", "learned"]


class Mix(BaseModel):
    """The styles of another seed in some layers, from 0, the coarsest."""

    seed: SeedNumber
    layers: Annotated[list[int], Field(max_length=64)]


class AskedWalk(BaseModel):
    """A place on a walk.

    Attributes:
        seeds: What is passed.
        position: From 0, the first seed, to their number less 1, the last one.
        label: The class; "" is the first one.
        truncation_psi: See `TrainedGAN.sample`.
        told: See `sample.Asked`.
        mix: Styles of another seed.
        method: How directions are found.
        directions: How far to go along directions, by name.
        whole: Whether a solid is to turn, which takes longer than its picture.
    """

    seeds: Annotated[list[SeedNumber], Field(min_length=1, max_length=32)]
    position: Annotated[float, Field(ge=0)] = 0.0
    label: str = ""
    truncation_psi: float | None = None
    told: dict[str, Annotated[str, Field(max_length=1000)]] = {}
    mix: Mix | None = None
    method: Method = "sefa"
    directions: dict[str, Annotated[float, Field(ge=-1000, le=1000)]] = {}
    whole: bool = True


class AskedFilm(AskedWalk):
    """A film of the whole walk; `steps` pictures from one seed to the next."""

    steps: Annotated[int, Field(ge=2, le=120)] = 24
    kind: str = ".mp4"


def router() -> APIRouter:
    """What the tab asks for."""
    found = APIRouter()
    found.add_api_route("/{run}", place, methods=["POST"])
    found.add_api_route("/{run}/film", film, methods=["POST"])
    found.add_api_route("/{run}/directions", directions, methods=["GET"])
    return found


async def place(request: Request, run: str, asked: AskedWalk) -> dict[str, Any]:
    """The thing at a place of the walk."""
    return await shelf_of(request).use(request, run, lambda loaded: _place(loaded, asked))


async def directions(request: Request, run: str, method: Method = "sefa") -> dict[str, Any]:
    """Directions of the model, each with what is known of it, and how far people usually go."""
    found = await shelf_of(request).use(request, run, lambda loaded: directions_of(loaded, method))
    told = zip(found.names, found.notes, strict=True)
    return {
        "usual": USUAL_STRENGTH[found.method],
        "directions": [{"name": name, "note": note} for name, note in told],
    }


async def film(request: Request, run: str, asked: AskedFilm) -> Response:
    """A film of the walk; it is given up when nobody waits for it any more."""
    legs = len(asked.seeds) - 1
    if asked.kind not in FILMS:
        raise UserError(f"film: {asked.kind} is none; take {' or '.join(FILMS)}")
    if not 1 <= legs * asked.steps <= LONGEST:
        raise UserError(
            f"film: it would have {legs * asked.steps} pictures; take two seeds or more, and {LONGEST} at most"
        )
    positions = torch.linspace(0, legs, legs * asked.steps).split(AT_A_TIME)
    shelf = shelf_of(request)
    works = [partial(along, asked=asked, positions=some.tolist()) for some in positions]
    parts = await shelf.each(request, run, works)
    content = await shelf.use(request, run, lambda loaded: _filmed(loaded, asked, torch.cat(parts)))
    return download(content, f"walk-{'-'.join(map(str, asked.seeds[:6]))}{asked.kind}")


def directions_of(loaded: Loaded, method: Method) -> Directions:
    """The directions that a method finds, which it does once.

    Raises:
        UserError: If it finds none in such a model.
    """
    return loaded.once(f"directions/{method}", lambda: loaded.gan.directions(method, DIRECTIONS))


def along(loaded: Loaded, asked: AskedWalk, positions: Sequence[float]) -> Tensor:
    """The things at some places of a walk, as they are kept, [N, ...].

    Raises:
        UserError: If the model makes nothing from seeds, or something does not fit it.
    """
    gan, model = loaded.gan, loaded.gan.model
    if not isinstance(model, LatentModule) or not walks(model):
        raise UserError(f"{type(model).__name__} has no walk between seeds")
    labels = [asked.label or "0"] if takes_labels(model) else None
    if labels is not None:
        chosen_classes(model, labels)
    latents = _moved(loaded, asked, _between(loaded, asked, labels, positions))
    given = given_kept(loaded, asked.told, asked.seeds[0], 1)
    options: dict[str, Any] = {"given": given, "truncation_psi": asked.truncation_psi}
    return gan(latents, labels=labels if latents.ndim < 3 else None, **options)


def _between(loaded: Loaded, asked: AskedWalk, labels: list[str] | None, positions: Sequence[float]) -> Tensor:
    """Latents, [N, Z], or styles [N, L, W], at places between the seeds."""
    gan, model = loaded.gan, loaded.gan.model
    assert isinstance(model, LatentModule)
    space = usual_space(model)
    passed = in_space(model, gan.latents(asked.seeds, labels=labels), space)
    way = slerp if space == "z" and usual_method(model.latent_distribution) == "slerp" else lerp
    found = []
    for position in positions:
        end = min(len(passed) - 1, ceil(position))
        start = max(0, end - 1)
        found.append(way(passed[start], passed[end], torch.tensor([min(1.0, float(position - start))])))
    latents = torch.cat(found)
    if asked.mix is None or not asked.mix.layers:
        return latents
    check_mixes(model)
    other = gan.styles([asked.mix.seed], labels=labels)
    return mixed(latents, other, check_layers(asked.mix.layers, latents.shape[1]))[:, 0]


def _moved(loaded: Loaded, asked: AskedWalk, latents: Tensor) -> Tensor:
    """Latents moved along the directions that were asked for."""
    going = {name: strength for name, strength in asked.directions.items() if strength}
    if not going:
        return latents
    found = directions_of(loaded, asked.method)
    for name, strength in going.items():
        latents = found.moved(latents, found.number(name), [strength])[:, 0]
    return latents


def _place(loaded: Loaded, asked: AskedWalk) -> dict[str, Any]:
    medium = loaded.gan.model.medium
    made, shown = along(loaded, asked, [asked.position]), _beside(loaded, asked)
    if not asked.whole:
        return {"player": "picture", "lines": [*shown.lines], "picture": tiles(medium, made, shown)[0].plain}
    return played(medium, made[0], shown)


def _beside(loaded: Loaded, asked: AskedWalk) -> Beside:
    model, given = loaded.gan.model, given_kept(loaded, asked.told, asked.seeds[0], 1) or {}
    lines = [lines for name, rows in given.items() if (lines := model.media[name].lines(rows)) is not None]
    return Beside(given=given, lines=lines[0] if lines else ())


def _filmed(loaded: Loaded, asked: AskedFilm, made: Tensor) -> bytes:
    medium = loaded.gan.model.medium
    frames = medium.film(made[None], _beside(loaded, asked))
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder) / f"film{asked.kind}"
        write_film(frames, path, medium.fps if medium.moves else asked.steps // 2 or 1)
        return path.read_bytes()
