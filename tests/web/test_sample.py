"""The tab Sample gives what the Python API gives."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import gan_cli
from tests.web.people import Person, opened


@pytest.fixture(scope="module")
def digits(checkpoint: Path) -> Person:
    return Person([checkpoint])


@pytest.fixture(scope="module")
def classes(class_styles_checkpoint: Path) -> Person:
    return Person([class_styles_checkpoint])


def test_pictures_are_those_of_their_seeds(digits: Person, checkpoint: Path) -> None:
    answer = digits.post(f"/api/sample/{digits.run}", json={"seed": 5, "num": 3}).json()
    assert [thing["seed"] for thing in answer["things"]] == [5, 6, 7]
    made = gan_cli.load(checkpoint).sample(3, seed=5)
    for thing, image in zip(answer["things"], made, strict=True):
        assert np.array_equal(np.asarray(opened(thing["picture"])), image[0].numpy())


def test_one_thing_is_that_of_the_grid(digits: Person) -> None:
    grid = digits.post(f"/api/sample/{digits.run}", json={"seed": 0, "num": 4}).json()
    one = digits.post(f"/api/sample/{digits.run}/one", json={"seed": 3}).json()
    assert one["picture"]["src"] == grid["things"][3]["picture"]["src"]
    assert one["player"] == "picture"


def test_classes_and_truncation(classes: Person, class_styles_checkpoint: Path) -> None:
    facts = classes.get(f"/api/models/{classes.run}").json()["sample"]
    assert facts["truncation"] == "psi"
    assert len(facts["classes"]) == 10
    body = {"num": 12, "truncation_psi": 0.5}
    answer = classes.post(f"/api/sample/{classes.run}", json=body).json()
    assert [thing["label"] for thing in answer["things"]] == [str(k % 10) for k in range(12)]
    chosen = classes.post(
        f"/api/sample/{classes.run}", json={"seed": 4, "num": 1, "labels": ["4"], "truncation_psi": 0.5}
    )
    assert chosen.json()["things"][0]["picture"] == answer["things"][4]["picture"]
    made = gan_cli.load(class_styles_checkpoint).sample(12, truncation_psi=0.5)
    assert np.array_equal(np.asarray(opened(answer["things"][4]["picture"])), made[4, 0].numpy())


def test_what_does_not_fit_the_model_is_said(digits: Person, classes: Person) -> None:
    for person, body, said in (
        (digits, {"labels": ["1"]}, "not conditional"),
        (digits, {"truncation_psi": 0.5}, "no truncation"),
        (digits, {"part": "mask"}, "one piece"),
        (digits, {"told": {"text": "x"}}, "nothing that DCGAN takes"),
        (classes, {"labels": ["11"]}, "no class"),
    ):
        answer = person.post(f"/api/sample/{person.run}", json=body)
        assert answer.status_code == 400
        assert said in answer.json()["error"]


def test_downloads(digits: Person) -> None:
    page = digits.post(f"/api/sample/{digits.run}/file", json={"num": 4, "kind": "grid"})
    assert opened(page.content).width > 16
    assert 'filename="seeds-0-3.png"' in page.headers["content-disposition"]
    archive = digits.post(f"/api/sample/{digits.run}/file", json={"seed": 2, "num": 2, "kind": "archive"})
    with zipfile.ZipFile(io.BytesIO(archive.content)) as files:
        assert files.namelist() == ["grid.png", "seed000002.png", "seed000003.png"]
        assert Image.open(io.BytesIO(files.read("seed000003.png"))).size == (16, 16)
    refused = digits.post(f"/api/sample/{digits.run}/file", json={"kind": "../../etc/passwd"})
    assert refused.status_code == 400


def test_large_images_are_made_some_at_a_time(classes: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = classes.post(f"/api/sample/{classes.run}", json={"num": 21}).json()
    monkeypatch.setattr("gan_cli.web.sample.SMALL", 8)
    assert classes.post(f"/api/sample/{classes.run}", json={"num": 21}).json() == whole


def test_a_newer_checkpoint_is_loaded(tmp_path: Path, checkpoint: Path) -> None:
    copy = tmp_path / "last.ckpt"
    content = torch.load(checkpoint, weights_only=True)
    torch.save(content, copy)
    person = Person([copy])
    before = person.post(f"/api/sample/{person.run}", json={"num": 1}).json()
    for name, weights in content["state_dict"].items():
        if weights.is_floating_point() and "weight" in name:
            weights.mul_(3)
    torch.save(content, copy)
    assert person.post(f"/api/sample/{person.run}", json={"num": 1}).json() != before
