"""The data sets of the papers on pix2pix and CycleGAN, fetched by name: facts of each, and nothing else."""

from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from gan_cli.data import downloads, folders
from gan_cli.data.archives import File
from gan_cli.data.datamodules import Split
from gan_cli.data.decoding import Pair, Side
from gan_cli.data.downloads import Archive
from gan_cli.data.pairs.translation_sets import PairedDataModule, UnpairedDataModule

PIX2PIX = "https://efrosgans.eecs.berkeley.edu/pix2pix/datasets/"
CYCLEGAN = "https://efrosgans.eecs.berkeley.edu/cyclegan/datasets/"
"""The address from which the authors' scripts fetch the sets."""


class Sides(NamedTuple):
    """What the two sides of a file show.

    Attributes:
        left: The left side's name.
        right: The right side's name.
        source: Where the paper's source is.
    """

    left: str
    right: str
    source: Side = "left"


def _pix2pix(name: str, size: int) -> Archive:
    home = "https://phillipi.github.io/pix2pix"
    return Archive(name, f"{PIX2PIX}{name}.tar.gz", size, sha256="", home=home)


def _cyclegan(name: str, size: int, sha256: str, folder: str = "") -> Archive:
    """An archive with size and checksum as in TensorFlow Datasets, `url_checksums/cycle_gan.txt`."""
    return Archive(folder or name, f"{CYCLEGAN}{name}.zip", size, sha256, home="https://junyanz.github.io/CycleGAN")


class NamedPairsDataModule(PairedDataModule):
    """A set of pix2pix's paper: both sides in one file, in `root/NAME/train`, `val` and `test`.

    Jitter and mirroring are those of the paper (Isola et al. 2017, section 6.2).

    Args:
        source: Where the source is: "left" or "right"; None takes the paper's.
        **loading: Further arguments of `PairedDataModule`.

    Raises:
        UserError: If a value is not possible.
    """

    home = "https://phillipi.github.io/pix2pix"
    licence = "that of the images it was made of"
    layout = "root/NAME/train/ val/ test/; downloaded at the first use"
    archive: ClassVar[Archive]
    sides: ClassVar[Sides]

    def __init__(self, source: Side | None = None, **loading: Any) -> None:
        super().__init__(**loading)
        self.source = source or self.sides.source

    @property
    def domains(self) -> tuple[str, str]:
        left, right, _ = self.sides
        return (left, right) if self.source == "left" else (right, left)

    def prepare_data(self) -> None:
        downloads.provide(self.archive, Path(self.root), _has_train, offline=["PhotoPatches"])

    def pairs(self, split: Split) -> list[Pair]:
        parts = folders.side_by_side(folders.plain_parts(_folder(self.root, self.archive)))
        return folders.chosen(parts, split, held_out=0.1, seed=0)


class Facades(NamedPairsDataModule):
    """400 facades and their parts (CMP Facades), labels to photo. Downloads 30 MB into `root`."""

    home = "http://cmp.felk.cvut.cz/~tylecr1/facade"
    archive = _pix2pix("facades", 30_168_306)
    sides = Sides("photo", "labels", source="right")


class Maps(NamedPairsDataModule):
    """1,096 aerial photographs of New York and their maps, aerial to map. Downloads 250 MB into `root`."""

    archive = _pix2pix("maps", 250_242_400)
    sides = Sides("aerial", "map")


class Edges2Shoes(NamedPairsDataModule):
    """50,000 shoes and their edges (UT Zappos50K), edges to shoes. Downloads 2.0 GB into `root`."""

    home = "http://vision.cs.utexas.edu/projects/finegrained/utzap50k"
    licence = "for non-commercial use only (UT Zappos50K)"
    archive = _pix2pix("edges2shoes", 0)
    sides = Sides("edges", "shoes")
    jitters = flips = False


class Edges2Handbags(NamedPairsDataModule):
    """137,000 handbags and their edges, edges to handbags. Downloads 8.0 GB into `root`."""

    home = "https://github.com/junyanz/iGAN"
    archive = _pix2pix("edges2handbags", 0)
    sides = Sides("edges", "handbags")
    jitters = flips = False


class Cityscapes(NamedPairsDataModule):
    """2,975 street scenes and what is where in them, labels to photo; its licence wants it fetched by hand."""

    home = "https://www.cityscapes-dataset.com"
    licence = "for non-commercial use, after registration; not to be passed on"
    layout = "fetch it by hand and make pairs of it; root/cityscapes/train/ val/ with both sides in one file"
    archive = Archive("cityscapes", "", 0, "", "https://www.cityscapes-dataset.com")
    sides = Sides("photo", "labels", source="right")


class Night2Day(NamedPairsDataModule):
    """17,823 pairs of one place at two times (Transient Attributes), day to night. Downloads 1.9 GB into `root`."""

    archive = _pix2pix("night2day", 0)
    sides = Sides("night", "day", source="right")


class NamedDomainsDataModule(UnpairedDataModule):
    """A set of CycleGAN's paper: `root/NAME/trainA`, `trainB`, `testA` and `testB`. Jittered and mirrored."""

    home = "https://junyanz.github.io/CycleGAN"
    licence = "that of the images, which are of others (Flickr, WikiArt)"
    layout = "root/NAME/trainA/ trainB/ testA/ testB/; downloaded at the first use"
    archive: ClassVar[Archive]
    a_and_b: ClassVar[tuple[str, str]]

    @property
    def domains(self) -> tuple[str, str]:
        return self.a_and_b

    def prepare_data(self) -> None:
        downloads.provide(
            self.archive, Path(self.root), _has_train_a_and_b, offline=["PhotoPatches --data.task china2flower"]
        )

    def files(self, split: Split) -> tuple[list[File], list[File]]:
        folder = _folder(self.root, self.archive)
        a, b = (folders.chosen(folders.plain_parts(folder, letter), split, held_out=0.1, seed=0) for letter in "AB")
        return a, b


class Horse2Zebra(NamedDomainsDataModule):
    """1,067 horses and 1,334 zebras (ImageNet). Downloads 117 MB into `root`."""

    licence = "for non-commercial research only (ImageNet)"
    archive = _cyclegan("horse2zebra", 116_867_962, "a74d9d392eecca9966b51287a76ca126af473d9de4f3e8fc0e9cda08fa1730a1")
    a_and_b = ("horse", "zebra")


class Apple2Orange(NamedDomainsDataModule):
    """995 apples and 1,019 oranges (ImageNet). Downloads 78 MB into `root`."""

    licence = "for non-commercial research only (ImageNet)"
    archive = _cyclegan("apple2orange", 78_456_409, "845a191e9af8926408ea597001cd03a452e3300a1f44a79fe329b3d59f6e3eb8")
    a_and_b = ("apple", "orange")


class Summer2WinterYosemite(NamedDomainsDataModule):
    """1,231 pictures of Yosemite in summer and 962 in winter (Flickr). Downloads 133 MB into `root`."""

    archive = _cyclegan(
        "summer2winter_yosemite", 132_640_856, "167fe1726807a9d22bd106b4a6c0bd7953b688af924ac1bf967439c4961e49f9"
    )
    a_and_b = ("summer", "winter")


class UnpairedMaps(NamedDomainsDataModule):
    """1,096 aerial photographs of New York and as many maps, not paired. Downloads 1.5 GB into `root`."""

    licence = "that of the images, which are Google's"
    layout = "root/maps_unpaired/trainA/ trainB/ testA/ testB/; downloaded at the first use"
    archive = _cyclegan(
        "maps", 1_476_754_427, "639534f69dbf9f36bef8d6292a7698006361221f83f0285d7c9ca78afe6e8a9e", "maps_unpaired"
    )
    a_and_b = ("aerial", "map")


class Monet2Photo(NamedDomainsDataModule):
    """1,072 paintings by Monet (WikiArt) and 6,287 photographs of landscapes. Downloads 305 MB into `root`."""

    archive = _cyclegan("monet2photo", 305_231_073, "88f91b00fc228f97c9411fbf1880ec1d119c98f1722e4cfcfaa2fb35fac05b04")
    a_and_b = ("monet", "photo")


class Cezanne2Photo(NamedDomainsDataModule):
    """525 paintings by Cezanne (WikiArt) and 6,287 photographs of landscapes. Downloads 280 MB into `root`."""

    archive = _cyclegan(
        "cezanne2photo", 279_885_071, "3a6c10ca21f9485862f1cbd707744b9dc258954a04631271d23a3605eeb63cff"
    )
    a_and_b = ("cezanne", "photo")


class Ukiyoe2Photo(NamedDomainsDataModule):
    """562 Ukiyo-e prints (WikiArt) and 6,287 photographs of landscapes. Downloads 293 MB into `root`."""

    archive = _cyclegan("ukiyoe2photo", 292_946_532, "02a2a2fb5ecf425ca1bf86aca7304377da64a2a1d3b86df54eb65e4068bf3b08")
    a_and_b = ("ukiyoe", "photo")


class VanGogh2Photo(NamedDomainsDataModule):
    """400 paintings by van Gogh (WikiArt) and 6,287 photographs of landscapes. Downloads 307 MB into `root`."""

    archive = _cyclegan(
        "vangogh2photo", 306_590_349, "362c3473e70be0944bda08d49d660eafdc2854df55d697835b8186d1d79caaff"
    )
    a_and_b = ("vangogh", "photo")


class IPhone2DSLRFlower(NamedDomainsDataModule):
    """1,813 flowers taken by telephones and 3,316 by cameras (Flickr). Downloads 340 MB into `root`."""

    archive = _cyclegan(
        "iphone2dslr_flower", 339_964_458, "8fcb5e374d631b107e1d961b8c4cd0a186aa2a4ff3e279923f4c426128de7113"
    )
    a_and_b = ("iphone", "dslr")


def _folder(root: str, archive: Archive) -> Path:
    return folders.existing(str(Path(root) / archive.name), f"the set {archive.name} of {archive.home}")


def _has_train(folder: Path) -> bool:
    return (folder / "train").is_dir()


def _has_train_a_and_b(folder: Path) -> bool:
    return (folder / "trainA").is_dir() and (folder / "trainB").is_dir()
