"""Adaptive discriminator augmentation (ADA): changes of images in front of the discriminator, each with probability p.

Karras et al. 2020, "Training Generative Adversarial Networks with Limited Data", arXiv:2006.06676, appendix B, table 2.
"""

from gan_cli.objectives.ada.coins import NORMAL, UNIFORM, Coins
from gan_cli.objectives.ada.pipe import Pipe, augmented

__all__ = ["NORMAL", "UNIFORM", "Coins", "Pipe", "augmented"]
