import pytest
import torch
from torch.nn.functional import conv2d, conv_transpose2d, leaky_relu

from gan_cli.networks.midinet import MidiNetDiscriminator, MidiNetGenerator
from tests.networks.counting import count

UNNEEDED = 1024 + 2 * 128 + 3 * 128 + 4 * 16
"""Biases of the authors' generator that batch normalisation takes away again."""


def test_the_papers_sizes() -> None:
    with torch.device("meta"):
        assert count(MidiNetGenerator(16, 128, 1, 100)) == 530_625 - UNNEEDED
        assert count(MidiNetDiscriminator(16, 128, 1)) == 312_703 - (77 + 1024)


def test_rows_are_convolved_as_maps_would_be() -> None:
    """The first layer of the discriminator beside the authors' convolution of the bar with a plane for each number."""
    torch.manual_seed(0)
    network = MidiNetDiscriminator(16, 24, 2, hidden=8)
    bars, chords = torch.rand(3, 2, 16, 24), torch.rand(3, 13)
    planes = torch.cat([bars, chords[:, :, None, None].expand(-1, -1, 16, 24)], dim=1)
    kernel = torch.cat([network.steps.weight.unflatten(1, (2, 2, 24)), network.chords.unflatten(2, (2, 24))], dim=1)
    expected = leaky_relu(conv2d(planes, kernel, network.steps.bias, stride=(2, 1)), 0.2)[..., 0]
    assert torch.allclose(network.features(bars, chords), expected, atol=1e-5)


def test_the_last_layer_is_a_transposed_convolution_over_a_row() -> None:
    torch.manual_seed(0)
    network = MidiNetGenerator(16, 24, 2, 4, 2, 8, 2).eval()
    seen: list[torch.Tensor] = []
    network.rows.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0]))
    made = network(torch.randn(3, 4), torch.rand(3, 2, 16, 24), torch.rand(3, 13))
    kernel = network.rows.weight[..., 0].T.unflatten(1, (2, 24))[:, :, None]
    expected = torch.sigmoid(conv_transpose2d(seen[0][..., None], kernel, network.bias))
    assert torch.allclose(made, expected, atol=1e-6)


@pytest.mark.parametrize("into", ["all", "last"])
@pytest.mark.parametrize("steps", [8, 24])
def test_bars_of_any_multiple_of_eight_steps(into: str, steps: int) -> None:
    network = MidiNetGenerator(steps, 12, 1, 4, 2, 8, 2, into)  # type: ignore[arg-type]
    assert network(torch.randn(2, 4), torch.rand(2, 1, steps, 12), torch.rand(2, 13)).shape == (2, 1, steps, 12)
    assert MidiNetDiscriminator(steps, 12, 1, 2, 8)(torch.rand(2, 1, steps, 12), torch.rand(2, 13)).shape == (2,)
