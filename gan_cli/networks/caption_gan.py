"""The networks of Dai et al. 2017, arXiv:1703.06029, as their code has them, with an encoder of clips of its own.

Theirs reads 4,096 features that VGG16 makes of an image; here each player learns to look itself.
"""

from math import sqrt
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from gan_cli.networks.dcgan import FIRSTS
from gan_cli.networks.layers import in_float32
from gan_cli.networks.sizes import maps_of
from gan_cli.networks.text_encoders import NOTHING, UNKNOWN

SLOPE = 0.2
WIDEST = 8
"""The deepest convolutions have at most so many times the channels of the first."""
BARRED = -1e4
"""The logit of a word that must not be said."""


class ClipEncoder(nn.Module):
    """A clip as a vector: convolutions look at each frame, an LSTM goes from frame to frame (Yang et al. 2018).

    Beside a frame they see how it differs from the one before, without which motion is learned many times slower; the
    LSTM's last state and the mean of the frames' vectors are added.

    Args:
        num_frames: T; a single frame has no LSTM, and nothing to differ from.
        image_size: Side of the square frames in pixels, as `networks.dcgan` takes them.
        image_channels: C.
        base_channels: Channels of the first convolution; doubled with each halving of the map, up to eight times.
        clip_dim: E, of what comes out.
    """

    def __init__(
        self, num_frames: int, image_size: int, image_channels: int, base_channels: int, clip_dim: int
    ) -> None:
        super().__init__()
        maps = maps_of(image_size, FIRSTS)
        layers: list[nn.Module] = []
        inputs = image_channels * (1 + (num_frames > 1))
        for level in range(maps.doublings):
            width = base_channels * min(2**level, WIDEST)
            layers += [nn.Conv2d(inputs, width, 4, 2, 1), nn.LeakyReLU(SLOPE)]
            inputs = width
        layers += [nn.Flatten(), nn.Linear(inputs * maps.first**2, clip_dim), nn.LeakyReLU(SLOPE)]
        self.frames = nn.Sequential(*layers)
        self.recurrence = nn.LSTM(clip_dim, clip_dim, batch_first=True) if num_frames > 1 else None

    def forward(self, clips: Tensor) -> Tensor:
        """Vectors [N, E] of clips [N, C, T, H, W], or of images [N, C, H, W], in [-1, 1]."""
        if clips.ndim == 4:
            clips = clips[:, :, None]
        if self.recurrence is None:
            return self._seen(clips).mean(1)
        changes = clips.diff(dim=2, prepend=clips[:, :, :1])
        frames = self._seen(torch.cat([clips, changes], dim=1))
        _, (state, _) = self.recurrence(frames)
        return cast(Tensor, state[0] + frames.mean(1))

    def _seen(self, clips: Tensor) -> Tensor:
        """A vector of each frame of clips [N, C, T, H, W], [N, T, E]."""
        frames: Tensor = self.frames(clips.transpose(1, 2).flatten(0, 1))
        return cast(Tensor, frames.unflatten(0, (len(clips), -1)))


class SentenceGenerator(nn.Module):
    """Sentences of clips, word by word, by an LSTM that is first shown the clip's vector with noise.

    As in the authors' code, one symbol stands for the beginning and for the end. Unlike there, the clip's vector is
    added to that of each word too, by which clips are told apart sooner. No sentence is empty, and no word unknown.

    Args:
        encoder: Makes vectors [N, E] of clips.
        clip_dim: E.
        vocabulary_size: V, how many numbers a word can have.
        text_length: L, words at most.
        noise_dim: Z' numbers of noise beside the clip's vector.
        word_dim: Numbers of a word's vector.
        hidden_dim: Units of the LSTM.
        dropout: The share of units that training leaves out behind it.
    """

    barred: Tensor

    def __init__(
        self,
        encoder: ClipEncoder,
        clip_dim: int,
        vocabulary_size: int,
        text_length: int,
        noise_dim: int,
        word_dim: int,
        hidden_dim: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.text_length = text_length
        self.left_out = dropout
        self.encoder = encoder
        self.guide = nn.Sequential(nn.Linear(clip_dim + noise_dim, word_dim), nn.ReLU())
        self.words = nn.Embedding(vocabulary_size, word_dim)
        self.recurrence = nn.LSTM(word_dim, hidden_dim, batch_first=True)
        self.head = nn.Linear(hidden_dim, vocabulary_size)
        barred = torch.zeros(text_length, vocabulary_size)
        barred[:, UNKNOWN] = barred[0, NOTHING] = BARRED
        self.register_buffer("barred", barred, persistent=False)

    def guidance(self, vectors: Tensor, noise: Tensor) -> Tensor:
        """What the LSTM sees first, [N, W], of vectors of clips [N, E] and noise [N, Z']."""
        return cast(Tensor, self.guide(torch.cat([vectors, noise.to(vectors)], dim=1)))

    def log_likelihood(self, guidance: Tensor, text: Tensor, whole: bool = True) -> Tensor:
        """The logarithm of the probability of each word behind those before it, [N, L], float32.

        The end counts as a word; 0 stands behind it, and for words that the vocabulary lacks.

        Args:
            guidance: [N, W].
            text: Sentences, int64 [N, L].
            whole: Whether all units take part although it trains; otherwise some are left out.
        """
        begin = torch.full_like(text[:, :1], NOTHING)
        before = torch.cat([begin, text[:, :-1]], dim=1)
        states, _ = self.recurrence(torch.cat([guidance[:, None], self.words(before) + guidance[:, None]], dim=1))
        states = dropout(states[:, 1:], self.left_out, self.training and not whole)
        logits = in_float32(self.head, states) + self.barred
        chosen: Tensor = logits.log_softmax(2).gather(2, text[:, :, None])[:, :, 0]
        return chosen * counted(text)

    @torch.no_grad()
    def written(
        self,
        guidance: Tensor,
        chances: Tensor,
        psi: float = 1.0,
        begun: Tensor | None = None,
        fixed: Tensor | None = None,
    ) -> Tensor:
        """Sentences, int64 [N, L]: each word is drawn as likely as it is, by a number that chance has drawn before.

        Args:
            guidance: [N, W].
            chances: Numbers in [0, 1), [N, L]: the word is the one at which the probabilities, beginning with the
                largest, add up to it.
            psi: Chances are multiplied by it: with less than 1 only so large a share of the probability can be drawn
                (Holtzman et al. 2020, arXiv:1904.09751), with 0 the likeliest word.
            begun: Sentences to go on with, int64 [N, L].
            fixed: So many words of each are as in `begun`, int64 [N].
        """
        _, state = self.recurrence(guidance[:, None])
        word = torch.full((len(guidance),), NOTHING, device=guidance.device)
        over = torch.zeros_like(word, dtype=torch.bool)
        found = []
        for place in range(self.text_length):
            states, state = self.recurrence((self.words(word) + guidance)[:, None], state)
            logits = in_float32(self.head, states[:, 0]) + self.barred[place]
            word = _drawn(logits.softmax(1), chances[:, place] * psi)
            if begun is not None and fixed is not None:
                word = torch.where(fixed > place, begun[:, place], word)
            word = word.masked_fill(over, NOTHING)
            over = word == NOTHING
            found.append(word)
        return torch.stack(found, dim=1)


class SentenceJudge(nn.Module):
    """Whether a person has said a sentence of a clip: the product of their vectors.

    Args:
        encoder: Makes vectors [N, E] of clips.
        clip_dim: E.
        vocabulary_size: V.
        word_dim: Numbers of a word's vector.
        hidden_dim: Units of the LSTM that reads sentences.
    """

    def __init__(
        self, encoder: ClipEncoder, clip_dim: int, vocabulary_size: int, word_dim: int, hidden_dim: int
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.words = nn.Embedding(vocabulary_size, word_dim)
        self.recurrence = nn.LSTM(word_dim, hidden_dim, batch_first=True)
        self.head = nn.Linear(hidden_dim, clip_dim)

    def forward(self, clips: Tensor, text: Tensor) -> Tensor:
        """Logits [N] of clips with sentences int64 [N, L], or [N, M] of clips with M sentences each, [N, M, L]."""
        vectors = self.encoder(clips)
        if text.ndim == 3:
            return self.agreement(vectors[:, None], self.read(text.flatten(0, 1)).unflatten(0, text.shape[:2]))
        return self.agreement(vectors, self.read(text))

    def read(self, text: Tensor) -> Tensor:
        """Vectors [N, E] of sentences int64 [N, L], of the LSTM's state at their ends."""
        whole = torch.cat([text, torch.full_like(text[:, :1], NOTHING)], dim=1)
        states, _ = self.recurrence(self.words(whole))
        ends = (text != NOTHING).sum(1)[:, None, None].expand(-1, 1, states.shape[2])
        return cast(Tensor, self.head(states.gather(1, ends)[:, 0]))

    @staticmethod
    def agreement(vectors: Tensor, said: Tensor) -> Tensor:
        """The product of vectors [..., E] in float32 at least, divided by the root of E."""
        exact = torch.promote_types(vectors.dtype, torch.float32)
        product: Tensor = (vectors.to(exact) * said.to(exact)).sum(-1)
        return product / sqrt(vectors.shape[-1])


def counted(text: Tensor) -> Tensor:
    """1 for the words of sentences that are known and for their ends, 0 for what is behind, float32 [N, L]."""
    before = torch.cat([torch.ones_like(text[:, :1]), text[:, :-1]], dim=1)
    return ((before != NOTHING) & (text != UNKNOWN)).float()


def _drawn(probabilities: Tensor, chances: Tensor) -> Tensor:
    """The words at which probabilities [N, V] add up to chances [N], beginning with the largest, int64 [N]."""
    falling, order = probabilities.sort(dim=1, descending=True, stable=True)
    last = (falling > 0).sum(1) - 1  # what is barred has none, and sums may end below 1
    place = torch.minimum((falling.cumsum(1) <= chances[:, None]).sum(1), last)
    return order.gather(1, place[:, None])[:, 0]
