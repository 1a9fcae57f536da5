"""Scores by the field's names and rules: 50,000 samples beside all training images.

Karras et al. 2020, "Training Generative Adversarial Networks with Limited Data", arXiv:2006.06676, whose code gave them
their names: inception's features, no truncation, every training image once and none mirrored, whatever the augmentation
in training. KID is the mean over 100 subsets of 1,000 images, the Inception Score over ten parts. Its `pr50k3_full` is
not among them: precision and recall in the features of a VGG16.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from gan_cli.data import GANDataModule
from gan_cli.errors import UserError
from gan_cli.evaluation.collections import Collection, of_split
from gan_cli.evaluation.generation import described, rows_of_samples
from gan_cli.evaluation.kept import features_of, statistics_of
from gan_cli.evaluation.measures import attempted, together
from gan_cli.evaluation.measuring import features_for, is_natural, possible, scored
from gan_cli.evaluation.processes import by_first
from gan_cli.evaluation.scorer import undisturbed
from gan_cli.evaluation.scores import FIELD, THE_FIELDS, Protocol, Scores
from gan_cli.inference.given import held_out_given
from gan_cli.inference.rendering import conditions_for
from gan_cli.metrics.distances import Estimate, gaussian_distance, gaussian_of, inception_score, kernel_distance
from gan_cli.metrics.feature_networks import FeatureNetwork, FeatureRows
from gan_cli.metrics.undefined import Undefined, all_finite
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.translation import TranslationModule

NUM = 50_000
"""So many samples are judged."""


class Training(NamedTuple):
    """The images that samples are held against.

    Attributes:
        images: All of them.
        network: Makes the features.
        folder: Where features and statistics are kept.
        natural: Whether they are natural and coloured.
    """

    images: Collection
    network: FeatureNetwork
    folder: Path
    natural: bool


def split_names(names: Sequence[str] | None) -> tuple[list[str] | None, list[str]]:
    """Names of measures as typed, in two: our own (None if nothing was typed), and the field's."""
    if names is None:
        return None, []
    return [name for name in names if name not in FIELD], [name for name in names if name in FIELD]


def check(names: Sequence[str], features: str | None, num: int | None, split: str | None = None) -> None:
    """Refuses what the field's names leave no choice of.

    Raises:
        UserError: If other features, another number of images or another part of the set were typed.
    """
    if names and split not in (None, "train"):
        raise UserError(f"split: {names[0]} is beside all training images, and not {split}; leave --split out")
    if names and num is not None:
        raise UserError(f"num: {names[0]} is of {NUM:,} samples; leave --num out, or take fid, kid or inception_score")
    if names and features not in (None, "inception"):
        raise UserError(
            f"features: {names[0]} is in features of inception, and not of {features}; leave --features out, or take "
            "fid, kid or inception_score"
        )


@torch.no_grad()
def of_model(
    model: AdversarialModule, data: GANDataModule, names: Sequence[str], seed: int, weights: Path | None, folder: Path
) -> Scores:
    """The scores of a model that makes images from noise. All processes of a run call it together and get the same.

    Args:
        model: On the device that is to compute.
        data: The set that it was trained on.
        names: Of `FIELD`.
        seed: Seed of the first sample.
        weights: A file of inception's weights; without it they are fetched once.
        folder: Where weights, features and statistics are kept.

    Raises:
        UserError: If it makes no images from noise, or the weights cannot be had.
    """
    kind = type(model).__name__
    if isinstance(model, TranslationModule):
        raise UserError(f"metrics: {names[0]} is of samples from noise, and {kind} has none; take fid or kid")
    with undisturbed(model):
        network = features_for(data, "inception", folder, weights).to(model.device)
        training = Training(of_split(data, "train"), network, folder, is_natural(data))
        given = held_out_given(model, data, NUM, "train").shown
        conditions = conditions_for(model, NUM, given=given)
        one = network.rows(training.images.read(torch.tensor([0])))
        made = rows_of_samples(model, network, NUM, seed, conditions, one)
        how = described(model, NUM, seed, by_class="labels" in conditions)
        title = f"{kind} after {model.counters.batches:,} batches beside all of {training.images.origin}"
        return by_first(lambda: _scores(made, training, names, title, how))


def check_enough(images: Collection, names: Sequence[str]) -> None:
    """Refuses images that are too few for `of_images`.

    Raises:
        UserError: If there are fewer than 50,000.
    """
    if images.total < NUM:
        raise UserError(
            f"metrics: {names[0]} is of {NUM:,} images, and {images.origin} holds {images.total:,}; make more, or take "
            "fid, kid or inception_score"
        )


def of_images(images: Collection, training: Training, names: Sequence[str]) -> Scores:
    """The scores of images that somebody has made.

    Args:
        images: 50,000 or more, of which 50,000 are drawn.
        training: What they are held against.
        names: Of `FIELD`.
    """
    made = features_of(images.some(NUM), training.network, training.folder)
    title = f"{images.origin} beside all of {training.images.origin}"
    return _scores(made, training, names, title, "as they are")


def _scores(made: FeatureRows, training: Training, names: Sequence[str], title: str, how: str) -> Scores:
    inceptions = {"is50k": "inception_score"}
    wanted, left_out = possible({inceptions.get(name, name) for name in names}, training.network, training.natural)
    asked = [name for name in names if inceptions.get(name, name) in wanted]
    found = together(attempted((name,), partial(MEASURES[name], made, training)) for name in asked)
    network, images = training.network, training.images
    protocol = Protocol(
        *(network.name, network.weights, network.accuracy, network.resize, NUM, images.total, images.origin),
        floor="none",
        made=how,
        kind=THE_FIELDS,
    )
    return Scores(title, protocol, scored(found.values, {}), (*found.left_out, *left_out))


def _frechet(made: FeatureRows, training: Training) -> tuple[float]:
    all_finite(made.features)
    return (gaussian_distance(gaussian_of(made.features), statistics_of(*training[:3])),)


def _kernel(made: FeatureRows, training: Training) -> tuple[Estimate]:
    all_finite(made.features)
    return (kernel_distance(made.features, features_of(*training[:3]).features),)


def _inception(made: FeatureRows, training: Training) -> tuple[Estimate]:
    return (inception_score(_logits(made)),)


def _logits(made: FeatureRows) -> Tensor:
    if made.logits is None:
        raise Undefined("these features tell no classes")
    return made.logits


MEASURES: dict[str, Callable[[FeatureRows, Training], Sequence[float | Estimate]]] = {
    "fid50k_full": _frechet,
    "kid50k_full": _kernel,
    "is50k": _inception,
}
"""How each of `FIELD` is computed; FID takes no more of the training images than their mean and covariance."""
