"""What two-sample tests see: five sets of points that differ from Grid25 in one way each, and what each test says.

    python -m benchmarks.two_samples [--folder docs]

Its plot is for docs/theory.md.
"""

import argparse
from pathlib import Path
from typing import NamedTuple

import torch
from matplotlib.figure import Figure
from torch import Tensor

from gan_cli.data.points.mixtures import GRID25, mixture
from gan_cli.metrics.two_samples import (
    Significance,
    classifier_test,
    kernel_test,
    mean_difference,
    variance_difference,
)

POINTS = 2_000


class Verdicts(NamedTuple):
    """What the tests say of a set beside Grid25."""

    means: float
    variances: float
    kernel: Significance
    classifier: Significance


def sets(count: int = POINTS) -> dict[str, Tensor]:
    """Points of Grid25, and what differs from them in one way each, [N, 2]."""
    same, labels = mixture(GRID25, count, seed=5)
    more, of_more = mixture(GRID25, 2 * count, seed=6)
    noise = torch.randn(count, 2, generator=torch.Generator().manual_seed(0))
    return {
        "other points of the set": same,
        "five modes missing": more[of_more >= 5][:count],
        "half as wide": GRID25.centres[labels] + (same - GRID25.centres[labels]) / 2,
        "all moved by 0.1": same + 0.1,
        "one Gaussian of its mean and variance": same.mean(0) + same.std(0) * noise,
    }


def verdicts(points: Tensor, real: Tensor) -> Verdicts:
    """All tests of a set."""
    statistics = mean_difference(points, real), variance_difference(points, real)
    return Verdicts(*statistics, kernel_test(points, real), classifier_test(points, real))


def p_in_words(found: Significance) -> str:
    """A p-value for people."""
    return "p < 0.001" if found.p_value < 0.001 else f"p = {found.p_value:.3f}"


def draw(points: dict[str, Tensor], found: dict[str, Verdicts]) -> Figure:
    """Each set with what the two tests say of it."""
    figure = Figure(figsize=(2.4 * len(points), 3.0), dpi=100, layout="constrained")
    for place, (name, rows) in zip(figure.subplots(1, len(points)), points.items(), strict=True):
        place.plot(rows[:, 0], rows[:, 1], "k.", markersize=1, alpha=0.4)
        place.set(xlim=(-6, 6), ylim=(-6, 6), xticks=[], yticks=[], aspect="equal")
        place.set_title(name, fontsize="small")
        said = found[name]
        told = f"MMD: {p_in_words(said.kernel)}\nclassifier: {p_in_words(said.classifier)}"
        place.set_xlabel(told, fontsize="small")
    return figure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent.parent / "docs", help="for the picture")
    options = parser.parse_args()
    real, points = mixture(GRID25, POINTS, seed=1).points, sets()
    found = {name: verdicts(rows, real) for name, rows in points.items()}
    for name, said in found.items():
        tests = f"MMD {said.kernel.value:.5f} ({p_in_words(said.kernel)})"
        tests += f", classifier {said.classifier.value:.3f} ({p_in_words(said.classifier)})"
        print(f"{name}: means {said.means:.3f}, variances {said.variances:.3f}, {tests}")
    draw(points, found).savefig(options.folder / "theory_two_samples.png")


if __name__ == "__main__":
    main()
