"""The common part of sets of label maps in files, and the user's own folders of them."""

import time
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Annotated, Any

from gan_cli.data import folders
from gan_cli.data.archives import File, content_of
from gan_cli.data.datamodules import Facts, NamedImage, Split
from gan_cli.data.decoding import Pair
from gan_cli.data.file_sets import FileDataModule, checked_channels, named_files
from gan_cli.data.maps.map_files import MAP, PHOTO, THINGS, MapRecipe
from gan_cli.data.pairs.translation_sets import facts_between, side_of
from gan_cli.data.parts import Pairs
from gan_cli.data.stores import BrokenFile
from gan_cli.errors import UserError
from gan_cli.media.images import Images
from gan_cli.media.label_maps import LabelMaps, map_facts
from gan_cli.media.masks import Masks
from gan_cli.media.medium import Medium
from gan_cli.ranges import Channels, Range, Seed, Share

DOMAINS = ("labels", "photo")
KINDS = {MAP: "labels", PHOTO: "photo", THINGS: "instances"}
"""What the files of an example are called."""


class MapDataModule(FileDataModule):
    """Label maps with the photographs that they are of; maps get another size by the nearest pixel only.

    Args:
        image_channels: C of the photographs: 1 (grey), 3 or 4.
        **loading: Further arguments of `FileDataModule`.

    Raises:
        UserError: If a value is not possible.
    """

    def __init__(self, image_channels: Channels = 3, **loading: Any) -> None:
        super().__init__(**loading)
        self.image_channels = checked_channels(image_channels)

    @property
    @abstractmethod
    def labels(self) -> LabelMaps:
        """The classes of the maps, and their values in the files."""

    @abstractmethod
    def examples_of(self, split: Split) -> list[Pair]:
        """The examples of a part, each with its map, its photograph and, where these are known, its single things."""

    @property
    def has_edges(self) -> bool:
        """Whether single things are known."""
        return False

    @property
    def fields(self) -> Mapping[str, Medium]:  # type: ignore[override]
        edges: dict[str, Medium] = {"edges": Masks()} if self.has_edges else {}
        return {"source": self.labels, "target": Images(), **edges}

    @property
    def facts(self) -> Facts:
        facts = facts_between(self.name, self.image_size, DOMAINS, (1, self.image_channels))
        return {**facts, **map_facts(self.labels.names), "instance_edges": self.has_edges}

    def groups(self, split: Split) -> dict[str, list[File]]:
        examples = self.examples_of(split)
        count = len(examples[0].files) if examples else 0
        return {KINDS[place]: [example.files[place] for example in examples] for place in range(count)}

    def map_recipe(self, split: Split) -> MapRecipe:
        """How the examples of a part become tensors."""
        return MapRecipe(self.recipe(split, self.image_channels), self.labels, self.has_edges)

    def part(self, split: Split) -> Pairs:
        examples, recipe = self.examples_of(split), self.map_recipe(split)
        store = self.stored(split, examples, recipe)
        if self.on_error == "raise":
            self._look_at_maps(examples, recipe)
        return Pairs(store, recipe.channels, self.framing_of(split))

    def mistakes(self) -> dict[str, list[str]]:
        every = {example for split in folders.SPLITS for example in self.examples_of(split)}
        recipe = self.map_recipe("test")
        wrong = [str(error).removeprefix("data: ") for example in sorted(every) if (error := _tried(example, recipe))]
        return {"no map of these labels, or of another size than its photograph": wrong}

    def notes(self) -> list[str]:
        names = self.labels.names
        return [f"labels: {len(names)} classes, values 0 to {len(names) - 1}: {', '.join(names[:12])}"]

    def test_inputs(self, domain: str) -> list[NamedImage]:
        examples, recipe, side = self.examples_of("test"), self.map_recipe("test"), side_of(domain, DOMAINS)
        found = named_files(examples, recipe, side)
        if side != MAP or not self.has_edges:
            return found
        beside = [(("edges", partial(recipe.edges_of, example)),) for example in examples]
        return [image._replace(beside=told) for image, told in zip(found, beside, strict=True)]

    def _look_at_maps(self, examples: Sequence[Pair], recipe: MapRecipe) -> None:
        """Reads maps before the first step, as long as there is time; a wrong one that comes later ends the run.

        Raises:
            UserError: If one is wrong.
        """
        end = time.monotonic() + self._seconds_to_look
        for example in examples:
            if time.monotonic() > end:
                break
            if error := _tried(example, recipe):
                raise UserError(str(error)) from error


class MapFolder(MapDataModule):
    """Your own label maps: `labels/` and `images/` with files of one name; `instances/`, train/ and test/ if there.

    The value of a pixel is its class, or its colour is that of one; `label_names.txt` beside them has a line for each
    class: its value and its name, and its colour as #rrggbb where the maps are in colours.

    Args:
        num_values: How many values there are, where there is no `label_names.txt`; 0 where there is.
        unknown: The value that means that nobody knows, which becomes a class of its own; -1 for none.
        held_out: Share of the training examples held out where there are no others, between 0 and 1.
        split_seed: Chooses them.
        **loading: Further arguments of `MapDataModule`.

    Raises:
        UserError: If a value is not possible, or the folder has another layout.
    """

    home = "your own"
    licence = "yours"
    layout = (
        "root/labels/ images/ and, if wanted, instances/ with files of one name, at the top or inside train/ val/ "
        "test/; root/label_names.txt with a value and a name in each line"
    )

    def __init__(
        self,
        num_values: Annotated[int, Range(0, 256)] = 0,
        unknown: Annotated[int, Range(-1, 65_535)] = -1,
        held_out: Share = 0.1,
        split_seed: Seed = 0,
        **loading: Any,
    ) -> None:
        super().__init__(**loading)
        self.num_values, self.unknown = num_values, unknown
        self.held_out, self.split_seed = held_out, split_seed

    @cached_property
    def labels(self) -> LabelMaps:
        named = _named_labels(Path(self.root))
        if named and self.num_values not in (0, len(named.names)):
            raise UserError(
                f"data.num_values: {self.num_values} was typed, and {self.root}/{NAMES} has {len(named.names)}; leave "
                "it out"
            )
        if not named and not self.num_values:
            raise UserError(
                f"data.root: {self.root} has no {NAMES} with a value and a name in each line, such as 0 sky\n"
                "Write one, or type --data.num_values K for the values 0 to K - 1"
            )
        found = named or LabelMaps(tuple(f"class {number}" for number in range(self.num_values)))
        return with_unknown(found, self.unknown)

    @cached_property
    def has_edges(self) -> bool:
        return bool(self._parts("instances"))

    def examples_of(self, split: Split) -> list[Pair]:
        return folders.chosen(self._paired[0], split, self.held_out, self.split_seed)

    def without_partner(self) -> list[File]:
        return self._paired[1]

    @cached_property
    def _paired(self) -> tuple[dict[Split, list[Pair]], list[File]]:
        folders.existing(self.root, self.layout)
        kinds = ["labels", "images", *(["instances"] if self.has_edges else [])]
        parts = [self._parts(kind) for kind in kinds]
        if not all(parts[:2]):
            raise UserError(f"data.root: {self.root} must hold {self.layout}")
        pairs, lonely = folders.paired_by_name(*parts[:2])
        if self.has_edges:
            triples = {split: _with_things(found, parts[2].get(split, [])) for split, found in pairs.items()}
            lonely += [
                pair.files[MAP]
                for split, found in pairs.items()
                for pair in found
                if pair.name not in {example.name for example in triples[split]}
            ]
            pairs = triples
        if lonely and self.on_error == "raise":
            raise UserError(
                f"data.root: {len(lonely)} files of {self.root} have no partner of the same name, such as "
                f"{lonely[0].path}\nTake them out, put their partners beside them, or type --data.on_error skip"
            )
        return pairs, lonely

    def _parts(self, kind: str) -> folders.Parts:
        root = Path(self.root)
        if not any((root / place).is_dir() for place in (kind, f"train/{kind}", f"{kind}/train")):
            return {}
        return {split: files for split, files in folders.domain_parts(root, kind).items() if files}


NAMES = "label_names.txt"
"""The file that names the classes of a folder."""


def with_unknown(labels: LabelMaps, value: int) -> LabelMaps:
    """The classes with one more for what nobody knows, if a value stands for that."""
    if value < 0:
        return labels
    return LabelMaps((*labels.names, "unknown"), (*labels.palette, (0, 0, 0)), value)


def _named_labels(root: Path) -> LabelMaps | None:
    """The classes that a folder's file names; None where there is no such file.

    Raises:
        UserError: If a line has no value or no name, or a value below the largest has no line.
    """
    content = content_of(root, NAMES) if root.is_dir() else None
    if content is None:
        return None
    names: dict[int, str] = {}
    colours: dict[int, tuple[int, int, int]] = {}
    for number, line in enumerate(content.decode("utf-8-sig", "replace").splitlines(), 1):
        value, _, name = line.strip().partition(" ")
        if not line.strip():
            continue
        if not value.isdecimal() or int(value) > 255 or not name.strip():
            raise UserError(
                f"data.root: {root / NAMES}, line {number}: {line.strip()[:60]!r} is no value and name, such as 3 roof"
            )
        name, mark, colour = name.rpartition("#")
        if mark:
            colours[int(value)] = _colour(colour, root / NAMES, number)
        names[int(value)] = (name if mark else colour).strip()
    count = max(names, default=-1) + 1
    palette = tuple(colours[value] for value in range(count)) if len(colours) == count else ()
    return LabelMaps(tuple(names.get(value, f"class {value}") for value in range(count)), palette)


def _colour(text: str, path: Path, number: int) -> tuple[int, int, int]:
    try:
        red, green, blue = bytes.fromhex(text.strip())
    except ValueError as error:
        raise UserError(f"data.root: {path}, line {number}: #{text.strip()} is no colour such as #ff8000") from error
    return red, green, blue


def _with_things(pairs: Sequence[Pair], things: Sequence[File]) -> list[Pair]:
    by_name = {file.name: file for file in things}
    return [Pair(pair.name, (*pair.files, by_name[pair.name])) for pair in pairs if pair.name in by_name]


def _tried(example: Pair, recipe: MapRecipe) -> BrokenFile | None:
    """Why an example's map is none of its photograph; None if it is."""
    try:
        recipe.check(example)
    except BrokenFile as error:
        return error
    return None
