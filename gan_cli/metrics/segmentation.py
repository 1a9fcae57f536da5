"""A small network that tells the class of each pixel, by which images that were made of label maps are judged."""

import io
from itertools import pairwise
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, interpolate, max_pool2d
from torch.optim import AdamW
from torch.optim.lr_scheduler import OneCycleLR

from gan_cli.devices.float32 import true_float32
from gan_cli.media.images import Images, flipped
from gan_cli.media.pictures import to_float
from gan_cli.metrics.undefined import Undefined, at_least
from gan_cli.seeding import mix, stream

LARGEST = 128
"""Images of more pixels a side are made smaller, and so are their label maps, by the nearest pixel."""
STEPS = 600
"""It is trained on this many batches."""
NOBODY = -1
"""In place of a class: a pixel of which nobody knows it. It neither teaches nor counts."""


class Segmenter(nn.Module):
    """Four steps of two convolutions each, down to an eighth and up again beside what was there on the way down.

    Ronneberger et al. 2015, "U-Net: Convolutional Networks for Biomedical Image Segmentation", arXiv:1505.04597.

    Args:
        num_labels: K.
        image_channels: C.
        width: Channels at the images' size, doubled by each step.
    """

    def __init__(self, num_labels: int, image_channels: int = 3, width: int = 16) -> None:
        super().__init__()
        widths = [width * 2**step for step in range(4)]
        self.down = nn.ModuleList(_twice(inputs, outputs) for inputs, outputs in pairwise([image_channels, *widths]))
        self.up = nn.ModuleList(_twice(deep + flat, flat) for flat, deep in reversed([*pairwise(widths)]))
        self.head = nn.Conv2d(width, num_labels, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Logits [N, K, H, W] from images [N, C, H, W] in [-1, 1], of 8 pixels a side or more."""
        kept: list[Tensor] = []
        for step in self.down:
            kept.append(step(max_pool2d(kept[-1], 2) if kept else images))
        made = kept.pop()
        for step in self.up:
            beside = kept.pop()
            made = step(torch.cat([interpolate(made, beside.shape[2:], mode="nearest"), beside], dim=1))
        return cast(Tensor, self.head(made))


class MappedImages(NamedTuple):
    """Images with their label maps.

    Attributes:
        images: uint8 [M, C, H, W].
        labels: [M, 1, H, W] of classes, and of `NOBODY`.
    """

    images: Tensor
    labels: Tensor


def train_segmenter(
    lesson: MappedImages,
    num_labels: int,
    *,
    steps: int = STEPS,
    seed: int = 0,
    batch_size: int = 8,
    learning_rate: float = 3e-3,
    flip: bool = True,
) -> Segmenter:
    """A segmenter trained on images with their label maps, in eval mode, on the CPU.

    AdamW, the rate rising and falling in one cycle, each image shifted and, unless turned off, mirrored at random. The
    global random state is left alone.

    Args:
        lesson: At most `LARGEST` pixels a side, see `reduced`.
        num_labels: K.
        steps: Batches to train on.
        seed: Seed of the weights and of the batches.
        batch_size: Images per step, drawn at random.
        learning_rate: The highest rate of the cycle.
        flip: Whether a mirrored image means the same.

    Raises:
        Undefined: If there are no images, or no pixel has a class.
    """
    at_least(1, len(lesson.images))
    if not (lesson.labels != NOBODY).any():
        raise Undefined("no pixel of the training maps has a class")
    with torch.random.fork_rng():
        torch.manual_seed(mix(seed, "segmenter"))
        model = Segmenter(num_labels, lesson.images.shape[1])
    model = model.to(memory_format=torch.channels_last)
    optimizer = AdamW(model.parameters(), lr=learning_rate)
    schedule = OneCycleLR(optimizer, learning_rate, total_steps=steps)
    random = stream(seed, "segmenter batches")
    for _ in range(steps):
        chosen = torch.randint(len(lesson.images), (batch_size,), generator=random)
        mirrored = (torch.rand(batch_size, generator=random) < 0.5) & flip
        images = Images().shown(lesson.images[chosen], mirrored).contiguous(memory_format=torch.channels_last)
        labels = flipped(lesson.labels[chosen], mirrored)[:, 0].long()
        optimizer.zero_grad()
        # a sum over those that count: of a batch in which nobody knows anything a mean would be no number
        loss = cross_entropy(model(images), labels, ignore_index=NOBODY, reduction="sum")
        (loss / (labels != NOBODY).sum().clamp_min(1)).backward()
        optimizer.step()
        schedule.step()
    return model.eval()


@true_float32()
@torch.no_grad()
def confusion(model: Segmenter, images: Tensor, labels: Tensor) -> Tensor:
    """How often pixels of each class are taken for each class, int64 [K, K]: rows are the classes of the maps.

    Args:
        model: In eval mode.
        images: uint8 [N, C, H, W] of any size; they are reduced.
        labels: Their label maps, [N, 1, H, W].
    """
    images, labels = reduced(images), reduced(labels, whole=True)
    weights = model.head.weight
    said = model(to_float(images).to(weights.device)).argmax(1).cpu()
    known = labels[:, 0] != NOBODY
    count = model.head.out_channels
    pairs = labels[:, 0][known].long() * count + said[known]
    table: Tensor = pairs.bincount(minlength=count**2).view(count, count)
    return table


def mean_iou(table: Tensor) -> float:
    """The intersection over the union of a class's pixels and of those taken for it, averaged over the classes.

    Everingham et al. 2010, "The Pascal Visual Object Classes Challenge", section 4.2. Classes without a pixel do not
    count.

    Args:
        table: How often which class is taken for which, [K, K]; see `confusion`.

    Raises:
        Undefined: If there is no pixel at all.
    """
    there, taken, right = table.sum(1), table.sum(0), table.diagonal()
    if not int(there.sum()):
        raise Undefined("no pixel of the maps has a class")
    shares = right / (there + taken - right).clamp_min(1)
    return float(shares[there > 0].double().mean())


def reduced(images: Tensor, whole: bool = False) -> Tensor:
    """Images of at most `LARGEST` pixels a side, uint8 [N, C, H, W]; label maps, which are `whole`, stay such."""
    if (largest := max(images.shape[2:])) <= LARGEST:
        return images
    sides = [max(8, round(side * LARGEST / largest)) for side in images.shape[2:]]
    if whole:
        return interpolate(images.float(), sides, mode="nearest-exact").to(images.dtype)
    small = interpolate(images.float(), sides, mode="bilinear", antialias=True)
    return small.round().clamp(0, 255).to(torch.uint8)


def as_bytes(model: Segmenter) -> bytes:
    """A segmenter as a file holds it."""
    first = model.down[0][0]  # type: ignore[index]
    content = {
        "arguments": {"num_labels": model.head.out_channels, "image_channels": first.in_channels},
        "state": model.state_dict(),
    }
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


def _twice(inputs: int, outputs: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for channels in (inputs, outputs):
        layers += [nn.Conv2d(channels, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
    return nn.Sequential(*layers)
