from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from gan_cli.data import Degraded, Digits, Photographs
from gan_cli.data.degraded.bicubic import Bicubic, reduced
from gan_cli.data.degraded.camera import Camera
from gan_cli.data.degraded.colourless import Grey, Hinted
from gan_cli.data.degraded.holes import Holes
from gan_cli.data.degraded.motion_blur import MotionBlur, filtered
from gan_cli.data.doctor import contact_sheet, diagnose
from gan_cli.data.pairs.photo_blocks import photograph
from gan_cli.data.sampling import Span
from gan_cli.errors import UserError
from gan_cli.evaluation.collections import content_key, of_split
from gan_cli.evaluation.measuring import is_of
from gan_cli.media.images import Images
from gan_cli.media.lab import rgb_to_lab
from gan_cli.media.pictures import to_float
from tests.data import pictures

SMALL: dict[str, Any] = {"image_size": 32, "batch_size": 4, "num_workers": 0}
KINDS = [Bicubic(2), MotionBlur(9), Holes("strokes"), Grey(), Hinted(), Camera(2)]


def photo(side: int = 64, top: int = 100, left: int = 200, name: str = "china") -> Tensor:
    pixels = torch.from_numpy(np.array(photograph(name))).permute(2, 0, 1)
    return pixels[:, top : top + side, left : left + side].contiguous()


@pytest.mark.parametrize("how", KINDS, ids=lambda how: type(how).__name__)
def test_what_is_left_is_a_function_of_image_and_key(how: Any) -> None:
    image = photo(32)
    once, again, other = how.of(image, 1), how.of(image.clone(), 1), how.of(image, 2)
    assert once.keys() == how.fields.keys() - {"target"}
    assert all(torch.equal(once[name], again[name]) for name in once)
    assert all(part.dtype == torch.uint8 for part in once.values())
    assert once["source"].shape == (how.channels(3), 32 // how.scale, 32 // how.scale)
    if not isinstance(how, Bicubic | Grey):
        assert not all(torch.equal(once[name], other[name]) for name in once)


# Each kind


def test_reduction_is_that_of_pillow() -> None:
    image = photo(96)
    for by in (2, 4, 8):
        wanted = Image.fromarray(image.permute(1, 2, 0).numpy()).resize((96 // by,) * 2, Image.Resampling.BICUBIC)
        wanted_pixels = torch.from_numpy(np.array(wanted)).permute(2, 0, 1)
        assert (reduced(image, by).int() - wanted_pixels.int()).abs().max() <= 1


def test_kernels_keep_light_and_place() -> None:
    """So that neither a change of brightness nor a shift earns a network anything."""
    places = torch.arange(17) - 8.0
    kernels = [torch.from_numpy(MotionBlur(17).kernel(key)) for key in range(12)]
    for kernel in kernels:
        assert float(kernel.sum()) == pytest.approx(1, abs=1e-5)
        assert float((kernel.sum(0) * places).sum()) == pytest.approx(0, abs=0.02)
        assert float((kernel.sum(1) * places).sum()) == pytest.approx(0, abs=0.02)
    widths = [int((kernel > 1e-3).any(0).sum()) for kernel in kernels]
    assert len(set(widths)) > 3
    assert max(widths) > 8
    flat = torch.full((3, 32, 32), 77, dtype=torch.uint8)
    assert torch.equal(MotionBlur(17).of(flat, 3)["source"], flat)  # the border too
    assert np.array_equal(MotionBlur(17).kernel(501), MotionBlur(17).kernel(1))


def test_light_moves_as_a_convolution_has_it() -> None:
    dot = torch.zeros(1, 9, 9)
    dot[0, 4, 4] = 1
    kernel = torch.arange(9.0).reshape(3, 3)
    assert torch.equal(filtered(dot, kernel)[0, 3:6, 3:6], kernel)


@pytest.mark.parametrize(
    ("masks", "low", "high"),
    [("centre", 0.25, 0.25), ("rectangles", 0.015, 0.7), ("strokes", 0.01, 0.7), ("regions", 0.2, 0.3)],
)
def test_holes_are_as_large_as_they_are_said_to_be_and_the_rest_is_the_image(
    masks: str, low: float, high: float
) -> None:
    image = photo(64)
    for key in range(6):
        left = Holes(masks).of(image, key)
        hole = left["mask"].bool()
        assert low <= float(hole.float().mean()) <= high
        assert torch.equal(left["source"][:, ~hole[0]], image[:, ~hole[0]])
        assert set(left["source"][:, hole[0]].unique().tolist()) == {128}
    assert Holes(masks).of(photo(64)[:, :40], 0)["mask"].shape == (1, 40, 64)


def test_several_kinds_of_masks_are_joined_and_a_folder_of_them_is_resized_by_the_nearest_pixel(tmp_path: Path) -> None:
    together = Holes("centre+rectangles").mask(32, 32, 5)
    assert together[8:24, 8:24].all()
    assert together.sum() > 256
    half = np.zeros((8, 8), dtype=np.uint8)
    half[:, :4] = 255
    Image.fromarray(half).save(tmp_path / "half.png")
    (mask,) = Holes(str(tmp_path)).of(photo(32), 0)["mask"]
    assert mask[:, :16].all()
    assert not mask[:, 16:].any()


def test_grey_has_the_lightness_of_the_colours() -> None:
    image = photo(32, name="flower", top=200)
    grey = Grey().of(image, 0)["source"]
    assert grey.shape == (1, 32, 32)
    of_grey, of_image = (rgb_to_lab(to_float(one.expand(3, -1, -1)[None]))[:, 0] for one in (grey, image))
    assert (of_grey - of_image).abs().max() < 0.3  # half a level


def test_hints_are_the_means_of_what_they_cover_and_as_many_as_asked_for() -> None:
    image = photo(64, name="flower", top=200)
    assert not Hinted(0).of(image, 0)["hints"].any()
    hints = Hinted(1).of(image, 4)["hints"]
    there = hints[3] > 0
    rows, columns = there.nonzero().unbind(1)
    height, width = int(rows.max() - rows.min()) + 1, int(columns.max() - columns.min()) + 1
    assert height == width <= 9
    assert int(there.sum()) == height * width
    mean = image[:, there].float().mean(1).round().to(torch.uint8)
    assert torch.equal(hints[:3, there], mean[:, None].expand(-1, int(there.sum())))
    shares = [float((Hinted(count).of(image, 1)["hints"][3] > 0).float().mean()) for count in (1, 10, 50)]
    assert shares == sorted(shares)
    counts = [bool(Hinted().of(image, key)["hints"].any()) for key in range(30)]
    assert 15 < sum(counts) < 30  # one in eight has none


def test_a_camera_wears_images_differently_but_not_their_brightness() -> None:
    image = photo(64)
    small = reduced(image, 4).float()
    worn = torch.stack([Camera(4).of(image, key)["source"] for key in range(8)]).float()
    errors = (worn - small).abs().flatten(1).mean(1)
    assert errors.min() > 1
    assert errors.max() < 70
    assert (worn.flatten(1).mean(1) - small.mean()).abs().max() < 15
    assert Camera(1).of(image[:1], 3)["source"].shape == (1, 64, 64)
    assert Camera(4).of(image[:, :16, :16], 5)["source"].shape == (3, 4, 4)  # kernels are larger than it


# The set


def test_pairs_are_a_function_of_seed_and_place_and_held_out_ones_of_their_number() -> None:
    data = Degraded(degradation="masks", masks="strokes", **SMALL)
    part = data.part("train")
    whole, first, rest, other = (part[Span(*at)].batch for at in ((3, 0, 9), (3, 0, 4), (3, 4, 9), (4, 0, 9)))
    for name in ("source", "target", "mask"):
        assert torch.equal(getattr(whole, name), torch.cat([getattr(first, name), getattr(rest, name)]))
    assert not torch.equal(whole.mask, other.mask)
    held_out = data.part("test")
    assert torch.equal(held_out[torch.tensor([2, 5])].batch.mask[1], held_out[torch.tensor([5])].batch.mask[0])
    images = Photographs(image_size=32).part("test")
    assert torch.equal(held_out[torch.tensor([5])].batch.target, images[torch.tensor([5])].batch.images)


def test_everything_that_shows_one_place_is_mirrored_together() -> None:
    data = Degraded(images="Digits", degradation="masks", masks="strokes", images_options={"flip": True}, **SMALL)
    loaded = data.part("train")[Span(0, 0, 12)]
    assert set(loaded.mirrored) == {"source", "target", "mask"}
    seen: Any = data.on_device(loaded)
    assert set(loaded.mirrored["mask"].tolist()) == {True, False}
    known = seen.mask.expand_as(seen.source) == 0
    assert torch.equal(seen.source[known], seen.target[known])
    assert set(seen.mask.unique().tolist()) == {0, 1}


def test_facts_and_fields_tell_a_model_what_it_gets() -> None:
    facts = Degraded(image_size=32, scale=2).facts
    assert facts == {
        "name": "Degraded",
        "image_size": 32,
        "image_channels": 3,
        "domains": ("small", "large"),
        "source_channels": 3,
        "target_channels": 3,
        "num_classes": 0,
        "scale": 2,
    }
    hinted = Degraded(degradation="hints", **SMALL)
    assert (hinted.facts["source_channels"], hinted.facts["domains"]) == (1, ("grey", "colour"))
    assert "scale" not in hinted.facts
    assert list(hinted.fields) == ["source", "target", "hints"]
    seen: Any = hinted.on_device(hinted.part("test")[torch.arange(2)])
    assert (seen.source.shape, seen.hints.shape) == ((2, 1, 32, 32), (2, 3, 32, 32))
    assert Degraded(images="Digits", **SMALL).facts["target_channels"] == 1
    assert Degraded(**hinted.hparams).facts == hinted.facts


def test_a_folder_of_photographs_is_cut_and_judged_whole(tmp_path: Path) -> None:
    for split in ("train", "test"):
        pictures.write(tmp_path / split / "a.png", 70, 45)
    data = Degraded(root=str(tmp_path), scale=4, **SMALL)
    batch = data.part("train")[Span(0, 0, 5)].batch
    assert (batch.source.shape, batch.target.shape) == ((5, 3, 8, 8), (5, 3, 32, 32))
    assert torch.equal(batch.source[0], reduced(batch.target[0], 4))
    sheet = contact_sheet(data)  # sides of two sizes
    assert sheet is not None
    assert sheet.shape[2] == 8 * (32 + 2) + 2
    (pair,) = data.whole_pairs()
    both: Any = pair.read()
    source, target = both
    assert (source.shape, target.shape) == ((1, 3, 11, 17), (1, 3, 44, 68))
    small, large = (data.test_inputs(domain)[0] for domain in ("small", "large"))
    assert (small.name, small.read().shape, large.read().shape) == ("a.png", (3, 11, 17), (3, 44, 68))
    brought = Degraded(root=str(tmp_path), crop=False, **SMALL).part("test")[torch.arange(1)].batch
    assert brought.target.shape == (1, 3, 32, 32)


def test_it_is_looked_at_as_its_images_are(tmp_path: Path) -> None:
    for number in range(4):
        pictures.write(tmp_path / f"{number}.png", 40, 40)
    (tmp_path / "broken.png").write_text("no image")
    data = Degraded(root=str(tmp_path), degradation="grey", **SMALL)
    diagnosis = diagnose(data)
    assert diagnosis.facts[0] == "ImageFolder, grey from colour: Grey()"
    assert [finding.what for finding in diagnosis.findings] == ["cannot be read"]
    (tmp_path / "broken.png").unlink()
    sheet = contact_sheet(Degraded(root=str(tmp_path), degradation="grey", **SMALL))
    assert sheet is not None
    assert sheet.shape[0] == 3


def test_scores_of_other_degradations_are_kept_apart() -> None:
    one, other = (
        Degraded(images="Digits", degradation="masks", masks=masks, **SMALL) for masks in ("centre", "strokes")
    )
    assert content_key(one, "test") != content_key(other, "test")
    assert is_of(one, Images)  # masks are told, and not compared
    target = of_split(one, "test", 1)
    assert (of_split(one, "test", 0).things, target.things) == ("images", "images")
    assert torch.equal(target.read(torch.arange(3)), Digits(image_size=32).part("test")[torch.arange(3)].batch.images)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            {"degradation": "blur", "scale": 4},
            r"data.scale: 4 does nothing .* is blur; leave it out",
        ),
        ({"hints": 3}, r"data.hints: 3 does nothing where data.degradation is bicubic"),
        ({"scale": 1}, r"data.scale: 1 leaves images as they are; take 2, 4 or 8"),
        ({"scale": 3}, r"data.image_size: 32 is no multiple of data.scale 3; take 30"),
        (
            {"degradation": "blur", "kernel_size": 8},
            r"data.kernel_size: 8 is not possible; take an odd number",
        ),
        ({"degradation": "masks", "masks": "stroke"}, r"data.masks: stroke is no folder; did you mean strokes\?"),
        ({"images": "Facades"}, r"data.images: Facades is no set of images"),
        ({"images": "PhotoPatches"}, r"data.images: PhotoPatches is no set of images"),
        ({"images_options": {"flop": True}}, r"data.images_options: Photographs has no flop; did you mean flip\?"),
    ],
)
def test_what_does_not_go_together_is_refused(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        Degraded(**{**SMALL, **arguments})


def test_grey_images_have_no_colours_to_lose() -> None:
    with pytest.raises(UserError, match=r"data.degradation: Digits has images of 1 channels, .* of 3"):
        _ = Degraded(images="Digits", degradation="hints", **SMALL).facts
