"""What packaged variants promise, those of users keep: each is trained once, by the command, in its user's folder."""

import csv
import math
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from gan_cli import load
from gan_cli.inference.given import held_out_given
from gan_cli.inference.rendering import conditions_for, latents_of
from tests.plugins.conftest import Training, weights


def made(training: Training, model: Any, count: int = 6, ema: bool = True) -> Tensor:
    """Things as the model makes them, of the same latents and examples."""
    given = held_out_given(model, training.cli.datamodule, count).shown
    with torch.no_grad():
        things: Tensor = model.eval()(
            latents_of(model, range(count)), ema=ema, **conditions_for(model, count, given=given)
        )
    return things


def fit(training: Training, folder: Path, *words: str) -> Any:
    """Another run like the one there is; what is watched is left out."""
    from gan_cli.command.cli import GANCLI

    root = ["--trainer.default_root_dir", str(folder), "--samples.every_n_steps", "0", "--report", "false"]
    return GANCLI([*training.plugin.words("fit"), *root, "--trainer.limit_val_batches", "0", *words]).model


def test_things_have_the_shape_and_the_range_that_their_medium_promises(training: Training) -> None:
    model = training.cli.model
    things, medium = made(training, model), model.medium
    real = training.cli.datamodule.part("test")[torch.arange(6)].batch.real
    kept = medium.kept(things)
    assert kept.shape == real.shape == (6, *training.plugin.shape)
    assert kept.dtype == real.dtype == training.plugin.dtype
    assert torch.allclose(medium.shown(kept), things, atol=1 / 255 + 1e-6 if medium.rounds else 1e-6)
    assert torch.equal(medium.kept(medium.shown(real)), real)
    assert things.std() > 0
    assert not torch.equal(things[0], things[1])


def test_each_descent_moves_every_weight_of_its_player_and_none_of_the_other(training: Training) -> None:
    assert training.descents == ["discriminator", "discriminator", "generator"] * 4  # n_critic is 2
    assert not training.wrong


def test_steps_are_batches(training: Training) -> None:
    cli = training.cli
    assert cli.trainer.global_step == cli.model.counters.batches == 8
    assert (cli.model.counters.generator_steps, cli.model.counters.images) == (4, 8 * 16)


def test_losses_and_measures_are_logged_and_finite(training: Training) -> None:
    with (training.run / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    values = {name: [float(row[name]) for row in rows if row[name]] for name in rows[0]}
    for name in ("loss/discriminator/adversarial", "loss/generator/adversarial", "logits/real", "logits/held_out"):
        assert len(values[name]) >= 2, name
    assert len(values["metric/fid"]) == len(values["metric/precision"]) == 2
    assert all(math.isfinite(value) for logged in values.values() for value in logged)
    assert ("metric/ade_best_of_20" in values) == (training.plugin.field == "future")


def test_the_same_seed_gives_the_same_weights(training: Training, tmp_path: Path) -> None:
    again = weights(fit(training, tmp_path, "--trainer.max_steps", "2"))
    assert all(torch.equal(value, again[name]) for name, value in training.second.items())


def test_bfloat16_is_finite(training: Training, tmp_path: Path) -> None:
    model = fit(training, tmp_path, "--trainer.max_steps", "2", "--trainer.precision", "bf16-mixed")
    assert all(value.isfinite().all() for value in weights(model).values() if value.is_floating_point())
    assert torch.isfinite(made(training, model)).all()


def test_a_checkpoint_gives_the_live_models_things(training: Training) -> None:
    loaded = load(training.last, module=training.plugin.modules)
    assert dict(loaded.model.hparams) == dict(training.cli.model.hparams)
    assert loaded.model.medium == training.cli.datamodule.fields[training.plugin.field]
    for ema in (True, False):
        assert torch.equal(made(training, loaded.model, ema=ema), made(training, training.cli.model, ema=ema))


def test_a_run_that_is_gone_on_with_ends_as_an_uninterrupted_one(
    training: Training, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(training.run, tmp_path / "run")
    monkeypatch.setenv("PL_GLOBAL_SEED", "99")  # the seed of the process that resumes does not matter
    torch.manual_seed(12345)
    middle = ["--ckpt_path", str(tmp_path / "run" / "step-00000004.ckpt"), "--trainer.max_steps", "8"]
    resumed = weights(fit(training, tmp_path / "other", *middle))
    assert all(torch.equal(value, resumed[name]) for name, value in weights(training.cli.model).items())


def test_pictures_are_made_while_training(training: Training) -> None:
    moves = training.cli.model.medium.moves
    endings = [".gif", ".png"] if moves else [".png"]
    wanted = [f"step-{step:08d}{ending}" for step in (4, 8) for ending in endings]
    assert sorted(path.name for path in (training.run / "samples").iterdir()) == wanted


def test_python_makes_walks_and_sums_of_them(training: Training) -> None:
    gan = load(training.last, module=training.plugin.modules)
    shape, dtype = training.plugin.shape, training.plugin.dtype
    things = gan.sample(5, seed=3)
    assert (things.shape, things.dtype) == ((5, *shape), dtype)
    walk = gan.interpolate([3, 4], steps=4)
    assert (walk.shape, walk.dtype) == ((4, *shape), dtype)
    result = gan.arithmetic([[1, 2], [3]], [[4]])
    assert (result.shape, result.dtype) == ((9, *shape), dtype)
    moved = gan.edit([3, 4], gan.directions(count=1), 0, [0, 3])
    assert (moved.shape, moved.dtype) == ((2, 2, *shape), dtype)
    assert not moved[:, 0].equal(moved[:, 1])


def test_python_takes_what_is_given_as_it_is_kept(training: Training) -> None:
    gan = load(training.last, module=training.plugin.modules)
    if training.plugin.field != "future":
        assert gan.sample(2, given={}).equal(gan.sample(2))
        return
    observed = training.cli.datamodule.part("test")[torch.arange(2)].batch.observed
    there, moved = (gan.sample(4, given={"observed": paths}) for paths in (observed, observed + 100))
    assert torch.allclose(there + 100, moved, atol=1e-3)  # wherever they are, people walk alike
    assert not there[0].equal(there[2])
    assert (there[0, 0] - observed[0, -1]).norm() < 3
    assert gan.interpolate([1, 2], steps=3, given={"observed": observed[:1]}).shape == (3, *training.plugin.shape)
    assert gan.arithmetic([[1]], given={"observed": observed[:1]}).shape == (9, *training.plugin.shape)
