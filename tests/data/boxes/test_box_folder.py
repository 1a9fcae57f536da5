"""Boxes by folder: four layouts say the same, and what is wrong is named by file and line."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from gan_cli.data import Boxes
from gan_cli.data.boxes.voc_files import objects_of
from gan_cli.data.doctor import diagnose
from gan_cli.data.sampling import Span
from gan_cli.errors import UserError
from tests.data.boxes.layouts import LAYOUTS, WIDTH, coco, images, voc, yolo

each_layout = pytest.mark.parametrize("write", LAYOUTS, ids=lambda write: write.__name__)


def boxes(root: Path, **arguments: object) -> Boxes:
    return Boxes(str(root), **{"image_size": 20, "batch_size": 2, "num_workers": 0, **arguments})  # type: ignore[arg-type]


@each_layout
def test_every_layout_gives_the_same_boxes(write: Callable[[Path], None], tmp_path: Path) -> None:
    write(tmp_path)
    data = boxes(tmp_path)
    assert (data.names, data.facts["box_classes"]) == (("cat", "dog"), 2)
    part = data.part("train")
    assert (len(part), len(data.part("test"))) == (8, 2)
    batch = part[torch.arange(8)].batch
    assert batch.images.shape == (8, 3, 20, 20)
    assert batch.counts == (1,) * 8
    # the picture of 40x20 is brought to 20x20: half as wide, as high as before
    assert torch.allclose(batch.boxes[:, 0, :4], torch.tensor([2.0, 2.0, 12.0, 12.0]), atol=1e-4)
    assert batch.boxes[:, 0, 4].sum() > 0
    assert not diagnose(data).findings


@each_layout
def test_boxes_that_are_not_possible_are_refused_by_file_and_line(write: Callable[..., None], tmp_path: Path) -> None:
    write(tmp_path, (4, 2, WIDTH + 9, 12))
    with pytest.raises(UserError, match="is not within the picture of 40x20 pixels") as refused:
        boxes(tmp_path).part("train")
    assert re.search(r"(0\.xml, line \d+|0\.txt, line 1|annotations\[0\])", str(refused.value))
    assert len(str(refused.value).splitlines()) == 3
    (finding,) = [one for one in diagnose_mistakes(tmp_path) if one[0] == "boxes that are not possible"]
    assert len(finding[1]) == 10
    left = boxes(tmp_path, bad_boxes="skip").marked("train")
    assert not any(one.boxes for one in left)


def diagnose_mistakes(root: Path) -> list[tuple[str, list[str]]]:
    return list(boxes(root).mistakes().items())


def test_a_box_of_no_area_is_refused(tmp_path: Path) -> None:
    voc(tmp_path, (4, 2, 4, 12))
    with pytest.raises(UserError, match=r"0\.xml, line 5: cat: the box from 4, 2 to 4, 12 has no area"):
        boxes(tmp_path).part("train")


def test_unknown_classes_are_named(tmp_path: Path) -> None:
    yolo(tmp_path)
    (tmp_path / "labels" / "3.txt").write_text("7 0.5 0.5 0.1 0.1\n")
    with pytest.raises(UserError, match=r"3\.txt, line 1: class 7 is unknown; there are 2 names"):
        boxes(tmp_path).part("train")
    with pytest.raises(UserError, match=r"data.classes: 'cats' is none.*; the boxes are of cat, dog"):
        _ = boxes(tmp_path, classes=("cats",)).facts
    (tmp_path / "classes.txt").unlink()
    with pytest.raises(UserError, match=r"put a classes\.txt there"):
        boxes(tmp_path).part("train")


def test_only_the_classes_asked_for_are_learned(tmp_path: Path) -> None:
    coco(tmp_path)
    data = boxes(tmp_path, classes=("dog",))
    counts = data.part("train").counts
    assert 0 < int(counts.sum()) < len(counts)
    assert any(line == "classes left out: cat 5" for line in data.notes())
    assert any("crowds: 1" in line for line in data.notes())


def test_mirrored_images_have_mirrored_boxes(tmp_path: Path) -> None:
    voc(tmp_path)
    data = boxes(tmp_path)
    loaded = data.part("train")[Span(0, 0, 64)]
    seen = data.on_device(loaded)
    mirrored = loaded.mirrored["boxes"]
    assert 0 < int(mirrored.sum()) < 64
    assert torch.equal(loaded.mirrored["images"], mirrored)
    assert torch.allclose(seen.boxes[mirrored][:, 0, :4], torch.tensor([8.0, 2.0, 18.0, 12.0]), atol=1e-4)  # type: ignore[union-attr]


def test_crops_show_boxes_that_are_large_enough(tmp_path: Path) -> None:
    voc(tmp_path)
    data = boxes(tmp_path, reduction=4, image_size=16)
    batch = data.part("train")[torch.arange(8)].batch
    assert batch.images.shape == (8, 3, 16, 16)
    assert torch.equal(batch.boxes[0, 0, :4], torch.tensor([0.0, 0.0, 16.0, 16.0]))
    assert (data.facts["reduction"], data.facts["most_boxes"]) == (4, 1)
    with pytest.raises(UserError, match="no box of cat, dog is 24 pixels long"):
        boxes(tmp_path, reduction=4, image_size=24).part("train")


def test_parts_come_from_lists_folders_and_files_of_annotations(tmp_path: Path) -> None:
    voc(tmp_path / "voc")
    (tmp_path / "voc" / "ImageSets" / "Main").mkdir(parents=True)
    (tmp_path / "voc" / "ImageSets" / "Main" / "val.txt").write_text("3\n4 1\n")
    assert len(boxes(tmp_path / "voc").marked("val")) == 2
    coco(tmp_path / "coco")
    (tmp_path / "coco" / "annotations.json").rename(tmp_path / "coco" / "instances_test.json")
    assert len(boxes(tmp_path / "coco").marked("test")) == 10


def test_images_of_one_name_in_two_parts_are_told_apart(tmp_path: Path) -> None:
    voc(tmp_path / "train")
    voc(tmp_path / "test", (0, 0, 40, 20))
    data = boxes(tmp_path)
    assert (len(data.marked("train")), len(data.marked("test"))) == (10, 10)
    assert {box[:4] for one in data.marked("test") for box in one.boxes} == {(0, 0, 40, 20)}


def test_images_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    voc(tmp_path)
    (tmp_path / "JPEGImages" / "3.png").write_bytes(b"\x89PNG\r\n\x1a\n nothing more")
    data = boxes(tmp_path)
    assert len(data.mistakes()["images with boxes that cannot be read"]) == 1
    with pytest.raises(UserError, match=r"3\.png .*cannot be read, and 0 others"):
        data.part("train")


def test_what_holds_no_boxes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there are no images"):
        boxes(tmp_path).part("train")
    images(tmp_path)
    with pytest.raises(UserError, match="has no boxes beside its 10 images; put Pascal VOC's"):
        boxes(tmp_path).part("train")
    (tmp_path / "images" / "1.xml").write_text("<annotation><object>")
    with pytest.raises(UserError, match=r"1\.xml, line 1, is no XML of boxes"):
        boxes(tmp_path).part("train")
    (tmp_path / "images" / "1.xml").write_text('<!DOCTYPE x [<!ENTITY a "b">]><annotation></annotation>')
    with pytest.raises(UserError, match="is no XML of boxes"):
        boxes(tmp_path).part("train")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"crop": True}, "data.crop: images with boxes are never cut"),
        ({"load_size": 30}, "data.load_size: images with boxes are never cut"),
        ({"on_error": "skip"}, "under a broken one's boxes"),
        ({"reduction": 1}, "data.reduction: 1 makes nothing small"),
        ({"image_channels": 2}, "images of 2 channels are not possible"),
    ],
)
def test_arguments_that_do_nothing_are_refused(arguments: dict[str, object], message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=message):
        boxes(tmp_path, **arguments)


def test_facades_xml_is_read_with_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text("<object><x>0.1</x><x>0.2</x></object>\n<object><x>0.3</x></object>")
    objects, named = objects_of(path)
    assert [one.line for one in objects] == [1, 2]
    assert objects[0].values == {"x": ["0.1", "0.2"]}
    assert named == ""


def test_real_boxes(real_data: Path) -> None:
    lights = Boxes(str(real_data / "traffic_lights_voc"))
    assert len(lights.part("train").every) + len(lights.part("test").every) > 150
    assert lights.facts["box_classes"] == 7
    facades = Boxes(str(real_data / "cmp_facades_base"), 32, classes=("window", "door"), reduction=4, bad_boxes="skip")
    assert len(facades.part("test")) > 300
