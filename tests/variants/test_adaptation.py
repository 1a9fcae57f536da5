from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor

from gan_cli import load
from gan_cli.batches import AdaptationBatch
from gan_cli.callbacks.sample_grid import SampleGrid
from gan_cli.errors import UserError
from gan_cli.objectives.adversarial import discriminator_cross_entropy
from gan_cli.seeding import Rows
from gan_cli.variants import ADDA, DANN, PixelDA
from gan_cli.variants.adda import ON_SOURCE
from gan_cli.variants.places import Place
from tests.conftest import quiet
from tests.toys import FewAdapted
from tests.variant_rows import ADAPTED, PAINTED_OVER


def batch(count: int = 16) -> AdaptationBatch:
    data = FewAdapted(image_size=16)
    loaded: AdaptationBatch = data.on_device(data.part("train")[torch.arange(count)])  # type: ignore[assignment]
    return loaded


def ready(variant: Any, **arguments: Any) -> Any:
    """A model as a trainer leaves it before a step."""
    torch.manual_seed(0)
    model = variant(**arguments)
    model._place = Place(Rows(0, 16, 16), 0, 0)
    model.watch = lambda *_: None
    return model


@pytest.mark.parametrize(
    ("model", "parameters"),
    [
        (lambda: DANN(image_size=28).generator, 287_290),
        (lambda: ADDA(image_size=28, image_channels=1).classifier, 431_080),
    ],
)
def test_networks_are_of_the_papers_size(model: Any, parameters: int) -> None:
    assert sum(weights.numel() for weights in model().parameters()) == parameters


@pytest.mark.parametrize("domain_input", ["maps", "features"])
def test_danns_features_climb_what_its_domain_head_descends(domain_input: str) -> None:
    """Half-way, where the weight is not 0: the encoder's gradient of both terms is the class's less the domains'."""
    model = ready(DANN, domain_input=domain_input, schedule_steps=10, **ADAPTED)
    model.counters.batches = 5
    weights = model.generator.encoder.maps[0].weight

    def gradient(loss: Tensor) -> Tensor:
        (found,) = torch.autograd.grad(loss, [weights], retain_graph=True)
        return found

    seen = model.shared(batch())
    losses = model.generator_losses(seen)
    told_apart = discriminator_cross_entropy(*model.discriminator(torch.cat([seen.target, seen.source])).chunk(2)) / 2
    lambda_now = float(torch.tanh(torch.tensor(2.5)))
    wanted = gradient(losses["class"]) - lambda_now * gradient(told_apart)
    assert torch.allclose(gradient(losses["class"] + losses["domain"]), wanted, atol=1e-6)
    assert model.discriminator_losses(seen)["adversarial"].item() == pytest.approx(told_apart.item())


def fit(folder: Path, steps: int, resume: Path | None = None, **arguments: Any) -> ADDA:
    torch.manual_seed(0)
    model = ADDA(source_steps=6, ema_decay=0.9, **{**ADAPTED, **arguments})
    data = FewAdapted(image_size=16, batch_size=16)
    quiet(folder, max_steps=steps, checkpoint_every=4).fit(model, data, ckpt_path=resume)
    return model


def weights_of(module: torch.nn.Module) -> Tensor:
    return torch.cat([weights.detach().flatten() for weights in module.parameters()])


def test_addas_encoder_begins_as_the_sources_and_the_classifier_stays(tmp_path: Path) -> None:
    model = fit(tmp_path, 10)
    milestone: Any = load(tmp_path / f"{ON_SOURCE}.ckpt").model
    assert torch.equal(weights_of(milestone.generator), weights_of(milestone.classifier.encoder))
    assert torch.equal(weights_of(milestone.classifier), weights_of(model.classifier))
    assert not torch.equal(weights_of(model.generator), weights_of(milestone.generator))
    images = batch().target
    assert torch.equal(milestone.classify(images), milestone.classify_by_source(images))
    assert not torch.equal(model.eval().classify(images), model.classify_by_source(images))


@pytest.mark.parametrize("stop", [4, 8])  # in the first phase, and in the second
def test_adda_goes_on_across_its_phases_as_if_it_had_not_been_stopped(tmp_path: Path, stop: int) -> None:
    whole = fit(tmp_path / "whole", 10)
    fit(tmp_path / "half", stop)
    torch.manual_seed(12345)
    resumed = fit(tmp_path / "half", 10, tmp_path / "half" / "last.ckpt")
    assert all(torch.equal(value, resumed.state_dict()[name]) for name, value in whole.state_dict().items())


def test_pixelda_teaches_both_kinds_of_images_and_paints_by_noise() -> None:
    model = ready(PixelDA, **PAINTED_OVER)
    model.data_facts = {"domains": ("plain", "blended")}
    painted = model.shared(batch())
    assert set(model.discriminator_losses(painted)) == {"adversarial", "class_source", "class_painted"}
    assert model.directions == ("plain2blended",)
    images = batch(2).source
    first, second = (model(images, latents=torch.full((2, 2), value)) for value in (0.0, 3.0))
    assert first.shape == images.shape
    assert not torch.equal(first, second)


@pytest.mark.parametrize(("variant", "tiny"), [(DANN, ADAPTED), (PixelDA, PAINTED_OVER)])
def test_pictures_of_a_run_show_target_images_with_their_classes_or_what_was_painted(
    variant: Any, tiny: dict[str, Any], tmp_path: Path
) -> None:
    torch.manual_seed(0)
    grid = SampleGrid(every_n_steps=1, num=4)
    quiet(tmp_path, max_steps=1, callbacks=[grid]).fit(variant(**tiny), FewAdapted(image_size=16, batch_size=16))
    picture = Image.open(tmp_path / "samples" / "step-00000001.png")
    # two by two images that are enlarged for the line below them; or two rows of source, painted twice, and target
    assert picture.width > 2 * 96 if variant is DANN else picture.width > picture.height


@pytest.mark.parametrize(
    ("variant", "arguments", "said"),
    [
        (DANN, {"num_classes": 0}, "model.num_classes: 0 is not possible; take a value of 2 or more"),
        (ADDA, {"image_size": 18}, "model.image_size: 18 .* a multiple of 4"),
        (PixelDA, {"image_size": 16, "num_strided": 5}, "model.num_strided: 5"),
        (DANN, {"lr_decay_end": 10}, "model.lr_decay_end: rates fall by --model.schedule_steps here"),
    ],
)
def test_what_does_not_go_is_refused(variant: Any, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        variant(**arguments)
