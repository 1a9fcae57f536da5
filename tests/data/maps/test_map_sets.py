from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from gan_cli.data import ADE20K, CityscapesMaps, CMPFacades, DigitMaps, GoPro, MapFolder, PhotoPatches
from gan_cli.data.doctor import contact_sheet, diagnose
from gan_cli.data.sampling import Span
from gan_cli.errors import UserError
from gan_cli.evaluation.collections import of_split
from gan_cli.media.label_maps import LabelMaps, edges_of
from gan_cli.media.medium import medium_of
from tests.data import pictures

Numbers = NDArray[Any]
SMALL: dict[str, Any] = {"image_size": 16, "batch_size": 2, "num_workers": 0}


def write_map(path: Path, width: int = 40, height: int = 30, values: tuple[int, ...] = (1, 2, 7)) -> Numbers:
    """A map in stripes from left to right, whose class is told by the photograph's brightness."""
    path.parent.mkdir(parents=True, exist_ok=True)
    stripes = np.repeat(np.array(values), -(-width // len(values)))[:width]
    numbers = np.tile(stripes, (height, 1)).astype(np.uint16 if max(values) > 255 else np.uint8)
    Image.fromarray(numbers).save(path)
    return numbers


def write_photo(path: Path, numbers: Numbers) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.repeat((numbers * 20).astype(np.uint8)[..., None], 3, axis=2)).save(path)


def own(root: Path, count: int = 4, instances: bool = False) -> Path:
    for number in range(count):
        numbers = write_map(root / f"labels/{number}.png", 40 + number)
        write_photo(root / f"images/{number}.png", numbers)
        if instances:
            write_map(root / f"instances/{number}.png", 40 + number, values=(3, 3, 70_00))
    (root / "label_names.txt").write_text("".join(f"{value} part {value}\n" for value in range(8)))
    return root


def both_parts(data: MapFolder) -> None:
    for split in ("train", "test"):
        data.part(split)


@pytest.mark.parametrize("crop", [False, True])
def test_values_stay_whole_and_stay_with_their_photographs(tmp_path: Path, crop: bool) -> None:
    data = MapFolder(root=str(own(tmp_path)), crop=crop, **SMALL)
    loaded = data.part("train")[Span(0, 0, 20)]
    batch: Any = data.on_device(loaded)
    assert batch.source.dtype == torch.int64
    assert set(batch.source.unique().tolist()) <= {1, 2, 7}
    told = ((batch.target[:, :1] + 1) * 127.5 / 20).round()
    agree = (told == batch.source).float().mean()
    assert agree > (0.999 if crop else 0.8)  # a photograph is resampled between stripes
    assert set(loaded.mirrored) == {"source", "target"}
    assert set(loaded.mirrored["source"].tolist()) == {True, False}


def test_classes_and_colours_travel_with_the_facts(tmp_path: Path) -> None:
    root = own(tmp_path)
    (root / "label_names.txt").write_text("0 sky #0000ff\n1 old roof #ff0000\n\n2 wall #808080\n")
    data = MapFolder(root=str(root), unknown=7, **SMALL)
    facts = data.facts
    assert (facts["num_labels"], facts["label_names"]) == (4, ("sky", "old roof", "wall", "unknown"))
    assert (facts["domains"], facts["instance_edges"]) == (("labels", "photo"), False)
    medium = medium_of(data.record()["fields"]["source"])
    assert medium == LabelMaps(facts["label_names"], ((0, 0, 255), (255, 0, 0), (128, 128, 128), (0, 0, 0)), 7)
    batch = data.part("train")[Span(0, 0, 4)].batch
    assert set(batch.source.unique().tolist()) == {1, 2, 3}
    assert MapFolder(**data.hparams).facts == facts


def test_edges_lie_between_single_things(tmp_path: Path) -> None:
    data = MapFolder(root=str(own(tmp_path, instances=True)), flip=False, **SMALL)
    assert list(data.fields) == ["source", "target", "edges"]
    assert data.facts["instance_edges"]
    batch = data.part("test")[torch.arange(1)].batch
    columns = batch.edges[0, 0].any(0).nonzero().flatten().tolist()
    assert len(columns) == 2  # things 3 and 3 are one
    assert columns[1] == columns[0] + 1
    things = torch.tensor([[[1, 1, 2], [1, 1, 2], [3, 1, 2]]])
    assert edges_of(things).tolist() == [[[0, 1, 1], [1, 1, 1], [1, 1, 1]]]


def test_what_is_no_map_is_refused_before_the_first_step_and_found_by_a_check(tmp_path: Path) -> None:
    root = own(tmp_path)
    write_map(root / "labels/2.png", 42, values=(1, 9))
    said = r"labels/2.png is no map .* it has the value 9, but there are 8 classes, 0 to 7"
    for crop in (False, True):
        with pytest.raises(UserError, match=said):
            both_parts(MapFolder(root=str(root), crop=crop, **SMALL))
    write_map(root / "labels/2.png", 42)
    write_map(root / "labels/3.png", 20)
    said = r"labels/3.png and .*images/3.png differ in size \(20x30 and 43x30\)"
    with pytest.raises(UserError, match=said):
        both_parts(MapFolder(root=str(root), **SMALL))
    (finding,) = diagnose(MapFolder(root=str(root), **SMALL)).findings
    assert finding.what == "no map of these labels, or of another size than its photograph"
    assert finding.places[0].endswith("or type --data.on_error skip")
    (root / "labels/3.png").unlink()
    with pytest.raises(UserError, match=r"1 files of .* have no partner of the same name, such as .*images/3.png"):
        MapFolder(root=str(root), **SMALL).part("train")


def test_folders_without_names_are_refused(tmp_path: Path) -> None:
    root = own(tmp_path)
    (root / "label_names.txt").write_text("0 sky\nroof\n")
    with pytest.raises(UserError, match=r"label_names.txt, line 2: 'roof' is no value and name, such as 3 roof"):
        _ = MapFolder(root=str(root), **SMALL).labels
    (root / "label_names.txt").unlink()
    with pytest.raises(UserError, match=r"has no label_names.txt .*\nWrite one, or type --data.num_values K"):
        _ = MapFolder(root=str(root), **SMALL).labels
    assert MapFolder(root=str(root), num_values=8, **SMALL).labels.names[3] == "class 3"


# Published layouts


def test_facades_are_photographs_and_palettes_of_one_name(tmp_path: Path) -> None:
    for number in range(3):
        numbers = write_map(tmp_path / f"base/cmp_b{number:04d}.png", values=(1, 12))
        write_photo(tmp_path / f"base/cmp_b{number:04d}.jpg", numbers)
        (tmp_path / f"base/cmp_b{number:04d}.xml").touch()
    data = CMPFacades(root=str(tmp_path), **SMALL)
    assert (len(data.examples_of("train")), len(data.examples_of("test"))) == (2, 1)
    assert data.facts["label_names"][12] == "shop"
    assert set(data.part("train")[Span(0, 0, 2)].batch.source.unique().tolist()) == {1, 12}
    assert [image.read().shape for image in data.test_inputs("labels")] == [(1, 16, 16)]


def test_cityscapes_are_found_by_the_ends_of_their_names(tmp_path: Path) -> None:
    for split, city in (("train", "ulm"), ("val", "bonn")):
        stem = f"{split}/{city}/{city}_000_001"
        numbers = write_map(tmp_path / f"gtFine/{stem}_gtFine_labelIds.png", values=(7, 255))
        write_map(tmp_path / f"gtFine/{stem}_gtFine_instanceIds.png", values=(7, 26001, 26002))
        write_map(tmp_path / f"gtFine/{stem}_gtFine_color.png")
        write_photo(tmp_path / f"leftImg8bit/{stem}_leftImg8bit.png", numbers)
    data = CityscapesMaps(root=str(tmp_path), flip=False, **SMALL)
    assert (data.facts["num_labels"], data.facts["label_names"][26]) == (35, "car")
    batch = data.part("test")[torch.arange(1)].batch
    assert set(batch.source.unique().tolist()) == {7, 34}
    assert int(batch.edges[0, 0].any(0).sum()) == 4
    assert list(CityscapesMaps(root=str(tmp_path), instances=False, **SMALL).fields) == ["source", "target"]


def test_ade20k_takes_its_names_from_its_own_table(tmp_path: Path) -> None:
    for split in ("training", "validation"):
        numbers = write_map(tmp_path / f"annotations/{split}/ADE_{split}_1.png", values=(0, 150))
        write_photo(tmp_path / f"images/{split}/ADE_{split}_1.jpg", numbers // 20)
    rows = ("Idx\tRatio\tName", "1\t0.16\twall", "2\t0.1\tbuilding, edifice")
    (tmp_path / "objectInfo150.txt").write_text("\n".join(rows))
    data = ADE20K(root=str(tmp_path), **SMALL)
    assert data.facts["label_names"][:4] == ("other", "wall", "building", "class 3")
    assert data.facts["num_labels"] == 151
    assert set(data.part("train")[Span(0, 0, 1)].batch.source.unique().tolist()) == {0, 150}
    (tmp_path / "images/training/ADE_training_1.jpg").unlink()
    with pytest.raises(UserError, match=r"has no label maps with photographs of the same names"):
        ADE20K(root=str(tmp_path), **SMALL).examples_of("train")


def test_gopro_is_cut_at_its_resolution_from_scenes(tmp_path: Path) -> None:
    for split in ("train", "test"):
        for scene in ("GOPR1", "GOPR2"):
            image = pictures.write(tmp_path / split / scene / "sharp/000001.png", 60, 40)
            for name, by in (("blur", 2), ("blur_gamma", 4)):
                darker = image.point([value // by for value in range(256)] * 3)
                (tmp_path / split / scene / name).mkdir()
                darker.save(tmp_path / split / scene / name / "000001.png")
    data = GoPro(root=str(tmp_path), **SMALL)
    assert data.facts["domains"] == ("blurred", "sharp")
    batch = data.part("train")[Span(0, 0, 6)].batch
    assert torch.equal(batch.source, batch.target // 2)
    assert [pair.name for pair in data.pairs("test")] == ["GOPR1/000001", "GOPR2/000001"]
    gamma = GoPro(root=str(tmp_path), blurred="blur_gamma", **SMALL).part("train")[Span(0, 0, 6)].batch
    assert torch.equal(gamma.source, gamma.target // 4)
    with pytest.raises(UserError, match=r"has no scenes with blur/ and sharp/"):
        GoPro(root=str(tmp_path / "train"), **SMALL).part("train")


# What comes along


def test_photographs_have_maps_of_like_colours() -> None:
    data = PhotoPatches(task="regions2photo", image_size=32)
    batch = data.part("train")[Span(0, 0, 40)].batch
    assert batch.source.shape == (40, 1, 32, 32)
    assert set(batch.source.unique().tolist()) <= set(range(data.facts["num_labels"]))
    assert len(batch.source.unique()) > 5
    medium: Any = data.fields["source"]
    drawn = medium.pictures(batch.source).float()
    distances = [(drawn - batch.target.roll(shift, 0).float()).abs().mean() for shift in (0, 1)]
    assert distances[0] < 0.5 * distances[1]  # of its own patch, not of another
    assert medium_of(data.record()["fields"]["source"]) == medium


def test_digits_have_maps_with_edges() -> None:
    data = DigitMaps(image_size=16)
    batch = data.part("test")[torch.arange(100)].batch
    assert set(batch.source.unique().tolist()) == set(range(11))
    ink = batch.target >= 96
    assert torch.equal(batch.source > 0, ink)
    assert torch.equal(batch.edges, edges_of(batch.source))
    data.setup("fit")
    seen: Any = data.examples(3)
    assert (seen.source.dtype, seen.edges.dtype) == (torch.int64, torch.float32)
    assert contact_sheet(data) is not None
    assert [of_split(data, "test", side).things for side in (0, 1)] == ["label maps", "images"]


def test_real_facades(real_data: Path) -> None:
    data = CMPFacades(root=str(real_data / "cmp_facades_base"), image_size=64, num_workers=0)
    batch = data.part("test")[torch.arange(4)].batch
    assert batch.source.shape == (4, 1, 64, 64)
    assert 1 <= int(batch.source.min()) <= int(batch.source.max()) <= 12
    assert not data.mistakes()["no map of these labels, or of another size than its photograph"]
