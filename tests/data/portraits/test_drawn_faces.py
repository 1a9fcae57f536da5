import pytest
import torch

from gan_cli.data import DrawnFaces
from gan_cli.data.portraits import comparison
from gan_cli.data.portraits.drawn_people import drawn, parts_of, people, pose_at, poses
from gan_cli.seeding import stream


def faces(**arguments: int) -> DrawnFaces:
    return DrawnFaces(**{"num_films": 10, "num_frames": 6, "image_size": 32, **arguments})


def test_held_out_people_are_others_and_everything_is_drawn_from_the_seed() -> None:
    data = faces()
    train, test = (data.part(split)[torch.arange(5)].batch for split in ("train", "test"))
    assert train.source.shape == (5, 3, 32, 32)
    assert train.source.dtype == torch.uint8
    assert not torch.equal(train.driving, test.driving)
    assert torch.equal(train.driving, faces().part("train")[torch.arange(5)].batch.driving)
    assert not torch.equal(train.driving, faces(seed=1).part("train")[torch.arange(5)].batch.driving)
    assert (len(data.part("train")), len(data.part("test"))) == (50, 10)


def test_eyes_and_mouths_are_where_they_are_said_to_be() -> None:
    random = stream("eyes")
    who, moves = people(20, random), poses(20, 1, random)
    pose = pose_at(moves, torch.arange(20), torch.zeros(20, dtype=torch.int64))
    pose = pose._replace(lids=torch.ones(20), look=torch.zeros(20), jaw=torch.zeros(20), smile=torch.zeros(20))
    pictures = drawn(who, pose, 128)
    places = ((parts_of(who, pose) + 1) * 64).long().clamp(0, 127)
    for part, colour in ((0, 2), (1, 2)):  # the middle of an eye that looks ahead has the colour of eyes
        there = pictures[torch.arange(20), :, places[:, part, 1], places[:, part, 0]].float() / 255
        assert (there - who.colours[:, colour]).abs().max() < 0.05


def test_people_in_the_poses_of_others_are_known() -> None:
    data = faces()
    found = data.crossed(count=2)
    assert found.source.shape == (2, 3, 32, 32)
    assert found.driving.shape == found.truth.shape == found.relative.shape == (2, 6, 3, 32, 32)
    assert torch.equal(found.relative[:, 0], found.source)  # as the film begins, the picture is held as it is
    assert not torch.equal(found.truth[:, 0], found.source)
    corners = found.truth[:, :, :, 0, 0], found.source[:, :, 0, 0], found.driving[:, :, :, 0, 0]
    assert torch.equal(corners[0], corners[1][:, None].expand_as(corners[0]))  # their own background, not the film's
    assert not torch.equal(corners[0], corners[2])


def test_the_truth_is_measured_as_perfect_and_a_copy_as_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "STEPS", 30)
    data = faces(num_films=20)
    numbers = torch.arange(0, 20, 2)
    table = data.compared(data.part("test")[numbers].batch.driving, numbers, "test")
    made, copied = table.values(), table.values("the source as it is")
    assert made["l1"] == made["identity"] == made["displaced"] == 0
    assert made["psnr"] == 100
    assert copied["l1"] > 1
    assert copied["displaced"] > 1
    others = table.values("frames of other films")
    assert others["identity"] > copied["identity"]
    assert "eyes" in table.notes[-1]
