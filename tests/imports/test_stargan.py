"""StarGAN's files, beside its networks in plain layers."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import gan_cli
from gan_cli.errors import UserError
from gan_cli.variants import StarGAN
from tests.imports.foreign import Plain, drawn, images, saved

WIDTH, K = 2, 3


def norm(width: int) -> nn.Module:
    return nn.InstanceNorm2d(width, affine=True, track_running_stats=True)


class Block(Plain):
    def __init__(self, width: int) -> None:
        super().__init__()
        one, two = (nn.Conv2d(width, width, 3, 1, 1, bias=False) for _ in range(2))
        self.main = nn.Sequential(one, norm(width), nn.ReLU(), two, norm(width))

    def forward(self, maps: Tensor) -> Tensor:
        return maps + self.main(maps)


class Generator(Plain):
    def __init__(self) -> None:
        super().__init__()
        one, two, four = WIDTH, 2 * WIDTH, 4 * WIDTH
        self.main = nn.Sequential(
            *(nn.Conv2d(3 + K, one, 7, 1, 3, bias=False), norm(one), nn.ReLU()),
            *(nn.Conv2d(one, two, 4, 2, 1, bias=False), norm(two), nn.ReLU()),
            *(nn.Conv2d(two, four, 4, 2, 1, bias=False), norm(four), nn.ReLU()),
            *(Block(four), Block(four)),
            *(nn.ConvTranspose2d(four, two, 4, 2, 1, bias=False), norm(two), nn.ReLU()),
            *(nn.ConvTranspose2d(two, one, 4, 2, 1, bias=False), norm(one), nn.ReLU()),
            *(nn.Conv2d(one, 3, 7, 1, 3, bias=False), nn.Tanh()),
        )

    def forward(self, seen: Tensor, labels: Tensor) -> Tensor:
        return self.main(torch.cat([seen, labels[:, :, None, None].expand(-1, -1, *seen.shape[2:])], 1))


class Discriminator(Plain):
    def __init__(self) -> None:
        super().__init__()
        widths = [3, WIDTH, 2 * WIDTH, 4 * WIDTH]
        layers = [(nn.Conv2d(*sizes, 4, 2, 1), nn.LeakyReLU(0.01)) for sizes in pairwise(widths)]
        self.main = nn.Sequential(*(layer for pair in layers for layer in pair))
        self.conv1 = nn.Conv2d(4 * WIDTH, 1, 3, 1, 1, bias=False)
        self.conv2 = nn.Conv2d(4 * WIDTH, K, 2, bias=False)

    def forward(self, seen: Tensor) -> tuple[Tensor, Tensor]:
        maps = self.main(seen)
        return self.conv1(maps), self.conv2(maps).flatten(1)


def test_both_networks(tmp_path: Path) -> None:
    maker, judge = drawn(Generator()).train(), drawn(Discriminator(), 1)  # their program translates in training mode
    files = [saved(tmp_path / "9-G.ckpt", maker), saved(tmp_path / "9-D.ckpt", judge)]
    told: dict[str, Any] = {"names": ("Black_Hair", "Male", "Young"), "attributes": True}
    path = gan_cli.import_weights(files, "stargan", output=tmp_path / "x.ckpt", **told)
    model = gan_cli.load(path).model
    assert isinstance(model, StarGAN)
    assert model.directions == told["names"]
    assert (model.image_size, model.hparams["num_blocks"]) == (16, 2)
    seen, labels = images(1, 3, 16, 16), torch.tensor([[1.0, 0.0, 0.0]])
    with torch.no_grad():
        wanted = maker(seen, torch.tensor([[1.0, 1.0, 0.0]]))
        torch.testing.assert_close(model(seen, "Male", source_labels=labels), wanted, rtol=0, atol=1e-5)
        scores, logits = judge(seen)
        found = model.discriminator(seen)
        torch.testing.assert_close(found, torch.cat([scores.mean((1, 2, 3))[:, None], logits], 1), rtol=0, atol=1e-5)
        torch.testing.assert_close(model.read_labels(seen), (logits > 0).float())


def test_one_class_an_image_needs_no_discriminator(tmp_path: Path) -> None:
    maker = drawn(Generator()).train()
    file = saved(tmp_path / "9-G.ckpt", maker)
    with pytest.raises(UserError, match="does not tell what its 3 labels are; type --attributes if an image may"):
        gan_cli.import_weights(file, "stargan", output=tmp_path / "x.ckpt")
    with pytest.raises(UserError, match=r"name the discriminator \(\*-D.ckpt\) too"):
        gan_cli.import_weights(file, "stargan", attributes=True, output=tmp_path / "x.ckpt")
    path = gan_cli.import_weights(file, "stargan", attributes=False, image_size=16, output=tmp_path / "x.ckpt")
    model, seen = gan_cli.load(path).model, images(1, 3, 16, 24)
    with torch.no_grad():
        wanted = maker(seen, torch.tensor([[0.0, 0.0, 1.0]]))
        torch.testing.assert_close(model(seen, "2"), wanted, rtol=0, atol=1e-5)
