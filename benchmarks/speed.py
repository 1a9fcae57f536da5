"""What `gan fit` costs over a bare PyTorch loop of the same networks, and what bfloat16 with channels_last gains.

    python -m benchmarks.speed [--variant dcgan | pix2pix | cyclegan] [--image_size 64] [--batch_size 64]

The ways alternate in one process, so that a machine whose speed drifts slows them alike; read the ratios.
"""

import argparse
import contextlib
import io
import tempfile
import time
from collections.abc import Callable
from statistics import median
from typing import Any, NamedTuple, cast

import torch
from lightning.pytorch import Callback, Trainer
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn
from torch.nn.functional import l1_loss, softplus
from torch.optim import Adam

from gan_cli import cli
from gan_cli.data import Digits
from gan_cli.images import to_float
from gan_cli.networks.dcgan import DCGANBody, DCGANGenerator
from gan_cli.networks.heads import Discriminator
from gan_cli.networks.layers import running_statistics_untouched
from gan_cli.seeding import stream
from gan_cli.variants import CycleGAN, Pix2Pix

WARM_UP = 3

Step = Callable[[], None]


class Players:
    """Two networks and their optimizers, as a plain loop has them."""

    def __init__(
        self, generator: nn.Module, discriminator: nn.Module, layout: torch.memory_format, **adam: Any
    ) -> None:
        self.generator, self.discriminator = generator.to(memory_format=layout), discriminator.to(memory_format=layout)
        self.optimizers = {
            network: Adam(network.parameters(), fused=True, **adam) for network in (generator, discriminator)
        }

    def descend(self, network: nn.Module, loss: Callable[[], Tensor]) -> None:
        """One step of one of them, the other frozen."""
        other = self.discriminator if network is self.generator else self.generator
        other.requires_grad_(False)
        loss().backward()
        self.optimizers[network].step()
        self.optimizers[network].zero_grad()
        other.requires_grad_(True)


def dcgan(image_size: int, batch_size: int, layout: torch.memory_format) -> Step:
    """DCGAN's step on the digits."""
    body = DCGANBody(image_size, 1, 64)
    players = Players(
        DCGANGenerator(image_size, 1, 100, 64), Discriminator(body, bias=False), layout, lr=2e-4, betas=(0.5, 0.999)
    )
    data = Digits(image_size=image_size)
    images = data.read(train=True).images

    def fake_logits() -> Tensor:
        with running_statistics_untouched(players.discriminator):
            logits: Tensor = players.discriminator(players.generator(torch.randn(batch_size, 100)))
        return logits

    def step() -> None:
        real = to_float(images[torch.randint(len(images), (batch_size,))]).contiguous(memory_format=layout)
        discriminator = players.discriminator
        players.descend(discriminator, lambda: softplus(-discriminator(real)).mean() + softplus(fake_logits()).mean())
        players.descend(players.generator, lambda: softplus(-fake_logits()).mean())

    return step


def pix2pix(image_size: int, batch_size: int, layout: torch.memory_format) -> Step:
    """pix2pix's step from one channel to three."""
    model = Pix2Pix(image_size, source_channels=1, base_channels=64)
    players = Players(model.generator, model.discriminator, layout, lr=2e-4, betas=(0.5, 0.999))
    generator, discriminator = players.generator, players.discriminator
    source, target = photographs(1, image_size), photographs(3, image_size)

    def step() -> None:
        chosen = torch.randint(len(source), (batch_size,))
        given, wanted = (to_float(images[chosen]).contiguous(memory_format=layout) for images in (source, target))
        fake = generator(given)

        def judged(images: Tensor) -> Tensor:
            return cast(Tensor, discriminator(torch.cat([given.to(images.dtype), images], dim=1))).float()

        players.descend(
            discriminator, lambda: (softplus(-judged(wanted)).mean() + softplus(judged(fake.detach())).mean()) / 2
        )
        players.descend(generator, lambda: softplus(-judged(fake)).mean() + 100 * l1_loss(fake.float(), wanted))

    return step


def cyclegan(image_size: int, batch_size: int, layout: torch.memory_format) -> Step:
    """CycleGAN's step, its image pools included."""
    model = CycleGAN(image_size)
    players = Players(model.generator, model.discriminator, layout, lr=2e-4, betas=(0.5, 0.999))
    there, back = model.generator["a_to_b"], model.generator["b_to_a"]
    domains = {name: photographs(3, image_size) for name in ("a", "b")}
    random = stream("pool")

    def step() -> None:
        a, b = (
            to_float(images[torch.randint(len(images), (batch_size,))]).contiguous(memory_format=layout)
            for images in domains.values()
        )
        fakes = {"a": back(b), "b": there(a)}

        def told_apart(domain: str, real: Tensor) -> Tensor:
            fake = model.pools[domain].answer(fakes[domain].detach(), random)
            reals, others = model.discriminator[domain](torch.cat([real.to(fake.dtype), fake])).float().chunk(2)
            return cast(Tensor, (reals - 1).square().mean() + others.square().mean()) / 2

        def translated() -> Tensor:
            taken = sum((model.discriminator[name](fake).float() - 1).square().mean() for name, fake in fakes.items())
            cycle = l1_loss(back(fakes["b"]).float(), a) + l1_loss(there(fakes["a"]).float(), b)
            identity = l1_loss(back(a).float(), a) + l1_loss(there(b).float(), b)
            return cast(Tensor, taken + 10 * cycle + 5 * identity)

        players.descend(players.discriminator, lambda: told_apart("a", a) + told_apart("b", b))
        players.descend(players.generator, translated)

    return step


def photographs(channels: int, image_size: int) -> Tensor:
    """What stands for a set's images, uint8 [M, C, H, W]: a step takes the same time whatever they show."""
    return torch.randint(
        256, (64, channels, image_size, image_size), dtype=torch.uint8, generator=stream("photographs")
    )


class Measured(NamedTuple):
    """A variant whose speed is measured.

    Attributes:
        bare: Makes the step of a plain loop, from image size, batch size and memory layout.
        words: What `gan fit` is told beside these.
    """

    bare: Callable[[int, int, torch.memory_format], Step]
    words: str


PAPER = "--model.base_channels 64 --model.upsampling deconvolution"
"""What the translators' small configs change, and the plain loops have as in the papers."""

VARIANTS = {
    "dcgan": Measured(dcgan, "--config dcgan.yaml --model.base_channels 64"),
    "pix2pix": Measured(pix2pix, f"--config pix2pix.yaml {PAPER} --model.norm instance --model.patch_size 70"),
    "cyclegan": Measured(cyclegan, f"--config cyclegan.yaml {PAPER} --model.patch_size 70"),
}


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


def fit_speed(options: argparse.Namespace, precision: str, channels_last: bool) -> float:
    """Images per second of `gan fit`, with the callbacks and the logging it has by default."""
    clock = Clock()

    class Timed(cli.GANCLI):
        def _instantiate_trainer(self, config: dict[str, Any], callbacks: list[Any]) -> Trainer:
            return super()._instantiate_trainer(config, [clock, *callbacks])

    with tempfile.TemporaryDirectory() as folder:
        words = f"fit {VARIANTS[options.variant].words} --model.channels_last {channels_last}"
        words += f" --data.image_size {options.image_size} --data.batch_size {options.batch_size}"
        words += f" --trainer.max_steps {options.steps + WARM_UP} --trainer.default_root_dir {folder}"
        words += f" --trainer.precision {precision} --trainer.accelerator cpu --trainer.devices 1"
        with contextlib.redirect_stdout(io.StringIO()):
            Timed(words.split())
    return float(options.batch_size * options.steps / clock.seconds)


def bare_speed(options: argparse.Namespace, precision: str, channels_last: bool) -> float:
    """Images per second of a loop in plain PyTorch: the same networks, autocast, descents and freezing."""
    layout = torch.channels_last if channels_last else torch.contiguous_format
    step = VARIANTS[options.variant].bare(options.image_size, options.batch_size, layout)

    def several(count: int) -> None:
        for _ in range(count):
            with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16-mixed", cache_enabled=False):
                step()

    several(WARM_UP)
    start = time.perf_counter()
    several(options.steps)
    return float(options.batch_size * options.steps / (time.perf_counter() - start))


WAYS: dict[str, tuple[Callable[[argparse.Namespace, str, bool], float], str, bool]] = {
    "gan fit, float32": (fit_speed, "32-true", True),
    "bare loop, float32": (bare_speed, "32-true", True),
    "gan fit, float32, contiguous": (fit_speed, "32-true", False),
    "gan fit, bf16-mixed": (fit_speed, "bf16-mixed", True),
    "bare loop, bf16-mixed": (bare_speed, "bf16-mixed", True),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--variant", choices=VARIANTS, default="dcgan")
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
            speeds[name].append(way(options, precision, channels_last))

    def ratio(one: str, other: str) -> str:
        return f"{median(a / b for a, b in zip(speeds[one], speeds[other], strict=True)):.3f}"

    title = f"{options.variant}, {options.image_size} pixels, batch {options.batch_size}"
    table = Table("way", "images/s, median of rounds", title=title)
    for name, values in speeds.items():
        table.add_row(name, f"{median(values):.3g}")
    ratios = Table("ratio, round by round", "median")
    ratios.add_row("gan fit / bare loop, float32", ratio("gan fit, float32", "bare loop, float32"))
    ratios.add_row("gan fit / bare loop, bf16-mixed", ratio("gan fit, bf16-mixed", "bare loop, bf16-mixed"))
    ratios.add_row("bf16 + channels_last / float32", ratio("gan fit, bf16-mixed", "gan fit, float32, contiguous"))
    ratios.add_row("channels_last / contiguous, float32", ratio("gan fit, float32", "gan fit, float32, contiguous"))
    console = Console()
    console.print(table, ratios, f"{torch.get_num_threads()} threads, torch {torch.__version__}")


if __name__ == "__main__":
    main()
