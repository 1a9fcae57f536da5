"""Images or points beside others, or beside a data set, with no model: what `gan evaluate` computes."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from jsonargparse import Namespace

from gan_cli.command import settings
from gan_cli.command.choices import known
from gan_cli.data import GANDataModule
from gan_cli.errors import UserError, nearest
from gan_cli.evaluation import fifty_thousand, folders
from gan_cli.evaluation.collections import Collection, of_split
from gan_cli.evaluation.kept import features_of
from gan_cli.evaluation.measures import measured
from gan_cli.evaluation.measuring import (
    MOST,
    against_itself,
    against_training,
    check_enough,
    features_for,
    floor_of,
    possible,
    table,
)
from gan_cli.evaluation.published import by_statistics, distance_to_published
from gan_cli.evaluation.scores import Scores, chosen
from gan_cli.evaluation.sides import Side, side_at
from gan_cli.media.images import Images
from gan_cli.media.points import Points
from gan_cli.metrics.coordinates import Coordinates
from gan_cli.metrics.feature_networks import FeatureNetwork
from gan_cli.metrics.features import NONE_AT_HAND, imagenet_at_hand, load_features

SPLITS = ("train", "val", "test")


def scores_beside(
    judged: str, real: str, named: bool, names: list[str] | None, options: Namespace, typed: Namespace
) -> list[Scores]:
    """The tables of images or points beside those of a folder, a file or a data set: by our rules, and by the field's.

    Args:
        judged: A folder, a .zip, a .npz, or a .csv or .npy of points.
        real: Another one, or the name of a data set.
        named: Whether `real` is the name of a data set.
        names: The measures to compute; None takes all of our own that are possible.
        options: Those of the verb.
        typed: The same without defaults.

    Raises:
        UserError: If the two cannot be compared.
    """
    if side := typed.get("data.init_args.image_size"):
        if options.image_size not in (None, side):
            raise UserError(f"image_size: {options.image_size} and data.image_size {side} do not agree; leave one out")
        options.image_size = side
    if options.split not in SPLITS:
        raise UserError(f"split: {options.split} is none; take {', '.join(SPLITS)}")
    own, fields = fifty_thousand.split_names(names)
    fifty_thousand.check(fields, options.features, options.num, typed.get("split"))
    found = []
    if own != []:
        found.append((_beside_data if named else _beside_images)(Path(judged), real, chosen(own), options))
    if fields:
        found.append((_beside_all_data if named else _beside_all_images)(Path(judged), real, fields, options))
    return found


def _beside_all_images(path: Path, real: str, names: list[str], options: Namespace) -> Scores:
    """A table of 50,000 images beside all of another folder."""
    ours, theirs = _two_sides(path, real, options)
    return _by_the_fields_rules(ours, theirs, lambda: _inception(options), names, options)


def _beside_all_data(path: Path, name: str, names: list[str], options: Namespace) -> Scores:
    """A table of 50,000 images beside all training images of a data set, at their size."""
    ours, data = _data_for(path, name, options)
    real = of_split(data, "train")
    network = partial(features_for, data, "inception", Path(options.cache_dir), _weights(options))
    return _by_the_fields_rules(ours, Side(real, None, real.origin), network, names, options, natural=data.natural)


def _by_the_fields_rules(
    ours: Side,
    theirs: Side,
    network: Callable[[], FeatureNetwork],
    names: list[str],
    options: Namespace,
    natural: bool = True,
) -> Scores:
    for side in (ours, theirs):
        if side.images is None or _are_points(side):
            held = "points" if side.images else "statistics alone"
            raise UserError(f"metrics: {names[0]} is of images, and {side.origin} holds {held}; take fid")
    assert ours.images is not None
    assert theirs.images is not None
    _check_alike(ours.images, theirs.images)
    fifty_thousand.check_enough(ours.images, names)  # before inception is fetched
    natural = natural and _shape(ours.images)[0] == 3
    training = fifty_thousand.Training(theirs.images, _placed(network()), Path(options.cache_dir), natural)
    return fifty_thousand.of_images(ours.images, training, names)


def _two_sides(path: Path, real: str, options: Namespace) -> tuple[Side, Side]:
    if not Path(real).exists():
        hint = nearest(real, known("data", options.module))
        raise UserError(f"evaluate: {real} is no folder, no .zip, no .npz and no data set{hint}")
    return side_at(path, options.image_size), side_at(Path(real), options.image_size)


def _inception(options: Namespace) -> FeatureNetwork:
    return load_features("inception", Path(options.cache_dir), None, _weights(options))


def _weights(options: Namespace) -> Path | None:
    return Path(options.weights) if options.weights else None


def _placed(network: FeatureNetwork) -> FeatureNetwork:
    """The network where it is computed fastest."""
    return network.to("cuda" if torch.cuda.is_available() else "cpu")


def _beside_images(path: Path, real: str, metrics: set[str], options: Namespace) -> Scores:
    """A table of images beside those of another folder, or of points beside those of another file."""
    ours, theirs = _two_sides(path, real, options)
    if ours.images is None and theirs.images is None:
        return by_statistics(ours, theirs, None, metrics, Path(options.cache_dir))
    folder, weights = Path(options.cache_dir), _weights(options)
    if _are_points(ours) or _are_points(theirs):
        ours, theirs = _some(ours, theirs, options)
        network = load_features(options.features, folder, None, weights) if options.features else Coordinates()
        return _scores(ours, theirs, None, network, metrics, natural=False, options=options)
    # statistics are nearly always of inception's features
    usual = imagenet_at_hand(folder, weights) if ours.images and theirs.images else "inception"
    name = options.features or usual
    if name is None:
        raise UserError(f"features: two folders have no classes to train a classifier on, and {NONE_AT_HAND}")
    if name == "classifier":
        raise UserError("features: classifier is trained on a data set; name one in place of the second folder")
    ours, theirs = _some(ours, theirs, options)  # before inception is fetched
    network = load_features(name, folder, None, weights)
    return _scores(ours, theirs, None, network, metrics, natural=True, options=options)


def _data_for(path: Path, name: str, options: Namespace) -> tuple[Side, GANDataModule]:
    """Images, and the data set that they are held against, at their size."""
    ours = side_at(path, options.image_size)
    arguments = options.data.init_args
    pictured = ours.images if not _are_points(ours) else None
    if "image_size" in arguments and (side := options.image_size or (pictured and _shape(pictured)[-1])):
        arguments.image_size = side
    data: GANDataModule = settings.made(options.data)
    if [type(medium) for medium in data.fields.values()] not in ([Images], [Points]):
        raise UserError(f"evaluate: {name} does not hold single images; name a folder of it, or another set")
    medium = next(iter(data.fields.values()))
    if ours.images and ours.images.things != medium.name:
        raise UserError(f"evaluate: {path} holds {ours.images.things} and {name} {medium.name}; name another set")
    data.prepare_data()
    if pictured and _shape(pictured)[0] != data.facts["image_channels"]:
        ours = side_at(path, options.image_size, data.facts["image_channels"])
    return ours, data


def _beside_data(path: Path, name: str, metrics: set[str], options: Namespace) -> Scores:
    """A table of images or points beside a part of a data set."""
    ours, data = _data_for(path, name, options)
    real = of_split(data, options.split)
    ours, theirs = _some(ours, Side(real, None, real.origin), options)  # before a classifier is trained
    # statistics are nearly always of inception's features
    features = options.features or (None if ours.images else "inception")
    network = features_for(data, features, Path(options.cache_dir), _weights(options))
    training = of_split(data, "train") if options.split != "train" else None
    return _scores(ours, theirs, training, network, metrics, natural=data.natural, options=options)


def _some(ours: Side, theirs: Side, options: Namespace) -> tuple[Side, Side]:
    """As many images or points of both as are judged.

    Raises:
        UserError: If there are too few of either, or they cannot be compared.
    """
    if options.image_size and any(map(_are_points, (ours, theirs))):
        raise UserError(f"image_size: {options.image_size} is for images, and points have none; leave it out")
    if ours.images and theirs.images:
        _check_alike(ours.images, theirs.images)
    count = options.num or MOST
    for side in (ours, theirs):
        if side.images:
            check_enough(min(side.images.total, count), f"evaluate: {side.origin}")
    first, second = (side._replace(images=side.images and side.images.some(count)) for side in (ours, theirs))
    return first, second


def _scores(
    ours: Side,
    theirs: Side,
    training: Collection | None,
    network: FeatureNetwork,
    metrics: set[str],
    *,
    natural: bool,
    options: Namespace,
) -> Scores:
    """The table of one set of images or points beside another."""
    _placed(network)
    folder = Path(options.cache_dir)
    if ours.images is None or theirs.images is None:
        return by_statistics(ours, theirs, network, metrics, folder)
    made = ours.images
    real = (
        against_training(theirs.images, training, made.total, network, folder)
        if training is not None
        else against_itself(theirs.images, network, folder)
    )
    coloured = not _are_points(ours) and _shape(made)[0] == 3
    wanted, left_out = possible(metrics, network, natural and coloured, by_class=False)
    if options.image_size:
        left_out.append(f"images of other sizes: resized to {options.image_size} pixels, {folders.RESIZING}")
    rows = features_of(made, network, folder)
    found, floor = measured(rows, real.rows, wanted), floor_of(real, wanted)
    published, remarks = distance_to_published(ours, theirs, rows, real.rows, network)
    if published is not None and "fid" in wanted:
        found.values["fid"] = published
        floor.values.pop("fid", None)
    title = f"{ours.origin} beside {theirs.origin}"
    left_out += [*ours.taken, *theirs.taken, *remarks]
    return table(title, network, "as they are", made.total, real, found, floor, left_out)


def _check_alike(ours: Collection, theirs: Collection) -> None:
    """Refuses images of different sizes, points of different dimensions, and images beside points.

    Raises:
        UserError: If height, width or channels differ, or the number of coordinates.
    """
    here, there = _shape(ours), _shape(theirs)
    if len(here) == 1 or len(there) == 1:
        if here != there:
            held = " and ".join(
                f"{things.origin} holds {things.things} {list(s)}" for things, s in ((ours, here), (theirs, there))
            )
            raise UserError(f"evaluate: {held}; these cannot be compared")
        return
    if here[1:] != there[1:]:
        sizes = " and ".join(f"{images.origin} {s[2]}x{s[1]}" for images, s in ((ours, here), (theirs, there)))
        raise UserError(f"evaluate: the sizes differ: {sizes}; type --image_size N to resize both")
    if here[0] != there[0]:
        raise UserError(
            f"evaluate: {ours.origin} has {here[0]} channels and {theirs.origin} {there[0]}; these cannot be compared"
        )


def _are_points(side: Side) -> bool:
    return side.images is not None and side.images.things == Points.name


def _shape(images: Collection) -> tuple[int, ...]:
    """The shape of an image, (C, H, W), or of a point, (D,)."""
    return tuple(images.read(torch.tensor([0])).shape[1:])
