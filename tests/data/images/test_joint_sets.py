from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from gan_cli.data import JointSets
from gan_cli.data.doctor import diagnose
from gan_cli.data.sampling import Span
from gan_cli.errors import UserError
from tests.data import pictures

FACES = {f"{number:06d}.jpg": ("1 -1", "-1 1")[number % 2] for number in range(20)}


@pytest.fixture
def joint(tmp_path: Path) -> JointSets:
    """Twenty dark faces with two attributes, and six light ones with one of three classes."""
    for name in FACES:
        pictures.plain(tmp_path / "celeba" / "img_align_celeba" / name, (10, 10, 10))
    lines = ["20", "Male Young", *(f"{name} {row}" for name, row in FACES.items())]
    (tmp_path / "celeba" / "list_attr_celeba.txt").write_text("\n".join(lines))
    for mood in ("angry", "happy", "sad"):
        for part, names in (("train", "ab"), ("test", "c")):
            for name in names:
                pictures.plain(tmp_path / "moods" / part / mood / f"{name}.png", (200, 200, 200))
    return JointSets(
        root=str(tmp_path),
        second_root=str(tmp_path / "moods"),
        first_options={"attributes": ("Male", "Young")},
        image_size=16,
        batch_size=4,
        num_workers=0,
    )


def is_first(images: Tensor) -> list[bool]:
    return (images.float().mean((1, 2, 3)) < 100).tolist()


def test_facts_are_those_of_both(joint: JointSets) -> None:
    names = ("Male", "Young", "angry", "happy", "sad")
    assert joint.facts == {
        "name": "JointSets",
        "image_size": 16,
        "image_channels": 3,
        "num_classes": 5,
        "class_names": names,
        "attributes": True,
        "label_sets": ("2 attributes", "3 classes"),
    }


def test_batches_are_of_each_set_in_turn_and_know_their_own_labels_alone(joint: JointSets) -> None:
    joint.setup("fit")
    batches = [loaded.batch for loaded in joint.train_dataloader()]
    assert len(batches) == (18 + 6) // 4
    assert [is_first(batch.images) for batch in batches] == [[True] * 4, [False] * 4] * 3
    for batch in batches[::2]:
        assert batch.labels[:, :2].sum(1).tolist() == [1] * 4
        assert batch.labels[:, 2:].isnan().all()
    for batch in batches[1::2]:
        assert batch.labels[:, :2].isnan().all()
        assert batch.labels[:, 2:].sum(1).tolist() == [1] * 4


def test_each_set_is_passed_through_whole_whoever_shares_the_batches(joint: JointSets) -> None:
    part = joint.part("train")
    seen = [part[Span(0, start, start + 2)].batch for start in range(0, 2 * 12, 2)]  # two processes' halves
    of_second = torch.cat([batch.labels for batch in seen if not is_first(batch.images)[0]])
    assert of_second[:6, 2:].sum(0).tolist() == [2, 2, 2]
    whole = [part[Span(0, start, start + 4)].batch for start in range(0, 2 * 12, 4)]
    for halves, batch in zip(zip(seen[::2], seen[1::2], strict=True), whole, strict=True):
        assert torch.equal(torch.cat([half.images for half in halves]), batch.images)


def test_held_out_images_come_once_each_with_what_is_known_of_them(joint: JointSets) -> None:
    joint.setup("test")
    (batch,) = [loaded.batch for loaded in joint.test_dataloader()][:1]
    assert len(joint.at_hand()) == 2 + 3
    assert is_first(batch.images) == [True, True, False, False]
    mixed = joint.at_hand()[torch.tensor([4, 0, 3, 1])].batch
    assert is_first(mixed.images) == [False, True, False, True]
    assert mixed.labels[:, 4].nan_to_num().tolist() == [1, 0, 0, 0]
    inputs = {image.name: image.labels for image in joint.test_inputs("")}
    assert inputs.keys() == {
        *("first/000018.png", "first/000019.png"),
        *("second/angry/c.png", "second/happy/c.png", "second/sad/c.png"),
    }
    known = inputs["first/000018.png"]
    assert known is not None
    assert known[:2] == (1, 0)


def test_each_set_is_checked(joint: JointSets) -> None:
    told = diagnose(joint)
    assert told.facts[0] == "CelebA: 2 attributes"
    assert "ImageFolder: 3 classes" in told.facts
    assert any("train: 6 (angry 2, happy 2, sad 2)" in fact for fact in told.facts)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"first": "CelebB"}, r"data.first: CelebB is no set of images; did you mean CelebA\?"),
        ({"second": "Facades"}, "data.second: Facades is no set of images"),
        ({"first_options": {"attribute": ["Male"]}}, "data.first_options: CelebA has no attribute; did you mean attr"),
        ({"second_options": {"image_channels": 1}}, "data: images of 3 and of 1 channels do not go together"),
        ({"second": "CelebA", "second_root": "."}, "data: both sets have Black_Hair, Blond_Hair"),
    ],
)
def test_what_does_not_go_together_is_refused(joint: JointSets, arguments: dict[str, Any], message: str) -> None:
    settings = {**dict(joint.hparams), "first_options": None, **arguments}
    with pytest.raises(UserError, match=message):
        _ = JointSets(**settings).facts
