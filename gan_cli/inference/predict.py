"""`gan predict`: films that go on, or have more frames between theirs, on Lightning's predict loop."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from gan_cli.data import GANDataModule
from gan_cli.devices import memory, processes
from gan_cli.devices.memory import is_out_of_memory
from gan_cli.devices.strategy import of_all
from gan_cli.errors import UserError
from gan_cli.files import write_json
from gan_cli.inference.dealt import dealt
from gan_cli.inference.film_inputs import FilmInput, data_films, frames_in, read_frames, typed_films
from gan_cli.inference.predicted_films import ROW_NAMES, Prediction, scores_of, targets_of, write
from gan_cli.inference.predictor import Predictor, predicting, times_of
from gan_cli.inference.taken import taken_by_default
from gan_cli.media.reading import Unreadable
from gan_cli.metrics.frame_prediction import KINDS, NOTES
from gan_cli.metrics.row_table import RowTable
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.frame_prediction import FramePrediction

EXAMPLES = 8
"""So many videos of the checkpoint's data set are taken if no film is named."""
SCORES = "scores.json"
FLOATS = 9
"""A film that gets frames between its own is there in floats twice, and once as it is kept: so many times its bytes."""
ROWS = 32
"""At most so many frames are in the table; the file has all of them."""

Scored = dict[str, list[list[float | None]]]
"""What `predicted_films.scores_of` gives."""
Done = tuple[int, Scored]
"""The number of a film that was written, and its scores."""


class Summary(NamedTuple):
    """The results of a run.

    Attributes:
        places: The files and folders that were written.
        done: How many films.
        refused: Films that could not be gone on with, each with the reason.
        table: The means over films where the truth is known, a row for each frame; None where it never is.
    """

    places: list[Path]
    done: int
    refused: list[tuple[str, str]]
    table: RowTable | None


class Asked(NamedTuple):
    """What is to be made of each film.

    Attributes:
        ahead: How many frames follow; 0 where frames are made between others.
        times: So many times as many frames a film gets; 0 where frames follow.
        start: So many first frames are given; None takes all, or all but those that are compared.
        truth: Whether the film itself has what is made.
        rate: Frames a second of what is written; None takes the film's own.
    """

    ahead: int
    times: int
    start: int | None
    truth: bool
    rate: int | None


def predict(
    model: AdversarialModule,
    folder: Path,
    options: Any,
    trainer_options: dict[str, Any],
    data: Callable[[], GANDataModule],
) -> Summary | None:
    """Makes the frames that the options of `gan predict` ask for and writes them.

    Args:
        model: The variant.
        folder: Where pictures go if no output is named.
        options: The options of the verb.
        trainer_options: Lightning's accelerator, devices, num_nodes, strategy, precision.
        data: Gives the checkpoint's data set, whose test videos are taken if no input is named.

    Returns:
        The results, on the first process; None on the others.

    Raises:
        UserError: If an option does not fit the model, the input or the output; then nothing has been written.
        OSError: If the output cannot be written.
    """
    maker = predicting(model)
    output = Path(options.output or folder / "predict")
    asked = _asked(maker, options)
    films = typed_films(options.input, output) if options.input else _examples(data)
    films = [film._replace(every=options.every) for film in films]
    targets = targets_of(films, output, options.format)
    predictor = Predictor(maker, options.ema)
    done: list[Done] = []
    refused: list[tuple[int, str]] = []

    def made(positions: Tensor) -> None:
        for number in positions.tolist():
            try:
                prediction = _prediction(predictor, films[number], asked, targets[number].needs_whole)
                rate = asked.rate or prediction.rate or maker.medium.fps * max(1, asked.times)
                write(prediction, targets[number], rate)
                done.append((number, scores_of(prediction)))
            except Unreadable as error:
                refused.append((number, error.reason))
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                refused.append((number, "too large for the memory"))

    dealt(model, len(films), made, batch_size=1, trainer_options=trainer_options)
    found = sorted(entry for entries in of_all(done) for entry in entries)
    bad = sorted(entry for entries in of_all(refused) for entry in entries)
    if processes.rank():
        return None
    alone = bool(output.suffix) and not output.is_dir()
    places = [output] if found else []
    table = _table(maker, [scores for _, scores in found])
    if table is not None:
        places.append(_write_scores(output.with_suffix(".json") if alone else output / SCORES, films, found, table))
    return Summary(places, len(found), [(films[number].place, reason) for number, reason in bad], table)


def _examples(data: Callable[[], GANDataModule]) -> list[FilmInput]:
    """Test videos of the checkpoint's data set.

    Raises:
        UserError: If the set is not at hand.
    """
    with taken_by_default("input", "type --input with a film, a folder or a glob in quotes", "test videos"):
        module = data()
        module.prepare_data()
        return data_films(module.at_hand("test"), EXAMPLES)


def _asked(model: FramePrediction, options: Any) -> Asked:
    """What is to be made, as typed.

    Raises:
        UserError: If an option does not fit the model.
    """
    if options.every > 1 and not options.input:
        raise UserError("every: it is of films, and without --input videos of the data set are taken; leave it out")
    known = options.truth or options.start is not None or not options.input
    if model.target == "between":
        for name in ("frames", "start"):
            if getattr(options, name) is not None:
                raise UserError(f"{name}: this model makes frames between others, not those that follow; leave it out")
        return Asked(0, times_of("times", options.times), None, known, options.rate)
    if options.times is not None:
        raise UserError(
            "times: this model makes the frames that follow; leave it out, or take a checkpoint of target between"
        )
    if options.start is not None and options.start < model.past_frames:
        raise UserError(
            f"start: {options.start} frames are too few for this model; give it {model.past_frames} or more"
        )
    return Asked(options.frames or model.num_frames - model.past_frames, 0, options.start, known, options.rate)


def _prediction(predictor: Predictor, film: FilmInput, asked: Asked, whole: bool) -> Prediction:
    """A film with its made frames.

    Raises:
        Unreadable: If it is no film, too short, or does not fit the model.
    """
    length, rate = frames_in(film)
    made = _between if asked.times else _following
    return made(predictor, film, asked, length, whole)._replace(rate=rate and rate * _faster(asked))


def _faster(asked: Asked) -> int:
    """So many times the frames a second of a film: what is made in place of its own frames has its rate."""
    return 1 if asked.truth else max(1, asked.times)


def _following(predictor: Predictor, film: FilmInput, asked: Asked, length: int, whole: bool) -> Prediction:
    past = predictor.model.past_frames
    start = asked.start if asked.start is not None else length - asked.ahead if asked.truth else length
    if start < past or start > length:
        wanted = past if asked.start is None else max(past, asked.start)
        wanted += asked.ahead if asked.truth and asked.start is None else 0
        raise Unreadable(Path(film.place), f"it has {length} of the {wanted} frames that are needed")
    first = 0 if whole else start - past
    last = min(length, start + asked.ahead) if asked.truth else start
    known = last > start
    frames = read_frames(film, predictor.model.image_channels, first, last, 0 if known else asked.ahead)
    count = start - first
    further = predictor.continued(frames[:, :count], asked.ahead)
    numbers = [*range(count, count + asked.ahead)]
    if known:
        return Prediction(torch.cat([frames[:, :count], further], dim=1), numbers, frames, first, None)
    frames[:, count:] = further
    return Prediction(frames, numbers, None, first, None)


def _between(predictor: Predictor, film: FilmInput, asked: Asked, length: int, whole: bool) -> Prediction:
    least = asked.times + 1 if asked.truth else 2
    if length < least:
        raise Unreadable(Path(film.place), f"it has {length} of the {least} frames that are needed")
    frames = read_frames(film, predictor.model.image_channels)
    wanted = frames.nbytes * (1 if asked.truth else asked.times) * FLOATS
    memory.check_room(wanted, f"input: the frames of {film.place}", "Take a shorter film, or lower --times")
    truth = frames[:, : (length - 1) // asked.times * asked.times + 1] if asked.truth else None
    made = predictor.between(frames if truth is None else truth[:, :: asked.times], asked.times)
    numbers = [number for number in range(made.shape[1]) if number % asked.times]
    return Prediction(made, numbers, truth, 0, None)


def _table(model: FramePrediction, scores: Sequence[Scored]) -> RowTable | None:
    """The means over films, frame by frame; None where no truth is known."""
    most = max((len(found["made"]) for found in scores), default=0)
    if not most:
        return None
    rows = {}
    for number in range(min(most, ROWS)):
        for name in ROW_NAMES:
            frames = [found[name][number] for found in scores if number < len(found[name])]
            rows[f"frame {number + 1}, {name}"] = [_mean(column) for column in zip(*frames, strict=True)]
    where = "between the given ones" if model.target == "between" else "after the last given one"
    return RowTable(f"means over films: {len(scores):,}, frame by frame {where}", KINDS, rows, NOTES)


def _mean(numbers: Sequence[float | None]) -> float | None:
    there = [number for number in numbers if number is not None]
    return sum(there) / len(there) if there else None


def _write_scores(path: Path, films: Sequence[FilmInput], found: Sequence[Done], table: RowTable) -> Path:
    """Writes the measures of each frame of each film, and the means."""
    each = {str(films[number].place): scores for number, scores in found if scores["made"]}
    write_json(path, {"columns": list(KINDS), "films": each, "mean": table.as_dict()})
    return path
