import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from gan_cli.__main__ import main
from gan_cli.data import Captions
from gan_cli.data.sampling import Span
from gan_cli.errors import UserError
from tests.data import pictures

NAMES = [f"{number}.png" for number in range(10)]


def folder(root: Path, below: str = "images") -> Path:
    for name in NAMES:
        pictures.write(root / below / name)
    return root


def comma(root: Path) -> None:
    lines = [f'{name},A picture, number {name[0]} .\n{name},"the ""{name[0]}"", again"' for name in NAMES]
    (root / "captions.txt").write_text("\n".join(["image,caption", *lines]))


def tabs(root: Path) -> None:
    lines = [f"{name}#{n}\tA picture, number {name[0]}" for name in NAMES for n in range(2)]
    (root / "captions.tsv").write_text("\n".join(lines))


def records(root: Path) -> None:
    lines = [
        json.dumps({"file_name": f"images/{name}", "caption": [f"picture {name[0]}", f"{name[0]} again"]})
        for name in NAMES
    ]
    (root / "captions.jsonl").write_text("\n".join(lines))


def coco(root: Path) -> None:
    images = [{"id": 7 * number, "file_name": name} for number, name in enumerate(NAMES)]
    told = [{"image_id": one["id"], "caption": f"picture {one['file_name']}"} for one in images for _ in range(2)]
    (root / "captions.json").write_text(json.dumps({"images": images, "annotations": told}))


def beside(root: Path) -> None:
    for name in NAMES:
        (root / "images" / name).with_suffix(".txt").write_text(f"picture {name[0]}\n\n{name[0]} again\n")


@pytest.mark.parametrize("write", [comma, tabs, records, coco, beside])
def test_sentences_are_found_in_each_layout(write: Callable[[Path], None], tmp_path: Path) -> None:
    write(folder(tmp_path))
    data = Captions(root=str(tmp_path), image_size=16, batch_size=4, num_workers=0)
    found = data.described("train") + data.described("test")
    assert sorted(one.file.key for one in found) == [f"images/{name}" for name in NAMES]
    assert all(len(one.sentences) == 2 and one.file.path.stem in one.sentences[0] for one in found)
    assert len(data.described("train")) == 9
    batch = data.part("train")[Span(0, 0, 9)].batch
    assert batch.images.shape == (9, 3, 16, 16)
    assert batch.text.shape == (9, 24)
    assert not any(map(torch.equal, batch.text, batch.wrong))


def test_commas_and_quotation_marks_belong_to_a_sentence(tmp_path: Path) -> None:
    comma(folder(tmp_path))
    (one, *_) = Captions(root=str(tmp_path)).described("test")
    number = one.file.path.stem
    assert one.sentences == [f"A picture, number {number} .", f'the "{number}", again']


def test_folders_of_texts_tell_the_kinds_so_that_wrong_sentences_are_of_another(tmp_path: Path) -> None:
    for kind in ("crow", "wren"):
        for number in range(4):
            pictures.write(tmp_path / "images" / kind / f"{kind}_{number}.jpg")
            text = tmp_path / "text_c10" / kind / f"{kind}_{number}.txt"
            text.parent.mkdir(parents=True, exist_ok=True)
            text.write_text(f"a {kind}\nthis bird is a {kind}\n")
    data = Captions(root=str(tmp_path), image_size=16, batch_size=4, num_workers=0)
    batch = data.part("train")[Span(0, 0, 70)].batch
    for right, wrong in zip(data.texts.lines(batch.text), data.texts.lines(batch.wrong), strict=True):
        assert ("crow" in right) != ("crow" in wrong)


def test_only_training_sentences_make_the_vocabulary(tmp_path: Path) -> None:
    beside(folder(tmp_path))
    data = Captions(root=str(tmp_path))
    (held_out,) = data.described("test")
    assert held_out.file.path.stem not in data.texts.words
    assert data.facts["vocabulary_size"] == 2 + 9 + 2  # nine numbers, "picture" and "again"
    assert Captions(root=str(tmp_path), least=3).facts["vocabulary_size"] == 2 + 2


def test_a_check_says_what_has_no_partner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder(tmp_path)
    lines = [f"{name},picture {name[0]}" for name in NAMES[1:]]
    (tmp_path / "captions.csv").write_text(
        "\n".join([*lines, "gone.png,a lost one", "1.png,picture 2", "2.png,...", "3.png,картина"])
    )
    monkeypatch.chdir(tmp_path)
    assert main(["data", "check", "Captions", "--data.root", str(tmp_path), "--data.image_size", "16"]) == 1
    told = capsys.readouterr().out
    for wanted in (
        "sentences: 12 from captions.csv",
        "vocabulary: ",
        "scripts: latin",
        "cyrillic",
        "1 sentences without their image\n    gone.png (a lost one)",
        "1 images without a sentence, not used\n",
        "1 sentences on several images\n    picture 2",
        "1 sentences without a word\n",
    ):
        assert wanted in told, wanted


def test_what_cannot_be_used_is_refused(tmp_path: Path) -> None:
    def refused(**arguments: Any) -> str:
        with pytest.raises(UserError) as caught:
            _ = Captions(root=str(tmp_path), **arguments).facts
        assert len(str(caught.value).splitlines()) <= 3
        return str(caught.value)

    assert "has no sentences" in refused()
    folder(tmp_path)
    (tmp_path / "captions.txt").write_text("other.png,a picture")
    assert "'other.png'" in refused()
    (tmp_path / "captions.txt").write_text("0.png")
    assert "without a sentence" in refused()
    (tmp_path / "captions.txt").unlink()
    (tmp_path / "captions.jsonl").write_text('{"image": "0.png"}')
    assert "line 1" in refused()
    (tmp_path / "captions.jsonl").unlink()
    (tmp_path / "captions.json").write_text("[]")
    assert "COCO" in refused()
    assert "skip" in refused(on_error="skip")
