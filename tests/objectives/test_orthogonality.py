import torch
from torch import nn

from gan_cli.objectives.orthogonality import pull_rows_apart


def test_it_is_the_gradient_of_half_the_penalty_without_its_diagonal() -> None:
    torch.manual_seed(0)
    weights = [nn.Parameter(torch.randn(*shape).double()) for shape in ((4, 3), (3, 2, 2, 2), (5,))]
    for weight in weights:
        weight.grad = torch.ones_like(weight)
    pull_rows_apart(weights, 0.3)
    for weight in weights[:2]:
        rows = weight.flatten(1)
        pairs = [rows[i] @ rows[j] for i in range(len(rows)) for j in range(len(rows)) if i != j]
        penalty = 0.3 / 2 * torch.stack(pairs).square().sum()
        (expected,) = torch.autograd.grad(penalty, weight)
        assert weight.grad is not None
        assert torch.allclose(weight.grad, 1 + expected)
    assert weights[2].grad is not None
    assert torch.equal(weights[2].grad, torch.ones(5).double())


def test_orthogonal_rows_of_any_length_are_left_alone() -> None:
    weight = nn.Parameter(torch.diag(torch.tensor([1.0, 2.0, 5.0])))
    weight.grad = torch.zeros(3, 3)
    pull_rows_apart([weight], 1.0)
    assert not weight.grad.any()
    pull_rows_apart([nn.Parameter(torch.ones(2, 2))], 1.0)  # a weight that rests has no gradient
