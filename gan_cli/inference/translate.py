"""`gan translate`: files, folders and films through a translator, on Lightning's predict loop."""

from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple, cast

from lightning.pytorch import LightningModule
from rich.progress import Progress
from torch import Tensor
from torch.utils.data import DataLoader

from gan_cli.data import GANDataModule
from gan_cli.devices.memory import is_out_of_memory
from gan_cli.devices.strategy import of_all
from gan_cli.errors import UserError
from gan_cli.inference import checkpoints, overviews, source_labels
from gan_cli.inference.bars import Bar
from gan_cli.inference.given_paths import check_sources, given_paths, told_as_wholes, with_places
from gan_cli.inference.inputs import Input, test_inputs, typed_inputs
from gan_cli.inference.jobs import WRITABLE, Job, is_film, planned
from gan_cli.inference.newest import newest_of
from gan_cli.inference.source_media import read_source, read_thing
from gan_cli.inference.trainers import verb_trainer
from gan_cli.inference.translator import Translator, translating, usual_direction
from gan_cli.inference.ways import check_styles, ways_of
from gan_cli.media.films import VIDEOS, frames_in, translate_animation, translate_video
from gan_cli.media.picture_files import (
    Picture,
    Unwritable,
    holds_16_bits,
    picture_of_tensor,
    write_picture,
)
from gan_cli.media.reading import Unreadable
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.translation import TranslationModule

TABLE = "table.png"
"""The table of sources and styles, beside the folders of several styles."""


class Summary(NamedTuple):
    """The results of a run.

    Attributes:
        places: The places to look at: the file or folder written, the gallery.
        done: Files written.
        skipped: Files that were there already.
        refused: Inputs that could not be translated and references that could not be read, each with the reason.
        assumed: Inputs whose attributes the model has read itself.
        listed: Where these are written down; None where the output is one file.
    """

    places: list[Path]
    done: int
    skipped: int
    refused: list[tuple[Path, str]]
    assumed: list[source_labels.Taken]
    listed: Path | None


def translate(
    model: AdversarialModule,
    folder: Path,
    options: Any,
    trainer_options: dict[str, Any],
    data: Callable[[], GANDataModule],
) -> Summary | None:
    """Makes the translations that the options of `gan translate` ask for and writes them.

    Args:
        model: The variant.
        folder: Where pictures go if no output is named.
        options: The options of the verb.
        trainer_options: Lightning's accelerator, devices, num_nodes, strategy, precision.
        data: Gives the checkpoint's data set, whose test images are taken if no input is named.

    Returns:
        The results, on the first process; None on the others.

    Raises:
        UserError: If an option does not fit the variant, the input or the output; then nothing has been written.
        OSError: If the output cannot be written.
    """
    model = translating(model)
    translator = Translator(
        model,
        ema=options.ema,
        dropout=options.dropout,
        seed=options.seed,
        tile=options.tile,
        overlap=options.overlap,
    )
    check_styles(model, options.given, options.style)
    paths = given_paths(model, options.given or ())
    words = [*(options.input or ()), *paths.inputs]
    check_sources(model, words)
    ways = ways_of(model, options.direction, paths.references, options.style, Path(options.output or folder))
    ways = ways.told(told_as_wholes(model, paths.wholes))
    directions = ways.directions
    output = Path(options.output or folder / f"translate-{','.join(directions)}")
    of_domain = cache(partial(test_inputs, data))

    @cache
    def inputs(direction: str) -> list[Input]:
        items = typed_inputs(words, output) if words else of_domain(_first_domain(model, direction))
        return with_places(model, items, paths.places)

    jobs = planned(options, ways, output, inputs, words)
    if options.source_labels is not None:
        items = source_labels.told(options.source_labels, model, directions, [job.item for job in jobs])
        jobs = [job._replace(item=item) for job, item in zip(jobs, items, strict=True)]
    left = [job for job in jobs if not (options.skip_existing and job.target.exists())]
    if len(left) == 1:
        _check_alone(translator, left[0].item)
    task = _Translating(translator, left)
    if left:
        trainer = verb_trainer(trainer_options)
        with task.bar_of(trainer.global_rank, trainer.world_size):
            trainer.predict(task, return_predictions=False)
        if not task.gather():
            return None
    if isinstance(task.failure, OSError):
        raise task.failure
    places = [output] if task.done else []
    started = [
        source_labels.taken(model, left[number].direction, left[number].item, row) for number, row in task.labels
    ]
    failed = {left[number].target for number, _ in task.refused}
    shown = [job for job in jobs if job.target not in failed]
    if shown and len(ways.all) > 1 and any(way.name for way in ways.all):
        places.append(overviews.write_table(shown, ways.all, output / TABLE, model.source))
    if options.gallery:
        root = output.parent if output.suffix.lower() in WRITABLE else output
        attributes = {one.item: one.named for one in started}
        places.append(overviews.write_gallery(shown, directions, root, attributes, model.source))
    refused = [*ways.refused, *((left[number].place, reason) for number, reason in task.refused)]
    assumed = list({one.item: one for one in started if one.assumed}.values())
    to_one_file = output.suffix.lower() in WRITABLE
    listed = source_labels.write(assumed, output) if assumed and not to_one_file else None
    return Summary(places, task.done, len(jobs) - len(left), refused, assumed, listed)


def newest_translator(
    direction: str | None,
    module: checkpoints.Modules = None,
    root: str = "checkpoints",
    fits: Callable[[TranslationModule], None] = lambda _: None,
) -> tuple[Path, TranslationModule]:
    """The newest checkpoint that can translate in a direction, and its model.

    Args:
        direction: As typed; None takes any translator.
        module: Name of a trusted module that defines the variant, or several, where it is none of this package's.
        root: Where the runs are.
        fits: Raises a `UserError` for a model that does not take what was typed.

    Raises:
        UserError: If there is none; names the directions that there are.
    """
    known: list[str] = []
    unfit = False

    def fitting(model: AdversarialModule) -> TranslationModule:
        nonlocal unfit
        translator = translating(model)
        known.extend(translator.directions)
        if direction is not None:
            usual_direction(translator, direction)
        unfit = True  # unless it is the one
        fits(translator)
        return translator

    if (found := newest_of(fitting, module, root)) is not None:
        return found
    if unfit:
        raise UserError(f"no run under {root}/ takes references or styles: type --ckpt FILE, or leave them out")
    if known:
        there = ", ".join(dict.fromkeys(known))
        raise UserError(f"direction: {direction} is unknown to the runs under {root}/; there are {there}")
    raise UserError(
        f"no run under {root}/ translates yet: type --ckpt FILE, or train one with gan fit --config cyclegan.yaml"
    )


def _first_domain(model: TranslationModule, direction: str) -> str:
    """The domain whose images a direction takes; "" if the direction is named after its result."""
    a, b = model.domains
    return {f"{a}2{b}": a, f"{b}2{a}": b}.get(direction, "")


def _places_of(model: TranslationModule, item: Input, picture: Picture) -> dict[str, Tensor]:
    """What is told of each pixel of an input, of which the picture is the first frame, as it is kept."""
    takes, media = model.takes, model.media
    return {
        name: read_thing(media[name], thing, picture) if isinstance(thing, Path) else thing()
        for name, thing in item.beside
        if name in takes
    }


def _check_alone(translator: Translator, item: Input) -> None:
    """Refuses a single picture before anything begins; one of many is refused when its turn comes.

    Raises:
        UserError: If the model cannot translate it with what is told of it.
    """
    if not isinstance(item.content, Path) or item.content.suffix.lower() in VIDEOS:
        return
    try:
        picture = read_source(translator.model.source, item.content)
    except Unreadable:
        return  # it is named when its turn comes
    try:
        translator.ready(picture, item.name.name, _places_of(translator.model, item, picture))
    except Unreadable as error:
        raise UserError(f"input: {item.content}: {error.reason}") from error


class _Translating(LightningModule):
    """Writes its share of the files. It notes inputs that it cannot read; an output that it cannot write stops it.

    Attributes:
        done: Files written.
        refused: Numbers of jobs that could not be done, with the reasons.
        labels: Numbers of jobs whose directions start from attributes, with the labels that were taken.
        failure: What the file system said when nothing more could be written.
    """

    def __init__(self, translator: Translator, jobs: Sequence[Job]) -> None:
        super().__init__()
        self.model = translator.model
        self.translator = translator
        self.jobs = jobs
        self.done = 0
        self.refused: list[tuple[int, str]] = []
        self.labels: list[tuple[int, list[float]]] = []
        self.failure: OSError | None = None
        self.bar = Bar("translated", "frames", 0)
        self.allow_zero_length_dataloader_with_multiple_devices = True

    def bar_of(self, rank: int, processes: int) -> Progress:
        """The bar of a process, to be entered; only the first one's is seen."""
        self.bar = Bar("translated", "frames", len(self.jobs[rank::processes]), processes, hidden=rank > 0)
        return self.bar.progress

    def predict_dataloader(self) -> DataLoader[int]:
        """Numbers of jobs, dealt out to the processes in turn; a process may get none."""
        mine = range(self.trainer.global_rank, len(self.jobs), self.trainer.world_size)
        return DataLoader(cast(Any, mine), batch_size=None)

    def predict_step(self, number: int, batch_idx: int) -> bool:
        """Makes one file; gives True, because Lightning warns of a step that gives nothing."""
        job = self.jobs[number]
        if self.failure is None:
            try:
                self._make(job, number)
                self.done += 1
            except (Unreadable, Unwritable) as error:
                self.refused.append((number, error.reason))
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                self.refused.append((number, "too large for the memory; a smaller --tile may pass"))
            except OSError as error:
                self.failure = error
        self.bar.advance()
        return True

    def _make(self, job: Job, number: int) -> None:
        content, name, deep = job.item.content, job.item.name.name, holds_16_bits(job.target)
        labels: list[Tensor | None] = []
        places: dict[str, Tensor] = {}

        def make(picture: Picture) -> Picture:
            if not labels:  # those of a film are read from its first frame, or they would change from one to the next
                places.update(_places_of(self.model, job.item, picture))
                labels.append(self.translator.labels_of(picture, job.direction, job.item.labels))
                self.labels += [(number, found.tolist()) for found in labels if found is not None]
            return self.translator.picture(picture, job.direction, name, deep, labels[0], job.way.given, places)

        if not isinstance(content, Path):
            write_picture(make(picture_of_tensor(content())), job.target)
        elif is_film(job.item):
            translate_video(content, job.target, make, self.bar.part)
        elif frames_in(content) > 1:
            translate_animation(content, job.target, make, self.bar.part)
        else:
            write_picture(make(read_source(self.model.source, content)), job.target)

    def gather(self) -> bool:
        """Adds up what all processes did; returns whether this is the first one, which then has the sums.

        Called after the loop, which idle processes never enter.
        """
        mine = (self.done, self.refused, self.labels, self.failure)
        counts, refused, labels, failures = zip(*of_all(mine), strict=True)
        self.labels = sorted(entry for entries in labels for entry in entries)
        self.done, self.refused = sum(counts), sorted(entry for entries in refused for entry in entries)
        self.failure = next((failure for failure in failures if failure), None)
        return self.trainer.is_global_zero
