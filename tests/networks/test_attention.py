"""Self-attention, worked out place by place."""

import pytest
import torch

from gan_cli.networks.attention import SelfAttention


def test_each_place_gets_what_fits_its_query() -> None:
    torch.manual_seed(0)
    layer = SelfAttention(16).double()
    layer.share.data.fill_(0.7)
    maps = torch.randn(2, 16, 4, 6).double()
    made = layer(maps)
    for image, one in zip(maps, made, strict=True):
        queries, keys, values = (
            torch.einsum("oi,ihw->ohw", part.weight[:, :, 0, 0], image)
            for part in (layer.query, layer.key, layer.value)
        )
        assert (len(queries), len(keys), len(values)) == (2, 2, 8)
        squares = [(slice(row, row + 2), slice(column, column + 2)) for row in (0, 2) for column in (0, 2, 4)]
        largest = [
            torch.stack([part[:, rows, columns].amax((1, 2)) for rows, columns in squares]) for part in (keys, values)
        ]
        for row in range(4):
            for column in range(6):
                shares = torch.softmax(largest[0] @ queries[:, row, column], dim=0)  # not divided by a root
                added = layer.output.weight[:, :, 0, 0] @ (shares @ largest[1])
                assert torch.allclose(one[:, row, column], image[:, row, column] + 0.7 * added)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_nothing_is_added_at_first_and_the_layout_is_kept(layout: torch.memory_format) -> None:
    layer = SelfAttention(8)
    layer.memory_format = layout
    maps = torch.randn(2, 8, 6, 6).to(memory_format=layout)
    made = layer(maps)
    assert torch.equal(made, maps)
    assert made.is_contiguous(memory_format=layout)
