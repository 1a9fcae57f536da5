from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

from gan_cli.networks.dvdgan import (
    ConvGRU,
    DVDGANDiscriminator,
    DVDGANGenerator,
    FrameNorm,
    SpaceTimeConvolution,
    TemporalBody,
)
from gan_cli.networks.first_weights import draw_first_weights
from gan_cli.networks.sagan import SAGANBody
from gan_cli.networks.spectral_norm import normalise_spectrally
from tests.networks.counting import count


def by_hand(unit: Any, inputs: Tensor) -> Tensor:
    """The paper's equations on what is read and remembered side by side, frame by frame; inputs are [T, N, C, H, W]."""
    kernels = [torch.cat([r.weight, h.weight], dim=1) for r, h in zip(unit.read, unit.remembered, strict=True)]

    def linear(gate: int, read: Tensor, remembered: Tensor) -> Tensor:
        return conv2d(torch.cat([read, remembered], dim=1), kernels[gate], unit.read[gate].bias, padding=1)

    state, states = torch.zeros_like(inputs[0]), []
    for read in inputs:
        reset, update = (torch.sigmoid(linear(gate, read, state)) for gate in (0, 1))
        state = update * state + (1 - update) * torch.relu(linear(2, read, reset * state))
        states.append(state)
    return torch.cat(states)


def test_the_recurrent_layer_follows_the_papers_equations() -> None:
    torch.manual_seed(0)
    unit, inputs = ConvGRU(3, 5), torch.randn(5, 2, 3, 4, 4)
    assert torch.allclose(unit(inputs.flatten(0, 1)), by_hand(unit, inputs), atol=1e-6)
    assert torch.allclose(unit(inputs[0], same=True), by_hand(unit, inputs[:1].expand(5, -1, -1, -1, -1)), atol=1e-6)


def test_a_pass_makes_one_step_of_power_iteration_however_many_frames_there_are() -> None:
    units = [ConvGRU(3, frames) for frames in (2, 9)]
    units[1].load_state_dict(units[0].state_dict())
    for unit in units:
        torch.manual_seed(0)
        normalise_spectrally(unit)
        unit(torch.randn(2, 3, 4, 4), same=True)
    one, other = (unit.state_dict() for unit in units)
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_each_time_step_is_normalised_by_its_own_statistics() -> None:
    torch.manual_seed(0)
    norm = FrameNorm(3, 4, 2)
    nn.init.zeros_(norm.gain.weight)
    nn.init.zeros_(norm.shift.weight)
    step = torch.arange(4).view(4, 1, 1, 1, 1)
    videos = torch.randn(4, 8, 3, 5, 5) * (1 + step) + step
    made = norm(videos.flatten(0, 1), torch.randn(8, 2)).unflatten(0, (4, 8))
    assert torch.allclose(made.mean(dim=(1, 3, 4)), torch.zeros(4, 3), atol=1e-5)
    assert torch.allclose(made.std(dim=(1, 3, 4), correction=0), torch.ones(4, 3), atol=1e-3)


def generator() -> DVDGANGenerator:
    torch.manual_seed(0)
    network = DVDGANGenerator(4, 32, 1, 6, 1, 3, 5)
    draw_first_weights(network, "orthogonal")
    return network.eval()


def test_all_frames_of_a_video_are_of_its_own_class_and_noise() -> None:
    """Neither is dealt out to the frames of others."""
    network, latents, labels = generator(), torch.randn(3, 6), torch.tensor([0, 1, 2])
    together = network(latents, labels)
    assert together.shape == (3, 1, 4, 32, 32)
    alone = torch.cat([network(latents[k : k + 1], labels[k : k + 1]) for k in range(3)])
    assert torch.allclose(together, alone, atol=1e-5)
    other = network(latents, torch.tensor([0, 2, 2]))
    changed = (together - other).abs().amax(dim=(1, 3, 4)) > 1e-4
    assert changed.tolist() == [[False] * 4, [True] * 4, [False] * 4]


def test_frames_differ_although_all_read_the_same_map() -> None:
    videos = generator()(torch.randn(2, 6), torch.tensor([0, 1]))
    assert all((videos[:, :, t] - videos[:, :, t + 1]).abs().amax() > 1e-4 for t in range(3))


def logits(network: DVDGANDiscriminator, videos: Tensor, frames: Tensor) -> Tensor:
    with torch.no_grad():
        found: Tensor = network(videos, frames, torch.arange(len(videos)) % 3)
    return found


def test_one_network_sees_the_chosen_frames_and_the_other_all_at_half_their_size() -> None:
    torch.manual_seed(0)
    network = DVDGANDiscriminator(32, 1, 1, 3)
    videos, frames = torch.rand(2, 1, 6, 32, 32), torch.tensor([[0, 2], [1, 5]])
    before = logits(network, videos, frames)
    unseen = videos.clone()
    unseen[0, :, 1], unseen[1, :, 0] = 0, 0
    moved = logits(network, unseen, frames) - before
    assert torch.equal(moved[:, 0], torch.zeros(2))
    assert (moved[:, 1].abs() > 1e-5).all()
    fine = videos + 0.5 * torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).repeat(16, 16)  # whose mean over 2x2 is 0
    moved = logits(network, fine, frames) - before
    assert (moved[:, 0].abs() > 1e-5).all()
    assert torch.allclose(moved[:, 1], torch.zeros(2), atol=1e-4)


def test_the_scores_of_frames_are_added_up() -> None:
    torch.manual_seed(0)
    network = DVDGANDiscriminator(32, 1, 1, 3)
    videos = torch.rand(2, 1, 6, 32, 32)
    each = [logits(network, videos, torch.full((2, 1), frame))[:, 0] for frame in (1, 4)]
    assert torch.allclose(logits(network, videos, torch.tensor([[1, 4], [4, 1]]))[:, 0], each[0] + each[1], atol=1e-4)


def test_sizes() -> None:
    """BigGAN's blocks beside the recurrent layers and the kernels over time; all at 64 pixels and base channels 32."""
    with torch.device("meta"):
        network = DVDGANGenerator(16, 64, 3, 120, 32, 101, 120)
        gru = [count(unit) for unit in network.recurrent]
        assert gru == [2 * 27 * width**2 + 3 * width for width in (512, 512, 256, 128)]
        flat, deep = SAGANBody(32, 3, 32, 0), TemporalBody(32, 3, 32)
        kernels = 128 * 3 + 3 * 128 * 128  # of the first block and the second, of 9 numbers each in two directions
        assert count(deep) == count(flat) + 18 * kernels


@pytest.mark.parametrize("frames", [1, 5, 16])
def test_videos_of_any_length_are_judged(frames: int) -> None:
    network = DVDGANDiscriminator(32, 3, 1, 0)
    assert network(torch.rand(2, 3, frames, 32, 32), torch.zeros(2, 1, dtype=torch.int64)).shape == (2, 2)


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_gradients_of_short_videos_are_the_same_in_bfloat16(frames: int) -> None:
    """PyTorch's own layer has any numbers there for two frames, on CPUs with units for bfloat16."""
    torch.manual_seed(0)
    layer, plain = SpaceTimeConvolution(16, 16, 3, padding=1), nn.Conv3d(16, 16, 3, padding=1)
    plain.load_state_dict(layer.state_dict())
    videos, slopes = torch.randn(8, 16, frames, 8, 8), torch.randn(8, 16, frames, 8, 8)
    made = plain(videos)
    exact = torch.autograd.grad(made, [*plain.parameters()], slopes)
    with torch.autocast("cpu", torch.bfloat16):
        short = layer(videos)
    found = torch.autograd.grad(short, [*layer.parameters()], slopes.to(short.dtype))
    assert torch.allclose(short.float(), made, atol=0.03)
    for mine, wanted in zip(found, exact, strict=True):
        assert (mine - wanted).abs().max() < 0.02 * wanted.abs().max()
