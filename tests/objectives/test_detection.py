import pytest
import torch

from gan_cli.networks.box_geometry import edges_at, moved, moves_to
from gan_cli.objectives.detection import centres, edges_loss, focal_loss

BOXES = torch.tensor([[[4.0, 8, 12, 16], [20, 0, 32, 12], [torch.nan] * 4]])


def test_peaks_are_in_the_cells_of_centres_and_edges_of_the_nearest_box() -> None:
    wanted = centres(BOXES, 8, 8, 4)
    assert (wanted.peaks == 1).nonzero().tolist() == [[0, 1, 6], [0, 3, 2]]
    assert torch.equal(wanted.boxes[0, 3, 2], BOXES[0, 0])
    assert torch.equal(wanted.boxes[0, 1, 6], BOXES[0, 1])
    assert wanted.weights.sum() == pytest.approx(1)
    nothing = centres(torch.full((1, 2, 4), torch.nan), 8, 8, 4)
    assert nothing.peaks.sum() == nothing.weights.sum() == 0


def test_losses_are_nearly_nothing_where_all_is_right() -> None:
    wanted = centres(BOXES, 8, 8, 4)
    right = torch.where(wanted.peaks == 1, 9.0, -9.0)
    assert focal_loss(right, wanted.peaks) < 1e-3 < focal_loss(-right, wanted.peaks)
    assert edges_loss(wanted.boxes, wanted) == pytest.approx(0, abs=1e-5)
    assert edges_loss(wanted.boxes + 2, wanted) > 0.2


def test_distances_of_cells_give_edges() -> None:
    distances = torch.full((1, 4, 2, 2), 3.0)
    assert edges_at(distances, 4)[0, 1, 0].tolist() == [-1, 3, 5, 9]


def test_moves_make_one_box_of_another() -> None:
    boxes, wanted = torch.tensor([[0.0, 0, 10, 20]]), torch.tensor([[2.0, -1, 9, 30]])
    assert torch.allclose(moved(boxes, moves_to(boxes, wanted)), wanted, atol=1e-4)
