"""A close look at a data set before anything is trained on it: what is there, and what is wrong with it."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import isqrt
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad

from gan_cli.data.archives import File
from gan_cli.data.combined import CombinedDataModule
from gan_cli.data.datamodules import GANDataModule, Split
from gan_cli.data.examination import Examined, colours, is_misnamed, look, size_of
from gan_cli.data.file_sets import FileDataModule
from gan_cli.data.folders import SPLITS
from gan_cli.data.images.labelled_sets import LabelledFileDataModule
from gan_cli.data.pairs.translation_sets import BOTH_SIDES
from gan_cli.data.parts import LabelledPart
from gan_cli.data.sampling import Span
from gan_cli.data.stores import Store
from gan_cli.data.videos.video_sets import VideoDataModule
from gan_cli.errors import UserError
from gan_cli.media import pictures
from gan_cli.media.image_files import is_image_file

THREADS = 4
"""This many threads decode at once."""
LONG = 3
"""An image more than this many times longer than wide looks like a mistake."""
SHEET = 64
"""A contact sheet shows at most this many images."""
COLUMNS = 8
"""At most this many of them are in a row, so many that what belongs together stays so."""


class Finding(NamedTuple):
    """Something that is wrong, or looks so.

    Attributes:
        what: What is said of the files, after their number.
        places: The files.
    """

    what: str
    places: list[str]


class Diagnosis(NamedTuple):
    """The result of a look at a data set.

    Attributes:
        facts: Lines on what is there and what would be done with it.
        findings: What is wrong.
    """

    facts: list[str]
    findings: list[Finding]


def diagnose(data: GANDataModule, done: Callable[[int, int], object] = lambda *_: None) -> Diagnosis:
    """Looks at everything in a set.

    Args:
        data: The set; its `setup` need not have been called.
        done: Is told how many files have been looked at, and of how many.

    Raises:
        UserError: If the set is not there, or its text files contradict themselves.
    """
    if isinstance(data, FileDataModule):
        return _of_files(data, done)
    if isinstance(data, CombinedDataModule):
        return _of_each(data, done)
    return _of_tensors(data)


def mistakes_of(data: GANDataModule) -> list[Finding]:
    """What a set itself finds wrong with its files, which may be why a part of it has nothing.

    Raises:
        UserError: If it cannot be told.
    """
    return [Finding(what, places) for what, places in data.mistakes().items() if places]


def contact_sheet(data: GANDataModule) -> Tensor | None:
    """Training things as a network will see them, augmented, uint8 [C, H, W]; sides of a pair beside each other.

    Fields without pictures, such as classes, are passed over; None where no thing has one, such as a point.

    Raises:
        UserError: If there is nothing.
        BrokenFile: If a file cannot be read.
    """
    part = data.part("train")
    batch = data.on_device(part[Span(0, 0, SHEET // len(data.fields))])._asdict()
    shown = [medium.pictures(medium.kept(batch[name])) for name, medium in data.fields.items()]
    sides = [side for side in shown if side is not None]
    if not sides:
        return None
    channels, height = (max(side.shape[axis] for side in sides) for axis in (1, 2))
    large = [_enlarged(side.expand(-1, channels, -1, -1), height) for side in sides]
    height, width = (max(side.shape[axis] for side in large) for axis in (2, 3))
    room = [(0, width - side.shape[3], 0, height - side.shape[2]) for side in large]
    together = torch.stack([pad(side, each, value=255) for side, each in zip(large, room, strict=True)], dim=1)
    square = isqrt((together.shape[0] * together.shape[1] * height - 1) // width) + 1  # of what is wide, as strips are
    fit = max(len(sides), min(COLUMNS, square) // len(sides) * len(sides))
    return pictures.grid(together.flatten(0, 1), columns=fit)


def _enlarged(images: Tensor, height: int) -> Tensor:
    """Images so many times larger that they have a height, each pixel a square."""
    by = height // images.shape[2]
    return images.repeat_interleave(by, 2).repeat_interleave(by, 3) if by > 1 else images


def _of_each(data: CombinedDataModule, done: Callable[[int, int], object]) -> Diagnosis:
    """What is in each of several sets, and what is wrong with it."""
    headings = data.headings()
    found = [diagnose(one, done) for one in data.sets]
    facts = [
        fact
        for heading, of_one in zip(headings, found, strict=True)
        for fact in (heading, *(f"  {fact}" for fact in of_one.facts))
    ]
    return Diagnosis(facts, [finding for of_one in found for finding in of_one.findings])


# Sets in files


def _of_files(data: FileDataModule, done: Callable[[int, int], object]) -> Diagnosis:
    parts = _parts(data.groups)
    files = list(dict.fromkeys(file for groups in parts.values() for part in groups.values() for file in part))
    if not files:
        raise UserError(f"data.root: there are no images below {data.root}")
    examined = _look(files, data.max_pixels, done)
    sound = [one for one in examined if not one.reason]
    facts = [*_counts({name: {group: len(part) for group, part in groups.items()} for name, groups in parts.items()})]
    facts += [*data.notes(), *_attributes(data)]
    facts += _looks(sound)
    small = [one for one in sound if min(one.size) < data.image_size]
    cut = data.framing.keeps_resolution
    if small and not cut:
        facts.append(f"enlarged: {len(small):,} are smaller than the {data.image_size} pixels that are trained on")
    facts += _left_out(data, files)
    where = {file: name for name, groups in parts.items() for part in groups.values() for file in part}
    halves = any(BOTH_SIDES in groups for groups in parts.values())
    findings = [
        _finding("cannot be read", [one for one in examined if one.reason], lambda one: one.reason),
        _too_few(data, _in_a_pass(data, parts["train"].values(), sound)),
        Finding("beside the folders of the parts, and not used", [str(file.path) for file in data.not_used()]),
        Finding("without a label in the manifest, and not used", [str(file.path) for file in data.unlisted()]),
        Finding("without a partner of the same name", [str(file.path) for file in data.without_partner()]),
        *mistakes_of(data),
        *_duplicates(sound, where),
        _finding(
            "of odd width, not to be cut into two sides", [one for one in sound if halves and one.size[0] % 2], size_of
        ),
        _finding(f"smaller than the {data.image_size} pixels that are cut from them", small if cut else [], size_of),
        _finding("of one colour", [one for one in sound if one.plain]),
        _finding("named as what they are not", [one for one in sound if is_misnamed(one)], lambda one: one.kind),
        _finding("grey among colours", _minority(sound, lambda one: one.grey)),
        _finding("of another white than most numbers have", _other_whites(sound), lambda one: f"{one.white:,}"),
        _finding("with several frames, of which the first is taken", [one for one in sound if one.frames > 1]),
        _finding(
            f"over {LONG} times longer than wide", [one for one in sound if not halves and _is_long(one)], size_of
        ),
    ]
    return Diagnosis(facts, [finding for finding in findings if finding.places])


def _parts(groups: Callable[[Split], dict[str, list[File]]]) -> dict[str, dict[str, list[File]]]:
    """The groups of each part that differs from those before it, since watching and judging may share a part."""
    found: dict[str, dict[str, list[File]]] = {}
    for split in SPLITS:
        part = groups(split)
        if part not in found.values():
            found[split] = part
    return found if "test" in found or len(found) < 2 else {"train": found["train"], "held out": found["val"]}


def _look(files: list[File], max_pixels: int, done: Callable[[int, int], object]) -> list[Examined]:
    examined: list[Examined] = []
    with ThreadPoolExecutor(THREADS) as pool:
        for one in pool.map(lambda file: look(file, max_pixels), files):
            examined.append(one)
            done(len(examined), len(files))
    return examined


def _attributes(data: FileDataModule) -> list[str]:
    """How many images have each attribute, where the labels are attributes."""
    if not (isinstance(data, LabelledFileDataModule) and data.facts.get("attributes")):
        return []
    _, labels = data.labelled_files("train")
    counts = dict(zip(data.classes, labels.sum(0).int().tolist(), strict=True))
    return [f"attributes: {_shares(counts, sort=False)}"]


def _looks(sound: list[Examined]) -> list[str]:
    """Sizes, colours and formats."""
    if not sound:
        return []
    widths, heights = zip(*(one.size for one in sound), strict=True)
    sizes = Counter(one.size for one in sound)
    (width, height), most = sizes.most_common(1)[0]
    usual = (
        f"{width}x{height}"
        if most == len(sound)
        else (f"{min(widths)}x{min(heights)} to {max(widths)}x{max(heights)}, most often {width}x{height} ({most:,})")
    )
    return [
        f"sizes: {usual}",
        f"colours: {_shares(Counter(colours(one.mode) for one in sound))}",
        f"formats: {_shares(Counter(one.kind for one in sound))}",
        *([f"numbers, taken as grey from 0 to {_shares(whites)}"] if (whites := _whites(sound)) else []),
        *([f"turned by EXIF: {turned:,}"] if (turned := sum(one.turned for one in sound)) else []),
    ]


def _whites(sound: list[Examined]) -> Counter[str]:
    """What is taken for white in files that hold numbers, such as TIFF of floats, and in how many."""
    return Counter(f"{one.white}:" for one in sound if one.white)


def _other_whites(sound: list[Examined]) -> list[Examined]:
    """The files whose white is not that of most: it is guessed for each, and a dark image is guessed wrongly."""
    usual = Counter(one.white for one in sound if one.white).most_common(1)
    return [one for one in sound if one.white and one.white != usual[0][0]]


def _left_out(data: FileDataModule, files: list[File]) -> list[str]:
    """Files beside the images that are none."""
    roots = {file.root for file in files if file.kind == "folder"}
    others = Counter(
        path.suffix.lower() or path.name
        for root in sorted(roots)
        for path in root.rglob("*")
        if path.is_file() and not path.name.startswith(".") and not is_image_file(path)
    )
    return [f"left out, being no images: {_shares(others)}"] if others else []


def _duplicates(sound: list[Examined], where: dict[File, str]) -> list[Finding]:
    """Findings on files with the same bytes: those in several parts are listed apart from the others."""
    alike: dict[bytes, list[File]] = defaultdict(list)
    for one in sound:
        alike[one.digest].append(one.file)
    within: list[str] = []
    across: list[str] = []
    for group in alike.values():
        if len(group) > 1:
            told = " = ".join(str(file.path) for file in group)
            (across if len({where[file] for file in group}) > 1 else within).append(told)
    return [
        Finding("both trained on and held out", across),
        Finding("there more than once", within),
    ]


def _finding(what: str, examined: Iterable[Examined], why: Callable[[Examined], str] = lambda _: "") -> Finding:
    return Finding(what, [f"{one.file.path}{f' ({reason})' if (reason := why(one)) else ''}" for one in examined])


def _in_a_pass(data: FileDataModule, groups: Iterable[Sequence[File]], sound: Sequence[Examined]) -> int:
    """Images in a pass over the training files: as many as there are, or as cuts lie beside each other in them."""
    if not data.framing.keeps_resolution:
        return sum(map(len, groups))
    sizes = {one.file: one.size for one in sound}
    side = data.image_size
    files = (file for group in groups for file in group if file in sizes)
    return sum((sizes[file][0] // side) * (sizes[file][1] // side) for file in files)


def _too_few(data: GANDataModule, images: int) -> Finding:
    told = f"data.batch_size: {data.batch_size} is more than the {images:,} images to train on"
    return Finding("argument that will be refused", [told] * (images < data.batch_size))


def _is_long(one: Examined) -> bool:
    return max(one.size) > LONG * min(one.size)


def _minority(sound: list[Examined], trait: Callable[[Examined], bool]) -> list[Examined]:
    """The files with a trait, if they are less than half."""
    having = [one for one in sound if trait(one)]
    return having if len(having) < len(sound) / 2 else []


# Sets in memory


def _of_tensors(data: GANDataModule) -> Diagnosis:
    data.prepare_data()
    counts: dict[str, dict[str, int]] = {}
    digests: dict[bytes, list[tuple[str, int]]] = defaultdict(list)
    facts: list[str] = []
    plain: list[str] = []
    for name, split in (("train", "train"), ("held out", "test")):
        part = data.part(split)  # type: ignore[arg-type]
        counts[name] = _classes(data, part) if isinstance(part, LabelledPart) else {"": len(part)}
        if isinstance(part, LabelledPart) and part.labels.ndim > 1:
            told = dict(zip(data.facts["class_names"], part.labels.sum(0).int().tolist(), strict=True))
            facts.append(f"attributes, {name}: {_shares(told, sort=False)}")
        for store in part.stores:
            channels, height, width = store.shape
            colours_of = {1: "grey", 3: "RGB", 4: "RGB with opacity"}[channels]
            facts.append(f"{name}: {width}x{height}, {colours_of}, 8 bits, {store.size / 1e6:,.1f} MB in memory")
            if isinstance(data, VideoDataModule):
                continue  # frames of one film may well be alike, or black
            for number, pixels in enumerate(_each(store)):
                digests[hashlib.sha256(pixels.numpy().tobytes()).digest()].append((name, number))
                if bool((pixels == pixels.flatten()[0]).all()):
                    plain.append(f"{name} {number}")
    twice = [group for group in digests.values() if len(group) > 1]
    across = [" = ".join(f"{n} {k}" for n, k in group) for group in twice if len({n for n, _ in group}) > 1]
    within = [" = ".join(f"{n} {k}" for n, k in group) for group in twice if len({n for n, _ in group}) == 1]
    findings = [
        Finding("both trained on and held out", across),
        Finding("there more than once", within),
        Finding("of one colour", plain),
        *mistakes_of(data),
    ]
    return Diagnosis([*_counts(counts), *facts, *data.notes()], [finding for finding in findings if finding.places])


def _each(store: Store) -> Iterable[Tensor]:
    for numbers in torch.arange(len(store)).split(4096):
        yield from store[numbers]


def _classes(data: GANDataModule, part: LabelledPart) -> dict[str, int]:
    names = data.facts.get("class_names", ())
    if not names or part.labels.ndim > 1:  # an image may have several attributes, or none
        return {"": len(part)}
    counts = torch.bincount(part.labels, minlength=len(names)).tolist()
    return dict(zip(names, counts, strict=True))


# Both


def _counts(parts: dict[str, dict[str, int]]) -> list[str]:
    """One line for each part: how many images it has, and how many of each class."""
    lines = []
    for name, groups in parts.items():
        named = {group: count for group, count in groups.items() if group}
        several = f" ({_shares(named, sort=False)})" if named else ""
        total = sum(groups.values())
        lines.append(f"{name}: {total:,}{several}")
    return lines


def _shares(counts: dict[str, int], sort: bool = True) -> str:
    """Names and numbers in one line; of many names, only the first and the last."""
    entries = sorted(counts.items(), key=lambda entry: -entry[1]) if sort else list(counts.items())
    told = [f"{name} {count:,}" for name, count in entries]
    return ", ".join(told if len(told) <= 12 else [*told[:8], f"... {len(told)} in all"])
