"""What every medium does unless it says otherwise."""

from dataclasses import dataclass, field
from typing import ClassVar

import pytest
import torch
from torch import Tensor

from gan_cli.media.images import Images
from gan_cli.media.medium import Beside, Medium


@pytest.mark.parametrize(
    ("count", "height", "width", "rows", "columns"),
    [
        (9, 16, 16, 3, 3),
        (10, 16, 16, 3, 4),
        (16, 8, 64, 8, 2),
        (16, 8, 512, 16, 1),
        (6, 64, 8, 1, 6),
        (1, 16, 16, 1, 1),
    ],
)
def test_a_page_is_about_as_high_as_wide(count: int, height: int, width: int, rows: int, columns: int) -> None:
    page = Images().page(torch.zeros(count, 3, height, width, dtype=torch.uint8), Beside())
    edge = 2 if count > 1 else 0  # torchvision leaves a single picture as it is
    assert page.shape == (3, rows * (height + edge) + edge, columns * (width + edge) + edge)


@dataclass(frozen=True)
class Noted(Medium):
    """Numbers, that notes what is beside them on each page."""

    name: ClassVar[str] = "numbers"
    pages: list[tuple[Tensor, Beside]] = field(default_factory=list)

    def shown(self, kept: Tensor, mirrored: Tensor | None = None) -> Tensor:
        return kept

    def kept(self, made: Tensor) -> Tensor:
        return made

    def page(self, kept: Tensor, beside: Beside) -> Tensor:
        self.pages.append((kept, beside))
        return torch.zeros(1, 1, 1, dtype=torch.uint8)


def test_each_moment_of_a_film_has_beside_it_what_belongs_to_it() -> None:
    medium, walks = Noted(), torch.arange(6).view(2, 3)  # two walks of three moments
    given = torch.arange(6) * 10
    medium.film(walks, Beside(given={"seen": given}, real=-given))
    for kept, beside in medium.pages:
        assert beside.real is not None
        assert beside.given["seen"].tolist() == (kept * 10).tolist()
        assert beside.real.tolist() == (kept * -10).tolist()


def test_real_things_to_compare_with_are_beside_every_moment() -> None:
    medium, real = Noted(), torch.arange(100)
    medium.film(torch.arange(6).view(2, 3), Beside(real=real))
    assert all(beside.real is real for _, beside in medium.pages)
