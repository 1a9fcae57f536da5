"""What checkpoints of earlier formats mean by their arguments today."""

from pathlib import Path
from typing import Any

from gan_cli.errors import UserError
from gan_cli.variants.record import FORMAT, RECORD


def renewed(content: dict[str, Any], path: Path) -> dict[str, Any]:
    """A checkpoint's content with arguments of today, changed in place.

    Format 1 had one pair of residual networks, those of SNGAN, and called them resnet; its resnet101 were these with
    more blocks, and are no more.

    Args:
        content: The checkpoint's.
        path: Its file, for the message.

    Raises:
        UserError: If its networks are no more.
    """
    arguments = content.get("hyper_parameters", {})
    if content[RECORD].get("format", 1) >= FORMAT or "generator_architecture" not in arguments:
        return content
    for name in ("architecture", "generator_architecture"):
        if arguments[name] == "resnet":
            arguments[name] = "sngan_resnet"
        elif arguments[name] == "resnet101":
            raise UserError(
                f"ckpt: {path} has the resnet101 of an earlier gan-cli ({content[RECORD]['gan_cli']}), which was "
                "another network; use that version for it, or train anew"
            )
    return content
