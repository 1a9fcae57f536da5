"""Colours as people see them, CIE L*a*b*: differentiable, in float, with finite slopes at black too.

IEC 61966-2-1 (sRGB) and CIE 15 (L*a*b*, white D65). In 8 bits a and b would be up to 21 levels of red, green or blue
off, so they are never rounded.
"""

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from gan_cli.seeding import sent

TO_XYZ = ((0.412453, 0.357580, 0.180423), (0.212671, 0.715160, 0.072169), (0.019334, 0.119193, 0.950227))
"""Weights of linear red, green and blue in X, Y and Z."""
WHITE = (0.950456, 1.0, 1.088754)
"""X, Y and Z of white."""
KNEE = 6 / 29
"""Below the cube of it, the cube root is continued by a straight line."""
DARK = 0.04045
"""Below it, sRGB is linear."""
STRONGEST = 110.0
"""a and b are divided by it for a network, which leaves them in about [-1, 1]."""
ROUNDING = 1e-5
"""Colours count as shown by a screen if they are no further from what it shows."""
HALVINGS = 12
"""How often the search for the strongest colour that a screen shows halves what is left."""
AT_ONCE = 2**20
"""So many pixels are given colours at a time, which bounds the memory that a large photograph takes."""


def rgb_to_lab(images: Tensor) -> Tensor:
    """Colours [N, 3, H, W] in [-1, 1] as L in 0..100 and a and b in about -110..110, float32 [N, 3, H, W]."""
    x, y, z = _bent(_mixed(linear(images), TO_XYZ) / _column(WHITE, images)).unbind(1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], dim=1)


def lab_to_rgb(lab: Tensor) -> Tensor:
    """The colours of L, a and b, [N, 3, H, W] in [-1, 1] where there are such; what no screen shows lies outside."""
    lightness, a, b = lab.float().unbind(1)
    y = (lightness + 16) / 116
    f = torch.stack([y + a / 500, y, y - b / 200], dim=1)
    xyz = torch.where(f > KNEE, f.clamp(min=KNEE) ** 3, 3 * KNEE**2 * (f - 4 / 29)) * _column(WHITE, lab)
    from_xyz = torch.linalg.inv(torch.tensor(TO_XYZ, dtype=torch.float64)).tolist()
    return gamma(_mixed(xyz, from_xyz))


def lightness(images: Tensor) -> Tensor:
    """L of images [N, C, H, W] in [-1, 1], grey or coloured: 0..100, float32 [N, 1, H, W]."""
    light = linear(images)
    return 116 * _bent(light if images.shape[1] == 1 else _mixed(light, TO_XYZ[1:2])) - 16


def coloured(images: Tensor, ab: Tensor) -> Tensor:
    """Images with their own lightness, to the bit, in other colours; float32 [N, 3, H, W] in [-1, 1].

    Args:
        images: Grey or coloured, [N, C, H, W] in [-1, 1].
        ab: a and b of any size, [N, 2, h, w], which are enlarged bilinearly.
    """
    height, width = images.shape[2:]
    if ab.shape[2:] != images.shape[2:]:
        ab = interpolate(ab.float(), (height, width), mode="bilinear")
    rows = max(1, AT_ONCE // (len(images) * width))
    strips = zip(images.split(rows, 2), ab.float().split(rows, 2), strict=True)
    return torch.cat([shown(lightness(some), colours) for some, colours in strips], dim=2)


def shown(lightness: Tensor, ab: Tensor) -> Tensor:
    """The colours of L, a and b as a screen shows them, float32 [N, 3, H, W] in [-1, 1].

    Where it shows no colour so strong, it is as strong as possible at the same lightness and hue, because clipped
    colours would be lighter or darker. Rounded to 8 bits, these are so by half a level of grey at most.

    Args:
        lightness: [N, 1, H, W].
        ab: [N, 2, H, W].
    """
    made = lab_to_rgb(torch.cat([lightness, ab], dim=1))
    outside = ~_fits(made)
    if outside.any():
        weakened = _strongest(*(part.movedim(1, 3)[outside].T[None, :, None] for part in (lightness, ab)))
        made.movedim(1, 3)[outside] = weakened[0, :, 0].T
    return made.clamp(-1, 1)


def lightness_as_grey(images: Tensor) -> Tensor:
    """Grey of the same L as the colours [N, 3, H, W] in [-1, 1], float32 [N, 1, H, W]; of grey images themselves."""
    if images.shape[1] == 1:
        return images.float()
    return gamma(_mixed(linear(images), TO_XYZ[1:2]))


def linear(images: Tensor) -> Tensor:
    """Light, 0..1, of sRGB in [-1, 1]."""
    levels = (images.float() + 1) / 2
    return torch.where(levels > DARK, ((levels.clamp(min=DARK) + 0.055) / 1.055) ** 2.4, levels / 12.92)


def gamma(light: Tensor) -> Tensor:
    """sRGB in [-1, 1] of light, 0..1; `linear` undone."""
    knee = DARK / 12.92
    levels = torch.where(light > knee, 1.055 * light.clamp(min=knee) ** (1 / 2.4) - 0.055, 12.92 * light)
    return levels * 2 - 1


def _bent(light: Tensor) -> Tensor:
    """Light as people see it: the cube root, continued by a straight line."""
    return torch.where(light > KNEE**3, light.clamp(min=KNEE**3) ** (1 / 3), light / (3 * KNEE**2) + 4 / 29)


def _fits(made: Tensor) -> Tensor:
    """Where colours can be shown, bool [N, H, W]."""
    return (made.abs() <= 1 + ROUNDING).all(1)


def _strongest(lightness: Tensor, ab: Tensor) -> Tensor:
    least, most = torch.zeros_like(lightness), torch.ones_like(lightness)
    for _ in range(HALVINGS):
        middle = (least + most) / 2
        fits = _fits(lab_to_rgb(torch.cat([lightness, middle * ab], dim=1)))[:, None]
        least, most = torch.where(fits, middle, least), torch.where(fits, most, middle)
    return lab_to_rgb(torch.cat([lightness, least * ab], dim=1))


def _mixed(channels: Tensor, weights: object) -> Tensor:
    """Weighted sums of the channels, [N, 3, H, W] -> [N, R, H, W]; never in half precision."""
    matrix = sent(torch.tensor(weights, dtype=torch.float32), channels.device)
    return (matrix[None, :, :, None, None] * channels[:, None]).sum(2)


def _column(values: tuple[float, ...], like: Tensor) -> Tensor:
    return sent(torch.tensor(values), like.device)[None, :, None, None]
