"""Checkpoints of the first format; those in `tests/old_checkpoints/` are real ones."""

from pathlib import Path
from typing import Any

import pytest

from gan_cli.errors import UserError
from gan_cli.inference.older import renewed
from gan_cli.variants.record import RECORD

RESNET = {"architecture": "resnet", "generator_architecture": None}


def of_before(**arguments: Any) -> dict[str, Any]:
    return {RECORD: {"gan_cli": "0.1.0"}, "hyper_parameters": {**RESNET, "image_size": 32, **arguments}}


@pytest.mark.parametrize("arguments", [{}, {"lambda_cls_real": 1.0, "num_classes": 0}])
def test_residual_networks_that_were_the_authors_have_another_name(arguments: dict[str, Any]) -> None:
    renamed = renewed(of_before(**arguments), Path("last.ckpt"))["hyper_parameters"]
    assert renamed["architecture"] == "sngan_resnet"
    assert renamed["generator_architecture"] is None
    alone = of_before(**{**arguments, "architecture": "dcgan", "generator_architecture": "resnet", "image_size": 64})
    assert renewed(alone, Path("last.ckpt"))["hyper_parameters"]["generator_architecture"] == "sngan_resnet"


@pytest.mark.parametrize(
    "arguments",
    [
        {"image_size": 64},
        {"lambda_cls_real": 1.0, "num_classes": 10},
        {"conditioning": "projection", "num_classes": 10},
        {"architecture": "dcgan", "generator_architecture": "resnet", "image_size": 256},
    ],
)
def test_residual_networks_that_were_others_are_refused_by_name(arguments: dict[str, Any]) -> None:
    message = r"^ckpt: last.ckpt has the resnet of an earlier gan-cli \(0.1.0\), which was another network; use that"
    with pytest.raises(UserError, match=message):
        renewed(of_before(**arguments), Path("last.ckpt"))
