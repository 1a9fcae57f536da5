"""SPADE's objectives and styles, against what its networks gave."""

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import relu

from gan_cli.errors import UserError
from gan_cli.media.label_maps import edges_of
from gan_cli.seeding import Rows
from gan_cli.variants import SPADE
from gan_cli.variants.base import Place
from gan_cli.variants.spade import LAYER_WEIGHTS, Synthesised
from tests.toys import FewMaps, passes_of
from tests.variant_rows import SEMANTIC

TWO_SCALES: dict[str, Any] = {**SEMANTIC, "num_scales": 2, "latent_dim": 4, "norm": "instance"}


def ready(count: int = 4, **changes: Any) -> tuple[SPADE, Any]:
    """A model at work on a batch, and the batch."""
    torch.manual_seed(0)
    model = SPADE(**{**TWO_SCALES, **changes})
    model._place = Place(Rows(0, count, count), model.seed, 0)
    model.watch = lambda *_: None  # type: ignore[method-assign]
    model.setup("fit")
    data = FewMaps(image_size=32)
    return model, data.on_device(data.part("train")[torch.arange(count)])


def test_the_generators_terms_are_the_papers() -> None:
    model, batch = ready(features="random")
    shared, passes = model.shared(batch), passes_of(model.discriminator)
    losses = model.generator_losses(shared)
    (pair, fake), (real_pair, real) = passes
    assert torch.equal(real_pair[:, :5], pair[:, :5])  # four classes and edges
    assert torch.equal(real_pair[:, 5:], batch.target)
    assert losses["adversarial"].item() == pytest.approx(-sum(s[-1].mean().item() for s in fake) / 2, rel=1e-5)
    matched = sum(
        (a - b).abs().mean() for f, r in zip(fake, real, strict=True) for a, b in zip(f[:4], r[:4], strict=True)
    )
    assert losses["feature"].item() == pytest.approx(10 * matched.item() / 2, rel=1e-5)
    assert model.looking is not None
    seen = zip(model.looking.network(shared.fake), model.looking.network(batch.target), LAYER_WEIGHTS, strict=True)
    wanted = sum(w * ((a - b).abs().mean((1, 2, 3)) / b.mean((1, 2, 3))).mean() for a, b, w in seen)
    assert losses["perceptual"].item() == pytest.approx(10 * wanted.item(), rel=1e-4)


def test_the_discriminators_hinge_is_averaged_over_the_scales() -> None:
    model, batch = ready()
    shared, passes = model.shared(batch), passes_of(model.discriminator)
    losses = model.discriminator_losses(shared)
    ((_, scales),) = passes
    hinge = [relu(1 - s[-1][:4]).mean() + relu(1 + s[-1][4:]).mean() for s in scales]
    assert losses["adversarial"].item() == pytest.approx(sum(h.item() for h in hinge) / 2, rel=1e-5)


def test_the_styles_divergence_is_summed_over_the_batch_however_it_is_cut() -> None:
    """The base weighs a part by its share of the batch, and averages over processes."""
    model, batch = ready(lambda_perceptual=0.0, lambda_feature=0.0, lambda_kl=2.0)
    shared = model.shared(batch)
    mean, log_variance = model.generator["encoder"].eval()(batch.target)
    wanted = (mean.square() + log_variance.exp() - 1 - log_variance).sum() / 2
    assert model.generator_losses(shared)["kl"].item() == pytest.approx(2 * wanted.item(), rel=1e-3)
    halves = []
    for start in (0, 2):
        with model.at(Rows(start, start + 2, 4), model.seed, 0):
            part = Synthesised(*(each[start : start + 2] for each in shared))
            halves.append(model.generator_losses(part)["kl"])
    torch.testing.assert_close(sum(halves) / 2, model.generator_losses(shared)["kl"])


def test_a_reference_gives_its_mean_style_and_a_latent_is_a_style() -> None:
    model, batch = ready()
    model.eval()
    given = {"edges": batch.edges}
    by_reference = model(batch.source, reference=batch.target, **given)
    style, _ = model.generator["encoder"](batch.target)
    assert torch.equal(by_reference, model(batch.source, latents=style, **given))
    usual: Tensor = model(batch.source, **given)
    torch.testing.assert_close(usual[:1], model(batch.source[:1], edges=batch.edges[:1]))  # always of the same style
    assert not torch.equal(by_reference, usual)
    assert torch.equal(usual, model(batch.source))  # edges of the classes, which these are


def test_without_known_edges_those_of_the_classes_are_taken() -> None:
    model, batch = ready(latent_dim=0)
    model.eval()
    assert model.takes == ("edges",)
    assert torch.equal(model(batch.source), model(batch.source, edges=edges_of(batch.source)))
    assert not torch.equal(model(batch.source), model(batch.source, edges=torch.zeros_like(batch.edges)))
    assert SPADE(**{**SEMANTIC, "instance_edges": False}).takes == ()


def test_a_row_of_a_sheet_has_the_label_map_in_its_colours() -> None:
    model, batch = ready()
    model.data_facts = FewMaps(image_size=32).record()
    model.eval()
    colours, _, _, real = model.columns(batch)
    black, dark = (batch.source[:, 0] == number for number in (0, 1))
    assert bool((colours.permute(0, 2, 3, 1)[black] == -1).all())
    assert ((colours.permute(0, 2, 3, 1)[dark] + 1) * 127.5).round().unique(dim=0).tolist() == [[128, 0, 0]]
    assert torch.equal(real, batch.target)


def test_what_is_missing_to_look_is_named_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gan_cli.networks.loss_networks.lite0_weights", lambda: None)
    model = SPADE(**{**SEMANTIC, "features": "lite0"})
    model.setup("predict")
    with pytest.raises(
        UserError, match=r"model.features: lite0, by which SPADE sees, .*\nOr .* --model.features random"
    ):
        model.setup("fit")


def test_sizes_that_cannot_be_halved_are_refused() -> None:
    with pytest.raises(UserError, match=r"model.image_size: 100 is not possible; .* multiple of 16 \(num_doublings\)"):
        SPADE(**{**SEMANTIC, "image_size": 100})
