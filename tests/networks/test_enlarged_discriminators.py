"""Discriminators of enlarged images: sizes as published, and what they give."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

from gan_cli.networks.enlarged_discriminators import SRGANDiscriminator, UNetDiscriminator, VGGDiscriminator
from tests.networks.counting import count
from tests.networks.test_srresnet import biases_before_norms


@pytest.mark.parametrize(
    ("make", "parameters"),
    [
        (SRGANDiscriminator, 23_565_505),
        (lambda: SRGANDiscriminator(0), 5_215_425),
    ],
    ids=["96 pixels", "any size"],
)
def test_srgans_is_as_large_as_the_papers(make: Callable[[], nn.Module], parameters: int) -> None:
    with torch.device("meta"):
        network = make()
    assert count(network) + biases_before_norms(network) == parameters


@pytest.mark.parametrize(("kind", "parameters"), [(VGGDiscriminator, 14_499_401), (UNetDiscriminator, 4_376_897)])
def test_esrgans_are_as_large_as_the_authors(kind: type[nn.Module], parameters: int) -> None:
    with torch.device("meta"):
        assert count(kind()) == parameters


def test_there_is_a_logit_an_image_or_a_pixel() -> None:
    images = torch.rand(3, 1, 32, 32)
    assert SRGANDiscriminator(32, 1, 2)(images).shape == (3,)
    assert SRGANDiscriminator(0, 1, 2)(images[:, :, :, :16]).shape == (3,)
    assert VGGDiscriminator(32, 1, 2)(images).shape == (3,)
    assert UNetDiscriminator(1, 2)(images).shape == (3, 1, 32, 32)
