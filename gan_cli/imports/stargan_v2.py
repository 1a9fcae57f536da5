"""StarGAN v2's networks as its authors save them: `100000_nets_ema.ckpt`, and `100000_nets.ckpt` with D.

Choi et al. 2020, arXiv:1912.01865; github.com/clovaai/stargan-v2, core/model.py. A file is a dictionary of networks.
Networks with high-pass shortcuts (their CelebA-HQ) need a network of landmarks and are not taken.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.imports.imported import Imported, Told
from gan_cli.imports.reading import Source, tensors_in
from gan_cli.imports.tables import Layers, Network, numbers_of, renamed, shape_of
from gan_cli.networks.stargan_v2 import BOTTLENECK, INNERMOST
from gan_cli.variants import StarGANv2

TAKES = frozenset({"names"})
NETWORKS = {"generator": "translator", "mapping_network": "mapping", "style_encoder": "style_encoder"}
"""The authors' names of the networks that translate, and ours."""
LANDMARKS = "fan"
BLOCK = {"conv1": "first", "conv2": "second", "norm1": "norms.0", "norm2": "norms.1", "conv1x1": "shortcut"}
"""The layers of a residual block."""
STYLED = {**BLOCK, "norm1.fc": "norms.0.affine", "norm2.fc": "norms.1.affine"}

Nets = dict[str, dict[str, Tensor]]


def found(sources: Sequence[Source], told: Told) -> Imported:
    """The networks of one file, or of the averaged and of the trained ones.

    Raises:
        UserError: If the files hold no such networks.
    """
    held = [(source, _nets(source)) for source in sources]
    if len(held) > 2 or (len(held) == 2 and sum("discriminator" in nets for _, nets in held) != 1):
        raise UserError("import: name *_nets_ema.ckpt, and *_nets.ckpt of the same step if you have it")
    held.sort(key=lambda pair: "discriminator" in pair[1])
    (averaged_in, averaged), (trained_in, trained) = held[0], held[-1]
    arguments = _shapes(averaged_in, averaged)
    networks: dict[str, Network] = {}
    for there, here in NETWORKS.items():
        networks[f"ema.network.{here}"] = renamed(averaged_in.path, averaged[there], _layers(there, averaged[there]))
        networks[f"generator.{here}"] = renamed(trained_in.path, trained[there], _layers(there, trained[there]))
    untrained: tuple[str, ...] = ("discriminator",)
    if judging := trained.get("discriminator"):
        networks["discriminator"] = renamed(trained_in.path, judging, _layers("discriminator", judging))
        untrained = ()
    names = told.names or ()
    if names and len(names) != arguments["num_classes"]:
        raise UserError(f"names: {len(names)} names, and {averaged_in.path} has {arguments['num_classes']} domains")
    facts = {name: arguments[name] for name in ("image_size", "image_channels", "num_classes")}
    return Imported(StarGANv2, arguments, networks, facts | {"class_names": list(names)}, untrained)


def _nets(source: Source) -> Nets:
    content = source.content if isinstance(source.content, Mapping) else {}
    nets = {str(name): tensors_in(one) for name, one in content.items()}
    lacking = [name for name in NETWORKS if not nets.get(name)]
    if lacking:
        raise UserError(f"import: {source.path} is no dictionary of StarGAN v2's networks: it lacks {lacking[0]}")
    return nets


def _shapes(source: Source, nets: Nets) -> dict[str, Any]:
    translator, mapping, encoder = (nets[name] for name in NETWORKS)
    halvings = len([k for k in numbers_of(encoder, "shared.") if f"shared.{k}.conv1.weight" in encoder])
    image_size = 2 ** (halvings + 2)
    blocks = len(numbers_of(translator, "encode."))
    if image_size // 2 ** (blocks - BOTTLENECK) != INNERMOST or nets.get(LANDMARKS):
        raise UserError(
            f"import: {source.path} has high-pass shortcuts (w_hpf above 0, as for CelebA-HQ), which need a network of "
            "landmarks; they are not taken"
        )
    base, channels, *_ = shape_of(source.path, translator, "from_rgb.weight", 4)
    width, latent_dim = shape_of(source.path, mapping, "shared.0.weight", 2)
    last = f"unshared.0.{numbers_of(mapping, 'unshared.0.')[-1]}.weight" if mapping else ""
    widths = [tensor.shape[0] for name, tensor in encoder.items() if name.endswith("conv2.weight")]
    return {
        "image_size": image_size,
        "image_channels": channels,
        "num_classes": len(numbers_of(mapping, "unshared.")),
        "latent_dim": latent_dim,
        "style_dim": shape_of(source.path, mapping, last, 2)[0],
        "mapping_width": width,
        "base_channels": base,
        "channel_max": max(widths),
    }


def _layers(name: str, tensors: Mapping[str, Tensor]) -> Layers:
    if name == "generator":
        return [
            ("from_rgb", "enter"),
            *(
                (f"{way}.{k}.{there}", f"{way}.{k}.{here}")
                for way, block in (("encode", BLOCK), ("decode", STYLED))
                for k in numbers_of(tensors, f"{way}.")
                for there, here in block.items()
            ),
            ("to_rgb", "leave"),
        ]
    if name == "mapping_network":
        return [("shared", "shared"), ("unshared", "heads")]
    body = "main" if name == "discriminator" else "shared"
    numbers = numbers_of(tensors, f"{body}.")
    layers = [(f"{body}.{k}", f"body.{k}") for k in numbers]
    layers += [(f"{body}.{k}.{there}", f"body.{k}.{here}") for k in numbers for there, here in BLOCK.items()]
    last = [(f"main.{numbers[-1]}", "head")] if name == "discriminator" else [("unshared", "heads")]
    return [*layers, *last]
