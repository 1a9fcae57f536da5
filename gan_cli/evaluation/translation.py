"""Scores of a model that makes images from images: beside the right ones where they are known, else as a set."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from gan_cli import seeding
from gan_cli.data import GANDataModule
from gan_cli.data.datamodules import Split
from gan_cli.errors import UserError
from gan_cli.evaluation.collections import Collection, is_paired, labels_of, of_split
from gan_cli.evaluation.measures import Measured, attempted, measured, together
from gan_cli.evaluation.measuring import LEAST, OF_MAPS, against_itself, floor_of, possible, scored, table
from gan_cli.evaluation.processes import by_first, gathered, my_batches
from gan_cli.evaluation.scores import BY_REQUEST, Protocol, Scores
from gan_cli.evaluation.segmentation import MapReader, mean_iou_of
from gan_cli.inference.latents import seeded_latents
from gan_cli.inference.translator import as_promised
from gan_cli.media.images import Images
from gan_cli.media.pictures import to_float, to_uint8
from gan_cli.metrics import pairs
from gan_cli.metrics.feature_networks import FeatureNetwork, FeatureRows
from gan_cli.metrics.restoration import MOST_DECIBELS, mae_in_holes, psnr_in_holes
from gan_cli.metrics.undefined import at_least
from gan_cli.variants.translation import TranslationModule

AT_ONCE = 10
"""At most this many images are translated at once; with noise only one, so that the noise is that image's own."""
SETS = {"fid", "kid", "precision", "recall", "density", "coverage", "diversity", *BY_REQUEST}
"""Measures of the set of translations against the set of targets."""

OfNumbers = Callable[[Tensor, Tensor], Tensor]
"""Gives a number for each of some images [N, C, H, W], of their numbers among the inputs, [N]."""


class Task(NamedTuple):
    """A direction with its images.

    Attributes:
        direction: One of the model's directions.
        inputs: What is to be translated.
        targets: What the translations should look like; with `paired` one for each.
        paired: Whether each input has its target.
        labels: The inputs' attributes, [M, K], where they have some.
        guide: What gives a style, of a model that has styles: "latents", each input having its own, or "reference",
            one of the targets for each input; "" of other models.
        shown: Inputs as they are kept -> as the model sees them.
        given: What the model is told beside each input, by name, as it is kept, and what shows it to the model.
    """

    direction: str
    inputs: Collection
    targets: Collection
    paired: bool
    labels: Tensor | None = None
    guide: str = ""
    shown: Callable[[Tensor], Tensor] = to_float
    given: Mapping[str, tuple[Collection, Callable[[Tensor], Tensor]]] = {}

    @property
    def title(self) -> str:
        """The direction, and how a style is given where it is by a reference."""
        return f"{self.direction}-by-reference" if self.guide == "reference" else self.direction


def tasks(model: TranslationModule, data: GANDataModule, split: Split, num: int) -> list[Task]:
    """Every direction of a model with the images of a data set, `num` at most; with each kind of style it takes.

    There are none where a set has photographs and a few pictures in styles: what a photograph should become is not
    known, nor are there enough pictures to compare sets.
    """
    if "style" in data.fields:
        return []
    if model.RECONSTRUCTS:
        images = of_split(data, split).some(num)
        return [Task(direction, images, images, paired=True) for direction in model.directions]
    if len(data.fields) == 1:
        plain = [_to_class(data, split, num, *numbered) for numbered in enumerate(model.directions)]
        guides = ["latents"] * bool(model.latent_dim) + [name for name in model.GIVEN if name == "reference"]
        return [task._replace(guide=guide) for guide in guides or [""] for task in plain]
    sides = [of_split(data, split, domain) for domain in (0, 1)]
    paired = is_paired(data)
    media = list(data.fields.items())
    given = {
        name: (of_split(data, split, place).some(num), medium.shown)
        for place, (name, medium) in enumerate(media)
        if place > 1 and name in model.takes
    }
    return [
        Task(
            direction,
            sides[number].some(num),
            sides[1 - number].some(num),
            paired,
            guide="latents" if model.latent_dim else "",
            shown=media[number][1].shown,
            given=given,
        )
        for number, direction in enumerate(model.directions)
    ]


def _to_class(data: GANDataModule, split: Split, num: int, number: int, direction: str) -> Task:
    """Images without a class or an attribute, and those that have it; none of which it is not known."""
    everything, labels = of_split(data, split), labels_of(data, split)
    has, has_not = (labels == number, labels != number) if labels.ndim == 1 else _apart(labels[:, number])
    without, having = (which.nonzero().flatten() for which in (has_not, has))
    targets = everything.chosen(having, f"{direction}-{seeding.mix(*having.tolist()):x}")
    targets = targets._replace(origin=f"{targets.origin} {direction}").some(num)
    count = min(num, len(without))
    chosen = without[torch.arange(count) * len(without) // max(1, count)]
    inputs = everything.chosen(without, "others").some(num)
    return Task(direction, inputs, targets, paired=False, labels=labels[chosen] if labels.ndim > 1 else None)


def _apart(attribute: Tensor) -> tuple[Tensor, Tensor]:
    """Which images have an attribute, and which have not; where it is NaN neither."""
    return attribute > 0.5, attribute < 0.5


def score_translations(
    model: TranslationModule,
    network: FeatureNetwork | None,
    task: Task,
    *,
    seed: int,
    wanted: set[str],
    title: str,
    folder: Path,
    left_out: list[str],
    reader: MapReader | None = None,
) -> Scores:
    """The scores of translations in one direction. All processes of a run call it together and get the same.

    Args:
        model: In eval mode.
        network: Makes the features, on the model's device; None compares no sets.
        task: The direction and its images.
        seed: Seed of the noise of a model that has any; image k's noise is a function of seed and k.
        wanted: The measures.
        title: Whose scores they are.
        folder: Where features of real images are kept.
        left_out: What to say about measures that are missing.
        reader: Reads label maps in images, where they are made of such.

    Raises:
        UserError: If the translations would not be as large as the targets.
    """
    left_out = list(left_out)
    beside = floor_beside = Measured({}, [])
    count = task.inputs.total
    images: list[tuple[Tensor, Tensor]] = []
    if task.paired or network is not None:
        _check_sizes(model, task)
        images = _translated(model, task, seed)
    if task.paired:
        beside = _beside_targets(model, task, images, wanted)
    if reader is not None and OF_MAPS & wanted:
        read, floor_beside = _maps_read(model, task, images, reader)
        beside = together([beside, read])
        left_out.append(f"mIoU: of {reader.origin}; real against real: of the real images")
    enough = min(count, task.targets.total) >= LEAST
    if not enough:
        least = min(count, task.targets.total)
        left_out.append(f"FID, KID and the like: left out, too few images ({least}), they take {LEAST} or more")
    how = "rounded to 8 bits as saved, each as if it were alone"
    if model.NOISY:
        how += f", noise of seed {seed}"
    if task.guide:
        what = {"latents": "noise", "reference": "targets drawn"}[task.guide]
        how += f", styles of {what} by seed {seed}"
    if network is None or not enough:
        protocol = Protocol("", "", None, "", count, task.targets.total, task.targets.origin, "none", how)
        return Scores(title, protocol, scored(beside.values, floor_beside.values), (*beside.left_out, *left_out))
    real = against_itself(task.targets, network, folder)
    wanted, _ = possible(wanted & SETS, network, natural=False)
    parts = [network(made) for made, _ in images]
    width = real.rows.features.shape[1]
    rows = FeatureRows(gathered(parts, count, _at_once(model), width, model.device), None)

    def judged() -> Scores:
        found = together([measured(rows, real.rows, wanted), beside])
        floor = together([floor_of(real, wanted), floor_beside])
        return table(title, network, how, count, real, found, floor, left_out)

    return by_first(judged)


def _beside_targets(
    model: TranslationModule, task: Task, images: list[tuple[Tensor, Tensor]], wanted: set[str]
) -> Measured:
    """The measures of all processes' translations beside their targets, averaged over the images."""
    possible_ones, notes = _measures(model, task)
    of_pairs = {name: measure for name, measure in possible_ones.items() if name in wanted}
    notes = [note for note in notes if note.partition(":")[0] in wanted]
    if not of_pairs:
        return Measured({}, notes)
    rows = [torch.stack([measure(made, numbers) for measure in of_pairs.values()], dim=1) for made, numbers in images]
    found = gathered(rows, task.inputs.total, _at_once(model), len(of_pairs), model.device)
    of_each = dict(zip(of_pairs, found.double().unbind(1), strict=True))
    if model.JUDGED_IN:  # images without a hole have no error
        of_each = {name: values[~values.isnan()] for name, values in of_each.items()}
    if best := int((of_each.get("psnr", torch.empty(0)) >= MOST_DECIBELS).sum()):
        count = f"{best:,} of {len(found):,} images"
        notes.append(f"PSNR: {count} equal their targets or nearly, and count as {MOST_DECIBELS} dB")
    means = together(attempted((name,), partial(_mean, values)) for name, values in of_each.items())
    return together([means, Measured({}, notes)])


def _measures(model: TranslationModule, task: Task) -> tuple[dict[str, OfNumbers], list[str]]:
    """The measures of images [N, C, H, W] with these numbers beside their targets, and why others are left out."""
    if not model.JUDGED_IN:
        photographs = isinstance(model.source, Images)
        (before, *_), (after, *size) = (side.read(torch.tensor([0])).shape[1:] for side in (task.inputs, task.targets))
        found, notes = pairs.measures(min(size), model.sizes.scale, colours=photographs and (before, after) == (1, 3))
        return {name: partial(_beside, task, measure) for name, measure in found.items()}, notes
    in_holes = {"mae_holes": mae_in_holes, "psnr_holes": psnr_in_holes}
    return {name: partial(_in_holes, task, model.JUDGED_IN, measure) for name, measure in in_holes.items()}, []


def _beside(task: Task, measure: pairs.Measure, made: Tensor, numbers: Tensor) -> Tensor:
    return measure(made, task.targets.read(numbers))


def _in_holes(
    task: Task, name: str, measure: Callable[[Tensor, Tensor, Tensor], Tensor], made: Tensor, numbers: Tensor
) -> Tensor:
    masks, _ = task.given[name]
    return measure(made, task.targets.read(numbers), masks.read(numbers))


def _maps_read(
    model: TranslationModule, task: Task, images: list[tuple[Tensor, Tensor]], reader: MapReader
) -> tuple[Measured, Measured]:
    """How well the label maps that are read in all processes' translations, and in their targets, are the inputs."""
    real = ((task.targets.read(numbers), numbers) for numbers in my_batches(task.inputs.total, AT_ONCE))
    made, floor = (mean_iou_of(reader, each, task.inputs.read, model.device) for each in (images, real))
    return made, floor


def _mean(values: Tensor) -> tuple[float]:
    at_least(1, len(values))
    return (float(values.mean()),)


def _translated(model: TranslationModule, task: Task, seed: int) -> list[tuple[Tensor, Tensor]]:
    """This process's translations, uint8, with their numbers."""
    made = []
    for numbers in my_batches(task.inputs.total, _at_once(model)):
        if model.NOISY:
            seeding.reseed(seeding.mix(seed, "evaluate", int(numbers[0])), model.device)
        inputs = task.shown(task.inputs.read(numbers)).to(model.device)
        known = task.labels if model.starts_from(task.direction) else None
        told = {} if known is None else {"source_labels": known[numbers]}
        told |= {name: shown(given.read(numbers)) for name, (given, shown) in task.given.items()}
        told = {name: rows.to(model.device) for name, rows in (told | _styles(model, task, numbers, seed)).items()}
        outputs = as_promised(model, inputs, model(inputs, task.direction, **told))
        made.append((to_uint8(outputs).cpu(), numbers))
    return made


def _styles(model: TranslationModule, task: Task, numbers: Tensor, seed: int) -> dict[str, Tensor]:
    """What `forward` takes for the styles of inputs by number, a function of the seed and of each number."""
    if task.guide == "latents":
        seeds = [seed + number for number in numbers.tolist()]
        return {"latents": seeded_latents(seeds, model.latent_dim, "normal")}
    if task.guide == "reference" and task.targets.total:  # without targets nothing will be compared
        order = torch.randperm(task.targets.total, generator=seeding.stream(seed, "references"))
        return {"reference": to_float(task.targets.read(order[numbers % task.targets.total]))}
    return {}


def _check_sizes(model: TranslationModule, task: Task) -> None:
    """Refuses targets that translations cannot be compared with: nothing is resized, and pixels are not repeated.

    Raises:
        UserError: If the translations would have another size or, of pairs, other channels than the targets.
    """
    if not min(task.inputs.total, task.targets.total):
        return
    _, *given = task.inputs.read(torch.tensor([0])).shape[1:]
    channels, *wanted = task.targets.read(torch.tensor([0])).shape[1:]
    scale, made_channels = model.sizes.scale, model.channels(task.direction)[1]
    made = [side * scale for side in given]
    if made != wanted or (task.paired and made_channels != channels):
        raise UserError(
            f"data: {task.direction} makes {[made_channels, *made]} of images {given} (scale {scale}), and "
            f"{task.targets.origin} holds {[channels, *wanted]}; take a data set with targets of that shape"
        )


def _at_once(model: TranslationModule) -> int:
    return 1 if model.NOISY else AT_ONCE
