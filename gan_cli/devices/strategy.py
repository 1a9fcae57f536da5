"""Several processes: how they are started and watched, and gradients of the stepping player alone on the network."""

import os
import sys
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import torch
from lightning.pytorch import LightningModule
from lightning.pytorch.strategies import DDPStrategy
from lightning.pytorch.strategies.launchers import _SubprocessScriptLauncher
from torch import Tensor, distributed, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim import Optimizer
from torch.utils._pytree import tree_map_only

from gan_cli.devices import peers
from gan_cli.devices.processes import are_several

T = TypeVar("T")


def of_all(mine: T) -> list[T]:
    """What each process of the run has, in their order, with its tensors on the CPU; they all call it together.

    A tensor of a GPU is unpacked on that GPU, by every process that gets it, and takes its memory there as often. What
    has been packed is sent from where the processes exchange things: NCCL's from each one's GPU, gloo's from the CPU.

    Args:
        mine: What this process has: anything that can be pickled.
    """
    here: T = tree_map_only(Tensor, Tensor.cpu, mine)
    if not are_several():
        return [here]
    found: list[Any] = [None] * distributed.get_world_size()
    distributed.all_gather_object(found, here)
    return found


class WatchedScripts(_SubprocessScriptLauncher):
    """Starts the command anew for each further process, and has them watched by `peers`.

    Lightning's own watch kills all of them, this one too, five seconds after one has failed, without a word.
    """

    def launch(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Starts them if nothing else has, and gives what the function gives."""
        peers.watch()
        try:
            return super().launch(function, *args, **kwargs)
        except BaseException:
            peers.leave()
            raise

    def _call_children_scripts(self) -> None:
        os.environ[peers.FIRST] = str(os.getpid())
        super()._call_children_scripts()
        del os.environ[peers.FIRST]
        mine = self.cluster_environment.node_rank() * self.num_processes
        peers.adopt(dict(enumerate(self.procs, mine + 1)))
        self.procs = []  # nothing is left for Lightning's watch


class PlayersDDP(DDPStrategy):
    """Data-parallel training of players that step in turn.

    PyTorch's DistributedDataParallel sends the gradients of the whole model with each backward pass, the frozen
    players' too, and has to look for parameters that were not used. Here the gradients of the stepping player are
    averaged once, right before its step: after all its backward passes, before they are unscaled and clipped. The
    running statistics of batch normalisation are averaged with them, so that all processes agree on them.
    """

    def _configure_launcher(self) -> None:
        assert self.cluster_environment is not None
        self._launcher = WatchedScripts(self.cluster_environment, self.num_processes, self.num_nodes)

    def setup_environment(self) -> None:
        if sys.platform == "win32":
            os.environ.setdefault("USE_LIBUV", "0")  # PyTorch is built without it there
        super().setup_environment()
        peers.meet()

    def _get_process_group_backend(self) -> str:
        """How the processes talk: NCCL on CUDA's GPUs, gloo elsewhere, and on Windows, for which there is no NCCL."""
        return "gloo" if sys.platform == "win32" else super()._get_process_group_backend()

    def configure_ddp(self) -> None:
        """Wraps nothing; all processes begin with the first one's weights."""
        assert self.lightning_module is not None
        for tensor in (*self.lightning_module.parameters(), *self.lightning_module.buffers()):
            torch.distributed.broadcast(tensor.detach(), src=0)

    def optimizer_step(
        self,
        optimizer: Optimizer,
        closure: Callable[[], Any],
        model: LightningModule | nn.Module | None = None,
        **kwargs: Any,
    ) -> Any:
        assert self.lightning_module is not None
        average([*_gradients(optimizer), *_running_statistics(self.lightning_module)])
        return super().optimizer_step(optimizer, closure, model, **kwargs)


def average(tensors: list[Tensor]) -> None:
    """Replaces tensors by their means over all processes, with one message for each type of number.

    Args:
        tensors: Tensors of the same shapes, in the same order, on all processes.
    """
    for dtype in dict.fromkeys(tensor.dtype for tensor in tensors):
        alike = [tensor for tensor in tensors if tensor.dtype == dtype]
        flat = torch.cat([tensor.reshape(-1) for tensor in alike]).div_(torch.distributed.get_world_size())
        torch.distributed.all_reduce(flat)
        for tensor, mean in zip(alike, flat.split([tensor.numel() for tensor in alike]), strict=True):
            # By `data`, because the graph of a pass that both players share holds statistics; it never reads them.
            tensor.data.copy_(mean.view(tensor.shape))


def _gradients(optimizer: Optimizer) -> Iterator[Tensor]:
    return (p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None)


def _running_statistics(model: nn.Module) -> Iterator[Tensor]:
    layers = (module for module in model.modules() if isinstance(module, _BatchNorm))
    return (
        statistics
        for layer in layers
        for statistics in (layer.running_mean, layer.running_var)
        if statistics is not None
    )
