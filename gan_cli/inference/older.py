"""What checkpoints of earlier formats mean by their arguments today."""

from pathlib import Path
from typing import Any

from gan_cli.errors import UserError
from gan_cli.variants.record import FORMAT, RECORD

AS_TODAY = {"architecture": 32, "generator_architecture": 128}
"""Up to this many pixels the resnet of format 1 had the blocks of today: both players', and the generator's alone."""


def renewed(content: dict[str, Any], path: Path) -> dict[str, Any]:
    """A checkpoint's content with arguments of today, changed in place.

    Format 1 had one pair of residual networks, those of SNGAN, and called them resnet; the larger ones and those by
    class were others than the authors'. Its resnet101 were these with more blocks. Both are no more.

    Args:
        content: The checkpoint's.
        path: Its file, for the message.

    Raises:
        UserError: If its networks are no more.
    """
    arguments = content.get("hyper_parameters", {})
    if content[RECORD].get("format", 1) >= FORMAT or "generator_architecture" not in arguments:
        return content
    for name, largest in AS_TODAY.items():
        other = arguments["image_size"] > largest or _is_told_the_class(arguments)
        if arguments[name] == "resnet101" or (arguments[name] == "resnet" and other):
            raise UserError(
                f"ckpt: {path} has the {arguments[name]} of an earlier gan-cli ({content[RECORD]['gan_cli']}), which "
                "was another network; use that version for it, or train anew"
            )
        if arguments[name] == "resnet":
            arguments[name] = "sngan_resnet"
    return content


def _is_told_the_class(arguments: dict[str, Any]) -> bool:
    """Whether the class went into the generator's batch normalisation, the last one included."""
    supervised = "lambda_cls_real" in arguments and arguments["num_classes"] > 0
    return supervised or arguments.get("conditioning") == "projection"
