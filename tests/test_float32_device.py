"""What runs on a device asks it for no float64, which Apple's has not: training, scores, pictures and seeds."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lightning.pytorch import Callback
from torch import Tensor
from torch.utils._pytree import tree_leaves

from gan_cli import seeding
from gan_cli.data import Digits
from gan_cli.data.points import point_sets
from gan_cli.evaluation.comparing import own_table
from gan_cli.evaluation.scorer import Scorer
from gan_cli.inference.discriminator_features import discriminator_features
from gan_cli.inference.examples import examples_of
from gan_cli.inference.latents import walk
from gan_cli.inference.rendering import conditions_for, latents_of, made_at
from gan_cli.inference.translator import Translator
from gan_cli.metrics.classifier import classify, train_classifier
from gan_cli.metrics.features import Classifier
from gan_cli.objectives import adversarial
from gan_cli.variants import DCGAN, GAN
from gan_cli.variants.base import RECORD
from gan_cli.variants.cyclegan import POOLS
from tests.apple import APPLE, AppleTensor, NotOnApple, on_apple, trainer_on_apple
from tests.conftest import TINY_DCGAN
from tests.inference.translators import cyclegan, pix2pix
from tests.toys import FewDigits, FewPairs
from tests.variant_rows import ROWS, VariantRow


class WasThere(Callback):
    """Notes on which device the weights lay while they were trained."""

    devices: frozenset[torch.device] = frozenset()

    def on_train_batch_end(self, trainer: Any, pl_module: Any, *_: Any) -> None:
        assert all(isinstance(value.detach(), AppleTensor) for value in pl_module.parameters())
        self.devices |= {value.device for value in pl_module.state_dict().values()}


def fit(model: Any, data: Any, batches: int = 1) -> None:
    """Trains until each player has stepped once, and looks at a held-out batch."""
    there = WasThere()
    with on_apple():
        options = {"max_steps": batches, "val_check_interval": 1, "limit_val_batches": 1, "num_sanity_val_steps": 0}
        trainer_on_apple(max_epochs=-1, log_every_n_steps=1, callbacks=[there], **options).fit(model, data)
    assert model.counters.batches == batches
    assert model.counters.generator_steps == 1
    assert there.devices == {APPLE}


@pytest.fixture
def apple() -> Iterator[torch.device]:
    with on_apple():
        yield APPLE


ONE_EACH = {row.variant: row for row in reversed(ROWS)}.values()
"""The first row of each variant."""
QUICK = ("dcgan", "cyclegan", "wgan-gp")
"""Those that are tried each time."""


@pytest.mark.parametrize(
    "row",
    [pytest.param(row, id=row.name, marks=[] if row.name in QUICK else pytest.mark.slow) for row in ONE_EACH],
)
def test_a_variant_trains_without_float64_and_saves_from_the_cpu(row: VariantRow) -> None:
    settled: dict[str, Any] = {} if getattr(row.variant, "SETTLES", ()) else {"n_critic": 1}
    model, kept = row.make(**settled), dict[str, Any]()
    fit(model, row.data(image_size=row.image_size, batch_size=16), batches=1 + row.turns)
    with on_apple():
        model.on_save_checkpoint(kept)
    assert not [leaf for leaf in tree_leaves(kept) if isinstance(leaf, AppleTensor)]
    assert [name for name in kept if name not in (RECORD, "hyper_parameters")] == (
        [POOLS] if hasattr(model, "pools") else []
    )


def test_points_are_trained_on_without_float64() -> None:
    fit(GAN(point_dim=2, base_channels=8, latent_dim=2), point_sets.Grid25(batch_size=16))


def test_the_device_has_no_float64(apple: torch.device) -> None:
    values = torch.ones(3).to(apple)
    assert values.cpu().double().sum() == 3  # on the CPU it may be
    wrong: list[Any] = [
        lambda: values.double(),
        lambda: values * torch.ones(1, dtype=torch.float64),
        lambda: torch.zeros(2, dtype=torch.float64, device=apple),
        lambda: torch.tensor(np.zeros(2), device=apple),
        lambda: torch.from_numpy(np.zeros(2)).to(apple),
        lambda: values.sum(dtype=torch.float64),
        lambda: values + torch.ones(3),
    ]
    for ask in wrong:
        with pytest.raises(NotOnApple):
            ask()


def test_float64_in_an_objective_fails_the_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    loss = adversarial.non_saturating_generator_loss
    monkeypatch.setattr("gan_cli.variants.dcgan.non_saturating_generator_loss", lambda x: loss(x.double()).float())
    with pytest.raises(NotOnApple):
        fit(DCGAN(**TINY_DCGAN), FewDigits(image_size=16, batch_size=16))


def test_float64_in_the_noise_fails_the_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = seeding.draw
    monkeypatch.setattr(seeding, "draw", lambda *arguments: draw(*arguments).double())
    with pytest.raises(NotOnApple):
        fit(DCGAN(**TINY_DCGAN), FewDigits(image_size=16, batch_size=16))


@pytest.fixture
def on_both(apple: torch.device) -> DCGAN:
    torch.manual_seed(0)
    return DCGAN(**TINY_DCGAN).eval().to(apple)


def test_scores_are_computed_without_float64_on_the_device(
    on_both: DCGAN, classifier: Classifier, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scorer = Scorer(Digits(image_size=16), "classifier", 20, folder=cache)
    (table,) = scorer.score(on_both)
    assert {"fid", "kid", "precision", "coverage", "diversity", "classes", "ppl"} <= table.scores.keys()
    assert scorer._network is not None
    assert scorer._network.device == APPLE
    rows = Classifier.rows_of_batch
    monkeypatch.setattr(Classifier, "rows_of_batch", lambda self, images: rows(self, images.double()))
    with pytest.raises(NotOnApple):
        scorer.score(on_both)


def test_translations_are_scored_without_float64_on_the_device(apple: torch.device, tmp_path: Path) -> None:
    model = pix2pix(source_channels=1, target_channels=3).to(apple)
    (table,) = Scorer(FewPairs(), num=2, folder=tmp_path).score(model)
    assert {"mae", "psnr", "ssim"} <= table.scores.keys()


@pytest.mark.parametrize(
    "name", ["frame-prediction", *(pytest.param(name, marks=pytest.mark.slow) for name in ("voxel-gan", "caption-gan"))]
)
def test_what_sets_and_variants_measure_themselves_needs_no_float64(name: str, apple: torch.device) -> None:
    row = next(row for row in ROWS if row.name == name)
    data = row.data(image_size=row.image_size, batch_size=16)
    data.setup("test")
    with torch.no_grad():
        own = own_table(row.make().eval().to(apple), data, seed=0, num=16)
    assert own is not None
    assert own.rows


def test_an_image_is_translated_without_float64(apple: torch.device) -> None:
    model = cyclegan(image_size=32).to(apple)
    with torch.no_grad():
        made = Translator(model, tile=64).floats(np.zeros((96, 96, 3), np.uint8), model.directions[0], "name")
    assert made.shape == (3, 96, 96)
    assert type(made) is Tensor


def test_pictures_are_made_without_float64(on_both: DCGAN) -> None:
    latents = walk(latents_of(on_both, range(3)), 4, "slerp", loop=True)
    made = made_at(on_both, latents, conditions_for(on_both, len(latents)), torch.arange(len(latents)))
    assert type(made) is Tensor
    with torch.no_grad():
        data = FewDigits(image_size=16)
        data.setup("fit")
        assert type(examples_of(on_both, data, 4).made) is Tensor
        assert discriminator_features(on_both, torch.zeros(2, 1, 16, 16).to(APPLE)).device == APPLE


def test_a_classifier_is_trained_without_float64(apple: torch.device) -> None:
    images, labels = FewDigits(image_size=16).read(train=True)
    network = train_classifier(images.to(apple), labels.to(apple), steps=2, width=4)
    assert network.head.weight.device == apple
    assert type(classify(network, images).logits) is Tensor
