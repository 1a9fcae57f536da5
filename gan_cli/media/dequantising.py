"""Levels of brightness as a continuous quantity: noise within a level, a function of an image's key and of a place."""

import torch
from torch import Tensor

WORD = 0xFFFFFFFF


def dequantised(kept: Tensor, keys: Tensor) -> Tensor:
    """Images whose numbers are spread evenly over the width of their level, float in [-1, 1]: (x + u) / 128 - 1.

    Theis et al. 2016, "A note on the evaluation of generative models", arXiv:1511.01844, section 3.1, with u from
    U(0, 1); so in the code of the authors of SNGAN (arXiv:1802.05957) and WGAN-GP (arXiv:1704.00028). A generated image
    has values between the levels, and real ones could be told by having none.

    Args:
        kept: uint8 [N, C, H, W].
        keys: What the noise of each image is drawn from, whole numbers below 2^32, int64 [N].
    """
    noise = uniform(keys, kept[0].numel()).view(kept.shape)
    return noise.add_(kept).div_(128).sub_(1)


def uniform(keys: Tensor, count: int) -> Tensor:
    """Numbers from [0, 1), float32 [N, count], the same on every device.

    A generator for each image would take longer than the images do, and one for a batch would tie an image's noise to
    the others of its batch; so each number is a hash of the key and of its place.
    """
    places = _mixed(torch.arange(count, device=keys.device))
    return (_mixed(keys[:, None] ^ places) >> 8).to(torch.float32).mul_(2**-24)


def _mixed(words: Tensor) -> Tensor:
    """Whole numbers below 2^32 with their bits mixed, a permutation of them.

    The constants are those of Wellons 2018, "Prospecting for Hash Functions", https://nullprogram.com/blog/2018/07/31.
    """
    words = ((words ^ (words >> 16)) * 0x7FEB352D) & WORD
    words = ((words ^ (words >> 15)) * 0x846CA68B) & WORD
    return words ^ (words >> 16)
