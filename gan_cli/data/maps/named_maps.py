"""The data sets of the paper on SPADE, fetched by hand: facts of each, and where its files are."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from gan_cli.data import folders
from gan_cli.data.archives import File, content_of, listing
from gan_cli.data.datamodules import Split
from gan_cli.data.decoding import Pair
from gan_cli.data.maps.map_sets import MapDataModule, with_unknown
from gan_cli.errors import UserError
from gan_cli.media.label_maps import LabelMaps
from gan_cli.ranges import Seed, Share

CMP_NAMES = (
    *("unknown", "background", "facade", "window", "door", "cornice", "sill", "balcony", "blind", "deco", "molding"),
    *("pillar", "shop"),
)
# fmt: off
CMP_COLOURS = (
    (0, 0, 0), (0, 0, 170), (0, 0, 255), (0, 85, 255), (0, 170, 255), (0, 255, 255), (85, 255, 170), (170, 255, 85),
    (255, 255, 0), (255, 170, 0), (255, 85, 0), (255, 0, 0), (170, 0, 0),
)
CITYSCAPES = {
    "unlabeled": (0, 0, 0), "ego vehicle": (0, 0, 0), "rectification border": (0, 0, 0), "out of roi": (0, 0, 0),
    "static": (0, 0, 0), "dynamic": (111, 74, 0), "ground": (81, 0, 81), "road": (128, 64, 128),
    "sidewalk": (244, 35, 232), "parking": (250, 170, 160), "rail track": (230, 150, 140), "building": (70, 70, 70),
    "wall": (102, 102, 156), "fence": (190, 153, 153), "guard rail": (180, 165, 180), "bridge": (150, 100, 100),
    "tunnel": (150, 120, 90), "pole": (153, 153, 153), "polegroup": (153, 153, 153), "traffic light": (250, 170, 30),
    "traffic sign": (220, 220, 0), "vegetation": (107, 142, 35), "terrain": (152, 251, 152), "sky": (70, 130, 180),
    "person": (220, 20, 60), "rider": (255, 0, 0), "car": (0, 0, 142), "truck": (0, 0, 70), "bus": (0, 60, 100),
    "caravan": (0, 0, 90), "trailer": (0, 0, 110), "train": (0, 80, 100), "motorcycle": (0, 0, 230),
    "bicycle": (119, 11, 32),
}
# fmt: on
"""The classes of `labelIds` by their values, with the colours of the authors' scripts."""
OBJECTS = "objectInfo150.txt"
"""The file of ADE20K that names its classes."""


class CMPFacades(MapDataModule):
    """Facades and their parts in twelve classes (CMP Facades, base and extended), labels to photo. Fetched by hand.

    Args:
        held_out: Share of the facades held out, between 0 and 1.
        split_seed: Chooses them.
        **loading: Further arguments of `MapDataModule`.

    Raises:
        UserError: If a value is not possible, or the set is not there.
    """

    home = "http://cmp.felk.cvut.cz/~tylecr1/facade"
    licence = "for research only"
    layout = "root/base/ and, if wanted, extended/ with a .jpg and a .png for each facade, as they are published"

    def __init__(self, held_out: Share = 0.1, split_seed: Seed = 0, **loading: Any) -> None:
        super().__init__(**loading)
        self.held_out, self.split_seed = held_out, split_seed

    @property
    def labels(self) -> LabelMaps:
        return LabelMaps(CMP_NAMES, CMP_COLOURS)

    def examples_of(self, split: Split) -> list[Pair]:
        return folders.chosen({"train": self._examples}, split, self.held_out, self.split_seed)

    @cached_property
    def _examples(self) -> list[Pair]:
        root = folders.existing(self.root, self.layout)
        there = [folder for name in ("base", "extended") if (folder := root / name).is_dir()] or [root]
        files = [file for folder in there for file in listing(folder)]
        maps, photos = ([file for file in files if file.path.suffix.lower() in endings] for endings in (PNG, JPEG))
        return matched(self.root, maps, photos)


PNG, JPEG = {".png"}, {".jpg", ".jpeg"}


class CityscapesMaps(MapDataModule):
    """2,975 street scenes in 34 classes with their single things, labels to photo. Fetched by hand.

    Args:
        instances: Whether the edges of single things are learned from too.
        **loading: Further arguments of `MapDataModule`.

    Raises:
        UserError: If a value is not possible, or the set is not there.
    """

    home = "https://www.cityscapes-dataset.com"
    licence = "for non-commercial use, after registration; not to be passed on"
    layout = "root/leftImg8bit/train/ val/ and root/gtFine/train/ val/, as they are published"

    def __init__(self, instances: bool = True, **loading: Any) -> None:
        super().__init__(**loading)
        self.instances = instances

    @property
    def labels(self) -> LabelMaps:
        return with_unknown(LabelMaps(tuple(CITYSCAPES), tuple(CITYSCAPES.values())), 255)

    @property
    def has_edges(self) -> bool:
        return self.instances

    def examples_of(self, split: Split) -> list[Pair]:
        return self._parts["train" if split == "train" else "val"]

    @cached_property
    def _parts(self) -> dict[Split, list[Pair]]:
        root = folders.existing(self.root, self.layout)
        return {split: self._examples(root, split) for split in ("train", "val")}

    def _examples(self, root: Path, split: Split) -> list[Pair]:
        photos, fine = (folders.files_below(root / name / split) for name in ("leftImg8bit", "gtFine"))
        kinds = [(fine, "_gtFine_labelIds"), (photos, "_leftImg8bit")]
        kinds += [(fine, "_gtFine_instanceIds")] if self.instances else []
        return matched(self.root, *(_ending(files, end) for files, end in kinds))


class ADE20K(MapDataModule):
    """20,210 scenes in 150 classes (MIT Scene Parsing Benchmark), labels to photo. Fetched by hand.

    Args:
        instances: Whether the edges of single things are learned from too, where `annotations_instance/` is there.
        **loading: Further arguments of `MapDataModule`.

    Raises:
        UserError: If a value is not possible, or the set is not there.
    """

    home = "http://sceneparsing.csail.mit.edu"
    licence = "for non-commercial research and education only"
    layout = (
        "root/images/training/ validation/ and root/annotations/training/ validation/, as they are published; "
        "annotations_instance/ of the same challenge, if wanted"
    )

    def __init__(self, instances: bool = True, **loading: Any) -> None:
        super().__init__(**loading)
        self.instances = instances

    @cached_property
    def labels(self) -> LabelMaps:
        content = content_of(Path(self.root), OBJECTS) if Path(self.root).is_dir() else None
        names = _ade_names(content.decode("utf-8", "replace")) if content else {}
        return LabelMaps(("other", *(names.get(value, f"class {value}") for value in range(1, 151))))

    @cached_property
    def has_edges(self) -> bool:
        return self.instances and (Path(self.root) / "annotations_instance").is_dir()

    def examples_of(self, split: Split) -> list[Pair]:
        return self._parts["train" if split == "train" else "val"]

    @cached_property
    def _parts(self) -> dict[Split, list[Pair]]:
        root = folders.existing(self.root, self.layout)
        kinds = ["annotations", "images", *(["annotations_instance"] if self.has_edges else [])]
        places: dict[Split, str] = {"train": "training", "val": "validation"}
        return {
            split: matched(self.root, *(folders.files_below(root / kind / place) for kind in kinds))
            for split, place in places.items()
        }


def matched(root: str, maps: Sequence[File], photos: Sequence[File], *things: Sequence[File]) -> list[Pair]:
    """Examples of the files that have one name.

    Raises:
        UserError: If there are none.
    """
    others = [{file.name: file for file in files} for files in (photos, *things)]
    found = [
        Pair(file.name, (file, *(other[file.name] for other in others)))
        for file in maps
        if all(file.name in other for other in others)
    ]
    if not found:
        raise UserError(f"data.root: {root} has no label maps with photographs of the same names; see gan list data")
    return found


def _ending(files: Sequence[File], end: str) -> list[File]:
    """The files whose names end so, named without it."""
    return [file._replace(name=file.name.removesuffix(end)) for file in files if file.name.endswith(end)]


def _ade_names(text: str) -> dict[int, str]:
    """The first name of each class by its value, from a table with tabs: number, three shares, names."""
    rows = [line.split("\t") for line in text.splitlines()]
    return {int(row[0]): row[-1].split(",")[0].split(";")[0].strip() for row in rows if row[0].strip().isdecimal()}
