"""The formats of exported files: written, read again, and run."""

import json
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.export import Dim, ExportedProgram

from gan_cli.devices.memory import is_out_of_memory
from gan_cli.errors import RunFailed, UserError, first_line
from gan_cli.inference.exports.parts import Input, Part

Run = Callable[[Sequence[Tensor]], Tensor]
"""Gives a file's output of inputs."""
FEWEST = 2
"""The batch that a network is looked at with; of one thing torch would keep the number."""
ONNX_OPSET = 20


class Form(NamedTuple):
    """What an exported file is able to take.

    Attributes:
        batch: Whether any number of things at a time.
        size: Whether images of any size, where the part can.
    """

    batch: bool
    size: bool


def missing(packages: str) -> UserError:
    """What is to be installed."""
    return UserError(f"format: {packages} is not installed: pip install 'gan-cli[export]'")


def program_of(part: Part) -> tuple[ExportedProgram, Form]:
    """A part as one graph, with as much left open as it can be.

    Raises:
        UserError: If it takes more than is known of it, or gives more than a tensor.
        RunFailed: If torch cannot follow it.
    """
    values = tuple(one.drawn(FEWEST, 0) for one in part.inputs)
    _check_alone(part, values)
    sized = any(one.multiple for one in part.inputs)
    said = ""
    for form in (Form(True, sized), Form(True, False), Form(False, False)):
        for strict in (False, True):
            shapes = tuple(_open(one, form) for one in part.inputs)
            try:
                with _quiet(), torch.no_grad():
                    program = torch.export.export(part.network, values, dynamic_shapes=(shapes,), strict=strict)
                if _goes(program, part, form):
                    return program, form
            except Exception as error:
                said = said or first_line(error)
    raise RunFailed(f"{part.name} cannot be exported: torch cannot follow it ({said[:150]})")


def _check_alone(part: Part, values: Sequence[Tensor]) -> None:
    """Refuses a part that cannot be asked alone, before torch tries for minutes to follow it."""
    made: Any = None
    why: Exception | None = None
    try:
        with torch.inference_mode():
            made = part.network(*values)
    except UserError:  # such as of weights that it needs and that are not installed
        raise
    except (TypeError, ValueError, RuntimeError, LookupError) as error:
        if is_out_of_memory(error):
            raise
        why = error
    if not isinstance(made, Tensor):
        taken = " and ".join(one.name for one in part.inputs)
        raise UserError(
            f"part: {part.name} takes more than {taken}, or gives more than one tensor, as no exported file does\n"
            "Its weights can be had: --format safetensors"
        ) from why


def _open(one: Input, form: Form) -> dict[int, Any]:
    """The dimensions of an input that are left open."""
    dimensions: dict[int, Any] = {0: Dim("batch", min=1)} if form.batch else {}
    if one.multiple and form.size:
        height, width = Dim("rows", min=2), Dim("columns", min=2)
        last = len(one.shape)
        dimensions |= {last - 1: one.multiple * height, last: one.multiple * width}
    return dimensions


def _goes(program: ExportedProgram, part: Part, form: Form) -> bool:
    """Whether a graph takes what it should, by taking it."""
    module = program.module()
    with torch.no_grad(), suppress(Exception):
        module(*(one.drawn(3 if form.batch else FEWEST, 1, larger=2 * form.size) for one in part.inputs))
        return True
    return False


def write_torch(path: Path, part: Part, told: Mapping[str, str]) -> Form:
    """Writes a program of torch.export (.pt2), which `torch.export.load` reads."""
    program, form = program_of(part)
    with _quiet():
        torch.export.save(program, path, extra_files=dict(told))
    return form


def run_torch(path: Path, part: Part) -> Run:
    """A written program."""
    module = torch.export.load(path).module()
    return lambda values: module(*values)


def write_onnx(path: Path, part: Part, told: Mapping[str, str]) -> Form:
    """Writes an ONNX model.

    Raises:
        UserError: If onnx, onnxscript or onnxruntime is not installed.
        RunFailed: If it holds something that ONNX does not have.
    """
    try:
        import onnx
        import onnxruntime  # noqa: F401  so that nothing is written that cannot be checked
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise missing("onnx, onnxscript or onnxruntime") from error
    program, form = program_of(part)
    try:
        with _quiet(), torch.no_grad():
            made = torch.onnx.export(
                program,
                input_names=[one.name for one in part.inputs],
                output_names=[part.output],
                opset_version=ONNX_OPSET,
                dynamo=True,
                verbose=False,
            )
    except Exception as error:
        said = first_line(error)
        raise RunFailed(f"{part.name} cannot be exported: ONNX does not have it ({said[:150]})") from error
    assert made is not None
    model = made.model_proto
    for name, value in told.items():
        model.metadata_props.append(onnx.StringStringEntryProto(key=name, value=value))
    try:
        onnx.checker.check_model(model)
    except onnx.checker.ValidationError as error:
        raise RunFailed(f"{part.name} cannot be exported: it makes no valid ONNX ({str(error)[:150]})") from error
    path.write_bytes(model.SerializeToString())
    return form


def run_onnx(path: Path, part: Part) -> Run:
    """A written ONNX model, by onnxruntime."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = torch.get_num_threads(), 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def run(values: Sequence[Tensor]) -> Tensor:
        named = {one.name: value.numpy() for one, value in zip(part.inputs, values, strict=True)}
        taken = {one.name for one in session.get_inputs()}
        outputs = session.run(None, {name: value for name, value in named.items() if name in taken})
        return torch.from_numpy(outputs[0])

    return run


def write_safetensors(path: Path, weights: Mapping[str, Tensor], told: Mapping[str, str]) -> None:
    """Writes weights alone, with what explains them beside.

    Raises:
        UserError: If safetensors is not installed.
    """
    try:
        from safetensors.torch import save
    except ImportError as error:
        raise missing("safetensors") from error
    path.write_bytes(save({name: tensor.clone() for name, tensor in weights.items()}, dict(told)))


def read_safetensors(path: Path) -> dict[str, Tensor]:
    """The weights of a file."""
    from safetensors.torch import load_file

    return load_file(path)


def as_texts(told: Mapping[str, Any]) -> dict[str, str]:
    """What explains a file, as the texts that its format holds; what is no text is JSON."""
    return {name: value if isinstance(value, str) else json.dumps(value, default=list) for name, value in told.items()}


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what torch says of its own steps."""
    loggers = [
        logging.getLogger(name)
        for name in ("torch.onnx", "onnxscript", "torch.export", "torch._dynamo", "torch._guards")
    ]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
