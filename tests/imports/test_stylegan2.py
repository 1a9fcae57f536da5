"""StyleGAN2's network pickles, beside its networks built from the papers: weights are modulated for each image."""

from math import sqrt
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d, leaky_relu

import gan_cli
from gan_cli.errors import UserError
from gan_cli.variants import StyleGAN2
from tests.imports.foreign import Plain, drawn, images
from tests.imports.persistence import as_persistent, persistent, pickled

Z, W, CLASSES = 5, 6, 3
WIDTHS = {4: 8, 8: 8, 16: 4}
KERNEL = torch.outer(*[torch.tensor([1.0, 3.0, 3.0, 1.0])] * 2) / 64


def active(maps: Tensor) -> Tensor:
    return leaky_relu(maps, 0.2) * sqrt(2)


def unit(rows: Tensor) -> Tensor:
    return rows * (rows.square().mean(1, keepdim=True) + 1e-8).rsqrt()


def filtered(maps: Tensor, padding: int, gain: float = 1, stride: int = 1) -> Tensor:
    kernel = (KERNEL * gain).expand(maps.shape[1], 1, 4, 4)
    return conv2d(maps, kernel, stride=stride, padding=padding, groups=maps.shape[1])


class FullyConnectedLayer(Plain):
    def __init__(self, inputs: int, outputs: int, rate: float = 1) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.empty(outputs, inputs)), nn.Parameter(torch.empty(outputs))
        self.rate = rate

    def forward(self, rows: Tensor) -> Tensor:
        return rows @ (self.weight * self.rate / sqrt(self.weight.shape[1])).T + self.bias * self.rate


class MappingNetwork(Plain):
    def __init__(self, latent_dim: int, style_dim: int, depth: int, classes: int, averaged: bool) -> None:
        super().__init__()
        if classes:
            self.embed = FullyConnectedLayer(classes, style_dim)
        widths = [latent_dim + style_dim * bool(classes), *[style_dim] * depth]
        for k in range(depth):
            setattr(self, f"fc{k}", FullyConnectedLayer(widths[k], widths[k + 1], 0.01))
        if averaged:
            self.register_buffer("w_avg", torch.zeros(style_dim))
        self.depth = depth

    def forward(self, latents: Tensor | None, shares: Tensor | None) -> Tensor:
        parts = [] if latents is None else [unit(latents)]
        parts += [] if shares is None else [unit(self.embed(shares))]
        rows = torch.cat(parts, 1)
        for k in range(self.depth):
            rows = active(getattr(self, f"fc{k}")(rows))
        return rows


class SynthesisLayer(Plain):
    def __init__(self, inputs: int, outputs: int, side: int, up: int = 1) -> None:
        super().__init__()
        self.affine = FullyConnectedLayer(W, inputs)
        self.weight, self.bias = nn.Parameter(torch.empty(outputs, inputs, 3, 3)), nn.Parameter(torch.empty(outputs))
        self.noise_strength = nn.Parameter(torch.empty([]))
        self.register_buffer("noise_const", torch.empty(side, side))
        self.register_buffer("resample_filter", KERNEL.clone())
        self.up = up

    def forward(self, maps: Tensor, style: Tensor) -> Tensor:
        made = []
        for image, scale in zip(maps, self.affine(style), strict=True):
            weight = self.weight * scale[None, :, None, None]
            weight = weight * (weight.square().sum((1, 2, 3), keepdim=True) + 1e-8).rsqrt()
            if self.up == 1:
                made.append(conv2d(image[None], weight, padding=1))
            else:
                made.append(filtered(conv_transpose2d(image[None], weight.transpose(0, 1), stride=2), 1, gain=4))
        return active(torch.cat(made) + self.noise_const * self.noise_strength + self.bias[:, None, None])


class ToRGBLayer(Plain):
    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.affine = FullyConnectedLayer(W, inputs)
        self.weight, self.bias = nn.Parameter(torch.empty(3, inputs, 1, 1)), nn.Parameter(torch.empty(3))

    def forward(self, maps: Tensor, style: Tensor) -> Tensor:
        scales = self.affine(style) / sqrt(self.weight.shape[1])
        made = [conv2d(m[None], self.weight * s[None, :, None, None]) for m, s in zip(maps, scales, strict=True)]
        return torch.cat(made) + self.bias[:, None, None]


class SynthesisBlock(Plain):
    def __init__(self, inputs: int, outputs: int, side: int) -> None:
        super().__init__()
        if inputs:
            self.conv0 = SynthesisLayer(inputs, outputs, side, up=2)
        else:
            self.const = nn.Parameter(torch.empty(outputs, 4, 4))
        self.conv1, self.torgb = SynthesisLayer(outputs, outputs, side), ToRGBLayer(outputs)
        self.register_buffer("resample_filter", KERNEL.clone())


class Generator(Plain):
    def __init__(self, classes: int) -> None:
        super().__init__()
        self.mapping = MappingNetwork(Z, W, 2, classes, averaged=True)
        self.synthesis = Plain()
        before = 0
        for side, width in WIDTHS.items():
            setattr(self.synthesis, f"b{side}", SynthesisBlock(before, width, side))
            before = width

    def forward(self, latents: Tensor, shares: Tensor | None = None) -> Tensor:
        style = self.mapping(latents, shares)
        block = self.synthesis.b4
        maps = block.conv1(block.const.expand(len(style), -1, -1, -1), style)
        made = block.torgb(maps, style)
        for side in (8, 16):
            block = getattr(self.synthesis, f"b{side}")
            maps = block.conv1(block.conv0(maps, style), style)
            doubled = torch.zeros(*made.shape[:2], side, side)
            doubled[:, :, ::2, ::2] = made
            padded = nn.functional.pad(doubled, (2, 1, 2, 1))
            made = filtered(padded, 0, gain=4) + block.torgb(maps, style)
        return made


class Conv2dLayer(Plain):
    def __init__(self, inputs: int, outputs: int, kernel: int, bias: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.empty(outputs)) if bias else None
        self.register_buffer("resample_filter", KERNEL.clone())

    def forward(self, maps: Tensor, stride: int = 1) -> Tensor:
        weight = self.weight / sqrt(self.weight[0].numel())
        return conv2d(maps, weight, self.bias, stride, self.weight.shape[-1] // 2 if stride == 1 else 0)


class MinibatchStdLayer(Plain):
    def __init__(self) -> None:
        super().__init__()
        self.group_size = 2


class Discriminator(Plain):
    def __init__(self, classes: int) -> None:
        super().__init__()
        for side in (16, 8):
            block, (inputs, outputs) = Plain(), (WIDTHS[side], WIDTHS[side // 2])
            if side == 16:
                block.fromrgb = Conv2dLayer(3, inputs, 1)
            block.conv0, block.conv1 = Conv2dLayer(inputs, inputs, 3), Conv2dLayer(inputs, outputs, 3)
            block.skip = Conv2dLayer(inputs, outputs, 1, bias=False)
            setattr(self, f"b{side}", block)
        self.b4, wide = Plain(), WIDTHS[4]
        self.b4.mbstd, self.b4.conv = MinibatchStdLayer(), Conv2dLayer(wide + 1, wide, 3)
        self.b4.fc, self.b4.out = (
            FullyConnectedLayer(wide * 16, wide),
            FullyConnectedLayer(wide, wide if classes else 1),
        )
        if classes:
            self.mapping = MappingNetwork(0, wide, 8, classes, averaged=False)

    def forward(self, shown: Tensor, shares: Tensor | None = None) -> Tensor:
        maps = active(self.b16.fromrgb(shown))
        for side in (16, 8):
            block = getattr(self, f"b{side}")
            beside = block.skip(filtered(maps, 1, stride=2))
            maps = active(block.conv0(maps))
            maps = (active(block.conv1(filtered(maps, 2), stride=2)) + beside) * sqrt(0.5)
        groups = maps.reshape(2, -1, *maps.shape[1:])  # of two things, every second one
        deviation = (groups.var(0, correction=0) + 1e-8).sqrt().mean((1, 2, 3)).repeat(2)
        maps = torch.cat([maps, deviation[:, None, None, None].expand(-1, 1, 4, 4)], 1)
        rows = self.b4.out(active(self.b4.fc(active(self.b4.conv(maps)).flatten(1))))
        if shares is None:
            return rows[:, 0]
        return (rows * self.mapping(None, shares)).sum(1) / sqrt(rows.shape[1])


@pytest.mark.parametrize("classes", [0, CLASSES])
def test_all_three_networks(classes: int, tmp_path: Path) -> None:
    averaged, trained, judge = (
        drawn(Generator(classes), 0),
        drawn(Generator(classes), 1),
        drawn(Discriminator(classes), 2),
    )
    for one in (averaged, trained):
        for name, tensor in one.named_buffers():
            if name.endswith("resample_filter"):
                tensor.copy_(KERNEL)
    for tensor in judge.buffers():
        tensor.copy_(KERNEL)
    parts = {"G": trained, "D": judge, "G_ema": averaged}
    file = tmp_path / "network.pkl"
    file.write_bytes(pickled({**{name: as_persistent(one) for name, one in parts.items()}, "augment_pipe": None}))
    path = gan_cli.import_weights(file, "stylegan2", output=tmp_path / "x.ckpt")
    model = gan_cli.load(path).model
    assert isinstance(model, StyleGAN2)
    latents = torch.randn(2, Z, generator=torch.Generator().manual_seed(0))
    labels = [torch.tensor([2, 0])] if classes else []
    shares = [nn.functional.one_hot(labels[0], CLASSES).float()] if classes else []
    shown = images(2, 3, 16, 16)
    with torch.no_grad():
        for ema, network in ((True, averaged), (False, trained)):
            raw = model.picture_maker(ema)(latents, *labels, noise="const")
            torch.testing.assert_close(raw, network(latents, *shares), rtol=0, atol=1e-5)
        torch.testing.assert_close(model.discriminator(shown, *labels), judge(shown, *shares), rtol=0, atol=1e-5)


def test_what_is_no_stylegan2(tmp_path: Path) -> None:
    file = tmp_path / "x.pkl"
    layer = Plain()
    layer.synthesis = Plain()
    layer.synthesis.L0_36_512 = FullyConnectedLayer(2, 2)
    file.write_bytes(pickled({"G_ema": as_persistent(layer)}))
    with pytest.raises(UserError, match="StyleGAN3's is another network"):
        gan_cli.import_weights(file, "stylegan2", output=tmp_path / "x.ckpt")
    other = Generator(0)
    other.synthesis.b4.conv1.resample_filter = torch.ones(2, 2)
    file.write_bytes(pickled({"G_ema": as_persistent(other)}))
    with pytest.raises(UserError, match="is another filter than"):
        gan_cli.import_weights(file, "stylegan2", output=tmp_path / "x.ckpt")
    file.write_bytes(pickled({"D": persistent("D", {})}))
    with pytest.raises(UserError, match="holds neither G_ema nor G"):
        gan_cli.import_weights(file, "stylegan2", output=tmp_path / "x.ckpt")
