"""Sentences and images as vectors that are alike where the one describes the other."""

from math import sqrt
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from gan_cli.networks.dcgan import FIRSTS
from gan_cli.networks.minilm import PretrainedEncoder
from gan_cli.networks.sizes import maps_of

TextEncoder = Literal["learned", "minilm"]
"""What sentences are read by: words of training sentences and an encoder that learns them, or MiniLM."""
NOTHING, UNKNOWN = 0, 1
"""The numbers of a place behind a sentence's end, and of a word that is in no vocabulary."""
FORGOTTEN = 0.1
"""The share of words that training makes unknown, so that unknown ones come to mean something."""


class WordEncoder(nn.Module):
    """A sentence as one vector: vectors of words, two convolutions over three words each, and the largest of each.

    Reed et al. 2016, arXiv:1605.05395, also read sentences by convolutions, of characters; these take much more data to
    learn what a word is.

    Args:
        vocabulary_size: V.
        embedding_dim: E, of what comes out.
        width: Of the vectors of words and of the convolutions.
    """

    def __init__(self, vocabulary_size: int, embedding_dim: int, width: int = 128) -> None:
        super().__init__()
        self.words = nn.Embedding(vocabulary_size, width, padding_idx=NOTHING)
        self.first = nn.Conv1d(width, width, 3, padding=1)
        self.second = nn.Conv1d(width, width, 3, padding=1)
        self.head = nn.Linear(2 * width, embedding_dim)

    def forward(self, text: Tensor) -> Tensor:
        """Vectors [N, E] of length sqrt(E) from sentences int64 [N, L]."""
        if self.training:
            forgotten = (torch.rand(text.shape, device=text.device) < FORGOTTEN) & (text != NOTHING)
            text = text.masked_fill(forgotten, UNKNOWN)
        there = (text != NOTHING)[:, None].to(self.words.weight.dtype)
        words = self.words(text).transpose(1, 2) * there
        maps = torch.relu(self.first(words)) * there
        maps = torch.relu(self.second(maps)) * there
        mean = words.sum(2) / there.sum(2).clamp(min=1)
        return _of_unit_size(self.head(torch.cat([maps.amax(2), mean], dim=1)))


class PictureEncoder(nn.Module):
    """An image as one vector, by strided convolutions without normalisation.

    Args:
        image_size: Side of the square images in pixels, as `networks.dcgan` takes them.
        image_channels: C.
        embedding_dim: E.
        width: Channels of the first convolution, half or a quarter of those of the others.
    """

    def __init__(self, image_size: int, image_channels: int, embedding_dim: int, width: int = 32) -> None:
        super().__init__()
        maps = maps_of(image_size, FIRSTS)
        layers: list[nn.Module] = []
        inputs = image_channels
        for level in range(maps.doublings):
            outputs = width * min(2**level, 4)
            layers += [nn.Conv2d(inputs, outputs, 4, 2, 1), nn.LeakyReLU(0.2)]
            inputs = outputs
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(inputs * maps.first**2, embedding_dim))

    def forward(self, images: Tensor) -> Tensor:
        """Vectors [N, E] of length sqrt(E) from images [N, C, H, W] in [-1, 1]."""
        return _of_unit_size(self.layers(images))


class Matcher(nn.Module):
    """Both, trained so that a sentence's vector is near those of the images that it describes.

    Args:
        image_size: Side of the square images in pixels.
        image_channels: C.
        vocabulary_size: V.
        embedding_dim: E.
        width: Of the sentences' encoder.
        encoder: "learned", or "minilm", which stays as it is but for a linear layer behind it.

    Raises:
        UserError: If the encoder is not installed.
    """

    def __init__(
        self,
        image_size: int,
        image_channels: int,
        vocabulary_size: int,
        embedding_dim: int,
        width: int,
        encoder: TextEncoder = "learned",
    ) -> None:
        super().__init__()
        learned = encoder == "learned"
        self.text: nn.Module = (
            WordEncoder(vocabulary_size, embedding_dim, width) if learned else PretrainedEncoder(embedding_dim)
        )
        self.pictures = PictureEncoder(image_size, image_channels, embedding_dim)

    def forward(self, images: Tensor, text: Tensor) -> Tensor:
        """The cosine of each image with each sentence, [N, M]."""
        pictures, sentences = self.pictures(images), self.text(text)
        likeness: Tensor = pictures @ sentences.T / pictures.shape[1]
        return likeness


def _of_unit_size(vectors: Tensor) -> Tensor:
    """Vectors [N, E] whose numbers have a mean square of 1."""
    of_length_one: Tensor = normalize(vectors.float(), dim=1)
    return of_length_one * sqrt(vectors.shape[1])
