"""Data sets as LightningDataModules, selectable as `--data NAME`."""

from gan_cli.data.celeba import CelebA
from gan_cli.data.datamodules import DataFacts, GANDataModule, NamedImage
from gan_cli.data.folder_sets import PairedFolder, UnpairedFolder
from gan_cli.data.image_folder import ImageFolder
from gan_cli.data.image_sets import (
    CIFAR10,
    CIFAR100,
    MNIST,
    SVHN,
    Digits,
    FashionMNIST,
    ImageDataModule,
    StackedMNIST,
)
from gan_cli.data.labelled_sets import LabelledFileDataModule
from gan_cli.data.lsun import LSUN
from gan_cli.data.named_sets import (
    Apple2Orange,
    Cezanne2Photo,
    Cityscapes,
    Edges2Handbags,
    Edges2Shoes,
    Facades,
    Horse2Zebra,
    IPhone2DSLRFlower,
    Maps,
    Monet2Photo,
    Night2Day,
    Summer2WinterYosemite,
    Ukiyoe2Photo,
    VanGogh2Photo,
)
from gan_cli.data.photo_patches import PhotoPatches
from gan_cli.data.point_sets import Grid25, PointDataModule, Ring8, SwissRoll
from gan_cli.data.styled_digits import StyledDigits
from gan_cli.data.translation_sets import PairedDataModule, UnpairedDataModule

__all__ = [
    "CIFAR10",
    "CIFAR100",
    "LSUN",
    "MNIST",
    "SVHN",
    "Apple2Orange",
    "CelebA",
    "Cezanne2Photo",
    "Cityscapes",
    "DataFacts",
    "Digits",
    "Edges2Handbags",
    "Edges2Shoes",
    "Facades",
    "FashionMNIST",
    "GANDataModule",
    "Grid25",
    "Horse2Zebra",
    "IPhone2DSLRFlower",
    "ImageDataModule",
    "ImageFolder",
    "LabelledFileDataModule",
    "Maps",
    "Monet2Photo",
    "NamedImage",
    "Night2Day",
    "PairedDataModule",
    "PairedFolder",
    "PhotoPatches",
    "PointDataModule",
    "Ring8",
    "StackedMNIST",
    "StyledDigits",
    "Summer2WinterYosemite",
    "SwissRoll",
    "Ukiyoe2Photo",
    "UnpairedDataModule",
    "UnpairedFolder",
    "VanGogh2Photo",
]
