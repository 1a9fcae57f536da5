"""Tiny models of every kind that the page plays with, as rows of the table of variants, in checkpoints."""

from pathlib import Path
from typing import Any

import torch

from gan_cli.data import FolkTunes, Ring8
from gan_cli.inference.api import TrainedGAN
from gan_cli.variants import GAN, MidiNet
from gan_cli.variants.base import AdversarialModule
from gan_cli.web.shelf import Loaded
from tests.inference import translators
from tests.variant_rows import ROWS

KINDS = {
    "videos": "VGAN",
    "solids": "VoxelGAN",
    "paths": "SocialGAN",
    "sentences": "GANCLS",
    "maps": "SPADE",
    "masks": "ContextEncoder",
    "hints": "Colorization",
}
"""Variants by what they show of the page."""


def model_of(row_name: str) -> AdversarialModule:
    """The model of a row, by its name or its variant's, that knows the facts of the row's data."""
    row = next(row for row in ROWS if row_name in (row.name, row.variant.__name__))
    torch.manual_seed(0)
    model: AdversarialModule = row.make().eval()
    model.data_facts = row.data(image_size=row.image_size, batch_size=4).record()
    model.data_arguments = {"image_size": row.image_size, "batch_size": 4}
    model.trusted = ("tests.toys",)
    return model


def of_points() -> AdversarialModule:
    """A model of points of the plane."""
    model = GAN(point_dim=2, architecture="mlp", base_channels=16).eval()
    model.data_facts = Ring8().record()
    return model


def of_tunes() -> AdversarialModule:
    """A model of bars of the folk tunes, which follow each other."""
    data = FolkTunes()
    small: dict[str, Any] = {"base_channels": 2, "hidden": 8, "previous_channels": 2, "latent_dim": 4}
    model = MidiNet(num_pitches=data.facts["num_pitches"], planes=data.facts["planes"], **small).eval()
    model.data_facts = data.record()
    return model


def loaded(row_name: str) -> Loaded:
    """The same as if its checkpoint had been read."""
    gan = object.__new__(TrainedGAN)
    gan.model = model_of(row_name)
    gan.data = gan.model.data_facts
    return Loaded(gan, 0)


def saved_all(folder: Path) -> dict[str, Path]:
    """Checkpoints of all kinds, by short names."""
    models: dict[str, AdversarialModule] = {name: model_of(variant) for name, variant in KINDS.items()}
    models |= {"horses": translators.cyclegan(), "breeds": translators.stargan_v2(), "faces": translators.faces()}
    models["music"] = of_tunes()
    models["points"] = of_points()
    models["edges"] = translators.pix2pix(source_channels=1)
    models["edges"].data_facts["domains"] = ("edges", "photo")
    found = {}
    for name, model in models.items():
        place = folder / name / "version_0"
        place.mkdir(parents=True)
        found[name] = translators.saved(model, place / "last.ckpt")
    return found
