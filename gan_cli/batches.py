"""What a data set yields: named tuples of tensors, so that they move to a device and split into chunks as one."""

from typing import NamedTuple

from torch import Tensor


class ImageBatch(NamedTuple):
    """Images with their classes.

    Attributes:
        images: uint8 [N, C, H, W] as it leaves the loader; float in [-1, 1] once it is on the device.
        labels: int64 [N], class numbers from 0; all 0 where the set has no classes.
    """

    images: Tensor
    labels: Tensor
