"""A generator is a function of noise: the inverse distribution function in one dimension, and one that is learned.

    python -m benchmarks.inverse_transform [--seed 0] [--folder docs]

Its plot is for docs/theory.md.
"""

import argparse
from pathlib import Path
from typing import NamedTuple

import torch
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.distributions import Categorical, MixtureSameFamily, Normal
from torch.optim import Adam
from torch.optim.lr_scheduler import LinearLR

from benchmarks.theory import LAMBDA, network, panels
from gan_cli.objectives.adversarial import critic_generator_loss, critic_loss
from gan_cli.objectives.penalties import lipschitz_penalty

DATA = MixtureSameFamily(
    Categorical(torch.tensor([0.3, 0.7])), Normal(torch.tensor([-2.0, 1.0]), torch.tensor([0.5, 0.8]))
)
"""Two Gaussians, of which one is smaller."""
CRITIC_STEPS = 5
REACH = (-6.0, 6.0)
"""What lies outside is less than one in a million."""


def inverse_distribution_function(shares: Tensor, count: int = 4097) -> Tensor:
    """The places x with F(x) = u for shares u in (0, 1): what makes the data of uniform noise; the shares' shape.

    F rises, so its table is read the other way round; between its entries lies a straight line.
    """
    places = torch.linspace(*REACH, count)
    table: Tensor = DATA.cdf(places)
    after = torch.searchsorted(table, shares.contiguous()).clamp(1, count - 1)
    before = after - 1
    part = (shares - table[before]) / (table[after] - table[before]).clamp_min(1e-12)
    return places[before] + part.clamp(0, 1) * (places[1] - places[0])


def evenly(count: int) -> Tensor:
    """Shares from (0, 1) at equal distances, which stand for uniform noise, [N]."""
    return (torch.arange(count) + 0.5) / count


def wasserstein_distance(made: Tensor) -> float:
    """The Wasserstein-1 distance of samples [N] from the data: on a line, the mean distance of equal quantiles."""
    return float((made.sort().values - inverse_distribution_function(evenly(len(made)))).abs().mean())


class Learned(NamedTuple):
    """A generator, and its way there.

    Attributes:
        generator: Makes places [N, 1] of noise [N, 1] from (0, 1).
        steps: When it was measured.
        distances: How far it was from the data then.
    """

    generator: nn.Module
    steps: list[int]
    distances: list[float]


def train_generator(steps: int = 2000, seed: int = 0, every: int = 50, batch_size: int = 256) -> Learned:
    """A generator of uniform noise, against a critic with the Lipschitz penalty that steps five times as often."""
    torch.manual_seed(seed)
    generator, critic = nn.Sequential(*network()[:-1]), network()
    players = [Adam(player.parameters(), lr=2e-3, betas=(0.0, 0.9)) for player in (generator, critic)]
    schedules = [LinearLR(player, 1, 0.02, steps) for player in players]
    learned = Learned(generator, [], [])
    for step in range(steps + 1):
        if step % every == 0:
            with torch.no_grad():
                made = generator(evenly(4096).unsqueeze(1)).flatten()
            learned.steps.append(step)
            learned.distances.append(wasserstein_distance(made))
        for _ in range(CRITIC_STEPS):
            real, fake = DATA.sample((batch_size, 1)), generator(torch.rand(batch_size, 1)).detach()
            loss = critic_loss(critic(real), critic(fake))
            loss = loss + LAMBDA * lipschitz_penalty(critic, real, fake, torch.rand(batch_size))
            players[1].zero_grad()
            loss.backward()
            players[1].step()
        players[0].zero_grad()
        critic_generator_loss(critic(generator(torch.rand(batch_size, 1)))).backward()
        players[0].step()
        for schedule in schedules:
            schedule.step()
    return learned


def draw(learned: Learned) -> Figure:
    """The two functions of noise, and what they make of it."""
    figure, left, right = panels()
    shares = evenly(2000)
    inverse = inverse_distribution_function(shares)
    with torch.no_grad():
        made = learned.generator(shares.unsqueeze(1)).flatten()
    left.plot(shares, inverse, "k--", label="inverse distribution function, $F^{-1}(u)$")
    left.plot(shares, inverse.flip(0), "grey", linestyle=":", label="$F^{-1}(1 - u)$, as good")
    left.plot(shares, made, "C3", label="learned generator, $G(u)$")
    left.set(xlabel="noise u, uniform on (0, 1)", ylabel="x", title="A generator is a function of noise")
    left.legend(fontsize="small")
    random = torch.Generator().manual_seed(1)
    noise = torch.rand(20_000, generator=random)
    with torch.no_grad():
        samples = learned.generator(noise.unsqueeze(1)).flatten()
    places = torch.linspace(-4.5, 4.5, 400)
    right.plot(places, DATA.log_prob(places).exp(), "k--", label="density of the data")
    for name, values, colour in (
        ("$F^{-1}(u)$", inverse_distribution_function(noise), "C0"),
        ("$G(u)$", samples, "C3"),
    ):
        right.hist(values, bins=90, range=(-4.5, 4.5), density=True, histtype="step", color=colour, label=name)
    right.set(xlabel="x", title="What both make of 20,000 numbers")
    right.legend(fontsize="small")
    return figure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent.parent / "docs", help="for the picture")
    options = parser.parse_args()
    torch.set_num_threads(1)  # tiny networks: a second thread only waits
    learned = train_generator(seed=options.seed)
    for step, distance in list(zip(learned.steps, learned.distances, strict=True))[::12]:
        print(f"step {step}: Wasserstein-1 distance {distance:.3f}")
    exact = inverse_distribution_function(torch.rand(4096, generator=torch.Generator().manual_seed(1)))
    print(f"the inverse distribution function, 4,096 samples: {wasserstein_distance(exact):.3f}")
    draw(learned).savefig(options.folder / "theory_inverse_transform.png")


if __name__ == "__main__":
    main()
