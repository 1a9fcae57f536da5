"""Classes from outside that settle arguments of ours themselves, and take no others."""

from pathlib import Path

import pytest

from gan_cli import load
from gan_cli.__main__ import main
from gan_cli.inference.checkpoints import data_set
from tests.toys import FewDigits, ToyGAN

CPU = "--trainer.accelerator cpu --trainer.enable_progress_bar false --report false --samples.every_n_steps 0"


class Settled(ToyGAN):
    """Its rates are its own affair."""

    def __init__(self) -> None:
        super().__init__(generator_lr=3e-3, discriminator_lr=2e-3)


class SettledDigits(FewDigits):
    """Sixteen pixels, sixteen images."""

    def __init__(self) -> None:
        super().__init__(image_size=16, batch_size=16)


def test_it_is_trained_gone_on_with_and_read_again(workdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fit = f"fit --module {__name__} --model Settled --data SettledDigits {CPU}".split()
    assert main([*fit, "--trainer.max_steps", "1"]) == 0
    assert main([*fit, "--trainer.max_steps", "2", "--ckpt_path", "last"]) == 0, capsys.readouterr().err
    last = Path("checkpoints/settled-settleddigits/version_0/last.ckpt")
    loaded = load(last, module=__name__)
    assert dict(loaded.model.hparams) == {}
    assert loaded.model.learning_rates == {"generator": 3e-3, "discriminator": 2e-3}
    assert loaded.sample(2).shape == (2, 1, 16, 16)
    assert data_set(last, __name__).batch_size == 16
    assert main(["fit", "--config", str(last.with_name("config.yaml")), "--module", __name__]) == 0
    assert main(["validate", "--ckpt", str(last), "--module", __name__, "--data", "SettledDigits"]) == 0
