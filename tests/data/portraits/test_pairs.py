import torch
from torch import Tensor

from gan_cli.data.portraits.pairs import FramePairs
from gan_cli.data.sampling import Span
from gan_cli.data.transforms import Framing


class Numbered(FramePairs):
    """Frames whose two channels are the numbers of the film and of the frame in it."""

    def frames(self, films: Tensor, places: Tensor) -> Tensor:
        return torch.stack([films, places], dim=1).to(torch.uint8)[:, :, None, None]


LENGTHS = torch.tensor([5, 1, 9])


def numbered(reach: int = 0, flip: bool = False) -> Numbered:
    return Numbered(LENGTHS, reach, Framing(16, 16, flip))


def test_by_number_each_frame_is_made_of_the_first_of_its_film() -> None:
    part = numbered()
    batch = part[torch.arange(len(part))].batch
    assert len(part) == 4 + 8
    assert batch.driving[:, :, 0, 0].tolist() == [[0, k] for k in range(1, 5)] + [[2, k] for k in range(1, 9)]
    assert batch.source[:, :, 0, 0].tolist() == [[0, 0]] * 4 + [[2, 0]] * 8


def test_in_training_the_other_frame_is_any_of_the_same_film_but_the_same() -> None:
    part = numbered()
    batch = part[Span(3, 0, 1200)].batch
    source, driving = (one[:, :, 0, 0].long() for one in batch)
    assert torch.equal(source[:, 0], driving[:, 0])
    assert (source[:, 1] != driving[:, 1]).all()
    seen = {
        (place, other) for film, place, other in zip(*driving.T.tolist(), source[:, 1].tolist(), strict=True) if film
    }
    assert seen == {(place, other) for place in range(1, 9) for other in range(9) if other != place}


def test_two_frames_are_no_further_apart_than_reach() -> None:
    source, driving = (one[:, 1, 0, 0].long() for one in numbered(reach=2)[Span(0, 0, 500)].batch)
    assert set((source - driving).abs().tolist()) == {1, 2}


def test_what_is_drawn_is_a_function_of_the_place() -> None:
    whole = numbered()[Span(0, 0, 64)].batch
    later = numbered()[Span(0, 20, 30)].batch
    assert torch.equal(whole.source[20:30], later.source)
    assert torch.equal(whole.driving[20:30], later.driving)


def test_both_frames_of_a_pair_are_mirrored_or_none() -> None:
    mirrored = numbered(flip=True)[Span(0, 0, 64)].mirrored
    assert torch.equal(mirrored["source"], mirrored["driving"])
    assert 0 < int(mirrored["source"].sum()) < 64
    assert not numbered(flip=True)[torch.arange(4)].mirrored
