"""VQGAN's Lightning checkpoints, beside its networks in plain layers."""

from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from torch import Tensor, nn
from torch.nn.functional import interpolate, pad, silu

import gan_cli
from gan_cli.errors import UserError
from gan_cli.variants import VQGAN
from tests.imports.foreign import Plain, drawn, images

WIDTH, CODES, DIM, LATENT = 32, 8, 4, 6


def norm(width: int) -> nn.Module:
    return nn.GroupNorm(32, width, eps=1e-6)


class ResnetBlock(Plain):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.norm1, self.conv1 = norm(inputs), nn.Conv2d(inputs, outputs, 3, 1, 1)
        self.norm2, self.conv2 = norm(outputs), nn.Conv2d(outputs, outputs, 3, 1, 1)
        if inputs != outputs:
            self.nin_shortcut = nn.Conv2d(inputs, outputs, 1)

    def forward(self, maps: Tensor) -> Tensor:
        made = self.conv2(silu(self.norm2(self.conv1(silu(self.norm1(maps))))))
        return made + (self.nin_shortcut(maps) if hasattr(self, "nin_shortcut") else maps)


class AttnBlock(Plain):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = norm(width)
        self.q, self.k, self.v, self.proj_out = (nn.Conv2d(width, width, 1) for _ in range(4))

    def forward(self, maps: Tensor) -> Tensor:
        normal = self.norm(maps)
        q, k, v = (layer(normal).flatten(2) for layer in (self.q, self.k, self.v))
        shares = (q.transpose(1, 2) @ k * maps.shape[1] ** -0.5).softmax(2)
        return maps + self.proj_out((v @ shares.transpose(1, 2)).reshape(maps.shape))


class Sampled(Plain):
    def __init__(self, width: int, down: bool) -> None:
        super().__init__()
        self.conv, self.down = nn.Conv2d(width, width, 3, 2 if down else 1, 0 if down else 1), down

    def forward(self, maps: Tensor) -> Tensor:
        return self.conv(pad(maps, (0, 1, 0, 1)) if self.down else interpolate(maps, scale_factor=2.0))


def level(inputs: int, outputs: int, blocks: int, attends: bool) -> Plain:
    made = Plain()
    made.block = nn.ModuleList(ResnetBlock(inputs if k == 0 else outputs, outputs) for k in range(blocks))
    made.attn = nn.ModuleList(AttnBlock(outputs) for _ in range(blocks * attends))
    return made


def through(maps: Tensor, layer: Any) -> Tensor:
    for k, block in enumerate(layer.block):
        maps = block(maps)
        maps = layer.attn[k](maps) if len(layer.attn) else maps
    return maps


def middle(width: int) -> Plain:
    made = Plain()
    made.block_1, made.attn_1, made.block_2 = ResnetBlock(width, width), AttnBlock(width), ResnetBlock(width, width)
    return made


class Encoder(Plain):
    def __init__(self) -> None:
        super().__init__()
        self.conv_in = nn.Conv2d(3, WIDTH, 3, 1, 1)
        self.mid: Any = middle(2 * WIDTH)
        self.down = nn.ModuleList([level(WIDTH, WIDTH, 1, False), level(WIDTH, 2 * WIDTH, 1, True)])
        self.down[0].downsample = Sampled(WIDTH, True)
        self.norm_out, self.conv_out = norm(2 * WIDTH), nn.Conv2d(2 * WIDTH, LATENT, 3, 1, 1)

    def forward(self, maps: Tensor) -> Tensor:
        first: Any = self.down[0]
        maps = first.downsample(through(self.conv_in(maps), first))
        maps = self.mid.block_2(self.mid.attn_1(self.mid.block_1(through(maps, self.down[1]))))
        return self.conv_out(silu(self.norm_out(maps)))


class Decoder(Plain):
    def __init__(self) -> None:
        super().__init__()
        self.conv_in = nn.Conv2d(LATENT, 2 * WIDTH, 3, 1, 1)
        self.mid: Any = middle(2 * WIDTH)
        self.up = nn.ModuleList([level(2 * WIDTH, WIDTH, 2, False), level(2 * WIDTH, 2 * WIDTH, 2, True)])
        self.up[1].upsample = Sampled(2 * WIDTH, False)
        self.norm_out, self.conv_out = norm(WIDTH), nn.Conv2d(WIDTH, 3, 3, 1, 1)

    def forward(self, maps: Tensor) -> Tensor:
        maps = self.mid.block_2(self.mid.attn_1(self.mid.block_1(self.conv_in(maps))))
        inner: Any = self.up[1]
        maps = through(inner.upsample(through(maps, inner)), self.up[0])
        return self.conv_out(silu(self.norm_out(maps)))


class Loss(Plain):
    def __init__(self) -> None:
        super().__init__()
        self.perceptual_loss = nn.Conv2d(1, 1, 1)
        self.discriminator = Plain()
        self.discriminator.main = nn.Sequential(
            *(nn.Conv2d(3, 2, 4, 2, 1), nn.LeakyReLU(0.2)),
            *(nn.Conv2d(2, 4, 4, 1, 1, bias=False), nn.BatchNorm2d(4), nn.LeakyReLU(0.2)),
            nn.Conv2d(4, 1, 4, 1, 1),
        )


class VQModel(Plain):
    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.decoder, self.loss = Encoder(), Decoder(), Loss()
        self.quantize = Plain()
        self.quantize.embedding = nn.Embedding(CODES, DIM)
        self.quant_conv, self.post_quant_conv = nn.Conv2d(LATENT, DIM, 1), nn.Conv2d(DIM, LATENT, 1)

    def codes(self, seen: Tensor) -> Tensor:
        vectors = self.quant_conv(self.encoder(seen)).permute(0, 2, 3, 1)
        return torch.cdist(vectors.flatten(0, 2), self.quantize.embedding.weight).argmin(1).reshape(vectors.shape[:3])

    def forward(self, seen: Tensor) -> Tensor:
        entries = self.quantize.embedding(self.codes(seen)).permute(0, 3, 1, 2)
        return self.decoder(self.post_quant_conv(entries))


def test_all_its_networks(tmp_path: Path) -> None:
    network, file = drawn(VQModel()), tmp_path / "last.ckpt"
    with torch.no_grad():
        network.quantize.embedding.weight.mul_(2)
        network.decoder.conv_out.weight.mul_(0.3)
    torch.save({"state_dict": network.state_dict(), "callbacks": {ModelCheckpoint: {}}, "epoch": 3}, file)
    path = gan_cli.import_weights(file, "vqgan", image_size=16, output=tmp_path / "x.ckpt")
    model, seen = gan_cli.load(path).model, images(2, 3, 16, 16)
    assert isinstance(model, VQGAN)
    assert (model.hparams["multipliers"], model.hparams["attention_size"]) == ((1, 2), 8)
    with torch.no_grad():
        codes = network.codes(seen)
        assert len(codes.unique()) > 2
        torch.testing.assert_close(model.encode(seen), codes)
        torch.testing.assert_close(model(seen), network(seen).clamp(-1, 1), rtol=0, atol=1e-5)
        judge = network.loss.discriminator.main.train()
        torch.testing.assert_close(model.discriminator(seen), judge(seen), rtol=0, atol=1e-5)


def test_codes_of_another_kind(tmp_path: Path) -> None:
    weights = {name: one for name, one in VQModel().state_dict().items() if not name.startswith("quantize.")}
    torch.save({"state_dict": weights}, tmp_path / "last.ckpt")
    with pytest.raises(UserError, match=r"lacks quantize.embedding.weight \(codes drawn by Gumbel"):
        gan_cli.import_weights(tmp_path / "last.ckpt", "vqgan", output=tmp_path / "x.ckpt")
