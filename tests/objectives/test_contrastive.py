"""The contrast of patches where it has a closed form, and beside the formula of the authors' code."""

from math import exp, log

import pytest
import torch
from torch.nn.functional import cross_entropy, normalize

from gan_cli.objectives.contrastive import patch_contrast


def test_patches_that_differ_in_everything_are_told_apart_and_equal_ones_are_not() -> None:
    """Of orthogonal vectors, a place's own has similarity 1 and the seven others 0: log(1 + 7 exp(-1 / T))."""
    apart = torch.eye(8).expand(2, -1, -1)
    assert patch_contrast(apart, apart, 0.5).tolist() == pytest.approx([log(1 + 7 * exp(-2))] * 2)
    assert patch_contrast(apart, apart.roll(1, dims=1), 0.5).tolist() == pytest.approx([log(7 + exp(2))] * 2)
    equal = apart[:, :1].expand(-1, 8, -1)
    assert patch_contrast(equal, equal).tolist() == pytest.approx([log(8)] * 2)


def test_it_is_what_the_authors_compute() -> None:
    """They put the place's own similarity in front, and in its stead among the others -10, which is as good as none."""
    torch.manual_seed(0)
    queries, keys = (normalize(torch.randn(3, 16, 5), dim=2) for _ in range(2))
    expected = []
    for image in range(3):
        rows = []
        for place in range(16):
            similar = [float(queries[image, place] @ keys[image, other]) for other in range(16)]
            own, similar[place] = similar[place], -10.0
            rows.append(torch.tensor([own, *similar]) / 0.07)
        expected.append(cross_entropy(torch.stack(rows), torch.zeros(16, dtype=torch.int64)))
    assert torch.allclose(patch_contrast(queries, keys), torch.stack(expected), atol=1e-5)


def test_only_the_queries_have_a_gradient() -> None:
    queries, keys = torch.eye(4)[None].requires_grad_(), torch.eye(4)[None].requires_grad_()
    patch_contrast(queries, keys).sum().backward()
    assert queries.grad is not None
    assert queries.grad.abs().sum() > 0
    assert keys.grad is None


def test_short_vectors_are_compared_in_float32() -> None:
    vectors = torch.eye(4, dtype=torch.bfloat16)[None]
    with torch.autocast("cpu", torch.bfloat16):
        found = patch_contrast(vectors, vectors, 0.3)
    assert found.dtype == torch.float32
    assert found.tolist() == pytest.approx([log(1 + 3 * exp(-1 / 0.3))])
