"""A device that has no float64, as Apple's has none: the CPU behind a tensor that says it lies on `mps`.

Within `on_apple`, tensors that are made on `mps` or sent there are `AppleTensor`s. Every operation on them runs on the
CPU, gives tensors of the same kind, and fails where Apple's device fails: for float64, and for tensors of two devices.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from lightning.pytorch import Trainer
from lightning.pytorch.accelerators import CPUAccelerator
from lightning.pytorch.strategies import SingleDeviceStrategy
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode, return_and_correct_aliasing
from torch.utils._pytree import tree_map_only

APPLE = torch.device("mps", 0)
WIDE = (torch.float64, torch.complex128)
TO_THE_CPU = (torch.ops.aten._to_copy.default, torch.ops.aten.copy_.default)


class NotOnApple(RuntimeError):
    """What was asked of the device is nothing that it can do."""


class AppleTensor(Tensor):
    """A tensor on `mps`; for autograd it has no storage of its own (meta), and its content is on the CPU."""

    content: Tensor

    @staticmethod
    def __new__(cls, content: Tensor) -> "AppleTensor":
        if content.dtype in WIDE:
            raise NotOnApple(f"Cannot convert a MPS Tensor to {content.dtype} dtype as the MPS framework has none")
        made: AppleTensor = Tensor._make_wrapper_subclass(
            cls,
            content.shape,
            strides=content.stride(),
            storage_offset=content.storage_offset(),
            dtype=content.dtype,
            device=torch.device("meta"),
            requires_grad=content.requires_grad,
        )
        made.content = content
        return made

    @property
    def device(self) -> torch.device:  # type: ignore[override]
        return APPLE

    def new_tensor(self, data: Any, **options: Any) -> Tensor:  # type: ignore[override]
        return torch.tensor(data, **{"dtype": self.dtype, "device": APPLE, **options})

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        copied = AppleTensor(self.content.detach().clone()).requires_grad_(self.requires_grad)
        return torch.nn.Parameter(copied, self.requires_grad) if isinstance(self, torch.nn.Parameter) else copied

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]
        cls, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        return _run(func, args, kwargs or {})


class _Mode(TorchDispatchMode):
    """Sees what is made on the device from nothing, or from tensors of the CPU."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})


def _is_apple(value: Any) -> bool:
    return isinstance(value, torch.device) and value.type in ("mps", "meta")


def _run(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    tensors: list[Tensor] = []
    tree_map_only(Tensor, tensors.append, (args, kwargs))
    here = [tensor for tensor in tensors if isinstance(tensor, AppleTensor)]
    asked = kwargs.get("device")
    if here and func not in TO_THE_CPU:
        for tensor in tensors:
            if not isinstance(tensor, AppleTensor) and tensor.ndim:
                raise NotOnApple(f"{func}: expected all tensors to be on the same device, and found mps and cpu")
    on_apple = _is_apple(asked) if asked is not None else bool(here)
    if func is torch.ops.aten.copy_.default:
        on_apple = isinstance(args[0], AppleTensor)
    if not on_apple and not here:
        return func(*args, **kwargs)
    if _is_apple(asked):
        kwargs = {**kwargs, "device": torch.device("cpu")}
    plain_args, plain_kwargs = tree_map_only(AppleTensor, lambda tensor: tensor.content, (args, kwargs))
    if func is torch.ops.aten.view.default:  # a weight that was laid out anew has other strides than its content
        func = torch.ops.aten.reshape.default
    made = func(*plain_args, **plain_kwargs)
    if not on_apple:
        return args[0] if func is torch.ops.aten.copy_.default else made
    wrapped = tree_map_only(Tensor, AppleTensor, made)
    return return_and_correct_aliasing(func, args, kwargs, wrapped) if here else wrapped


class AppleAccelerator(CPUAccelerator):
    """Lightning's view of the device."""

    def setup_device(self, device: torch.device) -> None:
        return

    @staticmethod
    def parse_devices(devices: Any) -> Any:
        return [0]

    @staticmethod
    def get_parallel_devices(devices: Any) -> list[torch.device]:
        return [APPLE]


@contextmanager
def on_apple() -> Iterator[None]:
    """Within the block there is such a device."""
    private: Any = torch._C
    before = private._only_lift_cpu_tensors()
    private._set_only_lift_cpu_tensors(True)  # torch.tensor(..., device=...) passes by the mode too
    try:
        with pytest.MonkeyPatch.context() as patch, _Mode():  # type: ignore[no-untyped-call]
            patch.setattr(torch.mps, "manual_seed", torch.default_generator.manual_seed)
            yield
    finally:
        private._set_only_lift_cpu_tensors(before)


def trainer_on_apple(**options: Any) -> Trainer:
    """Lightning's trainer on the device; it writes and shows nothing."""
    return Trainer(
        strategy=SingleDeviceStrategy(APPLE, accelerator=AppleAccelerator()),
        devices=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        use_distributed_sampler=False,
        **options,
    )
