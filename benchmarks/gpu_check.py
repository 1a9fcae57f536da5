"""What only a GPU can show, measured in one call and written into one Markdown file.

    python -m benchmarks.gpu_check [--device cuda|cpu] [--minutes 9] [--only PART ...]

The tests that need a GPU; the speed of `gan fit` beside a bare loop at the papers' sizes and for every packaged config,
in each precision, compiled and not, with the share of the matrix products' peak, memory, and waits for data; how long
10,000 samples and their FID take; two GPUs, where there are two. Nothing is downloaded: images are cut from the
photographs that scikit-learn ships. What fails is named in the file and does not stop the rest, and so is what the
time did not suffice for. `--device cpu` tries all of it in tiny sizes, whose figures mean nothing.
"""

import argparse
import csv
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from statistics import median
from typing import NamedTuple

import torch

from benchmarks.gpu_inputs import standing_for_inception, write_images
from benchmarks.gpu_worker import Job, outcomes
from benchmarks.speed import Speed, now, variants
from gan_cli.devices.float32 import allow_tf32, rounded
from gan_cli.files import write_atomically

STYLES = "stylegan2_ffhq_256 --data.resampling bilinear --data.cache none --data.batch_size 32"
PAPERS = {
    "DCGAN-64": "dcgan_mnist --data ImageFolder --data.image_size 64 --data.batch_size 128",
    "StyleGAN2-256": STYLES,
    "FastGAN-256": "fastgan_folder_256",
    "R3GAN-64": "r3gan_mnist --data ImageFolder --data.image_size 64 --data.batch_size 64 "
    "--model.r1_gamma 2 --model.r1_gamma_end 0.2 --model.ema_half_life_kimg 500",
    "CycleGAN-256": "cyclegan_horse2zebra --data UnpairedFolder --data.image_size 256",
    "SNGAN-32": "sngan_mnist --data ImageFolder --data.image_size 32",
    "pix2pix-256": "pix2pix_facades --data PairedFolder --data.image_size 256",
    "BigGAN-128": "biggan_imagenet_128 --data ImageFolder --data.image_size 128 --data.batch_size 256 "
    "--model.accumulate 1 --model.num_classes 2",
    "StyleGAN2-ADA-256": "stylegan2_folder --data.batch_size 32",
    "StyleGAN2-128": f"{STYLES} --data.image_size 128",
    "StyleGAN2-64": f"{STYLES} --data.image_size 64",
}
"""Configs of the papers' sizes, and what replaces their data sets: colour images of a folder.

Those come first whose gain by compilation is asked for most."""
SMALLEST = {"pix2pix-256": 64, "FastGAN-256": 64}
"""Sides of images that networks cannot do without."""
PRECISIONS = {"bf16-mixed": torch.bfloat16, "32-true": torch.float32, "16-mixed": torch.float16}
PARTS = {
    "tests": "Tests that need a GPU",
    "papers": "The papers' sizes",
    "scores": "Samples and their scores",
    "two": "Two GPUs",
    "configs": "Packaged configs",
}
"""The parts of a check, by the method that gives its lines."""


class Scale(NamedTuple):
    """How large everything is.

    Attributes:
        matrix: Side of the matrices whose product is timed.
        images: Images of each folder.
        rounds: Blocks of steps that are timed.
        seconds: How long a block lasts, about.
        steps: Batches before the samples are scored.
        samples: How many are scored.
        network: Which of torchvision's networks stands for inception.
        side: Side of its images in pixels.
        names: Packaged configs that are measured.
        precisions: Names of precisions.
        shrunk: Whether the papers' sizes are made tiny.
    """

    matrix: int
    images: int
    rounds: int
    seconds: float
    steps: int
    samples: int
    network: str
    side: int
    names: Sequence[str]
    precisions: Sequence[str]
    shrunk: bool = False


SCALES = {
    "cuda": Scale(8192, 256, 3, 0.3, 1000, 10_000, "inception_v3", 299, variants(), list(PRECISIONS)),
    "cpu": Scale(
        *(256, 16, 1, 0.01, 20, 100, "resnet18", 32, ["gan"], ["32-true", "bf16-mixed"]),
        shrunk=True,
    ),
}


class Check:
    """One call: the parts, each of which gives lines of Markdown.

    Args:
        device: "cuda", or "cpu" to try it.
        minutes: How long all of it may take.
        output: The file, written anew after each part, so that a call that is killed leaves what it has found.
        scratch: A folder for what is needed on the way.
    """

    def __init__(self, device: str, minutes: float, output: Path, scratch: Path) -> None:
        self.device, self.output, self.scratch = device, output, scratch
        self.scale = SCALES[device]
        self.deadline = time.monotonic() + 60 * minutes
        self.minutes = minutes
        self.lines: list[str] = []
        self.failed: list[str] = []
        self.left_out: list[str] = []

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return self.deadline - time.monotonic()

    def run(self, wanted: Collection[str] = ()) -> None:
        """The parts, the most wanted first: what the time does not suffice for is at the end.

        Args:
            wanted: Names of parts, as in `PARTS`; none of them means all.
        """
        self.lines += self.machine()
        for name, title in PARTS.items():
            if not wanted or name in wanted:
                self.part(title, getattr(self, name))

    def part(self, title: str, lines: Callable[[], Iterable[str]]) -> None:
        """Adds what a part says; where it breaks, that is a failure and no end."""
        print(f"{title} ({self.left:.0f} s left)", flush=True)
        self.lines += ["", f"## {title}", ""]
        try:
            self.lines += lines()
        except Exception as error:
            self.failed.append(f"{title}: {told(error)}")
        self.write()

    def write(self) -> None:
        """Writes what is known so far."""
        ends = [
            line
            for title, found in (("What failed", self.failed), ("Left out", self.left_out))
            for line in ("", f"## {title}", "", *([f"- {what}" for what in found] or ["Nothing."]))
        ]
        text = "\n".join([*self.lines, *ends]) + "\n"
        write_atomically(self.output, lambda file: file.write(text.encode()))

    def machine(self) -> Iterator[str]:
        """What the figures belong to, and the peaks that speeds are held against."""
        self.peaks = {name: peak(self.device, self.scale.matrix, PRECISIONS[name]) for name in self.scale.precisions}
        if self.device == "cuda":
            card = torch.cuda.get_device_properties(0)
            yield f"# {torch.cuda.device_count()} x {card.name}"
            yield f"\n{card.total_memory / 2**30:.0f} GiB, CUDA {torch.version.cuda}; float32 in TF32: {any(rounded())}"
        else:
            yield "# A CPU, in tiny sizes whose figures mean nothing\n"
        yield f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, "
        yield f"torch {torch.__version__}, {date.today()}, `python -m benchmarks.gpu_check --device {self.device}`"
        products = ", ".join(f"{name} {operations / 1e12:.4g}" for name, operations in self.peaks.items())
        yield f"\nMatrix products of side {self.scale.matrix}, TFLOP/s: {products}"

    def tests(self) -> Iterator[str]:
        """How the tests of the marker `gpu` end."""
        words = ["-m", "pytest", "-m", "gpu", "-q", "-p", "no:cacheprovider", "--tb=line", "tests/test_gpu.py"]
        said = self.process(words, 20 * self.minutes, {"GAN_DEVICE": self.device})
        self.failed += [line for line in said if line.startswith(("FAILED", "ERROR"))]
        yield said[-1]

    def papers(self) -> Iterator[str]:
        """Their speeds: in the first two precisions, then compiled, then in the others."""
        roots = write_images(self.scratch / "photos", self.scale.images, 256)
        cases = []
        for title, words in PAPERS.items():
            root = next((roots[name] for name in roots if name in words), roots["ImageFolder"])
            cases.append((title, f"{words} --data.root {root}{self.tiny(title)}"))
        jobs = [Job(*case, precision) for precision in self.scale.precisions for case in cases]
        compiled = [Job(*case, self.scale.precisions[0], True) for case in cases]
        compiled = compiled if self.device == "cuda" else compiled[:1]
        return self.speeds([*jobs[: 2 * len(cases)], *compiled, *jobs[2 * len(cases) :]], share=0.75)

    def tiny(self, title: str) -> str:
        """What makes a paper's size one for a CPU, where that is what is tried."""
        if not self.scale.shrunk:
            return ""
        width = "channel_base 256" if "StyleGAN2" in title else "base_channels 8"
        return f" --data.batch_size 2 --data.image_size {SMALLEST.get(title, 32)} --model.{width}"

    def configs(self) -> Iterator[str]:
        """Speeds of the small ones."""
        jobs = [Job(name, name, precision) for precision in self.scale.precisions for name in self.scale.names]
        return self.speeds(jobs, share=1.0)

    def speeds(self, jobs: Sequence[Job], share: float) -> Iterator[str]:
        """A table of as many as a share of what is left suffices for."""
        threads = 1 if self.device == "cpu" else None
        until = time.monotonic() + share * self.left
        found = outcomes(jobs, self.scale.rounds, self.scale.seconds, until, threads)
        self.failed += [f"{job}: {why}" for job, why in found.failed.items()]
        self.left_out += [f"{job}: no time" for job in found.left_out]
        heads = ["", "precision", "compiled", "images/s", "step, ms", "`gan fit` / bare", "of the peak", "waits, ms"]
        yield f"| {' | '.join([*heads, 'memory, GB'])} |"
        yield "|" + "---|" * (len(heads) + 1)
        for job in sorted(found.speeds, key=lambda job: job.title):
            yield self.row(job, found.speeds[job])

    def row(self, job: Job, speed: Speed) -> str:
        """A line of the table."""
        step = median(speed.fit)
        share = 1000 * speed.flops / step / self.peaks[job.precision]
        cells = [job.title, job.precision, "yes" if job.compiled else "", f"{1000 * speed.images / step:.4g}"]
        cells += [f"{step:.3g}", f"{speed.ratio:.2f}", f"{share:.1%}", f"{median(speed.waits):.2f}"]
        return f"| {' | '.join([*cells, f'{speed.memory:.2f}'])} |"

    def scores(self) -> Iterator[str]:
        """How long samples and scores take, and what the scores are."""
        self.fit("dcgan", 1, f"--trainer.max_steps {self.scale.steps}")
        (checkpoint,) = (self.scratch / "dcgan-1").glob("**/last.ckpt")
        network = self.scratch / "network.pt"
        standing_for_inception(self.scale.network, self.scale.side, network)
        common = f"--ckpt {checkpoint} --num {self.scale.samples} --trainer.accelerator {self.accelerator}"
        yield f"DCGAN after {self.scale.steps} batches of `dcgan.yaml`; whole processes, imports and all."
        yield ""
        yield f"- {self.scale.samples:,} samples: {self.timed(f'sample {common} --output {self.scratch}/samples.npz')}"
        for features, what in {
            **({"classifier": "a classifier, which is trained first"} if self.device == "cuda" else {}),
            str(network): f"an untrained {self.scale.network}, which shows the time and nothing else",
        }.items():
            words = f"test {common} --metrics fid,kid,precision --cache_dir {self.scratch}/cache --features {features}"
            yield f"- Scores of {self.scale.samples:,} in features of {what}: {self.timed(words)}"
            table = json.loads(checkpoint.with_name("metrics.json").read_text("utf-8"))["tables"][0]
            yield f"  - {json.dumps(table.get('scores', table))}"

    def two(self) -> Iterator[str]:
        """Images a second of one and of two, each with the same batch."""
        if torch.cuda.device_count() < 2 and self.device == "cuda":
            self.left_out.append("two GPUs: there is one")
            return
        for devices in (1, 2):
            self.fit("lsgan", devices, f"--trainer.max_steps {self.scale.steps} --trainer.log_every_n_steps 10")
            (log,) = (self.scratch / f"lsgan-{devices}").glob("**/metrics.csv")
            with open(log, newline="", encoding="utf-8") as file:
                speeds = [float(row["time/images_per_second"]) for row in csv.DictReader(file) if row["step"]]
            yield f"- `lsgan.yaml`, {devices} process{'es' * (devices > 1)}: {median(speeds):.4g} images/s"

    @property
    def accelerator(self) -> str:
        """As `--trainer.accelerator` has it."""
        return "gpu" if self.device == "cuda" else "cpu"

    def timed(self, words: str) -> str:
        """Runs a verb, and says how long it took."""
        start = time.monotonic()
        self.process(["-m", "gan_cli", *words.split()], self.left)
        return f"{time.monotonic() - start:.1f} s"

    def fit(self, config: str, devices: int, words: str) -> None:
        """Trains a packaged config in a process of its own, in a folder of its own."""
        said = f"-m gan_cli fit --config {config} --trainer.accelerator {self.accelerator} --report false {words}"
        said += f" --trainer.devices {devices} --trainer.default_root_dir {self.scratch / f'{config}-{devices}'}"
        self.process(said.split(), self.left)

    def process(self, words: Sequence[str], seconds: float, environment: dict[str, str] | None = None) -> list[str]:
        """What a Python process says, line by line; pytest's 1 is an answer too.

        Raises:
            RuntimeError: If it fails or takes longer.
        """
        threads = {"OMP_NUM_THREADS": "1"} if self.device == "cpu" else {}
        try:
            done = subprocess.run(
                [sys.executable, *words],
                env={**os.environ, **threads, **(environment or {})},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=max(1.0, seconds),
            )
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"`{' '.join(words[1:5])} ...` took more than {seconds:.0f} s") from None
        lines = [line for line in done.stdout.splitlines() if line.strip()]
        if done.returncode and "pytest" not in words:
            raise RuntimeError(
                f"`{' '.join(words[1:5])} ...` ended with {done.returncode}: {lines[-1] if lines else ''}"
            )
        return lines


def peak(device: str, side: int, dtype: torch.dtype) -> float:
    """Operations a second of a square matrix product."""
    one, other = (torch.randn(side, side, device=device, dtype=dtype) for _ in range(2))
    seconds = []
    for _ in range(8):
        start = now()
        one @ other
        seconds.append(now() - start)
    return 2.0 * side**3 / median(seconds[3:])


def told(error: Exception) -> str:
    """An error in one line."""
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--minutes", type=float, default=9.0)
    parser.add_argument("--output", type=Path, default=Path("gpu-check.md"))
    parser.add_argument("--only", nargs="+", choices=PARTS, default=(), metavar="PART", help=", ".join(PARTS))
    options = parser.parse_args()
    allow_tf32(False)  # as every run does unless --tf32 true is typed
    if options.device == "cuda" and not torch.cuda.is_available():
        parser.error("--device cuda: PyTorch finds no GPU here; --device cpu tries the check in tiny sizes")
    with tempfile.TemporaryDirectory() as scratch:
        Check(options.device, options.minutes, options.output, Path(scratch)).run(options.only)
    print(f"written: {options.output}")


if __name__ == "__main__":
    main()
