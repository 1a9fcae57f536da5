"""One file per paper, one LightningModule per file."""

from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.dcgan import DCGAN

__all__ = ["DCGAN", "AdversarialModule"]
