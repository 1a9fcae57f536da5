"""CycleGAN's and pix2pix's files, beside their networks in plain layers."""

from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import gan_cli
from gan_cli.errors import UserError
from gan_cli.variants import CycleGAN, Pix2Pix
from tests.imports.foreign import Plain, drawn, images, saved

WIDTH = 2


class Block(Plain):
    def __init__(self, width: int, norm: type[nn.Module], dropout: bool) -> None:
        super().__init__()
        biased = norm is nn.InstanceNorm2d
        one, two = (nn.Conv2d(width, width, 3, bias=biased) for _ in range(2))
        layers = [nn.ReflectionPad2d(1), one, norm(width), nn.ReLU(), *[nn.Dropout(0.5)] * dropout]
        self.conv_block = nn.Sequential(*layers, nn.ReflectionPad2d(1), two, norm(width))

    def forward(self, maps: Tensor) -> Tensor:
        return maps + self.conv_block(maps)


class Resnet(Plain):
    def __init__(self, norm: type[nn.Module], blocks: int = 2, dropout: bool = False) -> None:
        super().__init__()
        one, two, four, biased = WIDTH, 2 * WIDTH, 4 * WIDTH, norm is nn.InstanceNorm2d
        up: dict[str, Any] = {"kernel_size": 3, "stride": 2, "padding": 1, "output_padding": 1, "bias": biased}
        self.model = nn.Sequential(
            *(nn.ReflectionPad2d(3), nn.Conv2d(3, one, 7, bias=biased), norm(one), nn.ReLU()),
            *(nn.Conv2d(one, two, 3, 2, 1, bias=biased), norm(two), nn.ReLU()),
            *(nn.Conv2d(two, four, 3, 2, 1, bias=biased), norm(four), nn.ReLU()),
            *(Block(four, norm, dropout) for _ in range(blocks)),
            *(nn.ConvTranspose2d(four, two, **up), norm(two), nn.ReLU()),
            *(nn.ConvTranspose2d(two, one, **up), norm(one), nn.ReLU()),
            *(nn.ReflectionPad2d(3), nn.Conv2d(one, 3, 7), nn.Tanh()),
        )

    def forward(self, maps: Tensor) -> Tensor:
        return self.model(maps)


class Skip(Plain):
    """A block of the authors' U-Net, which holds the one inside it."""

    def __init__(
        self, outer: int, inner: int, norm: type[nn.Module], inside: nn.Module | None, inputs: int = 0
    ) -> None:
        super().__init__()
        self.outermost, biased = bool(inputs), norm is nn.InstanceNorm2d
        down = nn.Conv2d(inputs or outer, inner, 4, 2, 1, bias=biased)
        doubled = inner if inside is None else 2 * inner
        up = nn.ConvTranspose2d(doubled, outer, 4, 2, 1, bias=biased or self.outermost)
        if self.outermost:
            layers: list[Any] = [down, inside, nn.ReLU(), up, nn.Tanh()]
        elif inside is None:
            layers = [nn.LeakyReLU(0.2), down, nn.ReLU(), up, norm(outer)]
        else:
            layers = [nn.LeakyReLU(0.2), down, norm(inner), inside, nn.ReLU(), up, norm(outer)]
        self.model = nn.Sequential(*layers)

    def forward(self, maps: Tensor) -> Tensor:
        made = self.model(maps)
        return made if self.outermost else torch.cat([maps, made], 1)


class Unet(Plain):
    def __init__(self, norm: type[nn.Module], depth: int = 6) -> None:
        super().__init__()
        wide = 8 * WIDTH
        block = Skip(wide, wide, norm, None)
        for _ in range(depth - 5):
            block = Skip(wide, wide, norm, block)
        for level in (4, 2, 1):
            block = Skip(level * WIDTH, 2 * level * WIDTH, norm, block)
        self.model = Skip(3, WIDTH, norm, block, inputs=3)

    def forward(self, maps: Tensor) -> Tensor:
        return self.model(maps)


def patches(channels: int, norm: type[nn.Module]) -> Plain:
    one, two, four, biased = WIDTH, 2 * WIDTH, 4 * WIDTH, norm is nn.InstanceNorm2d
    network = Plain()
    network.model = nn.Sequential(
        *(nn.Conv2d(channels, one, 4, 2, 1), nn.LeakyReLU(0.2)),
        *(nn.Conv2d(one, two, 4, 2, 1, bias=biased), norm(two), nn.LeakyReLU(0.2)),
        *(nn.Conv2d(two, four, 4, 1, 1, bias=biased), norm(four), nn.LeakyReLU(0.2)),
        nn.Conv2d(four, 1, 4, 1, 1),
    )
    return network


def with_image_statistics(network: nn.Module) -> Any:
    """As the authors' programs translate: batch normalisation in training mode, and here without dropout."""
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.train()
    return network


def test_cyclegan_with_all_four_files(tmp_path: Path) -> None:
    makers = [drawn(Resnet(nn.InstanceNorm2d), seed) for seed in (0, 1)]
    judges = [drawn(patches(3, nn.InstanceNorm2d), seed) for seed in (2, 3)]
    files = [
        saved(tmp_path / f"latest_net_{name}.pth", network)
        for name, network in zip(
            ("G_B", "D_B", "G_A", "D_A"), (makers[1], judges[1], makers[0], judges[0]), strict=True
        )
    ]
    path = gan_cli.import_weights(files, "cyclegan", names=("horse", "zebra"), output=tmp_path / "x.ckpt")
    model = gan_cli.load(path).model
    assert isinstance(model, CycleGAN)
    assert model.directions == ("horse2zebra", "zebra2horse")
    seen = images(1, 3, 32, 48)
    with torch.no_grad():
        for direction, maker in zip(model.directions, makers, strict=True):
            torch.testing.assert_close(model(seen, direction), maker(seen), rtol=0, atol=1e-5)
        # the authors' D_A judges what G_A makes, images of b
        for domain, judge in zip("ba", judges, strict=True):
            torch.testing.assert_close(model.discriminator[domain](seen), judge.model(seen), rtol=0, atol=1e-5)


def test_one_direction_alone_is_all_that_is_offered(tmp_path: Path) -> None:
    file = saved(tmp_path / "latest_net_G.pth", drawn(Resnet(nn.InstanceNorm2d, blocks=1)))
    path = gan_cli.import_weights(file, "cyclegan", names=("horse", "zebra"), output=tmp_path / "x.ckpt")
    model = gan_cli.load(path).model
    assert isinstance(model, CycleGAN)
    assert model.directions == ("horse2zebra",)
    with pytest.raises(UserError, match="zebra2horse is unknown"):
        model.check_direction("zebra2horse")


def test_statistics_of_old_instance_normalisation_change_nothing(tmp_path: Path) -> None:
    network = drawn(Resnet(nn.InstanceNorm2d))
    weights = OrderedDict(network.state_dict())
    weights |= {"model.2.running_mean": torch.ones(WIDTH), "model.2.num_batches_tracked": torch.tensor(7)}
    path = gan_cli.import_weights(saved(tmp_path / "old.pth", weights), "cyclegan", output=tmp_path / "x.ckpt")
    seen = images(1, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(gan_cli.load(path).model(seen, "a2b"), network(seen), rtol=0, atol=1e-5)


@pytest.mark.parametrize("norm", [nn.BatchNorm2d, nn.InstanceNorm2d])
def test_pix2pix_unet(norm: type[nn.Module], tmp_path: Path) -> None:
    maker, judge = with_image_statistics(drawn(Unet(norm))), with_image_statistics(drawn(patches(6, norm)))
    files = [saved(tmp_path / "latest_net_G.pth", maker), saved(tmp_path / "latest_net_D.pth", judge)]
    path = gan_cli.import_weights(files, "pix2pix", dropout=0.5, output=tmp_path / "x.ckpt")
    model = gan_cli.load(path).model
    assert isinstance(model, Pix2Pix)
    assert model.hparams["dropout"] == 0.5
    seen, pairs = images(1, 3, 64, 64), images(1, 6, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(model(seen, dropout=False), maker(seen), rtol=0, atol=1e-5)
        torch.testing.assert_close(model.discriminator(pairs), judge.model(pairs), rtol=0, atol=1e-5)


def test_dropout_of_the_authors_unet_is_where_they_have_it(tmp_path: Path) -> None:
    maker = drawn(Unet(nn.BatchNorm2d, depth=7))
    path = gan_cli.import_weights(saved(tmp_path / "g.pth", maker), "pix2pix", dropout=0.5, output=tmp_path / "x.ckpt")
    generator: Any = gan_cli.load(path).model.generator
    noisy = [type(block[-1]).__name__ == "Noise" for block in generator.decoder]
    assert noisy == [False, True, True, False, False, False]


@pytest.mark.parametrize("dropout", [False, True])
def test_pix2pix_resnet_tells_its_dropout(dropout: bool, tmp_path: Path) -> None:
    maker = with_image_statistics(drawn(Resnet(nn.BatchNorm2d, dropout=dropout)))
    path = gan_cli.import_weights(saved(tmp_path / "g.pth", maker), "pix2pix", output=tmp_path / "x.ckpt")
    model = gan_cli.load(path).model
    assert isinstance(model, Pix2Pix)
    assert model.hparams["dropout"] == (0.5 if dropout else 0.0)
    assert model.hparams["num_blocks"] == 2
    seen = images(1, 3, 32, 44)
    with torch.no_grad():
        torch.testing.assert_close(model(seen, dropout=False), maker(seen), rtol=0, atol=1e-5)


def test_what_cannot_be_is_said(tmp_path: Path) -> None:
    unet = saved(tmp_path / "unet.pth", drawn(Unet(nn.BatchNorm2d)))
    resnet = drawn(Resnet(nn.InstanceNorm2d)).state_dict()
    judge = saved(tmp_path / "d.pth", drawn(patches(3, nn.InstanceNorm2d)))
    lacking = {name: tensor for name, tensor in resnet.items() if name != "model.4.weight"}
    more = resnet | {"model.11.attention.weight": torch.zeros(1)}
    odd = resnet | {"model.4.weight": torch.zeros(4, 2, 5, 5)}
    endless = resnet | {"model.4.weight": torch.full((4, 2, 3, 3), torch.nan)}
    for files, format, message, told in (
        (unet, "pix2pix", "dropout: .* does not tell whether its U-Net has dropout", {}),
        (unet, "pix2pix", "image_size: 128, but .* for 64 pixels", {"dropout": 0.0, "image_size": 128}),
        (unet, "cyclegan", "holds a U-Net, which CycleGAN does not have here; --as pix2pix", {}),
        (judge, "cyclegan", "0 generators and 1 discriminators", {}),
        (saved(tmp_path / "l.pth", lacking), "cyclegan", r"l.pth lacks model.4.weight$", {}),
        (saved(tmp_path / "m.pth", more), "cyclegan", "holds model.11.attention.weight, which such", {}),
        (saved(tmp_path / "o.pth", odd), "cyclegan", r"model.4.weight of .* has the shape \[4, 2, 5, 5\]", {}),
        (saved(tmp_path / "e.pth", endless), "cyclegan", "numbers that are not finite", {}),
        (saved(tmp_path / "x.pth", {"a": torch.ones(1)}), "cyclegan", "holds no generator of CycleGAN's authors", {}),
        (
            saved(tmp_path / "g.pth", resnet),
            "cyclegan",
            "dropout: files of cyclegan tell it themselves",
            {"dropout": 0.5},
        ),
        (saved(tmp_path / "h.pth", resnet), "cyclegan", "names: 3 names; type two", {"names": ("a", "b", "c")}),
    ):
        with pytest.raises(UserError, match=message):
            gan_cli.import_weights(files, format, output=tmp_path / "no.ckpt", **told)
        assert not (tmp_path / "no.ckpt").exists()
