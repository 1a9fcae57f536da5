"""Which runs a sweep has: one for each seed of each variation."""

import re
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple

from gan_cli import runs
from gan_cli.errors import UserError
from gan_cli.files import is_device
from gan_cli.inference.numbers import read_seeds
from gan_cli.ranges import fits, shown

SETTLED = ("--seed_everything", "--ckpt_path", "--ckpt")
"""Options of fit that the sweep itself gives to each run."""
MOST = 1000
"""A sweep has at most this many runs."""
VARIED = re.compile(r"(?P<name>[A-Za-z_]\w*(\.\w+)*)=(?P<values>.+)", re.DOTALL)


class Job(NamedTuple):
    """One run of a sweep.

    Attributes:
        name: The run's, part of its folder's name.
        variation: What is varied, such as "lambda_gp=10"; "" where nothing is.
        seed: Its seed.
        words: What `gan fit` is called with, but for the checkpoint to go on with.
    """

    name: str
    variation: str
    seed: int
    words: list[str]


class Plan(NamedTuple):
    """A sweep.

    Attributes:
        name: Of the sweep, and how its runs' names begin.
        root: Where the runs are kept.
        jobs: Its runs, variation after variation.
    """

    name: str
    root: Path
    jobs: list[Job]

    @property
    def folder(self) -> Path:
        """Where the sweep keeps what it knows of its runs."""
        return self.root / "sweeps" / self.name


def planned(words: Sequence[str], seeds: str, varied: Sequence[str], name: str | None, seed_limit: object) -> Plan:
    """The runs that are asked for.

    Args:
        words: What is meant for `gan fit`, options with underscores.
        seeds: Such as "0-4".
        varied: Such as "model.lambda_gp=1,10"; several give each combination.
        name: The sweep's; None takes the names of the configs.
        seed_limit: The type of `seed_everything`.

    Raises:
        UserError: If one of them is not possible, or there are too many runs.
    """
    for word in words:
        if (option := word.partition("=")[0]) in SETTLED:
            raise UserError(f"{option[2:]}: a sweep gives it to each of its runs; leave it out")
    numbers = list(dict.fromkeys(read_seeds(seeds, "seeds")))
    if too_large := [seed for seed in numbers if not fits(seed_limit, seed)]:
        raise UserError(f"seeds: {too_large[0]} is no seed of a run; take whole numbers below 2^32")
    name = name or "-".join([*(Path(config).stem for config in _values(words, "--config")), "sweep"])
    runs.check_name(name)
    if is_device(name):
        raise UserError(f"name: {name!r} is the name of a device on Windows, and of no folder; take another")
    axes = [_axis(text) for text in varied]
    if twice := [axis[0][0] for axis in axes if sum(axis[0][0] == other[0][0] for other in axes) > 1]:
        raise UserError(f"vary: {twice[0]} is varied twice; name all its values at once")
    variations = list(product(*axes))
    if len(variations) * len(numbers) > MOST:
        raise UserError(f"seeds: {len(variations) * len(numbers):,} runs are too many; take up to {MOST:,}")
    jobs = [_job(name, words, variation, seed) for variation in variations for seed in numbers]
    if len({job.name for job in jobs}) < len(jobs):
        raise UserError("vary: two values differ only in characters that no folder's name has; take one of them")
    roots = _values(words, "--trainer.default_root_dir")
    return Plan(name, Path(roots[-1] if roots else "checkpoints"), jobs)


def _axis(text: str) -> list[tuple[str, str]]:
    """Each value of one setting, with its name."""
    found = VARIED.fullmatch(text.strip().removeprefix("--"))
    values = _cut(found["values"]) if found else []
    if found is None or not all(values):
        raise UserError(
            f"vary: {shown(text)} is not possible; take a setting and its values, such as model.n_critic=1,5"
        )
    if len(set(values)) < len(values):
        raise UserError(f"vary: {shown(text)} has a value twice")
    if f"--{found['name']}" in (*SETTLED, "--name", "--trainer.default_root_dir"):
        raise UserError(f"vary: {found['name']} belongs to the sweep; type --seeds, or --name")
    return [(found["name"], value) for value in values]


def _cut(text: str) -> list[str]:
    """Values between commas; those within brackets belong to a value."""
    return [value.strip() for value in re.split(r",(?![^\[(]*[\])])", text)]


def _job(name: str, words: Sequence[str], variation: Sequence[tuple[str, str]], seed: int) -> Job:
    told = [f"{setting.rpartition('.')[2]}={value}" for setting, value in variation]
    short = [re.sub(r"[^\w.-]+", "_", part.replace("=", "")).strip("_") for part in told]
    run = "-".join([name, *short, f"seed{seed}"])
    given = [f"--{setting}={value}" for setting, value in variation]
    return Job(run, ", ".join(told), seed, [*words, *given, f"--name={run}", f"--seed_everything={seed}"])


def _values(words: Sequence[str], option: str) -> list[str]:
    found = []
    for word, following in zip(words, [*words[1:], ""], strict=True):
        typed, equals, value = word.partition("=")
        if typed == option:
            found.append(value if equals else following)
    return found
