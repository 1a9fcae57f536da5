"""Random numbers as functions of (seed, use, step, position): a resumed run draws what the uninterrupted one drew.

Nothing but `reseed` touches the global random state. Numbers are drawn on the CPU, so that they are the same on every
device.
"""

import hashlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

import torch
from torch import Tensor

Distribution = Literal["normal", "uniform"]

PAGE = 4096
"""Random numbers are drawn for this many places at once."""


class Rows(NamedTuple):
    """Which rows of the global batch a process (or a chunk of its batch) works on: [start, stop) out of total."""

    start: int
    stop: int
    total: int


def mix(*parts: int | str) -> int:
    """A 63-bit number that depends on every part and on their order.

    The parts are hashed (BLAKE2b), so neighbouring seeds, steps or ranks give unrelated streams.
    """
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


def stream(*parts: int | str) -> torch.Generator:
    """A CPU random generator that starts at `mix(*parts)`."""
    return torch.Generator().manual_seed(mix(*parts))


def reseed(seed: int, device: torch.device) -> None:
    """Sets the global random state of the CPU and of one device, for what draws from it inside a step (dropout).

    `torch.manual_seed` does it for every kind of device there is, which costs over a millisecond a step.
    """
    torch.default_generator.manual_seed(seed)
    if device.type != "cpu":
        torch.get_device_module(device).manual_seed(seed)


def draw(shape: Sequence[int], distribution: Distribution, generator: torch.Generator) -> Tensor:
    """Numbers from N(0, 1) or from the uniform distribution on [-1, 1], float32, on the CPU."""
    if distribution == "normal":
        return torch.randn(shape, generator=generator)
    return torch.rand(shape, generator=generator) * 2 - 1


def noise_for_rows(
    rows: Rows, shape: Sequence[int], *, seed: int, use: str, step: int, distribution: Distribution = "normal"
) -> Tensor:
    """This process's rows of the noise that belongs to the whole batch of a step, [stop - start, *shape].

    The global batch is drawn and cut, so that two processes together compute what one would.

    Args:
        rows: The rows wanted and how many the global batch has.
        shape: Shape of one row.
        seed: The run's seed.
        use: What the numbers are for; different uses are independent.
        step: The batch they belong to, counted from 0.
        distribution: N(0, 1) or uniform on [-1, 1].
    """
    return draw((rows.total, *shape), distribution, stream(seed, use, step))[rows.start : rows.stop]


def sent(drawn: Tensor, device: torch.device) -> Tensor:
    """Numbers that were drawn on the CPU, on a device; nothing waits for the copy.

    A GPU copies without waiting only from memory that is pinned.
    """
    return (drawn.pin_memory() if device.type == "cuda" else drawn).to(device, non_blocking=True)


def stream_indices(size: int, seed: int, start: int, stop: int, use: str = "order") -> Tensor:
    """Places [start, stop) of the endless shuffled stream over a set of `size` images, int64 [stop - start].

    Args:
        size: Images in the set.
        seed: The run's seed.
        start: The first place.
        stop: The place after the last.
        use: Whose order it is; different uses are independent.
    """
    return _cut(lambda number: _shuffled_pass(size, seed, use, number), size, start, stop)


@lru_cache(maxsize=4)
def _shuffled_pass(size: int, seed: int, use: str, number: int) -> Tensor:
    return torch.randperm(size, generator=stream(seed, use, number))


def uniform_rows(columns: int, seed: int, start: int, stop: int, use: str) -> Tensor:
    """Numbers from [0, 1) for places [start, stop) of a run's stream, float [stop - start, columns].

    Args:
        columns: Numbers for each place.
        seed: The run's seed.
        start: The first place.
        stop: The place after the last.
        use: What they are for; different uses are independent.
    """
    return _cut(lambda number: _page(columns, seed, use, number), PAGE, start, stop)


def _cut(page: Callable[[int], Tensor], size: int, start: int, stop: int) -> Tensor:
    """Rows [start, stop) of an endless table that is made page by page, `size` rows each."""
    pages = range(start // size, (stop - 1) // size + 1)
    first = pages.start * size
    return torch.cat([page(number) for number in pages])[start - first : stop - first]


@lru_cache(maxsize=8)
def _page(columns: int, seed: int, use: str, number: int) -> Tensor:
    """Random numbers for many places at once: a generator for each place would take longer than a small image."""
    return torch.rand(PAGE, columns, generator=stream(seed, use, number))
