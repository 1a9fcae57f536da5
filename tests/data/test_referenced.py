from typing import Any

import pytest
import torch
from torch import Tensor

from gan_cli.batches import REFERENCES, ImageBatch, ReferencedBatch
from gan_cli.data.parts import InMemory, LabelledImages
from gan_cli.data.referenced import Referenced
from gan_cli.data.sampling import Span
from gan_cli.data.stores import TensorStore
from gan_cli.data.transforms import Framing
from gan_cli.errors import UserError
from tests.toys import FewStyles

LABELS = torch.tensor([0] * 30 + [1] * 10 + [2] * 60)
"""Of the images of `PART`, every pixel of which is the image's number; columns from 0 on the left."""


def part_of(labels: Tensor = LABELS, framing: Framing | None = None) -> LabelledImages:
    images = torch.arange(100, dtype=torch.uint8)[:, None, None, None].expand(-1, 1, 16, 16)
    return LabelledImages(TensorStore(images), labels, framing or Framing(16, 16, flip=False))


def batch_at(start: int, stop: int, seed: int = 0) -> ReferencedBatch:
    batch = Referenced(part_of())[Span(seed, start, stop)].batch
    assert isinstance(batch, ReferencedBatch)
    return batch


def test_references_are_of_the_class_wanted_and_all_classes_are_as_likely() -> None:
    images, labels, reference, other, wanted = batch_at(0, 3000)
    numbers = [field[:, 0, 0, 0].long() for field in (images, reference, other)]
    for of_field, classes in zip(numbers, (labels, wanted, wanted), strict=True):
        assert torch.equal(LABELS[of_field], classes)
        shares = classes.bincount() / 3000
        assert (shares - 1 / 3).abs().max() < 0.03  # four deviations, though the classes are of 30, 10 and 60
        assert of_field.unique().numel() == 100
    assert 0.25 < (labels == wanted).float().mean() < 0.42  # the class wanted may be the image's own
    assert not (numbers[1] == numbers[2]).any()  # and the two references are two images


def test_the_only_image_of_a_class_is_both_references() -> None:
    part = Referenced(part_of(torch.tensor([0] * 99 + [1])))
    _, _, reference, other, wanted = part[Span(0, 0, 100)].batch
    assert set(reference[wanted == 1].flatten().tolist()) == set(other[wanted == 1].flatten().tolist()) == {99}


def test_a_batch_is_a_function_of_its_places() -> None:
    whole = batch_at(100, 116)
    halves = batch_at(100, 108), batch_at(108, 116)
    assert all(torch.equal(field, torch.cat(parts)) for field, *parts in zip(whole, *halves, strict=True))
    assert not torch.equal(whole.images, batch_at(100, 116, seed=1).images)


def test_batches_by_number_are_those_of_the_part() -> None:
    batch = Referenced(part_of())[torch.tensor([3, 99])].batch
    assert isinstance(batch, ImageBatch)
    assert batch.labels.tolist() == [0, 2]


def test_all_three_are_augmented_each_for_itself_and_shown_as_images_are() -> None:
    part = Referenced(part_of(framing=Framing(16, 16, flip=True, dequantise=True)))
    loaded = part[Span(0, 0, 400)]
    assert loaded.mirrored.keys() == loaded.keys.keys() == {"images", *REFERENCES}
    first, second, third = loaded.mirrored.values()
    for one, other in ((first, second), (second, third), (first, third)):
        assert 0.4 < (one == other).float().mean() < 0.6
    data = FewStyles(image_size=16, batch_size=4)
    shown: Any = data.on_device(Referenced(data.part("train"))[Span(0, 0, 4)])
    for field in (shown.images, shown.reference, shown.other_reference):
        assert field.dtype == torch.float32
        assert field.min() >= -1
    assert shown.labels.dtype == shown.wanted.dtype == torch.int64


def test_a_set_in_memory_has_references_too() -> None:
    batch = Referenced(InMemory(ImageBatch(torch.zeros(9, 1, 4, 4), torch.arange(9) % 3)))[Span(0, 0, 5)].batch
    assert batch.reference.shape == (5, 1, 4, 4)


def test_what_has_no_class_each_is_refused() -> None:
    with pytest.raises(UserError, match="data: references are of one class each"):
        Referenced(part_of(torch.zeros(100, 3)))
    with pytest.raises(UserError, match="data: class 1 has no images that could be references"):
        Referenced(part_of(2 * (LABELS > 0)))
