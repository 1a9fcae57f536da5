"""What every translator does: images of one domain in, images of another out."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from gan_cli.errors import UserError
from gan_cli.media.medium import Medium
from gan_cli.networks.patchgan import STRIDED_LAYERS, PatchSize, least_side
from gan_cli.ranges import Pixels
from gan_cli.variants.base import AdversarialModule, check


class Sizes(NamedTuple):
    """Which sizes of images a generator takes, and how large its outputs are.

    Attributes:
        multiple: Height and width must be multiples of it.
        tile: Side of the squares that it takes, if it takes no others; 0 takes any size.
        scale: How many times larger the output is than the input, in height and in width; 1 or more.
        whole: Whether images are never cut into tiles: `forward` itself bounds the memory that a large one takes.
    """

    multiple: int
    tile: int
    scale: int = 1
    whole: bool = False


class TranslationModule(AdversarialModule):
    """Makes images from images; a variant adds the players, the directions and the objectives.

    Args:
        image_size: Side of the images it learns from, in pixels; of the larger ones where `sizes` says a scale.
        **optimisation: Further arguments of `AdversarialModule`.

    Raises:
        UserError: If a value is out of its range.
    """

    VERB: ClassVar[str] = "translate"
    NOISY: ClassVar[bool] = False
    """Whether `forward` takes `dropout`, which turns on noise that is drawn from the global random state."""
    latent_dim: int = 0
    """Z, where `forward` takes `latents` from N(0, 1), [N, Z], each of which gives a style; 0 where it takes none.

    What it takes beside images and directions, by name, is `GIVEN`: `reference` is an image of the direction that gives
    a style, as `as_reference` has it.
    """
    JUDGED_IN: ClassVar[str] = ""
    """The name of a mask that the model is given, where nothing but its pixels is made; errors are measured in it."""
    BLENDS: ClassVar[bool] = False
    """Whether directions are styles by their names, of which blends can be typed."""
    RECONSTRUCTS: ClassVar[bool] = False
    """Whether what it makes of an image is to be the image itself, so that errors are measured beside it."""

    WHOLE_SQUARES: ClassVar[bool] = False
    """Whether an image shows one thing as a whole, such as a face: its largest square is brought to the training's size
    before it is translated, and never cut into tiles."""

    def __init__(self, image_size: Pixels = 256, **optimisation: Any) -> None:
        super().__init__(**optimisation)
        self.image_size = image_size

    def finish_players(self) -> None:
        """Does what every variant does at the end of its `__init__`, and refuses a scale that no output can have."""
        scale = self.sizes.scale
        check("scale", scale, isinstance(scale, int) and scale >= 1, "of 1 or more, a whole number")
        super().finish_players()

    # What a variant owns

    @property
    @abstractmethod
    def directions(self) -> tuple[str, ...]:
        """The translations it knows, by the names of the data's domains, such as `horse2zebra`."""

    @abstractmethod
    def channels(self, direction: str) -> tuple[int, int]:
        """C of the images that go in, and of those that come out."""

    def as_reference(self, images: Tensor) -> Tensor:
        """Images [N, C, H, W] of any size as `forward` takes a reference: their middles, [N, C, S, S], in [-1, 1].

        Raises:
            UserError: If they cannot give a style.
        """
        return in_square(images, self.image_size).clamp(-1, 1)

    def starts_from(self, direction: str) -> tuple[str, ...]:
        """The names of the attributes of an image that a direction keeps or turns; () if it needs to know none.

        Where there are some, `forward` also takes `source_labels`, float [N, K] of 0 and 1 in the order of
        `directions`, and reads those that are NaN, or all if it is given none.
        """
        return ()

    def read_labels(self, images: Tensor) -> Tensor:
        """The labels that the model itself reads in images [N, C, H, W] of any size; float [N, K] of 0 and 1."""
        raise NotImplementedError

    def why_not(self, size: Sequence[int], places: Mapping[str, Tensor]) -> str:
        """Why the model cannot translate an image, in words that follow its name; "" if it can.

        Args:
            size: The image's height and width.
            places: What is told of each of its pixels, by name, uint8 [C, H, W] as it is kept.
        """
        return ""

    @property
    @abstractmethod
    def sizes(self) -> Sizes:
        """Which sizes of images the generator takes, and how large its outputs are."""

    @abstractmethod
    def forward(self, images: Tensor, direction: str, ema: bool = True) -> Tensor:
        """Translated images [N, C', sH, sW] in [-1, 1] from images [N, C, H, W]; each as if it were alone.

        Args:
            images: In [-1, 1]; H and W, and the scale s, as `sizes` says.
            direction: One of `directions`.
            ema: The averaged generator where there is one, or the one that is trained.
        """

    @abstractmethod
    def columns(self, batch: Any) -> tuple[Tensor, ...]:
        """The images that a picture of held-out examples shows in a row, each [N, C, H, W] in [-1, 1], of any size."""

    # What a variant uses

    @property
    def source(self) -> Medium:
        """The medium of what is translated: that of the first field of a batch."""
        return next(iter(self.media.values()))

    @property
    def domains(self) -> tuple[str, str]:
        """The names of the two domains, from the data."""
        names = tuple(self.data_facts.get("domains") or ("a", "b"))
        return names[0], names[1]

    def check_direction(self, direction: str) -> None:
        """Refuses a direction that the model does not know.

        Raises:
            UserError: If the direction is none of `directions`.
        """
        if direction not in self.directions:
            raise UserError(f"direction: {direction} is unknown to this model; take {' or '.join(self.directions)}")


def in_square(images: Tensor, side: int) -> Tensor:
    """The squares in the middle of images [N, C, H, W], brought to a side, [N, C, S, S]."""
    shorter = min(images.shape[2:])
    top, left = ((length - shorter) // 2 for length in images.shape[2:])
    squares = images[:, :, top : top + shorter, left : left + shorter]
    if shorter == side:
        return squares
    return interpolate(squares, [side] * 2, mode="bilinear", antialias=True)


@torch.no_grad()
def in_three_channels(images: Tensor) -> Tensor:
    """[N, C, H, W] -> [N, 3, H, W], so that grey and coloured images can stand side by side."""
    return images.expand(-1, 3, -1, -1) if images.shape[1] == 1 else images[:, :3]


def check_patches(patch_size: PatchSize, image_size: int) -> None:
    """Refuses patches of which the images of a model hold none.

    Raises:
        UserError: If a discriminator of such patches has no output.
    """
    possible = [patch for patch in STRIDED_LAYERS if least_side(patch) <= image_size]
    check("image_size", image_size, bool(possible), f"of {min(map(least_side, STRIDED_LAYERS))} or more")
    wanted = f"of {', '.join(map(str, possible))} for images of {image_size} pixels"
    check("patch_size", patch_size, patch_size in possible, wanted)
