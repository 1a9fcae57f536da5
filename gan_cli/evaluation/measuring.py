"""Real images as a network sees them, which scores are possible against them, and the table of those."""

from pathlib import Path
from typing import NamedTuple

from gan_cli.data import GANDataModule
from gan_cli.errors import UserError
from gan_cli.evaluation.collections import Collection, has_classes, lesson_of
from gan_cli.evaluation.kept import features_of
from gan_cli.evaluation.measures import Measured, Number, Values, measured, remarks
from gan_cli.evaluation.scores import Protocol, Score, Scores
from gan_cli.media.images import Images
from gan_cli.media.medium import Medium
from gan_cli.media.points import Points
from gan_cli.metrics.coordinates import Coordinates
from gan_cli.metrics.distances import Estimate
from gan_cli.metrics.feature_networks import FeatureNetwork, FeatureRows
from gan_cli.metrics.features import NONE_AT_HAND, Classifier, Inception, imagenet_at_hand, load_features
from gan_cli.metrics.two_samples import Significance

MOST = 50_000
"""At most this many images are judged unless another number is asked for."""
LEAST = 12
"""With fewer images than this, neighbours and subsets mean nothing."""
OF_PAIRS = frozenset({"mae", "psnr", "ssim", "psnr_y", "ssim_y", "ab", "chroma", "ms_ssim", "lpips", "lite0"})
"""Measures of each image beside the one that it should be."""
IN_HOLES = frozenset({"mae_holes", "psnr_holes"})
"""The same where nothing but holes is made: of their pixels alone, because the rest is known and flatters."""
OF_MAPS = frozenset({"miou"})
"""Measures of images that are made of label maps: of the maps that are read in them."""
BY_CLASSES = {"classes", "kl_classes", "conditional_accuracy"}
"""Measures that need the class of each image."""
FOLDER = Path("data/cache/metrics")
"""Where classifiers, inception's weights and real features are kept."""


class Real(NamedTuple):
    """Real images as a network sees them.

    Attributes:
        images: The images.
        rows: Their features.
        other: Features of more real images, to compare with the first; None if there are none.
        floor: What the other images are, in words.
    """

    images: Collection
    rows: FeatureRows
    other: FeatureRows | None
    floor: str


def usual_features(data: GANDataModule, folder: Path, weights: Path | None = None) -> str:
    """The name of the features to use unasked: a classifier's for labelled sets that are not natural and coloured.

    Raises:
        UserError: If there are neither classes nor the weights of a network that ImageNet has trained.
    """
    found = imagenet_at_hand(folder, weights)
    if has_classes(data) and not (is_natural(data) and found == "inception"):
        return "classifier"
    if found is None:
        raise UserError(f"features: {data.name} has no classes for a classifier, and {NONE_AT_HAND}")
    return found


def is_natural(data: GANDataModule) -> bool:
    """Whether the set holds natural coloured images, which inception was trained on."""
    return data.natural and data.facts.get("image_channels") == 3


def is_of(data: GANDataModule, kind: type[Medium]) -> bool:
    """Whether what is judged is of a kind: of pairs the targets, whatever they are made from; otherwise everything."""
    judged = [data.fields["target"]] if "target" in data.fields else data.fields.values()
    return all(isinstance(medium, kind) for medium in judged)


def features_for(data: GANDataModule, name: str | None, folder: Path, weights: Path | None = None) -> FeatureNetwork:
    """The feature network with this name, or the usual one; a classifier is trained on the data set.

    Points are compared in their own coordinates, if nothing else is asked for.

    Raises:
        UserError: If the network is not to be had.
    """
    if name is None and weights is not None:
        name = "inception"
    if name in ("inception", "lite0", "classifier") and not is_of(data, Images):
        raise UserError(f"features: {name} is for images, and {data.name} has none; take a TorchScript file")
    if name is None and is_of(data, Points):
        return Coordinates()
    name = usual_features(data, folder, weights) if name is None else name
    return load_features(name, folder, lesson_of(data) if name == "classifier" else None, weights)


def against_training(
    images: Collection, training: Collection, count: int, network: FeatureNetwork, folder: Path
) -> Real:
    """Held-out images, with training images for the floor: as many as are judged, or all of them."""
    others = training.some(count)
    floor = f"{others.total:,} of {training.origin}"
    return Real(images, features_of(images, network, folder), features_of(others, network, folder), floor)


def against_itself(images: Collection, network: FeatureNetwork, folder: Path) -> Real:
    """Real images without others to compare with: the floor is between two halves of them."""
    whole = features_of(images, network, folder)
    if images.total < 2 * LEAST:
        return Real(images, whole, None, "none, there are too few")
    return Real(images, whole, None, f"two disjoint halves, {images.total // 2:,} each")


def possible(
    wanted: set[str], network: FeatureNetwork, natural: bool, by_class: bool = True
) -> tuple[set[str], list[str]]:
    """The wanted measures that are possible, and why others are left out.

    Args:
        wanted: Names of the measures.
        network: Makes the features.
        natural: Whether the images are natural and coloured.
        by_class: Whether each image is made for a class.
    """
    wanted, left_out = wanted - OF_PAIRS - IN_HOLES - OF_MAPS, []
    if "inception_score" in wanted and not (isinstance(network, Inception) and natural):
        wanted = wanted - {"inception_score"}
        left_out.append("Inception Score: left out, it is for natural coloured images and features of inception")
    if not by_class:
        wanted = wanted - {"conditional_accuracy"}
    if (named := BY_CLASSES & wanted) and not isinstance(network, Classifier):
        wanted = wanted - BY_CLASSES
        left_out.append(f"{', '.join(sorted(named))}: left out, --features classifier tells classes")
    return wanted, left_out


def floor_of(real: Real, wanted: set[str]) -> Measured:
    """The scores of real images against other real images."""
    if real.other is not None:
        return measured(real.other, real.rows, wanted)
    if real.images.total < 2 * LEAST:
        return Measured({}, [])
    first, second = ([None if t is None else t[start::2] for t in real.rows] for start in (0, 1))
    least = min(len(part) for part in (first[0], second[0]) if part is not None)
    halves = [FeatureRows(*(None if t is None else t[:least] for t in half)) for half in (first, second)]  # type: ignore[arg-type]
    return measured(halves[1], halves[0], wanted)


def scored(values: Values, floor: Values) -> dict[str, Score]:
    """Numbers with their floors."""
    return {
        name: Score(
            _plain(value),
            value.deviation if isinstance(value, Estimate) else None,
            _plain(floor[name]) if name in floor else None,
            _p_value(value),
            _p_value(floor.get(name)),
        )
        for name, value in values.items()
    }


def table(
    title: str,
    network: FeatureNetwork,
    made: str,
    count: int,
    real: Real,
    found: Measured,
    floor: Measured,
    left_out: list[str],
) -> Scores:
    """The scores of images, with their protocol, remarks on it, and why measures are missing."""
    protocol = Protocol(
        network.name,
        network.weights,
        network.accuracy,
        network.resize,
        count,
        real.images.total,
        real.images.origin,
        real.floor,
        made,
        real.images.things,
    )
    of_real = [f"real against real: {line}" for line in floor.left_out if line not in found.left_out]
    said = [
        *remarks(found.values, count, real.images.total, real.rows.features.shape[1], real.images.things, network.name),
        *found.left_out,
        *of_real,
        *left_out,
    ]
    return Scores(title, protocol, scored(found.values, floor.values), tuple(said))


def check_enough(count: int, what: str) -> None:
    """Refuses sets that are too small.

    Raises:
        UserError: If there are fewer than `LEAST`.
    """
    if count < LEAST:
        raise UserError(f"{what}: {count} images are too few to look for neighbours among; take {LEAST} or more")


def _plain(value: Number) -> float:
    return value.value if isinstance(value, Estimate | Significance) else value


def _p_value(value: Number | None) -> float | None:
    return value.p_value if isinstance(value, Significance) else None
