import pytest
import torch

from gan_cli.networks.frame_prediction import FrameDiscriminator, FrameGenerator, pyramid
from tests.networks.counting import count


@pytest.mark.parametrize(("base_channels", "weights"), [(128, 12_569_740), (16, 223_644)])
def test_the_papers_sizes(base_channels: int, weights: int) -> None:
    with torch.device("meta"):
        assert count(FrameGenerator(4 * 3, 3, base_channels, 4)) == weights


def test_a_scale_adds_to_the_guess_of_the_coarser_one_within_the_tanh() -> None:
    torch.manual_seed(0)
    network = FrameGenerator(4, 1, 2, 3)
    for weight in network.scales[1:].parameters():
        torch.nn.init.zeros_(weight)
    coarse, middle, fine = network(torch.rand(2, 4, 16, 24))
    assert [guess.shape[2:] for guess in (coarse, middle, fine)] == [(4, 6), (8, 12), (16, 24)]
    enlarged = coarse.repeat_interleave(2, 2).repeat_interleave(2, 3)
    assert torch.allclose(middle, torch.tanh(enlarged))


def test_each_scale_is_judged_beside_what_was_given() -> None:
    torch.manual_seed(0)
    network, given, frames = FrameDiscriminator(5, 2, 4, 32), torch.rand(3, 4, 32, 32), torch.rand(3, 1, 32, 32)
    logits = network(given, *pyramid(frames, 4))
    assert logits.shape == (3, 4)
    assert (network(given.flip(0), *pyramid(frames, 4)) != logits)[[0, 2]].all()
    other = pyramid(frames, 4)
    other[1] = other[1] + 1
    changed = network(given, *other) != logits
    assert changed[:, 1].all()
    assert not changed[:, [0, 2, 3]].any()
