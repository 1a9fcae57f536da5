"""The search for nearest rows against brute force, and what is made of the distances."""

import pytest
import torch

from gan_cli.metrics.nearest import memorisation, nearest


@pytest.mark.parametrize("size", [1, 7, 64, 200])
def test_batches_give_what_all_at_once_gives(size: int) -> None:
    generator = torch.Generator().manual_seed(0)
    rows = torch.randint(256, (200, 12), generator=generator, dtype=torch.uint8)
    queries = torch.randint(256, (30, 12), generator=generator, dtype=torch.uint8)
    found = nearest(queries, rows.split(size), 4)
    differences = queries.double()[:, None] - rows.double()[None]
    brute = differences.square().sum(2).sqrt()
    order = brute.argsort(dim=1, stable=True)[:, :4]
    assert torch.equal(found.numbers, order)
    torch.testing.assert_close(found.distances, brute.gather(1, order), rtol=1e-12, atol=0)


def test_a_copy_is_at_distance_zero_whatever_its_length() -> None:
    rows = torch.full((100, 3072), 255, dtype=torch.uint8)
    rows[:, 0] = torch.arange(100)
    found = nearest(rows[[42]], rows.split(30), 2)
    assert found.distances[0].tolist() == [0, 1]
    assert found.numbers[0].tolist() == [42, 41]


def test_a_set_smaller_than_k_leaves_infinity() -> None:
    assert nearest(torch.zeros(1, 2), [torch.ones(1, 2)], 2).distances[0, 1] == torch.inf


def test_copies_and_near_copies_are_told_from_new_images() -> None:
    held_out = torch.linspace(1, 2, 1001)
    new = memorisation(torch.linspace(1, 2, 500), held_out)
    near = memorisation(torch.full((500,), 0.5), held_out)
    assert new.threshold == pytest.approx(1.01)
    assert new.share_nearer == pytest.approx(0.01, abs=0.002)
    assert new.copies == 0
    assert near.share_nearer == 1
    assert memorisation(torch.tensor([0.0, 1.5]), held_out).copies == 0.5
