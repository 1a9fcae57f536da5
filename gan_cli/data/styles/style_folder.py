"""The user's own photographs and pictures in styles."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from gan_cli.data import folders
from gan_cli.data.archives import File, listing
from gan_cli.data.datamodules import Facts, NamedImage, Split
from gan_cli.data.decoding import Recipe
from gan_cli.data.file_sets import FileDataModule, named_files
from gan_cli.data.parts import LabelledImages
from gan_cli.data.styles.styled_parts import ContentAndStyles, checked_names, numbers_drawn, style_name
from gan_cli.data.transforms import LARGEST, Framing
from gan_cli.errors import UserError
from gan_cli.media.image_files import is_image_file, stem_of
from gan_cli.media.images import Images
from gan_cli.media.medium import Medium
from gan_cli.ranges import PixelsOrNone, Seed, Share

LAYOUT = "content/ with photographs and style/ with a picture for each style"


class StyleFolder(FileDataModule):
    """A folder of photographs, and a folder or a list of pictures, each of which is a style.

    Photographs are in `content` (or in `content/train` and `content/test`), pictures in `style`; a style is named after
    its file. Of every file the largest square in the middle is taken.

    Args:
        content: The folder of photographs below the root; "" is the root itself.
        styles: Files of pictures, such as [monet.jpg,waves.jpg], instead of all those in the folder `style`; a path is
            looked for below the root, and then as it is.
        new_styles: Names of the styles that are learned, where a network knows the others already (`--init`); () all.
        style_load_size: Side that pictures are brought to before a square of the image's size is cut at random, which
            makes their strokes larger; 0 shows them whole.
        held_out: Share of the photographs held out where there are no others, between 0 and 1.
        split_seed: Chooses them.
        **loading: Further arguments of `FileDataModule`.

    Raises:
        UserError: If a value is not possible, or a folder or a file is missing.
    """

    home = "your own"
    licence = "yours"
    layout = (
        "root/content/ with photographs and root/style/ with a picture for each style; or any folder of photographs, "
        "and the pictures named with --data.styles"
    )
    square = LARGEST
    fields: Mapping[str, Medium] = {"content": Images(), "style": Images()}

    def __init__(
        self,
        content: str = "content",
        styles: tuple[str, ...] = (),
        new_styles: tuple[str, ...] = (),
        style_load_size: PixelsOrNone = 0,
        held_out: Share = 0.1,
        split_seed: Seed = 0,
        **loading: Any,
    ) -> None:
        super().__init__(**loading)
        if style_load_size and style_load_size < self.image_size:
            raise UserError(
                f"data.style_load_size: {style_load_size} is less than the {self.image_size} pixels that are cut from "
                "it; take 0 to cut nothing"
            )
        if not content and not styles:
            raise UserError("data.styles: the photographs are the root's own; type the pictures too")
        self.content = content
        self.styles = tuple(styles)
        self.new_styles = tuple(new_styles)
        self.style_framing = Framing(self.image_size, style_load_size or self.image_size, flip=False)
        self.held_out, self.split_seed = held_out, split_seed

    @cached_property
    def style_files(self) -> list[File]:
        """The pictures, one a style, in the order of the styles."""
        root = folders.existing(self.root, LAYOUT)
        if not self.styles:
            return listing(folders.existing(str(root / "style"), "a picture for each style (or type --data.styles)"))
        return [self._typed(root, typed) for typed in self.styles]

    @cached_property
    def style_names(self) -> tuple[str, ...]:
        """The names of the styles."""
        names = checked_names([style_name(file.name) for file in self.style_files])
        numbers_drawn(names, self.new_styles)
        return names

    @property
    def facts(self) -> Facts:
        return {
            "name": self.name,
            "image_size": self.image_size,
            "image_channels": 3,
            "domains": ("content", "style"),
            "style_names": self.style_names,
            "new_styles": self.new_styles,
        }

    def groups(self, split: Split) -> dict[str, list[File]]:
        return {"content": self._photographs(split), "style": self.style_files}

    def part(self, split: Split) -> ContentAndStyles:
        photographs = self._photographs(split)
        store = self.stored(split, photographs, self.recipe(split, 3))
        content = LabelledImages(store, torch.zeros(len(photographs), dtype=torch.int64), self.framing_of(split))
        styles = self.stored(split, self.style_files, self._style_recipe)
        drawn = numbers_drawn(self.style_names, self.new_styles)
        return ContentAndStyles(content, "images", styles, self.style_framing, drawn)

    def test_inputs(self, domain: str) -> list[NamedImage]:
        return named_files(self._photographs("test"), self.recipe("test", 3))

    @property
    def _style_recipe(self) -> Recipe:
        return self.recipe("test", 3)._replace(side=self.style_framing.load_size)

    def _photographs(self, split: Split) -> list[File]:
        root = folders.existing(self.root, LAYOUT)
        there = any((folder / self.content).is_dir() for folder in (root, root / "train"))
        parts = folders.domain_parts(root, self.content) if there else {}
        if not any(parts.values()):
            raise UserError(f"data.content: there are no photographs in {root / self.content}; it must hold some")
        return folders.chosen(parts, split, self.held_out, self.split_seed)

    def _typed(self, root: Path, typed: str) -> File:
        """The file that was typed for a style."""
        for path in (root / typed, Path(typed)):
            if path.is_file():
                if not is_image_file(path):
                    raise UserError(f"data.styles: {path} is no image; take a picture")
                return File(path.parent, path.name, stem_of(path.name))
        raise UserError(f"data.styles: {typed} is neither below {root} nor a file of its own; name a picture")
