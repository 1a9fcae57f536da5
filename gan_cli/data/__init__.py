"""Data sets as LightningDataModules, selectable as `--data NAME`."""

from gan_cli.data.adaptation.adaptation import AdaptationDataModule
from gan_cli.data.adaptation.adapted_digits import AdaptedDigits
from gan_cli.data.adaptation.domains import Domains
from gan_cli.data.boxes.box_folder import Boxes
from gan_cli.data.boxes.box_set import BoxDataModule
from gan_cli.data.boxes.digits_in_scenes import DigitsInScenes
from gan_cli.data.captions.caption_folder import Captions
from gan_cli.data.captions.captioned_clips import CaptionedClips
from gan_cli.data.captions.captioned_digits import CaptionedDigits
from gan_cli.data.captions.captioned_moving_digits import CaptionedMovingDigits
from gan_cli.data.datamodules import Facts, GANDataModule, NamedImage
from gan_cli.data.degraded.degraded import Degraded
from gan_cli.data.faces.face_folder import FaceFolder
from gan_cli.data.faces.shaded_heads import ShadedHeads
from gan_cli.data.faces.umist import UMIST
from gan_cli.data.images.attributed_digits import AttributedDigits
from gan_cli.data.images.celeba import CelebA
from gan_cli.data.images.image_folder import ImageFolder
from gan_cli.data.images.image_sets import (
    CIFAR10,
    CIFAR100,
    MNIST,
    STL10,
    SVHN,
    Digits,
    FashionMNIST,
    ImageDataModule,
    StackedMNIST,
)
from gan_cli.data.images.imagenet import ImageNet
from gan_cli.data.images.joint_sets import JointSets
from gan_cli.data.images.labelled_sets import LabelledFileDataModule
from gan_cli.data.images.lsun import LSUN
from gan_cli.data.images.mnist_m import MNISTM
from gan_cli.data.images.photographs import Photographs
from gan_cli.data.images.styled_digits import StyledDigits
from gan_cli.data.images.usps import USPS
from gan_cli.data.maps.digit_maps import DigitMaps
from gan_cli.data.maps.map_sets import MapDataModule, MapFolder
from gan_cli.data.maps.named_maps import ADE20K, CityscapesMaps, CMPFacades
from gan_cli.data.music.music_sets import FolkTunes, Melodies, MusicDataModule
from gan_cli.data.pairs.folder_sets import PairedFolder, UnpairedFolder
from gan_cli.data.pairs.gopro import GoPro
from gan_cli.data.pairs.named_sets import (
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
    UnpairedMaps,
    VanGogh2Photo,
)
from gan_cli.data.pairs.photo_patches import PhotoPatches
from gan_cli.data.pairs.translation_sets import PairedDataModule, UnpairedDataModule
from gan_cli.data.paths.crossings import Crossings
from gan_cli.data.paths.scene_folder import SceneFolder
from gan_cli.data.paths.scenes import SceneDataModule
from gan_cli.data.points.point_sets import Grid25, PointDataModule, Ring8, SwissRoll
from gan_cli.data.portraits.drawn_faces import DrawnFaces
from gan_cli.data.portraits.portrait_films import PortraitFilms
from gan_cli.data.portraits.portrait_sets import PortraitDataModule
from gan_cli.data.solids.solid_folder import Solids
from gan_cli.data.solids.solid_sets import Primitives, SolidDataModule
from gan_cli.data.styles.photo_styles import PhotoStyles
from gan_cli.data.styles.style_folder import StyleFolder
from gan_cli.data.videos.clips import Clips, FilmDataModule
from gan_cli.data.videos.moving_digits import MovingDigits
from gan_cli.data.videos.video_sets import VideoDataModule

__all__ = [
    "ADE20K",
    "CIFAR10",
    "CIFAR100",
    "LSUN",
    "MNIST",
    "MNISTM",
    "STL10",
    "SVHN",
    "UMIST",
    "USPS",
    "AdaptationDataModule",
    "AdaptedDigits",
    "Apple2Orange",
    "AttributedDigits",
    "BoxDataModule",
    "Boxes",
    "CMPFacades",
    "CaptionedClips",
    "CaptionedDigits",
    "CaptionedMovingDigits",
    "Captions",
    "CelebA",
    "Cezanne2Photo",
    "Cityscapes",
    "CityscapesMaps",
    "Clips",
    "Crossings",
    "Degraded",
    "DigitMaps",
    "Digits",
    "DigitsInScenes",
    "Domains",
    "DrawnFaces",
    "Edges2Handbags",
    "Edges2Shoes",
    "Facades",
    "FaceFolder",
    "Facts",
    "FashionMNIST",
    "FilmDataModule",
    "FolkTunes",
    "GANDataModule",
    "GoPro",
    "Grid25",
    "Horse2Zebra",
    "IPhone2DSLRFlower",
    "ImageDataModule",
    "ImageFolder",
    "ImageNet",
    "JointSets",
    "LabelledFileDataModule",
    "MapDataModule",
    "MapFolder",
    "Maps",
    "Melodies",
    "Monet2Photo",
    "MovingDigits",
    "MusicDataModule",
    "NamedImage",
    "Night2Day",
    "PairedDataModule",
    "PairedFolder",
    "PhotoPatches",
    "PhotoStyles",
    "Photographs",
    "PointDataModule",
    "PortraitDataModule",
    "PortraitFilms",
    "Primitives",
    "Ring8",
    "SceneDataModule",
    "SceneFolder",
    "ShadedHeads",
    "SolidDataModule",
    "Solids",
    "StackedMNIST",
    "StyleFolder",
    "StyledDigits",
    "Summer2WinterYosemite",
    "SwissRoll",
    "Ukiyoe2Photo",
    "UnpairedDataModule",
    "UnpairedFolder",
    "UnpairedMaps",
    "VanGogh2Photo",
    "VideoDataModule",
]
