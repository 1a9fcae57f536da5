"""Sets with next to nothing in them: every measure gives finite numbers, or says in a line why it has none."""

import inspect
import pkgutil
from collections.abc import Callable, Iterator
from importlib import import_module
from math import isfinite
from typing import Any, get_args, get_type_hints

import pytest
import torch
from torch import Tensor

from gan_cli import metrics
from gan_cli.metrics import pairs
from gan_cli.metrics.classifier import accuracy, classify, train_classifier
from gan_cli.metrics.distances import (
    coverage,
    density_coverage,
    distances,
    frechet_distance,
    gaussian_distance,
    gaussian_of,
    inception_score,
    kernel_distance,
    mean_distance,
    nearest_distance,
    precision_recall,
    relative_diversity,
    within_class_spread,
)
from gan_cli.metrics.linear_probe import chosen_strength, linear_probe
from gan_cli.metrics.modes import class_modes, count_modes
from gan_cli.metrics.nearest import memorisation, nearest
from gan_cli.metrics.path_length import path_length, squared_speeds
from gan_cli.metrics.restoration import MOST_DECIBELS
from gan_cli.metrics.segmentation import mean_iou
from gan_cli.metrics.two_samples import classifier_test, kernel_test, mean_difference, variance_difference
from gan_cli.metrics.undefined import Undefined


def some(count: int, width: int = 8) -> Tensor:
    """Rows of noise, which differ from each other."""
    return torch.randn(count, width, generator=torch.Generator().manual_seed(count))


CASES: dict[str, tuple[Tensor, Tensor]] = {
    "none": (some(0), some(50)),
    "one": (some(1), some(50)),
    "one real": (some(50), some(1)),
    "two": (some(2), some(2)),
    "three": (some(3), some(3)),
    "five": (some(5), some(5)),  # as many as the neighbours that density looks for
    "all made the same": (some(1).repeat(50, 1), some(50)),
    "all real the same": (some(50), some(1).repeat(50, 1)),
    "all the same": (some(1).repeat(50, 1), some(1).repeat(50, 1)),
    "nothing but zeros": (torch.zeros(50, 8), torch.zeros(50, 8)),
    "one feature": (some(50, 1), some(49, 1)),
    "constant features": (torch.cat([some(50), torch.ones(50, 4)], dim=1),) * 2,
    "enormous": (1e18 * some(50), 1e18 * some(49)),
}
"""Features of generated and of real images."""


def classes_of(features: Tensor) -> Tensor:
    return torch.arange(len(features)) % 2


MEASURES: dict[Callable[..., Any], Callable[[Tensor, Tensor], Any]] = {
    frechet_distance: frechet_distance,
    gaussian_distance: lambda made, real: gaussian_distance(gaussian_of(made), gaussian_of(real)),
    kernel_distance: kernel_distance,
    inception_score: lambda made, real: inception_score(made),
    precision_recall: lambda made, real: precision_recall(real, made),
    density_coverage: lambda made, real: density_coverage(real, made),
    coverage: lambda made, real: coverage(real, made),
    mean_distance: lambda made, real: mean_distance(made),
    relative_diversity: relative_diversity,
    within_class_spread: lambda made, real: within_class_spread(made, classes_of(made), 3),
    nearest_distance: nearest_distance,
    count_modes: lambda made, real: count_modes(made, real, 1.0),
    class_modes: lambda made, real: class_modes(made.argmax(1), 8),
    path_length: lambda made, real: path_length(squared_speeds(made, made.flip(0))),
    memorisation: lambda made, real: memorisation(*(nearest(x, [real], 3).distances[:, 0] for x in (made, real))),
    linear_probe: lambda made, real: linear_probe(made, classes_of(made), real, classes_of(real)),
    chosen_strength: lambda made, real: linear_probe(made, classes_of(made) * 0, real, classes_of(real)),  # one class
    accuracy: lambda made, real: _learned(made),
    mean_difference: mean_difference,
    variance_difference: variance_difference,
    kernel_test: kernel_test,
    classifier_test: classifier_test,
    mean_iou: lambda made, real: mean_iou(_confused(made, real)),
}
"""How each public measure is asked for its numbers."""


def _confused(made: Tensor, real: Tensor) -> Tensor:
    """How often which column is the largest of a row of the first where which is of the second, [8, 8]."""
    there, taken = (rows[: min(len(made), len(real))].argmax(1) % 8 for rows in (made, real))
    return (8 * there + taken).bincount(minlength=64).reshape(8, 8)


def _learned(made: Tensor) -> float:
    """The accuracy of a classifier of images of one pixel, each made of a row's first number."""
    images = (made[:, :1, None, None].clamp(-1, 1) * 127 + 128).to(torch.uint8).repeat(1, 3, 1, 1)
    network = train_classifier(images, classes_of(images), steps=2, num_classes=2, width=4)
    assert classify(network, images).features.isfinite().all()
    return accuracy(network, images, classes_of(images))


OF_THINGS = (
    "attribute_editing",
    "captioned_digits",
    "captions",
    "frontal_faces",
    "music",
    "music_baselines",
    "solids",
    "videos",
)
"""Modules whose measures are of notes, voxels, frames, words, faces and attributes and not of features; they have
tests of their own."""


def public_measures() -> Iterator[Callable[..., Any]]:
    """The functions of the metrics' modules that give nothing but numbers, one of which is no count."""
    for module in (
        import_module(f"{metrics.__name__}.{found.name}")
        for found in pkgutil.iter_modules(metrics.__path__)
        if found.name not in OF_THINGS
    ):
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                given = get_type_hints(function).get("return")
                parts = list(get_type_hints(given).values()) or [*get_args(given)] if isinstance(given, type) else []
                if given is float or given == tuple[float, float] or (float in parts and {*parts} <= {int, float}):
                    yield function


def test_every_measure_is_walked_through() -> None:
    assert {*public_measures()} == MEASURES.keys()


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.__name__)
@pytest.mark.parametrize("case", CASES)
def test_a_measure_is_a_finite_number_or_a_line(case: str, measure: Callable[..., Any]) -> None:
    try:
        found = MEASURES[measure](*CASES[case])
    except Undefined as reason:
        found = len(str(reason).splitlines())
    numbers = found if isinstance(found, tuple) else (found,)
    assert all(map(isfinite, numbers)), found


def test_what_is_undefined_says_what_it_takes() -> None:
    with pytest.raises(Undefined, match=r"^too few images \(3\), it takes 4 or more$"):
        kernel_distance(some(3), some(50))
    with pytest.raises(Undefined, match=r"^the real images are all the same$"):
        relative_diversity(some(50), some(1).repeat(50, 1))
    with pytest.raises(Undefined, match=r"^the features of 1 of 2 images are not finite$"):
        nearest(torch.tensor([[0.0], [torch.nan]]), [torch.zeros(3, 1)], 1)


def test_copies_are_at_no_distance_however_they_were_rounded() -> None:
    """The features of one image differ a little from batch to batch."""
    real = some(1, 128).abs().repeat(50, 1)
    made = real * (1 + 3e-7)
    assert distances(made, real).max() == 0
    assert precision_recall(real, made) == (1, 1)
    assert density_coverage(real, made) == (10, 1)  # 50 in each ball of 5 neighbours
    assert precision_recall(real, made + 1) == density_coverage(real, made + 1) == (0, 0)
    assert mean_distance(torch.cat([real, made])) == 0


def pictures(size: int) -> dict[str, tuple[Tensor, Tensor]]:
    """Images beside their targets; of large ones a single grey one."""
    shape = (2, 3, size, size) if size < 100 else (1, 1, size, size)
    black, white = torch.zeros(shape, dtype=torch.uint8), torch.full(shape, 255, dtype=torch.uint8)
    noise = torch.randint(256, shape, generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    return {
        "the same": (noise, noise),
        "both black": (black, black),
        "both white": (white, white),
        "black and white": (black, white),
        "negative": (noise, 255 - noise),
    }


@pytest.mark.parametrize("size", [1, 10, 11, 31, 176])
def test_a_measure_of_pairs_is_a_finite_number_for_each_or_is_left_out(size: int) -> None:
    measures, left_out = pairs.measures(size)
    assert measures.keys() | {line.partition(":")[0] for line in left_out} == {
        "mae",
        "psnr",
        "ssim",
        "ms_ssim",
        "lpips",
        "lite0",
    }
    for made, wanted in pictures(size).values():
        for measure in measures.values():
            found = measure(made, wanted)
            assert found.shape == (len(made),)
            assert found.isfinite().all()


def test_what_pairs_can_have_ends_at_copies_and_at_small_images() -> None:
    measures, _ = pairs.measures(2)
    assert measures["psnr"](*pictures(2)["the same"]).tolist() == [MOST_DECIBELS] * 2
    assert "ms_ssim" not in pairs.measures(175)[0]
    assert "lpips: left out, AlexNet wants 31 pixels and these images have 30" in pairs.measures(30)[1]
