"""Translations beside targets of another size than their inputs."""

from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from gan_cli.batches import PairedBatch
from gan_cli.data.datamodules import Split
from gan_cli.data.parts import Part
from gan_cli.errors import RunFailed, UserError
from gan_cli.evaluation.scorer import Scorer
from gan_cli.variants.translation import TranslationModule
from tests.inference.translators import Enlarger, pix2pix
from tests.toys import Few, FewPairs, FewUnpaired


class FewSizes(FewPairs):
    """The few digits, in colour, each with itself enlarged."""

    channels = (3, 3)

    def __init__(self, times: int, channels: int = 3) -> None:
        super().__init__(image_size=16)
        self.times, self.target_channels = times, channels

    def part(self, split: Split) -> Part:
        def pairs(digits: Tensor, _: Tensor) -> PairedBatch:
            target = interpolate(digits, scale_factor=self.times)
            return PairedBatch(digits.expand(-1, 3, -1, -1), target.expand(-1, self.target_channels, -1, -1))

        return Few(self.digits(split), pairs)


@pytest.fixture
def means(tmp_path: Path) -> str:
    """A TorchScript file: the mean of each colour."""

    class Colours(torch.nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            return images.float().mean((2, 3)) / 255

    with pytest.warns((FutureWarning, DeprecationWarning)):
        torch.jit.script(Colours()).save(str(tmp_path / "means.pt"))
    return str(tmp_path / "means.pt")


@pytest.mark.parametrize("scale", [2, 4])
def test_a_perfect_enlargement_has_no_error(scale: int, means: str, tmp_path: Path) -> None:
    (found,) = Scorer(FewSizes(scale), means, num=20, folder=tmp_path).score(Enlarger(scale))
    values = found.values()
    assert (values["mae"], values["psnr"], values["ssim"]) == pytest.approx((0, 100, 1))
    assert found.protocol.num == found.protocol.num_real == 20


@pytest.mark.parametrize(
    ("model", "data", "message"),
    [
        (
            Enlarger(4),
            FewSizes(1),
            r"small2large makes \[3, 64, 64\] of images \[16, 16\] \(scale 4\), and FewSizes test negative holds "
            r"\[3, 16, 16\]; take a data set with targets of that shape",
        ),
        (Enlarger(4), FewSizes(2), r"makes \[3, 64, 64\] .* holds \[3, 32, 32\]"),
        (Enlarger(1), FewSizes(4), r"makes \[3, 16, 16\] .* holds \[3, 64, 64\]"),
        (Enlarger(2), FewSizes(2, channels=1), r"makes \[3, 32, 32\] .* holds \[1, 32, 32\]"),
        (pix2pix(source_channels=1, target_channels=1), FewPairs(), r"makes \[1, 64, 64\] .* holds \[3, 64, 64\]"),
        (Enlarger(2), FewUnpaired(), r"makes \[3, 128, 128\] .* holds \[3, 64, 64\]"),
    ],
)
def test_targets_of_another_shape_are_refused_in_one_line(
    model: TranslationModule, data: FewPairs, message: str, means: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=f"data: .*{message}") as caught:
        Scorer(data, means, num=20, folder=tmp_path).score(model)
    assert "\n" not in str(caught.value)


def test_a_model_that_makes_another_size_than_it_promises_is_refused(means: str, tmp_path: Path) -> None:
    with pytest.raises(RunFailed, match=r"Enlarger made \[10, 3, 16, 16\] of \[10, 3, 16, 16\], .* scale of 4"):
        Scorer(FewSizes(4), means, num=20, folder=tmp_path).score(Enlarger(4, made=1))
