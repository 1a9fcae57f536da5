"""A term whose weight is 0 costs nothing: no pass of a network is made for it."""

from typing import Any

import pytest
import torch

from gan_cli.errors import UserError
from gan_cli.variants import Pix2Pix
from tests.toys import batch_for, passes_of
from tests.variant_rows import ROWS

OFF = [
    ("wgan-gp", {"lambda_gp": 0.0}, {"adversarial"}, 1, 1),
    ("wgan-gp-supervised", {"lambda_gp": 0.0}, {"adversarial", "class"}, 1, 1),
    ("wgan-lp", {"lambda_lp": 0.0}, {"adversarial"}, 1, 1),
    ("r3gan", {"r1_gamma": 0.0, "r1_gamma_end": 0.0}, {"adversarial"}, 1, 1),
    ("sgan", {"lambda_unlabelled": 0.0}, {"class"}, 0, 1),
    ("stargan", {"lambda_gp": 0.0}, {"adversarial", "class"}, 1, 1),
]
"""Rows, weights, the terms that are left of the discriminator's loss, and the passes of both networks that it takes."""


@pytest.mark.parametrize(("name", "weights", "terms", "made", "judged"), OFF, ids=[name for name, *_ in OFF])
def test_a_discriminators_descent(name: str, weights: dict[str, Any], terms: set[str], made: int, judged: int) -> None:
    model = next(row for row in ROWS if row.name == name).make(**weights)
    batch = batch_for(model)
    passes = passes_of(model.generator), passes_of(model.discriminator)
    assert set(model.discriminator_losses(batch)) == terms
    assert tuple(map(len, passes)) == (made, judged)


def test_a_penalty_on_slopes_that_weighs_nothing_asks_for_no_slopes() -> None:
    model = next(row for row in ROWS if row.name == "r3gan").make(r1_gamma=0.0, r1_gamma_end=0.0)
    batch = batch_for(model)
    passes = passes_of(model.discriminator)
    model.generator.requires_grad_(False)
    model.discriminator_losses(batch)
    assert [images.requires_grad for images, _ in passes] == [False]


@pytest.mark.parametrize(("weight", "passes_left"), [("lambda_cycle", 1), ("lambda_identity", 2)])
def test_a_translators_way_back(weight: str, passes_left: int) -> None:
    row = next(row for row in ROWS if row.name == "cyclegan-no-identity")
    model = row.make(**{"lambda_cycle": 10.0, "lambda_identity": 0.0, weight: 0.0})
    model.watch = lambda *_: None
    data = row.data(image_size=16, batch_size=2)
    batch = data.on_device(data.part("train")[torch.arange(2)])
    passes = [passes_of(translator) for translator in model.generator.values()]
    losses = model.generator_losses(model.shared(batch))
    assert not any(name.startswith(weight.removeprefix("lambda_")) for name in losses)
    assert [len(each) for each in passes] == [passes_left] * 2


def test_stargans_way_back() -> None:
    model = next(row for row in ROWS if row.name == "stargan").make(lambda_rec=0.0)
    batch = batch_for(model)
    passes = passes_of(model.generator)
    assert set(model.generator_losses(batch)) == {"adversarial", "class"}
    assert len(passes) == 1


def test_nothing_at_all_is_refused() -> None:
    with pytest.raises(UserError, match=r"model\.lambda_l1: 0 is not possible where model.lambda_adversarial is 0"):
        Pix2Pix(image_size=64, lambda_l1=0.0, lambda_adversarial=0.0)
