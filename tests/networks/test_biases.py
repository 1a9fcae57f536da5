"""A convolution has a bias where no normalisation follows, but for those to which the papers' authors give none."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from torch import Tensor, nn

from gan_cli import load
from gan_cli.networks.cnn import CNNBody, CNNGenerator
from gan_cli.networks.cut import Decoder, Encoder
from gan_cli.networks.dcgan import DCGANBody, DCGANGenerator
from gan_cli.networks.layers import ImageNorm
from gan_cli.networks.lsgan import LSGANBody, LSGANGenerator
from gan_cli.networks.patchgan import PatchGAN
from gan_cli.networks.resnet import ResNetBody, ResNetGenerator
from gan_cli.networks.resnet101 import ResNet101Body, ResNet101Generator
from gan_cli.networks.stargan import DomainDiscriminator
from gan_cli.networks.translator import ResidualTranslator
from gan_cli.networks.unet import Noise, UNet
from gan_cli.networks.wgan_gp_resnet import WGANGPResNetBody, WGANGPResNetGenerator
from gan_cli.variants import DCGAN, Pix2Pix
from tests.conftest import TINY_DCGAN, quiet
from tests.networks.counting import count
from tests.toys import FewDigits, FewPairs

CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)
NORMS = (nn.BatchNorm2d, nn.GroupNorm, ImageNorm)


def bare(network: nn.Module) -> list[str]:
    """The convolutions that have neither a bias nor a normalisation behind them."""
    leaves = [(name, module) for name, module in network.named_modules() if not list(module.children())]
    return [
        name
        for (name, layer), (_, behind) in pairwise([*leaves, ("", nn.Identity())])
        if isinstance(layer, CONVOLUTIONS) and layer.bias is None and not isinstance(behind, NORMS)
    ]


NETWORKS: list[tuple[str, Callable[[], nn.Module], list[str]]] = [
    ("U-Net", UNet, ["encoder.0.0", "encoder.7.1"]),
    ("U-Net that resizes", lambda: UNet(upsampling="resize"), ["encoder.0.0", "encoder.7.1"]),
    ("U-Net without norm", lambda: UNet(norm="none"), []),
    ("U-Net that resizes without norm", lambda: UNet(upsampling="resize", norm="none"), []),
    ("CycleGAN's translator", ResidualTranslator, []),
    ("CUT's encoder", Encoder, []),
    ("CUT's decoder", Decoder, []),
    ("StarGAN's translator", lambda: ResidualTranslator(bias=False), ["layers.24"]),
    ("PatchGAN", PatchGAN, []),
    ("PatchGAN by image", lambda: PatchGAN(norm="instance"), []),
    ("StarGAN's discriminator", DomainDiscriminator, ["score", "classes"]),
    ("DCGAN's generator", lambda: DCGANGenerator(64, 3, 100, 64), ["layers.12"]),
    ("DCGAN's generator by layer", lambda: DCGANGenerator(64, 3, 100, 64, norm="layer"), []),
    ("DCGAN's generator without norm", lambda: DCGANGenerator(64, 3, 100, 64, depth=9, norm="none"), []),
    ("DCGAN's body", lambda: DCGANBody(64, 3, 64), ["layers.0"]),
    ("DCGAN's body by layer", lambda: DCGANBody(64, 3, 64, depth=9, norm="layer"), []),
    ("DCGAN's body without norm", lambda: DCGANBody(64, 3, 64, norm="none"), []),
    ("the CNN generator", lambda: CNNGenerator(32, 3, 128, 64), []),
    ("the CNN body", lambda: CNNBody(32, 3, 64), []),
    ("the residual generator", lambda: ResNetGenerator(32, 3, 128, 64), []),
    ("the residual body", lambda: ResNetBody(32, 3, 64), []),
    ("LSGAN's generator", lambda: LSGANGenerator(32, 3, 8, 4), []),
    ("LSGAN's body", lambda: LSGANBody(32, 3, 4), []),
    ("WGAN-GP's generator", lambda: WGANGPResNetGenerator(64, 3, 8, 4), []),
    ("WGAN-GP's body", lambda: WGANGPResNetBody(64, 3, 4, norm="layer"), []),
    ("WGAN-GP's body without norm", lambda: WGANGPResNetBody(64, 3, 4, norm="none"), []),
    ("the generator of 101 layers", lambda: ResNet101Generator(32, 3, 8, 4), []),
    ("the body of 101 layers without norm", lambda: ResNet101Body(32, 3, 4, norm="none"), []),
]


@pytest.mark.parametrize(("network", "expected"), [row[1:] for row in NETWORKS], ids=[row[0] for row in NETWORKS])
def test_only_the_authors_own_layers_have_no_bias(network: Callable[[], nn.Module], expected: list[str]) -> None:
    with torch.device("meta"):
        assert bare(network()) == expected


def test_a_bias_is_a_parameter_for_each_map() -> None:
    """Beside the papers' own 54,413,955, 3,576,704 and 2,764,672 (without the head)."""
    with torch.device("meta"):
        unet, generator, body = UNet(norm="none"), DCGANGenerator(64, 3, 100, 64), DCGANBody(64, 3, 64, norm="layer")
        made, other = DCGANGenerator(64, 3, 100, 64, norm="layer"), DCGANBody(64, 3, 64)
    encoder, decoder = 64 + 128 + 256 + 512 * 5, 512 * 4 + 256 + 128 + 64
    scales_and_shifts = 2 * (encoder - 64 - 512 + decoder)
    assert count(unet) == 54_413_955 - scales_and_shifts + encoder + decoder
    assert count(made) == count(generator) + 3
    assert count(body) == count(other) + 64


def test_a_u_net_without_norm_can_tell_levels_apart() -> None:
    """Without biases, what comes of a flat image is a straight line over its level, whatever is learned."""
    torch.manual_seed(0)
    network = UNet(64, 1, 1, base_channels=2, norm="none")
    for name, parameter in network.named_parameters():
        nn.init.normal_(parameter, 0, 0.5 if name.endswith("bias") else 0.2)
    levels = torch.tensor([0.25, 0.5, 0.75]).reshape(3, 1, 1, 1).expand(-1, -1, 64, 64)
    with Noise.switched(network, False):
        low, middle, high = network(levels).atanh()
    assert bool((high - 2 * middle + low).abs().max() > 0.1 * (high - low).abs().max())


def of_a_u_net(model: Any) -> list[Any]:
    blocks = [*model.generator.encoder, *model.generator.decoder]
    return [layer for block in blocks for layer in block if isinstance(layer, CONVOLUTIONS)]


OLD: dict[str, tuple[Callable[[], Any], Any, Callable[[Any], list[Any]]]] = {
    "pix2pix": (lambda: Pix2Pix(image_size=64, source_channels=1, base_channels=2, norm="none"), FewPairs, of_a_u_net),
    "dcgan": (
        lambda: DCGAN(**TINY_DCGAN, norm="layer", generator_norm="none", ema_decay=0.9),
        FewDigits,
        lambda model: [
            model.generator.layers[-2],
            model.ema.network.layers[-2],
            model.discriminator.body.layers[0],
        ],
    ),
}
"""Models with their data, and the layers that had no bias in earlier versions."""


@pytest.mark.parametrize("name", OLD)
def test_checkpoints_of_before_load_and_are_gone_on_with_as_they_were(name: str, tmp_path: Path) -> None:
    make, kind, later = OLD[name]
    torch.manual_seed(0)
    old = make()
    for layer in later(old):
        layer.bias = None
    data = kind(image_size=old.hparams["image_size"], batch_size=4)
    quiet(tmp_path, max_steps=1).fit(old, data)
    before = {key: value.clone() for key, value in old.state_dict().items()}
    loaded = load(tmp_path / "last.ckpt").model
    assert loaded.state_dict().keys() == before.keys() < make().state_dict().keys()

    def made(model: Any) -> Tensor:
        torch.manual_seed(1)
        given = torch.rand(2, 1, 64, 64) if name == "pix2pix" else torch.randn(2, 8)
        return cast(Tensor, model.eval()(given))

    assert torch.equal(made(loaded), made(old))
    new = make()
    quiet(tmp_path, max_steps=2).fit(new, data, ckpt_path=tmp_path / "last.ckpt")
    assert new.counters.batches == 2
    assert new.state_dict().keys() == before.keys()
    assert not torch.equal(made(new), made(old))
