"""The user's own films of faces, or of whatever moves alike, in a folder."""

from typing import Annotated, Any, Literal

import torch

from gan_cli.data.datamodules import Split
from gan_cli.data.portraits import portrait_examination
from gan_cli.data.portraits.pairs import StoredPairs
from gan_cli.data.portraits.portrait_sets import PortraitDataModule
from gan_cli.data.videos.clips import FilmDataModule
from gan_cli.data.videos.frame_stores import FrameStore, Reel
from gan_cli.errors import UserError
from gan_cli.media.film_reading import Film
from gan_cli.ranges import Range

HoldOut = Literal["films", "ends"]
"""What is held out: whole films, or the end of each."""


class PortraitFilms(PortraitDataModule, FilmDataModule):  # type: ignore[misc]
    """Your own films of faces: GIF, MP4, AVI, MKV, WEBM, MOV, folders of frames, or rows of square frames.

    Training takes two frames of one film. Whole films are held out, which takes many of them, or the ends of films,
    where there are few people and these shall be known. Use only films whose people have agreed to it; sets such as
    VoxCeleb are for research alone, and their films belong to those who made them.

    Args:
        root: The folder, with films at any depth; the first folders may be classes, or `train`, `val` and `test`.
        reach: How many of the frames that are taken two of a training pair may be apart; 0 takes any two of a film.
        hold_out: "films": some films as wholes; "ends": the last share of each film.
        **films: Further arguments of `FilmDataModule`.

    Raises:
        UserError: If a value is not possible.
    """

    home = "your own"
    licence = "that of the films, and the consent of the people in them; VoxCeleb: research only"
    layout = "root/<film>, root/<class>/<film> or root/{train,val,test}/ of either; a film is a file or a folder"

    SETTLES = ("num_frames", "hop", "short")

    def __init__(
        self,
        root: str = "data/portraits",
        reach: Annotated[int, Range(0, 100_000)] = 0,
        hold_out: HoldOut = "films",
        **films: Any,
    ) -> None:
        super().__init__(root=root, num_frames=2, hop=1, short="leave_out", **films)
        if hold_out == "ends" and self.held_out_films:
            raise UserError("data.held_out_films: whole films are held out by name; leave out data.hold_out ends")
        self.reach = reach
        self.hold_out: HoldOut = hold_out

    @property
    def holds_out_ends(self) -> bool:
        """Whether the ends of films are held out; not where their folders already are parts."""
        return self.hold_out == "ends" and len(self._parts) == 1

    def films(self, split: Split) -> list[Film]:
        return list(self.found.films) if self.holds_out_ends else super().films(split)

    def reels(self, split: Split) -> list[Reel]:
        found = super().reels(split)
        if not self.holds_out_ends:
            return found
        cut = [reel._replace(numbers=self.of_part(split, reel.numbers)) for reel in found]
        if not (enough := [reel for reel in cut if len(reel.numbers) > 1]):
            raise UserError(
                f"data.held_out: of films below {self.root} too little is left for {split}; take another share"
            )
        return enough

    def of_part(self, split: Split, numbers: list[int]) -> list[int]:
        """The frames of a film that belong to a part."""
        if not self.holds_out_ends:
            return numbers
        last = round(len(numbers) * (1 - self.held_out))
        return numbers[:last] if split == "train" else numbers[last:]

    def part(self, split: Split) -> StoredPairs:  # type: ignore[override]
        reels = self.reels(split)
        owners = [self._labels.get(reel.film, "") for reel in reels]
        groups = torch.tensor([sorted(set(owners)).index(owner) for owner in owners])
        store = FrameStore(reels, self.recipe, groups if self.on_error == "skip" else None)
        kept = self._kept(store)
        if kept.broken is not None:
            self._skipping.append((store, kept.broken))
        framing = self.framing if split == "train" else self.framing.held_out
        return StoredPairs(kept, store.starts[:-1], store.starts.diff(), self.reach, framing)

    def content_key(self, split: Split) -> str:
        return self._digest(self.reels(split), self.hold_out, self.held_out, split, self.on_error)[:12]

    def notes(self) -> list[str]:
        return portrait_examination.notes(self)

    def mistakes(self) -> dict[str, list[str]]:
        return {**super().mistakes(), **portrait_examination.mistakes(self)}
