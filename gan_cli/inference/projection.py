"""Latents of given images: found by descending on a distance between the images, from the mean of many latents.

Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN", arXiv:1912.04958, section 5 and appendix D,
with the numbers of the authors' later code: a rate of 0.1 that rises and falls, and noise on the latent that fades
away. The generator's noise maps are optimised too, kept from taking up what belongs to the image, and thrown away:
what is kept is the latent, whose picture every other verb makes with the generator's own maps.

Departures: the maps are thrown away before the last quarter of the steps, so that the latent settles with the
generator's own, and pictures are clipped as they are kept. The features are those at hand instead of VGG16's. With a
style for each layer (w+) the mean squared error of the pixels is added, as in Abdal et al. 2019, "Image2StyleGAN",
arXiv:1904.03189, equation 1. In z, where the mean is no latent that a generator knows, a descent begins at the nearest
of some, and stays where the prior's latents are.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import cos, pi
from types import MappingProxyType

import torch
from torch import Tensor
from torch.func import functional_call
from torch.optim import Adam

from gan_cli import seeding
from gan_cli.inference.latent_files import StoredSpace
from gan_cli.inference.likeness import Likeness
from gan_cli.inference.prior import Prior, prior_of
from gan_cli.inference.spaces import spaces_of, style_shape
from gan_cli.metrics.perceptual import distance_of
from gan_cli.objectives.noise_regularisation import autocorrelation, normalise
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.descents import frozen

TRIED = 100
"""Latents among which the nearest is looked for, where there are classes or in z; at least one of each class."""
AT_ONCE = 20
"""At most this many of them are tried at once."""
RATE = 0.1
"""The learning rate between its rise and its fall."""
RISES, FALLS = 0.05, 0.25
"""The shares of the steps in which the rate rises from 0, and falls to 0."""
NOISE, FADES = 0.05, 0.75
"""Noise on the latent, in deviations of the prior, and the share of the steps in which it fades away."""
HANDED = 0.75
"""The share of the steps after which the optimised noise maps give way to the generator's own."""
WHITENESS = 1e5
"""Weight of the noise maps' autocorrelation."""
FRAMES = 60
"""At most this many latents on the way are kept, beside the first."""
NO_MAPS: Mapping[str, Tensor] = MappingProxyType({})


@dataclass(frozen=True)
class Search:
    """How latents are looked for.

    Attributes:
        space: z, w (one style for all layers) or w+ (one for each).
        steps: Steps of a descent.
        seed: Seed of the noise.
        ema: The averaged generator where there is one, or the one that is trained.
    """

    space: StoredSpace
    steps: int = 1000
    seed: int = 0
    ema: bool = True


@dataclass(frozen=True)
class Found:
    """The latents of N images, on the CPU.

    Attributes:
        latents: [N, Z], [N, W] or [N, L, W].
        labels: The class of each, int64 [N]; None for a model without classes.
        way: Some of the latents on the way to them, the first and the last among them, [F, N, ...].
    """

    latents: Tensor
    labels: Tensor | None
    way: Tensor


def projected(
    model: AdversarialModule,
    targets: Tensor,
    likeness: Likeness,
    search: Search,
    labels: Tensor | None = None,
    tick: Callable[[int], object] = lambda step: None,
) -> Found:
    """The latents whose pictures come nearest to targets, of each as if it were alone.

    Args:
        model: The variant, in eval mode; its device computes.
        targets: [N, C, H, W] in [-1, 1].
        likeness: Sees how alike they are; it moves to the model's device.
        search: How latents are looked for.
        labels: The class of each, int64 [N]; for a model with classes None takes that of the nearest of some pictures.
        tick: Is told the number of each step that is done.
    """
    with torch.inference_mode(False), torch.enable_grad(), frozen(model.parameters()):
        descent = Descent(model, targets.to(model.device, copy=True), likeness, search, labels)
        return descent.taken(tick)


class Descent:
    """A descent on the distance of pictures to N targets; see `projected` for the arguments."""

    def __init__(
        self, model: AdversarialModule, targets: Tensor, likeness: Likeness, search: Search, labels: Tensor | None
    ) -> None:
        self.model, self.targets, self.search = model, targets, search
        self.likeness = likeness.to(model.device)
        self.random = seeding.stream(search.seed, "project")
        self.layers = 0 if search.space == "z" else style_shape(model)[0]
        self.maps = {name: self._drawn_maps(own) for name, own in noise_maps(model, search.ema).items()}
        with torch.no_grad():
            self.wanted = self.likeness.seen(targets)
            nearest, self.labels = self._nearest(labels)
            self.priors = self._priors()
            start = torch.stack([prior.mean for prior in self.priors]) if nearest is None else nearest
        self.latents = start.to(model.device, copy=True).requires_grad_()

    def taken(self, tick: Callable[[int], object]) -> Found:
        """The descent's end, after all of its steps."""
        steps = self.search.steps
        frames = min(FRAMES, steps)
        kept = {steps * number // frames for number in range(frames + 1)}
        optimizer = Adam([self.latents, *self.maps.values()], lr=RATE, betas=(0.9, 0.999))
        way = [self._here()]
        for step in range(steps):
            for group in optimizer.param_groups:
                group["lr"] = RATE * ramp(step / steps)
            optimizer.zero_grad()
            self._losses(step / steps).sum().backward()  # none depends on another's latents
            optimizer.step()
            self._bring_back()
            if step + 1 in kept:
                way.append(self._here())
            tick(step + 1)
        return Found(way[-1], self.labels, torch.stack(way))

    def _here(self) -> Tensor:
        latents = self.latents.detach().cpu().clone()
        return latents.squeeze(1) if self.search.space == "w" else latents

    def _losses(self, t: float) -> Tensor:
        noise = self._drawn(self.latents.shape[1:]) * fading(t)  # the same for all: it does not matter who is beside
        deviations = torch.tensor([prior.deviation for prior in self.priors], device=self.latents.device)
        maps = self.maps if t < HANDED else {}
        made = self._made(self.latents + noise * deviations.view(-1, *[1] * noise.ndim), self.labels, maps)
        losses = distance_of(self.likeness.seen(made), self.wanted)
        if self.search.space == "w+":
            losses = losses + (made - self.targets).square().mean((1, 2, 3))
        return losses + sum(WHITENESS * autocorrelation(one) for one in maps.values())

    def _made(self, latents: Tensor, labels: Tensor | None, maps: Mapping[str, Tensor] = NO_MAPS) -> Tensor:
        """The pictures of latents, clipped as they are kept: else descents would wear themselves out beyond black."""
        model = self.model
        given = {} if labels is None else {"labels": labels.to(model.device)}
        styles = latents if latents.ndim == 2 else latents.expand(-1, self.layers, -1)
        made: Tensor = functional_call(model, dict(maps), (styles,), {"ema": self.search.ema, **given})
        return made.float().clamp(-1, 1)

    @torch.no_grad()
    def _bring_back(self) -> None:
        """Noise maps to variance 1, and latents of z to where the prior's are."""
        for maps in self.maps.values():
            normalise(maps)
        if self.search.space != "z":
            return
        if self.model.latent_distribution == "uniform":
            self.latents.clamp_(-1, 1)
        else:
            lengths = self.latents.norm(dim=1, keepdim=True)
            self.latents.mul_(lengths.clamp(*self.priors[0].lengths) / lengths)

    def _nearest(self, labels: Tensor | None) -> tuple[Tensor | None, Tensor | None]:
        """Of some latents of the prior the nearest to each target, [N, Z], where needed, and the class of each."""
        model = self.model
        classes = model.num_classes if "labels" in model.takes else 0
        if self.search.space != "z" and (not classes or labels is not None):
            return None, labels
        count = max(TRIED, classes)
        tried = seeding.draw((count, model.latent_dim), model.latent_distribution, self.random).to(model.device)
        of_each = torch.arange(count) % classes if classes else None
        if labels is None:
            rows = self._distances(tried, of_each).argmin(0)
            labels = None if of_each is None else of_each[rows]
        else:  # each among pictures of its class
            every = {label: self._distances(tried, torch.full((count,), label)) for label in set(labels.tolist())}
            rows = torch.stack([every[label][:, row].argmin() for row, label in enumerate(labels.tolist())])
        return tried[rows] if self.search.space == "z" else None, labels

    def _distances(self, latents: Tensor, labels: Tensor | None) -> Tensor:
        """How far the pictures of M latents are from the N targets, [M, N], on the CPU."""
        columns = [[maps[row : row + 1] for maps in self.wanted] for row in range(len(self.targets))]
        parts = []
        for rows in torch.arange(len(latents)).split(AT_ONCE):
            made = self._made(latents[rows.to(latents.device)], None if labels is None else labels[rows])
            seen = self.likeness.seen(made)
            parts.append(torch.stack([distance_of(seen, wanted) for wanted in columns], dim=1).cpu())
        return torch.cat(parts)

    def _priors(self) -> list[Prior]:
        """For each target the prior of its class."""
        classes = [None] * len(self.targets) if self.labels is None else self.labels.tolist()
        space, seed, ema = self.search.space, self.search.seed, self.search.ema
        known = {label: prior_of(self.model, space, label, seed, ema) for label in dict.fromkeys(classes)}
        return [known[label] for label in classes]

    def _drawn(self, shape: Sequence[int]) -> Tensor:
        return seeding.sent(seeding.draw(shape, "normal", self.random), self.model.device)

    def _drawn_maps(self, own: Tensor) -> Tensor:
        return self._drawn((1, 1, *own.shape)).repeat(len(self.targets), 1, 1, 1).requires_grad_()


def ramp(t: float) -> float:
    """The share of the learning rate after a share t of the steps: a line up, and half a cosine down."""
    return (0.5 - 0.5 * cos(pi * min(1.0, (1 - t) / FALLS))) * min(1.0, t / RISES)


def fading(t: float) -> float:
    """The noise on the latent after a share t of the steps, in deviations."""
    return NOISE * max(0.0, 1 - t / FADES) ** 2


def projection_spaces(model: AdversarialModule) -> tuple[StoredSpace, ...]:
    """The spaces that an image can be projected into, the usual one first."""
    return ("w", "w+", "z") if "w" in spaces_of(model) else ("z",)


def noise_maps(model: AdversarialModule, ema: bool) -> dict[str, Tensor]:
    """The generator's constant noise maps [H, W] by their names in the model; none where it adds no noise."""
    own = {id(buffer) for name, buffer in model.picture_maker(ema).named_buffers() if name.endswith("constant")}
    return {name: buffer for name, buffer in model.named_buffers() if id(buffer) in own}
