"""A network that another one uses as it is."""

from typing import Any, Self

from torch import nn


class Frozen(nn.Module):
    """A network that is never trained and never saved: always in eval mode, its weights no parameters.

    They are buffers that a checkpoint leaves out, so it moves with its owner, and gradients pass through it.

    Args:
        network: Changed itself; what it learned before stays.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        for module in network.modules():
            own = [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]
            for name, tensor in own:
                delattr(module, name)
                module.register_buffer(name, tensor.detach(), persistent=False)
        self.network = network.eval()

    def train(self, mode: bool = True) -> Self:
        """Stays in eval mode."""
        return super().train(False)

    def forward(self, *inputs: Any) -> Any:
        """What the network gives."""
        return self.network(*inputs)
