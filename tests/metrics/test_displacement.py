import torch

from gan_cli.metrics.displacement import displacements, moved_corners


def speckled(count: int = 2, side: int = 40) -> torch.Tensor:
    return torch.randint(256, (count, 3, side, side), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def test_what_is_shifted_is_found_where_it_is() -> None:
    truth = speckled()
    points = torch.tensor([[[20, 20], [12, 25]]] * 2)
    found = displacements(torch.roll(truth, (3, -4), (2, 3)), truth, points)
    torch.testing.assert_close(found, torch.full((2, 2), 5 / 40, dtype=torch.float64))
    assert displacements(truth, truth, points).abs().max() == 0


def test_of_places_that_are_alike_the_nearest_counts_and_no_point_has_no_number() -> None:
    plain = torch.zeros(1, 1, 40, 40, dtype=torch.uint8)
    found = displacements(plain, plain, torch.tensor([[[0, 39], [-1, -1]]]))
    assert found[0, 0] == 0
    assert found[0, 1].isnan()


def test_corners_are_found_where_something_has_moved() -> None:
    before = torch.zeros(1, 1, 40, 40, dtype=torch.uint8)
    before[..., 5:12, 5:12] = 200  # stays
    truth = before.clone()
    truth[..., 22:30, 20:28] = 200
    corners = moved_corners(truth, before, 6)[0].tolist()
    there = [corner for corner in corners if corner != [-1, -1]]
    assert len(there) == 4
    for x, y in there:
        assert min(abs(x - 20), abs(x - 27)) <= 2
        assert min(abs(y - 22), abs(y - 29)) <= 2
    assert (moved_corners(before, before, 3) == -1).all()
