"""Drawing codes: from which of them, as functions of a number each, and through a window that goes over a grid."""

import pytest
import torch
from torch import Tensor

from gan_cli.networks.code_drawing import Corner, Drawing, corner_for, drawn, grids
from gan_cli.networks.gpt import GPT

ALL = Drawing(top_k=0)
SHARES = (torch.arange(10_000) + 0.5) / 10_000


def frequencies(logits: Tensor, drawing: Drawing) -> Tensor:
    """How often each code is drawn by numbers that lie evenly."""
    codes = drawn(logits.expand(len(SHARES), -1), SHARES, drawing)
    return codes.bincount(minlength=len(logits)) / len(SHARES)


def test_codes_are_drawn_as_often_as_they_are_likely() -> None:
    logits = torch.tensor([0.3, 2.0, -1.0, 1.0])
    assert torch.allclose(frequencies(logits, ALL), logits.softmax(0), atol=2e-4)
    assert torch.allclose(frequencies(logits, Drawing(0.5, 0)), (2 * logits).softmax(0), atol=2e-4)
    assert torch.allclose(frequencies(logits, Drawing(100.0, 0)), torch.full((4,), 0.25), atol=0.01)


def test_only_the_likeliest_are_drawn() -> None:
    likely = torch.tensor([0.2, 0.5, 0.05, 0.25])
    assert frequencies(likely.log(), Drawing(top_k=2)).tolist() == pytest.approx([0, 2 / 3, 0, 1 / 3], abs=2e-4)
    assert frequencies(likely.log(), Drawing(top_p=0.6)).tolist() == pytest.approx([0, 2 / 3, 0, 1 / 3], abs=2e-4)
    assert frequencies(likely.log(), Drawing(top_p=0.01)).tolist() == [0, 1, 0, 0]
    assert frequencies(likely.log(), Drawing(top_k=3, top_p=0.99)).tolist() == pytest.approx(
        [0.2 / 0.95, 0.5 / 0.95, 0, 0.25 / 0.95], abs=2e-4
    )


def test_the_likeliest_alone_is_no_matter_of_chance() -> None:
    logits = torch.randn(50, 30)
    for shares in (torch.zeros(50), torch.ones(50), torch.rand(50)):
        assert torch.equal(drawn(logits, shares, Drawing(top_k=1)), logits.argmax(1))
    assert int(drawn(logits, torch.ones(50), ALL).max()) < 30  # the end of the range is a code too


def test_a_window_has_its_place_in_the_middle_where_the_grid_lets_it() -> None:
    corners = [corner_for(place, place, (20, 20), 8) for place in range(20)]
    assert [corner.row for corner in corners] == [0] * 5 + [*range(1, 12)] + [12] * 4
    assert {corner_for(row, column, (8, 8), 8) for row in range(8) for column in range(8)} == {Corner(0, 0)}


class Reader:
    """A tiny transformer of 4x4 codes behind one token."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.network = GPT(11, 10, 16, 2, 16, 2, 0.0).eval()
        for weight in self.network.parameters():
            torch.nn.init.normal_(weight, std=0.5)

    @torch.inference_mode()
    def grids(self, shares: Tensor, begun: Tensor | None = None, keeping: bool = True) -> Tensor:
        def told(corner: Corner) -> Tensor:
            return self.network.vectors(torch.full((len(shares), 1), 10))

        nothing = torch.zeros(len(shares), 0, shares.shape[2], dtype=torch.int64)
        return grids(self.network, told, nothing if begun is None else begun, shares, 4, ALL, keeping)


@pytest.mark.parametrize("size", [(4, 4), (5, 4), (4, 9), (7, 6)])
def test_what_is_kept_in_mind_changes_nothing(size: tuple[int, int]) -> None:
    reader, shares = Reader(), torch.rand(5, *size)
    found = reader.grids(shares)
    assert found.shape == shares.shape
    assert len(found.unique()) > 5
    assert torch.equal(found, reader.grids(shares, keeping=False))


def test_where_a_window_holds_the_whole_it_is_one_sequence() -> None:
    reader, shares = Reader(), torch.rand(5, 4, 4)
    codes = torch.full((5, 1), 10)
    with torch.inference_mode():
        for place in range(16):
            logits = reader.network(reader.network.vectors(codes))[:, -1]
            codes = torch.cat([codes, drawn(logits, shares.flatten(1)[:, place], ALL)[:, None]], dim=1)
    assert torch.equal(codes[:, 1:].unflatten(1, (4, 4)), reader.grids(shares))


def test_a_code_of_a_large_grid_is_of_its_window_alone() -> None:
    reader, shares = Reader(), torch.rand(5, 8, 4)
    begun = torch.randint(10, (5, 7, 4))
    last = reader.grids(shares, begun)[:, 7]
    for row, inside in ((3, False), (4, True)):  # the last row's window begins at row 4
        other = begun.clone()
        other[:, row] = (other[:, row] + 1) % 10
        assert torch.equal(reader.grids(shares, other)[:, 7], last) != inside
    moved = torch.cat([begun[:, 4:], last[:, None]], dim=1)
    assert torch.equal(reader.grids(shares[:, 4:].contiguous(), moved[:, :3]), moved)


def test_what_has_begun_stays_and_the_rest_goes_on_from_it() -> None:
    reader, shares = Reader(), torch.rand(5, 4, 4)
    alone = reader.grids(shares)
    assert torch.equal(reader.grids(shares, begun=alone[:, :2]), alone)
    begun = (alone[:, :2] + 1) % 10
    other = reader.grids(shares, begun=begun)
    assert torch.equal(other[:, :2], begun)
    assert not torch.equal(other[:, 2:], alone[:, 2:])
