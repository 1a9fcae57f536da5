from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.functional import conv2d, conv_transpose2d, pad

from gan_cli.networks.cut import Decoder, Encoder, PatchProjections, mirrored, rows_at
from gan_cli.networks.patchgan import PatchGAN
from gan_cli.networks.resampling import Blur
from gan_cli.variants import CUT
from tests.networks.counting import count


def test_the_papers_networks_have_the_papers_sizes() -> None:
    with torch.device("meta"):
        model = CUT()
    encoder, decoder, projections = model.generator.values()
    # The authors have biases that a normalisation takes away before anything sees them: two for each block, and three.
    assert count(encoder) + count(decoder) == 11_378_179 - (9 * 2 * 256 + 64 + 128 + 64)
    assert count(projections) == 560_384
    assert count(model.discriminator) == 2_764_737 - (128 + 256 + 512)


def test_five_layers_are_compared_two_of_them_before_their_normalisation() -> None:
    torch.manual_seed(0)
    images, encoder = torch.randn(2, 3, 16, 16), Encoder(base_channels=2)
    bordered, first, second, block, last = encoder(images)
    assert torch.equal(bordered, pad(images, [3, 3, 3, 3], "reflect"))
    widened = encoder.widening[0](encoder.first(bordered))
    assert torch.equal(first, widened)
    assert torch.equal(second, encoder.widening[1](encoder.halving[0](widened)))
    assert torch.equal(block, encoder.blocks[0](encoder.halving[1](second)))
    assert torch.equal(last, nn.Sequential(*encoder.blocks[1:])(block))
    shapes = [(3, 22), (4, 16), (8, 8), (8, 4), (8, 4)]
    assert [tuple(maps.shape[1:3]) for maps in (bordered, first, second, block, last)] == shapes
    assert encoder.channels == tuple(channels for channels, _ in shapes)
    assert len(encoder.blocks) == 5
    assert Encoder(base_channels=2, num_blocks=1).channels == (3, 4, 8, 8)  # the first block is the last one


def test_height_and_width_are_kept() -> None:
    encoder, decoder = Encoder(1, base_channels=2), Decoder(1, base_channels=2)
    images = decoder(encoder(torch.randn(2, 1, 36, 100))[-1])
    assert images.shape == (2, 1, 36, 100)
    assert images.abs().max() <= 1


def test_maps_are_doubled_and_halved_by_the_authors_filters() -> None:
    maps = torch.randn(2, 3, 6, 10)

    def filtered(*taps: float) -> torch.Tensor:
        row = torch.tensor(taps)
        return torch.outer(row, row).expand(3, 1, -1, -1)

    halved = conv2d(pad(maps, [1] * 4, "reflect"), filtered(0.25, 0.5, 0.25), stride=2, groups=3)
    assert torch.allclose(Blur(2, "reflect")(maps), halved, atol=1e-6)
    doubled = conv_transpose2d(pad(maps, [1] * 4, "replicate"), filtered(0.25, 0.75, 0.75, 0.25), stride=2, groups=3)
    doubling = next(layer for layer in Decoder(base_channels=1) if isinstance(layer, nn.Upsample))
    assert torch.allclose(doubling(maps), doubled[:, :, 3:-3, 3:-3], atol=1e-6)


@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
def test_places_are_pixels_row_by_row_and_their_gradient_keeps_the_layout(layout: torch.memory_format) -> None:
    maps = torch.randn(2, 5, 4, 6).contiguous(memory_format=layout).requires_grad_()
    places = torch.tensor([0, 7, 23])
    rows = rows_at(maps, places)
    assert torch.equal(rows, torch.stack([maps[:, :, 0, 0], maps[:, :, 1, 1], maps[:, :, 3, 5]], dim=1))
    assert torch.equal(rows_at(maps, mirrored(places, 6)), rows_at(maps.flip(3), places))
    (gradient,) = torch.autograd.grad(rows.square().sum(), maps)
    assert gradient.is_contiguous(memory_format=layout)
    assert torch.equal(gradient[:, :, 1, 1], 2 * maps[:, :, 1, 1])


def test_vectors_have_length_1_however_small_they_begin() -> None:
    projections = PatchProjections((3, 8), projection_dim=6)
    maps = [torch.randn(2, 3, 4, 4) * 1e-4, torch.randn(2, 8, 2, 2, dtype=torch.bfloat16)]
    with torch.autocast("cpu", torch.bfloat16):
        vectors = projections(maps, [torch.arange(5), torch.arange(4)])
    assert [each.shape for each in vectors] == [(2, 5, 6), (2, 4, 6)]
    for each in vectors:
        assert each.dtype == torch.float32
        assert torch.allclose(each.norm(dim=2), torch.ones(each.shape[:2]))


@pytest.mark.parametrize(("patch_size", "seen"), [(16, 18), (34, 40), (70, 84)])
def test_blurs_let_an_output_of_the_discriminator_see_a_little_more(patch_size: Any, seen: int) -> None:
    network = PatchGAN(1, 1, patch_size, norm="instance", antialiased=True)
    convolutions = [layer for layer in network.layers if not hasattr(layer, "EPSILON")]  # without normalisation
    images = torch.randn(1, 1, 2 * seen, 2 * seen, requires_grad=True)
    outputs = nn.Sequential(*convolutions)(images)
    outputs[0, 0, outputs.shape[2] // 2, outputs.shape[3] // 2].backward()
    assert images.grad is not None
    reached = images.grad[0, 0].nonzero()
    assert (reached.amax(0) - reached.amin(0) + 1).tolist() == [seen, seen]
    assert network(torch.zeros(1, 1, 96, 96)).shape == PatchGAN(1, 1, patch_size)(torch.zeros(1, 1, 96, 96)).shape
