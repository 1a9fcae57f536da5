"""The user's own folders of images to translate between: pairs, or two domains."""

from typing import Any

from gan_cli.data import folders
from gan_cli.data.archives import File
from gan_cli.data.datamodules import Split
from gan_cli.data.decoding import Pair, Side
from gan_cli.data.pairs.translation_sets import PairedDataModule, UnpairedDataModule
from gan_cli.errors import UserError
from gan_cli.ranges import Seed, Share

PAIRED = "pix2pix's train/ with both sides in one file, or two folders paired by name"
UNPAIRED = "CycleGAN's trainA/ and trainB/, or two folders of images"


class PairedFolder(PairedDataModule):
    """A folder of pairs: pix2pix's layout with two sides in one file, or two folders paired by name.

    The first is `train/ val/ test/`, the second `source/ target/` (or any two names) at the top or inside those. The
    paths of partners differ in the endings at most. Without `val` and `test` a share is held out.

    Args:
        source: Where the source is in files that hold both sides.
        source_name: The source's name. Of two folders the one of this name; "" takes the first, or "source".
        target_name: The target's name. Of two folders the one of this name; "" takes the second, or "target".
        held_out: Share of the training pairs held out where there are no others, between 0 and 1.
        split_seed: Chooses them.
        **loading: Further arguments of `PairedDataModule`.

    Raises:
        UserError: If a value is not possible, or the folder has another layout.
    """

    home = "your own"
    licence = "yours"
    layout = (
        "root/train/ val/ test/ with both sides beside each other in one file; or two folders in which files of one "
        "name are a pair, at the top or inside those"
    )

    def __init__(
        self,
        source: Side = "left",
        source_name: str = "",
        target_name: str = "",
        held_out: Share = 0.1,
        split_seed: Seed = 0,
        **loading: Any,
    ) -> None:
        super().__init__(**loading)
        self.source = source
        self.typed_names = (source_name, target_name)
        self.held_out, self.split_seed = held_out, split_seed

    @property
    def domains(self) -> tuple[str, str]:
        source, target = self._folders() or self.typed_names
        return source or "source", target or "target"

    def pairs(self, split: Split) -> list[Pair]:
        parts, lonely = self._parts()
        if lonely and self.on_error == "raise":
            raise UserError(
                f"data.root: {len(lonely)} files of {self.root} have no partner of the same name, such as "
                f"{lonely[0].path}\nTake them out, put their partners beside them, or type --data.on_error skip"
            )
        return folders.chosen(parts, split, self.held_out, self.split_seed)

    def without_partner(self) -> list[File]:
        return self._parts()[1]

    def _parts(self) -> tuple[dict[Split, list[Pair]], list[File]]:
        """The pairs of each part, and the files that have no partner."""
        root = folders.existing(self.root, PAIRED)
        names = self._folders()
        if names is None:
            return folders.side_by_side(folders.plain_parts(root)), []
        return folders.paired_by_name(*(folders.domain_parts(root, name) for name in names))

    def _folders(self) -> tuple[str, str] | None:
        """The folders of source and target; None where a file holds both."""
        root = folders.existing(self.root, PAIRED)
        names = folders.domain_names(root)
        if not names and not (root / "train").is_dir():
            raise UserError(f"data.root: {self.root} must hold {PAIRED}")
        return folders.two_of(names, *self.typed_names, ("source_name", "target_name")) if names else None


class UnpairedFolder(UnpairedDataModule):
    """A folder of two domains: CycleGAN's layout trainA/ trainB/ testA/ testB/, or two folders of any name.

    The two may hold `train/` and `test/`, or be inside them. Without test folders a share is held out.

    Args:
        a_name: The first domain. Of two folders the one of this name. "" takes the first of them; in CycleGAN's layout
            horse of a folder `horse2zebra`, otherwise "a".
        b_name: The second domain, likewise.
        held_out: Share of the training images held out where there are no others, between 0 and 1.
        split_seed: Chooses them.
        **loading: Further arguments of `UnpairedDataModule`.

    Raises:
        UserError: If a value is not possible, or the folder has another layout.
    """

    home = "your own"
    licence = "yours"
    layout = "root/trainA/ trainB/ testA/ testB/; or two folders of any name"

    def __init__(
        self, a_name: str = "", b_name: str = "", held_out: Share = 0.1, split_seed: Seed = 0, **loading: Any
    ) -> None:
        super().__init__(**loading)
        self.typed_names = (a_name, b_name)
        self.held_out, self.split_seed = held_out, split_seed

    @property
    def domains(self) -> tuple[str, str]:
        root = folders.existing(self.root, UNPAIRED)
        if self._lettered():
            a, b = folders.names_in(root.resolve().name)
            return self.typed_names[0] or a, self.typed_names[1] or b
        return folders.two_of(folders.domain_names(root), *self.typed_names, ("a_name", "b_name"))

    def files(self, split: Split) -> tuple[list[File], list[File]]:
        root = folders.existing(self.root, UNPAIRED)
        if self._lettered():
            domains = [folders.plain_parts(root, letter) for letter in "AB"]
        else:
            domains = [folders.domain_parts(root, name) for name in self.domains]
        a, b = (folders.chosen(parts, split, self.held_out, self.split_seed) for parts in domains)
        return a, b

    def _lettered(self) -> bool:
        root = folders.existing(self.root, UNPAIRED)
        return all((root / f"train{letter}").is_dir() for letter in "AB")
