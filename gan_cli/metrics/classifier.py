"""A small classifier of images, whose answers and features generated images are judged by."""

from itertools import pairwise
from math import ceil
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, pad
from torch.optim import AdamW
from torch.optim.lr_scheduler import OneCycleLR

from gan_cli.devices.float32 import true_float32
from gan_cli.media.images import Images
from gan_cli.media.pictures import to_float
from gan_cli.metrics.undefined import at_least
from gan_cli.seeding import mix, stream

FEATURES = 128
"""F, how many features the classifier makes of an image before it tells the class."""


class Classified(NamedTuple):
    """The classifier's answers for images.

    Attributes:
        labels: The class chosen, int64 [N].
        confidences: The probability of that class, [N].
        features: [N, F].
        logits: [N, K].
    """

    labels: Tensor
    confidences: Tensor
    features: Tensor
    logits: Tensor


class ImageClassifier(nn.Module):
    """Three strided convolutions with batch normalisation, and two linear layers.

    Args:
        num_classes: K.
        image_channels: C.
        width: Channels of the first convolution, half those of the others; 32 do for digits, natural images want 64.
    """

    def __init__(self, num_classes: int = 10, image_channels: int = 1, width: int = 32) -> None:
        super().__init__()
        self.image_channels = image_channels
        widths = (image_channels, width, 2 * width, 2 * width)
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(widths):
            layers += [nn.Conv2d(inputs, outputs, 3, 2, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
        hidden = nn.Linear(16 * widths[-1], FEATURES)
        # The map is 4x4 for images of 32x32 pixels; the pooling lets others pass.
        self.body = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(4), nn.Flatten(), hidden, nn.ReLU())
        self.head = nn.Linear(FEATURES, num_classes)

    def features(self, images: Tensor) -> Tensor:
        """[N, F] from images [N, C, H, W] in [-1, 1]."""
        return cast(Tensor, self.body(images))

    def maps(self, images: Tensor) -> list[Tensor]:
        """What each convolution makes of images [N, C, H, W] in [-1, 1]: [N, C', H / 2, W / 2] and smaller ones."""
        made, maps = images, []
        for layer in self.body:
            if isinstance(layer, nn.AdaptiveAvgPool2d):
                break
            made = layer(made)
            if isinstance(layer, nn.ReLU):
                maps.append(made)
        return maps

    def forward(self, images: Tensor) -> Tensor:
        """Class logits [N, K] from images [N, C, H, W] in [-1, 1]."""
        return cast(Tensor, self.head(self.features(images)))


def train_classifier(
    images: Tensor,
    labels: Tensor,
    *,
    steps: int = 1500,
    seed: int = 0,
    num_classes: int = 10,
    batch_size: int = 128,
    learning_rate: float = 3e-3,
    width: int = 32,
    shift: int = 2,
    flip: bool = False,
    autocast: bool = False,
) -> ImageClassifier:
    """A classifier trained on labelled images, in eval mode, on their device; the global random state is left alone.

    AdamW, the rate rising and falling in one cycle. The defaults make one that is right on some 99 % of MNIST's test
    set.

    Args:
        images: uint8 [M, C, H, W]; a hundred and more are worth it.
        labels: int64 [M]; or float [M, K] of 0 and 1 where an image has any of K attributes, each with its own logit.
        steps: Batches to train on.
        seed: Seed of the weights, the order of the images and their shifts.
        num_classes: K.
        batch_size: Images per step; all of them if there are fewer, and a single one twice.
        learning_rate: The highest rate of the cycle.
        width: Width of the network, see `ImageClassifier`.
        shift: Each image is moved at random by up to this many pixels in each direction; 0 is off.
        flip: Whether each image is mirrored at random.
        autocast: Whether to compute in bfloat16 where PyTorch considers it safe.

    Raises:
        Undefined: If there are no images.
    """
    at_least(1, len(images))
    device, size = images.device, min(batch_size, max(2, len(images)))  # batch normalisation takes two
    with torch.random.fork_rng():
        torch.manual_seed(mix(seed, "classifier"))
        model = ImageClassifier(num_classes, images.shape[1], width)
    model = model.to(device).to(memory_format=torch.channels_last)
    optimizer = AdamW(model.parameters(), lr=learning_rate)
    schedule = OneCycleLR(optimizer, learning_rate, total_steps=steps)
    random = stream(seed, "classifier batches")
    for chosen in _order(len(images), steps * size, random).to(device).split(size):
        moved = shifted(images[chosen], shift, random)
        mirrored = (torch.rand(size, generator=random) < 0.5).to(device) if flip else None
        batch = Images().shown(moved, mirrored).contiguous(memory_format=torch.channels_last)
        with torch.autocast(device.type, torch.bfloat16, enabled=autocast):
            logits = model(batch)
        optimizer.zero_grad()
        _loss(logits.float(), labels[chosen]).backward()
        optimizer.step()
        schedule.step()
    return model.eval()


@true_float32()
@torch.no_grad()
def classify(model: ImageClassifier, images: Tensor, batch_size: int = 1000) -> Classified:
    """The classifier's answers for images, on the CPU and in true float32.

    Args:
        model: In eval mode.
        images: uint8 [N, C, H, W]; they are moved to the model's device.
        batch_size: Images at a time.
    """
    device = model.head.weight.device
    said = []
    for batch in images.split(batch_size):
        features = model.features(to_float(batch.to(device)))
        logits = model.head(features)
        confidences, labels = logits.softmax(1).max(1)
        said.append((labels.cpu(), confidences.cpu(), features.cpu(), logits.cpu()))
    return Classified(*(torch.cat(parts) for parts in zip(*said, strict=True)))


def accuracy(model: ImageClassifier, images: Tensor, labels: Tensor) -> float:
    """The share of images, uint8 [N, C, H, W], whose class [N] the classifier gets right.

    Raises:
        Undefined: If there are no images.
    """
    at_least(1, len(images))
    return float((classify(model, images).labels == labels).float().mean())


def _loss(logits: Tensor, labels: Tensor) -> Tensor:
    if labels.is_floating_point():
        return binary_cross_entropy_with_logits(logits, labels)
    return cross_entropy(logits, labels)


def _order(available: int, wanted: int, random: torch.Generator) -> Tensor:
    """Shuffled pass after shuffled pass over the images, int64 [wanted]."""
    passes = [torch.randperm(available, generator=random) for _ in range(ceil(wanted / available))]
    return torch.cat(passes)[:wanted]


def shifted(images: Tensor, shift: int, random: torch.Generator) -> Tensor:
    """Each image moved by up to `shift` pixels in each direction, and by less than its side; uint8 [N, C, H, W].

    What moves in is 0, the background of grey images; coloured ones are reflected at their border.
    """
    count, _, height, width = images.shape
    shift = min(shift, height - 1, width - 1)
    if not shift:
        return images
    down, right = torch.randint(2 * shift + 1, (2, count), generator=random).to(images.device)
    return moved(images, down, right, shift, "constant" if images.shape[1] == 1 else "reflect")


def moved(images: Tensor, top: Tensor, left: Tensor, shift: int, border: str) -> Tensor:
    """Each image [N, C, H, W] moved by its own numbers of pixels: cut out of itself with a border around it.

    Args:
        images: Of any kind of numbers.
        top: Where each begins, counted from the border's first row, int64 [N], from 0 to twice `shift`.
        left: The same from the border's first column.
        shift: Width of the border, less than a side.
        border: "constant", which is 0, or "reflect".
    """
    count, _, height, width = images.shape
    rows = (torch.arange(height, device=images.device) + top[:, None])[:, :, None]
    columns = (torch.arange(width, device=images.device) + left[:, None])[:, None, :]
    bordered = pad(images, (shift, shift, shift, shift), border).permute(0, 2, 3, 1)
    picture = torch.arange(count, device=images.device)[:, None, None]
    return bordered[picture, rows, columns].permute(0, 3, 1, 2)
