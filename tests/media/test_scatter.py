import pytest
import torch

from gan_cli.media.scatter import scatter


def test_points_are_drawn_where_they_are_over_the_surface() -> None:
    real = torch.tensor([[4.0, 4.0], [-4.0, -4.0]])
    picture = scatter(torch.tensor([[2.0, 2.0]]), real, lambda places: places[:, 0])
    assert picture.shape == (3, 512, 512)
    x, y = round(256 + 256 * 2 / 5), round(256 - 256 * 2 / 5)
    red, green, blue = picture[:, y, x].tolist()
    assert green > red
    assert green > blue
    left, right = picture[:, 256, 100].int(), picture[:, 256, 400].int()
    assert left[2] > left[0]  # blue where the discriminator says generated
    assert right[0] > right[2]


@pytest.mark.parametrize("shape", [(50, 2), (3, 5, 2)])
def test_no_surface_and_no_real_points_are_no_trouble(shape: tuple[int, ...]) -> None:
    picture = scatter(torch.randn(shape), surface=lambda _: None, as_paths=len(shape) == 3)
    assert picture.float().std() > 0
