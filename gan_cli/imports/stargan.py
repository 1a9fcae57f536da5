"""StarGAN's generator and discriminator as its authors save them (`200000-G.ckpt`, `200000-D.ckpt`).

Choi et al. 2018, arXiv:1711.09020; github.com/yunjey/stargan, model.py. Their program translates in training mode, so
that normalisation takes each image's own statistics, as ours does; running ones are never used.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.imports.imported import Imported, Told
from gan_cli.imports.reading import Source
from gan_cli.imports.tables import STATISTICS, Layers, Network, numbers_of, renamed, shape_of
from gan_cli.networks.stargan import DomainDiscriminator
from gan_cli.variants import StarGAN

TAKES = frozenset({"image_size", "names", "attributes"})
SIDE = 128
"""Of the images, where only a generator is there and nothing was told: the authors'."""
FIRST_BLOCK = 9
"""The number of the generator's first residual block."""


def found(sources: Sequence[Source], told: Told) -> Imported:
    """The generator, and the discriminator if it is there.

    Raises:
        UserError: If the files hold no such networks, or it was not told what the labels are.
    """
    judging = [source for source in sources if "conv2.weight" in source.tensors()]
    making = [source for source in sources if source not in judging]
    if len(making) != 1 or len(judging) > 1:
        raise UserError(
            f"import: {len(making)} generators and {len(judging)} discriminators of StarGAN; name one generator "
            "(*-G.ckpt), and its discriminator (*-D.ckpt) if you have it"
        )
    arguments, generator = _generator(making[0])
    if told.attributes is None:
        raise UserError(
            f"attributes: {making[0].path} does not tell what its {arguments['num_classes']} labels are; type "
            "--attributes if an image may have several (CelebA), or --no_attributes if it has one (RaFD)"
        )
    if told.attributes and not judging:
        raise UserError(
            "import: name the discriminator (*-D.ckpt) too: it reads which attributes an image has, and a translation "
            "keeps the others"
        )
    networks: dict[str, Network] = {"generator.translator": generator}
    untrained: tuple[str, ...] = ("discriminator",)
    arguments["image_size"] = told.image_size or SIDE
    if judging:
        image_size, networks["discriminator"] = _discriminator(judging[0], arguments)
        if told.image_size not in (None, image_size):
            raise UserError(f"image_size: {told.image_size}, but {judging[0].path} is for {image_size} pixels")
        arguments["image_size"], untrained = image_size, ()
    names = told.names or ()
    if names and len(names) != arguments["num_classes"]:
        raise UserError(f"names: {len(names)} names, and {making[0].path} has {arguments['num_classes']} labels")
    facts = {"class_names": list(names), "attributes": told.attributes}
    facts |= {name: arguments[name] for name in ("image_size", "image_channels", "num_classes")}
    return Imported(StarGAN, arguments, networks, facts, untrained)


def _generator(source: Source) -> tuple[dict[str, Any], Network]:
    tensors = source.tensors()
    blocks = [k for k in numbers_of(tensors, "main.") if f"main.{k}.main.0.weight" in tensors]
    if not blocks or blocks[0] != FIRST_BLOCK:
        raise UserError(
            f"import: {source.path} holds no generator of StarGAN's authors: it lacks main.{FIRST_BLOCK}.main.0.weight"
        )
    end = FIRST_BLOCK + len(blocks)
    plain = [0, 1, 3, 4, 6, 7, end, end + 1, end + 3, end + 4, end + 6]
    layers: Layers = [
        *((f"main.{k}", f"layers.{k}") for k in plain),
        *((f"main.{k}.main.{n}", f"layers.{k}.layers.{n}") for k in blocks for n in (0, 1, 3, 4)),
    ]
    base, seen, *_ = shape_of(source.path, tensors, "main.0.weight", 4)
    channels = shape_of(source.path, tensors, f"main.{end + 6}.weight", 4)[0]
    network = renamed(source.path, tensors, layers, [name for name in tensors if name.endswith(STATISTICS)])
    sizes = {"base_channels": base, "num_blocks": len(blocks)}
    return {"image_channels": channels, "num_classes": seen - channels, **sizes}, network


def _discriminator(source: Source, arguments: Mapping[str, Any]) -> tuple[int, Network]:
    """The discriminator, and the side of its images."""
    tensors: dict[str, Tensor] = source.tensors()
    convolutions = numbers_of(tensors, "main.", "weight")
    classes, *_, side = shape_of(source.path, tensors, "conv2.weight", 4)
    base = shape_of(source.path, tensors, "main.0.weight", 4)[0]
    if classes != arguments["num_classes"]:
        raise UserError(
            f"import: {source.path} tells {classes} labels apart, and the generator takes {arguments['num_classes']}; "
            "networks of two sets of labels at once are not taken"
        )
    if base != arguments["base_channels"]:
        raise UserError(f"import: {source.path} has other widths than the generator; leave it out")
    image_size = side * 2 ** len(convolutions)
    ours = DomainDiscriminator(image_size, 1, 1, 1)
    if len(ours.body) != 2 * len(convolutions):
        raise UserError(
            f"import: {source.path} halves images of {image_size} pixels {len(convolutions)} times, ours not"
        )
    layers = [(f"main.{k}", f"body.{k}") for k in convolutions]
    return image_size, renamed(source.path, tensors, [*layers, ("conv1", "score"), ("conv2", "classes")])
