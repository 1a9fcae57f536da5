from typing import Any

import pytest
import torch
from torch import nn

from gan_cli.errors import UserError
from gan_cli.networks.cnn import CNNBody, CNNGenerator
from gan_cli.networks.heads import Discriminator
from gan_cli.networks.layers import Activation, ClassBatchNorm, Norm
from tests.networks.counting import layers_with_weights, widths


def test_widths_and_kernels_at_32_are_table_3s() -> None:
    generator, discriminator = CNNGenerator(32, 3, 128, 64), Discriminator(CNNBody(32, 3, 64))
    assert widths(generator) == [(4 * 4 * 512, 128), (512, 256), (256, 128), (128, 64), (3, 64)]  # transposed: in, out
    assert widths(discriminator) == [
        *[(64, 3), (64, 64), (128, 64), (128, 128), (256, 128), (256, 256), (512, 256), (1, 4 * 4 * 512)]
    ]
    layers: Any = layers_with_weights(discriminator)[:-1]
    assert [(layer.kernel_size[0], layer.stride[0]) for layer in layers] == [*[(3, 1), (4, 2)] * 3, (3, 1)]
    assert {m.negative_slope for m in discriminator.modules() if isinstance(m, nn.LeakyReLU)} == {0.1}
    assert sum(isinstance(module, nn.BatchNorm2d) for module in generator.modules()) == 3
    assert not any(isinstance(module, nn.BatchNorm2d) for module in discriminator.modules())


def test_at_48_the_first_map_is_6x6_and_the_layers_are_those_of_32() -> None:
    """Miyato et al. 2018, table 3: M_g = 6 for STL-10."""
    with torch.device("meta"):
        generator, discriminator = CNNGenerator(48, 3, 128, 64), Discriminator(CNNBody(48, 3, 64))
    assert widths(generator) == [(6 * 6 * 512, 128), (512, 256), (256, 128), (128, 64), (3, 64)]
    assert widths(discriminator)[-2:] == [(512, 256), (1, 6 * 6 * 512)]


@pytest.mark.parametrize("image_size", [16, 28, 32, 48, 64, 96, 256])
def test_every_size_gives_images_in_range_and_one_logit_each(image_size: int) -> None:
    images = CNNGenerator(image_size, 3, 8, 2)(torch.randn(2, 8) * 100)
    assert images.shape == (2, 3, image_size, image_size)
    assert float(images.detach().abs().max()) <= 1
    assert Discriminator(CNNBody(image_size, 3, 2))(images).shape == (2,)


def test_other_sizes_are_refused() -> None:
    with pytest.raises(UserError, match=r"image_size: 50 is not possible here; take 16, 20, 24, .* 224 or 256$"):
        CNNBody(50, 1, 2)


@pytest.mark.parametrize("kind", ["relu", "leaky_relu", "softplus", "tanh", "gated"])
@pytest.mark.parametrize("norm", ["batch", "layer", "none"])
def test_every_activation_and_norm_reaches_the_image(kind: Activation, norm: Norm) -> None:
    torch.manual_seed(0)
    generator, body = CNNGenerator(16, 1, 8, 4, norm, kind), CNNBody(16, 1, 4, norm, kind)
    Discriminator(body)(generator(torch.randn(4, 8))).square().sum().backward()
    for network in (generator, body):
        assert all(parameter.grad is not None and parameter.grad.any() for parameter in network.parameters())


def test_every_layer_but_the_images_own_is_normalised() -> None:
    kinds = [type(layer).__name__ for layer in CNNBody(16, 1, 4, "layer").layers]
    assert kinds == ["Conv2d", "LeakyReLU", *["Conv2d", "GroupNorm", "LeakyReLU"] * 4]


def test_batch_norm_by_class_is_in_every_layer_that_is_normalised() -> None:
    generator: Any = CNNGenerator(16, 1, 8, 4, num_classes=5)
    assert sum(isinstance(layer, ClassBatchNorm) for layer in generator.layers) == 2
    latents = torch.randn(1, 8).repeat(5, 1)
    images = generator.eval()(latents, torch.eye(5)).detach()
    assert len({tuple(image.flatten().tolist()) for image in images}) == 5
