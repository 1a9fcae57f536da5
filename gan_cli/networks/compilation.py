"""Compiles networks in place, so that the names in their checkpoints stay as they are."""

import torch
from torch import nn

from gan_cli.errors import UserError


def compile_in_place(*networks: nn.Module) -> None:
    """Compiles networks; in a dictionary of networks, each of them.

    Raises:
        UserError: If nothing can be compiled on this machine.
    """
    _check_compiler()
    for network in networks:
        for part in network.values() if isinstance(network, nn.ModuleDict) else [network]:
            part.compile()


def _check_compiler() -> None:
    """Compiles a tiny function, so that a missing compiler is noticed now and not in the middle of a step."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.compile(lambda values: values * 2 + 1)(torch.ones(2, device=device))
    except Exception as error:  # many kinds are possible, from several libraries
        reason = str(error).strip().splitlines()[0]
        raise UserError(
            f"model.compile: true is not possible here ({reason})\n"
            "Install a C++ compiler, or type --model.compile false"
        ) from error
