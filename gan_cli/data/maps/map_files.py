"""From the files of a label map, its photograph and its single things to uint8 tensors; maps are never resampled."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from gan_cli.data.archives import File
from gan_cli.data.decoding import Pair, Recipe
from gan_cli.data.stores import BrokenFile, Shape
from gan_cli.media import reading
from gan_cli.media.label_files import read_labels
from gan_cli.media.label_maps import LabelMaps, edges_of

MAP, PHOTO, THINGS = 0, 1, 2
"""Places among an example's files: the label map, the photograph, and, where there is one, the map of single things."""


class MapRecipe(NamedTuple):
    """How the files of an example become one image: the map, the photograph, and edges where single things are known.

    Attributes:
        photo: How photographs become tensors; maps get the same size by the nearest pixel.
        labels: Says which values a map has.
        edges: Whether there are maps of single things, whose edges are wanted.
    """

    photo: Recipe
    labels: LabelMaps
    edges: bool = False

    @property
    def side(self) -> int:
        """Side of the squares made, in pixels; 0 where images keep their size."""
        return self.photo.side

    @property
    def channels(self) -> dict[str, int]:
        """How many channels each field has, by name and in order."""
        return {"source": 1, "target": self.photo.channels[0], **({"edges": 1} if self.edges else {})}

    @property
    def shape(self) -> Shape:
        """Shape of the images made."""
        return sum(self.channels.values()), self.side, self.side

    def make(self, example: Pair) -> Tensor:
        """An example as one image, uint8 [C, S, S].

        Raises:
            BrokenFile: If a file is damaged or has a value of no class, or the files differ in size.
        """
        labels = self.map_of(example)
        photo = self.photo.opened(example.files[PHOTO])
        self._check_size(example, (labels.shape[2], labels.shape[1]), photo.size)
        parts = [self._sized(labels[0].numpy()), self.photo.brought(photo)]
        if self.edges:
            things = self._things(example.files[THINGS])
            self._check_size(example, (things.shape[1], things.shape[0]), photo.size)
            parts.append(edges_of(self._sized(things)))
        return torch.cat(parts)

    def part(self, example: Pair, number: int = 0) -> Tensor:
        """The map (0) or the photograph (1), uint8 [C, S, S].

        Raises:
            BrokenFile: If a file is damaged or has a value of no class.
        """
        if number == PHOTO:
            return self.photo.brought(self.photo.opened(example.files[PHOTO]))
        return self._sized(self.map_of(example)[0].numpy())

    def edges_of(self, example: Pair) -> Tensor:
        """The edges of an example's single things, uint8 [1, S, S].

        Raises:
            BrokenFile: If their file is damaged.
        """
        return edges_of(self._sized(self._things(example.files[THINGS])))

    def map_of(self, example: Pair) -> Tensor:
        """The label map as it is in its file, uint8 [1, H, W].

        Raises:
            BrokenFile: If it is damaged, or has a value of no class.
        """
        file = example.files[MAP]
        medium = self.labels
        try:
            content = file.content()
            return read_labels(
                file.path, len(medium.names), medium.palette, medium.unknown, content, self.photo.max_pixels
            )
        except reading.Unreadable as error:
            raise BrokenFile(
                f"data: {file.path} is no map of these labels: {error.reason}; mend it, or type --data.on_error skip"
            ) from error

    def check(self, example: Pair) -> None:
        """Looks at the map, and at the size of the photograph, without decoding it.

        Raises:
            BrokenFile: If the map is damaged or has a value of no class, or the two differ in size.
        """
        labels, photo = self.map_of(example), example.files[PHOTO]
        try:
            size = reading.size(photo.path, photo.content(), self.photo.max_pixels)
        except reading.Unreadable:
            return  # which is said elsewhere
        self._check_size(example, (labels.shape[2], labels.shape[1]), size)

    def _things(self, file: File) -> NDArray[np.int32]:
        """Numbers of single things, [H, W]; of an image of several channels, all of them together tell one thing."""
        try:
            values = reading.values(file.path, file.content(), self.photo.max_pixels)
        except reading.Unreadable as error:
            raise BrokenFile(f"data: {file.path} cannot be read ({error.reason})") from error
        if values.ndim == 3:
            values = values[..., :3].astype(np.int32) @ np.array([1 << 16, 1 << 8, 1], dtype=np.int32)
        return values.astype(np.int32)

    def _sized(self, values: NDArray[np.uint8] | NDArray[np.int32]) -> Tensor:
        """Whole numbers [H, W] at the recipe's size, each that of the nearest pixel, [1, S, S]."""
        if self.side:
            square = Image.fromarray(values).resize((self.side, self.side), Image.Resampling.NEAREST)
            values = np.array(square)
        return torch.from_numpy(values)[None]

    @staticmethod
    def _check_size(example: Pair, of_map: tuple[int, int], of_photo: tuple[int, int]) -> None:
        if of_map != of_photo:
            sizes = " and ".join(f"{width}x{height}" for width, height in (of_map, of_photo))
            raise BrokenFile(
                f"data: {example.files[MAP].path} and {example.files[PHOTO].path} differ in size ({sizes}); mend one, "
                "or type --data.on_error skip"
            )
