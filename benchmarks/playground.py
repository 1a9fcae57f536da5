"""Frames a second of the playground on one core: `python -m benchmarks.playground`.

A frame is a step of training (as many of the discriminator as the lessons have for that objective, and one of the
generator), the picture after it and its way into JSON. Times are processor time, so other programs do not count.
"""

import json
from time import process_time

import torch

from gan_cli.playground import Game, Settings
from gan_cli.playground.objectives import OBJECTIVES
from gan_cli.playground.settings import ObjectiveName

CRITIC_STEPS: dict[ObjectiveName, int] = {"wgan": 3, "wgan_gp": 3}


def milliseconds(settings: Settings, frames: int, arrows: bool = False) -> float:
    """Processor time of a frame, in milliseconds, after some that warm up."""
    game = Game(settings)
    game.play(5)
    start = process_time()
    for _ in range(frames):
        json.dumps(game.play(1, arrows=arrows).told())
    return 1000 * (process_time() - start) / frames


def main(frames: int = 200) -> None:
    """Prints a line for each objective."""
    torch.set_num_threads(1)
    for name, objective in OBJECTIVES.items():
        settings = Settings(objective=name, n_critic=CRITIC_STEPS.get(name, 1))
        plain, pointed = (milliseconds(settings, frames, arrows) for arrows in (False, True))
        rates = f"{1000 / plain:4.0f} frames a second, {1000 / pointed:4.0f} with arrows"
        print(f"{objective.title:40} {settings.n_critic} : 1 steps {plain:5.1f} ms  {rates}", flush=True)


if __name__ == "__main__":
    main()
