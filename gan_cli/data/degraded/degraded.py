"""Any set of images with something taken from them: what super-resolution, inpainting and the like learn from."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Literal, NamedTuple

from torch import Tensor

from gan_cli.batches import PairedBatch, ToldBatch
from gan_cli.data.combined import CombinedDataModule, made
from gan_cli.data.datamodules import Facts, NamedImage, Split
from gan_cli.data.degraded.bicubic import Bicubic
from gan_cli.data.degraded.camera import Camera
from gan_cli.data.degraded.colourless import Grey, Hinted
from gan_cli.data.degraded.degradation import Degradation
from gan_cli.data.degraded.holes import Holes
from gan_cli.data.degraded.motion_blur import MotionBlur
from gan_cli.data.degraded.part import USE, DegradedPart, degraded
from gan_cli.data.pairs.translation_sets import facts_between, side_of
from gan_cli.errors import UserError
from gan_cli.ranges import BatchSize, Pixels, Processes, Range
from gan_cli.seeding import mix

Kind = Literal["bicubic", "blur", "masks", "grey", "hints", "camera"]

SCALE = 4
"""How many times smaller images get unless something else is typed."""
BELONGS: dict[str, tuple[Kind, ...]] = {
    "scale": ("bicubic", "camera"),
    "kernel_size": ("blur",),
    "masks": ("masks",),
    "hints": ("hints",),
}
"""Arguments that only some kinds of degradation take."""
SIDES = ("source", "target")
"""The fields that are the sides of a pair."""


class WholePair(NamedTuple):
    """An image to judge on, at its own size.

    Attributes:
        name: Its path below a folder.
        read: Gives the pair as a batch of one, as it is kept; the sides of the whole are multiples of the scale.
    """

    name: str
    read: Callable[[], PairedBatch | ToldBatch]


class Degraded(CombinedDataModule):
    """Any images, and what is left of them when something is taken away: size, sharpness, pieces, colours. No download.

    Pairs are made as they are asked for: what is drawn at random is a function of the run's seed and the place in its
    stream, and of held-out images of their number, so these never change.

    Args:
        root: Folder of the images; "" is what their set takes itself.
        images: The name of a set of images; "" is `ImageFolder` where a root is given, and otherwise `Photographs`,
            which come with the installation.
        degradation: "bicubic" reduces images, "blur" moves the camera, "masks" cuts holes, "grey" takes the colours,
            "hints" leaves a few of them, "camera" blurs, resizes, adds noise and compresses, twice (Real-ESRGAN).
        scale: How many times smaller "bicubic" and "camera" make an image, by default 4; 1 leaves its size ("camera").
        kernel_size: Side of the kernels of "blur" in pixels, odd; by default a quarter of an image.
        masks: Of "masks": "centre" (the default), "middle", which is a little smaller, "rectangles", "strokes" of a
            brush, "regions" of any shape, a folder of masks that are white in the holes, or several of these joined by
            "+".
        hints: How many colours "hints" leaves; by default a number is drawn for each image, 7 on average.
        crop: Whether images keep their resolution and are cut; by default those of an `ImageFolder`.
        images_options: Further arguments of the set of images by name, such as `flip`.
        image_size: Side of the whole images in pixels.
        batch_size: Pairs per step and process.
        num_workers: Processes that load beside the training.

    Raises:
        UserError: If a value is not possible, there is no such set, or it does not take an argument.
    """

    home = "that of its images"
    licence = "that of its images; of the photographs that come along CC BY 2.0"
    layout = "any images: --data.root FOLDER, or --data.images CelebA; without either, two photographs of scikit-learn"
    offline = True

    def __init__(
        self,
        root: str = "",
        images: str = "",
        degradation: Kind = "bicubic",
        scale: Annotated[int, Range(1, 16)] | None = None,
        kernel_size: Annotated[int, Range(3, 255)] | None = None,
        masks: str = "",
        hints: Annotated[int, Range(0, 10_000)] | None = None,
        crop: bool | None = None,
        images_options: dict[str, Any] | None = None,
        image_size: Pixels = 64,
        batch_size: BatchSize = 16,
        num_workers: Processes = 2,
    ) -> None:
        super().__init__(batch_size, num_workers)
        typed = {"scale": scale, "kernel_size": kernel_size, "masks": masks or None, "hints": hints}
        for name, value in typed.items():
            if value is not None and degradation not in BELONGS[name]:
                raise UserError(
                    f"data.{name}: {value} does nothing where data.degradation is {degradation}; leave it out"
                )
        self.image_size = image_size
        self.how = _chosen(degradation, image_size, scale, kernel_size, masks, hints)
        self.tells_scale = degradation in BELONGS["scale"]
        self.fields = self.how.fields
        name = images or ("ImageFolder" if root else "Photographs")
        keeps = name == "ImageFolder" or None if crop is None else crop
        arguments: dict[str, Any] = {"image_size": image_size, "batch_size": batch_size, "num_workers": num_workers}
        told = {"root": root or None, "crop": keeps}
        arguments |= {name: value for name, value in told.items() if value is not None}
        self.sets = (made("images", name, {**arguments, **(images_options or {})}),)
        self.natural = self.sets[0].natural  # type: ignore[misc]

    @property
    def facts(self) -> Facts:
        (images,) = self.sets
        channels = images.facts["image_channels"]
        if channels not in self.how.takes:
            wanted = " or ".join(map(str, self.how.takes))
            raise UserError(
                f"data.degradation: {images.name} has images of {channels} channels, and {self.hparams['degradation']} "
                f"takes those of {wanted}"
            )
        facts = facts_between(self.name, self.image_size, self.how.domains, (self.how.channels(channels), channels))
        return {**facts, "scale": self.how.scale} if self.tells_scale else facts

    def headings(self) -> list[str]:
        return [f"{self.sets[0].name}, {' from '.join(self.how.domains)}: {self.how}"]

    def recipe_key(self) -> list[str]:
        return [f"{mix(repr(self.how)):016x}"]

    def part(self, split: Split) -> DegradedPart:
        return DegradedPart(self.sets[0].part(split), self.how)

    def whole_pairs(self) -> list[WholePair]:
        """The images to judge on, whole, with what is left of them.

        Raises:
            UserError: If they are not there.
        """
        return [
            WholePair(image.name, partial(self._pair, image, number))
            for number, image in enumerate(self.sets[0].test_inputs(""))
        ]

    def test_inputs(self, domain: str) -> list[NamedImage]:
        side = side_of(domain, self.how.domains)
        told = [name for name in self.fields if name not in SIDES] if side == 0 else []
        return [
            NamedImage(
                pair.name,
                partial(_field_of, pair, SIDES[side]),
                beside=tuple((name, partial(_field_of, pair, name)) for name in told),
            )
            for pair in self.whole_pairs()
        ]

    def _pair(self, image: NamedImage, number: int) -> PairedBatch | ToldBatch:
        whole = multiple_of(image.read(), self.how.scale)
        return degraded(whole[None], self.how, [mix(USE, number)])


def multiple_of(image: Tensor, scale: int) -> Tensor:
    """An image [C, H, W] without the last rows and columns that are too many for sides of a multiple of a scale."""
    height, width = (length // scale * scale for length in image.shape[1:])
    return image[:, :height, :width]


def _field_of(pair: WholePair, name: str) -> Tensor:
    things: Tensor = getattr(pair.read(), name)
    return things[0]


def _chosen(
    kind: Kind, image_size: int, scale: int | None, kernel_size: int | None, masks: str, hints: int | None
) -> Degradation:
    """The degradation of these arguments.

    Raises:
        UserError: If one of them is not possible.
    """
    if kind in BELONGS["scale"]:
        by = scale or SCALE
        if kind == "bicubic" and by == 1:
            raise UserError("data.scale: 1 leaves images as they are; take 2, 4 or 8")
        if image_size % by:
            raise UserError(
                f"data.image_size: {image_size} is no multiple of data.scale {by}; take {image_size // by * by or by}"
            )
        return Bicubic(by) if kind == "bicubic" else Camera(by)
    if kind == "blur":
        side = kernel_size or max(3, image_size // 4 | 1)
        if side % 2 == 0 or side // 2 >= image_size:
            raise UserError(f"data.kernel_size: {side} is not possible; take an odd number below {2 * image_size}")
        return MotionBlur(side)
    if kind == "masks":
        holes = Holes(masks or Holes.masks)
        holes.check()
        return holes
    return Grey() if kind == "grey" else Hinted(hints)
