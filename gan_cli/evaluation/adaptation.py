"""Accuracies on a target domain, beside those of the same classifier without adaptation or with target labels."""

import copy
from typing import Any, NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import Adam

from gan_cli import seeding
from gan_cli.batches import ImageBatch
from gan_cli.data import AdaptationDataModule
from gan_cli.data.datamodules import Split
from gan_cli.evaluation.scorer import undisturbed
from gan_cli.media.pictures import to_float, to_uint8
from gan_cli.metrics.row_table import Kind, RowTable
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.classifying import Classifying
from gan_cli.variants.translation import TranslationModule

AT_ONCE = 500
"""So many images are classified at a time."""
LONGEST = 2_000
"""At most so many batches train a classifier to compare with."""
RATE = 1e-3
"""The learning rate of Adam for these."""
COLOURED = 8
"""Channels of a coloured image differ by more than this many of 255 somewhere."""

KINDS = {"target_accuracy": Kind("target %", "higher"), "source_accuracy": Kind("source %", "higher")}
PAINTED = {"painted_accuracy": Kind("painted %", "higher")}


@runtime_checkable
class Adapting(Classifying, Protocol):
    """A variant that is adapted to a target domain."""

    def new_classifier(self) -> nn.Module:
        """A classifier as its own, as it is before it has learned anything."""


class Lesson(NamedTuple):
    """How classifiers to compare with are trained.

    Attributes:
        steps: Batches.
        batch_size: Images of each.
        seed: Of their weights, their order and their inversion.
    """

    steps: int
    batch_size: int
    seed: int


class Domain(NamedTuple):
    """A domain's images with their labels, to train on and held out."""

    train: ImageBatch
    test: ImageBatch


def lesson_of(model: AdversarialModule) -> Lesson:
    """As many batches of the same size as the model was trained with, or `LONGEST`; by its seed."""
    steps = getattr(model, "source_steps", 0) or model.counters.batches
    size = max(1, model.counters.images // max(1, model.counters.batches))
    return Lesson(max(1, min(steps, LONGEST)), size, model.seed)


def trained(model: Adapting, lesson: Lesson, domain: ImageBatch, inverted: bool = False) -> nn.Module:
    """A classifier as the model's own, trained on labelled images alone, in eval mode on the CPU.

    Adam at a constant rate; the global random state is left alone.

    Args:
        model: Says which classifier.
        lesson: How long it is trained.
        domain: uint8 [M, C, H, W] with labels.
        inverted: Whether each image is shown inverted half of the time, which knows that strokes may be dark.
    """
    with torch.random.fork_rng():
        torch.manual_seed(seeding.mix(lesson.seed, "to compare with"))
        network = model.new_classifier().train()
    optimizer = Adam(network.parameters(), lr=RATE)
    random = seeding.stream(lesson.seed, "inverted")
    for step in range(lesson.steps):
        start = step * lesson.batch_size
        numbers = seeding.stream_indices(len(domain.labels), lesson.seed, start, start + lesson.batch_size)
        images = to_float(domain.images[numbers])
        if inverted:
            images = images * (1 - 2.0 * (torch.rand(len(images), 1, 1, 1, generator=random) < 0.5))
        optimizer.zero_grad()
        cross_entropy(network(images), domain.labels[numbers]).backward()
        optimizer.step()
    return network.eval()


@torch.no_grad()
def accuracy(classify: nn.Module, images: Tensor, labels: Tensor, device: torch.device | str = "cpu") -> float:
    """The share of images, uint8 [N, C, H, W], that are classified right, in percent.

    Args:
        classify: Gives logits [N, K] of images in [-1, 1].
        images: The images.
        labels: int64 [N].
        device: Where it computes.
    """
    said = [classify(to_float(some.to(device))).argmax(1).cpu() for some in images.split(AT_ONCE)]
    return 100 * float((torch.cat(said) == labels).float().mean())


class Asked(nn.Module):
    """What a model says of images, as a network."""

    def __init__(self, classify: Classifying) -> None:
        super().__init__()
        self.ask = classify.classify

    def forward(self, images: Tensor) -> Tensor:
        """Class logits [N, K]."""
        return self.ask(images)


def target_accuracy(model: AdversarialModule, data: AdaptationDataModule, split: Split) -> float:
    """The accuracy of an adapting model on held-out images of the target domain, in percent."""
    assert isinstance(model, Classifying)
    images, labels = data.whole("target", split)
    with undisturbed(model):
        return accuracy(Asked(model), images, labels, model.device)


@torch.no_grad()
def table(
    model: AdversarialModule, data: AdaptationDataModule, split: Split = "test", num: int | None = None
) -> RowTable:
    """The accuracies of an adapted model beside classifiers that were trained here, to compare with.

    Args:
        model: On the device that is to compute; an `Adapting` one.
        data: The set, downloaded.
        split: The held-out part.
        num: At most so many images of each domain, evenly from the whole part; None takes all.
    """
    assert isinstance(model, Adapting)
    maker: Any = model  # which may also paint
    lesson = lesson_of(maker)
    source, target = (
        Domain(data.whole(side, "train"), fewer(data.whole(side, split), num)) for side in ("source", "target")
    )
    compared = compared_with(model, lesson, source, target)
    with undisturbed(model):
        numbers = {f"adapted ({type(model).__name__})": _row(Asked(model), source, target, model.device)}
        rows: dict[str, list[float | None]] = {}
        painted = painted_by(maker, source.test.images) if isinstance(maker, TranslationModule) else None
    ceiling = compared[TARGET_LABELS]
    for name, row in {**numbers, **{name: _row(network, source, target) for name, network in compared.items()}}.items():
        read = None
        if painted is not None:
            shown = {next(iter(numbers)): painted, SOURCE_ONLY: source.test.images}.get(name)
            read = accuracy(ceiling, shown, source.test.labels) if shown is not None else None
        rows[name] = [*row, read] if painted is not None else row
    frequent = int(source.train.labels.bincount().argmax())
    share = 100 * float((target.test.labels == frequent).float().mean())
    rows["the source's most frequent class"] = [share, *[None] * (1 + (painted is not None))]
    kinds = {**KINDS, **(PAINTED if painted is not None else {})}
    return RowTable(_title(data, split), kinds, rows, notes(model, data, lesson, source, target, painted is not None))


SOURCE_ONLY = "source labels only"
INVERTED = "source labels only, half of it inverted"
TARGET_LABELS = "target labels (ceiling)"


def compared_with(model: Adapting, lesson: Lesson, source: Domain, target: Domain) -> dict[str, nn.Module]:
    """The classifiers to compare with, by what the table calls them.

    Where the target is coloured its strokes may be lighter or darker than what is behind them, which inversion teaches
    without any adaptation.
    """
    own = getattr(model, "classifier", None)  # of a model that begins with one, it is that one
    with torch.enable_grad():
        made = {SOURCE_ONLY: _on_cpu(own) if own is not None else trained(model, lesson, source.train)}
        if is_coloured(target.train.images):
            made[INVERTED] = trained(model, lesson, source.train, inverted=True)
        made[TARGET_LABELS] = trained(model, lesson, target.train)
    return made


def is_coloured(images: Tensor) -> bool:
    """Whether most images have colours, uint8 [N, C, H, W]."""
    spread = (images.amax(1) - images.amin(1)).flatten(1).amax(1)
    return float((spread > COLOURED).float().mean()) > 0.5


def fewer(batch: ImageBatch, num: int | None) -> ImageBatch:
    """At most so many images, evenly from the whole."""
    size = len(batch.labels)
    if num is None or num >= size:
        return batch
    numbers = torch.arange(num) * size // num
    return ImageBatch(batch.images[numbers], batch.labels[numbers])


def painted_by(model: TranslationModule, images: Tensor) -> Tensor:
    """Images, uint8 [N, C, H, W], as a translator paints them, each with the noise of seed 0."""
    painted = [model(to_float(some.to(model.device)), model.directions[0]) for some in images.split(AT_ONCE)]
    return torch.cat([to_uint8(some).cpu() for some in painted])


def notes(
    model: AdversarialModule,
    data: AdaptationDataModule,
    lesson: Lesson,
    source: Domain,
    target: Domain,
    painted: bool,
) -> list[str]:
    """The protocol, in lines."""
    first, second = data.domains
    own = getattr(model, "classifier", None) is not None
    told = (
        f"protocol: trained on {len(source.train.labels):,} {first} with labels and {len(target.train.labels):,} "
        f"{second} without, for {model.counters.batches:,} batches of {lesson.batch_size} each; judged on "
        f"{len(target.test.labels):,} held-out {second} and {len(source.test.labels):,} {first}; seed {model.seed}",
        "no step, weight or setting is chosen by a target label; the accuracy in a run's log is a trace to look at",
        f"the others are the same network, {lesson.steps:,} batches of {lesson.batch_size} with Adam at {RATE:g}"
        + (f"; {SOURCE_ONLY} is the model's own, before it was adapted" if own else ""),
    )
    seen = "painted: source images as they were painted, and as they are, read by the network of target labels"
    return [*told, *([seen] if painted else [])]


def _row(network: nn.Module, source: Domain, target: Domain, device: torch.device | str = "cpu") -> list[float | None]:
    return [accuracy(network, *side.test, device=device) for side in (target, source)]


def _on_cpu(network: nn.Module) -> nn.Module:
    return copy.deepcopy(network).cpu().eval()


def _title(data: AdaptationDataModule, split: Split) -> str:
    first, second = data.domains
    return f"{data.name} {split}: from {first} to {second}, accuracies"
