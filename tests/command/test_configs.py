"""Every shipped config is run by the real command, shrunk by overrides."""

import re
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from scipy.io import savemat

from gan_cli import data, plugins, variants
from gan_cli.command import catalogue, config_headers
from gan_cli.command.choices import config_path
from gan_cli.command.cli import GANCLI
from gan_cli.data.pairs.named_sets import NamedDomainsDataModule, NamedPairsDataModule
from gan_cli.errors import UserError
from gan_cli.media import midi_files
from gan_cli.media.notes import Note
from gan_cli.variants import AdversarialModule
from gan_cli.variants.adaptation import AdaptationModule
from gan_cli.variants.growing import GrowingModule
from gan_cli.variants.sentences import SentenceModule
from gan_cli.variants.super_resolution import SuperResolutionModule
from gan_cli.variants.translation import TranslationModule
from tests import fake_mnist, fake_sets
from tests.conftest import TINY_FLAGS
from tests.data import pictures
from tests.data.maps.test_map_sets import write_map, write_photo
from tests.data.test_archives import database
from tests.inference.test_first_stages import first_stage
from tests.media.test_paths import walk
from tests.networks.layouts import LayoutWatch

OVERLAYS = dict.fromkeys(("wandb.yaml", "tensorboard.yaml", "mlflow.yaml"), "dcgan.yaml")
"""Configs that are laid over another one."""

MIXED = (
    "projection_cgan_cifar10.yaml",
    "projection_cgan_imagenet.yaml",
    *(f"diffaugment_cifar10{share}.yaml" for share in ("", "_10", "_20")),
    *(
        f"r3gan_{name}.yaml"
        for name in ("cifar10", "ffhq_64", "ffhq_256", "imagenet_32", "imagenet_64", "stacked_mnist")
    ),
    "r3gan_mnist.yaml",
    "sngan_cifar10.yaml",
    "sngan_imagenet.yaml",
    "sngan_mnist.yaml",
    "sngan_stl10.yaml",
)
"""Here gradients of two branches are added, one of which is contiguous; where it comes from is not known."""

GREY = ("biggan.yaml", "sagan.yaml")
"""Here real and generated pictures of one channel, whose layout nothing tells once they stand together, meet a 1x1
convolution, whose maps are contiguous then: one of the first block's two."""

PENALISED = (
    *(f"stargan_v2{name}.yaml" for name in ("", "_afhq_256", "_celebahq_256")),
    "deblurgan.yaml",
    "deblurgan_gopro.yaml",
    "wgan_gp_cifar10.yaml",
    "wgan_gp_cifar10_supervised.yaml",
    "wgan_gp_lsun.yaml",
    "wgan_lp_cifar10.yaml",
)
"""Here one also meets the backward pass of a convolution, when a penalty's slope is differentiated once more."""


FLAT_MAPS = (
    "frame_prediction.yaml",
    "frame_prediction_ucf101.yaml",
    "frame_prediction_weizmann.yaml",
)
"""Here the heads of some scales take a map of 6x6 as a vector, and its slope goes back through a pool; guesses of one
channel, whose layout nothing tells, stand behind given frames."""

FLAT_CODES = ("pixelda.yaml",)
"""Here a map of 5x5 is taken as a vector, and its slope goes back through a ReLU."""

TURNED = tuple(f"tp_gan{name}.yaml" for name in ("", "_umist", "_cmu", "_multipie"))
"""Here a map of 8x8 is taken as a vector, and its slope comes from one; halves of pictures in colours are mirrored."""
WARPED = ("living_portraits.yaml", "living_portraits_clips.yaml", "living_portraits_vox.yaml")
MOVING = tuple(
    f"aten.{name}"
    for name in (
        "avg_pool2d_backward",
        "convolution_backward",
        "grid_sampler_2d",
        "mul",
        "permute",
        "threshold_backward",
    )
)
"""There maps are moved by `grid_sample`, which gives contiguous ones, forward and backward, as the mean of heat maps
does; up to the next norm or convolution nobody turns them back."""

GREY_SLOPES = ("progressive_gan.yaml", "stylegan.yaml")
"""Here the slope at grey pictures, whose layout nothing tells, is differentiated once more in a 1x1 convolution."""


def set_of(config: Path) -> str:
    """The data set that a config trains on; of a set made of another the other one, if it is named."""
    settings = yaml.safe_load(config.read_text()).get("data", {})
    return str(settings.get("init_args", {}).get("images") or settings.get("class_path", "Digits"))


def shrinking(config: Path) -> list[str]:
    """Flags that make a config's run one of moments: translators have no latents, points no image size."""
    settings = yaml.safe_load(config.read_text())
    name = set_of(config)
    variant = getattr(variants, settings.get("model", {}).get("class_path", "DCGAN"))
    arguments = settings.get("model", {}).get("init_args", {})
    flags = dict(zip(TINY_FLAGS[::2], TINY_FLAGS[1::2], strict=True))
    if issubclass(variant, TranslationModule):
        del flags["--model.latent_dim"]
        halved = variant is variants.Pix2Pix or arguments.get("architecture") == "pyramid"
        side = 64 if halved else 32  # a U-Net and a pyramid take no less
        flags |= {"--data.image_size": str(side), "--data.batch_size": "2", "--data.num_workers": "0"}
    if name == "CelebA":
        flags["--data.num_test"] = "4"
    if (
        "num_blocks" in plugins.defaults(variant)
        and variant is not variants.Pix2Pix
        and arguments.get("architecture") != "pyramid"
    ):
        flags["--model.num_blocks"] = "1"
    if arguments.get("architecture") == "pyramid":
        flags["--model.base_channels"] = "16"  # an eighth of which, the narrowest map, has more than one channel
    if variant is variants.ContextEncoder:
        flags["--model.bottleneck"] = "8"
    if "base_channels" not in plugins.defaults(variant):
        del flags["--model.base_channels"]
    for argument, value in {
        "channel_base": 64,
        "channel_max": 8,
        "style_dim": 8,
        "mapping_depth": 1,
        "mapping_width": 8,
    }.items():
        if argument in plugins.defaults(variant):
            flags[f"--model.{argument}"] = str(value)
    if issubclass(variant, SuperResolutionModule):
        flags |= {"--model.features": "random", "--model.pretrain_steps": "2"}
    if "growth" in plugins.defaults(variant):
        flags["--model.growth"] = "2"
    if issubclass(variant, GrowingModule):
        flags |= {"--model.start_size": "8", "--model.batch_multiples": "[1]", "--model.rate_factors": "[1]"}
        flags |= {"--model.stable_kimg": "0.04", "--model.fade_kimg": "0.04", "--data.num_workers": "0"}
    if variant is variants.R3GAN and "architecture" not in arguments:
        flags |= {"--model.base_channels": "4" if arguments.get("constant_width") else "1", "--model.depth": "1"}
    if variant in (variants.FastGAN, variants.ProjectedGAN):
        flags |= {"--data.image_size": "64", "--model.base_channels": "1", "--data.batch_size": "4"}
    if variant is variants.ProjectedGAN:
        flags |= {"--model.lite": "true", "--model.feed_size": "32", "--model.discriminator_channels": "1"}
    if variant is variants.SPADE:
        flags |= {"--model.discriminator_channels": "4", "--model.hidden_channels": "4", "--model.features": "random"}
        flags |= {"--model.num_doublings": "4"} | ({"--data.load_size": "36"} if "load_size" in str(settings) else {})
    if variant is variants.VQGAN:
        flags |= {"--model.multipliers": "[1,1]", "--model.attention_size": "0"}
        flags |= {"--model.latent_channels": "4", "--model.num_codes": "16", "--model.code_dim": "4"}
        flags |= {"--model.features": "random", "--model.disc_start": "1", "--model.discriminator_channels": "4"}
        flags["--model.patch_size"] = "16"
    if variant is variants.VQTransformer:
        for told in ("--model.latent_dim", "--model.base_channels", "--model.num_blocks"):
            flags.pop(told, None)
        flags |= {"--model.first_stage": "stage.ckpt", "--model.depth": "1", "--model.width": "8", "--model.heads": "2"}
    if variant is variants.StyleGAN2:
        flags["--data.num_workers"] = "0"
    if "ada_target" in arguments:  # whose statistic is taken over four batches
        flags["--data.batch_size"] = "4"
    if "generator_base_channels" in arguments:
        flags["--model.generator_base_channels"] = "4"
    if "num_labelled" in arguments:
        flags["--model.num_labelled"] = "20"
    if name == "ImageNet":
        flags["--data.num_workers"] = "0"
        flags |= {"--model.num_classes": "2"} if "num_classes" in arguments else {}
    if "accumulate" in arguments:
        flags["--model.accumulate"] = "1"
    if "critic_warmup" in arguments:
        flags["--model.critic_warmup"] = "false"
    if issubclass(getattr(data, name), data.PointDataModule):
        flags["--data.num_points"] = "1000"
    if issubclass(getattr(data, name), data.SceneDataModule):
        flags |= {"--model.hidden_dim": "16", "--model.guesses": "2", "--model.pooled_dim": "4"}
        flags |= {"--data.num_scenes": "100"} if name == "Crossings" else {"--data.batch_size": "4"}
    if "image_size" not in plugins.defaults(getattr(data, name)):
        del flags["--data.image_size"]
    if issubclass(getattr(data, name), data.SolidDataModule):
        flags |= {"--data.volume_size": "16"} | ({"--data.num_solids": "80"} if name == "Primitives" else {})
    if issubclass(variant, SentenceModule):
        flags |= {"--model.embedding_dim": "8", "--model.matching_steps": "0"}
    if "condition_dim" in plugins.defaults(variant):
        flags |= {"--data.image_size": "32", "--model.condition_dim": "4", "--model.num_residual": "1"}
        flags |= {"--model.stage_one_steps": "1"} if variant is variants.StackGAN else {}
    if variant is variants.MidiNet:
        flags["--model.hidden"] = "8"
    if issubclass(getattr(data, name), data.VideoDataModule):
        flags |= {"--data.image_size": "32", "--data.num_frames": "8", "--data.num_workers": "0"}
        flags |= {"--data.batch_size": "4"}
    if variant is variants.ConditionalVGAN:
        del flags["--model.latent_dim"]
    if variant is variants.DVDGAN:
        flags |= {"--model.embedding_dim": "4", "--model.num_classes": "10" if name == "MovingDigits" else "2"}
    if variant is variants.CaptionGAN:
        del flags["--model.latent_dim"]
        flags |= {f"--model.{part}_dim": "8" for part in ("noise", "word", "hidden", "clip")}
        flags |= {"--model.pretraining_steps": "0", "--model.judging_steps": "0", "--model.rollouts": "1"}
        flags["--model.n_critic"] = "2"
    if variant is variants.DTN:
        flags |= {f"--model.{part}_channels": "4" for part in ("encoder", "discriminator")}
        flags |= {"--model.encoder_steps": "0", "--model.encoder_size": "32"}
    if issubclass(variant, AdaptationModule):
        del flags["--model.latent_dim"]
        flags |= {"--model.source_steps": "0"} if variant is variants.ADDA else {"--model.schedule_steps": "2"}
    if variant is variants.PixelDA:
        flags |= {"--model.discriminator_channels": "2", "--model.tower_channels": "2"}
    if variant is variants.FramePrediction:  # of no latents, and of patches that leave something to judge
        del flags["--model.latent_dim"]
        flags |= {"--model.discriminator_channels": "2"}
    if variant is variants.TPGAN:
        flags |= {f"--model.{name}": "4" for name in ("discriminator_channels", "recogniser_channels", "feature_dim")}
        flags |= {"--model.recognition_steps": "0"} | ({"--data.persons": "8"} if name == "ShadedHeads" else {})
    if variant is variants.PerceptualGAN:  # of no latents
        del flags["--model.latent_dim"]
        flags |= {"--model.pretraining_steps": "0", "--model.hidden_dim": "8", "--model.cells": "2"}
        small = {"--data.num_scenes": "20", "--data.image_size": "32"}
        flags |= small if name == "DigitsInScenes" else {"--data.num_workers": "0"}
    if variant is variants.LivingPortraits:  # of no latents
        del flags["--model.latent_dim"]
        flags.pop("--data.num_frames", None)
        flags |= {f"--model.{part}_channels": "4" for part in ("point", "motion", "discriminator")}
        flags |= {"--model.hourglass_blocks": "2", "--model.reduction": "2", "--model.residual_blocks": "1"}
        flags |= {"--model.pyramid_levels": "2", "--model.features": "random", "--data.image_size": "32"}
    return [word for flag in flags.items() for word in flag]


def write_pairs(root: Path, name: str) -> None:
    """A set of pix2pix's paper."""
    for number in range(3):
        for part in ("train", "val", "test"):
            pictures.write(root / name / part / f"{number}.jpg", 64, 32)


def write_domains(root: Path, name: str) -> None:
    """A set of CycleGAN's paper."""
    for number in range(3):
        for part in ("trainA", "trainB", "testA", "testB"):
            pictures.write(root / name / part / f"{number}.jpg", 32, 32)


def write_faces(root: Path) -> None:
    """CelebA, of faces that have two of the five attributes which most configs take, and none of IcGAN's others."""
    faces = [f"{number:06d}.jpg" for number in range(20)]
    for name in faces:
        pictures.write(root / "celeba" / "img_align_celeba" / name, 178, 218)
    settings = yaml.safe_load(config_path("icgan_celeba.yaml").read_text("utf-8"))
    taken = ("Black_Hair", "Blond_Hair", "Brown_Hair", "Male", "Young")
    others = [name for name in settings["data"]["init_args"]["attributes"] if name not in taken]
    has = ["1", "-1", "-1", "1", "-1", *["-1"] * len(others)]
    lines = ["20", " ".join((*taken, *others)), *(f"{name} {' '.join(has)}" for name in faces)]
    (root / "celeba" / "list_attr_celeba.txt").write_text("\n".join(lines))


def write_classes(root: Path, name: str) -> None:
    """Two of ImageNet's folders."""
    for number in range(20):
        pictures.write(root / name / "train" / f"n{number % 2:08d}" / f"{number}.JPEG", 24, 20)


def write_faces_and_moods(root: Path) -> None:
    """CelebA, and RaFD as folders of moods."""
    write_faces(root)
    for number in range(4):
        pictures.write(
            root / "RaFD" / ("train", "test")[number % 2] / ("angry", "happy")[number // 2] / "0.jpg", 64, 64
        )


def write_folders(root: Path) -> None:
    """Folders of images without a data set of their own: some of ImageNet's classes, FFHQ by the thousand, others."""
    write_classes(root, "imagenet10")
    for number in range(20):
        for folder in ("ffhq/00000", "images", "art", "celebahq", "afhq/train/cat"):
            pictures.write(root / folder / f"{number:05d}.png", 24, 24)
    domains = ("celeba_hq/%s/female", "celeba_hq/%s/male", "afhq/%s/cat", "afhq/%s/dog", "afhq/%s/wild")
    for domain in domains:
        for number in range(4):
            pictures.write(root / (domain % ("train", "val")[number % 2]) / f"{number:05d}.png", 24, 24)


def write_styles(root: Path) -> None:
    """Photographs, and pictures in two styles."""
    for folder in ("monet", "paintings"):
        for number in range(6):
            pictures.write(root / folder / "content" / f"{number}.jpg", 40, 36)
        for name in ("bridge", "haystacks"):
            pictures.write(root / folder / "style" / f"{name}.jpg", 40, 36)


def write_recordings(root: Path) -> None:
    """A scene of ETH and UCY."""
    for part in ("train", "val", "test"):
        file = root / "eth_ucy" / "zara1" / part / "crowds.txt"
        file.parent.mkdir(parents=True)
        file.write_text(walk(range(0, 300, 10), 1, 2, 3))


def write_maps(root: Path, folder: str, names: tuple[str, str], parts: tuple[str, ...]) -> None:
    """Label maps and photographs of one name, in their folders below each part."""
    for part in parts:
        for number in range(3):
            labels, photo = (root / folder / (name % (part, number)) for name in names)
            write_photo(photo, write_map(labels, 40, 40))


def write_photographs(root: Path) -> None:
    """Photographs without a data set of their own, from which something is taken, and some of DIV2K's."""
    for number in range(8):
        pictures.write(root / "DIV2K" / "DIV2K_train_HR" / f"{number:04d}.png", 48, 40)
    for number in range(20):
        pictures.write(root / "paris_train" / f"{number:03d}.png", 48, 40)


def write_frames(root: Path) -> None:
    """GoPro's frames of one scene a part."""
    for part in ("train", "test"):
        for number in range(2):
            for side in ("blur", "sharp"):
                pictures.write(root / "gopro" / part / "GOPR0001" / side / f"{number:06d}.png", 80, 72)


def write_films(root: Path) -> None:
    """Films of two classes, as they lie in the sets of several papers."""
    for folder in ("clips", "portraits", "vox", "UCF-101", "weizmann", "kinetics600/train", "kinetics600/test"):
        for name in ("bend", "wave"):
            for number in (0, 8, 16, 48, 50, 60):  # named as Weizmann's films, some of which a config holds out
                pictures.write(root / folder / name / f"{number:08d}.png", 32 * 10, 32)


def write_captioned_films(root: Path) -> None:
    """Films with two sentences each."""
    for number in range(12):
        pictures.write(root / "msvd" / "videos" / f"{number:08d}.png", 32 * 10, 32)
        (root / "msvd" / "videos" / f"{number:08d}.txt").write_text(f"film {number}\nit moves")


def write_melodies(root: Path) -> None:
    """Tunes of eight bars."""
    for number in range(4):
        notes = [Note(beat, 1.0, 60 + (beat * (number + 2)) % 12) for beat in range(32)]
        midi_files.write([midi_files.Track("melody", notes)], root / "melodies" / f"{number}.mid", 120)


def write_digits(root: Path) -> None:
    """MNIST, USPS and MNIST-M."""
    fake_mnist.write(root, count=40)
    fake_sets.usps(root, count=40)
    fake_sets.mnist_m(root / "mnist_m", count=40)


def write_captions(root: Path) -> None:
    """Pictures with sentences beside them."""
    for folder in ("cub", "flickr8k"):
        for number in range(20):
            pictures.write(root / folder / f"{number}.png")
            (root / folder / f"{number}.txt").write_text(f"picture {number}\nthe picture of number {number}")


def write_scenes(root: Path) -> None:
    """LSUN's bedrooms and churches."""
    for split, count in (("train", 20), ("val", 2)):
        files = [root / "scenes" / f"{split}{number}.webp" for number in range(count)]
        for file in files:
            pictures.write(file)
        (root / "lsun").mkdir(exist_ok=True)
        content = {file.stem.encode(): file.read_bytes() for file in files}
        for category in ("bedroom", "church_outdoor"):
            database(root / "lsun" / f"{category}_{split}_lmdb", content)


def write_streets(root: Path) -> None:
    """Cityscapes, with single things."""
    for ending in ("labelIds", "instanceIds"):
        names = (f"gtFine/%s/ulm/ulm_%d_gtFine_{ending}.png", "leftImg8bit/%s/ulm/ulm_%d_leftImg8bit.png")
        write_maps(root, "cityscapes", names, ("train", "val"))


def write_things(root: Path) -> None:
    """A folder of label maps, with single things."""
    for kind in ("labels", "instances"):
        write_maps(root, "coco_stuff", (f"%s/{kind}/%d.png", "%s/images/%d.jpg"), ("train", "val"))


def write_persons(root: Path) -> None:
    """Faces of several persons in the poses of CMU's and of Multi-PIE's."""
    for number in range(8):
        for pose in ("left", "straight"):
            pictures.write(root / "cmu_faces" / f"p{number}" / f"p{number}_{pose}_sad_open_2.png", 64, 60)
        part = root / "multipie" / ("train", "test")[number % 2]
        for camera in ("041", "051"):
            pictures.write(part / f"{number:03d}" / f"{number:03d}_01_01_{camera}_06_cropped.png", 40, 40)


def write_umist(root: Path) -> None:
    """Five pictures of each of eight persons, in UMIST's file."""
    (root / "umist").mkdir(parents=True)
    pixels = np.random.default_rng(0).integers(0, 256, (40, 1024), dtype=np.uint8)
    savemat(root / "umist" / "UMIST_575_32x32.mat", {"X": pixels, "Y": np.repeat(np.arange(1, 9), 5)[:, None]})


def write_solids(root: Path) -> None:
    """Solids of ShapeNet's size in the usual places."""
    for place in ("solids", "shapenet_chairs"):
        for number in range(1, 31):
            solid = np.zeros((30, 30, 30), np.uint8)
            solid[5:20, 8 : 10 + number % 9, 3 : 10 + number % 12] = 1
            path = root / place / "train" / f"chair_{number:09d}_{number % 12 + 1}.npy"
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(path, solid)


def write_boxed_facades(root: Path) -> None:
    """The CMP facades with a box of each of four classes in each."""
    boxes = "".join(
        f"<object><points><x>0.1</x><x>0.6</x><y>0.{place}</y><y>0.{place + 5}</y></points>"
        f"<labelname>{name}</labelname></object>"
        for place, name in enumerate(("window", "door", "balcony", "shop"))
    )
    for number in range(10):
        pictures.write(root / "cmp_facades_base" / "base" / f"{number}.jpg", 96, 128)
        (root / "cmp_facades_base" / "base" / f"{number}.xml").write_text(boxes)


SETS: dict[str, Callable[[Path], object]] = {
    "SceneFolder": write_recordings,
    "ADE20K": partial(
        write_maps,
        folder="ade20k",
        names=("annotations/%s/ADE_%d.png", "images/%s/ADE_%d.jpg"),
        parts=("training", "validation"),
    ),
    "CMPFacades": partial(
        write_maps, folder="cmp_facades", names=("%s/%d.png", "%s/%d.jpg"), parts=("base", "extended")
    ),
    "Boxes": write_boxed_facades,
    "Captions": write_captions,
    "CelebA": write_faces,
    "Degraded": write_photographs,
    "FaceFolder": write_persons,
    "Domains": write_digits,
    "GoPro": write_frames,
    "CIFAR10": lambda root: fake_sets.cifar10(root, count=40),
    "CityscapesMaps": write_streets,
    "CaptionedClips": write_captioned_films,
    "Clips": write_films,
    "ImageFolder": write_folders,
    "ImageNet": partial(write_classes, name="imagenet"),
    "JointSets": write_faces_and_moods,
    **{kind.__name__: partial(write_pairs, name=kind.archive.name) for kind in NamedPairsDataModule.__subclasses__()},
    **{
        kind.__name__: partial(write_domains, name=kind.archive.name)
        for kind in NamedDomainsDataModule.__subclasses__()
    },
    "LSUN": write_scenes,
    "PortraitFilms": write_films,
    "MNIST": lambda root: fake_mnist.write(root, count=40),
    "MapFolder": write_things,
    "Melodies": write_melodies,
    "STL10": fake_sets.stl10,
    "StyleFolder": write_styles,
    "Solids": write_solids,
    "UnpairedFolder": partial(write_domains, name="faces"),
    "SVHN": lambda root: fake_sets.svhn(root, count=40),
    "UMIST": write_umist,
    "StackedMNIST": lambda root: fake_mnist.write(root, count=40),
}
"""Writes a few files of a set that does not come with the installation, in its own layout."""


def watched_at_step(monkeypatch: pytest.MonkeyPatch, watch: LayoutWatch, step: int) -> None:
    """Has a training watched from the inside, forward and backward, at one of its batches."""
    plain = AdversarialModule.training_step

    def training_step(model: AdversarialModule, batch: Any, batch_idx: int) -> None:
        with watch if model.counters.batches == step else nullcontext():
            plain(model, batch, batch_idx)

    monkeypatch.setattr(AdversarialModule, "training_step", training_step)


def needs_no_files(config: Path) -> bool:
    """Whether a config trains on what comes with the installation; `Degraded` takes either."""
    arguments = yaml.safe_load(config.read_text("utf-8")).get("data", {}).get("init_args", {})
    return bool(getattr(data, set_of(config)).offline) and not arguments.get("root")


def all_configs() -> list[Any]:
    """Configs of sets that do not come with the installation take two in three seconds of them all: they are slow."""
    return [
        pytest.param(path, id=path.name, marks=[] if needs_no_files(path) else pytest.mark.slow)
        for path in catalogue.config_files()
    ]


@pytest.mark.parametrize("config", all_configs())
def test_shipped_config_trains(config: Path, workdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    fake_sets.any_checksum(monkeypatch)
    if write := SETS.get(set_of(config)):
        write(workdir / "data")
    if config.name.startswith("vq_transformer"):
        first_stage(workdir / "stage.ckpt", image_channels=3)
    names = [OVERLAYS[config.name], config.name] if config.name in OVERLAYS else [config.name]
    configs = [word for name in names for word in ("--config", name)]
    batches = 10 if set_of(config) == "JointSets" else 5  # in which there is a step of the generator
    flags = [*shrinking(config), "--trainer.max_steps", f"{batches}", "--trainer.precision", "32-true"]
    watch = LayoutWatch()
    watched_at_step(monkeypatch, watch, batches - 1)
    cli = GANCLI(["fit", *configs, *flags, "--model.channels_last", "true"])
    assert watch.operations > 10
    excused: tuple[str, ...] = ("aten.add",) if config.name in (*MIXED, *GREY, *PENALISED) else ()
    excused += ("aten.add", "aten.leaky_relu_backward") if config.name in GREY_SLOPES else ()
    excused += ("aten.convolution_backward",) if config.name in PENALISED else ()
    excused += MOVING if config.name in WARPED else ()
    excused += ("aten.cat", "aten.clone", "aten.max_pool2d_with_indices_backward") if config.name in FLAT_MAPS else ()
    excused += ("aten.clone", "aten.threshold_backward") if config.name in FLAT_CODES else ()
    excused += ("aten.clone", "aten.mul") if config.name in TURNED else ()
    left = {change for change in watch.changes if not change.startswith(excused)}
    assert not left, "a layer changes the memory layout"
    assert cli.model.counters.batches == batches
    assert cli.model.counters.generator_steps == batches // cli.model.batches_a_step() > 0
    assert list(workdir.glob("checkpoints/*/version_0/last.ckpt"))
    if config.name == "wandb.yaml":
        import wandb

        wandb.finish()


def squashed(name: str) -> str:
    """A name without what its spellings differ in: `WGAN-GP` and `wgan_gp` are one."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


@pytest.mark.parametrize("config", catalogue.config_files(), ids=lambda path: path.name)
def test_header_says_what_it_is_and_how_to_run_it(config: Path) -> None:
    header = "\n".join(line for line in config.read_text().splitlines() if line.startswith("#"))
    words = " ".join(header.replace("#", " ").split())
    assert f"--config {config.name}" in header
    if config.name in OVERLAYS:
        return
    said = config_headers.header(config)
    assert re.search(r"\b(19|20)\d\d\b", said.paper), "no year"
    assert "arXiv:" in said.paper or "," in said.paper, "neither arXiv number nor venue"
    where = "table|figure|section|appendix|equation|algorithm|shrunk|departure|not in the paper"
    assert re.search(where, words, re.IGNORECASE), "neither a place in the paper nor what is another"
    assert re.search(rf"^# Command:  gan fit --config {config.name}( |$)", header, re.MULTILINE)
    assert re.search(r"^# Hardware: \S", header, re.MULTILINE)
    assert re.search(r"^# Score:    \S", header, re.MULTILINE)


def numbers_as_words(settings: object) -> list[str]:
    """The values that plain YAML takes for words though they are numbers, such as 1e-3, which wants a point."""
    if isinstance(settings, dict | list):
        values = settings.values() if isinstance(settings, dict) else settings
        return [found for value in values for found in numbers_as_words(value)]
    return [settings] if isinstance(settings, str) and re.fullmatch(r"[-+.\d]+(e[-+\d]+)?", settings) else []


def test_every_reader_of_yaml_reads_the_same_numbers() -> None:
    assert numbers_as_words({"a": ["1e-3", 1.0e-3]}) == ["1e-3"]
    for config in catalogue.config_files():
        assert not numbers_as_words(yaml.safe_load(config.read_text("utf-8"))), config.name


@pytest.mark.parametrize("config", catalogue.config_files(), ids=lambda path: path.name)
def test_a_config_is_named_after_its_method_and_its_data(config: Path) -> None:
    """`<variant>.yaml` trains on data that comes with the installation, `<variant>_<dataset>.yaml` on what it names."""
    if config.name in OVERLAYS:
        return
    method, settings = squashed(config_headers.header(config).method), yaml.safe_load(config.read_text())
    name = squashed(config.stem)
    assert name.startswith(method)
    if name == method:
        assert getattr(data, set_of(config)).offline
    else:
        trained_on = squashed(str(settings["data"]))
        assert any(squashed(word) in trained_on for word in config.stem.split("_")[1:])


def test_small_configs_load_with_the_processes_that_they_name(workdir: Path) -> None:
    """All other tests load without any."""
    loaded = set()
    for config in catalogue.config_files():
        settings = yaml.safe_load(config.read_text("utf-8"))
        if config.name in OVERLAYS or squashed(config.stem) != squashed(config_headers.header(config).method):
            continue
        module = getattr(data, set_of(config))(**settings["data"].get("init_args", {}))
        if module.num_workers:
            module.setup("fit")
            assert module.train_dataloader().num_workers
            loaded.add(config.stem)
    assert {"srgan", "context_encoder"} <= loaded


def test_data_changes_the_set_and_nothing_else(workdir: Path) -> None:
    fake_mnist.write(workdir / "elsewhere", count=40)
    flags = [*TINY_FLAGS, "--trainer.max_steps", "1"]
    digits = GANCLI(["fit", "--config", "dcgan.yaml", *flags])
    mnist = GANCLI(["fit", "--config", "dcgan.yaml", *flags, "--data", "MNIST", "--data.root", "elsewhere"])
    assert dict(digits.model.hparams) == dict(mnist.model.hparams)
    assert mnist.datamodule.name == "MNIST"
    assert (workdir / "checkpoints" / "dcgan-mnist" / "version_0" / "last.ckpt").is_file()


def test_attributes_are_no_classes(workdir: Path) -> None:
    write_faces(workdir / "data")
    flags = TINY_FLAGS
    with pytest.raises(UserError, match=r"data: an image of CelebA has several attributes, but CGAN wants one class"):
        GANCLI(["fit", "--model", "CGAN", "--data", "CelebA", *flags, "--trainer.max_steps", "1"])
    GANCLI(["fit", "--model", "DCGAN", "--data", "CelebA", *flags, "--trainer.max_steps", "1"])


def test_a_variant_that_keeps_sizes_is_not_given_reduced_images(workdir: Path) -> None:
    words = ["fit", "--model", "Pix2Pix", "--data", "Degraded", "--data.scale", "2"]
    with pytest.raises(UserError, match=r"data.scale: 2 makes images smaller .* Pix2Pix makes images of the size"):
        GANCLI(words)
    assert not list(workdir.iterdir())


def test_a_variant_that_enlarges_wants_reduced_images(workdir: Path) -> None:
    with pytest.raises(
        UserError, match=r"data: PhotoPatches has no small images .* SRGAN learns to enlarge; take --data"
    ):
        GANCLI(["fit", "--model", "SRGAN", "--data", "PhotoPatches", "--data.image_size", "64"])
    with pytest.raises(UserError, match=r"model.scale: 2 was typed, but the data has 4; leave it out"):
        GANCLI(["fit", "--model", "SRGAN", "--data", "Degraded", "--model.scale", "2"])
    with pytest.raises(UserError, match=r"model.scale: 16 is not possible; take 2, 4, 8"):
        GANCLI(["fit", "--model", "SRGAN", "--data", "Degraded", "--data.scale", "16"])
    assert not list(workdir.iterdir())


def test_pairs_of_which_more_is_told_train_what_learns_from_pairs(workdir: Path) -> None:
    words = ["fit", "--model", "Pix2Pix", "--data", "Degraded", "--data.degradation", "masks"]
    small = ["--data.batch_size", "2", "--data.num_workers", "0", "--model.base_channels", "2"]
    cli = GANCLI([*words, *small, "--trainer.max_steps", "1", *TINY_FLAGS[8:]])
    assert cli.model.data_facts["fields"]["mask"] == {"class": "Masks"}
