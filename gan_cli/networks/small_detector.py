"""A small detector: convolutions, a head that knows centres and edges, and what looks at the features of boxes."""

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, max_pool2d, relu
from torchvision.ops import batched_nms, roi_align

from gan_cli.networks.box_geometry import edges_at
from gan_cli.networks.layers import in_float32

STRIDE = 4
"""Side of a cell of the deep maps, in pixels."""
RARE = -2.2
"""The bias of a map of centres before anything is learned: a chance of a tenth."""
LONGEST = 4.0
"""A logarithm of a distance, in cells, is held below it."""
OVERLAP = 0.5
"""Of two boxes of one class that overlap (intersection over union) by more, the surer one stays."""


def norm(channels: int) -> nn.GroupNorm:
    """Normalises groups of four channels of each image, or of each box, by itself."""
    return nn.GroupNorm(max(1, channels // 4), channels)


class Trunk(nn.Module):
    """Maps of images: the first convolution's at full resolution, and deep ones of cells of `STRIDE` pixels.

    Args:
        image_channels: C.
        base_channels: B, channels of the first convolution; the deep maps have 4 B.
    """

    def __init__(self, image_channels: int, base_channels: int) -> None:
        super().__init__()
        base = base_channels
        self.first = nn.Conv2d(image_channels, base, 3, padding=1)
        layers: list[nn.Module] = []
        for before, after, stride, dilation in (
            (base, 2 * base, 2, 1),
            (2 * base, 2 * base, 1, 1),
            (2 * base, 4 * base, 2, 1),
            (4 * base, 4 * base, 1, 1),
            (4 * base, 4 * base, 1, 2),
        ):
            layers += [nn.Conv2d(before, after, 3, stride, dilation, dilation), norm(after), nn.ReLU()]
        self.deep = nn.Sequential(*layers)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """[N, C, H, W] -> low maps [N, B, H, W] and deep ones [N, 4 B, H / 4, W / 4]; sides are multiples of 4."""
        low = relu(self.first(images))
        return low, self.deep(low)


class CentreHead(nn.Module):
    """Where things have their centres, and how far their edges are from there, whatever they are.

    Args:
        channels: Of the deep maps.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.before = nn.Conv2d(channels, channels, 3, padding=1)
        self.centre = nn.Conv2d(channels, 1, 1)
        self.reach = nn.Conv2d(channels, 4, 1)
        nn.init.constant_(self.centre.bias, RARE)  # type: ignore[arg-type]

    def forward(self, deep: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of centres [N, h, w] and boxes [N, h, w, 4] in pixels."""
        maps = relu(self.before(deep))
        distances = STRIDE * in_float32(self.reach, maps).clamp(-LONGEST, LONGEST).exp()
        return in_float32(self.centre, maps)[:, 0], edges_at(distances, STRIDE)

    def candidates(self, deep: Tensor, count: int) -> tuple[Tensor, Tensor]:
        """The boxes of the highest peaks, [N, K, 4] in pixels, and how sure they are, [N, K]; K is `count` at most."""
        logits, boxes = self(deep)
        chances = logits.sigmoid()[:, None]
        peaks = torch.where(max_pool2d(chances, 3, 1, 1) == chances, chances, 0).flatten(1)
        scores, places = peaks.topk(min(count, peaks.shape[1]))
        found: Tensor = boxes.flatten(1, 2).gather(1, places[..., None].expand(-1, -1, 4))
        height, width = STRIDE * deep.shape[2], STRIDE * deep.shape[3]
        return torch.stack([found[..., 0::2].clamp(0, width), found[..., 1::2].clamp(0, height)], -1).flatten(2), scores


class PerceptionBranch(nn.Module):
    """What a thing is, and how its box has to be moved, by the features that the box cuts out (two layers, then two).

    Args:
        features: Numbers of a box's features.
        hidden_dim: Units of each of the two layers.
        num_classes: K.
    """

    def __init__(self, features: int, hidden_dim: int, num_classes: int) -> None:
        super().__init__()
        first, second = nn.Linear(features, hidden_dim), nn.Linear(hidden_dim, hidden_dim)
        self.layers = nn.Sequential(first, nn.ReLU(), second, nn.ReLU())
        self.classes = nn.Linear(hidden_dim, num_classes)
        self.moves = nn.Linear(hidden_dim, 4)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Features [M, ...] -> logits of classes [M, K] and moves [M, 4] as `box_geometry` has them."""
        hidden = self.layers(features.flatten(1))
        return in_float32(self.classes, hidden), in_float32(self.moves, hidden)


class AdversarialBranch(nn.Module):
    """How likely features are those of a large thing, as a logit (three fully connected layers).

    Args:
        features: Numbers of a box's features.
        hidden_dim: Units of the first layer; the second has a quarter.
    """

    def __init__(self, features: int, hidden_dim: int) -> None:
        super().__init__()
        self.first = nn.Linear(features, hidden_dim)
        self.second = nn.Linear(hidden_dim, max(1, hidden_dim // 4))
        self.last = nn.Linear(max(1, hidden_dim // 4), 1)

    def forward(self, features: Tensor) -> Tensor:
        """Features [M, ...] -> logits [M]."""
        hidden = leaky_relu(self.second(leaky_relu(self.first(features.flatten(1)), 0.2)), 0.2)
        return in_float32(self.last, hidden)[:, 0]


class PerceptualDiscriminator(nn.Module):
    """A detector whose features are judged: its convolutions, its head, and the two branches of Perceptual GAN's D.

    Args:
        image_channels: C.
        base_channels: B, channels of the first convolution.
        num_classes: K.
        cells: R; a box cuts R x R cells out of the deep maps.
        hidden_dim: Units of the branches' layers.
        detects: Whether there is a head; not where boxes are known.
    """

    def __init__(
        self, image_channels: int, base_channels: int, num_classes: int, cells: int, hidden_dim: int, detects: bool
    ) -> None:
        super().__init__()
        self.cells = cells
        features = 4 * base_channels * cells**2
        self.trunk = Trunk(image_channels, base_channels)
        self.head = CentreHead(4 * base_channels) if detects else None
        self.perception = PerceptionBranch(features, hidden_dim, num_classes)
        self.adversarial = AdversarialBranch(features, hidden_dim)

    def forward(self, features: Tensor) -> Tensor:
        """How likely features [M, 4 B, R, R] are those of large things, logits [M]."""
        logits: Tensor = self.adversarial(features)
        return logits

    def cut(self, low: Tensor, deep: Tensor, boxes: Tensor) -> tuple[Tensor, Tensor]:
        """What boxes cut out of maps (RoIAlign, He et al. 2017, arXiv:1703.06870).

        Args:
            low: [N, B, H, W].
            deep: [N, 4 B, H / 4, W / 4].
            boxes: The number of the image and edges in pixels, [M, 5].

        Returns:
            Of the low maps twice as many cells, [M, B, 2 R, 2 R]; of the deep ones [M, 4 B, R, R].
        """
        fine = roi_align(low, boxes.to(low.dtype), 2 * self.cells, 1.0, sampling_ratio=2, aligned=True)
        return fine, roi_align(deep, boxes.to(deep.dtype), self.cells, 1 / STRIDE, sampling_ratio=2, aligned=True)


class FeatureGenerator(nn.Module):
    """The features of small things made like those of large ones, by a residual of the first convolution's features.

    A 3x3 convolution (which halves the cells), a 1x1 convolution to the deep features' channels, residual blocks. The
    last convolution starts from 0, so that training starts from the features as they are. Departure: what is normalised
    are groups of channels of each box, where the paper normalises over batches.

    Args:
        base_channels: B.
        num_blocks: Residual blocks.
    """

    def __init__(self, base_channels: int, num_blocks: int) -> None:
        super().__init__()
        channels = 4 * base_channels
        self.enter = nn.Conv2d(base_channels, channels, 3, 2, 1)
        self.widen = nn.Conv2d(channels, channels, 1)
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(channels, channels, 3, padding=1),
                norm(channels),
                nn.ReLU(),
                nn.Conv2d(channels, channels, 3, padding=1),
                norm(channels),
            )
            for _ in range(num_blocks)
        )
        self.residual = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.residual.weight)
        nn.init.zeros_(self.residual.bias)  # type: ignore[arg-type]

    def forward(self, fine: Tensor, coarse: Tensor) -> Tensor:
        """Fine features [M, B, 2 R, 2 R] and deep ones [M, 4 B, R, R] -> deep ones [M, 4 B, R, R]."""
        maps = relu(self.widen(relu(self.enter(fine))))
        for block in self.blocks:
            maps = relu(maps + block(maps))
        made: Tensor = coarse + self.residual(maps)
        return made


def sorted_out(rows: Tensor, least: float) -> Tensor:
    """Rows of boxes without those that others stand for or that are hardly sure, the surest first, NaN behind them.

    Args:
        rows: Left, top, right, bottom, class, score, [N, K, 6].
        least: Scores below it are left out.
    """
    count, candidates = rows.shape[:2]
    flat = rows.flatten(0, 1)
    groups = torch.arange(count, device=rows.device).repeat_interleave(candidates) * 10_000 + flat[:, 4].long()
    kept = batched_nms(flat[:, :4].float(), flat[:, 5].float(), groups, OVERLAP)
    stays = torch.zeros(len(flat), dtype=torch.bool, device=rows.device)
    stays[kept] = True
    stays &= (flat[:, 5] >= least) & ((flat[:, 2:4] - flat[:, :2]) > 0).all(1)
    scores = torch.where(stays, flat[:, 5], -1.0).view(count, candidates)
    order = scores.argsort(stable=True, dim=1, descending=True)
    found = rows.gather(1, order[..., None].expand(-1, -1, rows.shape[2]))
    return torch.where((scores.gather(1, order) >= 0)[..., None], found, torch.nan)
