import pytest
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from gan_cli.networks.projected import SEEN, ProjectedDiscriminator, RandomProjections, halvings
from tests.networks.counting import count


def test_there_are_as_many_weights_as_in_the_authors_code() -> None:
    assert count(RandomProjections(64)) == 376_768
    assert count(ProjectedDiscriminator(256)) == 10_331_328
    assert count(ProjectedDiscriminator(256, separable=True)) == 696_512


def test_maps_are_mixed_from_coarse_to_fine_and_doubled_before_they_are_narrowed() -> None:
    torch.manual_seed(0)
    maps = [torch.randn(2, channels, 16 // 2**n, 16 // 2**n) for n, channels in enumerate(SEEN)]
    projections = RandomProjections(4)
    expected: list[Tensor] = []
    carried: Tensor | None = None
    for number in (3, 2, 1, 0):
        mixed = projections.across_channels[number](maps[number])
        mixed = mixed if carried is None else mixed + carried
        large = interpolate(mixed, scale_factor=2, mode="bilinear", align_corners=True)  # the authors' order
        carried = projections.across_scales[number](large)
        expected.insert(0, carried)
    for found, wanted, channels in zip(projections(maps), expected, (4, 4, 8, 16), strict=True):
        assert wanted.shape[1] == channels
        torch.testing.assert_close(found, wanted)


def test_heads_halve_as_often_as_in_the_paper_from_128_pixels_on_and_less_often_below() -> None:
    for side in (128, 224, 256, 512):
        assert [halvings(side, scale) for scale in range(4)] == [4, 3, 2, 1]
    assert [halvings(96, scale) for scale in range(4)] == [3, 2, 1, 0]
    assert [halvings(64, scale) for scale in range(4)] == [3, 2, 1, 0]
    assert [halvings(32, scale) for scale in range(4)] == [2, 1, 0, -1]


@pytest.mark.parametrize("separable", [False, True])
def test_each_scale_gives_logits_of_its_places(separable: bool) -> None:
    discriminator = ProjectedDiscriminator(64, feed_size=96, heads=4, base_channels=2, separable=separable)
    assert discriminator(torch.zeros(2, 1, 64, 64)).shape == (2, 4 * 9)  # maps of 6 pixels a side have 3x3 places
    assert ProjectedDiscriminator(64, 64, 2, 2)(torch.zeros(2, 3, 64, 64)).shape == (2, 2)


def test_images_are_enlarged_bilinearly_before_they_are_seen() -> None:
    torch.manual_seed(0)
    discriminator = ProjectedDiscriminator(32, feed_size=64, heads=1, base_channels=2).eval()
    images = torch.rand(2, 3, 32, 32) * 2 - 1
    large = interpolate(images, scale_factor=2, mode="bilinear")
    assert discriminator(images).equal(discriminator(large))


def test_what_is_drawn_is_saved_and_neither_it_nor_what_sees_is_trained() -> None:
    discriminator = ProjectedDiscriminator(64, 64, 1, 2)
    names = list(discriminator.state_dict())
    assert sum(name.startswith("projections.") for name in names) == len(list(RandomProjections(2).parameters()))
    assert not any(name.startswith("lite0") for name in names)
    assert {name.partition(".")[0] for name, _ in discriminator.named_parameters()} == {"heads"}
    assert not [module for module in discriminator.modules() if not module.training]
    images = torch.zeros(1, 3, 64, 64, requires_grad=True)
    discriminator.eval()(images).sum().backward()
    assert images.grad is not None
    assert images.grad.abs().sum() > 0
    other = ProjectedDiscriminator(64, 64, 1, 2).eval()
    assert not other(images).equal(discriminator(images))
    other.load_state_dict(discriminator.state_dict())
    assert other(images).equal(discriminator(images))
