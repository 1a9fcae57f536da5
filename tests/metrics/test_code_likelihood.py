"""How likely codes are: by counting, against closed forms."""

from math import log

import pytest
import torch

from gan_cli.metrics.code_likelihood import Compared, by_place, compared, everywhere, log_likelihoods, nats


def test_shares_are_those_that_were_counted() -> None:
    counts = torch.tensor([[90.0, 10.0, 0.0], [10.0, 90.0, 0.0]])
    assert everywhere(counts).tolist() == pytest.approx([101 / 203, 101 / 203, 1 / 203])
    shares = by_place(counts)
    assert shares.sum(1).tolist() == pytest.approx([1, 1])
    assert float(shares[0, 0]) == pytest.approx(0.9, abs=0.02)
    codes = torch.tensor([[0, 1]] * 9 + [[1, 0]])
    assert float(nats(shares, codes)) == pytest.approx(-0.9 * log(0.9) - 0.1 * log(0.1), abs=0.01)
    assert float(nats(everywhere(counts), codes)) == pytest.approx(log(203 / 101))


def test_places_that_do_not_differ_count_together() -> None:
    random = torch.Generator().manual_seed(0)
    drawn = torch.multinomial(torch.tensor([0.6, 0.3, 0.08, 0.02]), 50 * 40, replacement=True, generator=random)
    counts = torch.nn.functional.one_hot(drawn.view(50, 40), 4).sum(1).float()
    together, apart = everywhere(counts), (counts + 1) / (counts + 1).sum(1, keepdim=True)
    found = by_place(counts)
    assert float((found - together).abs().max()) < 0.05 < float((apart - together).abs().max())


def test_nothing_counted_tells_nothing() -> None:
    assert torch.allclose(by_place(torch.zeros(3, 8)), torch.full((3, 8), 1 / 8))


def test_the_table_holds_the_model_beside_what_looks_at_no_other_code() -> None:
    logits = torch.randn(20, 4, 6)
    codes = torch.randint(6, (20, 4))
    told = log_likelihoods(logits, codes)
    expected = torch.nn.functional.cross_entropy(logits.flatten(0, 1), codes.flatten())
    assert float(-told.mean()) == pytest.approx(float(expected))
    table = compared(Compared(told, codes, torch.zeros(7, 4, dtype=torch.int64), torch.ones(4, 6)), "Toys test")
    assert table.values()["nll"] == pytest.approx(float(expected))
    assert table.values()["bits"] == pytest.approx(4 * float(expected) / log(2))
    assert table.values()["code_perplexity"] == pytest.approx(1)
    assert table.values()["used_codes"] == 1
    for row in ("their shares at each place", "their shares everywhere", "all alike"):
        assert table.values(row)["nll"] == pytest.approx(log(6))
    assert table.values("the held-out images' own")["used_codes"] == len(codes.unique())
