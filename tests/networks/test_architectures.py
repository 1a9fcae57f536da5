from typing import Any, get_args

import pytest
import torch
from torch import nn

from gan_cli.errors import UserError
from gan_cli.networks.architectures import Architecture, Design
from gan_cli.networks.heads import Discriminator
from gan_cli.networks.layers import Activation
from tests.networks.counting import layers_with_weights

ARCHITECTURES: tuple[Architecture, ...] = get_args(Architecture)
BY_CLASS: list[Architecture] = ["mlp", "dcgan", "cnn", "resnet", "resnet101", "sngan_resnet", "lsgan", "acgan"]


@pytest.mark.parametrize("shape", [(1, 16, 16), (3, 32, 32)])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture_gives_a_generator_and_a_body(architecture: Architecture, shape: tuple[int, ...]) -> None:
    design = Design(architecture, base_channels=1).with_norm("generator", ("batch", "layer", "none"))
    images = design.generator(shape, 8)(torch.randn(2, 8))
    assert images.shape == (2, *shape)
    body: Any = design.with_norm("discriminator", ("none",)).body((shape[0] + 3, *shape[1:]))
    assert body(torch.randn(2, shape[0] + 3, *shape[1:])).shape == (2, body.feature_dim)


@pytest.mark.parametrize("architecture", ["dcgan", "cnn", "resnet", "resnet101", "sngan_resnet"])
def test_extra_channels_are_for_labels(architecture: Architecture) -> None:
    body = Design(architecture, 2, norm="none").body((1, 16, 16), extra=10)
    assert layers_with_weights(body)[0].in_channels == 11
    assert layers_with_weights(Design("mlp", 2, norm="none").body((1, 16, 16), extra=10))[0].in_features == 266


def test_a_norm_is_the_one_chosen_or_the_architectures_own_or_the_first_allowed() -> None:
    allowed: Any = ("layer", "none")
    own = {name: Design(name, 4).with_norm("discriminator", ("batch", "layer", "none")).norm for name in ARCHITECTURES}
    normalised = dict.fromkeys(["dcgan", "resnet101", "lsgan", "acgan"], "batch")
    assert own == dict.fromkeys(ARCHITECTURES, "none") | normalised
    above = {size: Design("resnet", 4).with_norm("discriminator", allowed, size).norm for size in (32, 64)}
    assert above == {32: "none", 64: "layer"}
    assert Design("resnet", 4).with_norm("discriminator", ("batch", "none"), 64).norm == "batch"
    assert Design("dcgan", 4).with_norm("discriminator", allowed).norm == "layer"
    assert Design("dcgan", 4, norm="none").with_norm("discriminator", allowed).norm == "none"
    assert Design("resnet", 4).with_norm("generator", ("batch", "layer", "none")).norm == "batch"


@pytest.mark.parametrize("kind", ["relu", "leaky_relu", "softplus", "tanh", "gated", "maxout"])
@pytest.mark.parametrize("architecture", ["mlp", "dcgan", "cnn", "resnet", "resnet101", "sngan_resnet"])
def test_the_activation_chosen_is_in_both_players_and_no_other(architecture: Architecture, kind: Activation) -> None:
    design = Design(architecture, 1, norm="none", activation=kind)
    name = {"relu": "ReLU", "leaky_relu": "LeakyReLU", "softplus": "ShiftedSoftplus", "tanh": "Tanh", "gated": "Gate"}
    name |= {"maxout": "Maxout"}
    for network in (design.generator((1, 16, 16), 8), design.body((1, 16, 16))):
        kinds = {type(module).__name__ for module in network.modules()} & set(name.values())
        assert kinds - {"Tanh"} == {name[kind]} - {"Tanh"}  # a generator ends in tanh whatever the kind
        assert sum(isinstance(module, nn.Tanh) for module in network.modules()) > 1 or kind != "tanh"


@pytest.mark.parametrize("architecture", ["mlp", "dcgan", "sngan_resnet"])
def test_depth_reaches_both_players(architecture: Architecture) -> None:
    made = {
        depth: [
            len(layers_with_weights(network))
            for network in (
                Design(architecture, 2, depth, "none").generator((1, 16, 16), 8),
                Discriminator(Design(architecture, 2, depth, "none").body((1, 16, 16))),
            )
        ]
        for depth in (8, 9)
    }
    more = 2 if architecture == "sngan_resnet" else 1  # a block has two layers
    assert [after - before for before, after in zip(*made.values(), strict=True)] == [more, more]


@pytest.mark.parametrize("architecture", BY_CLASS)
def test_a_generator_by_class_depends_on_the_class(architecture: Architecture) -> None:
    torch.manual_seed(0)
    generator = Design(architecture, 2, norm="batch").generator((1, 16, 16), 8, num_classes=3).train()
    for name, parameter in generator.named_parameters():
        if name.endswith("shift"):
            nn.init.normal_(parameter)
    images = generator(torch.randn(1, 8).repeat(3, 1), torch.eye(3)).detach()
    assert len({tuple(image.flatten().tolist()) for image in images}) == 3


@pytest.mark.parametrize(
    "design", [Design("r3gan", 1, norm="none"), Design("dcgan", 4, norm="layer"), Design("sgan_cnn", 4, norm="batch")]
)
def test_a_class_needs_batch_normalisation_to_go_into(design: Design) -> None:
    with pytest.raises(UserError, match="the class goes into the generator's batch normalisation"):
        design.generator((1, 16, 16), 8, num_classes=3)


@pytest.mark.parametrize(
    ("design", "shape", "message"),
    [
        (Design("dcgan", 4), (2,), "architecture: dcgan makes images; for points take mlp"),
        (Design("r3gan", 4), (2,), "architecture: r3gan makes images; for points take mlp"),
        (Design("cnn", 4, depth=8), (1, 16, 16), "depth: cnn has its own; .* mlp or dcgan or sngan_resnet or r3gan"),
        (Design("resnet", 4, depth=8), (1, 16, 16), "depth: resnet has its own"),
        (Design("resnet101", 4, depth=8), (1, 16, 16), "depth: resnet101 has its own"),
        (Design("mlp", 4, constant_width=True), (1, 16, 16), "constant_width: mlp has its own; .* dcgan or r3gan$"),
        (Design("r3gan", 4, norm="batch"), (1, 16, 16), "norm: r3gan has its own"),
        (Design("r3gan", 4, activation="tanh"), (1, 16, 16), "activation: r3gan has its own"),
    ],
)
def test_what_an_architecture_has_not_is_refused(design: Design, shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(UserError, match=f"model.{message}"):
        design.check(shape)
