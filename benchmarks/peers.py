"""What `gan fit` learns beside plain scripts of the best-known recipes: on the same batches of MNIST, by one judge.

    python -m benchmarks.peers [--root FOLDER] [--only dcgan ...] [--seeds 3] [--full]

The scripts are `benchmarks/plain_dcgan.py` and `benchmarks/plain_wgan_gp.py`. For each seed both learn from the images
that `gan fit` takes, in its order, for as many steps, with players of as many channels; then 10,000 images of each are
scored by `gan evaluate`. The recipes have no moving average, and make samples by the statistics of the batch; the usual
way, by the running ones, has a row too.

Shrunk for a CPU, if the recipes' own sizes are not asked for (`--full`): DCGAN to 32 pixels instead of 64, 32 channels
instead of 64 and 800 batches, WGAN-GP to 16 channels and 10,000 batches, a fifth of them steps of the generator, with a
learning rate of 5e-4 instead of 1e-4 (`--batches` makes runs longer).

The command can be stopped and called again.
"""

import contextlib
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

from benchmarks import runs
from benchmarks.judge import Judge
from benchmarks.plain_dcgan import PlainDCGAN
from benchmarks.plain_wgan_gp import CRITIC_STEPS, PlainWGANGP
from gan_cli.data import MNIST
from gan_cli.data.parts import Part
from gan_cli.data.sampling import Span
from gan_cli.files import write_atomically
from gan_cli.media.pictures import labelled_grid, save_png, to_float, to_uint8
from gan_cli.verbs import evaluate, sample

BATCH_SIZE = 64
KEPT_EVERY = 100
"""A plain script's state is kept each time it has seen so many batches."""
SAMPLES = 10_000
"""Images of each row."""
SHOWN = 16
"""Images of each row of the picture."""
MEASURES = ("kid", "fid")


class Peer(NamedTuple):
    """A recipe: its plain script, and what `gan fit` is told so that it follows the same.

    Attributes:
        name: What it is called.
        plain: Makes the script's players from an image's channels, the width, the image size and the learning rate.
        image_size: Side of the images in pixels.
        width: Channels of the maps next to the image.
        learning_rate: Of both players.
        n_critic: Batches of a step of the script.
        batches: The length of a run, whole steps of the script.
        config: The packaged config of the variant.
        settings: What else differs from it.
    """

    name: str
    plain: Callable[[int, int, int, float], Any]
    image_size: int
    width: int
    learning_rate: float
    n_critic: int
    batches: int
    config: str
    settings: Mapping[str, Any]

    @property
    def title(self) -> str:
        """Its name in those of files: all that makes one run of it differ from another of the same seed."""
        return f"{self.name}-{self.image_size}px-{self.width}-{self.learning_rate:g}"


SMALL = {
    peer.name: peer
    for peer in (
        Peer(
            "dcgan",
            PlainDCGAN,
            image_size=32,
            width=32,
            learning_rate=2e-4,
            n_critic=1,
            batches=800,
            config="dcgan.yaml",
            settings={"model.latent_dim": 100, "model.lr_decay_start": 0, "model.lr_decay_end": 0},
        ),
        Peer(
            "wgan_gp",
            PlainWGANGP,
            image_size=32,
            width=16,
            learning_rate=5e-4,
            n_critic=CRITIC_STEPS,
            batches=10_000,
            config="wgan_gp.yaml",
            settings={"model.latent_dim": 128, "model.architecture": "dcgan"},
        ),
    )
}
FULL = {
    "dcgan": SMALL["dcgan"]._replace(image_size=64, width=64, batches=10_000),
    "wgan_gp": SMALL["wgan_gp"]._replace(width=64, learning_rate=1e-4, batches=50_000),
}
"""The recipes' own sizes."""


def run_of(peer: Peer, seed: int, root: str) -> runs.Run:
    """The run of `gan fit` beside a plain script."""
    settings = {
        "model.base_channels": peer.width,
        "model.generator_lr": peer.learning_rate,
        "model.discriminator_lr": peer.learning_rate,
        "data.image_size": peer.image_size,
        "data.batch_size": BATCH_SIZE,
        "trainer.max_steps": peer.batches,
        **peer.settings,
    }
    name = f"peers-{peer.title}-seed{seed}"
    return runs.Run(f"gan fit, {name}", peer.config, name, "MNIST", root, settings, seed, in_float32=True)


def batch_at(part: Part, seed: int, number: int) -> Tensor:
    """The images that `gan fit` takes for a batch, float [N, C, H, W] in [-1, 1]."""
    places = Span(seed, number * BATCH_SIZE, (number + 1) * BATCH_SIZE)
    return to_float(part[places].batch.images.to(runs.device()))


def trained(peer: Peer, seed: int, part: Part, file: Path) -> Any:
    """A plain script's players after a run, gone on with where it was left.

    Args:
        peer: The recipe.
        seed: Of the weights, the noise and the order of the images.
        part: Gives the images.
        file: Where the players are kept.
    """
    torch.manual_seed(seed)
    with torch.device(runs.device()):
        plain = peer.plain(1, peer.width, peer.image_size, peer.learning_rate)
        done = restored(plain, file)
        if done < peer.batches:
            print(f"plain script, {peer.title}, seed {seed}: from batch {done:,} to {peer.batches:,}", flush=True)
        while done < peer.batches:
            plain.step(*(batch_at(part, seed, done + number) for number in range(peer.n_critic)))
            done += peer.n_critic
            if done % KEPT_EVERY == 0 or done >= peer.batches:
                keep(plain, done, file)
    return plain


def keep(plain: Any, done: int, file: Path) -> None:
    """Writes a plain script's players, and where their random numbers are."""
    random = [torch.get_rng_state(), torch.cuda.get_rng_state_all()]
    content = {"done": done, "random": random, "state": [part.state_dict() for part in plain.state]}
    write_atomically(file, lambda target: torch.save(content, target))


def restored(plain: Any, file: Path) -> int:
    """Brings a plain script's players to where they were left; gives the batches that they have seen."""
    if not file.is_file():
        return 0
    content = torch.load(file, map_location="cpu", weights_only=True)
    for part, state in zip(plain.state, content["state"], strict=True):
        part.load_state_dict(state)
    processor, devices = content["random"]
    torch.set_rng_state(processor)
    torch.cuda.set_rng_state_all(devices)
    return int(content["done"])


@torch.no_grad()
def samples_of(plain: Any, training: bool) -> Tensor:
    """Images of a plain script, uint8 [N, C, H, W], from noise of a fixed seed.

    Args:
        plain: The script's players.
        training: Whether batch normalisation takes the statistics of the batch.
    """
    plain.maker.train(training)
    torch.manual_seed(0)
    with torch.device(runs.device()):
        parts = [to_uint8(plain.made(BATCH_SIZE)).cpu() for _ in range(-(-SAMPLES // BATCH_SIZE))]
    return torch.cat(parts)[:SAMPLES]


def of_plain(peer: Peer, seed: int, part: Part, folder: Path) -> dict[str, Path]:
    """The rows of a plain script: what they are called, and an .npz of their images, made where it is not there yet."""
    stem = f"plain-{peer.title}-seed{seed}"
    last, usual = (folder / f"{stem}-{peer.batches}-{way}.npz" for way in ("batch", "running"))
    if not (last.is_file() and usual.is_file()):
        players = trained(peer, seed, part, folder / f"{stem}.pt")
        save(samples_of(players, training=True), last)
        save(samples_of(players, training=False), usual)
    return {"plain script, statistics of the batch": last, "plain script": usual}


def of_fit(peer: Peer, seed: int, root: str, folder: Path) -> dict[str, Path]:
    """The rows of `gan fit`, in the same way; none where its run has not come to its end."""
    found = {}
    for _, standing in runs.trained([run_of(peer, seed, root)], folder):
        if standing.steps < standing.of:
            continue
        for title, words in (("gan fit, without the moving average", ["--no_ema"]), ("gan fit", [])):
            file = standing.checkpoint.with_name(f"samples-{SAMPLES}{''.join(words)}.npz")
            if not file.is_file() or file.stat().st_mtime_ns < standing.checkpoint.stat().st_mtime_ns:
                silently(
                    sample.run,
                    ["--ckpt", str(standing.checkpoint), "--num", str(SAMPLES), "--output", str(file), *words],
                )
            found[title] = file
    return found


def baselines(image_size: int, root: str, folder: Path) -> dict[str, Path]:
    """The rows of real images, and of nonsense with the right pixels."""
    files = {
        title: folder / f"{title.replace(' ', '-')}-{image_size}px.npz"
        for title in ("training reals", "pixel marginals")
    }
    if not all(file.is_file() for file in files.values()):
        for title, images in Judge(MNIST(root=root, image_size=image_size)).baselines():
            if title in files:
                save(images[:SAMPLES], files[title])
    return files


def save(images: Tensor, file: Path) -> None:
    """Writes images uint8 [N, C, H, W] as `gan evaluate` takes them."""
    write_atomically(file, lambda target: np.savez(target, images=images.permute(0, 2, 3, 1).numpy()))


def silently(verb: Callable[[Sequence[str]], None], words: Sequence[str]) -> None:
    """Runs a verb without what it prints."""
    with contextlib.redirect_stdout(io.StringIO()):
        verb(words)


def scores_of(file: Path, root: str, folder: Path) -> dict[str, float]:
    """The scores that `gan evaluate` gives the images of an .npz beside MNIST's test images, kept beside it."""

    def compute() -> Any:
        table = file.with_suffix(".table.json")
        words = [str(file), "MNIST", "--data.root", root, "--features", "classifier", "--metrics", ",".join(MEASURES)]
        silently(evaluate.run, [*words, "--cache_dir", str(folder / "metrics"), "--output", str(table)])
        return json.loads(table.read_text("utf-8"))["tables"][0]["scores"]

    found = runs.remembered(file.with_suffix(".scores.json"), [file], compute)
    return {name: score["value"] for name, score in found.items()}


def picture(files: Mapping[str, Path], real: Tensor) -> Tensor:
    """A row of samples for each way, not chosen, below real images; uint8 [C, H, W]."""
    rows = [torch.from_numpy(np.load(file)["images"][:SHOWN]).permute(0, 3, 1, 2) for file in files.values()]
    return labelled_grid([real, *rows], ["MNIST", *files])


def table_of(name: str, scores: Mapping[str, list[dict[str, float]]], beside: Mapping[str, dict[str, float]]) -> Table:
    """Means over the seeds, with each seed's number in brackets."""
    table = Table(name, *(measure.upper() for measure in MEASURES))
    for title, found in scores.items():
        columns = [[each[measure] for each in found] for measure in MEASURES]
        table.add_row(
            title, *(f"{mean(column):.3f} ({', '.join(f'{one:.3f}' for one in column)})" for column in columns)
        )
    table.add_section()
    for title, one in beside.items():
        table.add_row(title, *(f"{one[measure]:.3f}" for measure in MEASURES))
    return table


def compared(peer: Peer, seeds: range, root: str, folder: Path) -> Iterator[dict[str, Path]]:
    """The rows of each seed; what is not trained yet of the plain script is trained now."""
    part = MNIST(root=root, image_size=peer.image_size).part("train")
    for seed in seeds:
        files = {**of_plain(peer, seed, part, folder), **of_fit(peer, seed, root, folder)}
        if seed == seeds[0]:
            real = part[torch.arange(SHOWN)].batch.images
            save_png(picture(files, real), folder / f"peers-{peer.name}.png")
        yield files


def main(words: Sequence[str] | None = None) -> None:
    parser = runs.parser(__doc__, minutes=30)
    parser.add_argument("--only", nargs="+", choices=SMALL, default=list(SMALL), metavar="NAME", help="recipes")
    parser.add_argument("--seeds", type=int, default=3, help="how many")
    parser.add_argument("--batches", type=int, help="length of a run, if not the recipe's own here")
    parser.add_argument("--full", action="store_true", help="the recipes' own sizes, for a GPU")
    options = parser.parse_args(words)
    root, folder = options.root, options.folder
    if not runs.has_mnist(root):
        parser.error(f"--root: {root} has no MNIST/raw; gan fit --data MNIST --data.root fetches it")
    peers = [(FULL if options.full else SMALL)[name] for name in options.only]
    if options.batches:
        peers = [peer._replace(batches=-(-options.batches // peer.n_critic) * peer.n_critic) for peer in peers]
    ours = [run_of(peer, seed, root) for peer in peers for seed in range(options.seeds)]
    runs.train(ours, folder, jobs=options.jobs, minutes=options.minutes)
    for peer in peers:
        scores: dict[str, list[dict[str, float]]] = {}
        for files in compared(peer, range(options.seeds), root, folder):
            for title, file in files.items():
                scores.setdefault(title, []).append(scores_of(file, root, folder))
        beside = {
            title: scores_of(file, root, folder) for title, file in baselines(peer.image_size, root, folder).items()
        }
        Console(width=120).print(table_of(peer.name, scores, beside))


if __name__ == "__main__":
    main()
