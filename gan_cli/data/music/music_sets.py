"""Sets of music: the embedded folk tunes, and a folder of MIDI files."""

from abc import abstractmethod
from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, cast

from torch import Tensor

from gan_cli.data.datamodules import Facts, GANDataModule, Split
from gan_cli.data.music import abc_notation, comparison, folk_tunes
from gan_cli.data.music.bars import Bars
from gan_cli.data.music.tunes import Grid, Tune, tunes_of, with_chords
from gan_cli.errors import UserError
from gan_cli.media.chords import Chords
from gan_cli.media.medium import Medium
from gan_cli.media.midi_files import NoMusic
from gan_cli.media.notes import KEYBOARD, OCTAVE, Reach
from gan_cli.media.piano_rolls import PianoRolls
from gan_cli.metrics.music import KINDS
from gan_cli.metrics.row_table import OwnMeasures, RowTable
from gan_cli.ranges import BatchSize, Processes, Range, Share

KEYS = tuple(range(-5, 7))
"""By how many semitones a tune is moved to be in all keys."""
ENDINGS = (".mid", ".midi")


class MusicDataModule(GANDataModule):
    """Melodies, bar by bar, each bar with the one before it and a chord.

    Args:
        keys: Training tunes in `all` twelve keys, as Yang et al. 2017 (arXiv:1703.10847, section 4) do, or as they are
            `written`. Held-out ones are as they are written.
        onsets: Whether a second plane says where notes begin; without it notes that are repeated become one long one.
        lowest_note: The lowest pitch; 60 is the C in the middle.
        octaves: How many octaves there are from it; notes beyond them are moved by octaves.
        whole_keyboard: Whether bars have rows for all 128 pitches, as the paper's, or only for those octaves.
        meter: Of the bars; those of another one are left out.
        steps_per_bar: How fine the grid is: 16 sixteenth notes in 4/4.
        voices: At most so many notes at once; 1 is a melody, in which silences are filled.
        batch_size: Bars per step and process.
        num_workers: Processes that load beside the training; 0 is the fastest.

    Raises:
        UserError: If a value is not possible.
    """

    licence = "free: the tunes are in the public domain"
    layout = "nothing"
    own_measures: ClassVar[OwnMeasures] = OwnMeasures(KINDS, things=1600, run=8)

    def __init__(
        self,
        keys: Literal["all", "written"] = "all",
        onsets: bool = True,
        lowest_note: Annotated[int, Range(0, 116)] = 60,
        octaves: Annotated[int, Range(1, 10)] = 2,
        whole_keyboard: bool = False,
        meter: str = "4/4",
        steps_per_bar: Annotated[int, Range(2, 192)] = 16,
        voices: Annotated[int, Range(1, 16)] = 1,
        batch_size: BatchSize = 72,
        num_workers: Processes = 0,
    ) -> None:
        super().__init__(batch_size, num_workers)
        if lowest_note + OCTAVE * octaves > KEYBOARD:
            raise UserError(f"data.octaves: {octaves} from {lowest_note} on end above pitch 127; take fewer")
        self.shifts = KEYS if keys == "all" else (0,)
        self.planes = 1 + onsets
        self.grid = Grid(*_meter(meter), steps_per_bar, voices)
        rows = (0, KEYBOARD) if whole_keyboard else (lowest_note, OCTAVE * octaves)
        self.reach = Reach(lowest_note, octaves, *rows)

    @abstractmethod
    def tunes(self, split: Split) -> list[Tune]:
        """The tunes of a part, in the keys that they are written in.

        Raises:
            UserError: If there are none.
        """

    @property
    def bars(self) -> PianoRolls:
        """What a bar is like."""
        beats, unit, steps, voices = self.grid
        lowest, octaves, first, rows = self.reach
        return PianoRolls(steps, self.planes, first, rows, lowest, octaves, beats, unit, voices)

    @property
    def fields(self) -> Mapping[str, Medium]:  # type: ignore[override]
        return {"bars": self.bars, "previous": self.bars, "chords": Chords()}

    @property
    def facts(self) -> Facts:
        return {
            "name": self.name,
            "num_steps": self.grid.steps,
            "num_pitches": self.reach.rows,
            "planes": self.planes,
        }

    def part(self, split: Split) -> Bars:
        shifts = self.shifts if split == "train" else (0,)
        return Bars(self.tunes(split), shifts, self.planes, self.reach)

    def at_hand(self, split: Split | None = None) -> Bars:
        return cast(Bars, super().at_hand(split))

    def runs(self, split: Split | None, length: int) -> Tensor:
        return self.at_hand(split).runs(length)

    def compared(self, made: Tensor, numbers: Tensor, split: Split) -> RowTable:
        return comparison.table(self, made, numbers, split)


class FolkTunes(MusicDataModule):
    """About 400 bars of 29 old songs, carols and folk tunes in 4/4, written down by hand, with their chords.

    Args:
        **music: Arguments of `MusicDataModule`; the meter is 4/4.

    Raises:
        UserError: If a value is not possible.
    """

    home = "https://abcnotation.com"
    offline = True

    def __init__(self, **music: Any) -> None:
        super().__init__(**music)
        if (self.grid.beats, self.grid.unit) != (4, 4):
            raise UserError(f"data.meter: {self.grid.beats}/{self.grid.unit} has none of these tunes; take 4/4")

    def tunes(self, split: Split) -> list[Tune]:
        found = []
        for name, text in folk_tunes.TUNES.items():
            if (name in folk_tunes.HELD_OUT) == (split != "train"):
                notes, chords, _ = abc_notation.parsed(text)
                found.append(with_chords(name, notes, chords, self.grid))
        return found


class Melodies(MusicDataModule):
    """The melodies of a folder of MIDI files, at any depth, with the chords of what accompanies them.

    Args:
        root: The folder. Files in `train`, `val` and `test` below it make the parts; without such folders some of the
            files are held out.
        track: Which of the tracks with notes is the melody, from 0; None takes the one that is named so, or else the
            highest of those that play one note at a time.
        held_out: The share of files that are held out, evenly from all, where no folder says which.
        **music: Further arguments of `MusicDataModule`.

    Raises:
        UserError: If a value is not possible.
    """

    home = "your own"
    licence = "that of the files"
    layout = "root/**/*.mid, or root/{train,val,test}/**/*.mid"

    def __init__(
        self,
        root: str = "data/melodies",
        track: Annotated[int, Range(0, 1000)] | None = None,
        held_out: Share = 0.1,
        **music: Any,
    ) -> None:
        super().__init__(**music)
        self.root = root
        self.track = track
        self.held_out = held_out

    def files(self, split: Split) -> list[Path]:
        """The MIDI files of a part.

        Raises:
            UserError: If there are none.
        """
        folder = Path(self.root)
        if not folder.is_dir():
            raise UserError(f"data.root: {folder} is no folder; name one with MIDI files")
        if (folder / "train").is_dir():
            names = {"train": ("train",), "val": ("val", "test"), "test": ("test", "val")}[split]
            here = next((folder / name for name in names if (folder / name).is_dir()), folder / names[0])
            return _midi_files(here)
        every = _midi_files(folder)
        stride = Fraction(self.held_out).limit_denominator(1000)
        held = {place for place in range(len(every)) if int((place + 1) * stride) > int(place * stride)}
        if not held and len(every) > 1:
            held = {len(every) - 1}
        return [file for place, file in enumerate(every) if (place in held) == (split != "train")]

    @cached_property
    def _read(self) -> dict[Path, tuple[list[Tune], Counter[str]]]:
        return {}

    @cached_property
    def without_melody(self) -> dict[Path, str]:
        """The files that were read and have no melody, and why."""
        return {}

    def tunes(self, split: Split) -> list[Tune]:
        files = self.files(split)
        found = [tune for file in files for tune in self._of(file)[0]]
        if not found:
            meter = f"{self.grid.beats}/{self.grid.unit}"
            reasons = {self.without_melody[file] for file in files if file in self.without_melody}
            told = f"; {min(reasons)}" if reasons else ""
            raise UserError(
                f"data.root: no melody in {meter} in the {len(files)} MIDI files of {self.root} to "
                f"{'train on' if split == 'train' else 'hold out'}{told}\nTake another --data.meter, --data.track or "
                "--data.root; gan data check says what is there"
            )
        return found

    def notes(self) -> list[str]:
        files = {name: self.files(split) for name, split in (("train", "train"), ("held out", "test"))}  # type: ignore[arg-type]
        counted: Counter[str] = sum((self._of(file)[1] for each in files.values() for file in each), Counter())
        facts = [
            f"{name}: {len(each):,} files, {_bars(self._of(file)[0] for file in each)}" for name, each in files.items()
        ]
        kept = [f"{counted.pop(name, 0):,} {name}" for name in ("bars", "notes")]
        facts += [
            f"read: {', '.join(kept)}",
            *(f"{what}: {count:,}" for what, count in sorted(counted.items()) if count),
        ]
        facts.append(f"trained on in {len(self.shifts)} key{'s' * (len(self.shifts) > 1)}")
        empty = [str(file) for each in files.values() for file in each if not self._of(file)[0]]
        other = [name for name in empty if Path(name) not in self.without_melody]
        if other:
            facts.append(f"files without a bar of {self.grid.beats}/{self.grid.unit}: {len(other):,}")
        return facts

    def mistakes(self) -> dict[str, list[str]]:
        for split in ("train", "test"):
            for file in self.files(split):
                self._of(file)
        return {"without a melody": [f"{file} ({reason})" for file, reason in sorted(self.without_melody.items())]}

    def _of(self, file: Path) -> tuple[list[Tune], Counter[str]]:
        if file not in self._read:
            try:
                self._read[file] = tuple(tunes_of(file, file.stem, self.grid, self.track))  # type: ignore[assignment]
            except NoMusic as reason:
                self.without_melody[file] = str(reason)
                self._read[file] = ([], Counter())
        return self._read[file]


def _midi_files(folder: Path) -> list[Path]:
    found = sorted(file for file in folder.rglob("*") if file.suffix.lower() in ENDINGS)
    if not found:
        raise UserError(f"data.root: {folder} has no MIDI files (.mid); name a folder with some")
    return found


def _bars(each: Any) -> str:
    tunes = [tune for found in each for tune in found]
    return f"{sum(len(tune.rolls) for tune in tunes):,} bars in {len(tunes):,} stretches"


def _meter(text: str) -> tuple[int, int]:
    beats, _, unit = text.partition("/")
    if not (beats.isdecimal() and unit in ("1", "2", "4", "8", "16", "32") and 1 <= int(beats) <= 64):
        raise UserError(f"data.meter: {text} is not possible; take one such as 4/4, 3/4 or 6/8")
    return int(beats), int(unit)
