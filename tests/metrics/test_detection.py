import pytest
import torch

from gan_cli.errors import UserError
from gan_cli.metrics.detection import accuracy, average_precision
from gan_cli.metrics.detection_tables import boxes_table, crops_table

pytest.importorskip("pycocotools")

TRUE = torch.tensor(
    [
        [[0.0, 0, 8, 8, 1, 1], [20, 20, 40, 40, 2, 1]],
        [[10.0, 10, 50, 50, 1, 1], [torch.nan] * 6],
    ]
)


def test_what_is_right_has_all_and_nothing_has_none() -> None:
    assert average_precision(TRUE, TRUE, 10) == pytest.approx(
        dict.fromkeys(("ap", "ap_half", "ap_small", "ap_medium", "ap_large"), 1.0)
    )
    nothing = torch.full((2, 3, 6), torch.nan)
    assert set(average_precision(nothing, TRUE, 10).values()) == {0.0}


def test_sizes_are_told_apart_by_the_sets_own_limit() -> None:
    missed = TRUE.clone()
    missed[0, 0] = torch.nan  # the only small one
    found = average_precision(missed, TRUE, 10)
    assert (found["ap_small"], found["ap_medium"], found["ap_large"]) == (0, 1, 1)
    assert average_precision(missed, TRUE, 5)["ap_small"] is None  # then it is no small one


def test_tables_say_what_learns_nothing() -> None:
    table = boxes_table({"made": TRUE}, TRUE, 10, "a set")
    assert list(table.rows) == ["made", "boxes of another image", "nothing"]
    crops = crops_table({"made": torch.tensor([0, 1, 1])}, torch.tensor([0, 1, 0]), ("door", "shop"), 4, "a set")
    assert crops.rows["always door"] == pytest.approx([2 / 3, 0.5])


def test_accuracy_of_all_and_by_class() -> None:
    found = accuracy(torch.tensor([0, 0, 0, 0]), torch.tensor([0, 0, 0, 1]))
    assert found == pytest.approx({"accuracy": 0.75, "recall": 0.5})


def test_a_missing_package_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(UserError, match=r'pip install "gan-cli\[detection\]"'):
        average_precision(TRUE, TRUE, 10)
