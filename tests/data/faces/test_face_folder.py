from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from gan_cli.data import FaceFolder
from gan_cli.data.doctor import diagnose
from gan_cli.data.faces.poses import read_pose, turned
from gan_cli.errors import UserError
from tests.data import pictures

POSES = ("left", "right", "up", "straight")


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    """Four persons in four poses and two moods."""
    for person in "abcd":
        for pose in POSES:
            for mood in ("sad", "happy"):
                pictures.write(tmp_path / person / f"{person}_{pose}_{mood}_open_2.png", 40, 40)
    return tmp_path


def folder(root: Path, **arguments: Any) -> FaceFolder:
    return FaceFolder(**{"root": str(root), "image_size": 16, "batch_size": 2, "num_workers": 0, **arguments})


@pytest.mark.parametrize(
    ("name", "yaw", "pitch"),
    [
        ("an2i left angry open 2", 45, 0),
        ("straight", 0, 0),
        ("p30", 30, 0),
        ("x m15 7", -15, 0),
        ("-60", -60, 0),
        ("yaw45", 45, 0),
        ("30deg", 30, 0),
        ("up happy", 0, 30),
        ("051 06", 0, 0),
        ("041 06 left", 30, 0),
    ],
)
def test_words_tell_the_pose(name: str, yaw: float, pitch: float) -> None:
    found = read_pose(name.split(), {"051": 0, "041": 30})
    assert found is not None
    assert (found[0].yaw, found[0].pitch) == (yaw, pitch)


def test_a_number_alone_is_no_pose() -> None:
    assert read_pose(["cat", "2", "17"], {}) is None


def test_a_turned_face_is_to_become_the_frontal_one_of_its_mood(faces: Path) -> None:
    data = folder(faces)
    assert len(data.pairs("train")) + len(data.pairs("test")) == 4 * 3 * 2
    for pair in (*data.pairs("train"), *data.pairs("test")):
        assert pair.source.person == pair.target.person
        assert pair.source.rest == pair.target.rest
        assert pair.target.pose.is_frontal
    persons = [{pair.source.person for pair in data.pairs(split)} for split in ("train", "test")]
    assert not persons[0] & persons[1]
    assert data.pose_names == ("left", "right", "up")
    batch = data.part("test")[torch.tensor([0])].batch
    pair = data.pairs("test")[0]
    with Image.open(pair.target.file.path) as image:
        wanted = image.convert("L").resize((16, 16), Image.Resampling.BICUBIC)
    assert float((batch.target[0, 0].float() - torch.from_numpy(np.array(wanted)).float()).abs().max()) <= 1


def test_the_only_frontal_picture_serves_all_moods(faces: Path) -> None:
    for person in "abcd":
        (faces / person / f"{person}_straight_sad_open_2.png").unlink()
    assert {pair.target.rest[0] for pair in folder(faces).pairs("train")} == {"happy"}


def test_persons_may_be_parted_by_folders(faces: Path) -> None:
    for number, person in enumerate("abcd"):
        part = faces / ("train", "test")[number % 2]
        part.mkdir(exist_ok=True)
        (faces / person).rename(part / person)
    assert folder(faces).persons == (["a", "c"], ["b", "d"])
    pictures.write(faces / "train" / "b" / "b_left.png")
    pictures.write(faces / "train" / "b" / "b_straight.png")
    with pytest.raises(UserError, match="folder b is in"):
        folder(faces).persons  # noqa: B018


def test_multi_pies_cameras_are_told_by_a_table(tmp_path: Path) -> None:
    for person in ("010", "011", "012", "013"):
        for camera in ("041", "051", "140"):
            pictures.write(tmp_path / person / f"{person}_01_01_{camera}_06_cropped.png", 16, 16)
    data = folder(tmp_path, poses={"051": 0, "041": 30, "140": -15, "010": 75})
    assert data.pose_names == ("15", "30")
    assert {pair.source.pose.yaw for pair in data.pairs("train")} == {30, -15}


def test_check_names_what_is_not_used(faces: Path) -> None:
    pictures.write(faces / "a" / "portrait.png")
    pictures.write(faces / "loose_left.png")
    (faces / "b" / "b_straight_sad_open_2.png").unlink()
    found = {finding.what: finding.places for finding in diagnose(folder(faces)).findings}
    assert [Path(place).name for place in found["of no pose that the name tells, and not used"]] == ["portrait.png"]
    assert [Path(place).name for place in found["in no person's folder, and not used"]] == ["loose_left.png"]
    # the happy one is b's only frontal picture then, and serves all moods
    assert "turned, without a frontal picture to become, and not used" not in found


def test_a_mood_without_its_frontal_picture_is_named(faces: Path) -> None:
    pictures.write(faces / "b" / "b_left_angry_open_2.png", 40, 40)
    findings = {finding.what: finding.places for finding in diagnose(folder(faces)).findings}
    (place,) = findings["turned, without a frontal picture to become, and not used"]
    assert place.endswith("b_left_angry_open_2.png")


def write_landmarks(root: Path, extra: str = "") -> None:
    lines = ["file,left_eye_x,left_eye_y,right_eye_x,right_eye_y,nose_x,nose_y,left_x,left_y,right_x,right_y"]
    for person in "abcd":
        for pose in POSES:
            for mood in ("sad", "happy"):
                lines.append(f"{person}/{person}_{pose}_{mood}_open_2.png,10,15,30,15,20,20,12,30,28,30")
    (root / "landmarks.csv").write_text("\n".join(lines) + "\n" + extra)


def test_landmarks_tell_where_the_patches_are(faces: Path) -> None:
    write_landmarks(faces)
    data = folder(faces)
    batch = data.part("train")[torch.tensor([0])].batch
    wanted = torch.tensor([[10.0, 15], [30, 15], [20, 20], [12, 30], [28, 30]]) / 40
    assert torch.allclose(batch.source_points[0], wanted)
    assert torch.allclose(torch.tensor(data.facts["frontal_points"]).view(5, 2), wanted, atol=1e-4)
    boxed = folder(faces, box=(0.25, 0.25, 0.75, 1.0)).part("train")[torch.tensor([0])].batch
    # of 20x30 pixels the middle 20x20 are taken, from (10, 15) on
    assert torch.allclose(boxed.source_points[0, 2], torch.tensor([0.5, 0.25]))


def test_without_landmarks_places_go_by_the_pose(faces: Path) -> None:
    data = folder(faces)
    part = data.part("train")
    batch = part[torch.arange(len(part))].batch
    left, right = (batch.source_points[batch.pose == data.pose_names.index(name)][0] for name in ("left", "right"))
    assert left[2, 0] > data.frontal_points[2, 0] > right[2, 0]
    assert torch.equal(left, turned(data.frontal_points, data.pairs("train")[0].source.pose))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("a/a_left_sad_open_2.png,1,2,3", "needs 10 numbers"),
        ("a/nobody.png,1,1,1,1,1,1,1,1,1,1", "none of the set's pictures"),
        ("a/a_left_sad_open_2.png,1,1,1,1,1,1,1,1,1,41", "outside its 40x40 pixels"),
        ("a/a_left_sad_open_2.png,1,1,1,1,1,1,1,1,1,1", "was there before"),
    ],
)
def test_wrong_landmarks_are_named_by_their_line(faces: Path, line: str, reason: str) -> None:
    write_landmarks(faces, line)
    with pytest.raises(UserError, match=rf"landmarks.csv, line 34: .*{reason}"):
        folder(faces).part("train")
    findings = {finding.what: finding.places for finding in diagnose(folder(faces)).findings}
    assert reason in findings["landmarks that are wrong"][0]


def test_what_is_typed_wrongly_is_refused(faces: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="box"):
        folder(faces, box=(0.5, 0.0, 0.4, 1.0))
    with pytest.raises(UserError, match="points"):
        folder(faces, points=(0.1, 0.2))
    with pytest.raises(UserError, match=r"poses: .*051.*from -90 to 90"):
        folder(faces, poses={"051": 100})
    with pytest.raises(UserError, match="nothing is cut"):
        folder(faces, load_size=20)
    pictures.write(tmp_path / "other" / "x" / "x.png")
    with pytest.raises(UserError, match="no picture whose name tells a pose"):
        folder(tmp_path / "other").facts  # noqa: B018


def test_cmus_faces_are_read_as_they_lie(real_data: Path) -> None:
    data = folder(real_data / "pose_faces" / "cmu_faces", image_size=32)
    assert data.pose_names == ("left", "right", "up")
    assert len(data.pairs("train")) + len(data.pairs("test")) == 388
    assert sum(map(len, data.persons)) == 15
    lonely = data.mistakes()["turned, without a frontal picture to become, and not used"]
    assert len(lonely) == 8
