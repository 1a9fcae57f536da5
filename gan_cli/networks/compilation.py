"""Compiles networks in place, so that the names in their checkpoints stay as they are."""

import torch
from torch import nn

from gan_cli.errors import UserError, first_line

NOTICES_FROZEN_WEIGHTS = "2.13"
"""The version from which on PyTorch compiles anew what was compiled while its weights were frozen, unless it is told to
look at each weight (pytorch/pytorch, pull request 177158); 2.12 was not tried."""


def compile_in_place(*networks: nn.Module) -> None:
    """Compiles networks; in a dictionary of networks, each of them.

    Raises:
        UserError: If nothing can be compiled on this machine.
    """
    _check_compiler()
    if torch.torch_version.TorchVersion(torch.__version__) < NOTICES_FROZEN_WEIGHTS:
        look_at_each_weight()
    for network in networks:
        for part in network.values() if isinstance(network, nn.ModuleDict) else [network]:
            part.compile()


def look_at_each_weight() -> None:
    """Has compiled networks ask each weight whether it is frozen: each player is while the other one learns."""
    from torch._dynamo import config

    config.skip_tensor_guards_with_matching_dict_tags = False


def _check_compiler() -> None:
    """Compiles a tiny function, so that a missing compiler is noticed now and not in the middle of a step."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.compile(lambda values: values * 2 + 1)(torch.ones(2, device=device))
    except Exception as error:  # many kinds are possible, from several libraries
        reason = first_line(error)
        raise UserError(
            f"model.compile: true is not possible here ({reason})\n"
            "Install a C++ compiler, or type --model.compile false"
        ) from error
