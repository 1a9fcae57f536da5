import math

import pytest
import torch
from lightning.pytorch.strategies import SingleDeviceStrategy
from torch import Tensor

from gan_cli.errors import Diverged
from gan_cli.variants.finiteness import FinitenessGuard
from gan_cli.variants.log import RunningMeans, Series

MANY = 2 * Series.PAGE + 5


def test_a_mean_is_over_all_that_came_since_the_last_one() -> None:
    means = RunningMeans()
    for number in range(MANY):
        means.note("often", torch.tensor(float(number)))
        if number % 4 == 0:
            means.note("lazy", torch.tensor([number, number + 2], dtype=torch.bfloat16 if number < 99 else torch.float))
    taken = means.taken()
    assert taken["often"].item() == (MANY - 1) / 2
    assert taken["lazy"].item() == pytest.approx((MANY - 1) / 2 + 1)
    means.note("often", torch.tensor(7.0))
    assert {name: value.item() for name, value in means.taken().items()} == {"often": 7.0}


def test_nothing_is_computed_of_a_scalar_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    stack = torch.stack

    def counted(tensors: list[Tensor]) -> Tensor:
        calls.append(len(tensors))
        return stack(tensors)

    monkeypatch.setattr(torch, "stack", counted)
    series = Series()
    for number in range(MANY):
        series.add(torch.tensor(float(number)))
    assert calls == [Series.PAGE, Series.PAGE]
    assert series.values().tolist() == [float(number) for number in range(MANY)]


@pytest.mark.parametrize("bad", [3, Series.PAGE, MANY - 1])
def test_the_first_loss_that_is_not_finite_is_found(bad: int) -> None:
    guard, strategy = FinitenessGuard(), SingleDeviceStrategy()
    for step in range(MANY):
        guard.note("generator", torch.tensor(math.nan if step in (bad, MANY) else 1.0), step)
        guard.note("discriminator", torch.tensor(1.0), step)
    for _ in range(2):  # what was found is not forgotten
        with pytest.raises(Diverged, match=f"the generator's loss was not finite at step {bad};"):
            guard.raise_if_not_finite(strategy)


def test_what_was_looked_at_is_not_kept() -> None:
    guard, strategy = FinitenessGuard(), SingleDeviceStrategy()
    guard.note("generator", torch.tensor(1.0), 1)
    guard.raise_if_not_finite(strategy)
    assert not guard._losses
    guard.raise_if_not_finite(strategy)
