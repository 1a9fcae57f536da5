"""A run that begins with the weights of another."""

from pathlib import Path
from typing import Any

import pytest
import torch

from gan_cli.__main__ import main
from gan_cli.command.cli import GANCLI
from gan_cli.errors import UserError
from gan_cli.inference import transfer
from gan_cli.reports import facts, run_record
from gan_cli.seeding import Rows
from gan_cli.variants import CGAN, DCGAN, BigGAN, ProjectedGAN, StyleGAN2
from gan_cli.variants.base import RECORD, AdversarialModule
from tests.conftest import TINY_FLAGS

SHRUNK = TINY_FLAGS[TINY_FLAGS.index("--trainer.accelerator") :]
"""What says nothing of the model."""
SMALL: dict[str, Any] = {"base_channels": 2, "latent_dim": 4, "image_size": 16, "image_channels": 1}


STYLED: dict[str, Any] = {
    "channel_base": 32,
    "channel_max": 4,
    "latent_dim": 4,
    "style_dim": 4,
    "mapping_depth": 1,
    "image_channels": 1,
}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that has made a step."""
    root = tmp_path_factory.mktemp("first")
    flags = [*TINY_FLAGS, "--data.batch_size", "9", "--model.latent_dim", "6", "--trainer.max_steps", "1"]
    GANCLI(["fit", "--config", "dcgan.yaml", *flags, "--trainer.default_root_dir", str(root)])
    return root / "dcgan-digits" / "version_0"


def content_of(model: AdversarialModule) -> dict[str, Any]:
    """What `transfer.take` needs of a checkpoint."""
    record = {"variant": type(model).__name__, "data": {"name": "Toys"}, "counters": {"batches": 7}}
    return {"state_dict": model.state_dict(), "hyper_parameters": dict(model.hparams), RECORD: record}


def test_a_run_begins_with_the_weights_and_settings_of_another(
    first: Path, workdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begin = ["fit", "--init", str(first), "--data", "Digits", *SHRUNK]
    cli = GANCLI([*begin, "--trainer.max_steps", "1"])
    assert (cli.model.hparams["latent_dim"], cli.datamodule.batch_size) == (6, 9)
    assert (cli.model.counters.batches, cli.model.counters.images) == (1, 9)
    assert cli.model.origin["new"] == []
    assert f"begun with {first / 'last.ckpt'} (DCGAN on Digits, step 1): " in capsys.readouterr().out
    run = run_record.read(Path("checkpoints/dcgan-digits/version_0"))
    assert "100.0% of the numbers" in facts.headline(run)["begun with"]
    go_on = [*begin, "--ckpt_path", "last"]  # such as a cluster types when it starts the job anew
    assert GANCLI([*go_on, "--trainer.max_steps", "2"]).model.counters.batches == 2
    with pytest.raises(UserError, match=r"^init: other\.ckpt is asked for, but the run to go on with has .*last\.ckpt"):
        GANCLI([*go_on, "--init", "other.ckpt", "--model", "DCGAN"])


def test_a_run_with_weights_of_its_own_takes_no_others_later(first: Path) -> None:
    words = ["--data", "Digits", *SHRUNK, "--ckpt_path", str(first), "--model", "DCGAN"]
    with pytest.raises(UserError, match=r"^init: x\.ckpt is asked for, but the run to go on with has None\n"):
        GANCLI(["fit", "--init", "x.ckpt", *words])


def test_a_checkpoint_that_is_not_there_is_named(workdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "--init", "no.ckpt", "--data", "Digits"]) == 2
    assert capsys.readouterr().err == "gan: init: no.ckpt does not exist; `gan list` shows the runs there are\n"


def test_all_weights_are_taken_where_nothing_differs() -> None:
    old, new = DCGAN(**SMALL, ema_decay=0.9), DCGAN(**SMALL, ema_decay=0.9)
    with torch.no_grad():
        for weights in old.ema.parameters():  # type: ignore[union-attr]
            weights.add_(1)
    transfer.take(new, content_of(old), Path("x.ckpt"))
    assert all(torch.equal(new.state_dict()[name], tensor) for name, tensor in old.state_dict().items())
    assert new.average_weight() == 0.9  # not as small as at the beginning, which would forget the average


def test_an_average_begins_at_the_generator_of_a_run_without_one() -> None:
    old, new = DCGAN(**SMALL, ema_decay=0.0), DCGAN(**SMALL, ema_decay=0.9)
    transfer.take(new, content_of(old), Path("x.ckpt"))
    assert new.ema is not None
    theirs = dict(old.generator.named_parameters())
    assert all(torch.equal(weights, theirs[name]) for name, weights in new.ema.network.named_parameters())


def test_what_does_not_fit_is_new_and_listed() -> None:
    old, new = CGAN(**SMALL, num_classes=5), CGAN(**SMALL, num_classes=3)
    untouched = {name: tensor.clone() for name, tensor in new.state_dict().items()}
    transfer.take(new, content_of(old), Path("x.ckpt"))
    listed = new.origin["new"]
    for name, tensor in new.state_dict().items():
        layer, theirs = name.rpartition(".")[0], old.state_dict()[name]
        if tensor.shape != theirs.shape:
            assert layer in listed
            assert torch.equal(tensor, untouched[name])
        elif layer not in listed:
            assert torch.equal(tensor, theirs)
    assert listed
    assert len(listed) < len({name.rpartition(".")[0] for name in untouched})
    assert new.origin["differing"] == "model.num_classes 3 here, 5 there"


@pytest.mark.parametrize("kind", [StyleGAN2, ProjectedGAN])
def test_an_average_by_half_life_goes_on_without_its_ramp(kind: Any) -> None:
    model = kind(image_size=64, base_channels=1) if kind is ProjectedGAN else kind(image_size=8, **STYLED)
    model.counters.images = 100
    with model.at(Rows(0, 20, 20), seed=0, step=5):
        assert model.average_weight() == pytest.approx(0.5 ** (20 / (0.05 * 100)))
        model.origin = {"ckpt": "x.ckpt"}
        assert model.average_weight() == pytest.approx(0.5 ** (20 / (1000 * model.ema_half_life_kimg)))


def test_an_average_from_a_later_step_on_goes_on_at_once() -> None:
    model = BigGAN(image_size=32, image_channels=1, base_channels=2, latent_dim=8, ema_decay=0.9, ema_start=100)
    assert model.average_weight() == 0
    model.origin = {"ckpt": "x.ckpt"}
    assert model.average_weight() == 0.9


def test_a_larger_stylegan2_takes_the_layers_of_a_smaller_one_by_their_sides() -> None:
    old, new = (StyleGAN2(image_size=side, **STYLED) for side in (16, 32))
    transfer.take(new, content_of(old), Path("x.ckpt"))
    added = {name.removeprefix("generator.").removeprefix("discriminator.") for name in new.origin["new"]}
    assert {name for name in added if not name.startswith("ema")} == {
        *("convolutions.5", "convolutions.5.style", "convolutions.6", "convolutions.6.style"),
        *("to_images.3", "to_images.3.style", "from_image"),
        *("blocks.32.first", "blocks.32.second", "blocks.32.skip"),
    }


def test_where_no_weights_fit_the_differing_settings_are_named() -> None:
    with pytest.raises(UserError) as caught:
        transfer.take(DCGAN(**SMALL), content_of(DCGAN(**{**SMALL, "base_channels": 3})), Path("x.ckpt"))
    assert str(caught.value) == (
        "init: no weights of x.ckpt (DCGAN on Toys) fit this DCGAN by name and shape\n"
        "The settings differ: model.base_channels 2 here, 3 there"
    )
