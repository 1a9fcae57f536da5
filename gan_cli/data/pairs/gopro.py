"""Photographs blurred by the camera's movement beside sharp ones, as GoPro's frames."""

from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from gan_cli.data import folders
from gan_cli.data.datamodules import Split
from gan_cli.data.decoding import Pair
from gan_cli.data.pairs.translation_sets import PairedDataModule
from gan_cli.errors import UserError

SHARP = "sharp"


class GoPro(PairedDataModule):
    """2,103 blurred frames and 1,111 held-out ones with the sharp ones (Nah et al. 2017), cut at their resolution.

    Args:
        blurred: Frames averaged as they are ("blur"), or as light ("blur_gamma").
        **loading: Further arguments of `PairedDataModule`.

    Raises:
        UserError: If a value is not possible, or the set is not there.
    """

    home = "https://seungjunnah.github.io/Datasets/gopro"
    licence = "CC BY 4.0"
    layout = "root/train/SCENE/ test/SCENE/ with blur/ (or blur_gamma/) and sharp/ in each: fetch GOPRO_Large by hand"
    crops = True
    source = "left"

    def __init__(self, blurred: Literal["blur", "blur_gamma"] = "blur", **loading: Any) -> None:
        super().__init__(**loading)
        self.blurred = blurred

    @property
    def domains(self) -> tuple[str, str]:
        return "blurred", SHARP

    def pairs(self, split: Split) -> list[Pair]:
        return self._parts["train" if split == "train" else "test"]

    @cached_property
    def _parts(self) -> dict[Split, list[Pair]]:
        root = folders.existing(self.root, self.layout)
        scenes = {split: sorted(path for path in (root / split).glob("*") if path.is_dir()) for split in SPLITS}
        found: dict[Split, list[Pair]] = {}
        for split, places in scenes.items():
            found[split] = [pair for place in places for pair in self._scene(place)]
            if not found[split]:
                raise UserError(
                    f"data.root: {self.root}/{split} has no scenes with {self.blurred}/ and {SHARP}/; "
                    f"type --data.root FOLDER, with {self.layout}"
                )
        return found

    def _scene(self, place: Path) -> list[Pair]:
        """The pairs of one film; the paths of both sides are told from its folder."""
        sharp = {file.name: file for file in folders.files_below(place / SHARP)}
        blurred = [file for file in folders.files_below(place / self.blurred) if file.name in sharp]
        return [Pair(f"{place.name}/{file.name}", (file, sharp[file.name])) for file in blurred]


SPLITS: tuple[Split, ...] = ("train", "test")
