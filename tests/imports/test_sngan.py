"""SNGAN's archives of arrays, beside its networks for 32 pixels in plain layers."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, batch_norm, conv2d, interpolate, linear, normalize, relu

import gan_cli
from gan_cli.errors import UserError
from gan_cli.variants import SNGAN
from tests.imports.foreign import Plain, drawn, images

WIDTH, Z, K = 8, 3, 2


class Layer(Plain):
    """Chainer's convolution or linear layer; with `u` divided by its largest singular value."""

    def __init__(self, *shape: int, bias: bool = True, divided: bool = False) -> None:
        super().__init__()
        self.W = nn.Parameter(torch.empty(shape))
        self.b = nn.Parameter(torch.empty(shape[0])) if bias else None
        if divided:
            self.register_buffer("u", torch.randn(1, shape[0]))

    @property
    def weight(self) -> Tensor:
        if not hasattr(self, "u"):
            return self.W
        matrix = self.W.flatten(1)
        right = normalize(self.u @ matrix)
        left = normalize(right @ matrix.T)
        return self.W / (left @ matrix @ right.T)

    def forward(self, maps: Tensor) -> Tensor:
        if self.W.ndim == 2:
            return linear(maps, self.weight, self.b)
        return conv2d(maps, self.weight, self.b, padding=self.W.shape[-1] // 2)


class Norm(Plain):
    def __init__(self, classes: int) -> None:
        super().__init__()
        if classes:
            self.gammas, self.betas = (Layer(classes, WIDTH, bias=False) for _ in range(2))
        else:
            self.gamma, self.beta = (nn.Parameter(torch.empty(WIDTH)) for _ in range(2))
        self.register_buffer("avg_mean", torch.zeros(WIDTH))
        self.register_buffer("avg_var", torch.ones(WIDTH))
        self.register_buffer("N", torch.tensor(9))

    def forward(self, maps: Tensor, labels: Tensor | None) -> Tensor:
        if labels is None:
            return batch_norm(maps, self.avg_mean, self.avg_var, self.gamma, self.beta, eps=2e-5)
        scale, shift = (table.W[labels][:, :, None, None] for table in (self.gammas, self.betas))
        return batch_norm(maps, self.avg_mean, self.avg_var, eps=2e-5) * scale + shift


class GBlock(Plain):
    def __init__(self, classes: int) -> None:
        super().__init__()
        self.c1, self.c2, self.c_sc = Layer(WIDTH, WIDTH, 3, 3), Layer(WIDTH, WIDTH, 3, 3), Layer(WIDTH, WIDTH, 1, 1)
        self.b1, self.b2 = Norm(classes), Norm(classes)

    def forward(self, maps: Tensor, labels: Tensor | None) -> Tensor:
        made = self.c1(interpolate(relu(self.b1(maps, labels)), scale_factor=2))
        return self.c2(relu(self.b2(made, labels))) + self.c_sc(interpolate(maps, scale_factor=2))


class Generator(Plain):
    def __init__(self, classes: int) -> None:
        super().__init__()
        self.l1 = Layer(16 * WIDTH, Z)
        self.block2, self.block3, self.block4 = (GBlock(classes) for _ in range(3))
        self.b5, self.c5 = Norm(0), Layer(3, WIDTH, 3, 3)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        maps = self.l1(latents).unflatten(1, (-1, 4, 4))
        for block in (self.block2, self.block3, self.block4):
            maps = block(maps, labels)
        return self.c5(relu(self.b5(maps, None))).tanh()


class DBlock(Plain):
    def __init__(self, inputs: int, first: bool, halving: bool) -> None:
        super().__init__()
        wide = WIDTH // 2
        self.c1, self.c2 = (Layer(wide, n, 3, 3, divided=True) for n in (inputs, wide))
        if first or halving:
            self.c_sc = Layer(wide, inputs, 1, 1, divided=True)
        self.first, self.halving = first, halving

    def forward(self, maps: Tensor) -> Tensor:
        made = self.c2(relu(self.c1(maps if self.first else relu(maps))))
        beside = self.c_sc(maps) if hasattr(self, "c_sc") else maps
        return avg_pool2d(made, 2) + avg_pool2d(beside, 2) if self.halving else made + beside


class Discriminator(Plain):
    def __init__(self, classes: int) -> None:
        super().__init__()
        wide = WIDTH // 2
        self.block1, self.block2 = DBlock(3, True, True), DBlock(wide, False, True)
        self.block3, self.block4 = (DBlock(wide, False, False) for _ in range(2))
        self.l5 = Layer(1, wide, bias=False, divided=True)
        if classes:
            self.l_y = Layer(classes, wide, bias=False, divided=True)

    def forward(self, maps: Tensor, labels: Tensor | None = None) -> Tensor:
        for block in (self.block1, self.block2, self.block3, self.block4):
            maps = block(maps)
        features = relu(maps).sum((2, 3))
        told = 0 if labels is None else (self.l_y.weight[labels] * features).sum(1)
        return self.l5(features)[:, 0] + told


def archive(path: Path, network: nn.Module) -> Path:
    np.savez(path, **{name.replace(".", "/"): tensor.numpy() for name, tensor in network.state_dict().items()})
    return path


@pytest.mark.parametrize("classes", [0, K])
def test_both_networks(classes: int, tmp_path: Path) -> None:
    maker, judge = drawn(Generator(classes)), drawn(Discriminator(classes), 1)
    with torch.no_grad():
        for name, tensor in maker.named_buffers():
            if name.endswith("avg_var"):
                tensor.abs_().add_(0.5)
    files = [archive(tmp_path / "G.npz", maker), archive(tmp_path / "D.npz", judge)]
    model = gan_cli.load(gan_cli.import_weights(files, "sngan", output=tmp_path / "x.ckpt")).model
    assert isinstance(model, SNGAN)
    latents, shown = torch.randn(2, Z, generator=torch.Generator().manual_seed(0)), images(2, 3, 32, 32)
    labels = [torch.tensor([1, 0])] if classes else []
    with torch.no_grad():
        torch.testing.assert_close(model(latents, *labels), maker(latents, *labels), rtol=0, atol=1e-5)
        torch.testing.assert_close(model.discriminator(shown, *labels), judge(shown, *labels), rtol=1e-5, atol=1e-5)


def test_what_is_no_sngan(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", a=np.ones(2))
    with pytest.raises(UserError, match="holds no generator of SNGAN"):
        gan_cli.import_weights(tmp_path / "x.npz", "sngan", output=tmp_path / "x.ckpt")
