"""What `gan data check` says of films of which two frames are taken at a time."""

from typing import TYPE_CHECKING

from gan_cli.data.datamodules import Split
from gan_cli.data.videos import film_examination
from gan_cli.media.film_reading import Length, seen_at

if TYPE_CHECKING:
    from gan_cli.data.portraits.portrait_films import PortraitFilms

PARTS: dict[str, Split] = {"train": "train", "held out": "test"}


def notes(data: "PortraitFilms") -> list[str]:
    """Lines on the films of a set and what becomes of them."""
    parts = [_of_part(data, name, split) for name, split in PARTS.items()]
    return [*parts, *film_examination.notes(data, of_parts=False)]


def mistakes(data: "PortraitFilms") -> dict[str, list[str]]:
    """What is wrong with films beside what is wrong with any."""
    every = {film: length for split in PARTS.values() for film, length in data.lengths(data.films(split)).items()}
    small = [film for film, length in every.items() if min(length.size) < data.image_size]
    single = [film for film, length in every.items() if length.frames < 2]
    sizes = f"smaller than the {data.image_size} pixels that frames are brought to"
    return {
        sizes: [f"{film} ({'{}x{}'.format(*every[film].size)})" for film in small],
        "of a single frame, of which nothing is learned": [str(film) for film in single],
    }


def _of_part(data: "PortraitFilms", name: str, split: Split) -> str:
    """How many films a part has, and how many pairs are made of their frames."""
    lengths = data.lengths(data.films(split))
    taken = [_taken(data, length, split) for length in lengths.values()]
    apart = f"up to {data.reach} frames apart" if data.reach else "any two of a film"
    ends = ", the ends of the films" if data.holds_out_ends and split != "train" else ""
    pairs = sum(max(0, frames - 1) for frames in taken)
    return f"{name}: {sum(frames > 1 for frames in taken):,} films, {pairs:,} pairs of frames, {apart}{ends}"


def _taken(data: "PortraitFilms", length: Length, split: Split) -> int:
    return len(data.of_part(split, seen_at(length, data.rate, data.stride)))
