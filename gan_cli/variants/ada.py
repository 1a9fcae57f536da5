"""Augmentation whose probability follows how far the discriminator overfits.

Karras et al. 2020, "Training Generative Adversarial Networks with Limited Data", arXiv:2006.06676, section 3.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from gan_cli.devices.processes import sum_over_processes
from gan_cli.errors import UserError
from gan_cli.objectives import ada
from gan_cli.seeding import Distribution

EVERY = 4
"""Batches after which the probability is set anew."""

Noise = Callable[..., Tensor]
"""As `PlacedModule.noise`."""


class AdaptiveAugmentation(nn.Module):
    """The pipe, its probability p, and the statistic that p follows: both are part of a checkpoint.

    A discriminator that is sure of nearly all real images it learns from has come to know them by heart: p rises where
    the mean sign of its logits of them is above the target, and falls below it. It starts from 0 and has no ceiling;
    from 1 on, every change happens to every image.

    Args:
        target: The mean sign at which p stays, the paper's 0.6.
        pipe: The changes, see `objectives.ada`.
        kimg: Thousands of images in which p can rise from 0 to 1.
        upright: Whether images are neither flipped nor turned.
    """

    probability: Tensor
    signs: Tensor

    def __init__(self, target: float, pipe: ada.Pipe, kimg: float, upright: bool = False) -> None:
        super().__init__()
        self.target, self.pipe, self.kimg, self.upright = target, pipe, kimg, upright
        self.register_buffer("probability", torch.zeros(()))
        self.register_buffer("signs", torch.zeros(2))  # their sum, and how many

    def forward(self, images: Tensor, noise: Noise, use: str) -> Tensor:
        """Images [N, C, H, W] as the discriminator is to see them.

        Args:
            images: In [-1, 1].
            noise: Draws for the rows of the images.
            use: What they are for; those of different uses change independently.
        """
        uniform: Distribution = "uniform"
        drawn = (noise(f"ada/{use}", ada.UNIFORM, distribution=uniform) + 1) / 2
        coins = ada.Coins(drawn, noise(f"ada/{use}/normal", ada.NORMAL), self.probability)
        return ada.augmented(images, coins, self.pipe, self.upright)

    @torch.no_grad()
    def count(self, real_logits: Tensor) -> None:
        """Adds the logits [N] of a step's real images, and those of the other processes."""
        signs = real_logits.sign()
        self.signs += sum_over_processes(torch.stack([signs.sum(), torch.ones_like(signs).sum()]))

    @torch.no_grad()
    def adjust(self) -> None:
        """Moves p by what has been counted since the last time, which is then forgotten."""
        total, count = self.signs
        step = torch.sign(total - self.target * count) * count / (1000 * self.kimg)
        self.probability.add_(step).clamp_(min=0)
        self.signs.zero_()


def check_enough(images: int, at_once: int) -> None:
    """Refuses sets from which the statistic cannot be taken.

    Args:
        images: In the training set.
        at_once: In a batch of all processes.

    Raises:
        UserError: If there are fewer than the statistic counts, so that some are counted again and again.
    """
    if images < EVERY * at_once:
        raise UserError(
            f"model.ada_target: {images} training images are too few: p follows {EVERY * at_once} at a time, "
            f"which are {EVERY} batches of {at_once}\n"
            "Take a smaller --data.batch_size, more images, or --model.ada_target 0 with a fixed --model.augment"
        )
