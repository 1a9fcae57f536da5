"""Any architecture with any objective: what goes together trains, what does not is refused by name."""

from collections.abc import Callable
from typing import Any, get_args

import pytest
import torch
from lightning.pytorch import Trainer

from gan_cli.data import Ring8
from gan_cli.errors import UserError
from gan_cli.networks.architectures import Architecture
from gan_cli.variants import ACGAN, CGAN, DCGAN, GAN, LSGAN, R3GAN, SGAN, SNGAN, WGAN, WGANGP, WGANLP
from tests.networks.counting import layers_with_weights
from tests.toys import FewDigits, batch_for
from tests.variant_rows import TINY

UNCONDITIONAL = [GAN, LSGAN, WGAN, WGANGP, WGANLP, SNGAN, R3GAN, DCGAN]
CONDITIONAL: list[tuple[Any, dict[str, Any]]] = [
    (CGAN, {}),
    (CGAN, {"conditioning": "projection", "generator_norm": "batch"}),
    (ACGAN, {}),
    (SGAN, {"num_labelled": 40}),
    (WGANGP, {"generator_norm": "batch"}),
    (SNGAN, {"generator_norm": "batch"}),
    (R3GAN, {}),
]
RING = Ring8(num_points=400, batch_size=16)
SMALL: dict[Architecture, dict[str, Any]] = {
    "mlp": {"base_channels": 16},
    "resnet": {"base_channels": 2},
    "resnet101": {"base_channels": 1},
    "sngan_resnet": {"base_channels": 2},
    "r3gan": {"base_channels": 1, "depth": 1},
    "sgan_mlp": {"base_channels": 32},
}


@pytest.fixture
def fit(quiet_trainer: Callable[..., Trainer]) -> Callable[..., Any]:
    def run(variant: Any, data: Any, steps: int = 10, **arguments: Any) -> Any:
        torch.manual_seed(0)
        together = {"own_reals": False} if variant is R3GAN else {}  # both players descend on every batch
        model = variant(**{**TINY, "n_critic": 1, **together, **arguments})
        start = [parameter.detach().clone() for parameter in model.parameters()]
        quiet_trainer(max_steps=steps, log_every_n_steps=steps).fit(model, data)
        assert model.counters.generator_steps == steps
        assert all(tensor.isfinite().all() for tensor in model.state_dict().values() if tensor.is_floating_point())
        for (name, parameter), before in zip(model.named_parameters(), start, strict=True):
            may_rest = name.endswith("head.bias") or arguments.get("architecture") == "resnet101"
            assert may_rest or not torch.equal(parameter, before), name
        return model

    return run


def check_losses(model: Any) -> None:
    """Both descents' losses, without a trainer, and their way back into the weights."""
    batch = model.shared(batch_for(model, count=12))
    losses = [*model.discriminator_losses(batch).values(), *model.generator_losses(batch).values()]
    torch.stack(losses).sum().backward()
    for player in (model.generator, model.discriminator):
        gradients = [parameter.grad for parameter in player.parameters() if parameter.grad is not None]
        assert any(gradient.any() for gradient in gradients)
        assert all(gradient.isfinite().all() for gradient in gradients)


ALLOWED = [
    (variant, architecture)
    for variant in UNCONDITIONAL
    for architecture in get_args(Architecture)
    if (variant, architecture) not in [(SNGAN, "r3gan"), (SNGAN, "sgan_mlp"), (SNGAN, "sgan_cnn")]
]


@pytest.mark.parametrize(("variant", "architecture"), ALLOWED)
def test_every_architecture_with_every_objective_makes_finite_steps(
    fit: Callable[..., Any], variant: Any, architecture: Architecture
) -> None:
    """Five that move every weight; two of the 101 layers, which take long and are so thin here that ReLUs die."""
    batch_size, steps = (4, 2) if architecture == "resnet101" else (8, 5)
    data = FewDigits(image_size=16, batch_size=batch_size)
    fit(variant, data, steps, architecture=architecture, **SMALL.get(architecture, {}))


@pytest.mark.parametrize("variant", UNCONDITIONAL)
def test_every_objective_takes_points(fit: Callable[..., Any], variant: Any) -> None:
    model = fit(variant, RING, point_dim=2, architecture="mlp", base_channels=16, pack=2)
    assert model.eval()(torch.randn(5, 8)).shape == (5, 2)


@pytest.mark.parametrize(("variant", "arguments"), CONDITIONAL)
def test_every_conditional_objective_takes_points_by_mode(
    fit: Callable[..., Any], variant: Any, arguments: dict[str, Any]
) -> None:
    model = fit(variant, RING, num_classes=8, architecture="mlp", base_channels=16, point_dim=2, **arguments)
    by_mode = [] if variant is SGAN else [torch.arange(8)]
    assert model.eval()(torch.randn(8, 8), *by_mode).shape == (8, 2)


@pytest.mark.parametrize("architecture", ["mlp", "dcgan", "resnet"])
@pytest.mark.parametrize("variant", UNCONDITIONAL)
def test_every_objective_takes_augmentation_and_packs(variant: Any, architecture: Architecture) -> None:
    shared = {**TINY, **SMALL.get(architecture, {}), "architecture": architecture}
    check_losses(variant(**shared, augment=("color", "translation", "cutout"), pack=3))


@pytest.mark.parametrize(("variant", "arguments"), CONDITIONAL)
@pytest.mark.parametrize("architecture", ["mlp", "dcgan", "cnn", "resnet"])
def test_every_conditional_objective_takes_other_architectures(
    variant: Any, arguments: dict[str, Any], architecture: Architecture
) -> None:
    small = SMALL.get(architecture, {})
    check_losses(variant(**{**TINY, **small}, architecture=architecture, num_classes=10, **arguments))


def test_players_may_differ() -> None:
    model: Any = WGANGP(
        **TINY,
        architecture="dcgan",
        depth=5,
        activation="softplus",
        generator_architecture="resnet",
        generator_base_channels=3,
        generator_norm="none",
    )
    check_losses(model)
    assert type(model.generator).__name__ == "WGANGPResNetGenerator"
    assert type(model.discriminator.body).__name__ == "DCGANBody"
    assert len(layers_with_weights(model.discriminator)) == 5
    kinds = {type(module).__name__ for module in model.generator.modules()}
    assert "ShiftedSoftplus" in kinds
    assert not [kind for kind in kinds if "Norm" in kind]


PENALTY = "it mixes the images of a batch, and the penalty is on the slope at each image; take layer or none"


@pytest.mark.parametrize(
    ("variant", "arguments", "message"),
    [
        (WGANGP, {"norm": "batch"}, f"norm: batch is not possible, {PENALTY}"),
        (WGANLP, {"norm": "batch"}, f"norm: batch is not possible, {PENALTY}"),
        (R3GAN, {"norm": "batch"}, "norm: batch is not possible, .*; take none"),
        (R3GAN, {"norm": "layer", "architecture": "dcgan"}, "norm: layer is not possible, .*; take none"),
        (R3GAN, {"generator_norm": "batch", "architecture": "dcgan"}, "generator_norm: batch is not possible, .*"),
        (SNGAN, {"architecture": "r3gan"}, "architecture: r3gan starts with weights of 0, which spectral"),
        (SNGAN, {"architecture": "sgan_cnn"}, "architecture: sgan_cnn has weight normalisation, which spectral"),
        (SNGAN, {"norm": "batch"}, "norm: batch is not possible, its scale would undo .*; take none"),
        (SNGAN, {"norm": "layer"}, "norm: layer is not possible, its scale would undo .*; take none"),
        (DCGAN, {"point_dim": 2}, "architecture: dcgan makes images; for points take mlp"),
        (GAN, {"point_dim": 2, "augment": ("color",)}, "augment: .* points have no colours to change"),
        (DCGAN, {"architecture": "cnn", "depth": 8}, "depth: cnn has its own; leave it out, or take .* mlp or dcgan"),
        (DCGAN, {"depth": 2}, "depth: 2 is not possible at this image size; take 3 or more, or 0"),
        (DCGAN, {"architecture": "mlp", "depth": 1}, "depth: 1 is not possible"),
        (GAN, {"constant_width": True}, "constant_width: mlp has its own; leave it out, or take .* dcgan or r3gan$"),
        (DCGAN, {"pack": 0}, "pack: 0 is not possible; take a whole number from 1"),
        (CGAN, {"pack": 2}, "pack: 2 is not possible; .* a pack of images has no one class"),
        (ACGAN, {"pack": 2}, "pack: 2 is not possible; .* a pack of images has no one class"),
        (SGAN, {"pack": 2}, "pack: 2 is not possible; .* a pack of images has no one class"),
        (SNGAN, {"pack": 2, "num_classes": 10}, "pack: 2 is not possible; .* a pack of images has no one class"),
        (WGANGP, {"pack": 2, "num_classes": 10}, "pack: 2 is not possible; .* a pack of images has no one class"),
        (WGAN, {"adam_betas": (0.5, 0.9)}, "adam_betas: .*RMSProp"),
        (R3GAN, {"adam_betas": (0.5, 0.9)}, "adam_betas: .*R3GAN has .* schedule"),
        (R3GAN, {"ema_decay": 0.99}, "ema_decay: .*R3GAN has .* schedule"),
        (R3GAN, {"lr_decay_end": 10}, "lr_decay_end: .*R3GAN has .* schedule"),
        (SGAN, {"num_labelled": 15}, "num_labelled: 15 is not possible; .* a multiple of the 10 classes"),
        (SGAN, {"num_labelled": 0}, "num_labelled: 0 is not possible"),
        (WGANGP, {"num_classes": 10, "architecture": "mlp"}, "generator_norm: .* take --model.generator_norm batch"),
        (WGAN, {"clip": 0.0}, "clip: 0.0 is not possible; take a number above 0"),
        (GAN, {"real_target": 0.0}, "real_target: 0.0 is not possible; take a number above 0 and up to 1"),
    ],
)
def test_what_does_not_go_together_is_named_with_the_way_out(
    variant: Any, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=f"^model.{message}"):
        variant(**{**TINY, **arguments})


@pytest.mark.parametrize("variant", [CGAN, ACGAN, SGAN])
def test_conditional_variants_need_classes(variant: Any) -> None:
    message = f"model: {variant.__name__} needs classes, and this data has 0; take another with --data"
    with pytest.raises(UserError, match=message):
        variant(**TINY, num_classes=0)


def test_packs_must_divide_the_batch() -> None:
    model = DCGAN(**TINY, pack=3)
    with pytest.raises(UserError, match=r"data.batch_size: 16 .* packs.* model.pack 3"):
        model.discriminator_losses(model.shared(batch_for(model)))


def test_more_labels_than_there_are_is_refused(fit: Callable[..., Any]) -> None:
    data = FewDigits(image_size=16, batch_size=16)
    with pytest.raises(
        UserError, match=r"model.num_labelled: 500 is more than FewDigits has of each class; take fewer"
    ):
        fit(SGAN, data, num_labelled=500)
