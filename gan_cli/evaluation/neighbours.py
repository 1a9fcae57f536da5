"""`gan neighbours`: made things beside the nearest of the training set, and what that says about memorisation."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import torch
from rich.table import Table
from torch import Tensor

from gan_cli.data import GANDataModule
from gan_cli.errors import UserError
from gan_cli.evaluation.collections import Collection, of_split
from gan_cli.evaluation.measuring import features_for
from gan_cli.evaluation.neighbours_picture import distributions, rows_picture
from gan_cli.files import write_json
from gan_cli.inference.given import held_out_given
from gan_cli.inference.rendering import conditions_for, latents_of, noise_for, render
from gan_cli.inference.validation import check_fits
from gan_cli.media.images import Images
from gan_cli.media.pictures import save_png
from gan_cli.metrics.nearest import Compared, memorisation, nearest
from gan_cli.metrics.undefined import Undefined
from gan_cli.variants.base import AdversarialModule

BATCH = 500
"""At most this many training images are compared at once."""
SUSPICIOUS = 0.03
"""We speak of memorisation if at least this share of the samples is nearer than 1 % of real images are."""

ENOUGH = 100
"""Of fewer held-out images 1 % is less than one, and their nearest distance is chance."""
PLAIN = ("pixels", "values")
"""What the things themselves are called, beside features of them."""

View = Callable[[Tensor], Tensor]
"""A function from images uint8 [N, C, H, W] to the numbers [N, F] by which they are compared."""


class Neighbours(NamedTuple):
    """The result of `gan neighbours`.

    Attributes:
        table: The table to show.
        verdict: One sentence.
        paths: What was written.
    """

    table: Table
    verdict: str
    paths: list[Path]


def neighbours(
    model: AdversarialModule, path: Path, data: GANDataModule, options: Any, trainer_options: dict[str, Any]
) -> Neighbours | None:
    """Looks for generated images among the training images, and writes two pictures and the figures.

    Args:
        model: The variant, in eval mode.
        path: Its checkpoint.
        data: The set it was trained on.
        options: The options of the verb.
        trainer_options: Lightning's accelerator, devices, num_nodes, strategy, precision.

    Returns:
        What was found, on the first process; None on the others.

    Raises:
        UserError: If the model makes images from images or points, or the data is not its own.
        OSError: If an output cannot be written.
    """
    output = Path(options.output or path.parent / "pictures" / f"neighbours-seed{options.seed}.png")
    if output.suffix.lower() != ".png":
        raise UserError(f"output: {output} has no ending this verb writes; take a .png")
    seeds = range(options.seed, options.seed + max(options.num, options.samples))
    latents = latents_of(model, seeds)
    if not model.medium.suffix:
        name, things = type(model).__name__, model.medium.name
        raise UserError(f"ckpt: {name} makes {things} here, and one alone has no picture; gan test measures them")
    if not model.medium.comparable:
        raise UserError(f"ckpt: {model.medium.name} have no one shape in which they are near each other; type gan test")
    noise = noise_for(model, options.noise, len(latents), options.seed)
    check_fits(model, data)
    data.prepare_data()
    training, held_out = of_split(data, "train"), of_split(data, "test").some(options.samples)
    given = held_out_given(model, data, len(latents))
    made = render(
        model,
        latents,
        conditions={"ema": options.ema, **conditions_for(model, len(latents), given=given.shown), **noise},
        batch_size=options.batch_size,
        trainer_options=trainer_options,
    )
    if made is None:  # another process has them
        return None
    folder = Path(options.cache_dir)
    weights = Path(options.weights) if options.weights else None
    usual = options.features is not None or model.medium.features(lambda: True) is not None
    network = features_for(data, options.features, folder, weights) if usual else None
    plain = ("pixels", "grey levels (RMS)") if isinstance(model.medium, Images) else ("values", "RMS")
    views: list[tuple[str, str, View]] = [(*plain, pixels)]
    if network is not None:
        views.append((f"features of {network.name}", "", network))
    real = held_out.all()
    shown_of_each = min(options.neighbours, training.total)
    compared = [compare(name, unit, view, made, real, training, shown_of_each) for name, unit, view in views]
    table, verdict = _table(type(model).__name__, compared, training, held_out), sentence(compared, training.things)
    if shown_of_each < options.neighbours:
        verdict += (
            f" No more than {training.total} can be shown beside each sample: those are all training {training.things}."
        )
    histograms, figures = (output.with_name(f"{output.stem}{end}") for end in ("-distances.png", ".json"))
    medium = model.medium
    nearest_ones = [medium.each_pictured(training.read(one.numbers[: options.num].flatten())) for one in compared]
    shown = [pictures.unflatten(0, (options.num, -1)) for pictures in nearest_ones]
    names = [one.name for one in compared]
    save_png(rows_picture(medium.each_pictured(made[: options.num]), shown, names), output)
    save_png(distributions(compared, training.things), histograms)
    content = {
        "checkpoint": str(path),
        "variant": type(model).__name__,
        "batches": model.counters.batches,
        "training": f"{training.total:,} of {training.origin}",
        "held_out": f"{held_out.total:,} of {held_out.origin}",
        "samples": len(made),
        "seed": options.seed,
        **({"noise": options.noise} if options.noise else {}),
        "views": {one.name: {**({"unit": one.unit} if one.unit else {}), **one.found._asdict()} for one in compared},
        "nearest": {one.name: one.numbers[: options.num].tolist() for one in compared},
        "verdict": verdict,
    }
    write_json(figures, content)
    return Neighbours(table, verdict, [output, histograms, figures])


def compare(name: str, unit: str, view: View, made: Tensor, real: Tensor, training: Collection, k: int) -> Compared:
    """The k nearest training images of generated and of held-out images, in one view.

    Args:
        name: Name of the view.
        unit: Unit of its distances.
        view: Gives the numbers that are compared.
        made: Generated images, uint8 [N, C, H, W].
        real: Held-out ones, uint8 [M, C, H, W].
        training: The training images, read batch by batch.
        k: How many to find.

    Raises:
        UserError: If the numbers of an image are not finite.
    """
    try:
        found = nearest(view(torch.cat([made, real])), _viewed(training, view), k)
    except Undefined as reason:
        raise UserError(f"features: {name} do not work here: {reason}; type --features with others") from reason
    scale = made[0].numel() ** -0.5 if view is pixels else 1.0
    first = found.distances[:, 0] * scale
    distances, held_out = first[: len(made)], first[len(made) :]
    return Compared(name, unit, distances, held_out, found.numbers[: len(made)], memorisation(distances, held_out))


def pixels(images: Tensor) -> Tensor:
    """The grey levels of images, or whatever numbers things consist of, [N, F]."""
    return images.flatten(1)


def _viewed(images: Collection, view: View) -> Iterator[Tensor]:
    for numbers in torch.arange(images.total).split(BATCH):
        yield view(images.read(numbers))


def sentence(compared: list[Compared], things: str = Images.name) -> str:
    """What the figures mean, in one sentence; `things` is what they are of, in the plural."""
    plain = next(one for one in compared if one.name in PLAIN)
    if copies := plain.found.copies:
        also = plain.found.held_out_copies
        of_others = f", and so are {also:.1%} of the held-out {things}" if also else ""
        return f"{copies:.1%} of the samples are exact copies of training {things}{of_others}."
    if len(plain.distances) > 1 and len(plain.numbers[:, 0].unique()) == 1:
        return f"All samples have the same nearest one of the training {things}: this says nothing about memorisation."
    if (held_out := len(plain.held_out)) < ENOUGH:
        return (
            f"No exact copies; more cannot be said beside {held_out} held-out {things}, which takes {ENOUGH} of them."
        )
    nearer = [one for one in compared if one.found.share_nearer > SUSPICIOUS]
    if nearer:
        worst = max(nearer, key=lambda one: one.found.share_nearer)
        return (
            f"Memorisation is likely: in {worst.name}, {worst.found.share_nearer:.1%} of the samples are nearer to "
            f"the training {things} than all but 1 % of the held-out {things} are; look at the picture."
        )
    return f"No sign of memorisation: samples are no nearer to the training {things} than held-out {things} are."


def _table(variant: str, compared: list[Compared], training: Collection, held_out: Collection) -> Table:
    count, things = len(compared[0].distances), training.things
    table = Table(
        f"distance to the nearest of the training {things}",
        *(f"{one.name}{f', {one.unit}' if one.unit else ''}" for one in compared),
        title=f"{count:,} samples of {variant} and {held_out.total:,} {things} of {held_out.origin} beside "
        f"{training.total:,} of {training.origin}",
        title_justify="left",
    )
    figures = [one.found for one in compared]
    table.add_row("median of the samples", *(f"{found.median:.3g}" for found in figures))
    table.add_row(f"median of held-out {things}", *(f"{found.held_out_median:.3g}" for found in figures))
    table.add_row(f"1 % of held-out {things} are nearer than", *(f"{found.threshold:.3g}" for found in figures))
    table.add_row("share of samples nearer than that", *(f"{found.share_nearer:.1%}" for found in figures))
    table.add_row("share of exact copies", *(f"{found.copies:.1%}" for found in figures))
    table.add_row(f"the same of held-out {things}", *(f"{found.held_out_copies:.1%}" for found in figures))
    return table
