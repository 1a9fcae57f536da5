"""Each measure against an independent implementation, on the same features."""

import warnings
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest
import torch
from scipy import linalg
from torch import Tensor, nn
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.inception import InceptionScore
from torchmetrics.image.kid import poly_mmd

from gan_cli.media.pictures import to_float
from gan_cli.metrics import pairs
from gan_cli.metrics.distances import (
    density_coverage,
    frechet_distance,
    inception_score,
    kernel_distance,
    mean_distance,
    precision_recall,
)
from gan_cli.metrics.lite0 import Lite0
from gan_cli.metrics.path_length import path_length, squared_speeds
from gan_cli.metrics.perceptual import PerceptualDistance


@pytest.fixture(scope="module")
def features() -> tuple[Tensor, Tensor]:
    """Real and generated ones that overlap."""
    random = torch.Generator().manual_seed(0)
    mixing = torch.randn(16, 16, generator=random)
    real = torch.randn(400, 16, generator=random) @ mixing
    return real, (torch.randn(400, 16, generator=random) * 0.8 + 0.3) @ mixing


class Given(nn.Module):
    """Passes features off as images, for torchmetrics."""

    num_features = 16

    def forward(self, features: Tensor) -> Tensor:
        return features


def test_frechet_distance_against_torchmetrics_and_scipy(features: tuple[Tensor, Tensor]) -> None:
    real, fake = features
    metric = FrechetInceptionDistance(feature=Given(), input_img_size=cast(Any, (16,)), normalize=True).set_dtype(
        torch.float64
    )
    metric.update(real.double(), real=True)
    metric.update(fake.double(), real=False)
    found = frechet_distance(real, fake)
    assert found == pytest.approx(float(metric.compute()), rel=1e-6)
    a, b = real.double().numpy(), fake.double().numpy()
    covariances = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = linalg.sqrtm(covariances[0] @ covariances[1]).real
    other = np.square(a.mean(0) - b.mean(0)).sum() + np.trace(covariances[0] + covariances[1] - 2 * root)
    assert found == pytest.approx(other, rel=1e-9)


def test_frechet_distance_of_two_gaussian_clouds_has_its_closed_form() -> None:
    random = torch.Generator().manual_seed(0)
    first = torch.randn(200_000, 3, generator=random) * torch.tensor([1.0, 2.0, 3.0])
    second = torch.randn(200_000, 3, generator=random) * torch.tensor([2.0, 2.0, 1.0]) + torch.tensor([1.0, 0.0, -2.0])
    assert frechet_distance(first, second) == pytest.approx(5 + 1 + 0 + 4, rel=0.01)


def test_kernel_distance_against_torchmetrics(features: tuple[Tensor, Tensor]) -> None:
    real, fake = (part.double() for part in features)
    random = np.random.RandomState(2020)  # torch-fidelity's order of the subsets
    subsets = [(random.choice(400, 200, replace=False), random.choice(400, 200, replace=False)) for _ in range(100)]
    others = torch.stack([poly_mmd(fake[a], real[b]) for a, b in subsets])
    found = kernel_distance(fake, real)
    assert found.value == pytest.approx(float(others.mean()), rel=1e-9)
    assert found.deviation == pytest.approx(float(others.std(correction=0)), rel=1e-9)


def test_kernel_distance_of_real_to_real_is_nothing_but_chance(features: tuple[Tensor, Tensor]) -> None:
    real, _ = features
    found = kernel_distance(real[::2], real[1::2])
    assert abs(found.value) < 3 * found.deviation
    assert found.deviation > 0


def test_inception_score_against_torchmetrics() -> None:
    logits = torch.randn(500, 12, generator=torch.Generator().manual_seed(0)) * 3
    with warnings.catch_warnings(action="ignore"):
        metric = InceptionScore(feature=Given())
    with warnings.catch_warnings(action="ignore"), pytest.MonkeyPatch.context() as patch:
        order = torch.from_numpy(np.random.RandomState(2020).permutation(500))
        patch.setattr(torch, "randperm", lambda *_, **__: order)
        metric.features.append(logits.double())
        mean, deviation = metric.compute()
    found = inception_score(logits)
    assert found.value == pytest.approx(float(mean), rel=1e-6)
    assert found.deviation == pytest.approx(float(deviation * (9 / 10) ** 0.5), rel=1e-6)


def _distances(a: Tensor, b: Tensor) -> Any:
    return np.linalg.norm(a.double().numpy()[:, None] - b.double().numpy()[None], axis=2)


def test_neighbourhoods_against_the_papers_in_numpy(features: tuple[Tensor, Tensor]) -> None:
    real, fake = features
    between = _distances(real, fake)

    def radii(points: Tensor, k: int) -> Any:
        return np.sort(_distances(points, points), axis=1)[:, k]

    precision = (between <= radii(real, 3)[:, None]).any(axis=0).mean()
    recall = (between <= radii(fake, 3)[None, :]).any(axis=1).mean()
    assert precision_recall(real, fake) == pytest.approx((precision, recall), rel=1e-7)
    inside = between < radii(real, 5)[:, None]
    density, coverage = inside.sum(axis=0).mean() / 5, (between.min(axis=1) < radii(real, 5)).mean()
    assert density_coverage(real, fake) == pytest.approx((density, coverage), abs=1e-12)


def test_neighbourhoods_tell_fidelity_from_diversity() -> None:
    random = torch.Generator().manual_seed(0)
    real, copies = torch.randn(600, 8, generator=random), torch.randn(3, 8, generator=random) * 0.1
    collapsed = copies.repeat(200, 1) + 1e-3 * torch.randn(600, 8, generator=random)
    for measure in (precision_recall, density_coverage):
        fidelity, diversity = measure(real, collapsed)
        assert fidelity > 0.9
        assert diversity < 0.1


def test_mean_distance_is_that_of_pairs() -> None:
    points = torch.randn(4000, 6, generator=torch.Generator().manual_seed(0))
    assert mean_distance(points) == pytest.approx(float(torch.pdist(points).mean()), rel=0.02)


def test_path_length_against_torchmetrics() -> None:
    """Of a linear generator, on lines; torchmetrics takes the step at the beginning of each walk."""
    from torchmetrics.functional.image import perceptual_path_length

    random = torch.Generator().manual_seed(0)
    latents = torch.randn(2000, 5, generator=random).double()
    ends = iter([latents[::2], latents[1::2]])
    matrix = torch.randn(5, 3, 8, 8, generator=random).double()

    class Linear(nn.Module):
        def sample(self, count: int) -> Tensor:
            return next(ends)

        def forward(self, places: Tensor) -> Tensor:
            return torch.einsum("nz,zchw->nchw", places, matrix) + 127

    class Squares(nn.Module):
        def forward(self, a: Tensor, b: Tensor) -> Tensor:
            return (a - b).square().flatten(1).sum(1)

    mean, _, _ = perceptual_path_length(
        cast(Any, Linear()), 1000, batch_size=1000, interpolation_method="lerp", resize=None, sim_net=Squares()
    )
    places = latents[::2], torch.lerp(latents[::2], latents[1::2], 1e-4)
    here, there = (torch.einsum("nz,zchw->nchw", part, matrix).flatten(1) * 2 / 255 for part in places)
    assert path_length(squared_speeds(here, there)) == pytest.approx(float(mean), rel=1e-6)


@pytest.fixture(scope="module")
def pictures() -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(0)
    wanted = torch.randint(0, 256, (2, 3, 176, 176), generator=random).float()
    wanted = nn.functional.avg_pool2d(wanted, 5, 1, 2)
    noise = 20 * torch.randn(wanted.shape, generator=random)
    return (wanted + noise).clamp(0, 255).to(torch.uint8), wanted.to(torch.uint8)


def test_pairs_against_numpy(pictures: tuple[Tensor, Tensor]) -> None:
    made, wanted = pictures
    measures, left_out = pairs.measures(176)
    a, b = (part.double().numpy() for part in pictures)
    assert measures["mae"](made, wanted).tolist() == pytest.approx(np.abs(a - b).mean((1, 2, 3)).tolist(), rel=1e-6)
    psnr = 10 * np.log10(255**2 / np.square(a - b).mean((1, 2, 3)))
    assert measures["psnr"](made, wanted).tolist() == pytest.approx(psnr.tolist(), rel=1e-5)
    similarity = measures["ssim"](made, wanted).tolist()
    assert similarity == pytest.approx([_ssim(x, y) for x, y in zip(a, b, strict=True)], rel=1e-4)
    assert measures["ms_ssim"](wanted, wanted).tolist() == pytest.approx([1, 1])
    assert measures["ms_ssim"](made, wanted).max() < 1
    assert [line.partition(":")[0] for line in left_out] == ["lpips"]
    assert measures["psnr"](wanted, wanted).tolist() == [100, 100]
    assert measures["lite0"](wanted, wanted).tolist() == [0, 0]
    assert torch.equal(measures["lite0"](made, wanted), PerceptualDistance(Lite0())(to_float(made), to_float(wanted)))


def _ssim(a: Any, b: Any) -> float:
    """Wang et al. 2004, equation 13, with a Gaussian window of 11 pixels, mirrored at the border."""
    from scipy.ndimage import gaussian_filter

    def blurred(x: Any) -> Any:
        return gaussian_filter(x, (0, 1.5, 1.5), mode="mirror", truncate=5 / 1.5)

    means = blurred(a), blurred(b)
    variances = blurred(a * a) - means[0] ** 2, blurred(b * b) - means[1] ** 2
    covariance = blurred(a * b) - means[0] * means[1]
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    found = (2 * means[0] * means[1] + c1) * (2 * covariance + c2)
    found /= (means[0] ** 2 + means[1] ** 2 + c1) * (variances[0] + variances[1] + c2)
    return float(found.mean())


@pytest.mark.parametrize(("size", "missing"), [(8, {"ssim", "ms_ssim"}), (32, {"ms_ssim"})])
def test_measures_that_small_images_cannot_have_are_named(size: int, missing: set[str]) -> None:
    measures, left_out = pairs.measures(size)
    assert not missing & measures.keys()
    assert missing <= {line.partition(":")[0] for line in left_out}
    measure: Callable[[Tensor, Tensor], Tensor] = measures["mae"]
    assert measure(torch.zeros(1, 1, size, size), torch.ones(1, 1, size, size)).tolist() == [1]
