"""MIDI files: their notes, meters and keys, and notes as a file."""

import io
from collections.abc import Sequence
from itertools import pairwise
from math import inf
from pathlib import Path
from typing import Any, NamedTuple

from gan_cli.files import write_atomically
from gan_cli.media.notes import Note

DRUMS = 9
"""The channel of percussion, which has no pitches."""
TICKS = 480
"""Of a quarter note, in files that are written."""
LOUDNESS = 90
MELODY = ("melody", "lead", "vocal", "voice", "tune")
"""Words in the names of tracks that are melodies."""
SEVERAL = 1.5
"""A track in which more notes than this sound at once, on average, is no melody."""


class NoMusic(ValueError):
    """Why a file has no music that could be used, in words that follow its name."""


class Track(NamedTuple):
    """A voice of a file.

    Attributes:
        name: What the file calls it.
        notes: In quarter notes.
    """

    name: str
    notes: list[Note]

    @property
    def at_once(self) -> float:
        """How many notes sound at once, on average, while any does."""
        ends = sorted((note.start, note.start + note.length) for note in self.notes)
        covered, until = 0.0, -inf
        for start, end in ends:
            covered += max(0.0, end - max(start, until))
            until = max(until, end)
        return sum(note.length for note in self.notes) / covered

    @property
    def height(self) -> float:
        """Its mean pitch."""
        return sum(note.pitch for note in self.notes) / len(self.notes)


class Meter(NamedTuple):
    """From where on a meter counts.

    Attributes:
        start: In quarter notes.
        beats: Of a bar.
        unit: What a beat is: 4 is a quarter note.
    """

    start: float
    beats: int
    unit: int

    @property
    def quarters(self) -> float:
        """The length of a bar in quarter notes."""
        return 4 * self.beats / self.unit


class Piece(NamedTuple):
    """What a file holds.

    Attributes:
        tracks: Its voices that have notes, percussion left out.
        meters: From the beginning on; 4/4 where the file says nothing.
        end: When the last note ends, in quarter notes.
    """

    tracks: list[Track]
    meters: list[Meter]
    end: float

    def beside(self, number: int) -> list[Note]:
        """The notes of all tracks but one."""
        return [note for place, track in enumerate(self.tracks) if place != number for note in track.notes]

    def stretches(self) -> list[tuple[Meter, float]]:
        """The meters, each with where it ends."""
        return [*((one, two.start) for one, two in pairwise(self.meters)), (self.meters[-1], self.end)]


def read(path: Path) -> Piece:
    """The music in a MIDI file.

    Raises:
        NoMusic: If it cannot be read, or has no notes.
    """
    import mido  # here: images never need it

    try:
        file = mido.MidiFile(path, clip=True)
        tracks = [track for number, one in enumerate(file.tracks) for track in _tracks(one, number, file)]
        meters = sorted({meter for one in file.tracks for meter in _meters(one, file.ticks_per_beat)})
    except Exception as error:  # of many types, all of them about the file
        known = error.strerror if isinstance(error, OSError) else None  # what the system says
        raise NoMusic(known or f"no MIDI file: {str(error) or 'it is cut off'}") from error
    if not tracks:
        raise NoMusic("it has no notes but percussion")
    end = max(note.start + note.length for track in tracks for note in track.notes)
    if not meters or meters[0].start > 0:
        meters = [Meter(0.0, 4, 4), *meters]
    last_at_each = {meter.start: meter for meter in meters if meter.start < end}
    return Piece(tracks, list(last_at_each.values()), end)


def melody_of(piece: Piece, number: int | None = None, voices: int = 1) -> int:
    """The number of the track that is the melody: by its name, or the highest of those that play one note at a time.

    Args:
        piece: The music.
        number: The track that is asked for; None looks for one.
        voices: Above 1, any track may be it.

    Raises:
        NoMusic: If there is none.
    """
    count = len(piece.tracks)
    if number is not None:
        if number >= count:
            raise NoMusic(f"it has no track {number}, of its {count} with notes")
        return number
    named = [k for k, track in enumerate(piece.tracks) if any(word in track.name.lower() for word in MELODY)]
    single = [k for k in named or range(count) if voices > 1 or piece.tracks[k].at_once <= SEVERAL]
    if not single:
        raise NoMusic("none of its tracks is a melody, of one note at a time; name one by its number (track)")
    return max(single, key=lambda k: piece.tracks[k].height)


def write(tracks: Sequence[Track], path: Path, bpm: float, beats: int = 4, unit: int = 4) -> None:
    """Writes notes as a MIDI file, whole or not at all.

    Args:
        tracks: A track each, in quarter notes.
        path: Where to.
        bpm: Quarter notes a minute.
        beats: Of a bar.
        unit: What a beat is.
    """
    import mido

    file = mido.MidiFile(type=1, ticks_per_beat=TICKS)
    for place, track in enumerate(tracks):
        written = mido.MidiTrack([mido.MetaMessage("track_name", name=track.name)])
        if not place:
            written.append(mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm)))
            written.append(mido.MetaMessage("time_signature", numerator=beats, denominator=unit))
        events = [(round(TICKS * (note.start + note.length)), 0, note.pitch) for note in track.notes]
        events += [(round(TICKS * note.start), LOUDNESS, note.pitch) for note in track.notes]
        now = 0
        for time, loudness, pitch in sorted(events):
            written.append(mido.Message("note_on", note=pitch, velocity=loudness, time=time - now, channel=place))
            now = time
        file.tracks.append(written)
    buffer = io.BytesIO()
    file.save(file=buffer)
    write_atomically(path, lambda out: out.write(buffer.getvalue()))


def _tracks(messages: Any, number: int, file: Any) -> list[Track]:
    """The notes of a track of a file, by channel."""
    ticks = file.ticks_per_beat
    name, now = "", 0
    open_notes: dict[tuple[int, int], int] = {}
    found: dict[int, list[Note]] = {}
    for message in messages:
        now += message.time
        if message.type == "track_name":
            name = message.name.strip()
        if message.type not in ("note_on", "note_off") or message.channel == DRUMS:
            continue
        key = message.channel, message.note
        if (began := open_notes.pop(key, None)) is not None and now > began:
            found.setdefault(message.channel, []).append(Note(began / ticks, (now - began) / ticks, message.note))
        if message.type == "note_on" and message.velocity:
            open_notes[key] = now
    return [Track(name or f"track {number}", notes) for _, notes in sorted(found.items())]


def _meters(messages: Any, ticks: int) -> list[Meter]:
    now, found = 0, []
    for message in messages:
        now += message.time
        if message.type == "time_signature":
            found.append(Meter(now / ticks, message.numerator, message.denominator))
    return found
