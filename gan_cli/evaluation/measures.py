"""The measures of a set beside a real one: finite numbers, or a line that says why there is none."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from math import isfinite
from typing import NamedTuple

import torch
from torch import Tensor

from gan_cli.evaluation.scores import FIELD, KINDS
from gan_cli.metrics.distances import (
    Estimate,
    density_coverage,
    frechet_distance,
    inception_score,
    kernel_distance,
    precision_recall,
    relative_diversity,
    subset_size,
)
from gan_cli.metrics.feature_networks import FeatureRows
from gan_cli.metrics.modes import class_modes
from gan_cli.metrics.two_samples import (
    MOST_IN_KERNEL,
    MOST_TO_TELL,
    PERMUTATIONS,
    Significance,
    classifier_in_words,
    classifier_test,
    kernel_test,
    mean_difference,
    variance_difference,
)
from gan_cli.metrics.undefined import Undefined, all_finite

MOST_NEIGHBOURS = 10_000
"""The neighbours of at most this many images are looked for, because the time grows with the square."""

Number = float | Estimate | Significance
"""A number alone, with its deviation, or with its p-value."""
Values = dict[str, Number]
"""Numbers by the measures' names."""


class Measured(NamedTuple):
    """What came of measures.

    Attributes:
        values: Finite numbers, by the measures' names.
        left_out: For each measure without a number, a line that says why.
    """

    values: Values
    left_out: list[str]


def together(parts: Iterable[Measured]) -> Measured:
    """What came of several measures."""
    found = Measured({}, [])
    for part in parts:
        found.values.update(part.values)
        found.left_out.extend(part.left_out)
    return found


def attempted(names: Sequence[str], compute: Callable[[], Sequence[Number]]) -> Measured:
    """The numbers of some measures, or why there are none.

    Args:
        names: The measures' names.
        compute: Gives a number for each of them; may raise `Undefined`.
    """
    try:
        values = compute()
    except Undefined as reason:
        return Measured({}, [f"{titles(names)}: left out, {reason}"])
    found = dict(zip(names, values, strict=True))
    lost = [name for name, value in found.items() if not _is_finite(value)]
    lines = [f"{titles(lost)}: left out, not finite"] if lost else []
    return Measured({name: value for name, value in found.items() if name not in lost}, lines)


def titles(names: Sequence[str]) -> str:
    """What measures are called, in one line."""
    return ", ".join({**KINDS, **FIELD}[name].title for name in names)


def measured(made: FeatureRows, real: FeatureRows, wanted: set[str]) -> Measured:
    """The scores of images against real ones, from the features of both.

    Args:
        made: Features of the images judged.
        real: Features of real images.
        wanted: The measures to compute, which must be `possible`.
    """
    asked = {names: measure for names, measure in MEASURES.items() if wanted.intersection(names)}
    try:
        for whose, rows in (("images", made), ("real images", real)):
            for outputs in (rows.features, rows.logits):
                if outputs is not None:
                    all_finite(outputs, whose)
    except Undefined as reason:
        missing = [name for names in asked for name in names if name in wanted]
        return Measured({}, [f"{titles(missing)}: left out, {reason}"] if missing else [])
    found = together(attempted(names, partial(measure, made, real)) for names, measure in asked.items())
    return found._replace(values={name: value for name, value in found.values.items() if name in wanted})


def _neighbours(
    measure: Callable[[Tensor, Tensor], Sequence[float]],
) -> Callable[[FeatureRows, FeatureRows], Sequence[float]]:
    """A measure of neighbourhoods, among not too many images."""
    return lambda made, real: measure(_some(real.features), _some(made.features))


def _inception(made: FeatureRows, real: FeatureRows) -> tuple[Estimate]:
    return (inception_score(_logits(made)),)


def _classes(made: FeatureRows, real: FeatureRows) -> tuple[float, float]:
    logits = _logits(made)
    # a class counts from a fifth of its even share, so that a classifier's errors make none
    modes = class_modes(logits.argmax(1), logits.shape[1], max(1, len(logits) // (5 * logits.shape[1])))
    return float(modes.modes), modes.kl


MEASURES: Mapping[tuple[str, ...], Callable[[FeatureRows, FeatureRows], Sequence[Number]]] = {
    ("fid",): lambda made, real: (frechet_distance(made.features, real.features),),
    ("kid",): lambda made, real: (kernel_distance(made.features, real.features),),
    ("inception_score",): _inception,
    ("precision", "recall"): _neighbours(precision_recall),
    ("density", "coverage"): _neighbours(density_coverage),
    # in a shuffled order, because neighbours in a set may be alike
    ("diversity",): lambda made, real: (relative_diversity(_mixed(made.features), _mixed(real.features)),),
    ("classes", "kl_classes"): _classes,
    ("means",): lambda made, real: (mean_difference(made.features, real.features),),
    ("variances",): lambda made, real: (variance_difference(made.features, real.features),),
    ("mmd",): lambda made, real: (kernel_test(made.features, real.features),),
    ("c2st",): lambda made, real: (classifier_test(made.features, real.features),),
}
"""How each measure of two sets is computed, from the features of the images judged and of the real ones."""


def remarks(values: Values, count: int, num_real: int, width: int, things: str, network: str) -> list[str]:
    """Remarks on the protocol of single measures.

    Args:
        values: The measures that there are.
        count: Images that were judged.
        num_real: Real images.
        width: F, the number of features.
        things: What they are called, if they are no images.
        network: The name of what makes the features.
    """
    said = []
    if "kid" in values:
        said.append(f"KID: mean and deviation of 100 subsets of {subset_size(count, num_real):,} {things}")
    if values.keys() & {"precision", "recall", "density", "coverage"}:
        most = f" of 10,000 {things}" if max(count, num_real) > MOST_NEIGHBOURS else ""
        said.append(f"precision and recall: 3 neighbours, density and coverage: 5{most}")
        if things == "images":
            said.append(f"precision and recall: in {network} features; published ones (pr50k3_full) are in VGG16's")
    if "inception_score" in values:
        said.append(f"Inception Score: of ten parts of {count:,} images; is50k is of 50,000")
    if "fid" in values and min(count, num_real) <= width:
        said.append(f"FID: of fewer {things} than the {width:,} features there are, it says little; look at KID")
    if "mmd" in values:
        most_of = f"{min(MOST_IN_KERNEL, count):,} and {min(MOST_IN_KERNEL, num_real):,}"
        said.append(
            f"squared MMD: unbiased, of {most_of}, a Gaussian kernel as wide as the median distance; p of "
            f"{PERMUTATIONS} permutations"
        )
    if "c2st" in values:
        said.append(
            f"classifier two-sample test: accuracy of {classifier_in_words(width)} on "
            f"{min(MOST_TO_TELL, count, num_real):,} held-out {things}; p from the binomial distribution"
        )
    return said


def _logits(rows: FeatureRows) -> Tensor:
    if rows.logits is None:
        raise Undefined("these features tell no classes")
    return rows.logits


def _some(features: Tensor) -> Tensor:
    count = min(len(features), MOST_NEIGHBOURS)
    return features[torch.arange(count) * len(features) // count]


def _mixed(features: Tensor) -> Tensor:
    return features[torch.randperm(len(features), generator=torch.Generator().manual_seed(0))]


def _is_finite(value: Number) -> bool:
    return all(map(isfinite, value)) if isinstance(value, tuple) else isfinite(value)
