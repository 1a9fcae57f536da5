import csv
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from jsonargparse import Namespace

from gan_cli import load
from gan_cli.data import Digits
from gan_cli.errors import UserError
from gan_cli.inference.classifier import Classification, classifying
from gan_cli.inference.classify import classify, judge, write
from gan_cli.inference.known_labels import known_labels
from gan_cli.inference.rendering import latents_of
from gan_cli.variants import ACGAN, DANN, DCGAN, SGAN, AdversarialModule
from tests import fake_sets
from tests.conftest import quiet
from tests.data import pictures
from tests.toys import FewAdapted, FewDigits
from tests.variant_rows import ADAPTED, TINY

ON_CPU = {"accelerator": "cpu", "devices": 1}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dann")
    torch.manual_seed(0)
    quiet(folder, max_steps=2).fit(DANN(**ADAPTED), FewAdapted(image_size=16, batch_size=16))
    return folder / "last.ckpt"


def options(**typed: Any) -> Namespace:
    return Namespace(**{"input": None, "output": None, "ema": True, "batch_size": 7, **typed})


def run(checkpoint: Path, **typed: Any) -> Any:
    model: AdversarialModule = load(checkpoint).model
    return classify(model, options(**typed), ON_CPU, lambda: FewAdapted(image_size=16))


def test_held_out_images_of_the_target_are_judged(checkpoint: Path, workdir: Path) -> None:
    summary = run(checkpoint, output="told.json")
    told = json.loads((workdir / "told.json").read_text())
    images, labels = FewAdapted(image_size=16).whole("target", "test")
    model: Any = load(checkpoint).model
    shares = model.classify(images.float() / 127.5 - 1).softmax(1)
    right = (shares.argmax(1) == labels).float().mean()
    assert summary.judged.accuracy == told["accuracy"] == pytest.approx(float(right))
    assert sum(map(sum, told["confusion"]["counts"])) == told["known"] == len(labels) == 160
    first = told["images"][0]
    assert list(first["probabilities"].values()) == pytest.approx(shares[0].tolist(), abs=1e-6)
    assert first["confidence"] == max(first["probabilities"].values())
    assert load(checkpoint).classify(images[:3])[0].probabilities == pytest.approx(first["probabilities"])


def test_folders_of_classes_are_judged_and_what_cannot_be_read_is_told(checkpoint: Path, workdir: Path) -> None:
    for name in ("3", "7", "other"):
        pictures.write(workdir / "mine" / name / "one.png", 16, 16)
    (workdir / "mine" / "3" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    summary = run(checkpoint, input=["mine"], output="told.csv")
    assert [one.truth for one in summary.said] == ["3", "7", None]
    assert summary.judged.known == 2
    assert [place for place, _ in summary.refused] == ["mine/3/broken.png"]
    rows = list(csv.DictReader((workdir / "told.csv").open()))
    assert [row["truth"] for row in rows] == ["3", "7", ""]
    assert {row["image"] for row in rows} == {one.place for one in summary.said}
    (only,) = load(checkpoint).classify("mine/3/one.png")
    assert only.label == summary.said[0].label


def test_lists_of_labels_are_read_as_sets_read_them(workdir: Path) -> None:
    names = tuple("0123456789")
    for number in range(3):
        pictures.write(workdir / "listed" / f"{number}.png", 16, 16)
    (workdir / "listed" / "labels.csv").write_text("file,label\n0.png,4\n1.png,4\n2.png,8\n")
    paths = [workdir / "listed" / f"{number}.png" for number in range(3)]
    assert known_labels(paths, ["listed"], names) == ["4", "4", "8"]
    fake_sets.mnist_m(workdir, count=3)
    published = [Path(f"mnist_m_test/{number:08d}.png") for number in range(3)]
    assert known_labels(published, ["mnist_m_test"], names) == ["0", "1", "2"]
    (workdir / "listed" / "labels.csv").write_text("file,label\n0.png,cat\n1.png,cat\n2.png,8\n")
    with pytest.raises(UserError, match=r"lists cat, which the model does not know\nIt tells 0, 1"):
        known_labels(paths, ["listed"], names)


def test_a_confusion_matrix_counts_what_is_taken_for_what(tmp_path: Path) -> None:
    said = [
        Classification(f"{number}", told, 0.9, {"a": 0.9, "b": 0.1}, truth)
        for number, (truth, told) in enumerate([("a", "a"), ("a", "b"), ("b", "b"), (None, "a")])
    ]
    judged = judge(said, ("a", "b"))
    assert judged is not None
    assert (judged.known, judged.confusion) == (3, [[1, 1], [0, 1]])
    assert judged.accuracy == pytest.approx(2 / 3)
    assert judge(said[3:], ("a", "b")) is None
    write(tmp_path / "a.csv", said[3:], None, "DANN")
    assert (tmp_path / "a.csv").read_text() == "image,class,confidence\n3,a,0.9000\n"


@pytest.mark.parametrize(("variant", "arguments"), [(ACGAN, {}), (SGAN, {"num_labelled": 20})])
def test_discriminators_that_tell_classes_do(variant: Any, arguments: dict[str, Any], tmp_path: Path) -> None:
    quiet(tmp_path, max_steps=1).fit(variant(**TINY, **arguments), FewDigits(image_size=16, batch_size=16))
    model: AdversarialModule = load(tmp_path / "last.ckpt").model
    summary = classify(model, options(), ON_CPU, lambda: FewDigits(image_size=16))
    assert summary is not None
    assert summary.judged is not None
    assert summary.judged.known == 160


def test_what_cannot_be_classified_is_refused(checkpoint: Path, workdir: Path) -> None:
    model = DCGAN(**TINY)
    model.data_facts = Digits(image_size=16).facts
    with pytest.raises(UserError, match="this DCGAN tells no classes of images"):
        classifying(model)
    with pytest.raises(UserError, match="DANN tells classes of images; type gan classify"):
        latents_of(load(checkpoint).model, [0])
    with pytest.raises(UserError, match=r"output: told.txt is no file this verb writes"):
        run(checkpoint, output="told.txt")
    with pytest.raises(UserError, match="input: nowhere does not exist"):
        run(checkpoint, input=["nowhere"])
    with pytest.raises(UserError, match=r"give uint8 \[N, 3, 16, 16\]"):
        load(checkpoint).classify(torch.zeros(1, 1, 16, 16, dtype=torch.uint8))
    assert not list(workdir.iterdir())
