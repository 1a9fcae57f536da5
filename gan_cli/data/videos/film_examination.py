"""What `gan data check` says of films: how many, how long, how fast, and what is wrong with them."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from gan_cli.data.datamodules import Split
from gan_cli.media.film_reading import Film, Length, frames_of, seen_at
from gan_cli.media.reading import Unreadable

if TYPE_CHECKING:
    from gan_cli.data.videos.clips import FilmDataModule

THREADS = 2
"""So many films are decoded at once; a decoder has threads of its own."""
SMALL = (64, 64)
"""Frames are compared at this size."""
STILL = 2
"""Pixels of frames that differ by no more are the same: decoders round."""
KINDS = {"video": "videos", "animation": "animations", "frames": "folders of frames", "strip": "rows of frames"}


def notes(data: "FilmDataModule", of_parts: bool = True) -> list[str]:
    """Lines on the films of a set and what becomes of them.

    Args:
        data: The set.
        of_parts: Whether there is a line on the clips of each part.
    """
    parts = _parts(data)
    lengths = {name: data.lengths(films) for name, films in parts.items()}
    every = {film: length for found in lengths.values() for film, length in found.items()}
    lines = [_of_part(data, name, found) for name, found in lengths.items()] if of_parts else []
    if every:
        frames = [length.frames for length in every.values()]
        rates = Counter(f"{float(length.rate):.4g}" for length in every.values() if length.rate is not None)
        sizes = Counter("{}x{}".format(*length.size) for length in every.values())
        lines += [
            f"kinds: {_told(Counter(KINDS[film.kind] for film in every))}",
            f"frames of a film: {min(frames):,} to {max(frames):,}, {sum(frames):,} in all",
            f"frames a second: {_told(rates) if rates else f'said of none; shown at {data.frame_rate}'}",
            f"sizes: {_told(sizes)}",
        ]
    silent = sum(length.rate is None for length in every.values())
    if data.rate is None and len({length.rate for length in every.values() if length.rate}) > 1:
        lines.append(f"rates differ, and all are shown at {data.frame_rate}; --data.frame_rate brings films to one")
    if data.rate is not None and silent:
        lines.append(f"films without a rate, taken as they are: {silent:,}")
    if varying := sum(length.varies for length in every.values()):
        lines.append(f"films of variable rate, of which frames at even times are taken: {varying:,}")
    if others := Counter(path.suffix.lower() or path.name for path in data.found.others):
        lines.append(f"left out, being no films: {_told(others)}")
    return lines


def mistakes(data: "FilmDataModule") -> dict[str, list[str]]:
    """What is wrong with films, which are decoded to their ends."""
    where = {film: name for name, films in _parts(data).items() for film in films}
    lengths = data.lengths(list(where))
    with ThreadPoolExecutor(THREADS) as pool:
        looks = dict(zip(lengths, pool.map(_look, lengths.items()), strict=True))
    broken = {**data.unreadable, **{film: look.reason for film, look in looks.items() if look.reason}}
    alike: dict[bytes, list[Film]] = defaultdict(list)
    for film, look in looks.items():
        alike[look.digest].append(film)
    groups = [films for films in alike.values() if len(films) > 1]
    across = [films for films in groups if len({where[film] for film in films}) > 1]
    return {
        "cannot be read": [f"{film} ({reason})" for film, reason in broken.items()],
        "both trained on and held out": _equal(across),
        "there more than once": _equal(films for films in groups if films not in across),
        "in which nothing moves": [str(film) for film, look in looks.items() if look.still and not look.reason],
    }


class _Look(NamedTuple):
    digest: bytes
    reason: str = ""
    still: bool = False


def _look(named: tuple[Film, Length]) -> _Look:
    """What a film shows when it is decoded as a whole."""
    film, length = named
    digest = hashlib.sha256()
    try:
        for path in film.files:
            digest.update(path.read_bytes())
        first, still = None, length.frames > 1
        for frame in frames_of(film, range(length.frames)):
            small = frame.convert("L").resize(SMALL)
            first = first or small
            still = still and max(abs(a - b) for a, b in zip(first.tobytes(), small.tobytes(), strict=True)) <= STILL
    except Unreadable as error:
        return _Look(digest.digest(), error.reason)
    except OSError as error:
        return _Look(digest.digest(), error.strerror or str(error))
    return _Look(digest.digest(), "", still)


def _parts(data: "FilmDataModule") -> dict[str, list[Film]]:
    """The films of each part that differs from those before it, since watching and judging may share a part."""
    names: dict[str, Split] = {"train": "train", "val": "val", "test": "test"}
    parts = {name: data.films(split) for name, split in names.items()}
    if parts["val"] == parts["test"]:
        return {"train": parts["train"], "held out": parts["val"]}
    return parts


def _of_part(data: "FilmDataModule", name: str, lengths: dict[Film, Length]) -> str:
    """How many films a part has, how many frames are taken of them, and what becomes of short ones."""
    taken = [len(seen_at(length, data.rate, data.stride)) for length in lengths.values()]
    short = sum(frames < data.num_frames for frames in taken)
    clips = sum(max(0, frames - data.num_frames) // data.hop + 1 for frames in taken)
    clips -= short if data.short == "leave_out" else 0
    become = {"repeat": "their last frame is repeated", "leave_out": "left out"}[data.short]
    fewer = f"; shorter than that: {short:,} ({become})" if short else ""
    clipped = f"{clips:,} clips of {data.num_frames} frames{fewer}"
    return f"{name}: {len(lengths):,} films, {sum(taken):,} frames taken, {clipped}"


def _equal(groups: Iterable[Sequence[Film]]) -> list[str]:
    return [" = ".join(map(str, films)) for films in groups]


def _told(counts: Counter[str]) -> str:
    """What there is most often first; of many, only the first ones."""
    told = [f"{name} ({count:,})" for name, count in counts.most_common(6)]
    return ", ".join([*told, f"... {len(counts)} in all"] if len(counts) > 6 else told)
