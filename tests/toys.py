"""A variant small enough to reason about: one linear layer a player, conditional, no batch normalisation. And a set of
data to go through in moments."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from gan_cli.batches import (
    AnyBatch,
    EdgedBatch,
    ImageBatch,
    LoadedBatch,
    MaskedBatch,
    PairedBatch,
    StyledBatch,
    ToldBatch,
    UnpairedBatch,
)
from gan_cli.data import (
    AdaptedDigits,
    AttributedDigits,
    BoxDataModule,
    CaptionedDigits,
    Crossings,
    Digits,
    DigitsInScenes,
    DrawnFaces,
    Facts,
    FolkTunes,
    GANDataModule,
    MovingDigits,
    Primitives,
    ShadedHeads,
    StyledDigits,
)
from gan_cli.data.adaptation.adaptation import Side
from gan_cli.data.boxes.box_part import BoxPart
from gan_cli.data.captions.captioned_digits import Shown
from gan_cli.data.captions.captioned_moving_digits import CaptionedMovingDigits, Moving
from gan_cli.data.datamodules import Split
from gan_cli.data.degraded.colourless import Hinted
from gan_cli.data.degraded.part import degraded
from gan_cli.data.images.sources import digits
from gan_cli.data.pairs.translation_sets import facts_between
from gan_cli.data.parts import InMemory, LabelledImages, Part
from gan_cli.data.sampling import Span
from gan_cli.data.stores import TensorStore
from gan_cli.data.transforms import Framing
from gan_cli.media.images import Images
from gan_cli.media.label_maps import LabelMaps, edges_of, map_facts
from gan_cli.media.masks import Masks
from gan_cli.media.medium import Medium
from gan_cli.networks.layers import class_shares
from gan_cli.objectives.adversarial import discriminator_cross_entropy, non_saturating_generator_loss
from gan_cli.seeding import Rows, stream_indices
from gan_cli.variants.base import AdversarialModule, Losses, Place


class ToyGenerator(nn.Module):
    def __init__(self, image_size: int, latent_dim: int, num_classes: int) -> None:
        super().__init__()
        self.image_size = image_size
        self.layer = nn.Linear(latent_dim, image_size**2)
        self.classes = nn.Linear(num_classes, image_size**2, bias=False)

    def forward(self, latents: Tensor, labels: Tensor) -> Tensor:
        shares = class_shares(labels, self.classes.in_features).to(latents.dtype)
        pixels = torch.tanh(self.layer(latents) + self.classes(shares))
        return pixels.reshape(-1, 1, self.image_size, self.image_size)


class ToyDiscriminator(nn.Module):
    def __init__(self, image_size: int) -> None:
        super().__init__()
        self.layer = nn.Linear(image_size**2, 1)

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.layer(images.flatten(1)).flatten()
        return logits


class ToyGAN(AdversarialModule):
    """A conditional toy."""

    GIVEN = ("labels",)
    TRUNCATES = True

    def __init__(
        self, image_size: int = 16, latent_dim: int = 4, num_classes: int = 10, truncated: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**{"generator_lr": 1e-2, "discriminator_lr": 1e-2, **kwargs})
        self.latent_dim = latent_dim
        self.num_classes = num_classes
        self.latent_distribution = "normal"
        self.generator = ToyGenerator(image_size, latent_dim, num_classes)
        self.discriminator = ToyDiscriminator(image_size)
        self.finish_players()

    def forward(self, latents: Tensor, labels: Tensor, truncation_psi: float = 1.0, ema: bool = True) -> Tensor:
        images: Tensor = self.picture_maker(ema)(latents * truncation_psi, labels)
        return images

    def discriminator_losses(self, batch: ImageBatch) -> Losses:
        real, fake = self.judge(batch.images, self.fakes("discriminator", batch))
        return {"adversarial": discriminator_cross_entropy(real, fake)}

    def generator_losses(self, batch: ImageBatch) -> Losses:
        return {"adversarial": non_saturating_generator_loss(self.judge_fake(self.fakes("generator", batch)))}

    def fakes(self, player: str, batch: ImageBatch) -> Tensor:
        images: Tensor = self.generator(self.noise(f"latents/{player}", self.latent_dim), batch.labels)
        return images


class FewDigits(Digits):
    """160 of the digits in each part, read once for all tests: an epoch is 10 batches of 16."""

    known: ClassVar[dict[tuple[bool, int], ImageBatch]] = {}

    def read(self, train: bool) -> ImageBatch:
        if (train, self.image_size) not in self.known:
            images, labels = super().read(train)
            self.known[train, self.image_size] = ImageBatch(images[:160], labels[:160])
        return self.known[train, self.image_size]


class FewCrossings(Crossings):
    """160 scenes of two to six people; they have no image size."""

    def __init__(self, image_size: int = 16, **arguments: Any) -> None:
        super().__init__(num_scenes=160, **arguments)


class FewBoxed(DigitsInScenes):
    """160 scenes with one to three digits, read once for all tests."""

    known: ClassVar[dict[tuple[bool, int], BoxPart]] = {}

    def __init__(self, image_size: int = 32, **arguments: Any) -> None:
        super().__init__(image_size, num_scenes=160, most_digits=3, **arguments)

    def part(self, split: Split) -> BoxPart:
        key = (split == "train", self.image_size)
        if key not in self.known:
            self.known[key] = super().part(split)
        return self.known[key]


class FewCrops(BoxDataModule):
    """160 digits as crops with boxes around all of them."""

    image_channels = 1
    names = tuple(map(str, range(10)))
    small_side = 4
    reduction = 4
    most_boxes = 1

    def __init__(self, image_size: int = 16, batch_size: int = 16) -> None:
        super().__init__(batch_size)
        self.image_size = image_size

    def part(self, split: Split) -> BoxPart:
        images, labels = digits(split == "train", self.image_size)
        boxes = torch.tensor([[0.0, 0.0, self.image_size, self.image_size, 0.0, 1.0]]).repeat(160, 1)
        boxes[:, 4] = labels[:160].float()
        framing = Framing(self.image_size, self.image_size, flip=False)
        return BoxPart(TensorStore(images[:160]), list(boxes[:, None]), 1, framing)


class FewStyles(StyledDigits):
    """160 of the styled digits in each part, in four domains, read once for all tests."""

    known: ClassVar[dict[tuple[bool, int], ImageBatch]] = {}

    def read(self, train: bool) -> ImageBatch:
        if (train, self.image_size) not in self.known:
            images, labels = super().read(train)
            self.known[train, self.image_size] = ImageBatch(images[:160], labels[:160])
        return self.known[train, self.image_size]


class FewAdapted(AdaptedDigits):
    """160 of the digits of each domain in each part, made once for all tests."""

    made: ClassVar[dict[tuple[Any, ...], LabelledImages]] = {}

    def side(self, side: Side, split: Split) -> LabelledImages:
        key = self.image_size, side, split
        if key not in self.made:
            images, labels = super().side(side, split)[torch.arange(160)].batch
            self.made[key] = LabelledImages(
                TensorStore(images), labels, Framing(self.image_size, self.image_size, False)
            )
        return self.made[key]


class FewTransferred(FewAdapted):
    """The same with negatives for a target."""

    made: ClassVar[dict[tuple[Any, ...], LabelledImages]] = {}

    def __init__(self, image_size: int = 16, batch_size: int = 16) -> None:
        super().__init__("inverted", image_size=image_size, batch_size=batch_size)


class FewAttributed(AttributedDigits):
    """160 of the digits with attributes in each part, read once for all tests."""

    known: ClassVar[dict[tuple[bool, int], ImageBatch]] = {}

    def read(self, train: bool) -> ImageBatch:
        if (train, self.image_size) not in self.known:
            images, labels = super().read(train)
            self.known[train, self.image_size] = ImageBatch(images[:160], labels[:160])
        return self.known[train, self.image_size]


class FewBars(FolkTunes):
    """160 bars of the folk tunes in each part, of one octave."""

    def __init__(self, image_size: int = 16, batch_size: int = 16) -> None:
        super().__init__(octaves=1, batch_size=batch_size)

    def part(self, split: Split) -> Any:
        part = super().part(split)
        return InMemory(part[torch.arange(160) % len(part)].batch)


class FewMoving(MovingDigits):
    """160 of the moving digits in each part, of six frames."""

    def __init__(self, image_size: int = 32, batch_size: int = 16, num_frames: int = 6) -> None:
        super().__init__(num_frames=num_frames, image_size=image_size, ways=1, batch_size=batch_size)

    def part(self, split: Split) -> Any:
        return InMemory(super().part(split)[torch.arange(160)].batch)


class FewVideos(FewMoving):
    """The same of four frames."""

    def __init__(self, image_size: int = 16, batch_size: int = 16) -> None:
        super().__init__(image_size, batch_size, num_frames=4)


class FewPortraits(DrawnFaces):
    """Pairs of frames of 20 drawn faces, and of 4 held-out ones."""

    def __init__(self, image_size: int = 16, batch_size: int = 16) -> None:
        super().__init__(num_films=20, num_frames=9, image_size=image_size, batch_size=batch_size)


class FewSolids(Primitives):
    """160 of the primitives in each part, of 8 voxels a side; they have no image size."""

    def __init__(self, image_size: int = 16, batch_size: int = 16) -> None:
        super().__init__(batch_size=batch_size)
        self.volume_size = 8  # type: ignore[assignment]

    def part(self, split: Split) -> Any:
        part = super().part(split)
        return InMemory(part[torch.arange(160) * len(part) // 160].batch)


class FewCaptioned(CaptionedDigits):
    """160 captioned digits in each part, made once for all tests."""

    parts: ClassVar[dict[tuple[bool, int], Shown]] = {}

    def __init__(self, image_size: int = 16, batch_size: int = 16) -> None:
        super().__init__(image_size, renderings=1, sentences=2, batch_size=batch_size)

    def known(self, split: Split) -> Shown:
        key = split == "train", self.image_size
        if key not in self.parts:
            few: list[Any] = [of_all[:160] for of_all in super().known(split)]
            self.parts[key] = Shown(*few)
        return self.parts[key]


class FewMovingCaptioned(CaptionedMovingDigits):
    """160 captioned moving digits in each part, of four frames, made once for all tests."""

    made: ClassVar[dict[tuple[bool, int], Moving]] = {}

    def __init__(self, image_size: int = 16, batch_size: int = 16) -> None:
        super().__init__(4, image_size, renderings=1, sentences=2, batch_size=batch_size)

    def known(self, split: Split) -> Moving:
        key = split == "train", self.image_size
        if key not in self.made:
            few: list[Any] = [of_all[:160] for of_all in super().known(split)]
            self.made[key] = Moving(*few)
        return self.made[key]


class Few(Part):
    """160 images of a toy set, in a part that makes a batch of them."""

    def __init__(self, images: Tensor, batch: Callable[[Tensor, Tensor], AnyBatch | ToldBatch]) -> None:
        self.images, self.batch = images, batch

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, places: Span | Tensor) -> LoadedBatch:
        indices = stream_indices(len(self), *places) if isinstance(places, Span) else places
        return LoadedBatch(self.batch(self.images[indices], 255 - self.images[indices.flip(0)]))


class FewPairs(GANDataModule):
    """The few digits, grey, each with its negative in three channels."""

    fields: Mapping[str, Medium] = {"source": Images(), "target": Images()}
    channels = (1, 3)

    def __init__(self, image_size: int = 64, batch_size: int = 16) -> None:
        super().__init__(batch_size)
        self.image_size = image_size

    @property
    def facts(self) -> Facts:
        return facts_between(type(self).__name__, self.image_size, ("digit", "negative"), self.channels)

    def digits(self, split: Split) -> Tensor:
        """uint8 [160, 1, H, W]."""
        return FewDigits(image_size=self.image_size).read(split == "train").images

    def part(self, split: Split) -> Part:
        return Few(self.digits(split), lambda digits, _: PairedBatch(digits, (255 - digits).expand(-1, 3, -1, -1)))


LEVELS = ("black", "dark", "light", "white")
"""What the classes of `FewMaps` are called."""


class FewMaps(FewPairs):
    """The few digits as maps of four levels with their edges, each with its negative in three channels."""

    fields: Mapping[str, Medium] = {"source": LabelMaps(LEVELS), "target": Images(), "edges": Masks()}

    @property
    def facts(self) -> Facts:
        return {**super().facts, "domains": ("labels", "photo"), **map_facts(LEVELS), "instance_edges": True}

    def part(self, split: Split) -> Part:
        def batch(digits: Tensor, _: Tensor) -> EdgedBatch:
            levels = digits // 64
            return EdgedBatch(levels, (255 - digits).expand(-1, 3, -1, -1), edges_of(levels))

        return Few(self.digits(split), batch)


class FewMasked(FewPairs):
    """The few digits with a hole in the middle, in which there is nothing."""

    fields: Mapping[str, Medium] = {"source": Images(), "target": Images(), "mask": Masks()}
    channels = (1, 1)

    def part(self, split: Split) -> Part:
        return Few(self.digits(split), lambda digits, _: with_holes(digits))


def with_holes(images: Tensor) -> MaskedBatch:
    """uint8 images [N, C, H, W] with a hole in the middle, which has a quarter of their pixels."""
    mask = torch.zeros(len(images), 1, *images.shape[2:], dtype=torch.uint8)
    high, wide = (length // 4 for length in images.shape[2:])
    mask[..., high : 3 * high, wide : 3 * wide] = 1
    return MaskedBatch(torch.where(mask > 0, 128, images), images, mask)


class FewBlurred(FewPairs):
    """The few digits with what is left of them when neighbours are averaged."""

    channels = (1, 1)

    def part(self, split: Split) -> Part:
        return Few(self.digits(split), lambda digits, _: PairedBatch(blurred(digits), digits))


def blurred(images: Tensor) -> Tensor:
    """uint8 images [N, C, H, W] averaged over 3x3 pixels."""
    return avg_pool2d(images.float(), 3, 1, 1).to(torch.uint8)


class FewUnpaired(FewPairs):
    """The few digits and negatives of others, all in three channels."""

    fields: Mapping[str, Medium] = {"a": Images(), "b": Images()}
    channels = (3, 3)

    def part(self, split: Split) -> Part:
        return Few(self.digits(split).expand(-1, 3, -1, -1), UnpairedBatch)


class FewStyled(FewPairs):
    """The few digits, and mirrored negatives of them as pictures of two styles; all in three channels."""

    fields: Mapping[str, Medium] = {"content": Images(), "style": Images()}

    @property
    def facts(self) -> Facts:
        names = {"domains": ("content", "style"), "style_names": ("one", "two"), "new_styles": ()}
        return {"name": type(self).__name__, "image_size": self.image_size, "image_channels": 3, **names}

    def part(self, split: Split) -> Part:
        def styled(content: Tensor, _: Tensor) -> StyledBatch:
            return StyledBatch(content, 255 - content.flip(3), content.flatten(1).sum(1) % 2)

        return Few(self.digits(split).expand(-1, 3, -1, -1), styled)


class FewHinted(FewPairs):
    """The few digits in red, grey and in colour, with a hint or two of it."""

    fields: Mapping[str, Medium] = Hinted.fields

    def part(self, split: Split) -> Part:
        digits = self.digits(split)
        red = torch.cat([digits, digits // 4, digits // 2], dim=1)
        return Few(red, _hinted)


def _hinted(images: Tensor, _: Tensor) -> PairedBatch:
    return cast(PairedBatch, degraded(images, Hinted(2), list(range(len(images)))))


class FewHeads(ShadedHeads):
    """160 pairs of turned heads and frontal ones in each part, of 40 persons."""

    def __init__(self, image_size: int = 32, batch_size: int = 16) -> None:
        super().__init__(persons=80, angles=(30, 60), held_out=0.5, image_size=image_size, batch_size=batch_size)


class FewEnlarged(FewPairs):
    """The few negatives in three channels, each with one of half its size."""

    channels = (3, 3)
    SCALE = 2

    @property
    def facts(self) -> Facts:
        return {**super().facts, "scale": self.SCALE}

    def part(self, split: Split) -> Part:
        digits = self.digits(split).expand(-1, 3, -1, -1)
        return Few(digits, lambda _, large: PairedBatch(large[..., :: self.SCALE, :: self.SCALE], large))


def batch_for(model: Any, count: int = 16, image_size: int = 16) -> ImageBatch:
    """The batch of a step, with the model ready for it as a trainer leaves it; nothing is logged."""
    data = FewDigits(image_size=image_size, batch_size=count)
    data.setup("fit")
    assert data.train_set is not None
    model._place = Place(Rows(0, count, count), model.seed, 0)
    model.watch = lambda *_: None
    if hasattr(model, "labelled"):
        model.labelled = data.labelled(model.num_labelled, model.seed, model.device)
    batch = data.on_device(data.train_set[torch.arange(count)])
    assert isinstance(batch, ImageBatch)
    return batch


def passes_of(network: nn.Module) -> list[tuple[Any, ...]]:
    """A list that each pass of the network adds to: its inputs and, last, its output."""
    passes: list[tuple[Any, ...]] = []

    def note(_: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> None:
        passes.append((*inputs, output))

    network.register_forward_hook(note)
    return passes
