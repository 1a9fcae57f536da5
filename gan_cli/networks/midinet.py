"""The networks of MidiNet: Yang et al. 2017, arXiv:1703.10847, table 2, with the sizes of the authors' code."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from gan_cli.networks.layers import in_float32, initialise

SLOPE = 0.2
CHORD = 13
"""Numbers of a chord: which of the twelve notes is its root, and whether it is minor."""
DOUBLINGS = 3
"""So often the steps of the first map are doubled."""
Entering = Literal["all", "last"]


class PreviousBar(nn.Module):
    """The conditioner: a bar as maps of all its steps, of half of them, and so on, [N, 16, T], [N, 16, T / 2], ...

    Args:
        rows: Numbers of a step, C * P.
        channels: Of each map.
        maps: How many there are.
    """

    def __init__(self, rows: int, channels: int, maps: int) -> None:
        super().__init__()
        layers = [nn.Conv1d(rows, channels, 1, bias=False)]
        layers += [nn.Conv1d(channels, channels, 2, stride=2, bias=False) for _ in range(maps - 1)]
        self.layers = nn.ModuleList(nn.Sequential(one, nn.BatchNorm1d(channels), nn.LeakyReLU(SLOPE)) for one in layers)

    def forward(self, bars: Tensor) -> list[Tensor]:
        """Maps of bars [N, C, T, P], the longest first."""
        found = [bars.transpose(2, 3).flatten(1, 2)]
        for layer in self.layers:
            found.append(layer(found[-1]))
        return found[1:]


class MidiNetGenerator(nn.Module):
    """A bar from noise, a chord and the bar before it.

    A transposed convolution over whole rows is a multiplication for each step, and as such many times faster on a
    processor; no layer before a batch normalisation has a bias, which that would take away again (1,728 numbers at the
    paper's sizes).

    Args:
        num_steps: T, of a bar; a multiple of 8.
        num_pitches: P.
        planes: C.
        latent_dim: Z.
        base_channels: Half of the channels of each map.
        hidden: Units of the first layer.
        previous_channels: Maps of the bar before, at each size.
        previous_into: Into which transposed convolutions these go: "all", or the "last" alone.
    """

    def __init__(
        self,
        num_steps: int,
        num_pitches: int,
        planes: int,
        latent_dim: int,
        base_channels: int = 64,
        hidden: int = 1024,
        previous_channels: int = 16,
        previous_into: Entering = "all",
    ) -> None:
        super().__init__()
        self.shape = (planes, num_pitches, num_steps)
        self.maps = DOUBLINGS + 1 if previous_into == "all" else 1
        first, width = num_steps // 2**DOUBLINGS, 2 * base_channels
        self.previous = PreviousBar(planes * num_pitches, previous_channels, self.maps)
        self.spread = _dense(latent_dim + CHORD, hidden)
        self.begin = _dense(hidden + CHORD, width * first)
        self.first_map = nn.Unflatten(1, (width, first))
        beside = [CHORD + previous_channels * (left < self.maps) for left in range(DOUBLINGS, -1, -1)]
        self.doublings = nn.ModuleList(
            nn.Sequential(
                nn.ConvTranspose1d(width + more, width, 2, stride=2, bias=False), nn.BatchNorm1d(width), nn.ReLU()
            )
            for more in beside[:-1]
        )
        self.rows = nn.Conv1d(width + beside[-1], planes * num_pitches, 1, bias=False)
        self.bias = nn.Parameter(torch.zeros(planes))
        self.apply(initialise)

    def forward(self, latents: Tensor, previous: Tensor, chords: Tensor) -> Tensor:
        """Bars [N, C, T, P] in [0, 1] from latents [N, Z], bars of the same shape and chords [N, 13]."""
        found = self.previous(previous)
        state = self.spread(torch.cat([latents, chords], dim=1))
        maps = self.first_map(self.begin(torch.cat([state, chords], dim=1)))
        for left, layer in zip(range(DOUBLINGS, -1, -1), [*self.doublings, self.rows], strict=True):
            told = [found[left]] if left < self.maps else []
            maps = layer(torch.cat([maps, chords[:, :, None].expand(-1, -1, maps.shape[2]), *told], dim=1))
        rows = maps.unflatten(1, self.shape[:2]) + self.bias[:, None, None]
        return torch.sigmoid(rows.transpose(2, 3))


class MidiNetDiscriminator(nn.Module):
    """Whether a bar goes with its chord; it never sees the bar before (as in the authors' code).

    Args:
        num_steps: T, of a bar; 8 at least.
        num_pitches: P.
        planes: C.
        base_channels: Channels of the second map, beside those of the chord.
        hidden: Units of the layer before the last.
    """

    def __init__(
        self, num_steps: int, num_pitches: int, planes: int, base_channels: int = 64, hidden: int = 1024
    ) -> None:
        super().__init__()
        channels, second = planes + CHORD, base_channels + CHORD
        self.steps = nn.Linear(planes * 2 * num_pitches, channels)
        # what planes of a chord, of one number each, would be multiplied by: the sum counts
        self.chords = nn.Parameter(torch.empty(channels, CHORD, 2 * num_pitches))
        self.second = nn.Sequential(
            nn.Conv1d(channels + CHORD, second, 4, stride=2, bias=False), nn.BatchNorm1d(second), nn.LeakyReLU(SLOPE)
        )
        self.third = _dense(second * ((num_steps // 2 - 4) // 2 + 1) + CHORD, hidden, nn.LeakyReLU(SLOPE))
        self.head = nn.Linear(hidden + CHORD, 1)
        self.apply(initialise)
        nn.init.normal_(self.chords, 0.0, 0.02)

    def features(self, bars: Tensor, chords: Tensor) -> Tensor:
        """What the first layer makes of each two steps, [N, C + 13, T / 2]."""
        pairs = bars.unflatten(2, (-1, 2)).permute(0, 2, 1, 3, 4).flatten(2)
        told = chords @ self.chords.sum(2).T
        return leaky_relu(self.steps(pairs) + told[:, None], SLOPE).transpose(1, 2)

    def forward(self, bars: Tensor, chords: Tensor) -> Tensor:
        """Logits [N] of bars [N, C, T, P] with chords [N, 13]."""
        maps = self.features(bars, chords)
        maps = self.second(torch.cat([maps, chords[:, :, None].expand(-1, -1, maps.shape[2])], dim=1))
        state = self.third(torch.cat([maps.flatten(1), chords], dim=1))
        return in_float32(self.head, torch.cat([state, chords], dim=1)).squeeze(1)


def _dense(inputs: int, outputs: int, activation: nn.Module | None = None) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, outputs, bias=False), nn.BatchNorm1d(outputs), activation or nn.ReLU())
