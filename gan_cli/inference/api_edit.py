"""The Python side of `gan edit --input`."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from gan_cli import ranges
from gan_cli.devices.float32 import true_float32
from gan_cli.errors import UserError
from gan_cli.inference.attribute_changes import Values, applied, change_of, columns_of, read_change
from gan_cli.inference.attribute_editor import Editor
from gan_cli.inference.targets import fitted
from gan_cli.media import reading
from gan_cli.media.reading import Unreadable
from gan_cli.ranges import Few
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.icgan import Encoded, editing

Pictures = Tensor | str | Path | Sequence[str | Path]
"""Files, or pictures as they are kept: uint8 [N, C, S, S]."""


class EditsPictures:
    """What a trained GAN does with pictures whose attributes it reads.

    Attributes:
        model: The LightningModule, in eval mode.
    """

    model: AdversarialModule

    @true_float32()
    def read_attributes(self, input: Pictures, *, soft: bool = False) -> Encoded:
        """What the encoders read in pictures: latents [N, Z], and attributes [N, K] from 0 to 1, on the CPU.

        Args:
            input: Files, or uint8 [N, C, S, S].
            soft: Whether attributes stay between 0 and 1; otherwise they are there or not.

        Raises:
            UserError: If the model reads none, or a picture cannot be read or does not fit.
        """
        editor = Editor(editing(self.model), soft=soft)
        return editor.read(_pictures(editor, input, "input"))

    @true_float32()
    def edit_pictures(
        self,
        input: Pictures,
        set: Values | str | Sequence[Values | str] = (),
        *,
        swap: Pictures | None = None,
        steps: Few | None = None,
        soft: bool = False,
        ema: bool = True,
    ) -> Tensor:
        """Pictures with other attributes, as `gan edit --input` makes them.

        Args:
            input: N of them.
            set: What attributes are to be, such as "smiling=1,bald=0", {"smiling": 1} or {"smiling": (0, 1)}, or
                several of these, one after the other; with none the pictures are made again as they are.
            swap: A picture to exchange the attributes with.
            steps: Pictures of a change that goes from one value to another; None takes seven.
            soft: Whether attributes are as strong as they are read; otherwise there or not.
            ema: The averaged generator, or the one that was trained.

        Returns:
            uint8 [N, S, C, H, W]: the picture made again, and behind it each of the changes; of a swap the picture with
            the other's attributes, and that one with the picture's.

        Raises:
            UserError: If the model reads no attributes, or something does not fit it.
        """
        ranges.check("", EditsPictures.edit_pictures, {"steps": steps, "soft": soft, "ema": ema})
        editor = Editor(editing(self.model), ema, soft)
        changes = [
            read_change(editor.model, one) if isinstance(one, str) else change_of(editor.model, one)
            for one in ([set] if isinstance(set, str | Mapping) else set)
        ]
        if swap is not None and changes:
            raise UserError("set: it means nothing beside swap; leave one of the two out")
        found = editor.read(_pictures(editor, input, "input"))
        count = len(found.latents)
        if swap is not None:
            other = editor.read(_pictures(editor, swap, "swap"))
            if len(other.latents) != 1:
                raise UserError(f"swap: there are {len(other.latents)} pictures, and one is wanted")
            labels = torch.stack([other.labels.expand(count, -1), found.labels], dim=1)
            latents = torch.stack([found.latents, other.latents.expand(count, -1)], dim=1)
        else:
            columns = columns_of(changes, steps)
            labels = torch.stack(
                [found.labels, *(applied(editor.model, found.labels, column) for column in columns)], dim=1
            )
            latents = found.latents[:, None].expand(-1, labels.shape[1], -1)
        return torch.unflatten(editor.made(latents.flatten(0, 1), labels.flatten(0, 1)), 0, (count, -1))


def _pictures(editor: Editor, given: Pictures, name: str) -> Tensor:
    """Pictures as the model sees them, before they are floats."""
    if isinstance(given, Tensor):
        if given.dtype != torch.uint8 or given.ndim != 4 or tuple(given.shape[1:]) != editor.shape:
            wanted = ", ".join(map(str, editor.shape))
            raise UserError(f"{name}: {given.dtype} {list(given.shape)} is none; give uint8 [N, {wanted}], or files")
        return given
    paths = [given] if isinstance(given, str | Path) else list(given)
    try:
        found = [fitted(editor.model, reading.read(Path(path)), editor.shape) for path in paths]
    except Unreadable as error:
        raise UserError(f"{name}: {error.path} cannot be read ({error.reason})") from error
    if not found:
        raise UserError(f"{name}: there is nothing; give files, or pictures")
    return torch.stack(found)
