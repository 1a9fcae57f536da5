"""`gan export`: a part of a checkpoint as a file that others' programs run, held against the model itself."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch

from gan_cli._version import __version__
from gan_cli.errors import RunFailed, UserError, first_line
from gan_cli.files import move_over, replacing, write_text
from gan_cli.inference.exports import formats, parts
from gan_cli.inference.exports.examples import example, example_path
from gan_cli.inference.exports.formats import Form, Run
from gan_cli.inference.exports.parts import Part
from gan_cli.variants.base import AdversarialModule

ENDINGS = {"onnx": ".onnx", "torch": ".pt2", "safetensors": ".safetensors"}
"""The ending of each format's files."""
MOST = 1e-2
"""A file whose outputs differ by more from the model's is not kept; images lie in [-1, 1]."""
HELD_AGAINST = 3
"""So many things are made by both."""


class Outcome(NamedTuple):
    """What was written.

    Attributes:
        path: The file.
        example: The program beside it.
        difference: The largest difference between its outputs and the model's; of weights alone, of these.
        lines: What is to be known of it.
    """

    path: Path
    example: Path
    difference: float
    lines: tuple[str, ...]


def export(model: AdversarialModule, format: str, output: Path, part: str | None = None, ema: bool = True) -> Outcome:
    """Writes a part of a model, and a program that runs it.

    Args:
        model: On the CPU.
        format: "onnx", "torch" (a program of `torch.export`) or "safetensors" (weights alone).
        output: The file to write, with the format's ending.
        part: See `parts.names_of`; None takes the generator, or the one direction.
        ema: The averaged generator, or the one that was trained.

    Raises:
        UserError: If there is no such part or format, the output is there already, or a package is not installed.
        RunFailed: If the part cannot be exported, or the file gives something else than the model.
        OSError: If the file cannot be written.
    """
    check(format, output)
    found = (parts.weights_called if format == "safetensors" else parts.part_called)(model, part, ema)
    told = formats.as_texts(_told(model, found))
    program = example_path(output)
    form, difference = _WRITERS[format](output, model, found, told)
    write_text(program, example(output, format, found, form, type(model).__name__))
    return Outcome(output, program, difference, tuple(_lines(format, found, form)))


def default_path(checkpoint: Path, model: AdversarialModule, part: str | None, format: str) -> Path:
    """The file for a part where none was named: in a folder beside the checkpoint.

    Raises:
        UserError: If there is no such format.
    """
    name = part or parts.names_of(model)[0]
    return checkpoint.parent / "exports" / f"{name}{_ending(format)}"


def check(format: str, output: Path) -> None:
    """Refuses a format that there is not, and a file that would be overwritten.

    Raises:
        UserError: For that reason.
    """
    ending = _ending(format)
    if output.suffix != ending:
        raise UserError(f"output: {output} is no name of a file of {format}; take one that ends in {ending}")
    for path in (output, example_path(output)):
        if path.exists():
            raise UserError(f"output: {path} is there already; name another file, or remove it")


def _ending(format: str) -> str:
    if format not in ENDINGS:
        raise UserError(f"format: {format} is unknown; take {', '.join(ENDINGS)}")
    return ENDINGS[format]


def _told(model: AdversarialModule, part: Part) -> dict[str, Any]:
    """What explains a file of weights by itself."""
    return {
        "gan_cli": __version__,
        "variant": type(model).__name__,
        "part": part.name,
        "arguments": dict(model.hparams),
        "data": model.data_facts,
        "imported": model.imported or model.origin.get("imported") or {},
    }


def _checked(write: Callable[..., Form], run: Callable[[Path, Part], Run]) -> Callable[..., tuple[Form, float]]:
    """Writes a file that is run, and holds what it gives against the model before it takes its place."""

    def written(output: Path, model: AdversarialModule, part: Part, told: dict[str, str]) -> tuple[Form, float]:
        with replacing(output) as temporary:
            named = temporary.with_suffix(output.suffix)  # torch takes no other ending
            try:
                form = write(named, part, told)
                difference = _difference(_runner(run, named, part), part, form)
                move_over(named, temporary)
            finally:
                named.unlink(missing_ok=True)
        return form, difference

    return written


def _runner(run: Callable[[Path, Part], Run], path: Path, part: Part) -> Run:
    """A file that was written, ready to be run.

    Raises:
        RunFailed: If the library that runs it refuses it.
    """
    try:
        return run(path, part)
    except (UserError, OSError):
        raise
    except Exception as error:
        said = first_line(error)
        raise RunFailed(f"{part.name}: the exported file cannot be run ({said[:150]}); it was not kept") from error


def _difference(run: Run, part: Part, form: Form) -> float:
    """The largest difference between a file's outputs and the model's, of things that neither has seen.

    Raises:
        RunFailed: If it is so large that the file gives something else.
    """
    values = [one.drawn(HELD_AGAINST if form.batch else formats.FEWEST, 7, larger=2 * form.size) for one in part.inputs]
    with torch.inference_mode():
        wanted = part.network(*values)
    with torch.no_grad():
        found = run(values)
    alike = found.shape == wanted.shape
    difference = float((found.double() - wanted.double()).abs().max()) if alike else float("inf")
    if not difference <= MOST:
        raise RunFailed(f"{part.name}: the exported file differs from the model by {difference:.2g}; it was not kept")
    return difference


def _weights_alone(output: Path, model: AdversarialModule, part: Part, told: dict[str, str]) -> tuple[Form, float]:
    weights = parts.weights_of(model, part)
    with replacing(output) as temporary:
        formats.write_safetensors(temporary, weights, told)
        read = formats.read_safetensors(temporary)
        difference = max(float((read[name].double() - one.double()).abs().max()) for name, one in weights.items())
    return Form(batch=True, size=True), difference


_WRITERS: dict[str, Callable[..., tuple[Form, float]]] = {
    "onnx": _checked(formats.write_onnx, formats.run_onnx),
    "torch": _checked(formats.write_torch, formats.run_torch),
    "safetensors": _weights_alone,
}


def _lines(format: str, part: Part, form: Form) -> list[str]:
    if format == "safetensors":
        return [f"weights of {', '.join(part.weights)}, and the arguments of their network"]
    taken = [f"{one.name} {_shape(one.shape, one.multiple, form)}" for one in part.inputs]
    fixed = [] if form.batch else [f"batch: {formats.FEWEST} things at a time, which the network compares"]
    sized = any(one.multiple for one in part.inputs) and not form.size
    fixed += ["size: fixed, because torch cannot leave it open in this network"] if sized else []
    return [f"takes {', '.join(taken)}; gives {part.output}", *part.notes, *fixed]


def _shape(shape: tuple[int, ...], multiple: int, form: Form) -> str:
    sides = ["H", "W"] if multiple and form.size else [str(side) for side in shape[-2:]]
    inner = [*(str(side) for side in shape[:-2]), *sides] if len(shape) > 1 else [str(side) for side in shape]
    several = f" (H and W multiples of {multiple})" if multiple > 1 and form.size else ""
    return f"[{', '.join(['N' if form.batch else str(formats.FEWEST), *inner])}]{several}"
