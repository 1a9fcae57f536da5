"""VQGAN's networks: their sizes, the codebook's gradients, and large images in tiles."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

from gan_cli.networks import coded_tiles
from gan_cli.networks.patchgan import PatchGAN
from gan_cli.networks.vqgan import Codebook, CodedImages, Sizes


def count(network: nn.Module) -> int:
    return sum(weights.numel() for weights in network.parameters())


def test_networks_have_the_authors_numbers_of_parameters() -> None:
    with torch.device("meta"):
        network = CodedImages(Sizes(3, 128, (1, 1, 2, 2, 4), 2, frozenset({4}), 256), 1024, 256)
        small = CodedImages(Sizes(3, 32, (1, 2, 2), 1, frozenset({2}), 64), 256, 64)
        discriminator = PatchGAN(3, 64, 70)
    assert (count(network.encoder), count(network.decoder)) == (29_298_176, 42_449_795)
    assert (count(network), count(small), count(discriminator)) == (72_141_699, 1_096_355, 2_765_633)


def test_an_images_codes_are_as_many_times_smaller_as_the_factor() -> None:
    network = CodedImages(Sizes(1, 32, (1, 1, 1), 1, frozenset({1}), 4), 8, 4).eval()
    images = torch.rand(2, 1, 16, 24)
    codes = network.encode(images)
    assert (network.factor, codes.shape, network.decode(codes).shape) == (4, (2, 4, 6), images.shape)
    assert torch.allclose(network.decoder.last(network(images).maps), network.decode(codes), atol=1e-5)


def test_entries_are_the_nearest_and_gradients_pass_through_them() -> None:
    codebook = Codebook(3, 2)
    with torch.no_grad():
        codebook.entries.copy_(torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 5.0]]))
    vectors = torch.tensor([[0.9, 0.2], [0.1, 3.0]]).t().reshape(1, 2, 1, 2).requires_grad_()
    made = codebook(vectors)
    assert made.codes.tolist() == [[[1, 2]]]
    assert torch.allclose(made.vectors.flatten(2)[0].t(), codebook.entries[[1, 2]])
    weights = torch.tensor([[1.0, 2.0], [3.0, 4.0]]).reshape(1, 2, 1, 2)
    (slope,) = torch.autograd.grad((made.vectors * weights).sum(), vectors, retain_graph=True)
    assert torch.equal(slope, weights)  # as if nothing had been between them
    (of_entries,) = torch.autograd.grad(made.vectors.sum(), codebook.entries, retain_graph=True, allow_unused=True)
    assert of_entries is None


def test_each_of_the_two_distances_moves_its_own_side() -> None:
    torch.manual_seed(0)
    codebook, vectors = Codebook(4, 3), torch.randn(2, 3, 2, 2, requires_grad=True)
    made = codebook(vectors)
    distance = made.vectors.detach() - vectors.detach()
    assert torch.allclose(made.codebook, distance.square().mean())
    assert torch.allclose(made.commitment, made.codebook)
    sides = [vectors, codebook.entries]
    slopes: Any = torch.autograd.grad(made.commitment, sides, retain_graph=True, allow_unused=True)
    assert torch.allclose(slopes[0], -2 * distance / distance.numel())
    assert slopes[1] is None
    slopes = torch.autograd.grad(made.codebook, sides, allow_unused=True)
    assert slopes[0] is None
    drawn = torch.zeros(4, 3).index_add_(0, made.codes.flatten(), 2 * distance.movedim(1, -1).reshape(-1, 3))
    assert torch.allclose(slopes[1], drawn / distance.numel(), atol=1e-6)


def cells() -> Any:
    """A coder whose codes are the means of squares, so that tiles change nothing."""

    def encode(images: Tensor) -> Tensor:
        assert max(images.shape[2:]) <= 8
        return avg_pool2d(images, 2)[:, 0].round().long()

    def decode(codes: Tensor) -> Tensor:
        assert max(codes.shape[1:]) <= 4
        return interpolate(codes[:, None].float(), scale_factor=2.0)

    return SimpleNamespace(factor=2, encode=encode, decode=decode)


@pytest.mark.parametrize("size", [(6, 8), (22, 8), (34, 50)])
def test_tiles_of_large_images_make_one_grid_of_codes_and_one_image(size: tuple[int, int]) -> None:
    wanted = torch.randint(100, (2, size[0] // 2, size[1] // 2))
    images = interpolate(wanted[:, None].float(), scale_factor=2.0)
    codes = coded_tiles.encode(cells(), images, tile=4)
    assert torch.equal(codes, wanted)
    assert torch.allclose(coded_tiles.decode(cells(), codes, tile=4), images, atol=1e-4)


def test_where_tiles_meet_each_code_is_of_the_one_it_is_deepest_in() -> None:
    def numbered(tiles: Tensor) -> Tensor:
        return torch.arange(len(tiles))[:, None, None].expand(-1, 1, 4)

    coder: Any = SimpleNamespace(factor=1, encode=numbered)
    assert coded_tiles.encode(coder, torch.zeros(1, 1, 1, 7), tile=4).tolist() == [[[0, 0, 0, 0, 1, 1, 1]]]
    assert coded_tiles.encode(coder, torch.zeros(1, 1, 1, 6), tile=4).tolist() == [[[0, 0, 0, 1, 1, 1]]]
