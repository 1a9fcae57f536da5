import pytest
import torch
from torch import Tensor
from torchmetrics.functional import jaccard_index

from gan_cli.metrics.segmentation import (
    LARGEST,
    NOBODY,
    MappedImages,
    Segmenter,
    confusion,
    mean_iou,
    reduced,
    train_segmenter,
)
from gan_cli.metrics.undefined import Undefined


def coloured(count: int = 24) -> MappedImages:
    """Maps in halves of two of three classes, and pictures whose colour tells the class."""
    random = torch.Generator().manual_seed(0)
    labels = torch.randint(3, (count, 1, 1, 2), generator=random).repeat_interleave(16, 2).repeat_interleave(8, 3)
    levels = torch.tensor([30, 120, 220], dtype=torch.uint8)
    noise = torch.randint(20, (count, 3, 16, 16), generator=random, dtype=torch.uint8)
    return MappedImages(levels[labels].expand(-1, 3, -1, -1) + noise, labels.to(torch.int16))


@pytest.fixture(scope="module")
def learned() -> Segmenter:
    return train_segmenter(coloured(), 3, steps=40, batch_size=8)


def test_classes_are_learned_from_pictures_with_their_maps(learned: Segmenter) -> None:
    images, labels = coloured()
    assert mean_iou(confusion(learned, images, labels)) > 0.9
    assert mean_iou(confusion(learned, images, labels.roll(1, 0))) < 0.6  # the maps of others
    again = train_segmenter(coloured(), 3, steps=40, batch_size=8)
    assert all(torch.equal(a, b) for a, b in zip(again.parameters(), learned.parameters(), strict=True))


def test_the_mean_is_that_of_torchmetrics_over_the_classes_that_there_are() -> None:
    random = torch.Generator().manual_seed(0)
    said, wanted = torch.randint(4, (2, 1000), generator=random)
    table = (wanted * 5 + said).bincount(minlength=25).view(5, 5)  # of the fifth class there is no pixel
    theirs: Tensor = jaccard_index(said, wanted, task="multiclass", num_classes=4)
    assert mean_iou(table) == pytest.approx(theirs.item())
    assert mean_iou(torch.tensor([[3, 1], [2, 4]])) == pytest.approx((3 / 6 + 4 / 7) / 2)
    with pytest.raises(Undefined, match="no pixel of the maps has a class"):
        mean_iou(torch.zeros(2, 2, dtype=torch.int64))


def test_pixels_that_nobody_knows_do_not_count(learned: Segmenter) -> None:
    images, labels = coloured()
    hidden = labels.clone()
    hidden[:, :, 8:] = NOBODY
    table = confusion(learned, images, hidden)
    assert int(table.sum()) == labels[:, :, :8].numel()
    with pytest.raises(Undefined, match="no pixel of the training maps has a class"):
        train_segmenter(MappedImages(images, torch.full_like(labels, NOBODY)), 3, steps=1)


def test_large_maps_are_reduced_to_whole_numbers() -> None:
    labels = torch.randint(-1, 100, (1, 1, 2 * LARGEST, LARGEST), dtype=torch.int16)
    small = reduced(labels, whole=True)
    assert small.shape == (1, 1, LARGEST, LARGEST // 2)
    assert small.dtype == torch.int16
    assert set(small.unique().tolist()) <= set(labels.unique().tolist())
