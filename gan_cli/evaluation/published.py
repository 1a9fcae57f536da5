"""FID against statistics that somebody else has computed and published: a mean and a covariance of features."""

from pathlib import Path

from gan_cli.errors import UserError
from gan_cli.evaluation.kept import features_of
from gan_cli.evaluation.measuring import scored
from gan_cli.evaluation.scores import Protocol, Scores
from gan_cli.evaluation.sides import Side
from gan_cli.metrics.distances import Gaussian, gaussian_distance, gaussian_of
from gan_cli.metrics.feature_networks import FeatureNetwork, FeatureRows
from gan_cli.metrics.features import Inception

CAUTION = (
    "FID: mu and sigma do not say which network and which resizing made them; with others than those of the other side "
    "it means nothing"
)


def by_statistics(ours: Side, theirs: Side, network: FeatureNetwork | None, metrics: set[str], folder: Path) -> Scores:
    """The table of two sides, of at least one of which only the statistics of its features are known: FID alone.

    Args:
        ours: The side judged.
        theirs: The real side.
        network: Makes the features of images; None if both are statistics.
        metrics: Names of the measures asked for.
        folder: Where features are kept.

    Raises:
        UserError: If FID is not asked for, or the features differ in number.
    """
    if "fid" not in metrics:
        raise UserError(f"metrics: of statistics alone only fid can be had, and not {', '.join(sorted(metrics))}")
    first, second = (_known(side, network, folder) for side in (ours, theirs))
    _check_width(ours, theirs, first, second, network)
    protocol = Protocol(
        network.name if network else "those of the statistics",
        network.weights if network else "unknown network",
        None,
        network.resize if network else "unknown",
        ours.images.total if ours.images else 0,
        theirs.images.total if theirs.images else 0,
        theirs.origin,
        "none, there are statistics alone",
        "as they are" if ours.images else ours.origin,
    )
    left_out = ["all other scores: left out, statistics alone give FID and no more"] * bool(metrics - {"fid"})
    scores = scored({"fid": gaussian_distance(first, second)}, {})
    return Scores(
        f"{ours.origin} beside {theirs.origin}", protocol, scores, (*left_out, *ours.taken, *theirs.taken, CAUTION)
    )


def distance_to_published(
    ours: Side, theirs: Side, made: FeatureRows, real: FeatureRows, network: FeatureNetwork
) -> tuple[float | None, list[str]]:
    """FID where images come with statistics, which are those of a larger set, and what is to be said of it.

    They are taken for inception's features alone: so guided-diffusion's authors compare with their reference batches.
    """
    published = [side for side in (ours, theirs) if side.gaussian]
    if not published:
        return None, []
    names = " and ".join(side.origin for side in published)
    first = _fitting(ours.gaussian, made, network)
    second = _fitting(theirs.gaussian, real, network)
    if first is None and second is None:
        return None, [f"mu, sigma of {names}: not used, they are not known to be of {network.name}'s features"]
    value = gaussian_distance(first or gaussian_of(made.features), second or gaussian_of(real.features))
    return value, [f"FID: by mu and sigma of {names}, the other scores by its images", CAUTION]


def _fitting(gaussian: Gaussian | None, rows: FeatureRows, network: FeatureNetwork) -> Gaussian | None:
    fits = gaussian is not None and isinstance(network, Inception) and len(gaussian.mean) == rows.features.shape[1]
    return gaussian if fits else None


def _known(side: Side, network: FeatureNetwork | None, folder: Path) -> Gaussian:
    if side.images is None or network is None:
        assert side.gaussian is not None
        return side.gaussian
    return gaussian_of(features_of(side.images, network, folder).features)


def _check_width(ours: Side, theirs: Side, first: Gaussian, second: Gaussian, network: FeatureNetwork | None) -> None:
    here, there = len(first.mean), len(second.mean)
    if here == there:
        return
    said = " and ".join(
        f"{network.name} makes {width:,}"
        if side.images and network
        else f"{side.origin} has statistics of {width:,} features"
        for side, width in ((ours, here), (theirs, there))
    )
    raise UserError(f"evaluate: {said}; take the network that made the statistics (inception for 2,048)")
