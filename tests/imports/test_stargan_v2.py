"""StarGAN v2's dictionaries of networks, beside its networks in plain layers."""

from math import sqrt
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, instance_norm, interpolate, leaky_relu

import gan_cli
from gan_cli.errors import UserError
from gan_cli.variants import StarGANv2
from tests.imports.foreign import Plain, drawn, images

BASE, MOST, Z, W, K = 2, 4, 3, 5, 2


class ResBlk(Plain):
    def __init__(self, inputs: int, outputs: int, normalised: bool = False, halving: bool = False) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(inputs, inputs, 3, 1, 1), nn.Conv2d(inputs, outputs, 3, 1, 1)
        if normalised:
            self.norm1, self.norm2 = (nn.InstanceNorm2d(inputs, affine=True) for _ in range(2))
        if inputs != outputs:
            self.conv1x1 = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.normalised, self.halving = normalised, halving

    def forward(self, maps: Tensor) -> Tensor:
        beside = self.conv1x1(maps) if hasattr(self, "conv1x1") else maps
        maps = self.conv1(leaky_relu(self.norm1(maps) if self.normalised else maps, 0.2))
        maps, beside = (avg_pool2d(one, 2) if self.halving else one for one in (maps, beside))
        maps = self.conv2(leaky_relu(self.norm2(maps) if self.normalised else maps, 0.2))
        return (maps + beside) / sqrt(2)


class AdaIN(Plain):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc = nn.Linear(W, 2 * channels)

    def forward(self, maps: Tensor, style: Tensor) -> Tensor:
        scale, shift = self.fc(style)[:, :, None, None].chunk(2, 1)
        return (1 + scale) * instance_norm(maps) + shift


class AdainResBlk(Plain):
    def __init__(self, inputs: int, outputs: int, doubling: bool = False) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(inputs, outputs, 3, 1, 1), nn.Conv2d(outputs, outputs, 3, 1, 1)
        self.norm1, self.norm2 = AdaIN(inputs), AdaIN(outputs)
        if inputs != outputs:
            self.conv1x1 = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.doubling = doubling

    def forward(self, maps: Tensor, style: Tensor) -> Tensor:
        made = leaky_relu(self.norm1(maps, style), 0.2)
        if self.doubling:
            maps, made = interpolate(maps, scale_factor=2), interpolate(made, scale_factor=2)
        beside = self.conv1x1(maps) if hasattr(self, "conv1x1") else maps
        made = self.conv2(leaky_relu(self.norm2(self.conv1(made), style), 0.2))
        return (made + beside) / sqrt(2)


class Generator(Plain):
    """For images of 32 pixels: one halving to 16."""

    def __init__(self) -> None:
        super().__init__()
        self.from_rgb = nn.Conv2d(3, BASE, 3, 1, 1)
        bottom = [ResBlk(MOST, MOST, normalised=True) for _ in range(2)]
        self.encode = nn.ModuleList([ResBlk(BASE, MOST, normalised=True, halving=True), *bottom])
        self.decode = nn.ModuleList([*(AdainResBlk(MOST, MOST) for _ in range(2)), AdainResBlk(MOST, BASE, True)])
        self.to_rgb = nn.Sequential(nn.InstanceNorm2d(BASE, affine=True), nn.LeakyReLU(0.2), nn.Conv2d(BASE, 3, 1))

    def forward(self, seen: Tensor, style: Tensor) -> Tensor:
        maps = self.from_rgb(seen)
        for block in self.encode:
            maps = block(maps)
        for block in self.decode:
            maps = block(maps, style)
        return self.to_rgb(maps)


class MappingNetwork(Plain):
    def __init__(self, width: int = 7) -> None:
        super().__init__()
        layers = [nn.Linear(Z, width), nn.ReLU()]
        self.shared = nn.Sequential(
            *layers, *(layer for _ in range(3) for layer in (nn.Linear(width, width), nn.ReLU()))
        )
        self.unshared = nn.ModuleList(
            nn.Sequential(*(x for _ in range(3) for x in (nn.Linear(width, width), nn.ReLU())), nn.Linear(width, W))
            for _ in range(K)
        )

    def forward(self, latents: Tensor, domain: int) -> Tensor:
        return self.unshared[domain](self.shared(latents))


def body() -> list[nn.Module]:
    blocks = [ResBlk(BASE, MOST, halving=True), *(ResBlk(MOST, MOST, halving=True) for _ in range(2))]
    return [nn.Conv2d(3, BASE, 3, 1, 1), *blocks, nn.LeakyReLU(0.2), nn.Conv2d(MOST, MOST, 4), nn.LeakyReLU(0.2)]


class StyleEncoder(Plain):
    def __init__(self) -> None:
        super().__init__()
        self.shared, self.unshared = nn.Sequential(*body()), nn.ModuleList(nn.Linear(MOST, W) for _ in range(K))

    def forward(self, seen: Tensor, domain: int) -> Tensor:
        return self.unshared[domain](self.shared(seen).flatten(1))


class Discriminator(Plain):
    def __init__(self) -> None:
        super().__init__()
        self.main = nn.Sequential(*body(), nn.Conv2d(MOST, K, 1))

    def forward(self, seen: Tensor, domain: int) -> Tensor:
        return self.main(seen).flatten(1)[:, domain]


def nets(seed: int) -> dict[str, Any]:
    kinds = {"generator": Generator, "mapping_network": MappingNetwork, "style_encoder": StyleEncoder}
    made: dict[str, Any] = {name: drawn(kind(), seed + number) for number, (name, kind) in enumerate(kinds.items())}
    with torch.no_grad():
        made["generator"].to_rgb[2].weight.mul_(0.1)
    return made


def file(path: Path, networks: dict[str, Any]) -> Path:
    torch.save({name: network.state_dict() for name, network in networks.items()}, path)
    return path


def test_averaged_and_trained_networks(tmp_path: Path) -> None:
    averaged, trained, judge = nets(0), nets(5), drawn(Discriminator(), 9)
    files = [
        file(tmp_path / "9_nets.ckpt", trained | {"discriminator": judge}),
        file(tmp_path / "9_nets_ema.ckpt", averaged),
    ]
    path = gan_cli.import_weights(files, "stargan_v2", names=("cat", "dog"), output=tmp_path / "x.ckpt")
    model = gan_cli.load(path).model
    assert isinstance(model, StarGANv2)
    latents, seen = torch.randn(1, Z, generator=torch.Generator().manual_seed(0)), images(1, 3, 32, 32)
    with torch.no_grad():
        for ema, networks in ((True, averaged), (False, trained)):
            wanted = networks["generator"](seen, networks["mapping_network"](latents, 1))
            found = model(seen, "dog", latents=latents, ema=ema)
            torch.testing.assert_close(found, wanted.clamp(-1, 1), rtol=0, atol=1e-5)
            wanted = networks["generator"](seen, networks["style_encoder"](seen, 0))
            found = model(seen, "cat", reference=seen, ema=ema)
            torch.testing.assert_close(found, wanted.clamp(-1, 1), rtol=0, atol=1e-5)
        judged = model.discriminator(seen, torch.tensor([1]))
        torch.testing.assert_close(judged, judge(seen, 1), rtol=0, atol=1e-5)


def test_what_is_not_taken(tmp_path: Path) -> None:
    deeper = nets(0)
    deeper["generator"].encode.append(ResBlk(MOST, MOST, normalised=True))
    with pytest.raises(UserError, match="has high-pass shortcuts"):
        gan_cli.import_weights(file(tmp_path / "a.ckpt", deeper), "stargan_v2", output=tmp_path / "x.ckpt")
    del deeper["style_encoder"]
    with pytest.raises(UserError, match="no dictionary of StarGAN v2's networks: it lacks style_encoder"):
        gan_cli.import_weights(file(tmp_path / "a.ckpt", deeper), "stargan_v2", output=tmp_path / "x.ckpt")
