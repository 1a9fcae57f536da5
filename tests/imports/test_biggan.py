"""BigGAN's files of its first author and of Hugging Face, beside its networks in plain layers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, batch_norm, conv2d, interpolate, linear, max_pool2d, normalize, relu
from torch.nn.utils import spectral_norm

import gan_cli
from gan_cli.errors import UserError
from gan_cli.variants import BigGAN
from tests.imports.foreign import Plain, drawn, images, saved

CH, K, E, PART = 2, 3, 5, 3
TOLD = E + PART


class SN(Plain):
    """A weight divided by its largest singular value, after one more step of the iteration."""

    def __init__(self, *shape: int, bias: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(shape))
        self.bias = nn.Parameter(torch.empty(shape[0])) if bias else None
        self.register_buffer("u0", torch.randn(1, shape[0]))
        self.register_buffer("sv0", torch.ones(1))

    @property
    def divided(self) -> Tensor:
        matrix = self.weight.flatten(1)
        v = normalize(self.u0 @ matrix)
        u = normalize(v @ matrix.T)
        return self.weight / (v @ matrix.T @ u.T).squeeze()

    def forward(self, inputs: Tensor) -> Tensor:
        if self.weight.ndim == 2:
            return linear(inputs, self.divided, self.bias)
        return conv2d(inputs, self.divided, self.bias, padding=self.weight.shape[-1] // 2)


class CCBN(Plain):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.gain, self.bias = (SN(width, TOLD, bias=False) for _ in range(2))
        self.register_buffer("stored_mean", torch.zeros(width))
        self.register_buffer("stored_var", torch.ones(width))

    def forward(self, maps: Tensor, told: Tensor) -> Tensor:
        normal = batch_norm(maps, self.stored_mean, self.stored_var)
        return normal * (1 + self.gain(told))[:, :, None, None] + self.bias(told)[:, :, None, None]


class BN(Plain):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.gain, self.bias = nn.Parameter(torch.empty(width)), nn.Parameter(torch.empty(width))
        self.register_buffer("stored_mean", torch.zeros(width))
        self.register_buffer("stored_var", torch.ones(width))

    def forward(self, maps: Tensor) -> Tensor:
        return batch_norm(maps, self.stored_mean, self.stored_var, self.gain, self.bias)


class GBlock(Plain):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1, self.conv2, self.conv_sc = SN(width, width, 3, 3), SN(width, width, 3, 3), SN(width, width, 1, 1)
        self.bn1, self.bn2 = CCBN(width), CCBN(width)

    def forward(self, maps: Tensor, told: Tensor) -> Tensor:
        made = self.conv1(interpolate(relu(self.bn1(maps, told)), scale_factor=2))
        return self.conv2(relu(self.bn2(made, told))) + self.conv_sc(interpolate(maps, scale_factor=2))


def attended(maps: Tensor, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    rows = [one.flatten(2) for one in (query, max_pool2d(key, 2), max_pool2d(value, 2))]
    shares = (rows[0].transpose(1, 2) @ rows[1]).softmax(-1)
    return (rows[2] @ shares.transpose(1, 2)).unflatten(2, maps.shape[2:])


class Attention(Plain):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.theta, self.phi = (SN(width // 8, width, 1, 1, bias=False) for _ in range(2))
        self.g, self.o = SN(width // 2, width, 1, 1, bias=False), SN(width, width // 2, 1, 1, bias=False)
        self.gamma = nn.Parameter(torch.tensor(0.0))

    def forward(self, maps: Tensor, told: Tensor | None = None) -> Tensor:
        return maps + self.gamma * self.o(attended(maps, self.theta(maps), self.phi(maps), self.g(maps)))


class Generator(Plain):
    """For 32 pixels: three blocks of one width, attention at 16."""

    def __init__(self) -> None:
        super().__init__()
        width = 4 * CH
        self.shared, self.linear = nn.Embedding(K, E), SN(16 * width, PART)
        stages: list[list[nn.Module]] = [[GBlock(width)], [GBlock(width), Attention(width)], [GBlock(width)]]
        self.blocks: Any = nn.ModuleList(nn.ModuleList(stage) for stage in stages)
        self.output_layer = nn.Sequential(BN(width), nn.ReLU(), SN(3, width, 3, 3))

    def forward(self, latents: Tensor, labels: Tensor) -> Tensor:
        first, *parts = latents.split(PART, 1)
        maps = self.linear(first).unflatten(1, (-1, 4, 4))
        for stage, part in zip(self.blocks, parts, strict=True):
            for layer in stage:
                maps = layer(maps, torch.cat([self.shared(labels), part], 1))
        return self.output_layer(maps).tanh()


class DBlock(Plain):
    def __init__(self, inputs: int, outputs: int, first: bool, halving: bool) -> None:
        super().__init__()
        self.conv1, self.conv2 = SN(outputs, inputs, 3, 3), SN(outputs, outputs, 3, 3)
        if halving or inputs != outputs:
            self.conv_sc = SN(outputs, inputs, 1, 1)
        self.first, self.halving = first, halving

    def forward(self, maps: Tensor) -> Tensor:
        made = self.conv2(relu(self.conv1(maps if self.first else relu(maps))))
        beside = self.conv_sc(maps) if hasattr(self, "conv_sc") else maps
        return avg_pool2d(made, 2) + avg_pool2d(beside, 2) if self.halving else made + beside


class Discriminator(Plain):
    def __init__(self) -> None:
        super().__init__()
        width = 4 * CH
        stages: list[list[nn.Module]] = [[DBlock(3, width, True, True), Attention(width)]]
        stages += [[DBlock(width, width, False, halving)] for halving in (True, False, False)]
        self.blocks: Any = nn.ModuleList(nn.ModuleList(stage) for stage in stages)
        self.linear, self.embed = SN(1, width), SN(K, width, bias=False)

    def forward(self, maps: Tensor, labels: Tensor) -> Tensor:
        for stage in self.blocks:
            for layer in stage:
                maps = layer(maps)
        features = relu(maps).sum((2, 3))
        return self.linear(features)[:, 0] + (self.embed.divided[labels] * features).sum(1)


def test_the_authors_files(tmp_path: Path) -> None:
    averaged, trained, judge = drawn(Generator(), 0), drawn(Generator(), 1), drawn(Discriminator(), 2)
    named = {"D": judge, "G": trained, "G_ema": averaged}
    files = [saved(tmp_path / f"{name}.pth", network) for name, network in named.items()]
    path = gan_cli.import_weights(files, "biggan", output=tmp_path / "x.ckpt")
    model = gan_cli.load(path).model
    assert isinstance(model, BigGAN)
    assert (model.latent_dim, model.num_classes, model.hparams["attention"]) == (4 * PART, K, 16)
    latents = torch.randn(2, 4 * PART, generator=torch.Generator().manual_seed(0))
    labels, shown = torch.tensor([2, 0]), images(2, 3, 32, 32)
    with torch.no_grad():
        for ema, network in ((True, averaged), (False, trained)):
            torch.testing.assert_close(model(latents, labels, ema=ema), network(latents, labels), rtol=0, atol=1e-5)
        torch.testing.assert_close(model.discriminator(shown, labels), judge(shown, labels), rtol=1e-5, atol=1e-5)


class TableNorm(Plain):
    """Statistics for several truncations."""

    def __init__(self, width: int, told: int = 0) -> None:
        super().__init__()
        self.register_buffer("running_means", torch.randn(3, width))
        self.register_buffer("running_vars", torch.rand(3, width) + 0.5)
        if told:
            self.scale, self.offset = (spectral_norm(nn.Linear(told, width, bias=False)) for _ in range(2))
        else:
            self.weight, self.bias = nn.Parameter(torch.empty(width)), nn.Parameter(torch.empty(width))

    def forward(self, maps: Tensor, told: Tensor | None = None) -> Tensor:
        mean, variance = self.running_means[-1], self.running_vars[-1]
        if told is None:
            return batch_norm(maps, mean, variance, self.weight, self.bias, eps=1e-4)
        normal = batch_norm(maps, mean, variance, eps=1e-4)
        return normal * (1 + self.scale(told))[:, :, None, None] + self.offset(told)[:, :, None, None]


class GenBlock(Plain):
    def __init__(self, inputs: int, outputs: int, told: int, doubling: bool) -> None:
        super().__init__()
        inner = inputs // 4
        for number, width in enumerate((inputs, inner, inner, inner)):
            setattr(self, f"bn_{number}", TableNorm(width, told))
        sizes: tuple[tuple[int, int, int], ...] = (
            (inputs, inner, 1),
            (inner, inner, 3),
            (inner, inner, 3),
            (inner, outputs, 1),
        )
        for number, (one, two, kernel) in enumerate(sizes):
            setattr(self, f"conv_{number}", spectral_norm(nn.Conv2d(one, two, kernel, padding=kernel // 2)))
        self.outputs, self.doubling = outputs, doubling

    def forward(self, maps: Tensor, told: Tensor) -> Tensor:
        made, beside = maps, maps[:, : self.outputs]
        for number in range(4):
            made = relu(getattr(self, f"bn_{number}")(made, told))
            if number == 1 and self.doubling:
                made, beside = interpolate(made, scale_factor=2), interpolate(beside, scale_factor=2)
            made = getattr(self, f"conv_{number}")(made)
        return made + beside


class SelfAttn(Plain):
    def __init__(self, width: int) -> None:
        super().__init__()
        make: Callable[[int, int], nn.Module] = lambda one, two: spectral_norm(nn.Conv2d(one, two, 1, bias=False))  # noqa: E731
        self.snconv1x1_theta, self.snconv1x1_phi = make(width, width // 8), make(width, width // 8)
        self.snconv1x1_g, self.snconv1x1_o_conv = make(width, width // 2), make(width // 2, width)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, maps: Tensor) -> Tensor:
        seen = self.snconv1x1_theta(maps), self.snconv1x1_phi(maps), self.snconv1x1_g(maps)
        return maps + self.gamma * self.snconv1x1_o_conv(attended(maps, *seen))


class HuggingFace(Plain):
    """For 32 pixels."""

    def __init__(self) -> None:
        super().__init__()
        width, told = 4 * CH, 2 * E
        self.embeddings, self.generator = nn.Linear(K, E, bias=False), Plain()
        self.generator.gen_z = spectral_norm(nn.Linear(told, 16 * width))
        blocks: list[nn.Module] = [GenBlock(width, width, told, k % 2 == 1) for k in range(6)]
        blocks.insert(4, SelfAttn(width))
        self.generator.layers = nn.ModuleList(blocks)
        self.generator.bn, self.generator.conv_to_rgb = (
            TableNorm(width),
            spectral_norm(nn.Conv2d(width, width, 3, padding=1)),
        )

    def forward(self, latents: Tensor, labels: Tensor) -> Tensor:
        told = torch.cat([latents, self.embeddings(nn.functional.one_hot(labels, K).float())], 1)
        maps = self.generator.gen_z(told).reshape(-1, 4, 4, 4 * CH).permute(0, 3, 1, 2)
        for layer in self.generator.layers:
            maps = layer(maps, told) if isinstance(layer, GenBlock) else layer(maps)
        return self.generator.conv_to_rgb(relu(self.generator.bn(maps)))[:, :3].tanh()


def test_hugging_faces_file(tmp_path: Path) -> None:
    network = drawn(HuggingFace())
    with torch.no_grad():
        for name, tensor in network.named_buffers():
            if name.endswith("running_vars"):
                tensor.abs_().add_(0.5)
    with torch.no_grad():
        for layer in network.modules():  # vectors of a network that was trained
            if hasattr(layer, "weight_orig"):
                matrix = layer.weight_orig.flatten(1)
                for _ in range(3):
                    layer.weight_v.copy_(normalize(layer.weight_u @ matrix, dim=0))
                    layer.weight_u.copy_(normalize(matrix @ layer.weight_v, dim=0))
    path = gan_cli.import_weights(saved(tmp_path / "pytorch_model.bin", network), "biggan", output=tmp_path / "x.ckpt")
    model = gan_cli.load(path).model
    latents, labels = torch.randn(2, E, generator=torch.Generator().manual_seed(0)), torch.tensor([2, 0])
    with torch.no_grad():
        torch.testing.assert_close(model(latents, labels), network(latents, labels), rtol=0, atol=1e-5)


def test_what_is_not_taken(tmp_path: Path) -> None:
    weights = Generator().state_dict()
    del weights["shared.weight"]
    with pytest.raises(UserError, match=r"lacks shared\.weight"):
        gan_cli.import_weights(saved(tmp_path / "G.pth", weights), "biggan", output=tmp_path / "x.ckpt")
    with pytest.raises(UserError, match=r"names: 1 names, and .* has 3 classes"):
        gan_cli.import_weights(
            saved(tmp_path / "G.pth", Generator()), "biggan", names=["a"], output=tmp_path / "x.ckpt"
        )
