from collections.abc import Callable
from typing import Any

import pytest
import torch
from lightning.pytorch import Trainer
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, interpolate

from gan_cli.batches import ReferencedBatch
from gan_cli.errors import UserError
from gan_cli.inference.latents import seeded_latents
from gan_cli.seeding import Rows
from gan_cli.variants import StarGANv2
from gan_cli.variants.base import Place
from tests.networks.counting import count
from tests.toys import FewStyles, passes_of
from tests.variant_rows import REFERENCED

WEIGHTS: dict[str, Any] = {
    "r1_gamma": 3.0,
    "lambda_style": 5.0,
    "lambda_diversity": 7.0,
    "lambda_cycle": 11.0,
    "diversity_steps": 10,
}


def model_and_batch(**arguments: Any) -> tuple[Any, ReferencedBatch]:
    torch.manual_seed(0)
    model: Any = StarGANv2(**{**REFERENCED, **arguments})
    model.watch = lambda *_: None
    model._place = Place(Rows(0, 4, 4), model.seed, 0)
    images, reference, other = (torch.rand(4, 3, 16, 16) * 2 - 1 for _ in range(3))
    return model, ReferencedBatch(images, torch.tensor([0, 1, 2, 3]), reference, other, torch.tensor([3, 1, 1, 0]))


def cross_entropy(logits: Tensor, real: bool) -> Tensor:
    return binary_cross_entropy_with_logits(logits, torch.full_like(logits, float(real)))


@pytest.mark.parametrize("guide", ["latent", "reference"])
def test_the_losses_are_the_papers(guide: str) -> None:
    model, batch = model_and_batch(**WEIGHTS)
    translator, mapping, encoder = model.generator.values()
    ending = "_latent" if guide == "latent" else ""
    if guide == "latent":
        styles, others = (mapping(model.noise(use, 4), batch.wanted) for use in ("latents", "other latents"))
    else:
        styles, others = (encoder(images, batch.wanted) for images in (batch.reference, batch.other_reference))
    fake = translator(batch.images, styles)
    leaf = batch.images.clone().requires_grad_()
    real_logits, fake_logits = model.discriminator(leaf, batch.labels), model.discriminator(fake, batch.wanted)
    (slope,) = torch.autograd.grad(real_logits.sum(), leaf, retain_graph=True)

    told_apart = getattr(model, f"discriminator{ending}_losses")(batch)
    assert told_apart.keys() == {f"{guide}_adversarial", f"{guide}_r1"}
    expected = cross_entropy(real_logits, real=True) + cross_entropy(fake_logits, real=False)
    assert torch.allclose(told_apart[f"{guide}_adversarial"], expected, atol=1e-6)
    assert torch.allclose(told_apart[f"{guide}_r1"], 3 / 2 * slope.square().sum((1, 2, 3)).mean(), rtol=1e-4)

    model.counters.generator_steps = 4  # where 6 / 10 of the weight of diversity are left
    losses = getattr(model, f"generator{ending}_losses")(batch)
    back = translator(fake, encoder(batch.images, batch.labels))
    wanted = {
        "adversarial": cross_entropy(fake_logits, real=True),
        "style": 5 * (encoder(fake, batch.wanted) - styles).abs().mean(),
        "diversity": -0.6 * 7 * (fake - translator(batch.images, others)).abs().mean(),
        "cycle": 11 * (back - batch.images).abs().mean(),
    }
    assert losses.keys() == {f"{guide}_{name}" for name in wanted}
    for name, value in wanted.items():
        assert torch.allclose(losses[f"{guide}_{name}"], value, rtol=1e-4, atol=1e-6), name


def test_of_two_translations_only_the_first_one_moves_away() -> None:
    """The gradient is that of the distance to something that stays where it is."""
    model, batch = model_and_batch(**{**WEIGHTS, "lambda_style": 0.0, "lambda_cycle": 0.0})
    losses = model.generator_latent_losses(batch)
    mapping = [*model.generator["mapping"].parameters()]
    found = torch.autograd.grad(losses["latent_diversity"], mapping)
    latents, others = (model.noise(use, 4) for use in ("latents", "other latents"))
    fake, other = (
        model.generator["translator"](batch.images, model.generator["mapping"](noise, batch.wanted))
        for noise in (latents, others)
    )
    expected = torch.autograd.grad(-7 * (fake - other.detach()).abs().mean(), mapping)
    assert all(torch.allclose(one, other, atol=1e-6) for one, other in zip(found, expected, strict=True))


@pytest.mark.parametrize(
    ("steps", "weights"), [(10, {0: 7.0, 5: 3.5, 9: 0.7, 10: 0.0, 99: 0.0}), (0, {0: 7.0, 10**6: 7.0})]
)
def test_the_weight_of_diversity_falls_to_0_and_stays_there(steps: int, weights: dict[int, float]) -> None:
    model, _ = model_and_batch(**{**WEIGHTS, "diversity_steps": steps})
    for done, weight in weights.items():
        model.counters.generator_steps = done
        assert model.diversity_weight == pytest.approx(weight)


def test_a_term_that_weighs_nothing_costs_no_pass() -> None:
    model, batch = model_and_batch(r1_gamma=0.0, lambda_style=0.0, lambda_diversity=0.0, lambda_cycle=0.0)
    networks = {**dict(model.generator.items()), "discriminator": model.discriminator}
    passes = {name: passes_of(network) for name, network in networks.items()}
    assert set(model.generator_latent_losses(batch)) == {"latent_adversarial"}
    assert {name: len(each) for name, each in passes.items()} == {
        "translator": 1,
        "mapping": 1,
        "style_encoder": 0,
        "discriminator": 1,
    }
    assert set(model.discriminator_losses(batch)) == {"reference_adversarial"}
    assert len(passes["discriminator"]) == 2


def test_a_batch_is_two_steps_of_each_and_mapping_and_encoder_learn_in_one_of_them(
    quiet_trainer: Callable[..., Trainer],
) -> None:
    torch.manual_seed(0)
    model: Any = StarGANv2(**REFERENCED, generator_lr=1e-3, mapping_lr=1e-5, lr_decay_end=4)
    moved: list[tuple[str, set[str]]] = []
    descend: Any = model._descend

    def weights() -> dict[str, Tensor]:
        return {name: value.detach().clone() for name, value in model.named_parameters()}

    def watched(step: str, *rest: Any) -> None:
        before = weights()
        descend(step, *rest)
        places = {name for name, value in weights().items() if not torch.equal(value, before[name])}
        moved.append((step, {name.partition(".")[0] if "discr" in name else name.split(".")[1] for name in places}))

    model._descend = watched
    trainer = quiet_trainer(max_steps=2)
    trainer.fit(model, FewStyles(image_size=16, batch_size=16))
    everything = {"translator", "mapping", "style_encoder"}
    averages = {"network"}  # of all three, after the step that counts
    assert moved == 2 * [
        ("discriminator.latent", {"discriminator"}),
        ("discriminator", {"discriminator"}),
        ("generator.latent", everything),
        ("generator", {"translator"} | averages),
    ]
    assert model.counters.generator_steps == model.counters.batches == 2
    for optimizer, rates in zip(trainer.optimizers, ([1e-4], [1e-3, 1e-5]), strict=True):
        groups = optimizer.param_groups
        assert [group["lr"] for group in groups] == pytest.approx([rate * 3 / 4 for rate in rates])
        assert {group["weight_decay"] for group in groups} == {1e-4}


def test_the_average_is_of_three_networks_and_starts_where_they_do() -> None:
    model, _ = model_and_batch()
    assert set(model.ema.network) == {"translator", "mapping", "style_encoder"}
    live, averaged = model.generator.state_dict(), model.ema.network.state_dict()
    assert all(torch.equal(live[name], averaged[name]) for name in live)
    assert count(model.ema.network) == count(model.generator)


def test_a_style_is_read_in_the_square_in_the_middle_of_a_reference() -> None:
    model, batch = model_and_batch()
    model.data_facts = {"class_names": ("plain", "red", "thick", "inverted")}
    model.eval()
    wide = torch.rand(4, 3, 32, 40) * 2 - 1
    square = interpolate(wide[..., 4:36], [16, 16], mode="bilinear", antialias=True)
    made = model(batch.images, "red", reference=wide)
    assert torch.allclose(made, model(batch.images, "red", reference=square))
    styles = model.generator["style_encoder"](square, torch.ones(4, dtype=torch.int64))
    assert torch.allclose(
        model(batch.images, "red", ema=False, reference=wide),
        model.generator["translator"](batch.images, styles).clamp(-1, 1),
    )
    latents = torch.randn(4, 4)
    for ways in ({"reference": wide}, {"latents": latents}, {}):
        assert not torch.equal(model(batch.images, "plain", **ways), model(batch.images, "red", **ways))
    usual = seeded_latents([0], 4, "normal").expand(4, -1)
    assert torch.equal(model(batch.images, "red", latents=usual), model(batch.images, "red"))
    assert not torch.equal(model(batch.images, "red", latents=latents), model(batch.images, "red"))
    with pytest.raises(UserError, match="blue is unknown to this model; take plain or red or thick or inverted"):
        model(batch.images, "blue")


def test_what_does_not_fit_is_refused() -> None:
    for wrong, message in (
        ({"num_classes": 1}, "model: StarGANv2 needs domains, and this data has 1"),
        ({"image_size": 24}, r"model\.image_size: 24 is not possible"),
        ({"base_channels": 8}, r"model\.channel_max: 4 is not possible; take a value of base_channels \(8\) or more"),
    ):
        with pytest.raises(UserError, match=message):
            StarGANv2(**{**REFERENCED, **wrong})
