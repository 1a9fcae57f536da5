"""`gan probe`: what a discriminator has learned to see, measured by a linear classifier on its features."""

from pathlib import Path
from typing import Any, NamedTuple, cast

import torch
from rich.table import Table
from torch import Tensor

from gan_cli.batches import Batch
from gan_cli.data import GANDataModule
from gan_cli.data.parts import LabelledPart
from gan_cli.devices import memory
from gan_cli.errors import UserError
from gan_cli.files import write_json
from gan_cli.inference.dealt import dealt
from gan_cli.inference.discriminator_features import check_has_features, discriminator_features
from gan_cli.inference.validation import check_fits
from gan_cli.metrics.linear_probe import Probe, labelled_subset, linear_probe
from gan_cli.metrics.undefined import Undefined
from gan_cli.variants.base import AdversarialModule

BYTES = 32
"""The classifier takes this many bytes for each feature of a training image: its copies, and liblinear's own."""


class Probed(NamedTuple):
    """The result of `gan probe`.

    Attributes:
        table: The table to show.
        path: What was written.
    """

    table: Table
    path: Path


def probe(
    model: AdversarialModule, path: Path, data: GANDataModule, options: Any, trainer_options: dict[str, Any]
) -> Probed | None:
    """Classifies a set by the discriminator's features and by its pixels, and writes both accuracies.

    Args:
        model: The variant, in eval mode.
        path: Its checkpoint.
        data: The set, of the model's shape.
        options: The options of the verb.
        trainer_options: Lightning's accelerator, devices, num_nodes, strategy, precision.

    Returns:
        What was found, on the first process; None on the others.

    Raises:
        UserError: If the set has no classes, too few labels, or does not fit the model.
        OSError: If the output cannot be written.
    """
    output = _output(options, path, data)
    layers = check_has_features(model)
    check_fits(model, data)
    _check_classes(data)
    data.prepare_data()
    train, test = (cast(LabelledPart, data.part(split)) for split in ("train", "test"))
    _check_labels(train.labels, options.labels_per_class, data)
    chosen = labelled_subset(train.labels, options.labels_per_class, options.seed)
    _check_memory(len(chosen), model, data)
    seen = _features(model, data, train, chosen, options.batch_size, trainer_options)
    test_seen = _features(model, data, test, torch.arange(len(test)), options.batch_size, trainer_options)
    if seen is None or test_seen is None:  # another process has them
        return None
    labels, test_labels = train.labels[chosen], test.labels
    try:
        by_features, by_pixels = (
            linear_probe(ours, labels, theirs, test_labels, options.seed)
            for ours, theirs in zip(seen, test_seen, strict=True)
        )
    except Undefined as reason:
        raise UserError(f"ckpt: the discriminator of {path} cannot be probed: {reason}") from reason
    guessing = float(test_labels.bincount().max() / len(test_labels))
    found = {
        "checkpoint": str(path),
        "variant": type(model).__name__,
        "data": data.name,
        "labels_per_class": options.labels_per_class,
        "training_images": len(chosen),
        "test_images": len(test),
        "seed": options.seed,
        "layers": layers,
        "features": by_features._asdict(),
        "pixels": by_pixels._asdict(),
        "guessing": guessing,
    }
    write_json(output, found)
    return Probed(_table(found, model.medium.name, by_features, by_pixels), output)


def _features(
    model: AdversarialModule,
    data: GANDataModule,
    part: LabelledPart,
    numbers: Tensor,
    batch_size: int,
    trainer_options: dict[str, Any],
) -> tuple[Tensor, Tensor] | None:
    """The discriminator's features [N, F] and the pixels [N, C H W] of a part's images, on the first process."""

    def both(places: Tensor) -> Tensor:
        loaded = part[numbers[places]]
        inputs = cast(Batch, data.on_device(loaded)).real
        features = discriminator_features(model, inputs.to(model.device)).cpu()
        return torch.cat([features, inputs.flatten(1)], dim=1)

    rows = dealt(model, len(numbers), both, batch_size=batch_size, trainer_options=trainer_options)
    if rows is None:
        return None
    pixels = part[numbers[:1]].batch.real[0].numel()
    return rows[:, :-pixels], rows[:, -pixels:]


def _output(options: Any, path: Path, data: GANDataModule) -> Path:
    labels = f"-{options.labels_per_class}" if options.labels_per_class else ""
    output = Path(options.output or path.parent / f"probe-{data.name.lower()}{labels}.json")
    if output.suffix.lower() != ".json":
        raise UserError(f"output: {output} has no ending this verb writes; take a .json")
    return output


def _things_of(data: GANDataModule) -> str:
    """What a set holds, in the plural."""
    return next(iter(data.fields.values())).name


def _check_classes(data: GANDataModule) -> None:
    name = data.name
    if data.facts.get("attributes"):
        raise UserError(f"data: an image of {name} has several attributes, and a probe tells one class; take another")
    if data.facts.get("num_classes", 0) < 2:
        raise UserError(
            f"data: {name} has no labels to tell its {_things_of(data)} apart by; take a labelled set with --data"
        )


def _check_labels(labels: Tensor, each: int | None, data: GANDataModule) -> None:
    counts = labels.bincount(minlength=data.facts["num_classes"])
    fewest = int(counts.argmin())
    names = data.facts.get("class_names")
    name = names[fewest] if names else str(fewest)
    if each == 1:
        raise UserError("labels_per_class: 1 leaves none to choose the regularisation by; take 2 or more")
    if (there := int(counts[fewest])) < (each or 2):
        way_out = f"; take --labels_per_class {there}" if there >= 2 else ", to learn from one and choose by the other"
        raise UserError(
            f"{'labels_per_class' if each else 'data'}: {data.name} has {there} of class {name} among its training "
            f"{_things_of(data)}, "
            f"and {each or 2} of each are needed{way_out}"
        )


def _check_memory(count: int, model: AdversarialModule, data: GANDataModule) -> None:
    one = cast(Batch, data.on_device(data.at_hand("train")[torch.tensor([0])])).real
    features = discriminator_features(model, torch.zeros_like(one)).shape[1]
    wanted, there = count * features * BYTES, memory.memory()
    if wanted > there:
        fits = max(2, int(count * there / wanted / data.facts["num_classes"] / 2))
        raise UserError(
            f"labels_per_class: {count:,} {_things_of(data)} with {features:,} features each would take "
            f"{wanted / 1e9:.0f} GB, and there are {there / 1e9:.0f}; take fewer, such as --labels_per_class {fits}"
        )


def _table(found: dict[str, Any], things: str, by_features: Probe, by_pixels: Probe) -> Table:
    each = found["labels_per_class"]
    table = Table(
        "classified by",
        "numbers",
        "left-out folds",
        "test set",
        title=f"{found['data']}: {found['training_images']:,} labels ({f'{each} a class' if each else 'all'}), "
        f"{found['test_images']:,} test {things}",
        caption=f"a linear SVM; its regularisation is chosen on folds of the training {things} alone",
    )
    for name, probed in (
        (f"{found['variant']}'s discriminator, {found['layers']} layers", by_features),
        ("pixels" if things == "images" else f"the {things} themselves", by_pixels),
    ):
        table.add_row(name, f"{probed.features:,}", f"{probed.held_out_accuracy:.1%}", f"{probed.accuracy:.1%}")
    table.add_row("guessing the commonest class", "", "", f"{found['guessing']:.1%}")
    return table
