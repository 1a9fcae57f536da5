import pytest
import torch

from gan_cli.metrics.variety import mean_pairwise_distance


def test_the_mean_is_over_all_pairs_of_each_image() -> None:
    made = [torch.tensor([[0.0], [1]]), torch.tensor([[3.0], [1]]), torch.tensor([[4.0], [7]])]
    found = mean_pairwise_distance(made, lambda one, other: (one - other).abs().flatten())
    assert found.tolist() == pytest.approx([(3 + 4 + 1) / 3, (0 + 6 + 6) / 3])


def test_one_style_alone_has_no_distance() -> None:
    with pytest.raises(ValueError, match="1 styles have no distance between them"):
        mean_pairwise_distance([torch.zeros(2)], torch.sub)
