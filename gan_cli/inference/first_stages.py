"""The first stage of a model of two: what a checkpoint of VQGAN tells of its codes, and its networks' weights."""

from pathlib import Path
from typing import Any

from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.inference import checkpoints
from gan_cli.inference.transfer import AVERAGED, TRAINED, counterpart
from gan_cli.variants import VQGAN, VQTransformer
from gan_cli.variants.base import RECORD
from gan_cli.variants.vq_transformer import FIRST_STAGE, content_sum

OPTION = f"model.{FIRST_STAGE}"
SHAPE = ("image_size", "image_channels")
"""What both stages' data has to have in common."""


def settings_of(typed: str) -> dict[str, Any]:
    """The arguments of a second stage that its first one tells, the file among them.

    Args:
        typed: A checkpoint of VQGAN, or its run's folder.

    Raises:
        UserError: If there is none, or it cannot be read, or is of another variant.
    """
    path = _path(typed)
    arguments = checkpoints.arguments_of(_content(path), VQGAN)
    return {FIRST_STAGE: str(path), **{name: arguments[name] for name in (*SHAPE, *VQTransformer.CODER)}}


def take(model: VQTransformer) -> None:
    """Gives a new model the networks of the first stage that it names: the averaged ones where there are any.

    Raises:
        UserError: If it cannot be read, or its networks are not as the model's arguments say.
    """
    path = _path(model.first_stage)
    try:
        model.take_up(_weights(_content(path)))
    except (RuntimeError, KeyError) as error:
        raise UserError(
            f"{OPTION}: the networks of {path} are of other sizes than this VQTransformer was made for\n"
            "Take its sizes from gan_cli.inference.first_stages.settings_of, or leave them out on the command line"
        ) from error


def check_same(typed: str, record: dict[str, Any]) -> None:
    """Refuses a first stage for a run that has another one.

    Args:
        typed: The checkpoint, or its run's folder.
        record: That of the run's checkpoint.

    Raises:
        UserError: If it cannot be read, or has other weights.
    """
    path = _path(typed)
    if content_sum(_weights(_content(path))) != record.get(FIRST_STAGE):
        raise UserError(
            f"{OPTION}: {path} has other weights than the first stage of the run to go on with\n"
            "A resumed run keeps its first stage, which is in its checkpoint: leave it out, or start a new run"
        )


def _path(typed: str) -> Path:
    if not typed:
        raise UserError(
            f"{OPTION}: VQTransformer learns the codes of a VQGAN, and none is named\n"
            f"Type --{OPTION} CKPT; to train one first: gan fit --config vqgan.yaml"
        )
    return checkpoints.resolve(typed, option=OPTION)


def _content(path: Path) -> dict[str, Any]:
    content = checkpoints.read(path, option=OPTION)
    record = content[RECORD]
    if record["variant"] != VQGAN.__name__ or record["module"].partition(".")[0] != __name__.partition(".")[0]:
        raise UserError(f"{OPTION}: {path} holds a {record['variant']}, which has no codes; name a checkpoint of VQGAN")
    return content


def _weights(content: dict[str, Any]) -> dict[str, Tensor]:
    """The weights of the networks that make codes, by their names in `CodedImages`."""
    theirs = content["state_dict"]
    names = [name.removeprefix(TRAINED) for name in theirs if name.startswith(TRAINED)]
    found = {name: counterpart(AVERAGED + name, theirs) for name in names}
    return {name: tensor for name, tensor in found.items() if tensor is not None}
