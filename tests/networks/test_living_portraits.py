"""The networks of LivingPortraits: sizes by the authors' configuration, points that follow, motion that is none."""

import pytest
import torch
from torch import Tensor

from gan_cli.networks.dense_motion import DenseMotion, Motion, bumps, sparse_motions, taken
from gan_cli.networks.hourglass import Hourglass
from gan_cli.networks.key_points import KeyPointDetector, KeyPoints, grid, inverse, product
from gan_cli.networks.living_portraits import PortraitDiscriminator, PortraitGenerator, least_side
from tests.networks.counting import count


def identities(places: Tensor) -> KeyPoints:
    return KeyPoints(places, torch.eye(2).expand(*places.shape[:2], 2, 2))


def test_networks_of_voxceleb_have_the_authors_sizes() -> None:
    with torch.device("meta"):
        made = PortraitGenerator(3, 10, 32, 64, 64, 5, 4, 2, 6, True, True, False, "batch")
        judge = PortraitDiscriminator(3, 32, 4)
    assert count(made.detector) == 14_215_368
    assert count(made.motion) == 37_730_268
    assert count(made.motion) + count(made.painter) == 45_575_391
    assert count(judge) == 2_758_849


@pytest.mark.parametrize("blocks", [1, 2, 3])
def test_an_hourglass_gives_maps_of_the_size_that_went_in(blocks: int) -> None:
    hourglass = Hourglass(3, 4, blocks, "instance")
    assert hourglass(torch.rand(2, 3, 16, 24)).shape == (2, hourglass.outputs, 16, 24)


def test_points_are_where_the_heat_is_and_lie_as_images_do_before_training() -> None:
    detector = KeyPointDetector(1, 2, 4, 2, 1, jacobians=True, norm="batch")
    points = detector(torch.rand(3, 1, 16, 16))
    assert points.places.shape == (3, 2, 2)
    assert points.places.abs().max() <= 1
    torch.testing.assert_close(points.jacobians, torch.eye(2).expand(3, 2, 2, 2))
    assert KeyPointDetector(1, 2, 4, 2, 1, jacobians=False, norm="batch").lie is None


def test_a_bump_is_as_high_as_1_at_its_point() -> None:
    made = bumps(torch.tensor([[[0.0, 0.5]]]), grid(5, 5, torch.zeros(())))
    assert made.shape == (1, 1, 5, 5)
    assert made[0, 0, 3, 2] == 1
    assert int(made.argmax()) == 3 * 5 + 2


def test_a_point_takes_what_lies_around_it_from_around_the_sources() -> None:
    source = KeyPoints(torch.tensor([[[0.5, 0.0]]]), torch.tensor([[[[0.0, -1.0], [1.0, 0.0]]]]))
    places = grid(3, 3, torch.zeros(()))
    stays, moved = sparse_motions(source, identities(torch.tensor([[[-0.5, 0.0]]])), places)[0]
    torch.testing.assert_close(stays, places)
    torch.testing.assert_close(moved[1, 1], torch.tensor([0.5, 0.5]))  # half to the right, turned: half down


def test_maps_that_do_not_move_stay_as_they_are() -> None:
    maps = torch.rand(2, 3, 8, 12)
    places = grid(4, 6, maps).expand(2, -1, -1, -1)
    torch.testing.assert_close(taken(maps, Motion(places, None, maps)), maps)
    assert taken(maps, Motion(places, torch.zeros(2, 1, 4, 6), maps)).abs().max() == 0


def test_what_each_pixel_follows_are_shares_of_all_motions() -> None:
    motion = DenseMotion(3, 2, 4, 2, 1, occlusion=True, norm="batch")
    points = identities(torch.rand(2, 2, 2))
    found = motion(torch.rand(2, 3, 16, 16), points, points)
    torch.testing.assert_close(found.shares.sum(-1), torch.ones(2, 16, 16))
    torch.testing.assert_close(found.places, grid(16, 16, found.places).expand(2, -1, -1, -1))
    assert found.visible is not None
    assert DenseMotion(3, 2, 4, 2, 1, occlusion=False, norm="batch").visible is None


def test_inverses_are_those_of_the_library_and_finite_where_there_are_none() -> None:
    matrices = torch.randn(5, 2, 2, dtype=torch.float64)
    torch.testing.assert_close(inverse(matrices), torch.linalg.inv(matrices))
    torch.testing.assert_close(product(matrices, inverse(matrices)), torch.eye(2).double().expand(5, 2, 2))
    assert inverse(torch.zeros(2, 2)).isfinite().all()


@pytest.mark.parametrize("layers", [1, 2, 4])
def test_a_discriminator_judges_images_from_its_least_side_on(layers: int) -> None:
    judge, side = PortraitDiscriminator(1, 2, layers), least_side(layers)
    assert judge(torch.rand(2, 1, side, side))[-1].shape == (2, 1, 2, 2)
