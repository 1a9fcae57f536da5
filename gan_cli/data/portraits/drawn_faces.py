"""Films of faces that are drawn by rules from a seed, so that it is known how anybody looks in any pose."""

from typing import Annotated, NamedTuple

import torch
from torch import Tensor

from gan_cli.data.datamodules import Split
from gan_cli.data.portraits.drawn_people import PARTS, People, Poses, drawn, parts_of, people, pose_at, poses
from gan_cli.data.portraits.pairs import FramePairs
from gan_cli.data.portraits.portrait_sets import PortraitDataModule
from gan_cli.data.transforms import Framing
from gan_cli.ranges import BatchSize, Processes, Range, Seed
from gan_cli.seeding import stream

IN_FACES = slice(0, PARTS.index("chin"))
"""Those of `PARTS` that a small patch can be told by: eyes, nose and mouth."""


class Crossed(NamedTuple):
    """Pictures of people, films of others, and how the people look when they move so.

    Attributes:
        source: First frames, uint8 [N, 3, S, S].
        driving: Films of others, uint8 [N, T, 3, S, S].
        truth: The people of the pictures in all poses of those films, uint8 [N, T, 3, S, S].
        relative: The same moved from the pictures' own poses as the films move from their first ones.
        points: Pixels of eyes, nose and mouth in `truth`, int64 [N, T, P, 2].
        relative_points: Those in `relative`.
    """

    source: Tensor
    driving: Tensor
    truth: Tensor
    relative: Tensor
    points: Tensor
    relative_points: Tensor


class DrawnFaces(PortraitDataModule):
    """Faces drawn by rules: heads that turn, nod and tilt, eyes that look and blink, mouths that speak. No download.

    Each film has a person of its own. `crossed` gives people in the poses of others, the right answer to an animation.

    Args:
        num_films: Films to train on; a fifth as many are held out.
        num_frames: T, of each.
        image_size: Side of the frames in pixels.
        reach: How many frames two of a training pair may be apart; 0 takes any two.
        seed: People and poses are drawn from it.
        batch_size: Pairs per step and process.
        num_workers: Processes that load beside the training.

    Raises:
        UserError: If a value is not possible.
    """

    home = "drawn from a fixed seed"
    licence = "free"
    layout = "nothing: it is drawn when it is needed"
    offline = True
    natural = False
    image_channels = 3

    def __init__(
        self,
        num_films: Annotated[int, Range(1, 100_000)] = 400,
        num_frames: Annotated[int, Range(2, 10_000)] = 24,
        image_size: Annotated[int, Range(16, 1_024)] = 64,
        reach: Annotated[int, Range(0, 10_000)] = 0,
        seed: Seed = 0,
        batch_size: BatchSize = 16,
        num_workers: Processes = 0,
    ) -> None:
        super().__init__(batch_size, num_workers)
        self.num_films, self.num_frames = num_films, num_frames
        self.image_size = image_size
        self.reach = reach
        self.seed = seed

    def part(self, split: Split) -> "DrawnPairs":
        train = split == "train"
        count = self.num_films if train else max(1, self.num_films // 5)
        random = stream(self.seed, "drawn faces", "train" if train else "held out")
        return DrawnPairs(people(count, random), poses(count, self.num_frames, random), self.reach, self.image_size)

    def true_points(self, part: FramePairs, numbers: Tensor) -> Tensor:
        assert isinstance(part, DrawnPairs)
        return part.points(part.films[numbers], part.places[numbers])

    def crossed(self, split: Split = "test", count: int = 8) -> Crossed:
        """People of held-out films in the poses of the next films.

        Args:
            split: The part.
            count: How many; fewer if there are not so many.
        """
        part = self.part(split)
        who = torch.arange(min(count, len(part.lengths)))
        whose = (who + 1) % len(part.lengths)
        frames = torch.arange(self.num_frames)
        people_of, films = who.repeat_interleave(len(frames)), whose.repeat_interleave(len(frames))
        places = frames.repeat(len(who))
        looks, poses_of = part.who.at(people_of), pose_at(part.moves, films, places)
        own = pose_at(part.moves, people_of, torch.zeros_like(places))
        first = pose_at(part.moves, films, torch.zeros_like(places))
        from_own = Poses(*(mine + now - then for mine, now, then in zip(own, poses_of, first, strict=True)))
        from_own = from_own._replace(
            size=own.size * poses_of.size / first.size,
            lids=from_own.lids.clamp(0.05, 1),
            jaw=from_own.jaw.clamp(0, 1),
        )
        shape = (len(who), len(frames))
        films_of = [drawn(looks, pose, self.image_size).unflatten(0, shape) for pose in (poses_of, from_own)]
        points = [part.pixels(looks, pose).unflatten(0, shape) for pose in (poses_of, from_own)]
        source = part.frames(who, torch.zeros_like(who))
        return Crossed(source, part.frames(films, places).unflatten(0, shape), *films_of, *points)


class DrawnPairs(FramePairs):
    """Pairs of frames that are drawn when they are asked for.

    Args:
        who: The person of each film.
        moves: How the heads are held, [F, T] each.
        reach: As for `FramePairs`.
        side: S.
    """

    def __init__(self, who: People, moves: Poses, reach: int, side: int) -> None:
        super().__init__(torch.full((len(moves.x),), moves.x.shape[1]), reach, Framing(side, side, flip=False))
        self.who, self.moves, self.side = who, moves, side

    @property
    def at_hand(self) -> bool:
        return True

    def frames(self, films: Tensor, places: Tensor) -> Tensor:
        return drawn(self.who.at(films), pose_at(self.moves, films, places), self.side)

    def points(self, films: Tensor, places: Tensor) -> Tensor:
        """Pixels of eyes, nose and mouth in frames, int64 [N, P, 2]."""
        return self.pixels(self.who.at(films), pose_at(self.moves, films, places))

    def pixels(self, who: People, pose: Poses) -> Tensor:
        """The same of people in any pose."""
        places = (parts_of(who, pose)[:, IN_FACES] + 1) * self.side / 2
        return places.long().clamp(0, self.side - 1)
