"""Scores with their protocol: numbers of different protocols cannot be compared."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from rich.table import Table

from gan_cli.metrics.row_table import Kind

ENOUGH = 10_000
"""From this many images on, a Frechet distance says more than a kernel distance; below, it is mostly bias."""

LEAST_P = 0.001
"""P-values below this are not printed as numbers; files have them."""

KINDS = {
    "fid": Kind("FID", "lower"),
    "kid": Kind("KID", "lower"),
    "inception_score": Kind("Inception Score", "higher"),
    "precision": Kind("precision", "higher"),
    "recall": Kind("recall", "higher"),
    "density": Kind("density", "higher"),
    "coverage": Kind("coverage", "higher"),
    "diversity": Kind("diversity / real", "1"),
    "classes": Kind("classes covered", "higher"),
    "kl_classes": Kind("KL over classes", "lower"),
    "means": Kind("difference of means", "lower"),
    "variances": Kind("difference of variances", "lower"),
    "mmd": Kind("squared MMD", "lower"),
    "c2st": Kind("classifier two-sample test", "lower"),
    "conditional_accuracy": Kind("conditional accuracy", "higher"),
    "ppl": Kind("perceptual path length", "lower"),
    "mae": Kind("mean absolute error / 255", "lower"),
    "psnr": Kind("PSNR in dB", "higher"),
    "ssim": Kind("SSIM", "higher"),
    "psnr_y": Kind("PSNR in dB on Y, border shaved", "higher"),
    "ssim_y": Kind("SSIM on Y, border shaved", "higher"),
    "ab": Kind("error of a and b (CIE L*a*b*)", "lower"),
    "chroma": Kind("chroma / real", "1"),
    "ms_ssim": Kind("MS-SSIM", "higher"),
    "lpips": Kind("LPIPS (alex)", "lower"),
    "mae_holes": Kind("mean absolute error / 255 in holes", "lower"),
    "psnr_holes": Kind("PSNR in dB in holes", "higher"),
    "miou": Kind("mIoU of the label maps read", "higher"),
    "lite0": Kind("perceptual distance (lite0)", "lower"),
}
"""Every measure, in the order they are shown; below 10,000 images KID goes first."""

BY_REQUEST = {"means", "variances", "mmd", "c2st"}
"""Measures of two samples that are taken only where they are named: of enough samples tests say no more than that no
generator is perfect, and they take seconds."""
FIELD = {
    "fid50k_full": Kind("FID (fid50k_full)", "lower"),
    "kid50k_full": Kind("KID (kid50k_full)", "lower"),
    "is50k": Kind("Inception Score (is50k)", "higher"),
}
"""Scores by the field's names, with the field's protocol; see `fifty_thousand`."""

OWN = "as said here; the field's is asked for by name: --metrics fid50k_full, is50k"
"""The protocol of the measures, in words."""
THE_FIELDS = "fid50k_full: 50,000 samples beside all training images, each once and none mirrored"
"""That of the scores by the field's names."""


class Protocol(NamedTuple):
    """How scores came about; those of different protocols are never compared.

    Attributes:
        features: The network that made the features.
        weights: The first digits of its weights' SHA-256.
        accuracy: For a classifier, the share of the test images whose class it gets right.
        resize: How images came to the network's size.
        num: Images that were judged; 0 where only statistics of their features are known.
        num_real: Real images that they were compared with; 0 likewise.
        real: Where the real images come from.
        floor: What the real-against-real column compares.
        made: How the judged images were made.
        things: What they are, if they are no images.
        kind: Whether it is the field's or our own, in words.
    """

    features: str
    weights: str
    accuracy: float | None
    resize: str
    num: int
    num_real: int
    real: str
    floor: str
    made: str
    things: str = "images"
    kind: str = OWN

    def lines(self) -> list[str]:
        """The protocol in words."""
        sure = "" if self.accuracy is None else f", accuracy {self.accuracy:.2%} on the test images"
        features = f"features: {self.features} ({self.weights}{sure})" if self.features else "features: none"
        lines = [f"{features}; resize: {self.resize}"] if self.features else [features]
        return [
            f"protocol: {self.kind}",
            *lines,
            f"{self.things}: {_counted(self.num)}, {self.made}",
            f"real: {_counted(self.num_real)}, {self.real}; real against real: {self.floor}",
        ]


class Score(NamedTuple):
    """One measure's number.

    Attributes:
        value: The number for the images judged.
        deviation: Its standard deviation, if that was estimated.
        floor: The same for real images, if there are two sets of them.
        p_value: Of a test, how likely such a number is where both sets come from one distribution.
        floor_p_value: The same for real images.
    """

    value: float
    deviation: float | None = None
    floor: float | None = None
    p_value: float | None = None
    floor_p_value: float | None = None


class Scores(NamedTuple):
    """A table of scores of one protocol.

    Attributes:
        title: Whose they are.
        protocol: How they came about.
        scores: By the measures' names.
        left_out: Which measures are missing, and why.
        direction: Which direction of a translator.
    """

    title: str
    protocol: Protocol
    scores: dict[str, Score]
    left_out: tuple[str, ...] = ()
    direction: str = ""

    def ordered(self) -> list[tuple[str, Score]]:
        """The scores as they are shown: KID before FID where there are few images."""
        first = "kid" if self.protocol.num < ENOUGH else "fid"
        order = [first, *(name for name in KINDS if name != first), *FIELD]
        return [(name, self.scores[name]) for name in order if name in self.scores]

    def values(self) -> dict[str, float]:
        """The bare numbers for loggers; deviations as `kid_deviation`, p-values as `mmd_p_value`."""
        found = {name: score.value for name, score in self.ordered()}
        spread = {f"{name}_deviation": s.deviation for name, s in self.ordered() if s.deviation is not None}
        tested = {f"{name}_p_value": s.p_value for name, s in self.ordered() if s.p_value is not None}
        return {**found, **spread, **tested}

    def as_dict(self) -> dict[str, Any]:
        """The content of metrics.json."""
        return {
            "title": self.title,
            "direction": self.direction,
            "protocol": self.protocol._asdict(),
            "scores": {name: score._asdict() for name, score in self.ordered()},
            "left_out": list(self.left_out),
        }

    def table(self) -> Table:
        """The scores as they are printed."""
        table = Table("", "score", "real against real", "better", title=self.title, title_justify="left")
        for column in table.columns[1:-1]:
            column.justify = "right"
        for name, score in self.ordered():
            kind = {**KINDS, **FIELD}[name]
            better = {"none": "", "1": "near 1"}.get(kind.better, kind.better)
            made = _number(score.value, score.deviation, score.p_value)
            table.add_row(kind.title, made, _number(score.floor, None, score.floor_p_value), better)
        return table

    def lines(self) -> list[str]:
        """The lines below the table."""
        return [*self.protocol.lines(), *self.left_out]


def chosen(names: Sequence[str] | None) -> set[str]:
    """The measures asked for; if None all of them but those `BY_REQUEST`."""
    return set(KINDS.keys() - BY_REQUEST if names is None else names)


def _counted(images: int) -> str:
    return f"{images:,}" if images else "statistics alone"


def _number(value: float | None, deviation: float | None = None, p_value: float | None = None) -> str:
    if value is None:
        return ""
    digits = "{:,.0f}" if float(value).is_integer() and abs(value) >= 1 else "{:.4f}" if abs(value) < 10 else "{:,.2f}"
    tested = "" if p_value is None else f" (p < {LEAST_P})" if p_value < LEAST_P else f" (p = {p_value:.3f})"
    return digits.format(value) + ("" if deviation is None else f" ± {digits.format(deviation)}") + tested
