"""Holds three claims of the theory of GANs against numbers, in one dimension, and draws them for docs/theory.md.

    python -m benchmarks.theory [--seed 0] [--folder docs]

What is learned is a small network on one-dimensional Gaussians, where the answers are known; the objectives are the
package's own.
"""

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.distributions import Normal
from torch.optim import Adam
from torch.optim.lr_scheduler import LinearLR

from gan_cli.objectives.adversarial import (
    critic_loss,
    discriminator_cross_entropy,
    minimax_generator_loss,
    non_saturating_generator_loss,
)
from gan_cli.objectives.penalties import Critic, gradient_penalty, lipschitz_penalty

Penalty = Callable[[Critic, Tensor, Tensor, Tensor], Tensor]

LAMBDA = 10.0
"""Weight of a critic's penalty, lambda_gp of Gulrajani et al. 2017."""


def gaussian(mean: float, deviation: float = 1.0) -> Normal:
    """In float64."""
    return Normal(*torch.tensor([mean, deviation], dtype=torch.float64))


DATA, GENERATED = gaussian(-1.0, 0.7), gaussian(1.0, 1.2)
"""p and q of the first claim; unlike in width, so that the best discriminator is no mere slope."""


def grid(one: Normal, other: Normal, count: int = 8001) -> Tensor:
    """Points [N] over all that either distribution reaches."""
    low = min(float(each.mean - 10 * each.stddev) for each in (one, other))
    high = max(float(each.mean + 10 * each.stddev) for each in (one, other))
    return torch.linspace(low, high, count, dtype=torch.float64)


def quantiles(distribution: Normal, count: int = 4096) -> Tensor:
    """Points [N, 1], float32, whose plain mean stands for the expectation."""
    shares = (torch.arange(count, dtype=torch.float64) + 0.5) / count
    points: Tensor = distribution.icdf(shares)
    return points.float().unsqueeze(1)


def network(dimensions: int = 1, width: int = 32) -> nn.Sequential:
    """A discriminator or critic of points, [N, D] -> [N]."""
    hidden = [nn.Linear(dimensions, width), nn.LeakyReLU(0.2), nn.Linear(width, width), nn.LeakyReLU(0.2)]
    return nn.Sequential(*hidden, nn.Linear(width, 1), nn.Flatten(0))


# The best discriminator


def jensen_shannon(p: Normal, q: Normal) -> float:
    """The Jensen-Shannon divergence in nats, by the trapezoidal rule."""
    points = grid(p, q)
    log_p, log_q = p.log_prob(points), q.log_prob(points)
    log_middle = torch.logaddexp(log_p, log_q) - math.log(2)
    density = log_p.exp() * (log_p - log_middle) + log_q.exp() * (log_q - log_middle)
    return float(torch.trapezoid(density, points)) / 2


def best_value(p: Normal, q: Normal) -> float:
    """What no discriminator can exceed: 2 JSD(p, q) - log 4 (Goodfellow et al. 2014, proof of theorem 1)."""
    return 2 * jensen_shannon(p, q) - math.log(4)


def best_logits(p: Normal, q: Normal, points: Tensor) -> Tensor:
    """The logits of D* = p / (p + q) (Goodfellow et al. 2014, proposition 1), the points' shape."""
    logits: Tensor = p.log_prob(points) - q.log_prob(points)
    return logits


def value(discriminator: Critic, p: Normal, q: Normal) -> float:
    """V(D) of Goodfellow et al. 2014, equation 1: minus the discriminator's loss, without the chance of a sample."""
    with torch.no_grad():
        return -float(discriminator_cross_entropy(discriminator(quantiles(p)), discriminator(quantiles(q))))


class Trained(NamedTuple):
    """A discriminator, and its way there."""

    discriminator: nn.Module
    steps: list[int]
    values: list[float]
    batch_values: list[float]  # minus the loss of the step's own batch


def train_discriminator(steps: int = 2000, seed: int = 0, batch_size: int = 512, every: int = 10) -> Trained:
    """Descends on the discriminator's loss before a generator that stands still, with fresh samples at each step."""
    torch.manual_seed(seed)
    discriminator = network()
    optimizer = Adam(discriminator.parameters(), lr=3e-3)
    schedule = LinearLR(optimizer, 1, 0.02, steps)
    trained = Trained(discriminator, [], [], [])
    for step in range(steps + 1):
        real, fake = (each.sample((batch_size, 1)).float() for each in (DATA, GENERATED))
        loss = discriminator_cross_entropy(discriminator(real), discriminator(fake))
        if step % every == 0:
            trained.steps.append(step)
            trained.values.append(value(discriminator, DATA, GENERATED))
            trained.batch_values.append(-loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return trained


def discriminator_error(discriminator: nn.Module, density: float = 0.01) -> float:
    """The largest |D - D*| where the mean density of p and q is at least as high as given."""
    points = grid(DATA, GENERATED)
    points = points[(DATA.log_prob(points).exp() + GENERATED.log_prob(points).exp()) / 2 >= density]
    with torch.no_grad():
        learned = discriminator(points.float().unsqueeze(1)).sigmoid()
    return float((learned - best_logits(DATA, GENERATED, points).sigmoid()).abs().max())


# The generator's gradient


def shift_gradient(loss: Callable[[Tensor], Tensor], distance: float) -> float:
    """How strongly the generator G(z) = z + distance is pulled towards the data N(0, 1) by the best discriminator.

    Args:
        loss: The generator's, of logits.
        distance: Between the two unit Gaussians; the gradient is with respect to it.
    """
    p, q = gaussian(0), gaussian(distance)
    points = grid(p, q).requires_grad_()
    # The loss is a mean; times N, its gradient at each point is the point's own.
    (pulls,) = torch.autograd.grad(loss(best_logits(p, q, points)) * len(points), points)
    points = points.detach()
    return abs(float(torch.trapezoid(pulls * q.log_prob(points).exp(), points)))


def logit_gradient(loss: Callable[[Tensor], Tensor], logits: Tensor) -> Tensor:
    """The size of the loss's gradient with respect to each logit, [N]."""
    leaf = logits.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(leaf) * len(leaf), leaf)
    return gradient.abs()


# The Wasserstein distance


def wasserstein_estimate(
    penalty: Penalty,
    shift: float,
    steps: int = 200,
    seed: int = 0,
    dimensions: int = 1,
    critic: nn.Module | None = None,
) -> float:
    """A trained critic's estimate of the distance between N(0, I) and the same moved along the first axis.

    Args:
        penalty: Added to the critic's loss, times LAMBDA; no part of the estimate.
        shift: How far; the true distance is its size.
        steps: Of the critic.
        seed: Of the critic's first weights and of all samples.
        dimensions: D.
        critic: Where it starts, [N, D] -> [N]; a new network without.
    """
    torch.manual_seed(seed)
    critic = critic or network(dimensions)
    optimizer = Adam(critic.parameters(), lr=0.01, betas=(0.0, 0.9))
    schedule = LinearLR(optimizer, 1, 0.02, steps)
    offset = shift * torch.eye(dimensions)[0]
    for _ in range(steps):
        real, fake = torch.randn(256, dimensions), torch.randn(256, dimensions) + offset
        loss = critic_loss(critic(real), critic(fake)) + LAMBDA * penalty(critic, real, fake, torch.rand(256))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    noise = torch.randn(8192, dimensions)  # the same for both, so that chance mostly cancels
    with torch.no_grad():
        return -float(critic_loss(critic(noise), critic(noise + offset)))


def penalty_bias(shift: float, weight: float = LAMBDA) -> float:
    """How far above the true distance the best of all one-dimensional critics estimates, under either penalty.

    Let gap be F_fake - F_real, the difference of the distribution functions, and r the density of the points between. A
    critic f wins the integral of f' gap and pays that of weight (|f'| - 1)^2 r. So its best slope is
    1 + |gap| / (2 weight r) in size, and it wins |shift| plus the integral of gap^2 / (2 weight r).

    Under `gradient_penalty` a critic that slopes the wrong way, 1 - |gap| / (2 weight r) in size, is a minimum too
    while this is above 0. It gives the same integral minus |shift|.
    """
    real, fake = gaussian(0), gaussian(shift)
    points = grid(real, fake, 2001)
    shares = (torch.arange(400, dtype=torch.float64) + 0.5) / 400
    between = Normal((1 - shares) * shift, (shares.square() + (1 - shares).square()).sqrt())
    density = between.log_prob(points.unsqueeze(1)).exp().mean(1)
    gap = fake.cdf(points) - real.cdf(points)
    # far out gap and density are mere rounding
    return float(torch.trapezoid(gap.square() / (2 * weight * density.clamp(min=1e-12)), points))


# The pictures


def panels() -> tuple[Figure, Axes, Axes]:
    figure = Figure(figsize=(9, 4), dpi=100, layout="constrained")
    left, right = figure.subplots(1, 2)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25)
    return figure, left, right


def draw_optimal_discriminator(trained: Trained) -> Figure:
    figure, left, right = panels()
    points = torch.linspace(-4, 5, 400, dtype=torch.float64)
    for name, distribution in (("data p", DATA), ("generator q", GENERATED)):
        left.fill_between(points, distribution.log_prob(points).exp(), alpha=0.25, label=name)
    left.plot(points, best_logits(DATA, GENERATED, points).sigmoid(), "k--", label="D* = p / (p + q)")
    with torch.no_grad():
        learned = trained.discriminator(points.float().unsqueeze(1)).sigmoid()
    left.plot(points, learned, "C3", label="D, learned")
    left.set(xlabel="x", title="The discriminator finds p / (p + q)", ylim=(0, 1.05))
    left.legend(loc="upper right")
    right.plot(trained.steps, trained.batch_values, "C3", alpha=0.3, label="of the step's batch")
    right.plot(trained.steps, trained.values, "C3", label="V(D)")
    right.axhline(best_value(DATA, GENERATED), color="k", linestyle="--", label="2 JSD(p, q) - log 4")
    right.axhline(-math.log(4), color="grey", linestyle=":", label="-log 4: D = 1/2 everywhere")
    right.set(xlabel="step", title="Its value rises to 2 JSD - log 4", xlim=(0, trained.steps[-1]))
    right.set_xscale("symlog", linthresh=10)
    right.legend(loc="center right")
    return figure


GENERATOR_LOSSES: dict[str, Callable[[Tensor], Tensor]] = {
    "saturating, log(1 - D)": minimax_generator_loss,
    "non-saturating, -log D": non_saturating_generator_loss,
}


def draw_saturation() -> Figure:
    figure, left, right = panels()
    logits = torch.linspace(-8, 8, 200, dtype=torch.float64)
    distances = torch.linspace(0.1, 8, 80).tolist()
    for name, loss in GENERATOR_LOSSES.items():
        left.plot(logits, logit_gradient(loss, logits), label=name)
        right.plot(distances, [shift_gradient(loss, distance) for distance in distances], label=name)
    left.set(xlabel="logit of D(G(z)); far left the discriminator wins", title="Gradient at the logit", ylim=(0, 1.4))
    left.legend(loc="upper center")
    right.set(xlabel="distance of generator and data", title="Gradient that moves the generator, before D*")
    right.set_yscale("log")
    right.legend(loc="lower left")
    return figure


PENALTIES: dict[str, Penalty] = {"gradient penalty": gradient_penalty, "Lipschitz penalty": lipschitz_penalty}


def draw_wasserstein(estimates: dict[str, dict[float, list[float]]]) -> Figure:
    """The estimates of several seeds, by penalty and shift."""
    figure, left, right = panels()
    shifts = torch.linspace(0.05, 4.5, 40).tolist()
    biases = [penalty_bias(shift) for shift in shifts]
    left.plot(shifts, shifts, "k--", label="true distance")
    for name, sign, style in ("best penalised critic", 1, "-"), ("wrong-way minimum", -1, ":"):
        ends = [sign * shift + bias for shift, bias in zip(shifts, biases, strict=True)]
        left.plot(shifts, ends, "grey", linestyle=style, label=name)
    for (name, found), marker, offset in zip(estimates.items(), ("C0o", "C1^"), (-0.06, 0.06), strict=True):
        pairs = [(shift + offset, each) for shift, values in found.items() for each in values]
        left.plot(*zip(*pairs, strict=True), marker, markersize=5, label=name)
    left.set(xlabel="shift", title="The critic's estimate")
    left.legend(loc="upper left", fontsize="small")
    distances = torch.linspace(0, 10, 100).tolist()
    right.plot(distances, distances, "k--", label="Wasserstein-1 distance")
    divergences = [jensen_shannon(gaussian(0), gaussian(each)) for each in distances]
    right.plot(distances, divergences, "C3", label="Jensen-Shannon divergence")
    right.axhline(math.log(2), color="grey", linestyle=":", label="log 2")
    right.set(xlabel="shift", title="Far apart, the divergence is flat", ylim=(0, 2))
    right.legend(loc="center right")
    return figure


# The report


def optimal_discriminator(seed: int) -> Figure:
    trained = train_discriminator(seed=seed)
    print(f"JSD {jensen_shannon(DATA, GENERATED):.4f}, 2 JSD - log 4 {best_value(DATA, GENERATED):.4f}")
    for index in (0, 1, 5, 10, 50, -1):
        print(f"  step {trained.steps[index]}: V(D) {trained.values[index]:.4f}")
    print(f"  largest |D - D*| {discriminator_error(trained.discriminator):.3f}")
    return draw_optimal_discriminator(trained)


def saturation() -> Figure:
    print("gradient that moves the generator, before the best discriminator")
    for distance in (0.5, 1.0, 2.0, 4.0, 6.0, 8.0):
        sizes = [f"{name} {shift_gradient(loss, distance):.2e}" for name, loss in GENERATOR_LOSSES.items()]
        print(f"  distance {distance}: {'; '.join(sizes)}")
    return draw_saturation()


def wasserstein(seed: int, seeds: int = 5) -> Figure:
    shifts = (0.5, 1.0, 2.0, 4.0)
    print("the penalised critic's estimate of the Wasserstein-1 distance; best of all, and the wrong-way minimum")
    for shift in shifts:
        print(f"  shift {shift}: {shift + penalty_bias(shift):.3f} {penalty_bias(shift) - shift:.3f}")

    def learn(penalty: Penalty, dimensions: int) -> dict[float, list[float]]:
        found = {
            shift: [wasserstein_estimate(penalty, shift, seed=seed + k, dimensions=dimensions) for k in range(seeds)]
            for shift in shifts
        }
        for shift, values in found.items():
            print(
                f"  {penalty.__name__}, D = {dimensions}, shift {shift}: {' '.join(f'{each:.3f}' for each in values)}"
            )
        return found

    estimates = {name: learn(penalty, dimensions=1) for name, penalty in PENALTIES.items()}
    learn(gradient_penalty, dimensions=2)
    return draw_wasserstein(estimates)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent.parent / "docs", help="for the pictures")
    options = parser.parse_args()
    torch.set_num_threads(1)  # tiny networks: a second thread only waits
    optimal_discriminator(options.seed).savefig(options.folder / "theory_optimal_discriminator.png")
    saturation().savefig(options.folder / "theory_saturation.png")
    wasserstein(options.seed).savefig(options.folder / "theory_wasserstein.png")


if __name__ == "__main__":
    main()
