"""The user's own films with sentences on them."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

from gan_cli.data import folders
from gan_cli.data.captions import sentence_examination
from gan_cli.data.captions.caption_files import Captions as Sentences
from gan_cli.data.captions.caption_files import captions_below
from gan_cli.data.captions.captioned import CaptionedVideos
from gan_cli.data.captions.told import Describable
from gan_cli.data.datamodules import Facts, Split
from gan_cli.data.videos.clips import FilmDataModule
from gan_cli.data.videos.film_folders import Found
from gan_cli.errors import UserError
from gan_cli.media.film_reading import Film
from gan_cli.media.medium import Medium
from gan_cli.media.texts import Texts
from gan_cli.media.vocabularies import vocabulary_of
from gan_cli.ranges import Few, Range

FILM_FOLDERS = ("videos", "clips", "films")
"""Folders below the root that names of films may leave out."""
LAYOUT = "films and sentences on them"


class CaptionedClips(Describable, FilmDataModule):
    """Your own films with sentences, one or several each; training draws one of them in each pass.

    The films are read and cut as those of `Clips`, all clips of a film have its sentences. These are in captions.txt,
    .csv or .tsv (film, sentence; commas may be in it), in captions.jsonl, or in NAME.txt beside each film.

    Args:
        root: The folder. Films in `train`, `val` and `test` below it make the parts; otherwise a share is held out.
        text_length: Words of a sentence; longer ones are cut.
        least: How often a word must occur in training sentences to be known.
        most_words: At most so many words are known, the most frequent ones.
        **clips: Further arguments of `FilmDataModule`.

    Raises:
        UserError: If a value is not possible, or there are no sentences.
    """

    home = "your own"
    licence = "that of the films"
    layout = "root/captions.{txt,csv,tsv,jsonl} with the films at any depth, or NAME.txt beside each"

    def __init__(
        self,
        root: str = "data/captioned_clips",
        text_length: Annotated[int, Range(1, 1_000)] = 24,
        least: Few = 1,
        most_words: Annotated[int, Range(1, 10**6)] = 10_000,
        **clips: Any,
    ) -> None:
        super().__init__(root=root, **clips)
        if self.on_error == "skip":
            raise UserError(
                "data.on_error: skip is not possible: another film would stand in under a broken one's sentences\n"
                "Take out what cannot be read; gan data check names it"
            )
        self.text_length, self.least, self.most_words = text_length, least, most_words

    @property
    def fields(self) -> Mapping[str, Medium]:  # type: ignore[override]
        return {**super().fields, "text": self.texts, "wrong": self.texts}

    @property
    def facts(self) -> Facts:
        return {**super().facts, "vocabulary_size": self.texts.size, "text_length": self.text_length}

    @cached_property
    def texts(self) -> Texts:
        """What a sentence is like: the words of those to train on."""
        sentences = [sentence for film in self.films("train") for sentence in self.sentences_on(film)]
        return Texts(vocabulary_of(sentences, self.least, self.most_words), self.text_length)

    def sentences_on(self, film: Film) -> list[str]:
        """The sentences that a film has."""
        return self._sentences.named[self._keys[film]]

    @cached_property
    def found(self) -> Found:
        """The films that have sentences.

        Raises:
            UserError: If there are none.
        """
        every = self.every
        described = [film for film in every.films if film in self._keys]
        if not described:
            example = next(iter(self._sentences.named), "")
            raise UserError(
                f"data.root: none of the {len(every.films):,} films below {self.root} has a sentence in "
                f"{self._sentences.source}, which names {example!r}\n"
                f"The names must be those of the files, or their paths below {self.root}"
            )
        return Found(described, every.others)

    def part(self, split: Split) -> CaptionedVideos:  # type: ignore[override]
        clips = super().part(split)
        told = [self.texts.encoded(self.sentences_on(reel.film)) for reel in self.reels(split)]
        names = list(self.classes)
        kinds = clips.labels if names else clips.films  # clips of one film are of one kind
        return CaptionedVideos(clips, [told[film] for film in clips.films.tolist()], kinds)

    def notes(self) -> list[str]:
        train = [sentence for film in self.films("train") for sentence in self.sentences_on(film)]
        every = [sentence for film in self.found.films for sentence in self.sentences_on(film)]
        told = sentence_examination.notes(self.texts, train, every, self._sentences.source)
        return [*super().notes(), *told]

    def mistakes(self) -> dict[str, list[str]]:
        used, told = {*self._keys.values()}, self._sentences.named
        described = [(str(film), self.sentences_on(film)) for film in self.found.films]
        return {
            **super().mistakes(),
            "sentences without their film": [f"{name} ({told[name][0]})" for name in told if name not in used],
            "films without a sentence, not used": [str(film) for film in self.every.films if film not in self._keys],
            **sentence_examination.mistakes(described, "films"),
        }

    @cached_property
    def _sentences(self) -> Sentences:
        return captions_below(folders.existing(self.root, LAYOUT), "film", "three.mp4")

    @cached_property
    def _keys(self) -> dict[Film, str]:
        """What each film is called where its sentences are; those without any are left out."""
        told, keys = self._sentences.named, {}
        for film in self.every.films:
            if (key := next((name for name in _names_of(film, Path(self.root)) if name in told), None)) is not None:
                keys[film] = key
        return keys


def _names_of(film: Film, root: Path) -> list[str]:
    """What a film may be called: its path, with or without the folder of all films and the ending, or its name."""
    path = PurePosixPath(film.path.relative_to(root))
    below = [path, *(path.relative_to(folder) for folder in FILM_FOLDERS if path.is_relative_to(folder))]
    return [str(name) for one in [*below, PurePosixPath(path.name)] for name in (one, one.with_suffix(""))]
