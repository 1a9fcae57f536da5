"""Memory, GPUs and processes of systems that this one is not."""

import math
import os
from typing import Any

import pytest
import torch
from lightning.pytorch.strategies import DDPStrategy

from gan_cli.callbacks.run_sessions import _gpu
from gan_cli.devices import memory
from gan_cli.devices.strategy import PlayersDDP


@pytest.mark.usefixtures("windows")
def test_what_windows_does_not_tell_of_its_memory_refuses_nothing() -> None:
    assert memory.memory() == math.inf
    memory.check_room(1e30, "these images", "take fewer")
    assert memory.memory_in_use() == "an unknown amount in use"


@pytest.mark.parametrize(
    "said",
    [
        "[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: not enough memory: you tried to allocate 4 bytes.",
        "MPS backend out of memory (MPS allocated: 17.9 GB, max allowed: 18.1 GB)",
    ],
)
def test_memory_that_has_run_out_is_known_by_what_is_said_elsewhere(said: str) -> None:
    assert memory.is_out_of_memory(RuntimeError(said))


@pytest.mark.usefixtures("mac")
def test_the_memory_of_apples_gpu_is_told_and_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    given_back: list[bool] = []
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.mps, "driver_allocated_memory", lambda: 3_200_000_000)
    monkeypatch.setattr(torch.mps, "empty_cache", lambda: given_back.append(True))
    assert memory.memory_in_use() == "3.2 GB of the GPU's memory in use"
    memory.free_memory()
    assert given_back == [True]


@pytest.mark.parametrize(("kind", "name"), [("cpu", None), ("mps", "Apple's GPU (MPS)")])
def test_a_run_says_that_it_was_on_apples_gpu(kind: str, name: str | None) -> None:
    assert _gpu(torch.device(kind)) == name


def test_processes_talk_by_gloo_on_windows(windows: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no NCCL, and PyTorch is built without libuv."""
    monkeypatch.setenv("USE_LIBUV", "")
    monkeypatch.delenv("USE_LIBUV")
    asked: list[Any] = []
    monkeypatch.setattr(DDPStrategy, "setup_environment", lambda self: asked.append(os.environ["USE_LIBUV"]))
    monkeypatch.setattr("gan_cli.devices.peers.meet", lambda: None)
    strategy = PlayersDDP()
    strategy.setup_environment()
    assert asked == ["0"]
    monkeypatch.setattr(DDPStrategy, "root_device", torch.device("cuda", 0))
    assert strategy._get_process_group_backend() == "gloo"
