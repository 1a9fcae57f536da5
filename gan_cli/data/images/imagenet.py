"""ImageNet's 1,000 classes of the challenge of 2012, as torchvision unpacks them."""

from functools import cached_property
from typing import Any

from torch import Tensor

from gan_cli.data import folders
from gan_cli.data.archives import File
from gan_cli.data.datamodules import Split
from gan_cli.data.images.labelled_sets import LabelledFileDataModule
from gan_cli.errors import UserError
from gan_cli.ranges import Seed, Share

LAYOUT = "train/ of ImageNet, with a folder for each class (https://www.image-net.org/challenges/LSVRC/2012)"


class ImageNet(LabelledFileDataModule):
    """1,281,167 photographs of 1,000 classes and 50,000 held out (Russakovsky et al. 2015); to be fetched by hand.

    `root/imagenet` or the root itself holds `train/` and, if wanted, `val/`, with a folder for each class, such as
    `n01440764/`; some of the classes will do. Where there is no `val`, a share of each class is held out.

    Args:
        root: Folder that holds `imagenet/`, or `train/` itself.
        held_out: Share of each class held out where there is no `val`, between 0 and 1.
        split_seed: Chooses them.
        **loading: Further arguments of `LabelledFileDataModule`.

    Raises:
        UserError: If a value is not possible.
    """

    home = "https://www.image-net.org/challenges/LSVRC/2012"
    licence = "for non-commercial research and education only; not to be passed on"
    layout = (
        "fetch ILSVRC2012_img_train.tar and ILSVRC2012_img_val.tar by hand from its home and have torchvision's "
        "ImageNet unpack them; root/imagenet/train/CLASS/ and, if wanted, root/imagenet/val/CLASS/"
    )

    def __init__(self, root: str = "data", held_out: Share = 0.1, split_seed: Seed = 0, **loading: Any) -> None:
        super().__init__(root=root, **loading)
        self.held_out, self.split_seed = held_out, split_seed

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(self._classes)

    def labelled_files(self, split: Split) -> tuple[list[File], Tensor]:
        return folders.labelled(self._classes.values(), split, self.held_out, self.split_seed)

    @cached_property
    def _classes(self) -> dict[str, folders.Parts]:
        """The files of each class by part; listed once, because there are more than a million."""
        root = folders.existing(self.root, LAYOUT)
        root = root / "imagenet" if (root / "imagenet").is_dir() else root
        if not (root / "train").is_dir():
            raise UserError(f"data.root: {root} must hold {LAYOUT}")
        return {name: folders.domain_parts(root, name) for name in folders.domain_names(root)}
