"""The table of what an IcGAN makes of held-out pictures, of one that learned nothing."""

import pytest
import torch

from gan_cli.evaluation import attribute_editing
from gan_cli.evaluation.comparing import own_table
from gan_cli.variants import IcGAN
from tests.inference.test_edit_inputs import icgan
from tests.toys import FewAttributed, FewDigits
from tests.variant_rows import INVERTIBLE


@pytest.fixture(autouse=True)
def _few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attribute_editing, "STEPS", 60)


def test_edits_stand_beside_copies_means_and_right_answers() -> None:
    model = icgan()
    model.data_facts = FewAttributed(image_size=16).record()
    model.together.zero_()
    table = own_table(model, FewAttributed(image_size=16), seed=0, num=40)
    assert table is not None
    right, copy = (table.values(name) for name in ("right answers", "copy of the input"))
    assert right["found_again"] == 1
    assert right["answer_error"] == 0
    assert right["changed_right"] > 0.9  # by a classifier of 60 batches
    assert right["others_kept"] > 0.9
    assert copy["reconstruction_error"] == 0
    assert copy["changed_right"] < 0.1
    assert copy["others_kept"] > 0.9
    assert copy["answer_error"] > 30
    mean = table.values("mean training picture")
    assert mean["found_again"] == pytest.approx(1 / 40)
    near = table.values("nearest training picture with them")
    assert near["changed_right"] > 0.9
    assert 0 < near["answer_error"] < copy["answer_error"]
    assert set(table.values("edited, of generated pictures")) == {
        "changed_right",
        "others_kept",
        "reconstruction_error",
    }
    assert next(iter(table.rows)) == "edited"
    assert any(note.startswith("standard deviation of the latents read: ") for note in table.notes)
    assert any(note.startswith("found again, by what is changed: inverted ") for note in table.notes)


def test_classes_are_changed_one_for_another() -> None:
    torch.manual_seed(0)
    model = IcGAN(**{**INVERTIBLE, "image_channels": 1, "num_classes": 10}).eval()
    model.data_facts = FewDigits(image_size=16).record()
    model.counters.batches = 2000
    table = own_table(model, FewDigits(image_size=16), seed=0, num=40)
    assert table is not None
    copy, near = (table.values(name) for name in ("copy of the input", "nearest training picture with them"))
    assert copy["changed_right"] < 0.2  # by a classifier of 60 batches
    assert copy["found_again"] == 1  # among inputs, as right answers are not known
    assert near["changed_right"] > 0.9
    assert "others_kept" not in near
    assert "right answers" not in table.rows


def test_there_is_no_table_before_the_encoders_are_trained() -> None:
    model = icgan()
    model.counters.batches = 10
    assert own_table(model, FewAttributed(image_size=16), seed=0) is None
