"""Sentences on images, from the lists and files that people keep them in."""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from gan_cli.errors import UserError

LISTS = ("captions.txt", "captions.csv", "captions.tsv", "captions.jsonl", "captions.json")
"""Files at the top that name images with their sentences."""
TEXTS = ("text_c10", "texts", "captions")
"""Folders with a file of sentences for each image, as those of CUB and of the flowers."""
IMAGE_KEYS = ("image", "file_name", "filename", "file", "path", "video", "clip", "film")
SENTENCE_KEYS = ("caption", "captions", "text", "sentence", "sentences", "raw")
NUMBERED = re.compile(r"#\w+$")
"""Behind an image's name in Flickr's lists, the number of a sentence."""


class Captions(NamedTuple):
    """Sentences by what names their image.

    Attributes:
        source: Where they were found, to be said.
        named: By an image's name as it is written there (without an ending, where the files of sentences have the
            images' names), the sentences.
        kinds: By the same names, what the image shows, where it is known.
    """

    source: str
    named: dict[str, list[str]]
    kinds: dict[str, str]


def captions_below(root: Path, thing: str = "image", example: str = "three.png") -> Captions:
    """The sentences of a folder: of the first list that there is, or of files beside or apart from the images.

    Args:
        root: The folder.
        thing: What is described.
        example: The name of such a file, for the message.

    Raises:
        UserError: If there are none, or a list cannot be read.
    """
    for name in LISTS:
        if (path := root / name).is_file():
            return _collected(name, _pairs(path))
    for name in TEXTS:
        if (folder := root / name).is_dir() and (found := _of_files(folder)):
            kinds = {key: key.rpartition("/")[0] for key in found if "/" in key}
            return Captions(f"{name}/", found, kinds)
    if found := _of_files(root):
        return Captions(f"a text beside each {thing}", found, {})
    raise UserError(
        f"data.root: {root} has no sentences; put a captions.csv there with lines such as {example},a red three,\n"
        f"or captions.txt, .tsv or .jsonl, COCO's captions.json, a folder text_c10, or three.txt beside {example}"
    )


def _collected(source: str, pairs: Iterator[tuple[str, str]]) -> Captions:
    named: dict[str, list[str]] = {}
    for image, sentence in pairs:
        named.setdefault(image, []).append(sentence)
    return Captions(source, named, {})


def _of_files(folder: Path) -> dict[str, list[str]]:
    """The lines of each text below a folder, by its path without the ending."""
    texts = sorted(file for file in folder.rglob("*.txt") if file.name not in LISTS)
    found = {file.relative_to(folder).with_suffix("").as_posix(): _lines(file) for file in texts}
    return {name: lines for name, lines in found.items() if lines}


def _lines(path: Path) -> list[str]:
    return [line.strip() for line in _text(path).splitlines() if line.strip()]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"data.root: {path} is no text in UTF-8 ({error.reason} at byte {error.start})") from error


def _pairs(path: Path) -> Iterator[tuple[str, str]]:
    """Names of images with a sentence each, in the order of a list."""
    if path.suffix == ".json":
        return _coco(path)
    if path.suffix == ".jsonl":
        return _records(path)
    return _rows(path, "\t" if path.suffix == ".tsv" else ",")


def _rows(path: Path, between: str) -> Iterator[tuple[str, str]]:
    """Lines of a name and a sentence, which may hold commas with or without quotation marks."""
    for number, line in enumerate(_lines(path)):
        sign = "\t" if "\t" in line and between == "," and path.suffix == ".txt" else between
        image, there, sentence = line.partition(sign)
        if number == 0 and image.strip().lower() in IMAGE_KEYS:
            continue
        if not there:
            raise UserError(
                f"data.root: {path} has a line without a sentence: {line[:60]!r}; write IMAGE{sign}SENTENCE"
            )
        if sentence.lstrip().startswith('"'):
            sentence = next(csv.reader([sentence.strip()]))[0]
        yield NUMBERED.sub("", image.strip().strip('"')), sentence.strip()


def _records(path: Path) -> Iterator[tuple[str, str]]:
    """Lines of JSON with an image and one sentence or several."""
    for number, line in enumerate(_lines(path), 1):
        try:
            record = json.loads(line)
            image = next(record[key] for key in IMAGE_KEYS if key in record)
            told = next(record[key] for key in SENTENCE_KEYS if key in record)
        except (ValueError, TypeError, StopIteration) as error:
            example = '{"image": "three.png", "caption": "a red three"}'
            raise UserError(
                f"data.root: {path}, line {number}, has no image with a caption; write {example}"
            ) from error
        for sentence in [told] if isinstance(told, str) else told:
            yield str(image), str(sentence)


def _coco(path: Path) -> Iterator[tuple[str, str]]:
    """The annotations of COCO's JSON."""
    try:
        record: Any = json.loads(_text(path))
        names = {image["id"]: image["file_name"] for image in record["images"]}
        found = [(names.get(one["image_id"], str(one["image_id"])), one["caption"]) for one in record["annotations"]]
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(
            f"data.root: {path} is not as COCO's captions are: it needs images with id and file_name, and annotations "
            "with image_id and caption"
        ) from error
    yield from found
