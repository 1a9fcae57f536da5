"""How likely held-out codes are, beside what is known of them without looking at the others of an image."""

from collections.abc import Mapping
from math import log
from typing import NamedTuple

import torch
from torch import Tensor

from gan_cli.metrics.codes import counts_of, perplexity, unused_share
from gan_cli.metrics.row_table import Kind, OwnMeasures, RowTable

KINDS = {
    "nll": Kind("nats a code", "lower"),
    "bits": Kind("bits an image", "lower"),
    "code_perplexity": Kind("perplexity", "none"),
    "used_codes": Kind("codes used", "none"),
}
"""What is measured, by the names that loggers and `--monitor` know."""
OWN = OwnMeasures(KINDS, things=1000)
STRENGTHS = tuple(2.0**power for power in range(-2, 13))
"""So many codes drawn like those of all places are put to those counted at a place; the likeliest number is taken."""


class Compared(NamedTuple):
    """What is compared.

    Attributes:
        told: Logarithms of how likely the model finds the codes of held-out images, [N, L].
        codes: These codes, int64 [N, L].
        made: The codes of made images, int64 [M, L].
        counts: How often each code stands at each place of training images, [L, K].
    """

    told: Tensor
    codes: Tensor
    made: Tensor
    counts: Tensor


def everywhere(counts: Tensor) -> Tensor:
    """How likely each code is, wherever it stands, [K]; one that was never seen as if it had been once.

    Args:
        counts: See `Compared`.
    """
    sums = counts.sum(0) + 1
    return sums / sums.sum()


def by_place(counts: Tensor) -> Tensor:
    """How likely each code is at each place, [L, K], of counts and of what codes are `everywhere`.

    How much of the second is put to the first is what makes each of the counted codes likeliest by the others.

    Args:
        counts: See `Compared`.
    """
    shares = everywhere(counts)
    rows = counts.sum(1, keepdim=True)

    def left_out(strength: float) -> float:
        others = (counts - 1).clamp(min=0) + strength * shares
        return float((counts * (others / (rows - 1 + strength).clamp(min=1e-6)).log()).sum())

    strength = max(STRENGTHS, key=left_out) if float(rows.max()) > 1 else 1.0
    return (counts + strength * shares) / (rows + strength)


def nats(likely: Tensor, codes: Tensor) -> Tensor:
    """Minus the mean logarithm of how likely codes [N, L] are, by place [L, K] or everywhere [K]; a scalar."""
    table = likely.expand(codes.shape[1], -1)
    return -table.log().gather(1, codes.t()).mean()


def compared(found: Compared, of: str) -> RowTable:
    """The model beside the shares of codes at each place and everywhere, and the codes of made images beside real ones.

    Args:
        found: See there.
        of: The set and its part, in words.
    """
    places, num_codes = found.counts.shape
    told = {
        "the transformer": float(-found.told.mean()),
        "their shares at each place": float(nats(by_place(found.counts), found.codes)),
        "their shares everywhere": float(nats(everywhere(found.counts), found.codes)),
        "all alike": log(num_codes),
    }
    rows: dict[str, list[float | None]] = {
        name: [number, number * places / log(2), None, None] for name, number in told.items()
    }
    rows["the transformer"][2:] = _use(found.made, num_codes)
    rows["the held-out images' own"] = [None, None, *_use(found.codes, num_codes)]
    seen = int(found.counts.sum(1).max())
    notes = (
        f"of {len(found.codes):,} images, {places} codes each, of {num_codes:,}; shares are those in {seen:,} training "
        "images",
        f"perplexity and codes used: of {len(found.made):,} made images, made into codes again, and of held-out ones",
    )
    return RowTable(f"{of}: how likely codes are", KINDS, rows, notes)


def summary(told: Tensor, codes: Tensor, counts: Tensor) -> Mapping[str, Tensor]:
    """The first rows' nats a code, by name."""
    return {
        "nll": -told.mean(),
        "nll_by_place": nats(by_place(counts), codes),
        "nll_everywhere": nats(everywhere(counts), codes),
    }


def _use(codes: Tensor, num_codes: int) -> list[float | None]:
    counts = counts_of(codes, num_codes)
    return [float(perplexity(counts)), num_codes - round(float(unused_share(counts)) * num_codes)]


def log_likelihoods(logits: Tensor, codes: Tensor) -> Tensor:
    """Logarithms of how likely codes [N, L] are by logits [N, L, K], in float32 at least, [N, L]."""
    kind = torch.promote_types(logits.dtype, torch.float32)
    return logits.to(kind).log_softmax(2).gather(2, codes[:, :, None])[:, :, 0]
