"""Data sets as LightningDataModules, selectable as `--data NAME`."""

from gan_cli.data.datamodules import MNIST, DataFacts, Digits, ImageDataModule

__all__ = ["MNIST", "DataFacts", "Digits", "ImageDataModule"]
