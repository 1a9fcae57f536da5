"""Edges of photographs, as lines of one pixel."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

SMOOTHING = 1.0
"""Standard deviation in pixels of the Gaussian that takes away noise."""
WEAK, STRONG = 4.0, 10.0
"""Slopes in grey levels per pixel: a line continues while it is weak, if it is strong somewhere."""


def edges(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Edges as black lines on white, uint8 [H, W] of 0 and 255, of a grey image [H, W].

    Canny 1986, "A Computational Approach to Edge Detection": smoothing, gradient, thinning across the line, and two
    thresholds: a weak line counts only where it is connected to a strong one.
    """
    smooth = ndimage.gaussian_filter(grey.astype(np.float32), SMOOTHING, mode="nearest")
    across, down = (ndimage.sobel(smooth, axis, mode="nearest") / 8 for axis in (1, 0))
    steepness = np.hypot(across, down)
    thin = steepness * _is_ridge(steepness, np.arctan2(down, across))
    lines, _ = ndimage.label(thin > WEAK, structure=np.ones((3, 3)))
    strong = np.unique(lines[thin > STRONG])
    return np.where(np.isin(lines, strong[strong > 0]), 0, 255).astype(np.uint8)


def _is_ridge(steepness: NDArray[np.float32], angle: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Whether a pixel is at least as steep as its two neighbours across the line."""
    padded = np.pad(steepness, 1)
    height, width = steepness.shape
    direction = np.round(angle / (np.pi / 4)).astype(int) % 4
    ridge = np.zeros(steepness.shape, dtype=bool)
    for number, (down, right) in enumerate(((0, 1), (1, 1), (1, 0), (1, -1))):
        ahead = padded[1 + down : 1 + down + height, 1 + right : 1 + right + width]
        behind = padded[1 - down : 1 - down + height, 1 - right : 1 - right + width]
        ridge |= (direction == number) & (steepness > ahead) & (steepness >= behind)
    return ridge
