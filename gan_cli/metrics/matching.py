"""Whether pictures go with sentences: R-precision, by a judge that learned from real pairs.

Xu et al. 2018, "AttnGAN", arXiv:1711.10485, section 4: a picture asks for its sentence among a hundred. Their judge is
the network that their generator learns from; this one is trained on its own.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, normalize

from gan_cli.metrics.lite0 import Lite0
from gan_cli.metrics.row_table import Kind
from gan_cli.networks.efficientnet_lite import lite0_weights
from gan_cli.networks.minilm import PretrainedEncoder
from gan_cli.networks.text_encoders import TextEncoder, WordEncoder
from gan_cli.objectives.matching import symmetric_info_nce
from gan_cli.seeding import mix, stream

KINDS = {
    "r_precision": Kind("R-precision", "higher"),
    "among_ten": Kind("among the first ten", "higher"),
}
"""How often a picture's own sentence is the most like it of all candidates, and how often one of the ten most."""
CANDIDATES = 100
"""Sentences that a picture chooses among."""
TRAINED_ON = 2000
"""At most so many pairs of the training set teach a judge."""
STEPS, BATCH, WIDTH, RATE, SHARPNESS = 600, 64, 128, 1e-3, 10.0
SIDE = 16
"""Without EfficientNet-Lite0, images are seen as so many pixels a side."""


class Pairs(NamedTuple):
    """Images with their sentences.

    Attributes:
        images: uint8 [M, C, H, W].
        texts: The sentences of each image, M tensors of int64 [S, L].
    """

    images: Tensor
    texts: list[Tensor]


class Judge(NamedTuple):
    """What tells how like a picture and a sentence are.

    Attributes:
        seen: What images are seen as, [N, F], before anything is learned.
        mean: Of that over the training images, [F].
        deviation: The same.
        pictures: Makes vectors [N, E] of what images are seen as.
        sentences: Makes vectors [N, E] of sentences.
    """

    seen: Callable[[Tensor], Tensor]
    mean: Tensor
    deviation: Tensor
    pictures: nn.Module
    sentences: nn.Module

    @torch.no_grad()
    def likeness(self, images: Tensor, texts: Tensor) -> Tensor:
        """The cosine of each image with each sentence, [N, M].

        Args:
            images: uint8 [N, C, H, W].
            texts: int64 [M, L].
        """
        seen = (self.seen(images) - self.mean) / self.deviation
        return normalize(self.pictures(seen), dim=1) @ normalize(self.sentences(texts), dim=1).T


def judge_of(pairs: Pairs, vocabulary_size: int, encoder: TextEncoder) -> Judge:
    """A judge trained on real pairs; the global random state is left alone.

    Images are seen by EfficientNet-Lite0 where its weights are installed, or else as a few pixels.

    Args:
        pairs: Of the training set.
        vocabulary_size: V.
        encoder: What the sentences are cut for.
    """
    seen = Lite0() if lite0_weights() else small
    features = seen(pairs.images)
    mean, deviation = features.mean(0), features.std(0).clamp(min=1e-3)
    features = (features - mean) / deviation
    with torch.random.fork_rng(), torch.inference_mode(False), torch.enable_grad():
        torch.manual_seed(mix(0, "matching judge"))
        pictures = nn.Linear(features.shape[1], WIDTH)
        sentences = WordEncoder(vocabulary_size, WIDTH) if encoder == "learned" else PretrainedEncoder(WIDTH)
        parameters = [*pictures.parameters(), *sentences.parameters()]
        optimizer = torch.optim.AdamW(parameters, lr=RATE, weight_decay=0.1)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=STEPS)
        for _ in range(STEPS):
            places = torch.randperm(len(features))[:BATCH]
            chosen = [pairs.texts[place] for place in places.tolist()]
            texts = torch.stack([one[int(torch.randint(len(one), ()))] for one in chosen])
            dropped = nn.functional.dropout(features[places], 0.5)
            vectors = normalize(pictures(dropped), dim=1), normalize(sentences(texts), dim=1)
            loss = symmetric_info_nce(SHARPNESS * vectors[0] @ vectors[1].T)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return Judge(seen, mean, deviation, pictures.eval(), sentences.eval())


def small(images: Tensor) -> Tensor:
    """Images uint8 [N, C, H, W] as a few pixels, [N, F] from 0 to 1."""
    return interpolate(images.float() / 255, (SIDE, SIDE), mode="bilinear", antialias=True).flatten(1)


def ranks(likeness: Tensor, own: Tensor, candidates: int = CANDIDATES) -> Tensor:
    """How many of the other candidates are more like each picture than its own sentence, int64 [N].

    Args:
        likeness: Of pictures with all sentences, [N, M].
        own: The number of each one's sentence, int64 [N].
        candidates: A picture chooses among its own and so many less one others, or all that there are; which ones is
            the same in every call.
    """
    others = torch.rand(likeness.shape, generator=stream("candidates")).scatter(1, own[:, None], 2.0)
    chosen = others.argsort(1)[:, : min(candidates, likeness.shape[1]) - 1]
    return (likeness.gather(1, chosen) >= likeness.gather(1, own[:, None])).sum(1)


def precision(likeness: Tensor, own: Tensor) -> list[float | None]:
    """R-precision, and how often the own sentence is among the first ten."""
    found = ranks(likeness, own)
    return [float((found < first).float().mean()) for first in (1, 10)]
