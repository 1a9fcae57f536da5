"""pix2pix's generator, U-Net or ResNet, and its discriminator, as its authors save them: see `zhu`."""

from collections.abc import Sequence

from gan_cli.errors import UserError
from gan_cli.imports import zhu
from gan_cli.imports.imported import Imported, Told
from gan_cli.imports.reading import Source
from gan_cli.networks.patchgan import least_side
from gan_cli.variants import Pix2Pix

TAKES = frozenset({"dropout", "image_size", "names"})
SIDE = 256
"""Of the images, where the network takes any and nothing was told: the authors'."""
DROPOUT = 0.5
"""Share of the values that the authors' dropout sets to 0."""


def found(sources: Sequence[Source], told: Told) -> Imported:
    """A translator, and its discriminator if it is there.

    Raises:
        UserError: If the files hold no such networks, or it was not told whether there is dropout.
    """
    judging = [source for source in sources if zhu.is_discriminator(source.tensors())]
    making = [source for source in sources if source not in judging]
    if len(making) != 1 or len(judging) > 1:
        raise UserError(
            f"import: {len(making)} generators and {len(judging)} discriminators of pix2pix; name one generator, and "
            "its discriminator if you have it"
        )
    generator = zhu.generator_of(making[0], affine=True)
    arguments = zhu.plain_of(generator, _told(generator, told, making[0]))
    networks = {"generator": generator.network}
    untrained: tuple[str, ...] = ("discriminator",)
    if judging:
        discriminator = zhu.discriminator_of(judging[0], affine=True)
        _check(judging[0], discriminator, generator)
        arguments["patch_size"] = discriminator.patch_size
        networks["discriminator"], untrained = discriminator.network, ()
    elif least_side(arguments.get("patch_size", 70)) > arguments["image_size"]:
        arguments["patch_size"] = 34
    names = told.names or ("source", "target")
    if len(names) != 2:
        raise UserError(f"names: {len(names)} names; type two, of what goes in and of what comes out")
    return Imported(Pix2Pix, arguments, networks, {"domains": names, "image_size": arguments["image_size"]}, untrained)


def _told(generator: zhu.Generator, told: Told, source: Source) -> dict[str, object]:
    """The arguments that files of such a network do not tell by their shapes."""
    if generator.architecture == "unet":
        if told.dropout is None:
            raise UserError(
                f"dropout: {source.path} does not tell whether its U-Net has dropout; type --dropout {DROPOUT} if it "
                "was trained as the authors do by default, or --dropout 0 after their --no_dropout"
            )
        side = 2**generator.num_blocks
        if told.image_size not in (None, side):
            raise UserError(f"image_size: {told.image_size}, but {source.path} holds a U-Net for {side} pixels")
        quiet = {"quiet_blocks": 1, "edge_bias": generator.edge_bias}
        return {"architecture": "unet", "image_size": side, "dropout": told.dropout, **quiet}
    noisy = DROPOUT if generator.noisy else 0.0
    if told.dropout is not None and (told.dropout > 0) != generator.noisy:
        has = "has" if generator.noisy else "has no"
        raise UserError(f"dropout: {told.dropout}, but the ResNet of {source.path} {has} dropout; leave it out")
    return {
        "architecture": "resnet",
        "num_blocks": generator.num_blocks,
        "image_size": told.image_size or SIDE,
        "dropout": told.dropout or noisy,
    }


def _check(source: Source, discriminator: zhu.Discriminator, generator: zhu.Generator) -> None:
    wanted = generator.source_channels + generator.target_channels
    if discriminator.image_channels != wanted or discriminator.base_channels != generator.base_channels:
        raise UserError(
            f"import: the discriminator of {source.path} judges {discriminator.image_channels} channels with a first "
            f"layer of {discriminator.base_channels}, and the generator's pairs have {wanted}, its first layer "
            f"{generator.base_channels}; leave it out, or name that of this generator"
        )
