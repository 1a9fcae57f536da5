import os

import pytest
import torch

from gan_cli.devices.driver import ask_cheaply


@pytest.mark.parametrize(("there", "asks"), [(False, "0"), (True, "1")])
def test_the_driver_is_looked_for_only_where_there_may_be_one(
    there: bool, asks: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTORCH_NVML_BASED_CUDA_CHECK", "1")  # as Lightning sets it
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    ask_cheaply()
    assert os.environ["PYTORCH_NVML_BASED_CUDA_CHECK"] == asks
