"""The tab Walk: places between seeds, mixed styles, directions, films."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import gan_cli
from tests.web.people import Person, opened


@pytest.fixture(scope="module")
def digits(checkpoint: Path) -> Person:
    return Person([checkpoint])


@pytest.fixture(scope="module")
def styles(styles_checkpoint: Path) -> Person:
    return Person([styles_checkpoint])


def place(person: Person, **asked: object) -> np.ndarray:
    answer = person.post(f"/api/walk/{person.run}", json={"seeds": [3, 8], **asked})
    assert answer.status_code == 200, answer.text
    return np.asarray(opened(answer.json()["picture"]))


@pytest.mark.parametrize("which", ["digits", "styles"])
def test_places_are_those_of_gan_interpolate(which: str, request: pytest.FixtureRequest) -> None:
    person: Person = request.getfixturevalue(which)
    walk = gan_cli.load(person.shelf.runs.all()[0].checkpoint).interpolate([3, 8, 1], steps=5)
    for position, number in ((0, 0), (0.25, 1), (1, 4), (1.5, 6), (2, 8), (7, 8)):
        found = place(person, seeds=[3, 8, 1], position=position)
        assert np.abs(found.astype(int) - walk[number, 0].numpy()).max() <= 1


def test_styles_of_another_seed(styles: Person, styles_checkpoint: Path) -> None:
    mixed = place(styles, mix={"seed": 5, "layers": [0, 2]})
    table = gan_cli.load(styles_checkpoint).mix([3], [5], [0, 2])
    assert np.array_equal(mixed, table[0, 0, 0].numpy())
    assert not np.array_equal(mixed, place(styles))


def test_directions(styles: Person, styles_checkpoint: Path) -> None:
    found = styles.get(f"/api/walk/{styles.run}/directions").json()
    names = [direction["name"] for direction in found["directions"]]
    assert names
    assert found["usual"] == 3
    gan = gan_cli.load(styles_checkpoint)
    edited = gan.edit([3], gan.directions("sefa", 10), names[1], [2.5])
    assert np.array_equal(place(styles, directions={names[1]: 2.5}), edited[0, 0, 0].numpy())
    assert np.array_equal(place(styles, directions={names[1]: 0}), place(styles))


def test_what_cannot_be_is_said(digits: Person, styles: Person) -> None:
    for person, body, said in (
        (digits, {"mix": {"seed": 1, "layers": [0]}}, "no styles"),
        (styles, {"mix": {"seed": 1, "layers": [99]}}, "layers"),
        (styles, {"directions": {"nowhere": 1}}, "none of the file's"),
        (digits, {"method": "pca", "directions": {"0": 1}}, "method"),
    ):
        answer = person.post(f"/api/walk/{person.run}", json={"seeds": [1, 2], **body})
        assert answer.status_code == 400, answer.text
        assert said in answer.json()["error"]
    assert digits.post(f"/api/walk/{digits.run}", json={"seeds": []}).status_code == 422


def test_films(digits: Person) -> None:
    film = digits.post(f"/api/walk/{digits.run}/film", json={"seeds": [1, 2], "steps": 10, "kind": ".gif"})
    with Image.open(io.BytesIO(film.content)) as image:
        assert image.n_frames == 10  # type: ignore[attr-defined]
    video = digits.post(f"/api/walk/{digits.run}/film", json={"seeds": [1, 2], "steps": 4, "kind": ".mp4"})
    assert video.headers["content-type"] == "video/mp4"
    assert video.content[4:8] == b"ftyp"
    for body, said in (({"kind": ".exe"}, "take .gif or .mp4"), ({"seeds": [1]}, "two seeds")):
        answer = digits.post(f"/api/walk/{digits.run}/film", json={"seeds": [1, 2], **body})
        assert answer.status_code == 400
        assert said in answer.json()["error"]
