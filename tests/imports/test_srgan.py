"""Networks that enlarge, of BasicSR's files and those of ESRGAN's authors; their images lie in [0, 1]."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu, pixel_shuffle
from torch.nn.utils import spectral_norm

import gan_cli
from gan_cli.errors import UserError
from gan_cli.variants import ESRGAN, SRGAN
from tests.imports.foreign import Plain, drawn, images, saved

WIDTH, GROWTH = 4, 2


def same(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, 1, 1)


class Dense(Plain):
    def __init__(self) -> None:
        super().__init__()
        for number in range(5):
            outputs = GROWTH if number < 4 else WIDTH
            setattr(self, f"conv{number + 1}", same(WIDTH + number * GROWTH, outputs))

    def forward(self, maps: Tensor) -> Tensor:
        seen = maps
        for number in range(1, 5):
            seen = torch.cat([seen, leaky_relu(getattr(self, f"conv{number}")(seen), 0.2)], 1)
        return maps + 0.2 * self.conv5(seen)


class RRDB(Plain):
    def __init__(self) -> None:
        super().__init__()
        self.rdb1, self.rdb2, self.rdb3 = Dense(), Dense(), Dense()

    def forward(self, maps: Tensor) -> Tensor:
        return maps + 0.2 * self.rdb3(self.rdb2(self.rdb1(maps)))


class RRDBNet(Plain):
    def __init__(self) -> None:
        super().__init__()
        self.conv_first, self.conv_body = same(3, WIDTH), same(WIDTH, WIDTH)
        self.body = nn.Sequential(RRDB(), RRDB())
        self.conv_up1, self.conv_up2, self.conv_hr = (same(WIDTH, WIDTH) for _ in range(3))
        self.conv_last = same(WIDTH, 3)

    def forward(self, pixels: Tensor) -> Tensor:
        maps = self.conv_first(pixels)
        maps = maps + self.conv_body(self.body(maps))
        for layer in (self.conv_up1, self.conv_up2):
            maps = leaky_relu(layer(interpolate(maps, scale_factor=2, mode="nearest")), 0.2)
        return self.conv_last(leaky_relu(self.conv_hr(maps), 0.2))


class Body(Plain):
    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = same(WIDTH, WIDTH), same(WIDTH, WIDTH)

    def forward(self, maps: Tensor) -> Tensor:
        return maps + self.conv2(torch.relu(self.conv1(maps)))


class MSRResNet(Plain):
    def __init__(self) -> None:
        super().__init__()
        self.conv_first, self.body = same(3, WIDTH), nn.Sequential(Body(), Body())
        self.upconv1, self.upconv2 = same(WIDTH, 4 * WIDTH), same(WIDTH, 4 * WIDTH)
        self.conv_hr, self.conv_last = same(WIDTH, WIDTH), same(WIDTH, 3)

    def forward(self, pixels: Tensor) -> Tensor:
        maps = self.body(leaky_relu(self.conv_first(pixels), 0.1))
        for layer in (self.upconv1, self.upconv2):
            maps = leaky_relu(pixel_shuffle(layer(maps), 2), 0.1)
        made = self.conv_last(leaky_relu(self.conv_hr(maps), 0.1))
        return made + interpolate(pixels, scale_factor=4, mode="bilinear", align_corners=False)


class VGG(Plain):
    def __init__(self) -> None:
        super().__init__()
        widths = [WIDTH, 2 * WIDTH, 4 * WIDTH, 8 * WIDTH, 8 * WIDTH]
        inputs = 3
        for level, width in enumerate(widths):
            setattr(self, f"conv{level}_0", nn.Conv2d(inputs, width, 3, 1, 1, bias=level == 0))
            setattr(self, f"conv{level}_1", nn.Conv2d(width, width, 4, 2, 1, bias=False))
            if level:
                setattr(self, f"bn{level}_0", nn.BatchNorm2d(width))
            setattr(self, f"bn{level}_1", nn.BatchNorm2d(width))
            inputs = width
        self.linear1, self.linear2 = nn.Linear(8 * WIDTH, 100), nn.Linear(100, 1)

    def forward(self, pixels: Tensor) -> Tensor:
        for level in range(5):
            for number in range(2):
                pixels = getattr(self, f"conv{level}_{number}")(pixels)
                pixels = getattr(self, f"bn{level}_{number}", nn.Identity())(pixels)
                pixels = leaky_relu(pixels, 0.2)
        return self.linear2(leaky_relu(self.linear1(pixels.flatten(1)), 0.2))


class UNet(Plain):
    def __init__(self) -> None:
        super().__init__()
        one, two, four, eight = WIDTH, 2 * WIDTH, 4 * WIDTH, 8 * WIDTH
        self.conv0 = same(3, one)
        for number, sizes in enumerate(((one, two), (two, four), (four, eight)), 1):
            setattr(self, f"conv{number}", spectral_norm(nn.Conv2d(*sizes, 4, 2, 1, bias=False)))
        for number, sizes in enumerate(((eight, four), (four, two), (two, one), (one, one), (one, one)), 4):
            setattr(self, f"conv{number}", spectral_norm(nn.Conv2d(*sizes, 3, 1, 1, bias=False)))
        self.conv9 = same(one, 1)

    def forward(self, pixels: Tensor) -> Tensor:
        maps = [leaky_relu(self.conv0(pixels), 0.2)]
        for number in (1, 2, 3):
            maps.append(leaky_relu(getattr(self, f"conv{number}")(maps[-1]), 0.2))
        made = maps.pop()
        for number in (4, 5, 6):
            doubled = interpolate(made, scale_factor=2, mode="bilinear", align_corners=False)
            made = leaky_relu(getattr(self, f"conv{number}")(doubled), 0.2) + maps.pop()
        for number in (7, 8):
            made = leaky_relu(getattr(self, f"conv{number}")(made), 0.2)
        return self.conv9(made)


def in_unit_range(network: nn.Module, seen: Tensor) -> Tensor:
    """What a network of images in [0, 1] makes of those in [-1, 1]."""
    with torch.no_grad():
        return network((seen + 1) / 2) * 2 - 1


def small(network: Any) -> Any:
    """With outputs near 0.5, so that nothing is clipped."""
    with torch.no_grad():
        last = network.conv_last
        last.weight.mul_(0.1)
        last.bias.fill_(0.5 if isinstance(network, RRDBNet) else 0.0)
    return network


def old_names(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The names of ESRGAN's first release."""
    places = {"conv_first": "model.0", "conv_body": "model.1.sub.2", "conv_up1": "model.3", "conv_up2": "model.6"}
    places |= {"conv_hr": "model.8", "conv_last": "model.10"}
    named = {}
    for name, tensor in weights.items():
        layer, _, kind = name.rpartition(".")
        if layer.startswith("body."):
            _, number, block, last = layer.split(".")
            layer = f"model.1.sub.{number}.{block.upper()}.{last}.0"
        named[f"{places.get(layer, layer)}.{kind}"] = tensor
    return named


def second_names(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The names of ESRGAN's second release."""
    pairs = (("conv_body", "trunk_conv"), ("body.", "RRDB_trunk."), (".rdb", ".RDB"), ("conv_up", "upconv"))
    named = {}
    for name, tensor in weights.items():
        for theirs, other in (*pairs, ("conv_hr", "HRconv")):
            name = name.replace(theirs, other)
        named[name] = tensor
    return named


@pytest.mark.parametrize("naming", [dict, old_names, second_names])
def test_esrgan(naming: type[dict[str, Tensor]], tmp_path: Path) -> None:
    network = small(drawn(RRDBNet()))
    path = gan_cli.import_weights(
        saved(tmp_path / "g.pth", naming(network.state_dict())), "srgan", output=tmp_path / "x.ckpt"
    )
    model, seen = gan_cli.load(path).model, images(1, 3, 6, 10)
    assert isinstance(model, ESRGAN)
    assert (model.hparams["num_blocks"], model.hparams["growth"], model.scale) == (2, GROWTH, 4)
    with torch.no_grad():
        torch.testing.assert_close(model(seen), in_unit_range(network, seen), rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", [VGG, UNet])
def test_averaged_and_trained_weights_and_the_discriminator(kind: type[nn.Module], tmp_path: Path) -> None:
    averaged, trained, judge = small(drawn(RRDBNet(), 0)), small(drawn(RRDBNet(), 1)), drawn(kind(), 2)
    torch.save({"params_ema": averaged.state_dict(), "params": trained.state_dict()}, tmp_path / "net_g.pth")
    torch.save({"params": judge.state_dict()}, tmp_path / "net_d.pth")
    files = [tmp_path / "net_g.pth", tmp_path / "net_d.pth"]
    model = gan_cli.load(gan_cli.import_weights(files, "srgan", output=tmp_path / "x.ckpt")).model
    seen, shown = images(1, 3, 6, 10), images(2, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(model(seen), in_unit_range(averaged, seen), rtol=0, atol=1e-5)
        torch.testing.assert_close(model(seen, ema=False), in_unit_range(trained, seen), rtol=0, atol=1e-5)
        judged = judge((shown + 1) / 2)
        torch.testing.assert_close(model.discriminator(shown).reshape(judged.shape), judged, rtol=0, atol=1e-5)


def test_srresnet_without_normalisation(tmp_path: Path) -> None:
    network = small(drawn(MSRResNet()))
    torch.save({"params": network.state_dict()}, tmp_path / "g.pth")
    model = gan_cli.load(gan_cli.import_weights(tmp_path / "g.pth", "srgan", output=tmp_path / "x.ckpt")).model
    assert isinstance(model, SRGAN)
    seen = images(1, 3, 6, 10) * 0.8
    with torch.no_grad():
        torch.testing.assert_close(model(seen), in_unit_range(network, seen).clamp(-1, 1), rtol=0, atol=1e-5)


def test_what_is_not_taken(tmp_path: Path) -> None:
    weights = RRDBNet().state_dict()
    weights["conv_first.weight"] = torch.zeros(WIDTH, 12, 3, 3)
    with pytest.raises(UserError, match="takes 12 channels and makes 3: networks for x1 and x2 that begin with pixels"):
        gan_cli.import_weights(saved(tmp_path / "g.pth", weights), "srgan", output=tmp_path / "x.ckpt")
    with pytest.raises(UserError, match="holds no network that enlarges"):
        gan_cli.import_weights(saved(tmp_path / "h.pth", {"a": torch.ones(1)}), "srgan", output=tmp_path / "x.ckpt")
