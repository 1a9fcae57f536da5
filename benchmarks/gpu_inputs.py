"""What a bare machine does not have for the check of its GPU: folders of images, and a network of inception's size."""

import warnings
from pathlib import Path

import torch
import torchvision
from PIL import Image
from sklearn.datasets import load_sample_images
from torch import Tensor, nn


def write_images(folder: Path, count: int, side: int) -> dict[str, Path]:
    """Cuts images from the photographs that scikit-learn ships.

    Args:
        folder: Where they go.
        count: How many of each kind.
        side: Of an image in pixels.

    Returns:
        The root of each data set, by the set's name.
    """
    photos = [Image.fromarray(photo) for photo in load_sample_images().images]
    roots = {name: folder / name for name in ("ImageFolder", "PairedFolder", "UnpairedFolder")}
    photographs = [roots["ImageFolder"] / kind for kind in ("temple", "flower")]  # two classes
    places = [roots["PairedFolder"] / "train"]
    places += [roots["UnpairedFolder"] / f"train{side}" for side in "AB"]
    for place in (*photographs, *places):
        place.mkdir(parents=True)
    random = torch.Generator().manual_seed(0)
    for number in range(count):
        for place in (photographs[number % 2], *places):
            width = side * (1 + (place.name == "train"))  # a pair's two halves lie beside each other
            photo = photos[number % 2].resize((2 * width + 64, 2 * side + 64))
            left, top = (int(torch.randint(limit, (), generator=random)) for limit in (width, side))
            photo.crop((left, top, left + width, top + side)).save(place / f"{number}.jpg", quality=90)
    return roots


class Features(nn.Module):
    """A network's features of images as they are saved.

    Args:
        network: Gives features [N, F] of float [N, 3, side, side].
        side: In pixels.
    """

    def __init__(self, network: nn.Module, side: int) -> None:
        super().__init__()
        self.network = network
        self.side = side

    def forward(self, images: Tensor) -> Tensor:
        """Features [N, F] of uint8 [N, C, H, W]."""
        shown = images.float().div(127.5).sub(1).expand(-1, 3, -1, -1)
        features: Tensor = self.network(nn.functional.interpolate(shown, size=(self.side, self.side), mode="bilinear"))
        return features


def standing_for_inception(name: str, side: int, path: Path) -> None:
    """Writes an untrained network of torchvision's as TorchScript: it takes inception's time, and scores nothing.

    Args:
        name: Such as "inception_v3".
        side: Of its images in pixels.
        path: The file.
    """
    torch.manual_seed(0)
    options = {"init_weights": False, "aux_logits": False} if name == "inception_v3" else {}
    network = torchvision.models.get_model(name, weights=None, **options)
    network.fc = nn.Identity()
    with warnings.catch_warnings(action="ignore"):
        example = torch.zeros(2, 1, 32, 32, dtype=torch.uint8)
        torch.jit.trace(Features(network, side).eval(), example).save(str(path))
