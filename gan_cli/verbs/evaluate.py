"""`gan evaluate`: images beside other images, or beside a data set, with no model."""

from collections.abc import Sequence
from pathlib import Path

import torch
from jsonargparse import Namespace

from gan_cli.command import catalogue, settings
from gan_cli.command import options as verbs
from gan_cli.command.parser import Parser, normalised
from gan_cli.data import GANDataModule
from gan_cli.errors import UserError, nearest
from gan_cli.evaluation import folders
from gan_cli.evaluation.collections import Collection, of_split
from gan_cli.evaluation.measuring import (
    MOST,
    against_itself,
    against_training,
    check_enough,
    features_for,
    features_of,
    floor_of,
    measured,
    possible,
    table,
)
from gan_cli.evaluation.scores import Scores, chosen
from gan_cli.evaluation.testing import read_metrics, show
from gan_cli.files import write_json
from gan_cli.media.images import Images
from gan_cli.metrics.features import FeatureNetwork, inception_is_at_hand, load_features

SPLITS = ("train", "val", "test")


def run(words: Sequence[str]) -> None:
    """Compares two sets of images; prints the scores and, if asked to, writes them.

    Raises:
        UserError: If something asked for cannot be done.
    """
    targets = list(words[:2])
    if len(targets) < 2 or any(word.startswith("-") for word in targets):
        raise UserError("evaluate: type gan evaluate IMAGES REAL; gan evaluate --help says what these can be")
    judged, real = targets
    named = real in catalogue.data_sets()
    chosen_set = ["--data", real] if named else []
    parser = Parser(description="Score images beside others")
    verbs.scoring(parser)
    parser.add_argument("--image_size", type=int | None, default=None)
    parser.add_argument("--split", type=str, default="test")
    parser.add_argument("--output", type=str | None)
    if named:
        parser.add_lightning_class_args(GANDataModule, "data", subclass_mode=True)
    typed = normalised(["evaluate", *chosen_set, *words[2:]])[1:]
    options = parser.parse_args(typed)
    if side := parser.parse_args(typed, defaults=False).get("data.init_args.image_size"):
        if options.image_size not in (None, side):
            raise UserError(f"image_size: {options.image_size} and data.image_size {side} do not agree; leave one out")
        options.image_size = side
    metrics = chosen(read_metrics(options.metrics))
    if options.split not in SPLITS:
        raise UserError(f"split: {options.split} is none; take {', '.join(SPLITS)}")
    if options.image_size is not None and options.image_size < 1:
        raise UserError(f"image_size: {options.image_size} is not possible; take at least 1")
    compare = _beside_data if named else _beside_images
    scores = compare(Path(judged), real, metrics, options)
    show([scores])
    if options.output:
        write_json(Path(options.output), {"images": judged, "real": real, "tables": [scores.as_dict()]})
        print(f"written: {options.output}")


def _beside_images(path: Path, real: str, metrics: set[str], options: Namespace) -> Scores:
    """A table of images beside those of another folder."""
    if not Path(real).exists():
        hint = nearest(real, catalogue.data_sets())
        raise UserError(f"evaluate: {real} is no folder, no .zip, no .npz and no data set{hint}")
    folder = Path(options.cache_dir)
    weights = Path(options.weights) if options.weights else None
    if options.features is None and not inception_is_at_hand(folder, weights):
        raise UserError(
            "features: two folders have no classes to train a classifier on, and inception's weights are not at hand\n"
            "Type --features inception (fetches them), --weights FILE, or a TorchScript file: --features FILE.pt"
        )
    if options.features == "classifier":
        raise UserError("features: classifier is trained on a data set; name one in place of the second folder")
    ours, theirs = (folders.images_at(place, options.image_size, None) for place in (path, Path(real)))
    _check_alike(ours, theirs)
    network = load_features(options.features or "inception", folder, None, weights)
    return _scores(ours, theirs, None, network, metrics, natural=True, options=options)


def _beside_data(path: Path, name: str, metrics: set[str], options: Namespace) -> Scores:
    """A table of images beside a part of a data set, at their size."""
    ours = folders.images_at(path, options.image_size, None)
    arguments = options.data.init_args
    if "image_size" in arguments:
        arguments.image_size = options.image_size or _shape(ours)[-1]
    data: GANDataModule = settings.made(options.data)
    if [type(medium) for medium in data.fields.values()] != [Images]:
        raise UserError(f"evaluate: {name} does not hold single images; name a folder of it, or another set")
    data.prepare_data()
    if _shape(ours)[0] != data.facts["image_channels"]:
        ours = folders.images_at(path, options.image_size, data.facts["image_channels"])
    theirs = of_split(data, options.split)
    _check_alike(ours, theirs)
    weights = Path(options.weights) if options.weights else None
    network = features_for(data, options.features, Path(options.cache_dir), weights)
    training = of_split(data, "train") if options.split != "train" else None
    return _scores(ours, theirs, training, network, metrics, natural=data.natural, options=options)


def _scores(
    ours: Collection,
    theirs: Collection,
    training: Collection | None,
    network: FeatureNetwork,
    metrics: set[str],
    *,
    natural: bool,
    options: Namespace,
) -> Scores:
    """The table of one set of images beside another."""
    ours, theirs = (images.some(options.num or MOST) for images in (ours, theirs))
    for images in (ours, theirs):
        check_enough(images.total, f"evaluate: {images.origin}")
    network.to("cuda" if torch.cuda.is_available() else "cpu")
    folder = Path(options.cache_dir)
    real = (
        against_training(theirs, training, ours.total, network, folder)
        if training is not None
        else against_itself(theirs, network, folder)
    )
    coloured = _shape(ours)[0] == 3
    wanted, left_out = possible(metrics - {"conditional_accuracy"}, network, natural and coloured)
    if options.image_size:
        left_out.append(f"images of other sizes: resized to {options.image_size} pixels, {folders.RESIZING}")
    values = measured(features_of(ours, network, folder), real.rows, wanted)
    title = f"{ours.origin} beside {theirs.origin}"
    return table(title, network, "as they are", ours.total, real, values, floor_of(real, wanted), left_out)


def _check_alike(ours: Collection, theirs: Collection) -> None:
    """Refuses images of different sizes.

    Raises:
        UserError: If height, width or channels differ.
    """
    here, there = _shape(ours), _shape(theirs)
    if here[1:] != there[1:]:
        sizes = " and ".join(f"{images.origin} {s[2]}x{s[1]}" for images, s in ((ours, here), (theirs, there)))
        raise UserError(f"evaluate: the sizes differ: {sizes}; type --image_size N to resize both")
    if here[0] != there[0]:
        raise UserError(
            f"evaluate: {ours.origin} has {here[0]} channels and {theirs.origin} {there[0]}; these cannot be compared"
        )


def _shape(images: Collection) -> tuple[int, int, int]:
    channels, height, width = images.read(torch.tensor([0])).shape[1:]
    return channels, height, width
