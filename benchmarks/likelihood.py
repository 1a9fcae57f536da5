"""Densities beside GANs: a Gaussian mixture by EM and a kernel density, on points, with dimensions, and on digits.

    python -m benchmarks.likelihood [--folder checkpoints/bench] [--docs docs]

A density can be asked how likely held-out things are, and how far it is from the truth where that is known; a GAN can
only be sampled. Its row on the sets of points is by a kernel density of its samples (a Parzen window, Goodfellow et al.
2014, section 5), which says as much of the window as of the GAN (Theis et al. 2016, arXiv:1511.01844).

The GANs are trained by `gan fit`; the command can be stopped and called again. Its plots are for docs/theory.md.
"""

from collections.abc import Callable, Iterator
from math import log
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KernelDensity
from torch import Tensor
from torch.nn.functional import interpolate

from benchmarks import likelihood_plots as plots
from benchmarks import runs
from gan_cli import data
from gan_cli.data.images.sources import digits
from gan_cli.data.points.mixtures import Modes
from gan_cli.inference.api import TrainedGAN
from gan_cli.metrics.distances import density_coverage, nearest_distance
from gan_cli.metrics.two_samples import Significance, classifier_test

Rows = NDArray[Any]
"""Things as numbers, float64 [N, D]."""

COMPONENTS = {"Ring8": 8, "Grid25": 25, "SwissRoll": 20}
"""Gaussians of the mixture, by the set of points."""
POINTS = 5_000
"""Points to learn from, and as many held out."""
DIMENSIONS = (1, 2, 4, 8, 16, 32, 64)
LEVELS = 17
"""Grey levels of the digits."""


class Density(NamedTuple):
    """What has learned a distribution.

    Attributes:
        name: What tables call it.
        samples: Gives so many things, [N, D].
        log_density: The logarithm of its density at things [N, D], in nats, [N]; None where it has none.
    """

    name: str
    samples: Callable[[int], Rows]
    log_density: Callable[[Rows], Rows] | None = None


def mixture(points: Rows, components: int, floor: float = 1e-6) -> Density:
    """A mixture of Gaussians with full covariances, by expectation maximisation, the best of three starts.

    Args:
        points: [N, D].
        components: How many Gaussians.
        floor: Added to the variances, so that none vanishes.
    """
    fitted = GaussianMixture(components, n_init=3, reg_covar=floor, random_state=0).fit(points)
    return Density("Gaussian mixture", lambda count: fitted.sample(count)[0], fitted.score_samples)


def kernel_density(points: Rows, bandwidth: float | None = None) -> Density:
    """A Gaussian on each point, as wide as left-out points like it best if no bandwidth is given."""
    fitted = exact(bandwidth or best_bandwidth(points)).fit(points)
    return Density("kernel density", lambda count: fitted.sample(count, random_state=0), fitted.score_samples)


def best_bandwidth(points: Rows, folds: int = 3, most: int = 2_000) -> float:
    """The bandwidth under which left-out points are likeliest, of sixteen between 0.01 and 1 of the points' spread."""
    spread = float(points.std(axis=0).mean())
    grid = {"bandwidth": spread * np.logspace(-2, 0, 16)}
    some = points[np.random.default_rng(0).permutation(len(points))[:most]]
    return float(GridSearchCV(exact(), grid, cv=folds).fit(some).best_params_["bandwidth"])


def exact(bandwidth: float = 1.0) -> KernelDensity:
    """scikit-learn's kernel density without its tree, whose sums are wrong in many dimensions (by 4 nats in 64)."""
    return KernelDensity(bandwidth=bandwidth, leaf_size=1_000_000)


def true_log_density(modes: Modes, points: Rows) -> Rows:
    """The logarithm of the density of equally likely round Gaussians of the plane, in nats, [N]."""
    squares = torch.cdist(torch.from_numpy(points).double(), modes.centres.double()).square()
    exponents = -squares / (2 * modes.deviation**2)
    constant = log(len(modes.centres)) + log(2 * torch.pi * modes.deviation**2)
    found: Rows = (exponents.logsumexp(1) - constant).numpy()
    return found


def divergence(modes: Modes, density: Callable[[Rows], Rows], reach: float = 6, step: float = 0.4) -> float:
    """KL(p || q), the integral of p log(p / q) in nats, by its definition: a sum over a grid of all places p reaches.

    Args:
        modes: p; its modes are so far apart that their squares do not overlap.
        density: The logarithm of q.
        reach: Half the side of the square around each mode, in deviations.
        step: Between two places of the grid, in deviations.
    """
    line = modes.deviation * torch.arange(-reach, reach + step / 2, step)
    square = torch.cartesian_prod(line, line)
    places = (modes.centres[:, None] + square).flatten(0, 1).double().numpy()
    log_p = true_log_density(modes, places)
    cell = (step * modes.deviation) ** 2
    return float((np.exp(log_p) * (log_p - density(places))).sum() * cell)


# Sets of points


def gans() -> dict[str, runs.Run]:
    """The runs whose samples are compared, by data set."""
    short = {"trainer.max_steps": 4_000, "model.schedule_kimg": 1_024}
    found = {
        name: runs.Run(f"R3GAN, {name}", "r3gan_grid25.yaml", "likelihood", name, settings=short, in_float32=True)
        for name in COMPONENTS
    }
    small = {"data.image_size": 16, "model.base_channels": 256, "trainer.max_steps": 6_000}
    found["Digits"] = runs.Run("GAN, Digits", "gan.yaml", "likelihood", settings=small, in_float32=True)
    return found


def trained(name: str, folder: Path) -> TrainedGAN | None:
    """The GAN of a data set, if it has been trained."""
    for _, standing in runs.trained([gans()[name]], folder):
        return TrainedGAN(standing.checkpoint)
    return None


def of_points(name: str, folder: Path) -> tuple[Modes | None, Rows, list[Density]]:
    """A set of points: its modes, if it has any; held-out points; and what has learned it, the truth first."""
    module = getattr(data, name)(num_points=POINTS)
    train, held_out, others = (module.make(POINTS, seed).points.double().numpy() for seed in (0, 1, 2))
    modes: Modes | None = module.modes
    truth = (lambda places: true_log_density(modes, places)) if modes else None
    learned = [
        Density("the set itself", lambda count: others[:count], truth),
        mixture(train, COMPONENTS[name]),
        kernel_density(train),
    ]
    if (gan := trained(name, folder)) is not None:
        made = gan.sample(POINTS, batch_size=500).double().numpy()
        window = kernel_density(made, best_bandwidth(made))
        learned.append(Density("GAN", lambda count: made[:count], window.log_density))
    return modes, held_out, learned


def points_table(folder: Path) -> tuple[Table, dict[str, dict[str, Rows]]]:
    """The sets of points in numbers, and samples of each to draw."""
    table = Table("", "", "held-out log-likelihood", "KL(p || q)", "classifier two-sample test")
    shown: dict[str, dict[str, Rows]] = {}
    for name in COMPONENTS:
        modes, held_out, learned = of_points(name, folder)
        for each in learned:
            samples = each.samples(2_500)
            shown.setdefault(name, {})[each.name] = samples
            likely = f"{each.log_density(held_out).mean():.3f}" if each.log_density else ""
            apart = f"{divergence(modes, each.log_density):.3f}" if modes and each.log_density else ""
            table.add_row(name, each.name, likely, apart, told_apart(samples, held_out[:2_500]))
        table.add_section()
    return table, shown


def told_apart(first: Rows, second: Rows) -> str:
    """The classifier two-sample test in a cell."""
    return in_words(classifier_test(torch.from_numpy(first), torch.from_numpy(second)))


def in_words(found: Significance) -> str:
    """An accuracy with its p-value."""
    return f"{found.value:.3f} (p {'< 0.001' if found.p_value < 0.001 else f'= {found.p_value:.3f}'})"


# Dimensions


class WithDimension(NamedTuple):
    """What 1,000 points teach in D dimensions.

    Attributes:
        dimensions: D.
        mixture: KL(p || mixture of two Gaussians), estimated on held-out points, in nats.
        kernel: KL(p || kernel density).
    """

    dimensions: int
    mixture: float
    kernel: float


def with_dimension(dimensions: int, count: int = 1_000, held_out: int = 2_000) -> WithDimension:
    """The two densities after `count` points of two unit Gaussians, 4 apart on the first axis."""
    random = np.random.default_rng(dimensions)
    centre = 2 * np.eye(dimensions)[0]
    sides = random.choice([-1, 1], (count + held_out, 1))
    points = sides * centre + random.standard_normal((count + held_out, dimensions))
    train, test = points[:count], points[count:]
    both = [-((test - side * centre) ** 2).sum(1) / 2 for side in (-1, 1)]
    truth = float((np.logaddexp(*both) - log(2) - dimensions / 2 * log(2 * np.pi)).mean())
    two, kernel = mixture(train, 2), kernel_density(train)
    assert two.log_density
    assert kernel.log_density
    return WithDimension(
        dimensions,
        truth - float(two.log_density(test).mean()),
        truth - float(kernel.log_density(test).mean()),
    )


# Digits


def as_rows(images: Tensor, seed: int) -> Rows:
    """Images uint8 [N, 1, H, W] as 8x8 pixels in [0, 1], float64 [N, 64], each grey level spread over its share."""
    small = interpolate(images.double(), (8, 8), mode="area").flatten(1)
    noise = torch.rand(small.shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    rows: Rows = ((small / 255 * (LEVELS - 1) + noise) / LEVELS).numpy()
    return rows


def in_subspace(train: Rows, dimensions: int, components: int = 20) -> Density:
    """A mixture in the space of the first principal components; as an image it has no density in all pixels."""
    plane = PCA(dimensions, random_state=0).fit(train)
    learned = mixture(plane.transform(train), components, floor=1e-4)
    return Density(f"mixture, {dimensions} dimensions", lambda count: plane.inverse_transform(learned.samples(count)))


def of_digits(train: Rows, folder: Path) -> Iterator[Density]:
    """What has learned the digits."""
    for components in (1, 10, 20):
        yield mixture(train, components, floor=1e-3)._replace(name=f"mixture of {components}, all pixels")
    for dimensions in (8, 16, 32):
        yield in_subspace(train, dimensions)
    yield kernel_density(train)
    if (gan := trained("Digits", folder)) is not None:
        yield Density("GAN", lambda count: as_rows(gan.sample(count, batch_size=500), seed=2))


def digits_table(folder: Path) -> tuple[Table, dict[str, Rows]]:
    """The digits in numbers, and samples to draw."""
    train, held_out = (as_rows(digits(part, 16).images, seed=int(part)) for part in (True, False))
    count = len(held_out)
    real, learned_from = torch.from_numpy(held_out), torch.from_numpy(train)
    usual = nearest_distance(real, learned_from)
    table = Table("", "log-likelihood, learned", "held out", "classifier two-sample test", "coverage", "nearest")
    some = np.random.default_rng(0).permutation(len(train))[:count]
    shown = {}
    for each in (Density("training digits", lambda _: train[some]), *of_digits(train, folder)):
        samples = each.samples(count)
        made = torch.from_numpy(samples)
        likely = [f"{each.log_density(rows).mean():.1f}" if each.log_density else "" for rows in (train, held_out)]
        covered = density_coverage(real, made).diversity
        near = nearest_distance(made, learned_from) / usual
        table.add_row(each.name, *likely, told_apart(samples, held_out), f"{covered:.2f}", f"{near:.2f}")
        shown[each.name] = samples[np.random.default_rng(1).permutation(count)]
    return table, shown


def main() -> None:
    parser = runs.parser(__doc__, minutes=8, root=False)
    parser.add_argument("--docs", type=Path, default=Path(__file__).parent.parent / "docs", help="for the pictures")
    options = parser.parse_args()
    runs.train(list(gans().values()), options.folder, jobs=options.jobs, minutes=options.minutes)
    console = Console(width=120)
    table, points = points_table(options.folder)
    console.print(table)
    plots.draw_points(points).savefig(options.docs / "theory_densities.png")
    found = [with_dimension(dimensions) for dimensions in DIMENSIONS]
    table = Table("D", "KL, mixture of two", "KL, kernel density")
    for row in found:
        table.add_row(str(row.dimensions), f"{row.mixture:.3f}", f"{row.kernel:.3f}")
    console.print(table)
    plots.draw_dimensions([list(column) for column in zip(*found, strict=True)]).savefig(
        options.docs / "theory_dimensions.png"
    )
    table, images = digits_table(options.folder)
    console.print(table)
    plots.draw_digits(images).savefig(options.docs / "theory_digits.png")


if __name__ == "__main__":
    main()
