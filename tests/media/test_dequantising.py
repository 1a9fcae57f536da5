import torch

from gan_cli.media.dequantising import dequantised, uniform
from gan_cli.media.pictures import to_uint8

KEYS = torch.tensor([5, 0, 2**32 - 1, 77])


def by_hand(key: int, place: int) -> float:
    """The hash in Python's whole numbers."""

    def mixed(word: int) -> int:
        word = (word ^ word >> 16) * 0x7FEB352D % 2**32
        word = (word ^ word >> 15) * 0x846CA68B % 2**32
        return word ^ word >> 16

    return (mixed(key ^ mixed(place)) >> 8) / 2**24


def test_noise_is_a_function_of_the_key_and_the_place() -> None:
    noise = uniform(KEYS, 50)
    assert noise.tolist() == [[by_hand(key, place) for place in range(50)] for key in KEYS.tolist()]


def test_noise_is_uniform_and_that_of_one_image_says_nothing_of_another() -> None:
    noise = uniform(torch.arange(100), 1000)
    assert torch.histc(noise, 10, 0, 1).sub(10_000).abs().max() < 500  # 5 deviations
    of_images, of_places = torch.corrcoef(noise), torch.corrcoef(noise[:, :40].T)
    assert of_images.fill_diagonal_(0).abs().max() < 6 / 1000**0.5
    assert of_places.fill_diagonal_(0).abs().max() < 6 / 100**0.5


def test_an_image_stays_within_its_levels_whatever_the_batch() -> None:
    kept = torch.arange(256, dtype=torch.uint8).expand(4, 1, 4, -1).contiguous()
    shown = dequantised(kept, KEYS)
    within = (shown + 1) * 128 - kept.float()
    assert 0 <= within.min() < 0.01 < 0.99 < within.max() <= 1
    assert shown.dtype == torch.float32
    assert torch.equal(dequantised(kept[2:3], KEYS[2:3]), shown[2:3])
    assert (to_uint8(shown).int() - kept.int()).abs().max() <= 1
