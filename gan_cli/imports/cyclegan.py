"""CycleGAN's translators and discriminators as their authors save them: see `zhu`."""

from collections.abc import Sequence
from typing import Any

from gan_cli.errors import UserError
from gan_cli.imports import zhu
from gan_cli.imports.imported import Imported, Told
from gan_cli.imports.reading import Source
from gan_cli.imports.tables import Network
from gan_cli.variants import CycleGAN

TAKES = frozenset({"image_size", "names"})
SIDE = 256
"""Of the images, where nothing was told: the authors'."""
SECOND = "_B"
"""How the names of the authors' files of the second pair end."""
WAYS = ("a_to_b", "b_to_a")
JUDGED = ("b", "a")
"""The domains that the authors' D_A and D_B judge: what G_A and G_B make."""


def found(sources: Sequence[Source], told: Told) -> Imported:
    """One translator or both, and their discriminators if they are there.

    Of two files the one named `..._B` is the second, otherwise the one typed second.

    Raises:
        UserError: If the files hold no such networks, or networks that no one model has.
    """
    in_order = sorted(sources, key=lambda source: source.path.stem.endswith(SECOND))
    judging = [source for source in in_order if zhu.is_discriminator(source.tensors())]
    making = [source for source in in_order if source not in judging]
    if len(making) not in (1, 2) or len(judging) not in (0, 2):
        raise UserError(
            f"import: {len(making)} generators and {len(judging)} discriminators of CycleGAN; name one generator, or "
            "both (a to b first), and both discriminators if you have them"
        )
    generators = [zhu.generator_of(source, affine=False) for source in making]
    for source, generator in zip(making, generators, strict=True):
        _check(source, generator, generators[0])
    first = generators[0]
    arguments: dict[str, Any] = {
        "image_size": told.image_size or SIDE,
        "source_channels": first.source_channels,
        "target_channels": first.target_channels,
        "base_channels": first.base_channels,
        "num_blocks": first.num_blocks,
    }
    if first.source_channels != first.target_channels:
        arguments["lambda_identity"] = 0.0
    networks: dict[str, Network] = {
        f"generator.{way}": generator.network for way, generator in zip(WAYS, generators, strict=False)
    }
    discriminators = [zhu.discriminator_of(source, affine=False) for source in judging]
    for domain, discriminator in zip(JUDGED, discriminators, strict=False):
        networks[f"discriminator.{domain}"] = discriminator.network
        arguments["patch_size"] = discriminator.patch_size
    wanted = [*(f"generator.{way}" for way in WAYS), *(f"discriminator.{domain}" for domain in JUDGED)]
    names = told.names or ("a", "b")
    if len(names) != 2:
        raise UserError(f"names: {len(names)} names; type two, of the domain that goes in and of the one made of it")
    return Imported(
        CycleGAN,
        arguments,
        networks,
        {"domains": names, "image_size": arguments["image_size"]},
        tuple(place for place in wanted if place not in networks),
    )


def _check(source: Source, generator: zhu.Generator, first: zhu.Generator) -> None:
    if generator.architecture != "resnet" or generator.noisy:
        what = "a ResNet with dropout" if generator.architecture == "resnet" else "a U-Net"
        raise UserError(
            f"as: {source.path} holds {what}, which CycleGAN does not have here; --as pix2pix takes it, as one "
            "direction alone"
        )
    one, other = (
        (found.base_channels, found.num_blocks, *sorted((found.source_channels, found.target_channels)))
        for found in (generator, first)
    )
    if one != other:
        raise UserError(f"import: {source.path} is another network than the first generator: {one} and {other}")
