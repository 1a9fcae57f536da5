"""A small classifier of videos that also tells when time is broken, whose features videos are judged by."""

import hashlib
import io
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import NamedTuple, cast

import torch
from filelock import FileLock
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import AdamW
from torch.optim.lr_scheduler import OneCycleLR

from gan_cli.devices.float32 import true_float32
from gan_cli.errors import UserError
from gan_cli.files import write_atomically
from gan_cli.media.pictures import to_float
from gan_cli.metrics.classifier import ImageClassifier, classify, shifted, train_classifier
from gan_cli.metrics.videos import PER_CENT
from gan_cli.seeding import mix, stream

FEATURES = 64
"""F, how many features the classifier makes of a video before it tells the class."""
STEPS = 400
"""Batches that it is trained on."""
BATCH = 32
BROKEN = BATCH // 2
"""So many videos of a batch have their time broken."""
RATE = 3e-3
WIDTH = 8
SHIFT = 2
"""Videos are moved at random by up to so many pixels."""
FRAME_STEPS = 200
"""Batches that the classifier of single frames is trained on."""


class VideoClassifier(nn.Module):
    """Three convolutions over space and time with strides, and two linear layers.

    Args:
        num_classes: K; one more output tells broken time.
        channels: C.
        width: Channels of the first convolution.
    """

    def __init__(self, num_classes: int, channels: int, width: int = WIDTH) -> None:
        super().__init__()
        widths = (channels, width, 2 * width, 4 * width)
        layers: list[nn.Module] = []
        for stage, (inputs, outputs) in enumerate(pairwise(widths)):
            strides = (1 if stage == 0 else 2, 2, 2)  # at full rate first: what is broken lasts for one frame
            layers += [nn.Conv3d(inputs, outputs, 3, strides, 1, bias=False), nn.BatchNorm3d(outputs), nn.ReLU()]
        hidden = nn.Linear(4 * width * 2 * 4 * 4, FEATURES)
        self.body = nn.Sequential(*layers, nn.AdaptiveAvgPool3d((2, 4, 4)), nn.Flatten(), hidden, nn.ReLU())
        self.head = nn.Linear(FEATURES, num_classes + 1)

    def features(self, videos: Tensor) -> Tensor:
        """[N, F] from videos [N, C, T, H, W] in [-1, 1]."""
        return cast(Tensor, self.body(videos))

    def forward(self, videos: Tensor) -> Tensor:
        """Logits [N, K + 1]; the last ones are those of broken time."""
        return cast(Tensor, self.head(self.features(videos)))


class Judges(NamedTuple):
    """The classifiers of a set, in eval mode.

    Attributes:
        videos: Tells actions, and broken time.
        frames: Tells the class by a single frame.
        scale: The factor of the first one's features that makes their variance over the training videos `PER_CENT`.
        frame_scale: That of the second one's, which makes their mean square over the training frames 1.
    """

    videos: VideoClassifier
    frames: ImageClassifier
    scale: float
    frame_scale: float

    @true_float32()
    @torch.no_grad()
    def of_videos(self, videos: Tensor) -> tuple[Tensor, Tensor]:
        """Features [N, F] of videos uint8 [N, C, T, H, W], and which of them are told as broken, bool [N]."""
        made = [self.videos.features(to_float(piece)) for piece in videos.split(64)]
        features = torch.cat(made)
        said = self.videos.head(features).softmax(1)[:, -1] > 0.5  # however unsure of the action
        return self.scale * features, said

    def of_frames(self, frames: Tensor) -> Tensor:
        """Features [N, F] of single frames uint8 [N, C, H, W]."""
        return self.frame_scale * classify(self.frames, frames).features


def judges(videos: Tensor, labels: Tensor, num_classes: int, name: str, folder: Path) -> Judges:
    """The classifiers of a set: those kept from earlier, or new ones, trained by a single process.

    Args:
        videos: Training videos as `videos.reduced` gives them, uint8 [M, C, T, H, W]; two frames each at least.
        labels: int64 [M].
        num_classes: K.
        name: The set's, to be read by people.
        folder: Where they are kept, by their videos.

    Raises:
        UserError: If a file is damaged.
    """
    digest = hashlib.sha256(videos.numpy().tobytes() + labels.numpy().tobytes()).hexdigest()[:12]
    path = folder / f"videos-{name}-{digest}-{STEPS}.pt"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        if not path.is_file():
            print(f"training a classifier on videos of {name}, once; it is kept", flush=True)
            with torch.inference_mode(False), torch.enable_grad():  # gradients are off while scores are computed
                kept = _learned(videos, labels, num_classes)
            write_atomically(path, lambda file: file.write(kept))
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        with torch.random.fork_rng():
            network, single = (
                VideoClassifier(num_classes, videos.shape[1]),
                ImageClassifier(num_classes, videos.shape[1]),
            )
        network.load_state_dict(content["videos"])
        single.load_state_dict(content["frames"])
        return Judges(network.eval(), single.eval(), content["scale"], content["frame_scale"])
    except Exception as error:  # of many types, all of them about the file
        raise UserError(f"features: {path} is damaged; remove it, and it is made anew") from error


def train_video_classifier(
    videos: Tensor, labels: Tensor, num_classes: int, steps: int, seed: int = 0
) -> VideoClassifier:
    """A classifier trained on labelled videos and on some of them whose time is broken, in eval mode.

    AdamW, the rate rising and falling in one cycle. The global random state is left alone.

    Args:
        videos: uint8 [M, C, T, H, W], two frames each at least.
        labels: int64 [M].
        num_classes: K.
        steps: Batches to train on.
        seed: Of the weights, the order and what is broken.
    """
    with torch.random.fork_rng():
        torch.manual_seed(mix(seed, "video classifier"))
        model = VideoClassifier(num_classes, videos.shape[1])
    optimizer = AdamW(model.parameters(), lr=RATE)
    schedule = OneCycleLR(optimizer, RATE, total_steps=steps)
    random = stream(seed, "video classifier batches")
    passes = ceil(steps * (BATCH + BROKEN) / len(videos))
    order = torch.cat([torch.randperm(len(videos), generator=random) for _ in range(passes)])
    for numbers in order[: steps * (BATCH + BROKEN)].split(BATCH + BROKEN):
        batch = _moved(videos[numbers], random)
        batch[BATCH:] = broken(batch[BATCH:], random)
        told = torch.cat([labels[numbers[:BATCH]], torch.full((BROKEN,), num_classes)])
        optimizer.zero_grad()
        cross_entropy(model(to_float(batch)), told).backward()
        optimizer.step()
        schedule.step()
    return model.eval()


def broken(videos: Tensor, random: torch.Generator) -> Tensor:
    """Videos whose time is broken, of the same shape: a fourth of them each in one of four ways.

    Their frames are in another order; two that follow each other have changed places, here and there; they stop; or
    they jump to another time.

    Args:
        videos: uint8 [N, C, T, H, W].
        random: Numbers are drawn from it.
    """
    count, frames = len(videos), videos.shape[2]
    time = torch.arange(frames).expand(count, frames)
    orders = torch.rand(count, frames, generator=random).argsort(1)
    pairs = torch.rand(count, frames // 2, generator=random).repeat_interleave(2, 1) < 0.5
    swapped = time[:, : frames // 2 * 2] ^ pairs
    swapped = torch.cat([swapped, time[:, frames // 2 * 2 :]], dim=1)
    stops = time.minimum(torch.randint(max(1, frames // 2), (count, 1), generator=random))
    half = frames // 2
    jumps = torch.where(
        time < half, time, (time + torch.randint(1, max(2, half), (count, 1), generator=random)) % frames
    )
    ways = torch.stack([orders, swapped, stops, jumps])
    chosen = ways[torch.arange(count) % len(ways), torch.arange(count)]
    return videos.gather(2, chosen[:, None, :, None, None].expand_as(videos))


def _learned(videos: Tensor, labels: Tensor, num_classes: int) -> bytes:
    """The content of a file of classifiers."""
    model = train_video_classifier(videos, labels, num_classes, STEPS)
    frames = videos.transpose(1, 2).flatten(0, 1)
    single = train_classifier(
        frames, labels.repeat_interleave(videos.shape[2]), steps=FRAME_STEPS, num_classes=num_classes
    )
    plain = Judges(model, single, 1.0, 1.0)
    squares = plain.of_frames(frames[:: ceil(len(frames) / 1000)]).square().mean()
    content = {
        "videos": model.state_dict(),
        "frames": single.state_dict(),
        "scale": float((PER_CENT / plain.of_videos(videos)[0].var(0).sum().clamp_min(1e-9)).sqrt()),
        "frame_scale": float(squares.clamp_min(1e-9).rsqrt()),
    }
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


def _moved(videos: Tensor, random: torch.Generator) -> Tensor:
    """Each video moved by a few pixels, all its frames alike."""
    together: Tensor = shifted(videos.flatten(1, 2), SHIFT, random).unflatten(1, videos.shape[1:3])
    return together
