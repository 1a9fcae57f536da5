"""A look at a data set, and its cache on disk, before anything is trained: what `gan data check` and `prepare` do."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from jsonargparse import Namespace
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gan_cli.command import settings
from gan_cli.data import FilmDataModule, GANDataModule, archives, caches, doctor
from gan_cli.data.caches import Cache
from gan_cli.data.combined import CombinedDataModule
from gan_cli.data.doctor import Diagnosis, Finding
from gan_cli.data.file_sets import FileDataModule
from gan_cli.data.images import celeba, sources, usps
from gan_cli.data.stores import BrokenFile
from gan_cli.data.videos.film_folders import holds_films
from gan_cli.errors import RunFailed, UserError, first_line
from gan_cli.media import path_files, solid_files
from gan_cli.media.pictures import save_png
from gan_cli.media.reading import Unreadable, size

LAYOUTS = {
    frozenset({"labels", "images"}): "MapFolder",
    frozenset({"leftImg8bit", "gtFine"}): "CityscapesMaps",
    frozenset({"annotations", "images"}): "ADE20K",
}
"""Sets by the folders that they have at the top or in `train`."""

PLACES = 10
"""A finding names at most this many files; the others are counted."""


def check(config: Namespace) -> None:
    """Tells what is in a set and what is wrong with it, and draws what a network will see of it.

    Raises:
        UserError: If the set is not there.
        RunFailed: If there are findings.
    """
    data: GANDataModule = settings.made(config.data)
    data.prepare_data()
    print(f"{data.name}: {_settings(config, data)}")
    asked: Cache = getattr(data, "cache", "none")
    for one in data.sets if isinstance(data, CombinedDataModule) else (data,):
        if isinstance(one, FileDataModule | FilmDataModule):  # what would end a run is to be found here
            one.on_error, one.cache = "skip", "none"
    try:
        with _bar("files") as bar:
            task = bar.add_task("files", total=None)
            diagnosis = doctor.diagnose(data, lambda count, total: bar.update(task, completed=count, total=total))
    except UserError:  # a part has nothing: the files may tell why
        with suppress(UserError):
            _tell(doctor.mistakes_of(data))
        raise
    room = _room(data, asked) if isinstance(data, FileDataModule | FilmDataModule) else []
    print("\n".join(f"  {fact}" for fact in [*diagnosis.facts, *room]))
    _tell(diagnosis.findings)
    _draw(data, Path(config.output or f"contact-sheet-{data.name.lower()}.png"))
    _end(diagnosis)


def prepare(config: Namespace) -> None:
    """Decodes a set into its cache on disk; after an interruption, the same command continues.

    Raises:
        UserError: If the set is not there, or has nothing to decode.
        RunFailed: If a file cannot be read.
    """
    kind = settings.class_at(config.data.class_path)
    if issubclass(kind, CombinedDataModule):
        raise UserError(
            f"data: {kind.__name__} is made of other sets; prepare each of them by its own name, --data.cache disk "
            "keeps it"
        )
    if not issubclass(kind, FileDataModule | FilmDataModule):
        raise UserError(f"data: {kind.__name__} is held in memory as it is; there is nothing to prepare")
    config.data.init_args["cache"] = "disk"
    data: FileDataModule | FilmDataModule = settings.made(config.data)
    data.prepare_data()
    for split in ("train", "val", "test"):
        data.part(split)
    if skipped := data.unreadable_files():
        print(f"unreadable files, for which others of their class stand in: {len(skipped)}")
    words = f"--data {data.name} --data.root {data.root} --data.image_size {data.image_size} --data.cache disk"
    if isinstance(data, FilmDataModule):  # these say which frames are kept
        words += f" --data.stride {data.stride}" if data.rate is None else f" --data.frame_rate {data.rate}"
    print(f"ready in {data.cache_dir}; to train from it: gan fit ... {words}")


def guessed(folder: Path) -> str:
    """The data set whose layout a folder or archive has."""
    try:
        names = _names(folder)
    except PermissionError as error:
        raise UserError(f"data: {folder} cannot be read ({error.strerror}); mend its permissions") from error
    if {"trainA", "trainB"} <= names:
        return "UnpairedFolder"
    if not names.isdisjoint({celeba.IMAGES, celeba.ARCHIVE}):
        return "CelebA"
    if archives.is_database(folder) or any(archives.is_database(folder / name) for name in names):
        return "LSUN"
    if not names.isdisjoint({"MNIST", "FashionMNIST"}):
        return "MNIST" if "MNIST" in names else "FashionMNIST"
    if "mnist_m_train" in names:
        return "MNISTM"
    if not names.isdisjoint({usps.HDF5, *sources.USPS.files}):
        return "USPS"
    for layout, name in LAYOUTS.items():
        if any(layout <= below for below in (names, _names(folder / "train"))):
            return name
    if "base" in names and any((folder / "base").glob("*.xml")):
        return "CMPFacades"
    if any({"blur", "sharp"} <= _names(scene) for scene in sorted((folder / "train").glob("*"))[:1]):
        return "GoPro"
    if any(name.lower().endswith((".mid", ".midi")) for name in names | _names(folder / "train")):
        return "Melodies"
    if _holds_solids(folder):
        return "Solids"
    if _holds_recordings(folder):
        return "SceneFolder"
    if {"source", "target"} <= names:
        return "PairedFolder"
    if holds_films(folder):
        return "Clips"
    return "PairedFolder" if "train" in names and _has_two_sides(folder / "train") else "ImageFolder"


def _holds_solids(folder: Path) -> bool:
    """Whether the first file at one of a set's usual depths is of voxels or a mesh."""
    first = _first_file(folder)
    return first is not None and first.suffix.lower() in solid_files.ENDINGS


def _holds_recordings(folder: Path) -> bool:
    """Whether the first file at one of a set's usual depths is a recording of people."""
    first = _first_file(folder)
    return first is not None and first.suffix.lower() in path_files.ENDINGS and path_files.is_recording(first)


def _first_file(folder: Path) -> Path | None:
    """The first file at one of the usual depths of a set, without hidden ones."""
    files = (path for depth in ("*.*", "*/*.*", "*/*/*.*") for path in sorted(folder.glob(depth)) if path.is_file())
    return next((path for path in files if not path.name.startswith(".")), None)


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


def _has_two_sides(folder: Path) -> bool:
    """Whether the first images directly in a folder are twice as wide as high."""
    files = [file for file in archives.listing(folder) if "/" not in file.key][:3]
    try:
        sizes = [size(file.path) for file in files]
    except Unreadable:
        return False
    return bool(sizes) and all(width == 2 * height for width, height in sizes)


def _settings(config: Namespace, data: GANDataModule) -> str:
    arguments: dict[str, Any] = {**config.data.init_args.as_dict(), **_decided(data)}
    return ", ".join(f"{name} {value}" for name, value in arguments.items() if value not in (None, ""))


def _decided(data: GANDataModule) -> dict[str, Any]:
    """The values of arguments that were left open."""
    framing = getattr(data, "framing", None)
    return {"load_size": framing.load_size, "flip": framing.flip} if framing else {}


def _room(data: FileDataModule | FilmDataModule, asked: Cache) -> list[str]:
    """How much room the decoded images take, and where they would be kept."""
    try:
        size = sum(store.size for store in data.part("train").stores)
    except UserError:
        return []
    kept = caches.chosen(asked, size)
    told = [f"decoded: {size / 1e6:,.1f} MB to train on; data.cache {asked} keeps them: {kept}"]
    known = (
        f"by names, sizes and times of the files, and by the content of all in archives, of {caches.SAMPLED} in folders"
    )
    return [*told, f"cache: made anew where files differ, {known}"] if kept == "disk" else told


def _tell(findings: Sequence[Finding]) -> None:
    for finding in findings:
        print(f"! {len(finding.places):,} {finding.what}")
        print("\n".join(f"    {place}" for place in finding.places[:PLACES]))
        if len(finding.places) > PLACES:
            print(f"    ... and {len(finding.places) - PLACES:,} more")


def _draw(data: GANDataModule, path: Path) -> None:
    try:
        sheet = doctor.contact_sheet(data)
    except (UserError, BrokenFile) as error:
        print(f"no contact sheet: {first_line(error)}")
        return
    if sheet is not None:
        save_png(sheet, path)
        print(f"written: {path}")


def _end(diagnosis: Diagnosis) -> None:
    count = len(diagnosis.findings)
    if count:
        raise RunFailed(f"{count} finding{'s' if count > 1 else ''}; see above")
    print("nothing is wrong")


def _bar(name: str) -> Progress:
    console = Console(stderr=True)
    columns = (TextColumn(name), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
