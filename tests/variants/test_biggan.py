"""What SAGAN and BigGAN do beside their networks."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, Trainer
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

from gan_cli.errors import UserError
from gan_cli.variants import SAGAN, BigGAN
from gan_cli.variants.biggan import layer_weights
from tests.toys import FewDigits, batch_for
from tests.variant_rows import TINY


def biggan(**arguments: Any) -> BigGAN:
    return BigGAN(**{**TINY, "embedding_dim": 4, "attention": 0, "n_critic": 1, **arguments})


def rows_of(weight: Tensor) -> Tensor:
    return weight.flatten(1) if len(weight) <= weight[0].numel() else weight.flatten(1).T


def test_first_weights_are_orthogonal_the_embedding_too() -> None:
    torch.manual_seed(0)
    model = biggan(num_classes=10, attention=8)
    for player in (model.generator, model.discriminator):
        for weight in (weight for weight in player.parameters() if weight.ndim > 1):
            rows = rows_of(weight)
            assert torch.allclose(rows @ rows.T, torch.eye(len(rows)), atol=1e-5)
    undivided = [name for name, part in model.generator.named_modules() if isinstance(part, nn.Embedding)]
    assert undivided == ["embedding.table"]
    divided = [name for name, part in model.generator.named_modules() if is_parametrized(part, "weight")]
    assert "network.first.0" in divided
    assert "network.last.2" in divided


class AfterSteps(Callback):
    """Keeps how far the average is from the live generator after each step."""

    def __init__(self) -> None:
        self.distances: list[float] = []

    def on_train_batch_end(self, trainer: Trainer, pl_module: Any, *_: Any) -> None:
        pairs = zip(pl_module.ema.network.parameters(), pl_module.generator.parameters(), strict=True)
        self.distances.append(sum(float((average - live.detach()).abs().sum()) for average, live in pairs))


def test_the_average_begins_at_its_step_and_is_a_copy_before(quiet_trainer: Callable[..., Trainer]) -> None:
    torch.manual_seed(0)
    model, after = biggan(ema_decay=0.9, ema_start=3), AfterSteps()
    model.lambda_orthogonal = 0.0
    quiet_trainer(max_steps=4, callbacks=[after]).fit(model, FewDigits(image_size=16, batch_size=16))
    assert [distance > 0 for distance in after.distances] == [False, False, True, True]
    model.counters.generator_steps = 100_000
    assert model.average_weight() == 0.9


def test_rows_are_pulled_apart_in_the_generator_alone_and_not_in_its_embedding(
    quiet_trainer: Callable[..., Trainer], monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    model = biggan(num_classes=10, lambda_orthogonal=0.5, accumulate=2)
    pulled: list[tuple[set[int], float]] = []
    monkeypatch.setattr(
        "gan_cli.variants.biggan.pull_rows_apart",
        lambda weights, strength: pulled.append(({id(weight) for weight in weights}, strength)),
    )
    quiet_trainer(max_steps=2).fit(model, FewDigits(image_size=16, batch_size=16))
    named = dict(model.generator.named_parameters())
    left = [{name for name, weight in named.items() if id(weight) not in each} for each, _ in pulled]
    last = {"network.last.0.weight", "network.last.0.bias"}  # of the last normalisation
    assert left == [{"embedding.table.weight", *last}] * 2  # once a step, however many parts it has
    assert {strength for _, strength in pulled} == {0.5}


def test_tables_of_classes_are_no_layers() -> None:
    model = biggan(num_classes=10, embedding_dim=0)
    named = dict(model.generator.named_parameters())
    regularised = {id(weight) for weight in layer_weights(model.generator)}
    left = {name.rpartition(".")[2] for name, weight in named.items() if id(weight) not in regularised}
    assert left == {"scale", "shift", "weight", "bias"}  # the last two of the last normalisation


def test_latents_are_rounded_down_to_whole_parts_for_the_stages() -> None:
    assert biggan(latent_dim=11).latent_dim == 9
    assert biggan(latent_dim=11, deep=True).latent_dim == 11
    assert biggan(latent_dim=11, embedding_dim=0).latent_dim == 11
    assert biggan(latent_dim=11).hparams["latent_dim"] == 11


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"latent_dim": 2}, r"model\.latent_dim: 2 is not possible; take a value of 3 or more"),
        ({"deep": True, "embedding_dim": 0}, r"model\.embedding_dim: 0 is not possible; take a value above 0"),
        ({"attention": 16}, r"model\.attention: 16 is not possible; take a value of 0 or 8: both players"),
    ],
)
def test_what_does_not_go_together_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        biggan(**arguments)


def test_adam_has_the_scripts_epsilon(quiet_trainer: Callable[..., Trainer]) -> None:
    model = biggan()
    quiet_trainer(max_steps=1).fit(model, FewDigits(image_size=16, batch_size=16))
    optimizers: Any = model.optimizers()
    assert [group["eps"] for optimizer in optimizers for group in optimizer.param_groups] == [1e-6, 1e-6]


def test_sagans_discriminator_goes_on_with_its_iteration_in_its_own_step_alone() -> None:
    torch.manual_seed(0)
    model: Any = SAGAN(**TINY)
    batch = batch_for(model)
    for losses, moves in ((model.discriminator_losses, True), (model.generator_losses, False)):
        before = {name: buffer.clone() for name, buffer in model.discriminator.named_buffers()}
        assert losses(batch)["adversarial"].isfinite()
        stayed = [torch.equal(buffer, before[name]) for name, buffer in model.discriminator.named_buffers()]
        assert all(stayed) != moves
    assert all(part.training for part in model.discriminator.modules())


def test_sagans_last_statistics_move_ten_times_more_slowly() -> None:
    norms = [part for part in SAGAN(**TINY).generator.modules() if isinstance(part, nn.BatchNorm2d)]
    assert [norm.momentum for norm in norms] == pytest.approx([0.001] * 4 + [0.0001])
    for name, weights in SAGAN(**TINY).named_parameters():
        assert "bias" not in name or not weights.any()
