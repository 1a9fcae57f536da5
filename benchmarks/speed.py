"""What `gan fit` costs over a bare PyTorch loop of the same networks, and what bfloat16 with channels_last gains.

    python -m benchmarks.speed

The ways alternate in one process, so that a machine whose speed drifts slows them alike; read the ratios.
"""

import argparse
import contextlib
import io
import tempfile
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import torch
from lightning.pytorch import Callback, Trainer
from rich.console import Console
from rich.table import Table
from torch.nn.functional import softplus
from torch.optim import Adam

from gan_cli import cli
from gan_cli.data import Digits
from gan_cli.images import to_float
from gan_cli.networks.dcgan import DCGANBody, DCGANGenerator
from gan_cli.networks.heads import Discriminator
from gan_cli.networks.layers import running_statistics_untouched

WARM_UP = 3


class Clock(Callback):
    """Times the steps after the first few."""

    def __init__(self) -> None:
        self.started = 0.0
        self.seconds = 0.0

    def on_train_batch_end(self, trainer: Trainer, *_: Any) -> None:
        if trainer.global_step == WARM_UP:
            self.started = time.perf_counter()
        elif trainer.global_step == trainer.max_steps:
            self.seconds = time.perf_counter() - self.started


def fit(image_size: int, batch_size: int, steps: int, precision: str, channels_last: bool) -> float:
    """Images per second of `gan fit`, with the callbacks and the logging it has by default."""
    clock = Clock()

    class Timed(cli.GANCLI):
        def _instantiate_trainer(self, config: dict[str, Any], callbacks: list[Any]) -> Trainer:
            return super()._instantiate_trainer(config, [clock, *callbacks])

    with tempfile.TemporaryDirectory() as folder:
        words = f"fit --config dcgan.yaml --model.base_channels 64 --model.channels_last {channels_last}"
        words += f" --data.image_size {image_size} --data.batch_size {batch_size} --trainer.precision {precision}"
        words += f" --trainer.max_steps {steps + WARM_UP} --trainer.default_root_dir {folder}"
        words += " --trainer.accelerator cpu --trainer.devices 1"
        with contextlib.redirect_stdout(io.StringIO()):
            Timed(words.split())
    return batch_size * steps / clock.seconds


def bare(image_size: int, batch_size: int, steps: int, precision: str, channels_last: bool) -> float:
    """Images per second of a loop in plain PyTorch: the same networks, data, autocast, descents and freezing."""
    layout = torch.channels_last if channels_last else torch.contiguous_format
    generator = DCGANGenerator(image_size, 1, 100, 64).to(memory_format=layout)
    discriminator = Discriminator(DCGANBody(image_size, 1, 64), bias=False).to(memory_format=layout)
    generator_optimizer, discriminator_optimizer = (
        Adam(network.parameters(), 2e-4, (0.5, 0.999), fused=True) for network in (generator, discriminator)
    )
    data = Digits(image_size=image_size)
    data.setup("fit")
    assert data.train_set is not None
    images = data.train_set.content.real

    def fake_logits() -> torch.Tensor:
        with running_statistics_untouched(discriminator):
            logits: torch.Tensor = discriminator(generator(torch.randn(batch_size, 100)))
        return logits

    def step() -> None:
        real = to_float(images[torch.randint(len(images), (batch_size,))]).contiguous(memory_format=layout)
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16-mixed", cache_enabled=False):
            generator.requires_grad_(False)
            (softplus(-discriminator(real)).mean() + softplus(fake_logits()).mean()).backward()
            discriminator_optimizer.step()
            discriminator_optimizer.zero_grad()
            generator.requires_grad_(True)
            discriminator.requires_grad_(False)
            softplus(-fake_logits()).mean().backward()
            generator_optimizer.step()
            generator_optimizer.zero_grad()
            discriminator.requires_grad_(True)

    for _ in range(WARM_UP):
        step()
    start = time.perf_counter()
    for _ in range(steps):
        step()
    return batch_size * steps / (time.perf_counter() - start)


WAYS: dict[str, tuple[Callable[..., float], str, bool]] = {
    "gan fit, float32": (fit, "32-true", True),
    "bare loop, float32": (bare, "32-true", True),
    "gan fit, float32, contiguous": (fit, "32-true", False),
    "gan fit, bf16-mixed": (fit, "bf16-mixed", True),
    "bare loop, bf16-mixed": (bare, "bf16-mixed", True),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--image_size", type=int, default=64)
    parser.add_argument("--batch_size", type=int, default=64)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=8)
    options = parser.parse_args()
    cli.hush()
    speeds: dict[str, list[float]] = {name: [] for name in WAYS}
    for turn in range(options.rounds):
        order = list(WAYS.items())
        for name, (way, precision, channels_last) in order if turn % 2 else reversed(order):
            speeds[name].append(way(options.image_size, options.batch_size, options.steps, precision, channels_last))

    def ratio(one: str, other: str) -> str:
        return f"{median(a / b for a, b in zip(speeds[one], speeds[other], strict=True)):.3f}"

    table = Table("way", "images/s, median of rounds", title=f"DCGAN {options.image_size}, batch {options.batch_size}")
    for name, values in speeds.items():
        table.add_row(name, f"{median(values):.0f}")
    ratios = Table("ratio, round by round", "median")
    ratios.add_row("gan fit / bare loop, float32", ratio("gan fit, float32", "bare loop, float32"))
    ratios.add_row("gan fit / bare loop, bf16-mixed", ratio("gan fit, bf16-mixed", "bare loop, bf16-mixed"))
    ratios.add_row("bf16 + channels_last / float32", ratio("gan fit, bf16-mixed", "gan fit, float32, contiguous"))
    ratios.add_row("channels_last / contiguous, float32", ratio("gan fit, float32", "gan fit, float32, contiguous"))
    console = Console()
    console.print(table, ratios, f"{torch.get_num_threads()} threads, torch {torch.__version__}")


if __name__ == "__main__":
    main()
