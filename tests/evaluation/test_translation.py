"""Translations beside targets of another size than their inputs."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from gan_cli.batches import PairedBatch
from gan_cli.data.datamodules import Split
from gan_cli.data.images.styled_digits import STYLES
from gan_cli.data.parts import Part
from gan_cli.errors import RunFailed, UserError
from gan_cli.evaluation.scorer import Scorer
from gan_cli.inference.latents import seeded_latents
from gan_cli.media.label_maps import edges_of
from gan_cli.media.pictures import to_float, to_uint8
from gan_cli.variants import SPADE, Colorization, ContextEncoder
from gan_cli.variants.translation import TranslationModule
from tests.inference.translators import Enlarger, pix2pix, stargan_v2
from tests.toys import Few, FewHinted, FewMaps, FewMasked, FewPairs, FewStyles, FewUnpaired, passes_of
from tests.variant_rows import SEMANTIC


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
    assert (values["psnr_y"], values["ssim_y"], values["lite0"]) == pytest.approx((100, 1, 0))
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


def test_styles_are_drawn_image_by_image_and_read_in_the_targets(means: str, tmp_path: Path) -> None:
    model = stargan_v2(image_size=16, num_classes=4)
    networks: Any = model.ema.network  # type: ignore[union-attr]
    latents, references = passes_of(networks["mapping"]), passes_of(networks["style_encoder"])
    data = FewStyles(image_size=16)
    model.data_facts = data.record()
    tables = Scorer(data, means, num=12, folder=tmp_path).score(model, seed=5)
    assert [table.direction for table in tables] == [*STYLES, *(f"{style}-by-reference" for style in STYLES)]
    assert all(table.protocol.num == 12 for table in tables)
    assert "styles of noise by seed 5" in tables[0].protocol.made
    assert torch.equal(torch.cat([each[0] for each in latents])[:12], seeded_latents(range(5, 17), 4, "normal"))
    real = data.read(train=False)
    plain = to_float(real.images[real.labels == 0]).flatten(1)
    read = torch.cat([each[0] for each in references])[:12].flatten(1)
    assert all((plain - one).abs().amax(1).min() < 1e-5 for one in read)
    assert read.unique(dim=0).shape[0] == 12


class Negatives(SPADE):
    """What `FewMaps` holds: of each level the negative of its middle."""

    def forward(
        self,
        images: Tensor,
        direction: str = "",
        ema: bool = True,
        reference: Tensor | None = None,
        edges: Tensor | None = None,
        latents: Tensor | None = None,
    ) -> Tensor:
        assert edges is not None
        assert torch.equal(edges, edges_of(images).float())
        return to_float((255 - (images * 64 + 32)).to(torch.uint8)).expand(-1, 3, -1, -1)


def test_label_maps_are_read_in_what_is_made_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gan_cli.metrics.segmentation.STEPS", 60)
    torch.manual_seed(0)
    data = FewMaps(image_size=32)
    scorer = Scorer(data, num=20, metrics=["miou"], folder=tmp_path)
    right, wrong = Negatives(**SEMANTIC), SPADE(**SEMANTIC)
    assert "miou" in scorer.prepare(right)
    (good,), (bad,) = scorer.score(right), scorer.score(wrong)
    assert good.scores["miou"].value > 0.8 > 0.4 > bad.scores["miou"].value
    floor = good.scores["miou"].floor
    assert floor is not None
    assert floor > 0.9
    assert floor == bad.scores["miou"].floor  # of the real images, by the network that was kept
    assert any(line.startswith("mIoU: of a U-Net (") for line in good.left_out)
    assert "miou" not in Scorer(FewPairs(), num=20, metrics=["mae"], folder=tmp_path).prepare(pix2pix())


def test_colours_are_compared_alone_and_hints_of_the_set_are_given(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = Colorization(image_size=16, base_channels=2, patch_size=16).eval()
    last: Any = model.generator.last
    for parameter in last[-2].parameters():
        torch.nn.init.zeros_(parameter)
    passes = passes_of(model.generator)
    (found,) = Scorer(FewHinted(image_size=16), num=20, metrics=["ab", "chroma", "psnr"], folder=tmp_path).score(model)
    values = found.values()
    assert values["chroma"] < 0.1  # all is grey
    assert values["ab"] > 3
    assert "mae" not in values
    hints = torch.cat([inputs[1] for inputs in passes])
    assert len(hints) == 20
    assert (hints[:, 2].flatten(1).sum(1) > 0).all()


def test_errors_are_measured_in_holes_alone(means: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = ContextEncoder(image_size=16, target_channels=1, base_channels=2, bottleneck=8).eval()
    data = FewMasked(image_size=16)
    scorer = Scorer(data, means, folder=tmp_path)
    assert {"mae_holes", "psnr_holes", "kid"} <= scorer.prepare(model)
    (found,) = scorer.score(model)
    values = found.values()
    assert not {"mae", "psnr", "ssim"} & values.keys()
    source, target, mask = data.part("test")[torch.arange(160)].batch
    with torch.no_grad():
        made = to_uint8(model(to_float(source), mask=mask.float()))
    errors = (made.double() - target.double())[..., 4:12, 4:12]  # the hole of these digits
    ratios = 20 * (255 / errors.square().mean((1, 2, 3)).sqrt()).log10()
    assert abs(values["mae_holes"] - float(errors.abs().mean())) < 0.01  # other batches round a pixel differently
    assert abs(values["psnr_holes"] - float(ratios.mean())) < 0.01
