"""Scores as a run asks for them, in as many processes as it has."""

from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from gan_cli.data import Digits
from gan_cli.evaluation.processes import by_first, gathered, my_batches, place
from gan_cli.evaluation.scorer import Scorer
from gan_cli.evaluation.scores import Scores
from gan_cli.inference.trainers import verb_trainer
from gan_cli.metrics import features
from gan_cli.variants import DCGAN
from tests.conftest import TINY_DCGAN
from tests.inference.translators import cyclegan
from tests.toys import FewUnpaired

NUM = 230
"""Three batches, of which the last is smaller: one process has two of them."""
STEPS = 20


class Asks(Callback):
    """Asks for scores where a run would, in its validation."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.found: list[Scores] = []

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        model: Any = pl_module
        self.found += Scorer(Digits(image_size=16), num=NUM, folder=self.folder).score(model)
        translator = cyclegan(image_size=32)
        self.found += Scorer(FewUnpaired(image_size=32), str(self.folder / "rows.pt"), 25, folder=self.folder).score(
            translator
        )


def scores(folder: Path, devices: int) -> list[dict[str, Any]]:
    """What a validation asks for, as it would be written."""
    torch.manual_seed(0)
    options = {"accelerator": "cpu", "devices": devices, "strategy": "ddp" if devices > 1 else "auto"}
    asks = Asks(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(features, "STEPS", STEPS)
        verb_trainer({**options, "precision": "32-true", "callbacks": [asks]}).validate(
            DCGAN(**TINY_DCGAN), Digits(image_size=16, batch_size=60), verbose=False
        )
    return [table.as_dict() for table in asks.found]


def dealt_out() -> None:
    """Rows of a few batches come back in order, also where a process has none."""
    for count in (1, 5, 10):
        mine = [numbers[:, None].float() for numbers in my_batches(count, 4)]
        whole = gathered(mine, count, 4, 1, torch.device("cpu"))
        assert whole.flatten().tolist() == list(range(count))
    assert by_first(lambda: place()[0]) == 0
