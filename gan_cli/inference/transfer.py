"""Weights of another run as the beginning of a new one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.plugins import defaults
from gan_cli.variants import AdversarialModule
from gan_cli.variants.base import RECORD

AVERAGED, TRAINED = "ema.network.", "generator."
"""How names of weights begin in the generator's average and in the generator itself."""
SHOWN = 3
"""At most this many differing settings are named."""


def take(model: AdversarialModule, content: Mapping[str, Any], path: Path) -> None:
    """Gives a new model the weights of a checkpoint that fit by name and shape.

    Players' weights and buffers are taken, and the generator's average; where the other run has none, the average
    begins at its generator. Optimizers, counters and what a variant notes over a run are new.

    `model.origin` says so afterwards: `ckpt`, the file; `told`, what was taken; `new`, the layers that were not, at
    least not wholly; `differing`, the settings that differ; and `imported`, the files from elsewhere that its weights
    are from, so that their licence stays with what is made of them.

    Args:
        model: The model, which is changed.
        content: The checkpoint's.
        path: Its file.

    Raises:
        UserError: If no weights fit.
    """
    record, ours = content[RECORD], _of_players(model)
    found = {name: counterpart(name, content["state_dict"]) for name in ours}
    fitting = {
        name: tensor for name, tensor in found.items() if tensor is not None and tensor.shape == ours[name].shape
    }
    new = [name for name in ours if name not in fitting]
    differing = _differing(model, content) if new else ""
    what = f"{record['variant']} on {record['data'].get('name', 'data it does not name')}"
    if fitting.keys().isdisjoint(dict(model.named_parameters())):
        raise UserError(
            f"init: no weights of {path} ({what}) fit this {type(model).__name__} by name and shape"
            + (f"\nThe settings differ: {differing}" if differing else "")
        )
    with torch.no_grad():
        for name, tensor in fitting.items():
            ours[name].copy_(tensor)
    share = sum(map(torch.numel, fitting.values())) / sum(map(torch.numel, ours.values()))
    model.origin = {
        "ckpt": str(path),
        "told": f"{path} ({what}, step {record['counters']['batches']:,}): "
        f"{len(fitting)} of {len(ours)} tensors taken, {share:.1%} of the numbers in them",
        "new": list(dict.fromkeys(name.rpartition(".")[0] for name in new)),
        "differing": differing,
        "imported": record.get("imported") or record.get("origin", {}).get("imported") or {},
    }


def _of_players(model: AdversarialModule) -> dict[str, Tensor]:
    """Weights and buffers of the players and of the generator's average."""
    begin = (AVERAGED, *(f"{player}." for player in model.players))
    return {name: tensor for name, tensor in model.state_dict().items() if name.startswith(begin)}


def counterpart(name: str, theirs: Mapping[str, Tensor]) -> Tensor | None:
    """Another checkpoint's weight of a name; of an average that it has not, its generator's."""
    if name.startswith(AVERAGED) and name not in theirs:
        name = TRAINED + name.removeprefix(AVERAGED)
    return theirs.get(name)


def _differing(model: AdversarialModule, content: Mapping[str, Any]) -> str:
    """The settings of the same variant that are others in the two runs, but for those that every variant has."""
    if type(model).__name__ != content[RECORD]["variant"]:
        return ""
    here, there, of_all = model.hparams, content["hyper_parameters"], defaults(AdversarialModule)
    found = [
        f"model.{name} {here[name]} here, {there[name]} there"
        for name in here
        if name in there and name not in of_all and here[name] != there[name]
    ]
    return "; ".join(found[:SHOWN])
