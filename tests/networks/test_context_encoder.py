import pytest
import torch
from torch import nn

from gan_cli.networks.context_encoder import ContextDiscriminator, ContextEncoderNetwork
from tests.networks.counting import count


def biases(network: nn.Module) -> int:
    """How many biases the authors' convolutions have, all of which their code sets to 0 at each step."""
    return sum(layer.out_channels for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d))


@pytest.mark.parametrize(("bottleneck", "published"), [(4000, 71_130_531), (100, 7_221_231)])
def test_the_papers_generator_has_the_size_of_the_authors(bottleneck: int, published: int) -> None:
    with torch.device("meta"):
        network = ContextEncoderNetwork(bottleneck=bottleneck)
    assert count(network) + biases(network) == published


def test_the_papers_discriminator_has_the_size_of_the_authors() -> None:
    with torch.device("meta"):
        network = ContextDiscriminator()
    assert count(network) + biases(network) == 2_766_529


@pytest.mark.parametrize(("image_size", "made_size"), [(128, 64), (128, 128), (64, 32), (16, 8), (256, 256)])
def test_pictures_have_the_size_that_is_asked_for(image_size: int, made_size: int) -> None:
    network = ContextEncoderNetwork(image_size, made_size, 4, 3, base_channels=1, bottleneck=4)
    made = network(torch.rand(2, 4, image_size, image_size))
    assert made.shape == (2, 3, made_size, made_size)
    assert ContextDiscriminator(made_size, base_channels=1)(made).shape == (2,)


def test_everything_passes_through_the_bottleneck() -> None:
    """There is no way round it: images that give the same vector give the same picture."""
    torch.manual_seed(0)
    network = ContextEncoderNetwork(16, 16, base_channels=2, bottleneck=4).eval()
    images = torch.rand(2, 3, 16, 16)
    assert not torch.equal(*network(images))
    with torch.no_grad():
        network.encoder[-3].weight.zero_()  # type: ignore[operator]
    assert torch.equal(*network(images))
