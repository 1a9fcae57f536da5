"""LSUN as it is published: an LMDB database for each category and split, whose values are encoded images."""

import re
from functools import cached_property
from pathlib import Path
from typing import Any

from torch import Tensor

from gan_cli.data import archives, folders
from gan_cli.data.archives import File
from gan_cli.data.datamodules import Split
from gan_cli.data.images.labelled_sets import LabelledFileDataModule
from gan_cli.errors import UserError, nearest
from gan_cli.ranges import Seed, Share

DATABASE = r"(.+)_(?:train|val|test)_lmdb"
LAYOUT = "CATEGORY_train_lmdb/ and CATEGORY_val_lmdb/ of LSUN (https://www.yf.io/p/lsun)"


class LSUN(LabelledFileDataModule):
    """Scenes and objects by category (Yu et al. 2015), as LMDB databases; to be fetched by hand.

    `root/lsun` or the root itself holds the unpacked databases, such as `bedroom_train_lmdb/` and `bedroom_val_lmdb/`.
    Where a category has no `val`, a share of its images is held out.

    Args:
        root: Folder that holds `lsun/` or the databases; of a database itself, its category is taken.
        categories: Which; several are the classes.
        held_out: Share of a category's images held out where there are no others, between 0 and 1.
        split_seed: Chooses them.
        **loading: Further arguments of `LabelledFileDataModule`.

    Raises:
        UserError: If a value is not possible.
    """

    home = "https://www.yf.io/p/lsun"
    licence = "none stated by its authors (Yu et al. 2015); the images are of others"
    layout = (
        "fetch categories with the download.py of https://github.com/fyu/lsun and unzip them; "
        "root/lsun/CATEGORY_train_lmdb/ and, if wanted, CATEGORY_val_lmdb/"
    )

    def __init__(
        self,
        root: str = "data",
        categories: tuple[str, ...] = ("bedroom",),
        held_out: Share = 0.1,
        split_seed: Seed = 0,
        **loading: Any,
    ) -> None:
        super().__init__(root=root, **loading)
        if len(set(categories)) < max(1, len(categories)):
            raise UserError(f"data.categories: {list(categories)} is not possible; take one or more, each once")
        named = re.fullmatch(DATABASE, Path(root).resolve().name)
        self.categories = (named[1],) if named else tuple(categories)
        self.held_out, self.split_seed = held_out, split_seed

    @property
    def classes(self) -> tuple[str, ...]:
        return self.categories if len(self.categories) > 1 else ()

    def labelled_files(self, split: Split) -> tuple[list[File], Tensor]:
        return folders.labelled(self._databases, split, self.held_out, self.split_seed)

    @cached_property
    def _databases(self) -> list[folders.Parts]:
        """The images of each category by part; listed once, because there are up to millions."""
        root = self._root()
        there = {path.name: path for path in sorted(root.glob("*_lmdb")) if archives.is_database(path)}
        known = sorted({name.removesuffix("_train_lmdb") for name in there if name.endswith("_train_lmdb")})
        for category in self.categories:
            if category not in known:
                found = f"{root} has {', '.join(known)}" if known else f"{root} must hold {LAYOUT}"
                raise UserError(
                    f"data.categories: there is no {category}_train_lmdb{nearest(category, known)}\n{found}"
                )
        return [
            {
                split: [file._replace(name=f"{category}/{file.name}") for file in archives.values(path)]
                for split in folders.SPLITS
                if (path := there.get(f"{category}_{split}_lmdb"))
            }
            for category in self.categories
        ]

    def _root(self) -> Path:
        root = folders.existing(self.root, LAYOUT)
        if re.fullmatch(DATABASE, root.resolve().name):
            return root.resolve().parent
        return root / "lsun" if (root / "lsun").is_dir() else root
