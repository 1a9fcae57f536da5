"""The user's own films, in a folder, cut into clips of one length."""

from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
from torch import Tensor

from gan_cli.batches import LoadedBatch, VideoBatch
from gan_cli.data import caches, folders
from gan_cli.data.archives import File
from gan_cli.data.caches import Cache
from gan_cli.data.datamodules import Split
from gan_cli.data.decoding import Recipe
from gan_cli.data.parts import LabelledPart
from gan_cli.data.sampling import Span
from gan_cli.data.stores import Store
from gan_cli.data.transforms import LARGEST, Framing, Resampling
from gan_cli.data.videos import film_examination
from gan_cli.data.videos.film_folders import Answer, Found, by_part, classes_of, films_below, named_ones
from gan_cli.data.videos.frame_stores import FilmsInMemory, FrameStore, Reel
from gan_cli.data.videos.video_sets import Frames, Rate, Side, VideoDataModule
from gan_cli.errors import UserError
from gan_cli.media.film_reading import Film, Length, length_of, seen_at
from gan_cli.media.reading import Unreadable
from gan_cli.ranges import Many, Range, Seed, Share
from gan_cli.seeding import stream_indices

THREADS = 4
"""This many threads look at films at once."""
UNSAID = 24
"""Frames a second of films that say nothing, such as folders of frames."""
LAYOUT = "films, or a folder of them for each class, or train/ and test/ with either"


class FilmDataModule(VideoDataModule):
    """Films in a folder: GIF, MP4, AVI, MKV, WEBM, MOV, folders of frames, or pictures of square frames side by side.

    Each film is cut into clips of one length. Films are held out whole, so that no clip is beside one that is trained
    on.

    Args:
        root: The folder, with films at any depth; the first folders may be classes, or `train`, `val` and `test`.
        num_frames: T, of a clip.
        image_size: Side of the square frames in pixels, whatever the files have.
        image_channels: C: 1 (grey) or 3.
        stride: Of the films' own frames, every so many-th is taken.
        frame_rate: Frames a second that films are brought to, whatever their own; None takes theirs.
        hop: From the beginning of a clip to that of the next one, in frames that are taken; None takes `num_frames`.
        short: Whether of films that are shorter than a clip the last frame is repeated, or they are left out.
        fit: Whether the largest square is cut from the middle of a frame, or the whole is squeezed into it.
        strips: Whether pictures are rows of square frames; auto says yes to those of four squares or more.
        class_folders: Whether the first folders are classes; auto says yes if there are several, and no film beside.
        held_out: Share of the films of each class that is held out where there is no `val` or `test`.
        held_out_films: The films to hold out instead: names with commas between, or a file with one in each line; *
            stands for any letters.
        split_seed: Chooses the held-out ones.
        flip: Whether training clips are mirrored at random.
        resampling: How frames are brought to the size wanted, by Pillow.
        cache: Where decoded frames are kept: "memory", filled in the first pass; "disk", written once and mapped;
            "none"; "auto" is memory up to 2 GiB.
        cache_dir: Folder of the caches on disk.
        on_error: What a film that cannot be read does: "raise" ends the run by its name, "skip" lets the next of its
            class stand in for it and counts it in the log.
        **loading: Further arguments of `VideoDataModule`.

    Raises:
        UserError: If a value is not possible.
    """

    def __init__(
        self,
        root: str = "data/clips",
        num_frames: Frames = 16,
        image_size: Side = 64,
        image_channels: Annotated[int, Range(1, 3)] = 3,
        stride: Annotated[int, Range(1, 1_000)] = 1,
        frame_rate: Rate | None = None,
        hop: Many | None = None,
        short: Literal["repeat", "leave_out"] = "repeat",
        fit: Literal["crop", "squeeze"] = "crop",
        strips: Answer = "auto",
        class_folders: Answer = "auto",
        held_out: Share = 0.2,
        held_out_films: str = "",
        split_seed: Seed = 0,
        flip: bool = False,
        resampling: Resampling = "bicubic",
        cache: Cache = "auto",
        cache_dir: str = "data/cache",
        on_error: Literal["raise", "skip"] = "raise",
        **loading: Any,
    ) -> None:
        super().__init__(num_frames, image_size, image_channels, **loading)
        if image_channels == 2:
            raise UserError("data.image_channels: 2 is not possible; take 1 (grey) or 3")
        if frame_rate is not None and stride > 1:
            raise UserError(f"data.stride: {stride} and data.frame_rate {frame_rate} both thin films; leave one out")
        self.root = root
        self.stride = stride
        self.rate = frame_rate
        self.hop = hop or num_frames
        self.short = short
        self.strips: Answer = strips
        self.class_folders: Answer = class_folders
        self.held_out, self.held_out_films, self.split_seed = held_out, held_out_films, split_seed
        self.framing = Framing(image_size, image_size, flip)
        self.recipe = Recipe((image_channels,), image_size, LARGEST if fit == "crop" else 0, resampling=resampling)
        self.cache: Cache = cache
        self.cache_dir = cache_dir
        self.on_error = on_error
        self._skipping: list[tuple[FrameStore, Tensor]] = []

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._labels.values()))

    @property
    def frame_rate(self) -> int:
        return self._shown_rate

    @cached_property
    def _shown_rate(self) -> int:
        """Frames a second that are shown: those asked for, or those that most films have."""
        if self.rate is not None:
            return self.rate
        rates = Counter(length.rate for length in self.lengths(self.films("train")).values() if length.rate is not None)
        own = rates.most_common(1)[0][0] if rates else UNSAID
        return max(1, round(float(own) / self.stride))

    @property
    def metrics_folder(self) -> Path:
        return Path(self.cache_dir) / "metrics"

    def films(self, split: Split) -> list[Film]:
        """The films of a part, class by class, without opening them.

        Raises:
            UserError: If there are none.
        """
        if len(self._parts) > 1:
            chosen = folders.chosen(self._parts, split, self.held_out, self.split_seed)
            return sorted(chosen, key=lambda film: self._labels.get(film, ""))  # which keeps the order within a class
        names = self.classes or ("",)
        grouped = ([film for film in self._parts["train"] if self._labels.get(film, "") == name] for name in names)
        each = (folders.chosen({"train": films}, split, self.held_out, self.split_seed) for films in grouped)
        return [film for films in each for film in films]

    def lengths(self, films: Sequence[Film]) -> dict[Film, Length]:
        """The lengths of those films that can be opened."""
        missing = [film for film in films if film not in self._lengths and film not in self.unreadable]
        with ThreadPoolExecutor(THREADS) as pool:
            for film, found in zip(missing, pool.map(_looked, missing), strict=True):
                if isinstance(found, Unreadable):
                    self.unreadable[film] = found.reason
                else:
                    self._lengths[film] = found
        return {film: self._lengths[film] for film in films if film in self._lengths}

    def reels(self, split: Split) -> list[Reel]:
        """What is taken of the films of a part.

        Raises:
            UserError: If a film cannot be opened and none is to stand in for it, or no film is long enough.
        """
        films = self.films(split)
        lengths = self.lengths(films)
        if self.on_error == "raise":
            self._check_whole(films)
        reels = [Reel(film, seen_at(length, self.rate, self.stride)) for film, length in lengths.items()]
        enough = [reel for reel in reels if self.short == "repeat" or len(reel.numbers) >= self.num_frames]
        if not enough:
            named = {"train": "train on", "val": "watch", "test": "judge on"}[split]
            fewer = f" of {self.num_frames} frames or more; take fewer, or --data.short repeat" if reels else ""
            raise UserError(f"data.root: there are no films to {named} below {self.root}{fewer}")
        return enough

    def part(self, split: Split) -> "ClipPart":
        reels = self.reels(split)
        names = list(self.classes)
        owners = torch.tensor([names.index(self._labels[reel.film]) if names else 0 for reel in reels])
        store = FrameStore(reels, self.recipe, owners if self.on_error == "skip" else None)
        kept = self._kept(store)
        if kept.broken is not None:
            self._skipping.append((store, kept.broken))
        framing = self.framing if split == "train" else self.framing.held_out
        return ClipPart(kept, store.starts, owners, self.num_frames, self.hop, framing)

    def notes(self) -> list[str]:
        return film_examination.notes(self)

    def mistakes(self) -> dict[str, list[str]]:
        return film_examination.mistakes(self)

    def unreadable_files(self) -> list[Path]:
        broken = (
            store.reels[film].film.path
            for store, marked in self._skipping
            for film in store.films_of(marked.nonzero().flatten()).unique().tolist()
        )
        closed = (film.path for film in self.unreadable if self.on_error == "skip")
        return list(dict.fromkeys([*closed, *broken]))

    @cached_property
    def unreadable(self) -> dict[Film, str]:
        """The films that could not be opened so far, and why."""
        return {}

    @property
    def found(self) -> Found:
        """The films that are taken, all of them."""
        return self.every

    @cached_property
    def every(self) -> Found:
        """What is below the root.

        Raises:
            UserError: If there are no films.
        """
        root = folders.existing(self.root, LAYOUT)
        found = films_below(root, self.strips)
        if not found.films:
            raise UserError(f"data.root: there are no films below {self.root}; it must hold {LAYOUT}")
        return found

    @cached_property
    def _parts(self) -> dict[Split, list[Film]]:
        films, root = self.found.films, Path(self.root)
        if not self.held_out_films:
            return by_part(films, root)
        named = named_ones(films, root, self.held_out_films)
        if len(named) == len(films):
            raise UserError(f"data.held_out_films: {self.held_out_films} names all films; leave some to train on")
        return {
            "train": [film for film in films if film not in named],
            "test": [film for film in films if film in named],
        }

    @cached_property
    def _labels(self) -> dict[Film, str]:
        parts = by_part(self.found.films, Path(self.root))
        return classes_of(parts, Path(self.root), self.class_folders)

    @cached_property
    def _lengths(self) -> dict[Film, Length]:
        return {}

    def _check_whole(self, films: Iterable[Film]) -> None:
        broken = [f"{film} ({self.unreadable[film]})" for film in films if film in self.unreadable]
        if broken:
            more = ", ..." if len(broken) > 3 else ""
            raise UserError(
                f"data.root: {len(broken)} of the films cannot be read: {', '.join(broken[:3])}{more}\n"
                f"Take them out of {self.root}, or mend them, or type --data.on_error skip"
            )

    def _kept(self, store: FrameStore) -> Store:
        match caches.chosen(self.cache, store.size):
            case "memory":
                return FilmsInMemory(store)
            case "disk":
                return caches.built(store, self._folder(store), "frames")
        return store

    def _folder(self, store: FrameStore) -> Path:
        """Where the frames are written: a folder of its own for each content and way of taking it."""
        stand_ins = None if store.groups is None else store.groups.tolist()
        return Path(self.cache_dir) / f"{self.name}-{self.image_size}-{self._digest(store.reels, stand_ins)[:16]}"

    def content_key(self, split: Split) -> str:
        """Digits that change with the films of a part, and with how clips are cut from them."""
        return self._digest(self.reels(split), self.num_frames, self.hop, self.short, self.on_error)[:12]

    def _digest(self, reels: Sequence[Reel], *how: object) -> str:
        """A sum that changes with the films' files and with how their frames are taken."""
        files = (
            File(Path(self.root), path.relative_to(self.root).as_posix(), path.stem)
            for reel in reels
            for path in reel.film.files
        )
        return caches.digest_of(repr((self.recipe, self.rate, self.stride, *how)), files)


class Clips(FilmDataModule):
    """Your own films: GIF, MP4, AVI, MKV, WEBM, MOV, folders of frames, or pictures of square frames side by side.

    See `FilmDataModule` for what is made of them.
    """

    home = "your own"
    licence = "that of the films"
    layout = "root/<film>, root/<class>/<film> or root/{train,val,test}/ of either; a film is a file or a folder"


class ClipPart(LabelledPart):
    """Clips of films, each so many frames that follow each other; at the end of a short film the last one is repeated.

    Args:
        store: The frames of all films.
        starts: The number of the first frame of each film, and of the end, int64 [F + 1].
        owners: The class of each film, int64 [F].
        frames: T.
        hop: From the beginning of a clip to that of the next one.
        framing: Whether clips are mirrored.
    """

    def __init__(self, store: Store, starts: Tensor, owners: Tensor, frames: int, hop: int, framing: Framing) -> None:
        self.store = store
        self.frames = frames
        self.framing = framing
        lengths = starts.diff()
        counts = ((lengths - frames).clamp(min=0) // hop) + 1
        self.films = torch.arange(len(lengths)).repeat_interleave(counts)
        within = torch.arange(len(self.films)) - (counts.cumsum(0) - counts)[self.films]
        self.first = starts[:-1][self.films] + within * hop
        self.last = starts[1:][self.films] - 1
        self.labels = owners[self.films]

    @property
    def stores(self) -> tuple[Store, ...]:
        return (self.store,)

    def __len__(self) -> int:
        return len(self.first)

    def __getitem__(self, places: Span | Tensor) -> LoadedBatch:
        numbers = stream_indices(len(self), *places) if isinstance(places, Span) else places
        frames = torch.minimum(self.first[numbers, None] + torch.arange(self.frames), self.last[numbers, None])
        videos = self.store[frames.flatten()].unflatten(0, frames.shape).transpose(1, 2).contiguous()
        batch = VideoBatch(videos, self.labels[numbers])
        if isinstance(places, Span) and self.framing.flip:
            return LoadedBatch(batch, {"videos": self.framing.views(places).mirrored})
        return LoadedBatch(batch)


def _looked(film: Film) -> Length | Unreadable:
    try:
        return length_of(film)
    except Unreadable as error:
        return error
