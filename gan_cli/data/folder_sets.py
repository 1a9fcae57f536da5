"""One's own folders of images as data sets: of pairs, of two domains, of many."""

from typing import Any

import torch
from torch import Tensor

from gan_cli.data import folders
from gan_cli.data.datamodules import Split
from gan_cli.data.file_parts import Side
from gan_cli.data.folders import File, Pair
from gan_cli.data.translation_sets import DomainDataModule, PairedDataModule, UnpairedDataModule
from gan_cli.errors import UserError

PAIRED = "pix2pix's train/ with both sides in one file, or two folders paired by name"
UNPAIRED = "CycleGAN's trainA/ and trainB/, or two folders of images"
DOMAINS = "a folder of images for each domain, or train/ with such folders"


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

    def __init__(
        self,
        source: Side = "left",
        source_name: str = "",
        target_name: str = "",
        held_out: float = 0.1,
        split_seed: int = 0,
        **loading: Any,
    ) -> None:
        super().__init__(**loading)
        self.source = source
        self.typed_names = (source_name, target_name)
        self.held_out, self.split_seed = check_share(held_out), split_seed

    @property
    def domains(self) -> tuple[str, str]:
        source, target = self._folders() or self.typed_names
        return source or "source", target or "target"

    def pairs(self, split: Split) -> list[Pair]:
        root = folders.existing(self.root, PAIRED)
        names = self._folders()
        if names is None:
            parts = folders.side_by_side(folders.plain_parts(root))
        else:
            parts = folders.paired_by_name(*(folders.domain_parts(root, name) for name in names))
        return folders.chosen(parts, split, self.held_out, self.split_seed)

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

    def __init__(
        self, a_name: str = "", b_name: str = "", held_out: float = 0.1, split_seed: int = 0, **loading: Any
    ) -> None:
        super().__init__(**loading)
        self.typed_names = (a_name, b_name)
        self.held_out, self.split_seed = check_share(held_out), split_seed

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


class DomainFolder(DomainDataModule):
    """A folder for each domain or class, inside train/ and test/ or at the top, where a share is held out.

    Args:
        held_out: Share of each domain's images held out where there are no others, between 0 and 1.
        split_seed: Chooses them.
        **loading: Further arguments of `DomainDataModule`.

    Raises:
        UserError: If a value is not possible, or the folder has another layout.
    """

    def __init__(self, held_out: float = 0.1, split_seed: int = 0, **loading: Any) -> None:
        super().__init__(**loading)
        self.held_out, self.split_seed = check_share(held_out), split_seed

    @property
    def domains(self) -> tuple[str, ...]:
        names = folders.domain_names(folders.existing(self.root, DOMAINS))
        if not names:
            raise UserError(f"data.root: {self.root} must hold {DOMAINS}")
        return names

    def labelled_files(self, split: Split) -> tuple[list[File], Tensor]:
        root = folders.existing(self.root, DOMAINS)
        files: list[File] = []
        labels: list[int] = []
        for label, name in enumerate(self.domains):
            parts = folders.domain_parts(root, name)
            found = folders.chosen(parts, split, self.held_out, self.split_seed)
            files += [file._replace(name=f"{name}/{file.name}") for file in found]
            labels += [label] * len(found)
        return files, torch.tensor(labels)


def check_share(held_out: float) -> float:
    """A share of images to hold out, if it is possible.

    Raises:
        UserError: If it is not.
    """
    if not 0 < held_out < 1:
        raise UserError(f"data.held_out: {held_out} is not possible; take a share between 0 and 1, such as 0.1")
    return held_out
