import torch
from torch import Tensor

from gan_cli.data.sampling import Span, StreamSampler, dealt_indices
from gan_cli.seeding import stream_indices


def test_each_pass_shows_every_image_once_in_another_order() -> None:
    first, second = stream_indices(10, 0, 0, 10), stream_indices(10, 0, 10, 20)
    assert sorted(first.tolist()) == sorted(second.tolist()) == list(range(10))
    assert not torch.equal(first, second)
    assert not torch.equal(first, stream_indices(10, 1, 0, 10))
    assert not torch.equal(first, stream_indices(10, 0, 0, 10, use="order/b"))


def test_any_cut_of_the_stream_is_the_stream() -> None:
    whole = stream_indices(7, 3, 0, 40)
    assert torch.equal(stream_indices(7, 3, 5, 23), whole[5:23])
    assert torch.equal(torch.cat([stream_indices(7, 3, k, k + 4) for k in range(0, 40, 4)]), whole)


def sampler(position: int = 0, rank: int = 0, world_size: int = 1, batch_size: int = 4) -> StreamSampler:
    return StreamSampler(10, batch_size, seed=0, rank=rank, world_size=world_size, position=lambda: position)


def order(span: Span) -> Tensor:
    return stream_indices(10, *span)


def test_two_processes_share_what_one_would_see() -> None:
    alone = list(sampler(batch_size=4))
    shared = zip(sampler(rank=0, world_size=2, batch_size=2), sampler(rank=1, world_size=2, batch_size=2), strict=True)
    for one, halves in zip(alone, shared, strict=True):
        assert torch.equal(order(one), torch.cat([order(half) for half in halves]))


def test_a_loader_started_anywhere_goes_on_where_the_run_stands() -> None:
    batches = [*sampler(0), *sampler(8), *sampler(16)]
    assert next(iter(sampler(4))) == batches[1]
    assert next(iter(sampler(20))) == batches[5]


def test_evaluation_deals_every_image_once_and_a_process_may_get_none() -> None:
    dealt = [torch.cat(dealt_indices(7, 2, rank, 3)).tolist() for rank in range(3)]
    assert sorted(index for part in dealt for index in part) == list(range(7))
    assert dealt_indices(2, 4, 3, 4) == []
