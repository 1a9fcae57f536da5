"""The networks of Gupta et al. 2018, "Social GAN", arXiv:1803.10892, section 3, in the sizes of the authors' script."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn

from gan_cli.networks.crowds import Crowd

POOLED = 512
"""Units of the hidden layer of the pooling module, fixed in the authors' code."""

Pooling = Literal["none", "once", "every_step"]


def perceptron(*widths: int) -> nn.Sequential:
    """Linear layers, each followed by ReLU."""
    return nn.Sequential(*(layer for ends in pairwise(widths) for layer in (nn.Linear(*ends), nn.ReLU())))


class Encoder(nn.Module):
    """A state for each of M moving people, [M, T, 2] -> [M, H]: an LSTM over their embedded displacements.

    Args:
        embedding_dim: Numbers that a displacement is embedded in.
        hidden_dim: H.
    """

    def __init__(self, embedding_dim: int, hidden_dim: int) -> None:
        super().__init__()
        self.embedding = nn.Linear(2, embedding_dim)
        self.recurrence = nn.LSTM(embedding_dim, hidden_dim, batch_first=True)

    def forward(self, moves: Tensor) -> Tensor:
        _, (state, _) = self.recurrence(self.embedding(moves))
        last: Tensor = state[0]
        return last


class PoolingModule(nn.Module):
    """What each person's neighbours are about (section 3.3): the most of what each of them, and oneself, counts for.

    Args:
        embedding_dim: Numbers that a relative place is embedded in.
        hidden_dim: H of the states.
        pooled_dim: Numbers for each person.
    """

    def __init__(self, embedding_dim: int, hidden_dim: int, pooled_dim: int) -> None:
        super().__init__()
        self.embedding = nn.Linear(2, embedding_dim)
        self.layers = perceptron(embedding_dim + hidden_dim, POOLED, pooled_dim)

    def forward(self, states: Tensor, places: Tensor, crowd: Crowd) -> Tensor:
        """States [..., M, H] and places [..., M, 2] -> [..., M, pooled_dim], scene by scene."""
        relative = places.index_select(-2, crowd.seen) - places.index_select(-2, crowd.lookers)
        told = torch.cat([self.embedding(relative), states.index_select(-2, crowd.seen)], dim=-1)
        weighed = self.layers(told)
        lookers = crowd.lookers[:, None].expand_as(weighed)
        nothing = weighed.new_zeros(*states.shape[:-1], weighed.shape[-1])
        most: Tensor = nothing.scatter_reduce(-2, lookers, weighed, "amax")  # nothing is below 0 after ReLU
        return most


class Decoder(nn.Module):
    """Displacements of M people, one after another, from their states.

    Args:
        steps: T', how many.
        embedding_dim: Numbers that the displacement before is embedded in.
        hidden_dim: H of the states.
        pooled_dim: Numbers that people are pooled to after every step; 0 for no pooling there.
        mlp_dim: Units of the layer that makes the next state of both.
    """

    def __init__(self, steps: int, embedding_dim: int, hidden_dim: int, pooled_dim: int, mlp_dim: int) -> None:
        super().__init__()
        self.steps = steps
        self.embedding = nn.Linear(2, embedding_dim)
        self.recurrence = nn.LSTMCell(embedding_dim, hidden_dim)
        self.moving = nn.Linear(hidden_dim, 2)
        self.pooling = PoolingModule(embedding_dim, hidden_dim, pooled_dim) if pooled_dim else None
        self.mixing = perceptron(hidden_dim + pooled_dim, mlp_dim, hidden_dim) if pooled_dim else None

    def forward(self, states: Tensor, move: Tensor, place: Tensor, crowd: Crowd) -> Tensor:
        """[..., M, T', 2] from states [..., M, H], the last displacements and the last places, [..., M, 2]."""
        leading, cells, moves = states.shape[:-1], torch.zeros_like(states).flatten(0, -2), []
        for _ in range(self.steps):
            embedded = self.embedding(move).flatten(0, -2)
            flat, cells = self.recurrence(embedded, (states.flatten(0, -2), cells))
            states = flat.unflatten(0, leading)
            move = self.moving(states)
            moves.append(move)
            place = place + move
            if self.pooling is not None and self.mixing is not None and len(moves) < self.steps:
                states = self.mixing(torch.cat([states, self.pooling(states, place, crowd)], dim=-1))
        return torch.stack(moves, dim=-2)


class FutureGenerator(nn.Module):
    """Where the people of scenes go from where they were seen.

    Args:
        future_steps: T'.
        latent_dim: Z; one z serves all people of a scene.
        embedding_dim: Numbers that displacements and places are embedded in.
        hidden_dim: Units of encoder and decoder.
        mlp_dim: Units of the layer between them.
        pooled_dim: Numbers that a person's neighbours are pooled to.
        pooling: Whether people are pooled, once before the decoder, or also after each of its steps.
    """

    def __init__(
        self,
        future_steps: int,
        latent_dim: int,
        embedding_dim: int,
        hidden_dim: int,
        mlp_dim: int,
        pooled_dim: int,
        pooling: Pooling,
    ) -> None:
        super().__init__()
        again = pooled_dim if pooling == "every_step" else 0
        known = hidden_dim + (0 if pooling == "none" else pooled_dim)
        self.encoder = Encoder(embedding_dim, hidden_dim)
        self.pooling = None if pooling == "none" else PoolingModule(embedding_dim, hidden_dim, pooled_dim)
        self.context = perceptron(known, mlp_dim, hidden_dim - latent_dim)
        self.decoder = Decoder(future_steps, embedding_dim, hidden_dim, again, mlp_dim)

    def forward(self, latents: Tensor, observed: Tensor, people: Sequence[int] | None = None) -> Tensor:
        """Places [N, P, T', 2], or K futures of each scene, [N, K, P, T', 2]; NaN where there is nobody.

        Args:
            latents: [N, Z], or [N, K, Z].
            observed: Places in metres, [N, P, T, 2].
            people: How many people each scene has; see `Crowd.of`.
        """
        crowd = Crowd.of(observed, people)
        seen = crowd.packed(observed)
        moves, last = seen.diff(dim=1), seen[:, -1]
        states = self.encoder(moves)
        if self.pooling is not None:
            states = torch.cat([states, self.pooling(states, last, crowd)], dim=1)
        context = self.context(states)
        several = latents.movedim(-2, 0) if latents.ndim == 3 else latents[None]
        guesses = len(several)
        begun = torch.cat(
            [context.expand(guesses, -1, -1), several.index_select(1, crowd.scenes).to(context.dtype)], dim=2
        )
        ahead = self.decoder(begun, moves[:, -1].expand(guesses, -1, -1), last.expand(guesses, -1, -1), crowd)
        places = last[:, None] + ahead.to(observed.dtype).cumsum(2)  # [K, M, T', 2]
        made: Tensor = crowd.seated(places.flatten(2), torch.nan).unflatten(3, places.shape[2:])
        return made.movedim(0, 1) if latents.ndim == 3 else made[0]


class PathDiscriminator(nn.Module):
    """Whether people's paths are real, a logit for each.

    The last layer is linear: in the authors' code a ReLU follows it, so that no logit is below 0, and once all are 0
    the discriminator learns nothing more.

    Args:
        embedding_dim: Numbers that displacements and places are embedded in.
        hidden_dim: Units of the encoder.
        mlp_dim: Units of the layer before the logit.
        pooled: Whether a person's neighbours count, from where they begin ("global" in the authors' code).
    """

    def __init__(self, embedding_dim: int, hidden_dim: int, mlp_dim: int, pooled: bool) -> None:
        super().__init__()
        self.encoder = Encoder(embedding_dim, hidden_dim)
        self.pooling = PoolingModule(embedding_dim, hidden_dim, hidden_dim) if pooled else None
        self.classifier = nn.Sequential(*perceptron(hidden_dim, mlp_dim), nn.Linear(mlp_dim, 1))

    def forward(self, future: Tensor, observed: Tensor, people: Sequence[int] | None = None) -> Tensor:
        """Logits [N, P] of people who were observed, [N, P, T, 2], and went on, [N, P, T', 2]; 0 where nobody is."""
        crowd = Crowd.of(observed, people)
        paths = crowd.packed(torch.cat([observed, future], dim=2))
        states = self.encoder(paths.diff(dim=1))
        if self.pooling is not None:
            states = self.pooling(states, paths[:, 0], crowd)
        logits: Tensor = crowd.seated(self.classifier(states).to(observed.dtype))
        return logits.squeeze(2)
