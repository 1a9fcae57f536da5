"""The batches of data sets: named tuples of tensors, so that they move to a device and split into chunks as one."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor


class ImageBatch(NamedTuple):
    """Images with their classes.

    Attributes:
        images: uint8 [N, C, H, W] as it leaves the loader; float in [-1, 1] once it is on the device.
        labels: int64 [N], class numbers from 0; all 0 where the set has no classes. Float [N, K] of 0 and 1 where an
            image can be of several classes (attributes), NaN where it is not known whether it is.
    """

    images: Tensor
    labels: Tensor

    @property
    def real(self) -> Tensor:
        """What the generator is to imitate, under the name that every kind of batch has."""
        return self.images


REFERENCES = ("reference", "other_reference")
"""Names of the fields that hold images beside `images`, and have their medium."""


class ReferencedBatch(NamedTuple):
    """Images with their classes, each beside two references of one class, which is to be its new one.

    Attributes:
        images: As in `ImageBatch`.
        labels: int64 [N], class numbers from 0.
        reference: Images of the same size, each of the class wanted.
        other_reference: Others of that class.
        wanted: The references' classes, int64 [N].
    """

    images: Tensor
    labels: Tensor
    reference: Tensor
    other_reference: Tensor
    wanted: Tensor

    @property
    def real(self) -> Tensor:
        """What the generator is to imitate, under the name that every kind of batch has."""
        return self.images


class PointBatch(NamedTuple):
    """Points of the plane with the number of the mode they belong to.

    Attributes:
        points: float32 [N, 2], in the set's own units.
        labels: int64 [N], modes from 0; all 0 where the set has none.
    """

    points: Tensor
    labels: Tensor

    @property
    def real(self) -> Tensor:
        """What the generator is to imitate, under the name that every kind of batch has."""
        return self.points


class PairedBatch(NamedTuple):
    """Images with the images they are to become.

    Attributes:
        source: uint8 [N, C, H, W] as it leaves the loader; float in [-1, 1] once it is on the device.
        target: Images of the same size, with as many channels as the target's side has.
    """

    source: Tensor
    target: Tensor

    @property
    def real(self) -> Tensor:
        """What the generator is to imitate, under the name that every kind of batch has."""
        return self.target


class FaceBatch(NamedTuple):
    """Faces that are turned, with the same persons from the front.

    Attributes:
        source: uint8 [N, C, H, W] as it leaves the loader; float in [-1, 1] once it is on the device.
        target: Frontal pictures of the same size.
        person: int64 [N], numbers from 0; those of held-out persons come after all that are trained on.
        pose: int64 [N], numbers of the set's poses.
        yaw: float [N], degrees; the nose of a positive one points to the right of the picture.
        source_points: float [N, 5, 2], eyes, tip of the nose and corners of the mouth, those on the left of a frontal
            picture first; x and y in shares of the sides.
        target_points: The same in the frontal pictures.
    """

    source: Tensor
    target: Tensor
    person: Tensor
    pose: Tensor
    yaw: Tensor
    source_points: Tensor
    target_points: Tensor

    @property
    def real(self) -> Tensor:
        """What the generator is to imitate, under the name that every kind of batch has."""
        return self.target


class MaskedBatch(NamedTuple):
    """Images with holes, with the whole images.

    Attributes:
        source: uint8 [N, C, H, W] as it leaves the loader; float in [-1, 1] once it is on the device; 0 in the holes.
        target: The whole images, of the same size.
        mask: uint8 [N, 1, H, W], float on the device: 1 in the holes and 0 elsewhere.
    """

    source: Tensor
    target: Tensor
    mask: Tensor

    @property
    def real(self) -> Tensor:
        """What the generator is to imitate, under the name that every kind of batch has."""
        return self.target


class HintedBatch(NamedTuple):
    """Grey images with hints of their colours, and the coloured images.

    Attributes:
        source: uint8 [N, 1, H, W] as it leaves the loader; float in [-1, 1] once it is on the device.
        target: The coloured images, [N, 3, H, W].
        hints: uint8 [N, 4, H, W], colours with opacity; on the device float [N, 3, H, W] as `media.hints` says.
    """

    source: Tensor
    target: Tensor
    hints: Tensor

    @property
    def real(self) -> Tensor:
        """What the generator is to imitate, under the name that every kind of batch has."""
        return self.target


class EdgedBatch(NamedTuple):
    """Label maps with the edges of the single things in them, and photographs.

    Attributes:
        source: uint8 [N, 1, H, W] as it leaves the loader, int64 on the device: the number of each pixel's class.
        target: Photographs of the same size, [N, C, H, W].
        edges: uint8 [N, 1, H, W], float on the device: 1 where one thing meets another and 0 elsewhere.
    """

    source: Tensor
    target: Tensor
    edges: Tensor

    @property
    def real(self) -> Tensor:
        """What the generator is to imitate, under the name that every kind of batch has."""
        return self.target


class UnpairedBatch(NamedTuple):
    """Images of two domains, as many of each, that have nothing else to do with each other.

    Attributes:
        a: uint8 [N, C, H, W] as it leaves the loader; float in [-1, 1] once it is on the device.
        b: Images of the same size, with as many channels as the second domain has.
    """

    a: Tensor
    b: Tensor

    @property
    def real(self) -> Tensor:
        """What the first generator is to imitate, under the name that every kind of batch has."""
        return self.b


class AdaptationBatch(NamedTuple):
    """Images of a labelled domain, and as many of another one whose labels are not told.

    Attributes:
        source: uint8 [N, C, H, W] as it leaves the loader; float in [-1, 1] once it is on the device.
        labels: int64 [N], the class numbers of the source images.
        target: Images of the same size and channels, that have nothing else to do with these.
    """

    source: Tensor
    labels: Tensor
    target: Tensor

    @property
    def real(self) -> Tensor:
        """What the generator is to imitate, under the name that every kind of batch has."""
        return self.target


class StyledBatch(NamedTuple):
    """Photographs, each with a picture whose style it is to have.

    Attributes:
        content: uint8 [N, 3, H, W] as it leaves the loader; float in [-1, 1] once it is on the device.
        style: Pictures of the same size.
        labels: int64 [N], the numbers of the styles.
    """

    content: Tensor
    style: Tensor
    labels: Tensor

    @property
    def real(self) -> Tensor:
        """What the generator is to imitate, under the name that every kind of batch has."""
        return self.style


class SceneBatch(NamedTuple):
    """Scenes in which people walk: where each was, and where they went from there.

    The people of a scene are in its first places; scenes with fewer than the most of the batch have empty ones.

    Attributes:
        observed: float [N, P, T, 2] in metres, NaN in empty places.
        future: float [N, P, T', 2], the steps that follow.
        people: How many each scene has, N whole numbers, which stay with the processor: who computes with them need not
            wait for the device.
    """

    observed: Tensor
    future: Tensor
    people: tuple[int, ...]

    @property
    def real(self) -> Tensor:
        """What the generator is to imitate, under the name that every kind of batch has."""
        return self.future


class BoxBatch(NamedTuple):
    """Images with the boxes of the things in them.

    Attributes:
        images: uint8 [N, C, H, W] as it leaves the loader; float in [-1, 1] once it is on the device.
        boxes: float [N, P, 6] as `media.boxes` says: edges in pixels, class, score; NaN behind an image's last one.
        counts: How many each image has, N whole numbers, which stay with the processor: who computes with them need not
            wait for the device.
    """

    images: Tensor
    boxes: Tensor
    counts: tuple[int, ...]

    @property
    def real(self) -> Tensor:
        """What the generator is to imitate, under the name that every kind of batch has."""
        return self.images


class BarBatch(NamedTuple):
    """Bars with what they follow.

    Attributes:
        bars: uint8 [N, C, T, P] of 0 and 1 as it leaves the loader; float once it is on the device.
        previous: The bar before each, of the same shape; all 0 before the first of a tune.
        chords: int64 [N], 0 to 24; float [N, 13] once it is on the device.
    """

    bars: Tensor
    previous: Tensor
    chords: Tensor

    @property
    def real(self) -> Tensor:
        """What the generator is to imitate, under the name that every kind of batch has."""
        return self.bars


class VideoBatch(NamedTuple):
    """Videos with their classes.

    Attributes:
        videos: uint8 [N, C, T, H, W] as it leaves the loader; float in [-1, 1] once it is on the device.
        labels: int64 [N], class numbers from 0; all 0 where the set has no classes.
    """

    videos: Tensor
    labels: Tensor

    @property
    def real(self) -> Tensor:
        """What the generator is to imitate, under the name that every kind of batch has."""
        return self.videos


class PortraitBatch(NamedTuple):
    """Two frames each of films: a picture that is to move, and the frame that it is to become.

    Attributes:
        source: uint8 [N, C, H, W] as it leaves the loader; float in [-1, 1] once it is on the device.
        driving: Another frame of the same film, of the same shape.
    """

    source: Tensor
    driving: Tensor

    @property
    def real(self) -> Tensor:
        """What the generator is to imitate, under the name that every kind of batch has."""
        return self.driving


class SolidBatch(NamedTuple):
    """Solids with their classes.

    Attributes:
        solids: uint8 [N, 1, D, H, W] of 0 and 1 as it leaves the loader; float once it is on the device. W points up.
        labels: int64 [N], class numbers from 0; all 0 where the set has one class.
    """

    solids: Tensor
    labels: Tensor

    @property
    def real(self) -> Tensor:
        """What the generator is to imitate, under the name that every kind of batch has."""
        return self.solids


class CaptionedBatch(NamedTuple):
    """Images with sentences that describe them, and sentences that do not.

    Attributes:
        images: uint8 [N, C, H, W] as it leaves the loader; float in [-1, 1] once it is on the device.
        text: int64 [N, L], the words of a sentence on each image, as `media.texts.Texts` numbers them.
        wrong: int64 [N, L], those of a sentence on another image, of another kind where kinds are known.
    """

    images: Tensor
    text: Tensor
    wrong: Tensor

    @property
    def real(self) -> Tensor:
        """What the generator is to imitate, under the name that every kind of batch has."""
        return self.images


class CaptionedVideoBatch(NamedTuple):
    """Videos with sentences that describe them, and sentences that do not.

    Attributes:
        videos: uint8 [N, C, T, H, W] as it leaves the loader; float in [-1, 1] once it is on the device.
        text: int64 [N, L], the words of a sentence on each video, as `media.texts.Texts` numbers them.
        wrong: int64 [N, L], those of a sentence on another video, of another kind where kinds are known.
    """

    videos: Tensor
    text: Tensor
    wrong: Tensor

    @property
    def real(self) -> Tensor:
        """What the generator is to imitate, under the name that every kind of batch has."""
        return self.videos


Batch = ImageBatch | PointBatch
ToldBatch = MaskedBatch | HintedBatch | EdgedBatch
"""Pairs of which a model is told one thing more, by the name of the third field."""
AnyBatch = (
    Batch
    | PairedBatch
    | UnpairedBatch
    | AdaptationBatch
    | FaceBatch
    | StyledBatch
    | SceneBatch
    | VideoBatch
    | PortraitBatch
    | CaptionedBatch
    | CaptionedVideoBatch
    | BoxBatch
)


def paired(fields: Mapping[str, Tensor]) -> PairedBatch | ToldBatch:
    """The batch of pairs that has these fields: `source`, `target` and at most one more."""
    kinds: tuple[type[Any], ...] = (PairedBatch, MaskedBatch, HintedBatch, EdgedBatch)
    made: PairedBatch | ToldBatch = next(kind for kind in kinds if set(kind._fields) == fields.keys())(**fields)
    return made


class LoadedBatch(NamedTuple):
    """A batch as it leaves the loader, with what is left to do on the device.

    Attributes:
        batch: The things as they are kept; images are uint8.
        mirrored: By the names of its fields, which of their things are to be mirrored, bool [N]; a field whose things
            are all shown as they are is left out.
        keys: By the names of its fields, what the noise of each of their things is drawn from, int64 [N]; a field
            without noise is left out.
    """

    batch: Any
    mirrored: Mapping[str, Tensor] = {}
    keys: Mapping[str, Tensor] = {}

    def to(self, device: torch.device) -> "LoadedBatch":
        """The same on a device, as Lightning moves a batch; of a field that is no tensor nothing is moved."""
        waits = device.type in ("cpu", "mps")  # where a copy that does not wait may be read before it is there
        batch = type(self.batch)(
            *(part.to(device, non_blocking=not waits) if isinstance(part, Tensor) else part for part in self.batch)
        )
        mirrored, keys = (
            {name: each.to(device, non_blocking=not waits) for name, each in told.items()}
            for told in (self.mirrored, self.keys)
        )
        return LoadedBatch(batch, mirrored, keys)
