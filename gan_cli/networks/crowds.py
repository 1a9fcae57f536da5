"""People of scenes laid end to end, so that networks compute nothing for the empty places of smaller scenes."""

from collections.abc import Sequence
from typing import NamedTuple, cast

import torch
from torch import Tensor

from gan_cli.seeding import sent


class Crowd(NamedTuple):
    """Who is in N scenes with P places each: M people.

    Attributes:
        shape: N and P.
        seats: The place of each person among all N * P, int64 [M].
        scenes: The scene of each person, int64 [M].
        lookers: Of each pair of two people in one scene, everybody with themselves too, the one who looks, int64 [Q].
        seen: The other one, int64 [Q]; both are numbers among the M.
        shares: The share of each place in the mean over a scene's people, float [N, P]; 0 where there is nobody.
    """

    shape: tuple[int, int]
    seats: Tensor
    scenes: Tensor
    lookers: Tensor
    seen: Tensor
    shares: Tensor

    @classmethod
    def of(cls, paths: Tensor, people: Sequence[int] | None = None) -> "Crowd":
        """The crowd of paths [N, P, T, 2].

        Args:
            paths: NaN in empty places, which come after the people of their scene.
            people: How many people each scene has, for N scenes or those that N are repetitions of; None looks at the
                paths, for which a GPU is waited for.
        """
        count, places = paths.shape[:2]
        if people is None:
            people = (~paths[:, :, 0, 0].isnan()).sum(1).tolist()
        sizes = torch.tensor([*people] * (count // max(1, len(people))), dtype=torch.int64)
        scenes = torch.arange(count).repeat_interleave(sizes)
        starts = sizes.cumsum(0) - sizes
        numbers = torch.arange(len(scenes))
        seats = scenes * places + numbers - starts[scenes]
        around = sizes[scenes]  # how many each looks at
        lookers = numbers.repeat_interleave(around)
        first = around.cumsum(0) - around
        seen = torch.arange(len(lookers)) - first[lookers] + starts[scenes[lookers]]
        shares = (torch.arange(places) < sizes[:, None]) / sizes.clamp(min=1)[:, None]
        told = (sent(each, paths.device) for each in (seats, scenes, lookers, seen, shares))
        return cls((count, places), *told)

    def packed(self, things: Tensor) -> Tensor:
        """The rows of people alone: [N, P, ...] -> [M, ...]."""
        return things.flatten(0, 1).index_select(0, self.seats)

    def seated(self, rows: Tensor, empty: float = 0.0) -> Tensor:
        """Rows in their places: [..., M, D] -> [..., N, P, D], `empty` where there is nobody."""
        count, places = self.shape
        whole = rows.new_full((*rows.shape[:-2], count * places, rows.shape[-1]), empty)
        filled: Tensor = whole.index_copy(rows.ndim - 2, self.seats, rows)
        return cast(Tensor, filled.unflatten(-2, (count, places)))
