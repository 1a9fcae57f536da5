"""Milliseconds of the processor that a step of `gan fit` takes beside its arithmetic: players of one layer each.

    python -m benchmarks.overhead [NAME ...] [--rounds 8] [--seconds 1] [-- --model...]

On a GPU this is what limits small networks: the processor has to be through with a step before the GPU is. A name is a
packaged config's, of a variant that makes images from noise; everything of its run is real but the networks and the
size of a batch. Blocks of steps alternate with blocks of a bare PyTorch loop's over the same losses, as in
`benchmarks.speed`. An empty step is a batch that is fetched and moved, and Lightning's loop with nothing else in it.
"""

import argparse
import sys
import time
from statistics import median
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from benchmarks.speed import Speed, measure
from gan_cli.data import Digits
from gan_cli.variants.chosen_networks import ChosenNetworks
from gan_cli.variants.record import Counters

NAMES = ("gan", "wgan_gp", "dcgan")
SMALL = ("--data.image_size", "16", "--data.batch_size", "4")
"""A batch that takes no time to fetch or to compute with."""


class OneLayerPlayers(Callback):
    """Gives a model players that compute next to nothing, before its optimizers are made."""

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        assert isinstance(pl_module, ChosenNetworks)
        shape = pl_module.shape
        made = nn.Linear(pl_module.latent_dim, torch.Size(shape).numel())
        pl_module.generator = nn.Sequential(made, nn.Unflatten(1, shape))
        judged = nn.Linear(torch.Size(shape).numel(), 1)
        pl_module.discriminator = nn.Sequential(nn.Flatten(), judged, nn.Flatten(0))
        pl_module.finish_players()


class Empty(LightningModule):
    """Trains nothing, and says how long that takes.

    Attributes:
        times: When each batch came, in seconds.
    """

    def __init__(self) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.seed, self.counters = 0, Counters()  # the data set asks for them
        self.times: list[float] = []

    def training_step(self, batch: Any, batch_idx: int) -> Tensor | None:
        self.counters.images += len(batch[0])
        self.times.append(time.perf_counter())
        return None

    def configure_optimizers(self) -> None:
        return None


def empty_step(epochs: int = 4) -> float:
    """Milliseconds of a batch on which nothing is trained."""
    model = Empty()
    quiet: dict[str, Any] = dict.fromkeys(("logger", "enable_progress_bar", "enable_model_summary"), False)
    trainer = Trainer(**quiet, enable_checkpointing=False, max_epochs=epochs, devices=1, limit_val_batches=0)
    trainer.fit(model, Digits(image_size=16, batch_size=4))
    return 1000 * median(after - before for before, after in zip(model.times[:-1], model.times[1:], strict=True))


def overhead(name: str, rounds: int, seconds: float, words: list[str]) -> Speed:
    """One run of a packaged config with players of one layer each."""
    return measure(name, "32-true", rounds, seconds, [*SMALL, *words], [OneLayerPlayers()])


def table(speeds: dict[str, Speed], empty: float) -> Table:
    """One row a config."""
    made = Table("config", "gan fit", "bare loop", "overhead", title=f"ms of a step (an empty one: {empty:.2f})")
    for name, speed in speeds.items():
        made.add_row(name, f"{median(speed.fit):.2f}", f"{median(speed.bare):.2f}", f"{speed.overhead:.2f}")
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=NAMES, metavar="NAME")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=1.0, help="of a block of steps, about")
    told = sys.argv[1:]
    words = told[told.index("--") + 1 :] if "--" in told else []
    options = parser.parse_args(told[: told.index("--")] if words else told)
    speeds = {name: overhead(name, options.rounds, options.seconds, words) for name in options.names}
    Console().print(table(speeds, empty_step()))


if __name__ == "__main__":
    main()
