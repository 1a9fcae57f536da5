import pytest
import torch

from gan_cli.data import DigitsInScenes
from gan_cli.data.boxes import digits_in_scenes
from gan_cli.media.boxes import size_of


def test_boxes_are_where_digits_were_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digits_in_scenes, "HELD_OUT", 10)
    data = DigitsInScenes(64, num_scenes=60)
    train, test = data.part("train"), data.part("test")
    assert (len(train), len(test)) == (60, 10)
    every = train.every
    assert float(every[:, :4].min()) >= 0
    assert float(every[:, 2:4].max()) <= 64
    assert set(size_of(every, data.small_side).tolist()) == {0, 1, 2}
    batch = train[torch.arange(60)].batch
    assert batch.counts == tuple((~batch.boxes[..., 0].isnan()).sum(1).tolist())
    edges = batch.boxes[..., :4].nan_to_num(nan=-9.0)
    for of_one, count in zip(edges, batch.counts, strict=True):  # none lies on another
        for first in range(count):
            for second in range(first):
                one, other = of_one[first], of_one[second]
                assert not bool(((one[:2] < other[2:]) & (other[:2] < one[2:])).all())


def test_scenes_are_a_function_of_the_seed() -> None:
    one, same, other = (DigitsInScenes(32, num_scenes=8, split_seed=seed).part("train") for seed in (0, 0, 1))
    assert torch.equal(one.store[torch.arange(8)], same.store[torch.arange(8)])
    assert not torch.equal(one.boxes.nan_to_num(), other.boxes.nan_to_num())
