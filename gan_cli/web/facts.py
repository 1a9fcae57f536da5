"""What can be done with a model, as far as the page has to know it to offer it."""

from typing import Any

import torch

from gan_cli.inference.given import fields_given
from gan_cli.inference.labels import class_names
from gan_cli.inference.rendering import takes_labels
from gan_cli.inference.spaces import spaces_of, style_shape
from gan_cli.media.hints import Hints
from gan_cli.media.label_maps import LabelMaps
from gan_cli.media.masks import Masks
from gan_cli.media.medium import Medium
from gan_cli.media.palettes import Palettes
from gan_cli.variants.latent import LatentModule
from gan_cli.variants.translation import TranslationModule
from gan_cli.web.shelf import Loaded
from gan_cli.web.things import player_of

REFERENCE = "reference"


def facts_of(loaded: Loaded) -> dict[str, Any]:
    """The facts of a model: its variant, its data, and what its verb needs."""
    model = loaded.gan.model
    told: dict[str, Any] = {
        "variant": type(model).__name__,
        "data": loaded.gan.data.get("name", ""),
        "verb": model.VERB,
    }
    if isinstance(model, TranslationModule) and model.VERB == "translate":
        told["translate"] = _translating(model)
    elif isinstance(model, LatentModule) and model.VERB == "sample":
        told["sample"] = _sampling(model)
    return told


def speaks(medium: Medium) -> bool:
    """Whether things of a medium can be typed."""
    return type(medium).told is not Medium.told


def _sampling(model: LatentModule) -> dict[str, Any]:
    medium = model.medium
    styled = "w" in spaces_of(model)
    given = [name for name in fields_given(model) if name in model.media]
    return {
        "medium": medium.name,
        "player": player_of(medium),
        "usual": medium.usual,
        "endings": list(medium.endings or filter(None, (medium.suffix,))),
        "classes": class_names(model, range(model.num_classes)) if takes_labels(model) else [],
        "truncation": "psi" if model.TRUNCATES else "threshold" if _normal(model) else "",
        "layers": style_shape(model)[0] if styled else 0,
        "given": [{"name": name, "typed": speaks(model.media[name])} for name in given],
        "bars": bool(model.GOES_ON_FROM),
        "parts": list(model.PARTS),
        "walks": walks(model),
    }


def _normal(model: LatentModule) -> bool:
    return model.latent_distribution == "normal" and not model.LEAPS


def _translating(model: TranslationModule) -> dict[str, Any]:
    references = [name for name in fields_given(model) if name == REFERENCE]
    told = {name: _kind(model.media[name]) for name in fields_given(model) if name != REFERENCE and name in model.media}
    return {
        "directions": [_direction(model, name) for name in model.directions],
        "source": _kind(model.source),
        "palette": _palette(model.source),
        "side": model.image_size // model.sizes.scale,
        "fixed": model.sizes.tile > 0 or model.WHOLE_SQUARES,
        "only": _takes_one_size(model),
        "styles": bool(model.latent_dim),
        "blends": model.BLENDS,
        "reference": bool(references),
        "optional_reference": bool(model.latent_dim),
        "given": [{"name": name, "kind": kind} for name, kind in told.items()],
    }


def _takes_one_size(model: TranslationModule) -> bool:
    """Whether it translates nothing but squares of the size that it has learned from."""
    side = 2 * model.image_size
    masks = {name: torch.zeros(1, side, side, dtype=torch.uint8) for name in model.takes if name in model.media}
    return bool(model.why_not((side, side), masks))


def _direction(model: TranslationModule, name: str) -> dict[str, Any]:
    return {"name": name, "channels": model.channels(name)[0], "keeps": list(model.starts_from(name))}


def _kind(medium: Medium) -> str:
    kinds: dict[type[Medium], str] = {LabelMaps: "labels", Masks: "mask", Hints: "hints", Palettes: "palette"}
    return next((kind for known, kind in kinds.items() if isinstance(medium, known)), "image")


def _palette(medium: Medium) -> list[dict[str, Any]]:
    if not isinstance(medium, LabelMaps):
        return []
    return [
        {"name": name, "colour": "#{:02x}{:02x}{:02x}".format(*colour)}
        for name, colour in zip(medium.names, medium.palette, strict=True)
    ]


def walks(model: LatentModule) -> bool:
    """Whether there is a way between two things that a model makes."""
    return model.VERB == "sample" and bool(model.latent_dim and model.medium.suffix) and not model.LEAPS
