from inspect import signature
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_sample_image

from gan_cli.errors import RunFailed, UserError
from gan_cli.inference import translator as translator_module
from gan_cli.inference.source_media import SOURCE, Layers
from gan_cli.inference.translator import Translator, rounded, translating, usual_direction
from gan_cli.media.picture_files import Picture, Pixels
from gan_cli.media.pictures import to_uint8
from gan_cli.networks.layers import statistics_held
from gan_cli.variants import CUT, DCGAN, CycleGAN, Pix2Pix, StarGAN
from gan_cli.variants.translation import TranslationModule
from tests.inference.translators import Enlarger, colours, cut, cyclegan, enlarged, pix2pix, stargan

HORSE = "horse2zebra"


@pytest.fixture(scope="module")
def unpaired() -> TranslationModule:
    return cyclegan()


@pytest.fixture(scope="module")
def paired() -> TranslationModule:
    return pix2pix()


@torch.inference_mode()
def made(translator: Translator, width: int, height: int, name: str = "a.png") -> torch.Tensor:
    return translator.floats(colours(width, height), translator.model.directions[0], name)


def reduced(translator: Translator, pixels: Pixels) -> torch.Tensor:
    """An image without anything beside it, as tiles are normalised by it."""
    return translator._reduced(pixels, Layers.of(translator.model, 3, {}))[SOURCE]


@pytest.mark.parametrize("size", [(1, 1), (3, 90), (31, 17), (32, 32), (70, 46)])
@pytest.mark.parametrize("kind", ["cut", "cyclegan", "pix2pix", "stargan"])
def test_any_size_comes_out_as_it_went_in(
    unpaired: TranslationModule, paired: TranslationModule, size: tuple[int, int], kind: str
) -> None:
    model = {"cyclegan": unpaired, "pix2pix": paired}.get(kind) or {"cut": cut, "stargan": stargan}[kind]()
    image = made(Translator(model), *size)
    assert image.shape == (3, size[1], size[0])
    assert image.isfinite().all()


def test_an_image_that_fits_is_what_the_model_gives(unpaired: TranslationModule) -> None:
    pixels = torch.from_numpy(colours(48, 32)).permute(2, 0, 1)[None]
    with torch.inference_mode():
        expected = unpaired(pixels / 127.5 - 1, HORSE)
    assert torch.allclose(made(Translator(unpaired), 48, 32), expected[0], atol=1e-5)


@pytest.fixture(scope="module")
def photograph() -> Pixels:
    return np.array(Image.fromarray(load_sample_image("china.jpg")).resize((320, 212)))


def jump(difference: torch.Tensor) -> float:
    """The largest step of a column's mean colour from one to the next: where a seam shows, it is there."""
    return float(difference.mean(1).diff(dim=1).abs().max())


@torch.inference_mode()
def test_tiles_are_normalised_alike(unpaired: TranslationModule, photograph: Pixels) -> None:
    """By statistics of its own each tile would have other colours than its neighbour."""
    whole = Translator(unpaired).floats(photograph, HORSE, "")
    in_tiles = Translator(unpaired, tile=64).floats(photograph, HORSE, "")
    parts = [Translator(unpaired).floats(part, HORSE, "") for part in np.split(photograph, 5, axis=1)]
    assert jump(in_tiles - whole) < jump(torch.cat(parts, dim=2) - whole) / 2


@torch.inference_mode()
def test_no_seam_shows(unpaired: TranslationModule, photograph: Pixels) -> None:
    """Beside the same image in one piece, normalised by the same statistics."""
    translator, hard = Translator(unpaired, tile=64), Translator(unpaired, tile=64, overlap=0)
    image = torch.from_numpy(photograph).permute(2, 0, 1)[None] / 127.5 - 1
    with statistics_held(unpaired.picture_maker()):
        unpaired(reduced(translator, photograph)[None], HORSE)
        whole = unpaired(image, HORSE)[0]
    difference = translator.floats(photograph, HORSE, "") - whole
    assert jump(difference) < jump(hard.floats(photograph, HORSE, "") - whole) / 2


def test_large_images_are_tiled_unasked(unpaired: TranslationModule, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translator_module, "WHOLE", 64 * 64)
    monkeypatch.setattr(translator_module, "TILE", 32)
    asked = made(Translator(unpaired, tile=32), 90, 62)
    assert torch.equal(made(Translator(unpaired), 90, 62), asked)
    assert torch.equal(made(Translator(unpaired, overlap=8), 90, 62), asked)
    assert not torch.equal(made(Translator(unpaired, overlap=16), 90, 62), asked)


def test_the_statistics_are_let_go_afterwards(unpaired: TranslationModule) -> None:
    before = made(Translator(unpaired), 48, 32)
    made(Translator(unpaired, tile=32), 90, 62)
    assert torch.equal(made(Translator(unpaired), 48, 32), before)


def test_noise_is_a_function_of_the_seed_and_the_name(paired: TranslationModule) -> None:
    first = made(Translator(paired), 64, 64)
    torch.rand(5)
    assert torch.equal(made(Translator(paired, seed=0), 64, 64), first)
    assert not torch.equal(made(Translator(paired, seed=1), 64, 64), first)
    assert not torch.equal(made(Translator(paired), 64, 64, "b.png"), first)
    quiet = made(Translator(paired, dropout=False), 64, 64)
    assert not torch.equal(quiet, first)
    assert torch.equal(made(Translator(paired, dropout=False), 64, 64, "b.png"), quiet)


@pytest.mark.parametrize("kind", [CUT, CycleGAN, Pix2Pix, StarGAN])
def test_a_variant_says_whether_it_has_noise(kind: type[TranslationModule]) -> None:
    assert ("dropout" in signature(kind.forward).parameters) == kind.NOISY


def test_the_averaged_generator_or_the_trained_one() -> None:
    model = cyclegan(ema_decay=0.5)
    assert not torch.equal(made(Translator(model), 32, 32), made(Translator(model, ema=False), 32, 32))


def test_16_bits_are_rounded_once_and_to_8_only_if_asked(unpaired: TranslationModule) -> None:
    translator = Translator(unpaired)
    with torch.inference_mode():
        deep = translator.picture(Picture(colours(48, 32, np.uint16)), HORSE, "")
        eight = translator.picture(Picture(colours(48, 32, np.uint16)), HORSE, "", deep=False)
    assert deep.colours.dtype == np.uint16
    assert eight.colours.dtype == np.uint8
    assert np.abs(deep.colours / 257 - eight.colours).max() <= 0.51
    assert len(np.unique(deep.colours)) > 256
    steps = torch.linspace(-1.1, 1.1, 9).reshape(1, 3, 3)
    assert rounded(steps, deep=True).squeeze()[[0, 1, 2], [0, 1, 2]].tolist() == [0, 32768, 65535]
    assert np.array_equal(rounded(steps, deep=False), to_uint8(steps).permute(1, 2, 0).numpy())


def test_channels_in_and_out_are_the_models() -> None:
    model = cyclegan(source_channels=1, lambda_identity=0.0)
    translator = Translator(model)
    with torch.inference_mode():
        there = translator.picture(Picture(colours(32, 32)), HORSE, "")
        back = translator.picture(Picture(colours(32, 32)), "zebra2horse", "")
    assert (there.colours.shape[2], back.colours.shape[2]) == (3, 1)


def test_directions_as_they_are_typed(unpaired: TranslationModule, paired: TranslationModule) -> None:
    assert usual_direction(paired, None) == [HORSE]
    assert usual_direction(unpaired, "zebra2horse") == ["zebra2horse"]
    assert usual_direction(stargan(), "young+blond, male,male") == ["young+blond", "male"]
    with pytest.raises(UserError, match=r"direction: of which\? Type --direction horse2zebra or zebra2horse"):
        usual_direction(unpaired, None)
    with pytest.raises(UserError, match="direction: dog2cat is unknown to this model; take horse2zebra or zebra2horse"):
        usual_direction(unpaired, "dog2cat")


def test_what_makes_pictures_from_noise_is_refused() -> None:
    with pytest.raises(UserError, match="DCGAN makes images from noise, not from images; type gan sample"):
        translating(DCGAN(image_size=16, base_channels=2, latent_dim=4))


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("cyclegan", {"seed": 1}, "seed: CycleGAN has no noise; leave it out"),
        ("cyclegan", {"dropout": False}, "dropout: CycleGAN has no noise; leave it out"),
        ("pix2pix", {"dropout": False, "seed": 1}, "seed: without dropout there is no noise"),
        ("pix2pix", {"tile": 128}, "tile: this Pix2Pix takes tiles of 64 and no others; leave it out"),
        ("cyclegan", {"tile": 30}, "tile: 30 is not possible; take a multiple of 4 from 16, or 0 to choose"),
        ("cyclegan", {"tile": 8}, "tile: 8 is not possible"),
        ("cyclegan", {"tile": 32, "overlap": 17}, "overlap: 17 is more than half a tile of 32; take 16 or less"),
    ],
)
def test_options_that_do_not_fit_the_model(
    unpaired: TranslationModule, paired: TranslationModule, kind: str, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        Translator({"cyclegan": unpaired, "pix2pix": paired}[kind], **options)


def test_transparent_pixels_and_colour_profiles_survive(unpaired: TranslationModule) -> None:
    alpha = np.zeros((32, 48), np.uint8)
    with torch.inference_mode():
        made = Translator(unpaired).picture(Picture(colours(48, 32), alpha, b"profile"), HORSE, "")
    assert made.alpha is not None
    assert np.array_equal(made.alpha, alpha)
    assert made.profile == b"profile"
    assert Image.fromarray(made.colours).size == (48, 32)


# Translators that enlarge


def translated(pixels: Pixels, model: TranslationModule, **options: Any) -> Pixels:
    """What becomes of pixels, with as many bits as they have."""
    with torch.inference_mode():
        return Translator(model, **options).picture(Picture(pixels), model.directions[0], "").colours


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("sizes", [{}, {"multiple": 4}, {"tile": 32}])
@pytest.mark.parametrize("scale", [1, 2, 4])
@pytest.mark.parametrize("size", [(1, 1), (3, 90), (31, 17), (32, 32), (70, 46)])
def test_the_whole_image_comes_out_enlarged(
    size: tuple[int, int], scale: int, sizes: dict[str, Any], kind: Any
) -> None:
    """Also where it was framed, or passed in tiles of the one size that is taken."""
    pixels = colours(*size, kind)
    assert np.array_equal(translated(pixels, Enlarger(scale, **sizes)), enlarged(pixels, scale))


@pytest.mark.parametrize("overlap", [None, 0, 5, 8])
@pytest.mark.parametrize("scale", [2, 4])
def test_enlarged_tiles_are_the_enlarged_whole(scale: int, overlap: int | None) -> None:
    model = Enlarger(scale, multiple=4)
    for pixels in (colours(91, 53), np.full((53, 91, 3), 200, np.uint8)):
        made = translated(pixels, model, tile=16, overlap=overlap)
        assert np.array_equal(made, enlarged(pixels, scale))


@torch.inference_mode()
def test_enlarged_tiles_are_normalised_as_one() -> None:
    model = Enlarger(2, normalised=True)
    translator = Translator(model, tile=16)
    pixels = colours(90, 61)
    with statistics_held(model.generator):
        model(reduced(translator, pixels)[None])
        whole = model(torch.from_numpy(pixels).permute(2, 0, 1)[None] / 127.5 - 1)[0]
    assert torch.allclose(translator.floats(pixels, "small2large", ""), whole, atol=1e-5)


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_an_image_is_reduced_to_what_the_model_took_in_training(scale: int) -> None:
    """Its size is that of the images that it was to make."""
    made = reduced(Translator(Enlarger(scale, image_size=64)), colours(160, 160))
    assert made.shape == (3, 64 // scale, 64 // scale)


@pytest.mark.parametrize(("scale", "side"), [(1, 64), (2, 32), (4, 16)])
def test_translations_that_become_large_are_tiled_unasked(
    scale: int, side: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(translator_module, "WHOLE", 128 * 128)
    monkeypatch.setattr(translator_module, "TILE", 64)
    model = Enlarger(scale)
    seen: list[tuple[int, ...]] = []
    model.register_forward_pre_hook(lambda _, inputs: seen.append(tuple(inputs[0].shape[2:])))
    translated(colours(128 // scale, 128 // scale), model)
    assert seen == [(128 // scale, 128 // scale)]
    pixels = colours(128 // scale + 1, 128 // scale)
    assert np.array_equal(translated(pixels, model), enlarged(pixels, scale))
    assert set(seen[2:]) == {(side, side)}
    with pytest.raises(UserError, match=f"overlap: 33 is more than half a tile of {side}; take {side // 2} or less"):
        Translator(model, overlap=33)


def test_a_tile_that_becomes_too_large_is_refused() -> None:
    with pytest.raises(
        UserError, match=r"tile: 32768 becomes 131,072 pixels a side, at a scale of 4; take 16384 or less"
    ):
        Translator(Enlarger(4), tile=32_768)
    Translator(Enlarger(1), tile=32_768)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("scale", [2, 4])
def test_opacity_is_enlarged_with_the_colours(scale: int, kind: Any) -> None:
    alpha = colours(31, 17, kind)[:, :, 2]
    full = np.iinfo(kind).max
    translator = Translator(Enlarger(scale))
    with torch.inference_mode():
        made = translator.picture(Picture(colours(31, 17, kind), alpha, b"profile"), "small2large", "")
        eight = translator.picture(Picture(colours(31, 17, kind), alpha), "small2large", "", deep=False)
    assert made.alpha is not None
    assert eight.alpha is not None
    assert (made.alpha.shape, made.alpha.dtype) == ((17 * scale, 31 * scale), kind)
    smooth = Image.fromarray((alpha / full * 255).astype(np.float32)).resize(
        (31 * scale, 17 * scale), Image.Resampling.BICUBIC
    )
    assert np.abs(made.alpha / full * 255 - np.asarray(smooth).clip(0, 255)).max() <= 0.51
    assert made.profile == b"profile"
    assert eight.alpha.dtype == np.uint8
    assert np.abs(made.alpha / full * 255 - eight.alpha).max() <= 1


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_opacity_that_is_all_or_nothing_stays_so(kind: Any) -> None:
    full = np.iinfo(kind).max
    alpha = np.zeros((17, 31), kind)
    alpha[:, 10:] = full
    with torch.inference_mode():
        made = Translator(Enlarger()).picture(Picture(colours(31, 17, kind), alpha), "small2large", "").alpha
    assert made is not None
    assert np.array_equal(made, enlarged(alpha, 4))


@pytest.mark.parametrize("made", [1, 2, 8])
def test_a_model_that_makes_another_size_than_it_promises_is_refused(made: int) -> None:
    """Of an image in one piece and in tiles: it would be cut, or repeated, in silence."""
    side = made * 16
    message = rf"Enlarger made \[1, 3, {side}, {side}\] of \[1, 3, 16, 16\], and its sizes promise a scale of 4; one of"
    for width in (16, 40):
        with pytest.raises(RunFailed, match=message):
            translated(colours(width, width), Enlarger(4, made=made), tile=16)


@pytest.mark.parametrize("scale", [0, -1, 0.5, 1.5])
def test_a_scale_that_no_output_can_have_is_refused(scale: Any) -> None:
    with pytest.raises(UserError, match=rf"model.scale: {scale} is not possible; take a .*whole number"):
        Enlarger(scale, made=1)
