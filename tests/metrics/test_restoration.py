from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gan_cli.data.degraded.bicubic import reduced
from gan_cli.data.degraded.degraded import multiple_of
from gan_cli.media import reading
from gan_cli.media.pictures import to_pil
from gan_cli.metrics.restoration import luma, mae_in_holes, psnr_in_holes, psnr_on_luma, ssim_on_luma


def levels(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randint(0, 256, shape, generator=torch.Generator().manual_seed(seed)).to(torch.uint8)


def test_luma_goes_from_16_to_235() -> None:
    ends = torch.tensor([0, 255], dtype=torch.uint8).reshape(2, 1, 1, 1).expand(-1, 3, -1, -1)
    assert luma(ends).flatten().tolist() == [16.0, pytest.approx(235.0)]
    assert torch.equal(luma(ends[:, :1]), luma(ends))


def test_errors_at_the_border_do_not_count() -> None:
    wanted = levels(2, 3, 24, 20)
    made = wanted.clone()
    made[:, :, :4] = 255 - made[:, :, :4]
    assert psnr_on_luma(made, wanted, 4).tolist() == [100, 100]
    assert ssim_on_luma(made, wanted, 4).tolist() == pytest.approx([1, 1])
    assert (psnr_on_luma(made, wanted, 3) < 30).all()
    flat = torch.full_like(wanted, 100)
    assert psnr_on_luma(flat + 1, flat, 0).tolist() == pytest.approx([20 * np.log10(255 * 255 / 219)] * 2)


def test_errors_count_in_the_hole_alone() -> None:
    wanted = levels(1, 3, 8, 8)
    mask = torch.zeros(1, 1, 8, 8)
    mask[..., 2:4, 2:6] = 1
    made = torch.where(mask.bool(), torch.where(wanted > 127, wanted - 10, wanted + 10), 255 - wanted)
    assert mae_in_holes(made, wanted, mask).tolist() == [10]
    assert psnr_in_holes(made, wanted, mask).tolist() == pytest.approx([20 * np.log10(25.5)])
    assert mae_in_holes(made, wanted, mask * 0).isnan().all()


def test_bicubic_on_set5_reads_what_the_field_reads(real_data: Path) -> None:
    """28.43 dB and 0.811 at x4 in every paper's table, 33.67 at x2."""
    found: dict[int, list[tuple[float, float]]] = {2: [], 4: []}
    for path in sorted((real_data / "superres" / "set5").iterdir()):
        for scale, numbers in found.items():
            whole = multiple_of(reading.to_tensor(reading.read(path), 3), scale)
            small = to_pil(reduced(whole, scale))
            made = np.array(small.resize((whole.shape[2], whole.shape[1]), Image.Resampling.BICUBIC))
            pair = torch.from_numpy(made).permute(2, 0, 1)[None], whole[None], scale
            numbers.append((float(psnr_on_luma(*pair)), float(ssim_on_luma(*pair))))
    (x2, _), (x4, similar) = (np.mean(numbers, axis=0) for numbers in found.values())
    assert len(found[4]) == 5
    assert x4 == pytest.approx(28.43, abs=0.01)
    assert x2 == pytest.approx(33.67, abs=0.02)
    assert similar == pytest.approx(0.811, abs=0.002)
