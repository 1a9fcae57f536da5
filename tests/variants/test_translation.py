"""What translators share."""

from typing import Any

import pytest

from gan_cli.errors import UserError
from gan_cli.variants import CUT, CycleGAN, Pix2Pix


@pytest.mark.parametrize(
    ("variant", "arguments", "message"),
    [
        (CUT, {"image_size": 16}, r"patch_size: 70 is not possible; take a value of 16, 34 for images of 16 pixels"),
        (CycleGAN, {"image_size": 16}, r"patch_size: 70 is not possible; take a value of 16, 34 for images of 16"),
        (CycleGAN, {"image_size": 4}, r"model\.image_size: 4 is not possible; take a value of 6 or more"),
        (Pix2Pix, {"image_size": 64, "patch_size": 286}, r"286 .* of 16, 34, 70, 142 for images of 64 pixels"),
    ],
)
def test_patches_that_no_image_holds_are_refused(variant: Any, arguments: dict[str, int], message: str) -> None:
    with pytest.raises(UserError, match=message):
        variant(**arguments, base_channels=1)
