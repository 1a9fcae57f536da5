"""The plots of `benchmarks/likelihood.py`."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from benchmarks.theory import panels

SHOWN = 20
"""Digits in a row."""


def draw_points(shown: Mapping[str, Mapping[str, Any]]) -> Figure:
    """Samples of what has learned each set of points, a row for each set."""
    columns = max(map(len, shown.values()))
    figure = Figure(figsize=(2.25 * columns, 2.25 * len(shown)), dpi=100, layout="constrained")
    axes = figure.subplots(len(shown), columns, squeeze=False)
    for row, (name, sets) in zip(axes, shown.items(), strict=True):
        reach = 1.15 * max(abs(next(iter(sets.values()))).max(), 0.1)
        for place, (title, points) in zip(row, sets.items(), strict=False):
            place.plot(points[:, 0], points[:, 1], "k.", markersize=1, alpha=0.4)
            place.set(xlim=(-reach, reach), ylim=(-reach, reach), xticks=[], yticks=[], aspect="equal")
            place.set_title(f"{name}: {title}" if title == "the set itself" else title, fontsize="small")
    return figure


def draw_dimensions(columns: Sequence[Sequence[float]]) -> Figure:
    """How far the two densities are from the truth, by the dimensions: in all, and for each dimension."""
    dimensions, mixture, kernel = columns
    figure, left, right = panels()
    for name, values, style in (("kernel density", kernel, "C3o-"), ("mixture of two Gaussians, EM", mixture, "C0^-")):
        left.plot(dimensions, values, style, label=name)
        each = [value / count for value, count in zip(values, dimensions, strict=True)]
        right.plot(dimensions, each, style, label=name)
    left.set(title="KL from the truth after 1,000 points, nats", yscale="log")
    right.set(title="The same for each dimension")
    for axes in (left, right):
        axes.set(xlabel="dimensions", xscale="log")
        axes.set_xticks(dimensions, [str(number) for number in dimensions])
        axes.minorticks_off()
        axes.legend(loc="upper left")
    return figure


def draw_digits(shown: Mapping[str, Any]) -> Figure:
    """A row of samples for everything that has learned the digits."""
    figure = Figure(figsize=(9, 0.42 * len(shown)), dpi=100)
    axes = figure.subplots(len(shown), SHOWN, squeeze=False)
    figure.subplots_adjust(0.24, 0.01, 0.995, 0.99, 0.08, 0.08)
    for row, (title, images) in zip(axes, shown.items(), strict=True):
        for place, image in zip(row, images, strict=False):
            place.imshow(image.reshape(8, 8), cmap="gray", vmin=0, vmax=1)
            place.set_axis_off()
        row[0].text(-0.3, 0.5, title, transform=row[0].transAxes, ha="right", va="center", fontsize="small")
    return figure
