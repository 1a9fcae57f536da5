"""`gan animate`: pictures that move as films do, on Lightning's predict loop."""

from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor

from gan_cli.devices import processes
from gan_cli.devices.memory import is_out_of_memory
from gan_cli.devices.strategy import of_all
from gan_cli.errors import UserError
from gan_cli.inference.animated_films import Job, beside, jobs_of, write
from gan_cli.inference.animator import Animator, Asked, animating, crop_of, start_of, warnings_of
from gan_cli.inference.dealt import dealt
from gan_cli.inference.film_inputs import FilmInput, typed_films
from gan_cli.inference.inputs import Input, typed_inputs
from gan_cli.media.reading import Unreadable
from gan_cli.variants.base import AdversarialModule


class Done(NamedTuple):
    """A film that was made.

    Attributes:
        number: Of the job.
        frames: How many frames it has.
        source: The picture that was moved.
        start: The number of the driving frame whose pose was taken for the picture's.
        warnings: What is to be said of the driving film.
    """

    number: int
    frames: int
    source: str
    start: int
    warnings: list[str]


class Summary(NamedTuple):
    """The results of a run.

    Attributes:
        done: The films that were made, with their places.
        refused: Driving films, or pictures, of which nothing could be made, each with the reason.
    """

    done: list[tuple[Path, Done]]
    refused: list[tuple[str, str]]


def animate(model: AdversarialModule, folder: Path, options: Any, trainer_options: dict[str, Any]) -> Summary | None:
    """Makes the films that the options of `gan animate` ask for.

    Args:
        model: The variant.
        folder: Where films go if no output is named.
        options: The options of the verb.
        trainer_options: Lightning's accelerator, devices, num_nodes, strategy, precision.

    Returns:
        The results, on the first process; None on the others.

    Raises:
        UserError: If an option does not fit the model, an input or the output; then nothing has been written.
        OSError: If the output cannot be written.
    """
    animator = Animator(animating(model), options.ema)
    output = Path(options.output or folder / "animate")
    asked = _asked(options)
    for name in ("source", "driving"):
        if not getattr(options, name):
            wanted = {"source": "a picture, or several of one person", "driving": "a film"}[name]
            raise UserError(f"{name}: type --{name} with {wanted}")
    sources = typed_inputs(options.source, output, "source")
    films = _films(options.driving, output)
    jobs = jobs_of(sources, films, options.each, output, options.format)
    pictures = [_read(animator, item, asked) for item in sources]
    done: list[Done] = []
    refused: list[tuple[int, str]] = []

    def made(positions: Tensor) -> None:
        for number in positions.tolist():
            job = jobs[number]
            try:
                chosen = [pictures[source] for source in job.sources]
                found = _animated(animator, job, chosen, films[job.film], asked, options.beside, options.rate)
                done.append(found._replace(number=number, source=str(sources[job.sources[int(found.source)]].content)))
            except Unreadable as error:
                refused.append((number, error.reason))
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                refused.append((number, "too large for the memory"))

    dealt(model, len(jobs), made, batch_size=1, trainer_options=trainer_options)
    every = sorted((entry for entries in of_all(done) for entry in entries), key=lambda one: one.number)
    bad = sorted(entry for entries in of_all(refused) for entry in entries)
    if processes.rank():
        return None
    reasons = {films[jobs[number].film].place: reason for number, reason in bad}
    return Summary([(jobs[one.number].place, one) for one in every], list(reasons.items()))


def _animated(
    animator: Animator,
    job: Job,
    pictures: list[Tensor],
    film: FilmInput,
    asked: Asked,
    side_by_side: bool,
    rate: Fraction | int | None,
) -> Done:
    """Makes a film; its number and the name of its source are still to be filled in."""
    content = film.content
    drive = animator.drive(content, asked.crop)
    chosen, start = animator.chosen(pictures, drive, asked)
    frames = animator.animated(pictures[chosen], drive, start, asked)
    if side_by_side:
        frames = beside(pictures[chosen], animator.frames(content, asked.crop), frames)
    write(job, frames, rate or drive.rate)
    return Done(
        0,
        len(drive),
        str(chosen),
        start,
        [f"{film.place}: {line}" for line in warnings_of(drive, animator.model.image_size)],
    )


def _asked(options: Any) -> Asked:
    """How pictures are to move, as typed.

    Raises:
        UserError: If a part or a frame is none.
    """
    return Asked(
        options.absolute,
        start_of("start", options.start),
        options.scaled,
        crop_of("crop", options.crop),
        crop_of("source_crop", options.source_crop),
    )


def _films(words: list[str], output: Path) -> list[FilmInput]:
    """The driving films that were typed.

    Raises:
        UserError: If there are none, or a picture was typed.
    """
    try:
        return typed_films(words, output)
    except UserError as error:
        raise UserError(str(error).replace("input: ", "driving: ", 1)) from error


def _read(animator: Animator, item: Input, asked: Asked) -> Tensor:
    """A picture that is to move.

    Raises:
        UserError: If it is none.
    """
    assert isinstance(item.content, Path)
    try:
        return animator.picture(item.content, asked.source_crop)
    except Unreadable as error:
        raise UserError(f"source: {item.content} is not possible ({error.reason})") from error
