"""Real images and generated ones, class by class: what a classifier may learn from where labels are few."""

from collections.abc import Callable, Sequence
from math import ceil
from typing import Annotated, Any, NamedTuple, cast

import torch
from torch import Tensor

from gan_cli.batches import Batch
from gan_cli.data import GANDataModule, ImageFolder
from gan_cli.data.parts import LabelledPart
from gan_cli.errors import UserError
from gan_cli.inference.checkpoints import data_set_of
from gan_cli.inference.dealt import dealt
from gan_cli.inference.given import fields_given
from gan_cli.inference.labels import class_names
from gan_cli.inference.rendering import conditions_with, latents_of, made_at, takes_labels
from gan_cli.inference.taken import taken_by_default
from gan_cli.media.images import Images
from gan_cli.metrics.classifier import ImageClassifier, classify, train_classifier
from gan_cli.ranges import BatchSize, Range, Seed, Truncation
from gan_cli.seeding import stream
from gan_cli.variants.base import AdversarialModule

AT_ONCE = 100
Compute = Callable[[Tensor, dict[str, Any]], Tensor]
"""Makes images, uint8 [N, C, S, S] on the CPU, from latents [N, Z] and what else `forward` takes."""
TRIES = 20
"""At most so many images are generated for each that is wanted, where those that are not read as their class go."""
STEPS = 600
"""Batches that the classifier learns from, which reads generated images."""
PerClass = Annotated[int, Range(1, 1_000_000)]
"""Generated images of each class."""
GeneratedShare = Annotated[float, Range(0, 1, without="low")]
"""What part of each class is generated; 1 is all of it."""
Confidence = Annotated[float, Range(0, 1, without="both")]
"""How likely a classifier has to find a generated image's class."""


class Wish(NamedTuple):
    """What is wanted.

    Attributes:
        per_class: Generated images of each class.
        share: What part of each class is generated; None takes all real images there are.
        confidence: How likely a classifier has to find an image's class, or the image goes; None keeps all.
        seed: That of the first generated image.
        truncation_psi: 1 is off, 0 the mean of all things; for a variant that has truncation.
        ema: The averaged generator, or the one that was trained.
        batch_size: Images at a time.
    """

    per_class: PerClass
    share: GeneratedShare | None = None
    confidence: Confidence | None = None
    seed: Seed = 0
    truncation_psi: Truncation | None = None
    ema: bool = True
    batch_size: BatchSize = 64


class Real(NamedTuple):
    """The real images that there are.

    Attributes:
        origin: Where they come from, in words.
        part: Gives them by number.
        labels: The model's numbers of their classes, int64 [M].
        flips: Whether mirrored ones are as good.
    """

    origin: str
    part: LabelledPart
    labels: Tensor
    flips: bool

    def images(self, numbers: Tensor) -> Tensor:
        """Some of them by number, uint8 [N, C, S, S]."""
        batches: list[Batch] = [self.part[some].batch for some in numbers.split(AT_ONCE)]
        return torch.cat([batch.real for batch in batches]) if batches else torch.empty(0)


class Generated(NamedTuple):
    """Generated images, class by class.

    Attributes:
        images: uint8 [N, C, S, S].
        labels: int64 [N].
        seeds: What each was made from, N of them.
        confidences: How likely a classifier finds its class; empty where none was asked.
        tried: How many were generated for it.
    """

    images: Tensor
    labels: Tensor
    seeds: list[int]
    confidences: list[float]
    tried: int


def augmenting(model: AdversarialModule) -> AdversarialModule:
    """The model, if it generates images of a class.

    Raises:
        UserError: If it does not.
    """
    name = type(model).__name__
    latents_of(model, [0])  # refuses a model that makes images from images
    if not isinstance(model.medium, Images):
        raise UserError(
            f"ckpt: {name} makes {model.medium.name}, and images are wanted; take a conditional GAN of images"
        )
    if fields := fields_given(model):
        raise UserError(
            f"ckpt: this {name} makes images from {' and '.join(fields)}, and not of one class each; take another one"
        )
    if not takes_labels(model):
        raise UserError(
            f"ckpt: this {name} knows no classes, and each image is to have one; train another, such as cgan.yaml"
        )
    return model


def real_of(model: AdversarialModule, root: str | None) -> Real:
    """The real images of a model's own training set, or of a folder with a folder of images for each class.

    Of a folder those are taken that a run would train on: held-out ones stay held out.

    Args:
        model: Has the classes.
        root: The folder, or an archive; None takes the training set.

    Raises:
        UserError: If they are not there, or of other classes.
    """
    names = class_names(model, range(model.num_classes))
    if root is None:
        data = _own_data(model)
    else:
        facts = model.data_facts
        size, channels = facts["image_size"], facts["image_channels"]
        data = ImageFolder(root=root, image_size=size, image_channels=channels, flip=False)
    part = data.at_hand("train")
    found = tuple(map(str, data.facts.get("class_names") or ()))
    if not isinstance(part, LabelledPart) or part.labels.ndim > 1 or not found:
        raise UserError(f"real: {root or data.name} has no classes; take a folder with a folder of images for each")
    if strange := [name for name in found if name not in names]:
        raise UserError(
            f"real: {root or data.name} has the class {strange[0]}, which this model does not know; it knows "
            f"{', '.join(names[:20])}"
        )
    numbers = torch.tensor([names.index(name) for name in found])
    return Real(f"{root or data.name} train", part, numbers[part.labels], bool(getattr(data, "flips", False)))


def _own_data(model: AdversarialModule) -> GANDataModule:
    with taken_by_default("real", "type --real with a folder of images for each class", "the training images"):
        data = data_set_of(model)
        data.prepare_data()
        data.at_hand("train")
    return data


def chosen_real(labels: Tensor, names: Sequence[str], wish: Wish) -> Tensor:
    """The numbers of the real images that stand beside generated ones, int64 [M].

    Args:
        labels: The classes of all real images, int64 [N].
        names: Those of the classes.
        wish: What is wanted.

    Raises:
        UserError: If a class has too few of them for the share.
    """
    if wish.share is None:
        return torch.arange(len(labels))
    wanted = round(wish.per_class * (1 - wish.share) / wish.share)
    counts = labels.bincount(minlength=len(names))
    if wanted > (fewest := int(counts.min())):
        name = names[int(counts.argmin())]
        least = ceil(100 * wish.per_class / (wish.per_class + fewest)) / 100
        raise UserError(
            f"share: {wish.share:g} generated, {wish.per_class:,} images of each class, wants {wanted:,} real ones\n"
            f"There are {fewest:,} of the class {name}; take {least:g} or more, or a lower --per_class"
        )
    order = torch.randperm(len(labels), generator=stream(wish.seed, "augmentation"))
    chosen = [order[labels[order] == number][:wanted] for number in range(len(names))]
    return torch.cat(chosen).sort().values


def reader_of(real: Real, classes: int) -> ImageClassifier:
    """A classifier that has learned from all of the real images."""
    images = real.images(torch.arange(len(real.labels)))
    return train_classifier(images, real.labels, steps=STEPS, num_classes=classes, flip=real.flips)


def by_all_devices(model: AdversarialModule, batch_size: int, trainer_options: dict[str, Any]) -> Compute:
    """Has images made by all devices together; every process gets them."""

    def compute(latents: Tensor, conditions: dict[str, Any]) -> Tensor:
        def made(positions: Tensor) -> Tensor:
            return made_at(model, latents, conditions, positions)

        options: dict[str, Any] = {"batch_size": batch_size, "trainer_options": trainer_options}
        return cast(Tensor, dealt(model, len(latents), made, everywhere=True, **options))

    return compute


def generated(model: AdversarialModule, wish: Wish, reader: ImageClassifier | None, compute: Compute) -> Generated:
    """Generated images, as many of each class.

    The k-th of class c is made from the seed `seed + k K + c`, as `gan sample --seed` deals the classes out.

    Args:
        model: The variant.
        wish: What is wanted.
        reader: Reads their classes, where some are to be left out.
        compute: Makes images.

    Raises:
        UserError: If too few of a class are read as such.
    """
    classes = model.num_classes
    kept: list[list[tuple[int, Tensor, float]]] = [[] for _ in range(classes)]
    tried = [0] * classes
    while any(missing := [wish.per_class - len(found) for found in kept]):
        asked: list[int] = []
        for label, count in enumerate(missing):
            many = min(2 * count if reader else count, TRIES * wish.per_class - tried[label])
            if count and many < 1:
                raise _too_few(model, wish, label, len(kept[label]), tried[label])
            asked += [
                wish.seed + number * classes + label
                for number in range(tried[label], tried[label] + many * bool(count))
            ]
            tried[label] += many * bool(count)
        labels = torch.tensor([(seed - wish.seed) % classes for seed in asked])
        conditions = {"ema": wish.ema, **conditions_with(model, labels, len(asked), wish.truncation_psi)}
        images = compute(latents_of(model, asked), conditions)
        sure = torch.ones(len(asked)) if reader is None else _confidences(reader, images, labels)
        for seed, label, image, how_sure in zip(asked, labels.tolist(), images, sure.tolist(), strict=True):
            if how_sure >= (wish.confidence or 0) and len(kept[label]) < wish.per_class:
                kept[label].append((seed, image, how_sure))
    found = [(label, *one) for label, many_of_it in enumerate(kept) for one in many_of_it]
    return Generated(
        torch.stack([image for _, _, image, _ in found]),
        torch.tensor([label for label, *_ in found]),
        [seed for _, seed, _, _ in found],
        [how_sure for *_, how_sure in found] if reader else [],
        sum(tried),
    )


def _confidences(reader: ImageClassifier, images: Tensor, labels: Tensor) -> Tensor:
    """How likely a classifier finds each image's class, [N]."""
    return classify(reader, images).logits.softmax(1).gather(1, labels[:, None])[:, 0]


def _too_few(model: AdversarialModule, wish: Wish, label: int, found: int, tried: int) -> UserError:
    (name,) = class_names(model, [label])
    return UserError(
        f"confidence: {found:,} of {tried:,} generated images of the class {name} are read as such with "
        f"{wish.confidence:g} or more, and {wish.per_class:,} are wanted; take a lower one, or a lower --per_class"
    )
