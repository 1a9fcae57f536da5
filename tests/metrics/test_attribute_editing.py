import pytest
import torch

from gan_cli.metrics.attribute_editing import absolute_error, found_again, nearest_with, read_right


def test_changed_and_kept_attributes_are_counted_apart() -> None:
    source = torch.tensor([[0, 0, 1], [1, 1, 0]]).bool()
    wanted = torch.tensor([[1, 0, 1], [0, 0, 0]]).bool()  # three changes, three that stay
    read = torch.tensor([[1, 1, 1], [0, 1, 0]]).bool()
    assert tuple(read_right(read, wanted, source)) == pytest.approx((2 / 3, 2 / 3))
    assert tuple(read_right(wanted, wanted, source)) == (1.0, 1.0)
    assert read_right(source, wanted, source).changed == 0.0
    assert read_right(wanted[:, :1], wanted[:, :1], source[:, :1]).kept is None


def test_a_picture_is_found_again_where_its_own_candidate_is_nearest() -> None:
    candidates = torch.eye(3)
    assert found_again(candidates * 0.6, candidates, torch.arange(3)) == 1.0
    assert found_again(candidates.roll(1, 0), candidates, torch.arange(3)) == 0.0
    assert found_again(torch.full((3, 3), 0.2), candidates, torch.arange(3)) == pytest.approx(1 / 3)
    assert absolute_error(torch.zeros(2, 1, 2, 2), torch.full((2, 1, 2, 2), 5)) == 5.0


def test_the_nearest_with_labels_has_as_many_of_them_as_any() -> None:
    others = torch.tensor([0, 100, 200]).to(torch.uint8).reshape(3, 1, 1, 1)
    labels = torch.tensor([[1, 0], [1, 0], [0, 1]]).bool()
    images = torch.tensor([90, 90, 10]).to(torch.uint8).reshape(3, 1, 1, 1)
    wanted = torch.tensor([[1, 0], [0, 1], [1, 1]]).bool()
    assert nearest_with(images, wanted, others, labels, batch=2).tolist() == [1, 2, 0]  # no other has both
