"""`gan fit` beside the usual implementations of DCGAN-64 and CycleGAN-128, written with PyTorch's own layers.

    python -m benchmarks.usual [cyclegan dcgan] [--rounds 5] [--precision 32-true] [-- --model...]

The usual loop has the layers that most implementations have (nn.InstanceNorm2d, nn.ReflectionPad2d, contiguous memory),
Adam as it comes, an image pool, and steps in their order: CycleGAN's generators first, DCGAN's discriminator on real
and on made images. Blocks of both alternate within one run, so read the ratio.
"""

import argparse
import contextlib
import io
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import chain, cycle
from statistics import median
from typing import Any

import torch
from lightning.pytorch import Trainer
from torch import Tensor, nn
from torch.nn.functional import l1_loss, mse_loss

from benchmarks.bare import AUTOCAST
from benchmarks.plain_dcgan import PlainDCGAN
from benchmarks.speed import Stopwatch
from gan_cli.command import cli
from gan_cli.command.running import hush
from gan_cli.variants import AdversarialModule

COMMANDS = {
    "cyclegan": "--model CycleGAN --data PhotoPatches --data.task china2flower"
    " --data.image_size 128 --data.batch_size 1",
    "dcgan": "--model DCGAN --data Digits --data.image_size 64 --data.batch_size 64",
}


class Block(nn.Module):
    """A residual block as it is usually written."""

    def __init__(self, width: int) -> None:
        super().__init__()
        half = [nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3), nn.InstanceNorm2d(width)]
        other = [nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3), nn.InstanceNorm2d(width)]
        self.layers = nn.Sequential(*half, nn.ReLU(True), *other)

    def forward(self, inputs: Tensor) -> Tensor:
        """The same shape."""
        made: Tensor = inputs + self.layers(inputs)
        return made


def translator(width: int = 64) -> nn.Module:
    """CycleGAN's generator with six blocks."""
    layers: list[nn.Module] = [nn.ReflectionPad2d(3), nn.Conv2d(3, width, 7), nn.InstanceNorm2d(width), nn.ReLU(True)]
    for inputs in (width, 2 * width):
        layers += [nn.Conv2d(inputs, 2 * inputs, 3, 2, 1), nn.InstanceNorm2d(2 * inputs), nn.ReLU(True)]
    layers += [Block(4 * width) for _ in range(6)]
    for inputs in (4 * width, 2 * width):
        layers += [nn.ConvTranspose2d(inputs, inputs // 2, 3, 2, 1, 1), nn.InstanceNorm2d(inputs // 2), nn.ReLU(True)]
    return nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(width, 3, 7), nn.Tanh())


def patch_judge(width: int = 64) -> nn.Module:
    """The 70-pixel PatchGAN."""
    layers: list[nn.Module] = [nn.Conv2d(3, width, 4, 2, 1), nn.LeakyReLU(0.2, True)]
    for inputs, stride in ((width, 2), (2 * width, 2), (4 * width, 1)):
        layers += [nn.Conv2d(inputs, 2 * inputs, 4, stride, 1), nn.InstanceNorm2d(2 * inputs), nn.LeakyReLU(0.2, True)]
    return nn.Sequential(*layers, nn.Conv2d(8 * width, 1, 4, 1, 1))


class UsualCycleGAN:
    """Generators, then discriminators with a pool of 50 images each."""

    def __init__(self) -> None:
        self.there, self.back, self.of_a, self.of_b = translator(), translator(), patch_judge(), patch_judge()
        makers, judges = (self.there, self.back), (self.of_a, self.of_b)
        self.makers, self.judges = (
            torch.optim.Adam(chain(*(network.parameters() for network in pair)), lr=2e-4, betas=(0.5, 0.999))
            for pair in (makers, judges)
        )
        self.pools: dict[nn.Module, list[Tensor]] = {self.of_a: [], self.of_b: []}

    def step(self, batch: Any) -> None:
        """One batch of both domains."""
        a, b = batch
        for judge in (self.of_a, self.of_b):
            judge.requires_grad_(False)
        fake_b, fake_a = self.there(a), self.back(b)
        loss = sum(_squared(judge(fake), 1.0) for judge, fake in ((self.of_b, fake_b), (self.of_a, fake_a)))
        loss += 10 * (l1_loss(self.back(fake_b), a) + l1_loss(self.there(fake_a), b))
        loss += 5 * (l1_loss(self.back(a), a) + l1_loss(self.there(b), b))
        self.makers.zero_grad()
        loss.backward()
        self.makers.step()
        self.judges.zero_grad()
        for judge, real, fake in ((self.of_a, a, fake_a), (self.of_b, b, fake_b)):
            judge.requires_grad_(True)
            old = self._from_pool(judge, fake.detach())
            ((_squared(judge(real), 1.0) + _squared(judge(old), 0.0)) / 2).backward()
        self.judges.step()

    def _from_pool(self, judge: nn.Module, fake: Tensor) -> Tensor:
        pool = self.pools[judge]
        if len(pool) < 50 or random.random() < 0.5:
            pool.append(fake)
            return fake if len(pool) <= 50 else pool.pop(random.randrange(50))
        return fake


def _squared(outputs: Tensor, target: float) -> Tensor:
    return mse_loss(outputs, torch.full_like(outputs, target))


class UsualLoop:
    """Steps of a usual implementation on batches that are there already."""

    def __init__(self, usual: UsualCycleGAN | PlainDCGAN, batches: Sequence[Any], precision: str) -> None:
        self.usual = usual
        self.batches = cycle(batches)
        self.dtype = AUTOCAST.get(precision)

    def steps(self, count: int) -> None:
        """So many batches."""
        for _ in range(count):
            with torch.autocast("cpu", self.dtype, enabled=self.dtype is not None):
                parts = [part.contiguous() for part in next(self.batches)]
                if isinstance(self.usual, PlainDCGAN):
                    self.usual.step(parts[0])
                else:
                    self.usual.step(parts)


class Beside(Stopwatch):
    """Blocks of `gan fit` and of the usual implementation in turn, on the CPU."""

    def _prepare(self, trainer: Trainer, model: AdversarialModule) -> None:
        batches = list(self._batches)
        usual = (
            UsualCycleGAN() if len(batches[0]) == 2 and batches[0][1].ndim == 4 else PlainDCGAN(len(batches[0][0][0]))
        )
        loop = UsualLoop(usual, batches, str(trainer.precision))
        loop.steps(2)
        start = time.perf_counter()
        loop.steps(1)
        self.block = max(1, round(self.seconds / (time.perf_counter() - start)))
        self._loop = loop
        self._begin()


def measure(name: str, precision: str, rounds: int, words: list[str]) -> str:
    """A line of figures."""
    watch = Beside(rounds, seconds=2.0)

    class Timed(cli.GANCLI):
        def _instantiate_trainer(self, config: dict[str, Any], callbacks: list[Any]) -> Trainer:
            return super()._instantiate_trainer(config, [watch, *callbacks])

    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        said = f"fit {COMMANDS[name]} --trainer.precision {precision} --trainer.default_root_dir {folder}"
        said += " --trainer.max_steps 1000000000 --trainer.limit_val_batches 0 --report false"
        said += " --model.lr_decay_start 0 --model.lr_decay_end 0"  # rates of 0 would end it
        said += " --samples.every_n_steps 1000000000 --checkpoint.every_n_steps 1000000000"
        hush()
        Timed([*said.split(), *words])
    ratio = median(fit / usual for fit, usual in zip(watch.fit, watch.bare, strict=True))
    return (
        f"{name}, {precision}, {torch.get_num_threads()} threads: gan fit {median(watch.fit):.0f} ms, usual "
        f"{median(watch.bare):.0f} ms, ratio {ratio:.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=list(COMMANDS), metavar="NAME")
    parser.add_argument("--precision", default="32-true")
    parser.add_argument("--rounds", type=int, default=5)
    told = sys.argv[1:]
    words = told[told.index("--") + 1 :] if "--" in told else []
    options = parser.parse_args(told[: told.index("--")] if words else told)
    for name in options.names:
        print(measure(name, options.precision, options.rounds, words), flush=True)


if __name__ == "__main__":
    main()
