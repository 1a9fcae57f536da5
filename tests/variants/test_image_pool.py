from itertools import chain

import torch
from torch import Tensor

from gan_cli.seeding import stream
from gan_cli.variants.image_pool import ImagePool, dealt_out


def numbered(*numbers: int) -> Tensor:
    return torch.tensor(numbers).float().reshape(-1, 1, 1, 1)


def numbers(images: Tensor) -> list[int]:
    return [int(number) for number in images.flatten()]


def test_until_it_is_full_every_image_comes_back() -> None:
    pool = ImagePool(3)
    assert numbers(pool.answer(numbered(1, 2), stream(0))) == [1, 2]
    assert numbers(pool.answer(numbered(3), stream(1))) == [3]
    assert pool.images is not None
    assert numbers(pool.images) == [1, 2, 3]


def test_then_half_of_the_answers_are_older_images_which_the_fresh_ones_replace() -> None:
    pool = ImagePool(50)
    pool.answer(numbered(*range(50)), stream("fill"))
    fresh = list(range(50, 1050))
    answers = numbers(pool.answer(numbered(*fresh), stream("answer")))
    older = [answer for answer, image in zip(answers, fresh, strict=True) if answer != image]
    assert 440 < len(older) < 560
    assert len(set(older)) == len(older)  # an image that was given back is gone
    assert pool.images is not None
    assert len(pool.images) == 50
    assert set(numbers(pool.images)) | set(answers) == set(range(1050))


def test_a_pool_of_nothing_gives_every_image_back() -> None:
    pool = ImagePool(0)
    assert numbers(pool.answer(numbered(*range(20)), stream(0))) == list(range(20))


def test_a_batch_is_answered_as_its_images_would_be() -> None:
    whole, single = ImagePool(2), ImagePool(2)
    one, other = stream(0), stream(0)
    answers = numbers(whole.answer(numbered(*range(9)), one))
    assert answers == [number for image in numbered(*range(9)) for number in numbers(single.answer(image[None], other))]


def test_each_process_takes_its_own_pool_again_or_a_share_of_all() -> None:
    def dealt(world_size: int, capacity: int = 6) -> list[list[int]]:
        saved = [numbered(1, 2, 3), numbered(4, 5, 6)]
        dealt = [dealt_out(saved, rank, world_size, capacity) for rank in range(world_size)]
        return [numbers(pool) for pool in dealt if pool is not None]

    assert dealt(2) == [[1, 2, 3], [4, 5, 6]]
    assert sorted(chain(*dealt(3))) == [1, 2, 3, 4, 5, 6]
    assert dealt(1) == [[1, 2, 3, 4, 5, 6]]
    assert dealt(1, capacity=4) == [[1, 2, 3, 4]]
    assert dealt_out([None, None], 0, 1, 6) is None
