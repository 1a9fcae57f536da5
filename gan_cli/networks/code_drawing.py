"""Grids of codes, drawn one after the other from what a network says of each, through a window where they are large."""

from collections.abc import Callable
from typing import Annotated, NamedTuple

import torch
from torch import Tensor

from gan_cli.networks.gpt import GPT, Memory
from gan_cli.ranges import Range

Temperature = Annotated[float, Range(0, 100, without="low")]
"""What logits are divided by: below 1 the likely becomes likelier."""
TopK = Annotated[int, Range(0, 1_000_000)]
"""Of so many codes, the likeliest, one is drawn; 0 takes all."""
TopP = Annotated[float, Range(0, 1, without="low")]
"""Of the likeliest codes that together are so likely, one is drawn; 1 takes all."""


class Drawing(NamedTuple):
    """How a code is drawn. As usual: of the 100 likeliest, as the authors' code has it.

    Attributes:
        temperature: See `Temperature`.
        top_k: See `TopK`; 1 takes the likeliest itself.
        top_p: See `TopP`; Holtzman et al. 2020, "The Curious Case of Neural Text Degeneration", arXiv:1904.09751.
    """

    temperature: Temperature = 1.0
    top_k: TopK = 100
    top_p: TopP = 1.0


class Corner(NamedTuple):
    """Where a window begins in a grid."""

    row: int
    column: int


Told = Callable[[Corner], Tensor]
"""The vectors of what stands before the codes in a window, [N, P, W]."""


def drawn(logits: Tensor, shares: Tensor, drawing: Drawing) -> Tensor:
    """Codes, int64 [N]: functions of the logits and of a number each, from the likeliest at 0 to the rarest at 1.

    Args:
        logits: [N, K].
        shares: [N] in [0, 1]: of what all codes together are, the likeliest first, so much comes before the one drawn.
        drawing: See there.
    """
    ordered, codes = logits.float().div(drawing.temperature).sort(dim=1, descending=True, stable=True)
    if drawing.top_k:
        ordered = ordered[:, : drawing.top_k]
    likely = ordered.softmax(dim=1)
    if drawing.top_p < 1:
        likely = likely * (likely.cumsum(dim=1) - likely < drawing.top_p)  # the likeliest always stays
    sums = likely.cumsum(dim=1)
    places = (sums <= shares[:, None].to(sums) * sums[:, -1:]).sum(dim=1)
    last = (likely > 0).sum(dim=1) - 1
    return codes.gather(1, torch.minimum(places, last)[:, None])[:, 0]


def corner_for(row: int, column: int, size: tuple[int, int], side: int) -> Corner:
    """The window that a place of a grid is in the middle of, or nearer to a border, where the grid ends."""
    top, left = (min(max(place - side // 2, 0), whole - side) for place, whole in zip((row, column), size, strict=True))
    return Corner(top, left)


def grids(
    network: GPT, told: Told, begun: Tensor, shares: Tensor, side: int, drawing: Drawing, keeping: bool = True
) -> Tensor:
    """Codes, int64 [N, h, w], row after row, each from those before it that its window holds.

    Esser et al. 2021, arXiv:2012.09841, section 3.3, "Generating High-Resolution Images".

    Args:
        network: Its sequences are what is told and the codes of a window.
        told: What is told of a window.
        begun: The codes of the first rows, which stay as they are, int64 [N, r, w]; r may be 0.
        shares: The numbers that codes are drawn by, [N, h, w]; see `drawn`.
        side: Rows and columns of a window, at most as many as the grid's.
        drawing: How a code is drawn.
        keeping: Whether what was read is remembered while the window stays where it is; without it all is read anew for
            each code.
    """
    count, rows, columns = shares.shape
    codes = torch.zeros(count, rows, columns, dtype=torch.int64, device=shares.device)
    codes[:, : begun.shape[1]] = begun
    memory, at = None, None
    for row in range(begun.shape[1], rows):
        for column in range(columns):
            corner = corner_for(row, column, (rows, columns), side)
            if memory is not None and corner == at:
                before = codes[:, row, column - 1] if column else codes[:, row - 1, -1]
                read = network.vectors(before[:, None])
            else:
                read = _read_before(network, told, codes, corner, (row, column), side)
                capacity = read.shape[1] + side * side
                memory, at = (Memory(capacity), corner) if keeping else (None, None)
            logits = network(read, memory)[:, -1]
            codes[:, row, column] = drawn(logits, shares[:, row, column], drawing)
    return codes


def _read_before(network: GPT, told: Told, codes: Tensor, corner: Corner, place: tuple[int, int], side: int) -> Tensor:
    """The vectors of what stands before a place in its window, [N, P + T, W]."""
    top, left = corner
    window = codes[:, top : top + side, left : left + side].flatten(1)
    before = window[:, : (place[0] - top) * side + place[1] - left]
    return torch.cat([told(corner), network.vectors(before)], dim=1)
