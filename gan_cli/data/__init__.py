"""Data sets as LightningDataModules, selectable as `--data NAME`."""

from gan_cli.data.datamodules import (
    MNIST,
    DataFacts,
    Digits,
    GANDataModule,
    Grid25,
    ImageDataModule,
    PointDataModule,
    Ring8,
    StackedMNIST,
    SwissRoll,
)

__all__ = [
    "MNIST",
    "DataFacts",
    "Digits",
    "GANDataModule",
    "Grid25",
    "ImageDataModule",
    "PointDataModule",
    "Ring8",
    "StackedMNIST",
    "SwissRoll",
]
