"""`gan project`: the latents of given images, each with its picture and a film of the search."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, get_args

import torch
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.files import write_json
from gan_cli.inference.bars import Bar
from gan_cli.inference.dealt import dealt
from gan_cli.inference.labels import read_labels
from gan_cli.inference.latent_files import Latents, StoredSpace, generator_digest, read_latents, write_latents
from gan_cli.inference.likeness import Likeness
from gan_cli.inference.projection import Found, Search, projected, projection_spaces
from gan_cli.inference.rendering import conditions_for, made_at, takes_labels
from gan_cli.inference.targets import USUAL, Target, held_out_targets, picture_shape, typed_targets
from gan_cli.media.films import FILMS, write_film
from gan_cli.media.pictures import grid, save_png, to_float
from gan_cli.metrics.pairs import measures
from gan_cli.metrics.perceptual import distance_of
from gan_cli.variants.base import AdversarialModule

MEASURES = ("psnr", "ssim")


class Summary(NamedTuple):
    """The results of `gan project`.

    Attributes:
        lines: What to print of the images, and of their mean.
        folder: Where everything was written.
    """

    lines: list[str]
    folder: Path


@dataclass(frozen=True)
class Projecting:
    """What is done to each image, and where its results go.

    Attributes:
        model: The variant.
        search: How latents are looked for.
        likeness: Sees how alike images are.
        labels: The class asked for of each image, int64 [N]; None where there are none, or the nearest are taken.
        film: The ending of films, such as ".mp4"; "" writes none.
        folder: Where to.
    """

    model: AdversarialModule
    search: Search
    likeness: Likeness
    labels: Tensor | None
    film: str
    folder: Path

    def place(self, target: Target, ending: str) -> Path:
        """One of an image's files."""
        return self.folder / f"{target.name}{ending}"

    def settings(self, target: Target, row: int) -> dict[str, Any]:
        """All that the results of an image depend on; what was found by others is not taken for them."""
        return {
            "model": generator_digest(self.model),
            "image": hashlib.sha256(target.image.contiguous().numpy().tobytes()).hexdigest()[:16],
            **vars(self.search),
            "features": self.likeness.key,
            "asked_label": None if self.labels is None else int(self.labels[row]),
            "film": self.film,
        }

    def is_done(self, target: Target, row: int) -> bool:
        """Whether an image's files are there, of the same settings; its record is written last."""
        with suppress(OSError, ValueError):
            record = json.loads(self.place(target, ".json").read_text("utf-8"))
            endings = [".png", ".npz", *filter(None, [self.film])]
            return bool(record["settings"] == self.settings(target, row)) and all(
                self.place(target, ending).is_file() for ending in endings
            )
        return False

    def run(self, targets: Sequence[Target], rows: Sequence[int], tick: Callable[[int], object]) -> None:
        """Looks for the latents of images together and writes what belongs to each."""
        wanted = torch.stack([target.image for target in targets])
        labels = None if self.labels is None else self.labels[list(rows)]
        found = projected(self.model, to_float(wanted), self.likeness, self.search, labels, tick)
        made = pictured(self.model, self.search, found, -1)
        scores = scored(made, wanted, self.likeness, self.model.device)
        moments = range(len(found.way)) if self.film else ()
        film = [pictured(self.model, self.search, found, moment) for moment in moments]
        for number, (target, row) in enumerate(zip(targets, rows, strict=True)):
            label = None if found.labels is None else found.labels[number : number + 1]
            latents = Latents(self.search.space, found.latents[number : number + 1], label, (target.name,))
            save_png(beside(target.image, made[number]), self.place(target, ".png"))
            if film:
                frames = [beside(target.image, moment[number]) for moment in film]
                write_film(frames, self.place(target, self.film), self.model.medium.fps)
            write_latents(self.place(target, ".npz"), self.model, latents)
            known = {} if label is None else {"label": int(label)}
            record = {**known, **{name: values[number] for name, values in scores.items()}}
            write_json(self.place(target, ".json"), {**record, "settings": self.settings(target, row)})


def project(
    model: AdversarialModule, folder: Path, options: Any, trainer_options: dict[str, Any], likeness: Likeness
) -> Summary | None:
    """Looks for the latents that the options of `gan project` ask for and writes them; what is done is kept.

    Args:
        model: The variant.
        folder: Where pictures go if no output is named.
        options: The options of the verb.
        trainer_options: Lightning's accelerator, devices, num_nodes, strategy, precision.
        likeness: Sees how alike images are.

    Returns:
        The results, on the first process; None on the others.

    Raises:
        UserError: If an option does not fit the variant, or an input is none.
        OSError: If the output cannot be written.
    """
    picture_shape(model)
    search = Search(space_of(model, options.space), options.steps, options.seed, options.ema)
    if options.film not in (*(film[1:] for film in FILMS), "none"):
        raise UserError(f"film: {options.film} is unknown; take mp4, gif or none")
    output = Path(options.output or folder / f"project-{search.space}{'' if search.ema else '-no-ema'}")
    if output.suffix or output.is_file():
        raise UserError(f"output: {output} is to be a folder; each image has several files")
    if options.input and options.num:
        raise UserError("num: it is for held-out images, and --input names others; leave one of them out")
    asked = read_labels(options.labels)
    asked_labels(model, 1, asked)  # refused before any image is read
    targets = (
        typed_targets(model, options.input, output) if options.input else held_out_targets(model, options.num or USUAL)
    )
    film = "" if options.film == "none" else f".{options.film}"
    labels = asked_labels(model, len(targets), asked)
    task = Projecting(model, search, likeness, labels, film, output)
    if _all(task, targets, options.batch_size, trainer_options) is None:  # another process tells
        return None
    return _summary(task, targets)


def space_of(model: AdversarialModule, typed: str | None) -> StoredSpace:
    """The space that was typed, or the usual one.

    Raises:
        UserError: If the model has no such space.
    """
    possible = projection_spaces(model)
    for space in possible:
        if typed in (None, space):
            return space
    ways = f"{', '.join(possible[:-1])} or {possible[-1]}" if len(possible) > 1 else possible[0]
    known = get_args(StoredSpace)
    what = f"{type(model).__name__} has no space {typed}" if typed in known else f"{typed} is unknown"
    raise UserError(f"space: {what}; take {ways}")


def asked_labels(model: AdversarialModule, count: int, typed: Sequence[int | str] | None) -> Tensor | None:
    """The classes typed, dealt out to the images in turn, int64 [N]; None where none were.

    Raises:
        UserError: If the model is not conditional, or there is no such class.
    """
    if typed is None and takes_labels(model):
        return None
    labels: Tensor | None = conditions_for(model, count, typed).get("labels")
    return labels


def pictured(model: AdversarialModule, search: Search, found: Found, moment: int = -1) -> Tensor:
    """The pictures of latents found, or of some on the way to them, as they are kept, [N, C, H, W]."""
    inputs = Latents(search.space, found.way[moment], found.labels).inputs(model)
    labels = {} if found.labels is None else {"labels": found.labels}
    with torch.no_grad():
        return made_at(model, inputs, {"ema": search.ema, **labels}, torch.arange(len(inputs)))


def scored(
    made: Tensor, wanted: Tensor, likeness: Likeness, device: torch.device | str = "cpu"
) -> dict[str, list[float]]:
    """How near pictures are to targets, both uint8 [N, C, H, W], by the name of each measure.

    `psnr` is in decibels, `ssim` at most 1 and missing where images are too small for its window, and `distance` the
    likeness's.
    """
    possible, _ = measures(min(made.shape[2:]))
    found = {name: possible[name](made, wanted).tolist() for name in MEASURES if name in possible}
    with torch.no_grad():
        seen = [likeness.seen(to_float(images.to(device))) for images in (made, wanted)]
        return {**found, "distance": distance_of(*seen).tolist()}


def beside(target: Tensor, made: Tensor) -> Tensor:
    """A target and its picture, uint8 [C, H', W']."""
    return grid(torch.stack([target, made]), columns=2)


def in_words(scores: Mapping[str, float], features: str) -> str:
    """Scores as a line shows them."""
    words = {"psnr": "PSNR {:.2f} dB", "ssim": "SSIM {:.3f}", "distance": f"{features} {{:.4f}}"}
    return ", ".join(words[name].format(scores[name]) for name in words if name in scores)


def _all(
    task: Projecting, targets: Sequence[Target], batch_size: int, trainer_options: dict[str, Any]
) -> Tensor | None:
    """Does what is not done yet, dealt out to all devices; a batch that was broken off begins anew, as it was."""
    bar = Bar("projected", "steps", len(targets))

    def compute(places: Tensor) -> Tensor:
        rows = places.tolist()
        some = [targets[row] for row in rows]
        if not all(map(task.is_done, some, rows)):
            task.run(some, rows, lambda step: bar.part(step, task.search.steps))
        bar.advance(len(rows))
        return places

    with bar.progress:
        return dealt(task.model, len(targets), compute, batch_size=batch_size, trainer_options=trainer_options)


def _summary(task: Projecting, targets: Sequence[Target]) -> Summary:
    """Puts the results of all images together, and writes them in two files."""
    model, search = task.model, task.search
    records = [json.loads(task.place(target, ".json").read_text("utf-8")) for target in targets]
    each = [read_latents(task.place(target, ".npz"), model) for target in targets]
    labels = [one.labels for one in each if one.labels is not None]
    rows = torch.cat([one.rows for one in each])
    names = tuple(target.name for target in targets)
    together = Latents(search.space, rows, torch.cat(labels) if labels else None, names)
    write_latents(task.folder / "latents.npz", model, together)
    images = {
        name: {key: value for key, value in record.items() if key != "settings"}
        for name, record in zip(names, records, strict=True)
    }
    kinds = [name for name in (*MEASURES, "distance") if name in records[0]]
    mean = {name: sum(record[name] for record in records) / len(records) for name in kinds}
    content = {
        "variant": type(model).__name__,
        "batches": model.counters.batches,
        **vars(search),
        "features": task.likeness.key,
        "left_out": [line for line in measures(targets[0].image.shape[-1])[1] if line.startswith(MEASURES)],
        "mean": mean,
        "images": images,
    }
    write_json(task.folder / "scores.json", content)
    lines = []
    for name, record in images.items():
        known = f", class {record['label']}" if "label" in record else ""
        lines.append(f"{name}: {in_words(record, task.likeness.name)}{known}")
    if len(lines) > 1:
        lines.append(f"mean of {len(lines)}: {in_words(mean, task.likeness.name)}")
    return Summary(lines, task.folder)
