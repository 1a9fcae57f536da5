"""Labels from manifests: what tools write is taken, what is wrong is refused by its line."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from gan_cli.data import ImageFolder
from gan_cli.data.doctor import diagnose
from gan_cli.data.sampling import Span
from gan_cli.errors import UserError
from tests.data import pictures
from tests.data.images.test_image_folder import BLUE, RED, SMALL, packed
from tests.data.test_archives import zipped

SHARDS = [f"{number // 1000:05d}/img{number:08d}.png" for number in (0, 1, 2, 999, 1000, 1001, 1002, 1003)]
"""Names as StyleGAN's dataset_tool.py gives them; every second picture is red, the others are blue."""


def shards(root: Path, manifest: Any = ...) -> Path:
    for number, name in enumerate(SHARDS):
        pictures.plain(root / name, BLUE if number % 2 else RED)
    if manifest is not ...:
        (root / "dataset.json").write_text(json.dumps(manifest))
    return root


def archive(root: Path) -> str:
    path = Path(packed(root))
    members = {name: (root / name).read_bytes() for name in SHARDS}
    return str(zipped(path, {**members, "dataset.json": (root / "dataset.json").read_bytes()}))


def pairs(red: Any, blue: Any) -> list[list[Any]]:
    return [[name, blue if number % 2 else red] for number, name in enumerate(SHARDS)]


def folder(root: Path, **arguments: Any) -> ImageFolder:
    return ImageFolder(root=str(root), **{**SMALL, **arguments})


def classes_of_colours(data: ImageFolder) -> dict[tuple[int, ...], Any]:
    """The label of each colour, over all parts."""
    found: dict[tuple[int, ...], set[Any]] = {}
    for split in ("train", "val"):
        part: Any = data.part(split)
        batch = part[torch.arange(len(part))].batch
        for colour, label in zip(pictures.colours(batch.images), batch.labels.tolist(), strict=True):
            found.setdefault(colour, set()).add(tuple(label) if isinstance(label, list) else label)
    return {colour: labels.pop() for colour, labels in found.items() if len(labels) == 1}


@pytest.mark.parametrize("in_zip", [False, True])
@pytest.mark.parametrize(
    ("told", "names", "labels"),
    [
        ({"labels": pairs(6, 2)}, ("2", "6"), (1, 0)),
        ({"labels": pairs(10, 9)}, ("9", "10"), (1, 0)),
        ({"labels": dict(pairs("rose", "iris"))}, ("iris", "rose"), (1, 0)),
        ({"labels": pairs(0, 2), "class_names": ["rose", "lily", "iris"]}, ("rose", "iris"), (0, 1)),
        ({"labels": pairs(0, 1), "classes": {"rose": 0, "iris": 1}}, ("rose", "iris"), (0, 1)),
        ({"labels": pairs([0, 1, 0], [1, 0, 0]), "label_names": {"0": "iris", "1": "rose"}}, ("iris", "rose"), (1, 0)),
        ({"labels": pairs([1, 1], [0, 1]), "classes": ["red", "plain"]}, ("red", "plain"), ((1.0, 1.0), (0.0, 1.0))),
    ],
)
def test_the_labels_of_stylegans_manifest_are_taken_and_named_by_it(
    tmp_path: Path, told: Any, names: tuple[str, ...], labels: tuple[Any, Any], in_zip: bool
) -> None:
    root = shards(tmp_path / "set", told)
    data = folder(Path(archive(root)) if in_zip else root)
    assert (data.facts["num_classes"], data.facts["class_names"]) == (len(names), names)
    assert data.facts.get("attributes", False) == isinstance(labels[0], tuple)
    assert classes_of_colours(data) == {RED: labels[0], BLUE: labels[1]}


@pytest.mark.parametrize("top", ["", "pets/"])
def test_the_manifest_of_an_archive_is_found_above_its_only_shard(tmp_path: Path, top: str) -> None:
    shards(tmp_path / "set")
    members = {f"{top}{name}": (tmp_path / "set" / name).read_bytes() for name in SHARDS[:4]}
    told = json.dumps({"labels": pairs(0, 1)[:4]})
    data = folder(zipped(tmp_path / "set.zip", {**members, f"{top}dataset.json": told.encode()}))
    assert classes_of_colours(data) == {RED: 0, BLUE: 1}


@pytest.mark.parametrize("told", [..., {"labels": None}, {"labels": pairs([0.5, 2.0], [0.1, 3.0])}])
def test_shards_are_no_classes_and_other_numbers_no_labels(tmp_path: Path, told: Any) -> None:
    data = folder(shards(tmp_path, told))
    assert not data.classes
    assert {len(data.part(split)) for split in ("train", "val")} == {7, 1}
    assert any(fact.startswith("labels: none") for fact in diagnose(folder(tmp_path, batch_size=1)).facts)


def test_shards_of_ffhq_are_no_classes_but_numbered_folders_of_other_images_are(tmp_path: Path) -> None:
    for name in ("00000/00007.png", "01000/01003.png"):
        pictures.plain(tmp_path / "ffhq" / name, RED)
    for name in ("00000/1003.png", "00001/7.png"):
        pictures.plain(tmp_path / "other" / name, RED)
    assert folder(tmp_path / "ffhq").classes == ()
    assert folder(tmp_path / "other").classes == ("00000", "00001")
    assert folder(tmp_path / "ffhq", class_folders="yes").classes == ("00000", "01000")


def coloured(root: Path, count: int = 4) -> Path:
    for number in range(count):
        pictures.plain(root / "images" / f"{number}.png", BLUE if number % 2 else RED)
    return root


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("labels.csv", "0.png,red\n1.png,blue\n2.png,red\n3.png,blue\n"),
        ("labels.csv", "file,label\nimages/0.png,red\nimages/1.png,blue\nimages/2.png,red\nimages/3.png,blue\n"),
        ("labels.csv", "\ufeffid;breed\r\n0;red\r\n1;blue\r\n\r\n2;red\r\n3;blue\r\n"),
        ("labels.csv", 'x,Class,File Name\n1,red,0.png\n2,blue,1.png\n3,"red",2.png\n4,blue,3.png\n'),
        (
            "metadata.csv",
            "file_name,text\nimages/0.png,red\nimages/1.png,blue\n./images/2.png,red\nimages\\3.png,blue\n",
        ),
        (
            "metadata.jsonl",
            "".join(f'{{"file_name": "images/{n}.png", "label": "{"blue" if n % 2 else "red"}"}}\n' for n in range(4)),
        ),
    ],
)
def test_lists_as_the_usual_tools_write_them_are_chosen_by_themselves(tmp_path: Path, name: str, text: str) -> None:
    (coloured(tmp_path) / name).write_text(text, "utf-8")
    data = folder(tmp_path)
    assert data.classes == ("blue", "red")
    assert classes_of_colours(data) == {RED: 1, BLUE: 0}
    assert f"labels: 2 from {name}: in the order of their names" in diagnose(folder(tmp_path, batch_size=1)).facts


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("labels.csv", b"9.png,red\n0.png,blue\n8.png,b\n", "line 1: 9.png is not among the set's images (and 1 more)"),
        ("labels.csv", b"file,label\n0.png,red\nnotes.txt,blue\n", "line 3: notes.txt is no image (.txt)"),
        ("labels.csv", b"0.png,red\n\n0,blue\n", "line 3: 0 was there before, in line 1"),
        ("labels.csv", b"0.png,red\n1.png,\n", "line 2: 1.png has no label"),
        ("labels.csv", b"0.png,red\n1.png,gr\xfcn\n", "line 2: this is not UTF-8"),
        ("labels.csv", b"0.png,red\n1.png\n", "line 2: there are 1 columns, and 2 are wanted"),
        ("labels.csv", b"file,size,date\n0.png,1,2\n", "line 1: none of file, size, date is the column of labels"),
        ("labels.csv", b"", "line 1: none of nothing is the column of files"),
        ("metadata.jsonl", b'{"file_name": "0.png", "label": 1}\n{"file_name": \n', "line 2: this is no JSON"),
        ("metadata.jsonl", b'{"file_name": "0.png", "label": 1}\n[1]\n', "line 2: [1] is not {"),
        ("metadata.jsonl", b'{"label": 1, "file_name": null}\n', "line 1: there is no file's name"),
        ("metadata.jsonl", b'{"file_name": "0.png", "label": {"a": 1}}\n', "line 1: 0.png has dict, which is no label"),
        ("dataset.json", b'{"images": []}', 'line 1: there is no "labels"'),
        ("dataset.json", b'{"labels": [\n["0.png", 1],,', "line 2: this is no JSON"),
        ("dataset.json", b'{"labels": [["0.png", 1], ["1.png"]]}', "entry 2: [\"1.png\"] is not [file, label]"),
        ("dataset.json", b'{"labels": [["0.png", 1], ["9.png", 1]]}', "entry 2: 9.png is not among the set's images"),
        ("dataset.json", b'{"labels": [["0.png", [0, 1]], ["1.png", [1]]]}', "entry 2: 1.png has 1 numbers"),
        ("dataset.json", b'{"labels": [["0.png", [0, 1]], ["1.png", 1]]}', "entry 2: the label of 1.png is no list"),
        ("dataset.json", b'{"labels": [["0.png", null]]}', "entry 1: 0.png has no label"),
        ("dataset.json", b'{"labels": [["0.png", 0], ["1.png", 1]], "classes": ["a", "a"]}', "classes have one name"),
    ],
)  # fmt: skip
def test_a_manifest_that_is_wrong_is_refused_by_its_line(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    (coloured(tmp_path) / name).write_bytes(content)
    with pytest.raises(UserError) as error:
        folder(tmp_path).part("train")
    said = str(error.value)
    assert said.startswith(f"data.manifest: {tmp_path / name}, ")
    assert told in said
    assert said.endswith("\nMend it, or type --data.manifest none to do without it")
    assert folder(tmp_path, manifest="none").classes == ()


def test_a_name_that_several_images_have_needs_its_path(tmp_path: Path) -> None:
    coloured(tmp_path)
    pictures.plain(tmp_path / "more" / "0.png", RED)
    (tmp_path / "labels.csv").write_text("1.png,blue\n0.png,red\n")
    with pytest.raises(UserError, match=r"line 2: 0.png can be images/0.png or more/0.png; write its path"):
        folder(tmp_path).part("train")


def test_images_that_are_not_listed_are_left_out_and_reported(tmp_path: Path) -> None:
    (coloured(tmp_path, 6) / "labels.csv").write_text(
        "".join(f"{n}.png,{'blue' if n % 2 else 'red'}\n" for n in range(4))
    )
    data = folder(tmp_path, batch_size=1, on_error="skip")
    assert len(data.part("train")) + len(data.part("val")) == 4
    findings = {finding.what: finding.places for finding in diagnose(data).findings}
    assert findings["without a label in the manifest, and not used"] == [
        f"{tmp_path}/images/4.png", f"{tmp_path}/images/5.png"
    ]  # fmt: skip


def test_each_part_may_have_a_manifest_and_one_that_is_typed_wins(tmp_path: Path) -> None:
    for part in ("train", "test"):
        coloured(tmp_path / part)
        lines = (json.dumps({"file_name": f"images/{n}.png", "label": n % 2}) for n in range(4))
        (tmp_path / part / "metadata.jsonl").write_text("\n".join(lines))
    data = folder(tmp_path)
    assert (data.classes, len(data.part("train")), len(data.part("test"))) == (("0", "1"), 4, 4)
    (tmp_path / "mine.tsv").write_text(
        "".join(f"{part}/images/{n}.png\tall\n" for part in ("train", "test") for n in "012")
    )
    data = folder(tmp_path, manifest="mine.tsv")
    assert (data.classes, len(data.part("train")), len(data.part("test"))) == (("all",), 3, 3)
    (tmp_path / "mine.tsv").write_text("train/images/0.png\ta\ntest/images/1.png\tb\n")
    with pytest.raises(UserError, match=r"test/images/1.png \(b\) is of a class that train/ does not have: a"):
        folder(tmp_path, manifest="mine.tsv").part("train")


def test_texts_that_differ_are_captions_and_folders_are_still_classes(tmp_path: Path) -> None:
    for number, name in enumerate(("cat/0.png", "dog/1.png", "dog/2.png")):
        pictures.plain(tmp_path / name, (number, 0, 0))
    rows = [{"file_name": f"{name}.png", "text": f"a picture of {name}"} for name in ("cat/0", "dog/1", "dog/2")]
    (tmp_path / "metadata.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert folder(tmp_path).classes == ("cat", "dog")
    (tmp_path / "metadata.jsonl").write_text("\n".join(json.dumps({"file_name": row["file_name"]}) for row in rows))
    assert folder(tmp_path).classes == ("cat", "dog")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, r"there are metadata.csv and labels.csv in .*; type one of them, or none"),
        ({"manifest": "lost.csv"}, r"there is no lost.csv in .*; take auto, none or another"),
        ({"manifest": "labels.txt"}, r"labels.txt ends in .txt; take .json, .jsonl, .csv or .tsv"),
        ({"manifest": "labels.csv", "class_folders": "yes"}, "labels.csv and data.class_folders yes do not agree"),
    ],
)
def test_which_manifest_is_meant_must_be_clear(tmp_path: Path, arguments: dict[str, Any], message: str) -> None:
    for name in ("metadata.csv", "labels.csv", "labels.txt"):
        (coloured(tmp_path) / name).write_text("0.png,red\n")
    with pytest.raises(UserError, match=message):
        folder(tmp_path, **arguments).part("train")


def test_labels_go_through_a_cache_on_disk(tmp_path: Path) -> None:
    root = shards(tmp_path / "set", {"labels": pairs(0, 1)})
    cached: dict[str, Any] = {"cache": "disk", "cache_dir": str(tmp_path / "cache"), "on_error": "skip"}
    plain, kept = folder(root).part("train"), folder(root, **cached).part("train")
    for ours, theirs in zip(plain[Span(0, 0, 6)].batch, kept[Span(0, 0, 6)].batch, strict=True):
        assert torch.equal(ours, theirs)
    (root / "dataset.json").write_text(json.dumps({"labels": pairs(1, 0)}))
    folder(root, **cached).part("train")
    assert len(list((tmp_path / "cache").iterdir())) == 2  # others would stand in for broken ones
