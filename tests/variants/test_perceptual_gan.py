"""What PerceptualGAN promises beside the contract: phases, who learns from what, and what resting means."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from gan_cli.data.datamodules import GANDataModule
from gan_cli.errors import UserError
from gan_cli.evaluation.comparing import own_table
from gan_cli.networks.small_detector import sorted_out
from gan_cli.seeding import Rows
from gan_cli.variants import PerceptualGAN
from gan_cli.variants.base import Place
from gan_cli.variants.perceptual_gan import DETECTOR, Seen
from tests.conftest import quiet
from tests.toys import FewBoxed, FewCrops
from tests.two_processes import in_double
from tests.variant_rows import DETECTING, OF_CROPS


def made(**changes: Any) -> PerceptualGAN:
    torch.manual_seed(0)
    return PerceptualGAN(**{**DETECTING, **changes})


def fit(model: PerceptualGAN, folder: Path, steps: int, resume: Path | None = None, **trainer: Any) -> None:
    quiet(folder, max_steps=steps, **trainer).fit(model, FewBoxed(batch_size=8), ckpt_path=resume)


def state(model: torch.nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def test_the_detector_learns_first_and_rests_then(tmp_path: Path) -> None:
    model = made(pretraining_steps=3)
    before = state(model.generator)
    fit(model, tmp_path, 3)
    assert all(torch.equal(value, before[name]) for name, value in model.generator.state_dict().items())
    assert model.milestone == DETECTOR
    detector, generator = state(model.discriminator), state(model.generator)
    fit(model, tmp_path, 6, tmp_path / "last.ckpt")
    moved = {name for name, value in model.discriminator.state_dict().items() if not torch.equal(value, detector[name])}
    assert {name.partition(".")[0] for name in moved} == {"adversarial"}
    assert any(not torch.equal(value, generator[name]) for name, value in model.generator.state_dict().items())


def test_resuming_across_the_phases_is_bit_identical(tmp_path: Path) -> None:
    whole = made(pretraining_steps=4, ema_decay=0.9)
    fit(whole, tmp_path / "whole", 7)
    for stop in (3, 5):  # in each phase
        part = made(pretraining_steps=4, ema_decay=0.9)
        fit(part, tmp_path / str(stop), stop)
        resumed = made(pretraining_steps=4, ema_decay=0.9)
        fit(resumed, tmp_path / str(stop), 7, tmp_path / str(stop) / "last.ckpt")
        assert all(torch.equal(value, state(whole)[name]) for name, value in resumed.state_dict().items())


def test_parts_of_a_batch_add_up_to_the_batch(tmp_path: Path) -> None:
    models = [made(accumulate=accumulate, pretraining_steps=2) for accumulate in (1, 2)]
    for number, model in enumerate(models):
        data = in_double(FewBoxed)(batch_size=8)
        quiet(tmp_path / str(number), max_steps=5, precision="64-true").fit(model, data)
    one, other = map(state, models)
    assert all(torch.allclose(value, other[name], rtol=0, atol=1e-9) for name, value in one.items())


def ready(model: PerceptualGAN, data: GANDataModule, count: int = 16) -> Any:
    """A batch, with the model ready for it as a trainer leaves it."""
    model._place = Place(Rows(0, count, count), 0, 0)
    model.watch = lambda *_: None  # type: ignore[method-assign]
    return data.on_device(data.part("train")[torch.arange(count)])


@pytest.mark.parametrize("taught", ["large", "small"])
def test_classes_are_learned_from_the_sizes_that_are_taught(taught: Any) -> None:
    model = made(pretraining_steps=1, taught=taught)
    batch = ready(model, FewBoxed())
    chosen = model._things(batch).small == (taught == "small")
    losses = model.discriminator_losses(batch)
    assert 0 < int(chosen.sum()) < len(chosen)
    others = batch.boxes.clone()
    others[batch.boxes[..., 0].isnan().logical_not()] = _with_classes(others, ~chosen)
    again = model.discriminator_losses(batch._replace(boxes=others))
    assert torch.equal(again["class"], losses["class"])
    others[batch.boxes[..., 0].isnan().logical_not()] = _with_classes(others, chosen)
    assert not torch.equal(model.discriminator_losses(batch._replace(boxes=others))["class"], losses["class"])


def _with_classes(boxes: Tensor, of: Tensor) -> Tensor:
    """The rows that are there, with other classes for some of them."""
    rows = boxes[~boxes[..., 0].isnan()].clone()
    rows[of, 4] = (rows[of, 4] + 1) % 10
    return rows


def test_a_large_thing_is_classified_as_without_the_generator() -> None:
    model = made(small_side=1).eval()
    torch.nn.init.ones_(model.generator.residual.weight)
    images = torch.randn(4, 3, 32, 32).clamp(-1, 1)
    nothing = torch.empty(4, 0)
    with torch.no_grad():
        assert torch.equal(model(nothing, images).nan_to_num(), model(nothing, images, enhanced=False).nan_to_num())
        model.small_side = 1000
        assert not torch.equal(model(nothing, images).nan_to_num(), model(nothing, images, enhanced=False).nan_to_num())


def test_images_without_boxes_can_be_learned_from() -> None:
    model = made(pretraining_steps=1)
    batch = ready(model, FewBoxed(), 4)
    empty = batch._replace(boxes=torch.full_like(batch.boxes, torch.nan), counts=(0,) * 4)
    losses = model.discriminator_losses(model.shared(empty))
    assert all(value.isfinite() for value in losses.values())
    assert losses["class"] == 0
    model.pretraining_steps = 0
    seen = model.shared(empty)
    assert isinstance(seen, Seen)
    assert all(value == 0 for value in model.generator_losses(seen).values())


def test_known_boxes_keep_their_places() -> None:
    model = made().eval()
    batch = ready(model, FewBoxed(), 4)
    with torch.no_grad():
        rows = model(torch.empty(4, 0), batch.images, boxes=batch.boxes[..., :4])
    for found, true, count in zip(rows, batch.boxes, batch.counts, strict=True):
        assert (~found[:, 0].isnan()).sum() == count
        assert sorted(found[:count, 0].tolist()) == sorted(true[:count, 0].tolist())


def test_of_boxes_that_overlap_the_surer_one_stays() -> None:
    rows = torch.tensor([[0, 0, 10, 10, 1, 0.5], [1, 0, 10, 10, 1, 0.9], [1, 0, 10, 10, 2, 0.4], [5, 5, 5, 9, 1, 0.8]])
    (kept,) = sorted_out(rows[None], 0.1)
    assert torch.equal(kept[:2], rows[[1, 2]])
    assert bool(kept[2:].isnan().all())


def test_tables_have_rows_that_learn_nothing() -> None:
    pytest.importorskip("pycocotools")
    model = made().eval()
    model.data_facts = FewBoxed().record()
    table = own_table(model, FewBoxed(), seed=0, num=8)
    assert table is not None
    assert table.rows["nothing"][0] == 0
    assert {"with the generator", "without the generator", "true boxes", "boxes of another image"} <= table.rows.keys()
    crops = made(**OF_CROPS).eval()
    crops.data_facts = FewCrops().record()
    table = own_table(crops, FewCrops(), seed=0, num=40)
    assert table is not None
    assert [name for name in table.rows if name.startswith("always ")]
    with_generator, without = table.rows["small, with the generator"], table.rows["small, without it"]
    assert with_generator == without  # its residual starts from 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image_size": 30}, "model.image_size: 30 is not possible; take a value that is a multiple of 4"),
        ({"box_classes": 0}, "needs boxes with classes"),
        ({"lambda_feature": 1.0}, "needs each thing small and large"),
        ({"lambda_adversarial": 0.0, "lambda_perception": 0.0}, "model.lambda_perception: 0.0 is not possible"),
    ],
)
def test_arguments_that_do_not_go_together_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        made(**arguments)
