from typing import Any

import pytest
import torch

from gan_cli.networks.patchgan import PatchGAN, least_side
from tests.networks.counting import count


def test_the_papers_network_has_the_papers_size() -> None:
    network = PatchGAN(6)
    assert count(network) == 2_768_705
    # CycleGAN's authors have biases that the normalisation takes away again.
    assert count(PatchGAN(3, norm="instance")) == 2_764_737 - (128 + 256 + 512)
    assert network(torch.zeros(2, 6, 256, 256)).shape == (2, 1, 30, 30)


@pytest.mark.parametrize("size", [16, 34, 70, 142, 286])
def test_an_output_sees_a_patch_of_the_size_asked_for(size: Any) -> None:
    network = PatchGAN(1, 2, size).eval()
    for module in network.modules():  # normalisation over the map would let every pixel be seen
        if isinstance(module, torch.nn.BatchNorm2d):
            module.register_buffer("running_mean", torch.zeros(module.num_features))
            module.register_buffer("running_var", torch.ones(module.num_features))
    side = 2 * size + 32
    images = torch.randn(1, 1, side, side, requires_grad=True)
    outputs = network(images)
    outputs[0, 0, outputs.shape[2] // 2, outputs.shape[3] // 2].backward()
    assert images.grad is not None
    seen = images.grad[0, 0].nonzero()
    assert (seen.amax(0) - seen.amin(0) + 1).tolist() == [size, size]


def test_instances_are_judged_alone() -> None:
    network = PatchGAN(3, 4, norm="instance")
    one, other = torch.randn(2, 3, 64, 64).split(1)
    assert torch.allclose(network(torch.cat([one, other]))[:1], network(one), atol=1e-6)


@pytest.mark.parametrize("antialiased", [False, True])
@pytest.mark.parametrize("size", [16, 34, 70, 142, 286])
def test_the_smallest_image_has_one_output(size: Any, antialiased: bool) -> None:
    network, least = PatchGAN(1, 1, size, "instance", antialiased), least_side(size)
    assert network(torch.zeros(1, 1, least, least)).shape == (1, 1, 1, 1)
    with pytest.raises((RuntimeError, ValueError)):
        network(torch.zeros(1, 1, least - 1, least - 1))
