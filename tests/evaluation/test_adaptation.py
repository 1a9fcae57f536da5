from pathlib import Path
from typing import Any

import pytest
import torch

from gan_cli.callbacks.set_measures import SetMeasures
from gan_cli.data import AdaptedDigits
from gan_cli.evaluation import adaptation
from gan_cli.evaluation.adaptation import INVERTED, SOURCE_ONLY, TARGET_LABELS, Lesson, is_coloured, trained
from gan_cli.evaluation.comparing import own_table
from gan_cli.variants import ADDA, DANN, PixelDA
from tests.conftest import quiet
from tests.toys import FewAdapted
from tests.variant_rows import ADAPTED, PAINTED_OVER


def test_a_classifier_to_compare_with_learns_and_leaves_the_random_state_alone() -> None:
    data = AdaptedDigits(look="thick", image_size=16)
    source, target = data.whole("source", "train"), data.whole("target", "test")
    model = DANN(image_size=16, base_channels=8)
    torch.manual_seed(5)
    wanted = torch.rand(3)
    torch.manual_seed(5)
    networks = [trained(model, Lesson(60, 32, seed), source) for seed in (0, 0, 1)]
    assert torch.equal(torch.rand(3), wanted)
    first, again, other = (adaptation.accuracy(network, *target) for network in networks)
    assert first == again != other
    assert first > 30


@pytest.mark.parametrize(
    ("variant", "arguments", "columns"),
    [(DANN, ADAPTED, 2), (ADDA, {**ADAPTED, "source_steps": 2}, 2), (PixelDA, PAINTED_OVER, 3)],
)
def test_a_table_holds_the_rows_to_compare_with(
    variant: Any, arguments: dict[str, Any], columns: int, tmp_path: Path
) -> None:
    model, data = variant(**arguments), FewAdapted(image_size=16, batch_size=16)
    quiet(tmp_path, max_steps=4).fit(model, data)
    table = adaptation.table(model, data)
    adapted = f"adapted ({variant.__name__})"
    assert list(table.rows) == [adapted, SOURCE_ONLY, INVERTED, TARGET_LABELS, "the source's most frequent class"]
    assert len(table.kinds) == columns
    assert all(len(row) == columns for row in table.rows.values())
    assert "from plain to blended" in table.title
    assert "160 held-out blended" in table.notes[0]
    if variant is ADDA:  # before it is adapted it is the classifier of the source
        assert "the model's own" in table.notes[2]


def test_inversion_is_a_row_where_the_target_is_coloured() -> None:
    assert is_coloured(AdaptedDigits(image_size=16).whole("target", "test").images)
    assert not is_coloured(AdaptedDigits(look="inverted", image_size=16).whole("target", "test").images)


def test_target_labels_are_a_trace_in_the_log_and_choose_nothing(tmp_path: Path) -> None:
    model, data = DANN(**ADAPTED), FewAdapted(image_size=16, batch_size=16)
    quiet(tmp_path, max_steps=2, callbacks=[SetMeasures()], val_check_interval=1, limit_val_batches=1).fit(model, data)
    assert "metric/target_accuracy" in (tmp_path / "metrics.csv").read_text()
    assert own_table(model, data, seed=0) is None
