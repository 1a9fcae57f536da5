"""The networks that foresee people: the authors' sizes, and who has a say in whose future."""

from typing import Any

import pytest
import torch
from torch import Tensor

from gan_cli.networks.crowds import Crowd
from gan_cli.networks.social_gan import FutureGenerator, PathDiscriminator
from gan_cli.variants import SocialGAN


def generator(pooling: Any) -> FutureGenerator:
    torch.manual_seed(0)
    return FutureGenerator(5, 4, 8, 12, 16, 8, pooling)


def observed(count: int = 4) -> Tensor:
    """What people in scenes of two to four did before."""
    torch.manual_seed(1)
    places = torch.randn(count, 4, 8, 2).cumsum(2)
    for number in range(count):
        places[number, 2 + number % 3 :] = torch.nan
    return places


@pytest.mark.parametrize(
    ("arguments", "sizes"),
    [
        ({"pooling": "none"}, (16_634, 25_265)),
        ({}, (60_234, 25_265)),
        ({"pooling": "every_step", "pooled_discriminator": True}, (108_026, 99_617)),
    ],
)
def test_networks_have_the_authors_parameters(arguments: dict[str, Any], sizes: tuple[int, int]) -> None:
    model = SocialGAN(**arguments)
    players = (model.generator, model.discriminator)
    assert tuple(sum(weights.numel() for weights in player.parameters()) for player in players) == sizes


def test_a_crowd_is_told_by_numbers_or_seen_in_paths() -> None:
    paths = observed()
    told, seen = Crowd.of(paths, (2, 3, 4, 2)), Crowd.of(paths)
    assert all(torch.equal(one, other) for one, other in zip(told[1:], seen[1:], strict=True))
    assert len(told.seats) == 11
    assert len(told.seen) == 4 + 9 + 16 + 4
    assert torch.equal(told.scenes[told.lookers], told.scenes[told.seen])
    assert torch.equal(told.shares.sum(1), torch.ones(4))
    twice = Crowd.of(torch.cat([paths, paths]), (2, 3, 4, 2))
    assert torch.equal(twice.scenes, torch.cat([told.scenes, told.scenes + 4]))
    rows = told.packed(paths)
    assert torch.equal(told.seated(rows.flatten(1), torch.nan).view_as(paths).nan_to_num(9), paths.nan_to_num(9))


@pytest.mark.parametrize("pooling", ["none", "once", "every_step"])
def test_a_scene_alone_has_the_future_that_it_has_among_others(pooling: str) -> None:
    network, paths, latents = generator(pooling), observed(), torch.randn(4, 4)
    together = network(latents, paths)
    for number, people in enumerate((2, 3, 4, 2)):
        alone = network(latents[[number]], paths[[number], :people])
        assert torch.allclose(alone[0], together[number, :people], atol=1e-6)
        assert together[number, people:].isnan().all()


@pytest.mark.parametrize("pooling", ["none", "once", "every_step"])
def test_several_futures_are_those_of_each_latent(pooling: str) -> None:
    network, paths, latents = generator(pooling), observed(), torch.randn(4, 3, 4)
    several = network(latents, paths)
    for number in range(3):
        assert torch.allclose(several[:, number], network(latents[:, number], paths), atol=1e-6, equal_nan=True)


@pytest.mark.parametrize("pooling", ["none", "once", "every_step"])
def test_neighbours_have_a_say_where_they_are_pooled(pooling: str) -> None:
    network, paths, latents = generator(pooling), observed(), torch.randn(4, 4)
    moved = paths.clone()
    moved[2, 3] += torch.tensor([3.0, -2.0])  # somebody of the third scene
    one, other = network(latents, paths), network(latents, moved)
    assert torch.equal(one[2, :3], other[2, :3]) == (pooling == "none")
    assert torch.equal(one[:2].nan_to_num(9), other[:2].nan_to_num(9))
    shifted = network(latents, paths + 5)  # and places as such have none
    assert torch.allclose(shifted - 5, one, atol=1e-4, equal_nan=True)


@pytest.mark.parametrize("pooled", [False, True])
def test_the_discriminator_judges_each_person_and_nobody_else(pooled: bool) -> None:
    torch.manual_seed(0)
    network, paths = PathDiscriminator(8, 12, 16, pooled), observed()
    future = paths[:, :, -3:] + 1
    logits = network(future, paths, (2, 3, 4, 2))
    assert logits.shape == (4, 4)
    assert torch.equal(logits != 0, ~paths[:, :, 0, 0].isnan())
    with torch.no_grad():
        list(network.classifier.parameters())[-1].fill_(-9)
        assert float(network(future, paths).min()) < -8  # the last layer is linear
