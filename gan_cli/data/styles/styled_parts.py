"""A part of a set of photographs and styles, and the names that styles have."""

import re
from collections.abc import Sequence

import torch
from torch import Tensor

from gan_cli.batches import LoadedBatch, StyledBatch
from gan_cli.data.parts import Part
from gan_cli.data.sampling import Span
from gan_cli.data.stores import Store
from gan_cli.data.transforms import Framing
from gan_cli.errors import UserError, nearest
from gan_cli.seeding import stream_indices


class ContentAndStyles(Part):
    """Photographs, each with one of a few pictures, all of which take turns; a pass is one of the photographs.

    Args:
        content: Gives the photographs.
        field: The field of its batches that holds them.
        styles: Gives the pictures, one a style.
        framing: How they are cut; they are never mirrored, because strokes have a direction.
        drawn: Numbers of the styles that are learned, int64.
    """

    def __init__(self, content: Part, field: str, styles: Store, framing: Framing, drawn: Tensor) -> None:
        self.content, self.field = content, field
        self.styles, self.framing = styles, framing
        self.drawn = drawn

    def __len__(self) -> int:
        return len(self.content)

    def __getitem__(self, places: Span | Tensor) -> LoadedBatch:
        loaded = self.content[places]
        if isinstance(places, Span):
            numbers = self.drawn[stream_indices(len(self.drawn), *places, use="order/style")]
            views = self.framing.views(places, "/style")
        else:
            numbers, views = self.drawn[places % len(self.drawn)], self.framing.middle(len(places))
        batch = StyledBatch(
            getattr(loaded.batch, self.field), self.framing.cut(self.styles[numbers], views), labels=numbers
        )
        mirrored = {"content": loaded.mirrored[self.field]} if self.field in loaded.mirrored else {}
        return LoadedBatch(batch, mirrored)

    @property
    def stores(self) -> tuple[Store, ...]:
        return (*self.content.stores, self.styles)

    @property
    def at_hand(self) -> bool:
        return self.content.at_hand and self.styles.at_hand


def style_name(file: str) -> str:
    """The name of a style of its file's, which has no ending: with `_` for what means something in a blend."""
    return re.sub(r"[^\w-]+", "_", file.rpartition("/")[2]).strip("_") or "style"


def checked_names(names: Sequence[str]) -> tuple[str, ...]:
    """Names of styles, if they differ.

    Raises:
        UserError: If there are none, or two are the same.
    """
    if not names:
        raise UserError("data.styles: there are no pictures whose style could be learned")
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise UserError(f"data.styles: two pictures have the name {twice}; rename one of them")
    return tuple(names)


def numbers_drawn(names: Sequence[str], new: Sequence[str]) -> Tensor:
    """The numbers of the styles that are learned, int64: of all, or of the new ones alone.

    Args:
        names: Of all styles.
        new: Of those that are learned; () means all.

    Raises:
        UserError: If there is no such style.
    """
    for name in new:
        if name not in names:
            raise UserError(
                f"data.new_styles: there is no style {name}{nearest(name, names)}, but {', '.join(names[:20])}"
            )
    return torch.tensor([number for number, name in enumerate(names) if not new or name in new])
