"""The page itself: nothing of it is from elsewhere, every tab has its files, and every mistake is a line."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

from gan_cli.web.app import TABS
from gan_cli.web.guard import MOST_BYTES
from tests.web.people import Person, photograph

STATIC = Path(str(files("gan_cli.web") / "static"))


@pytest.fixture
def person(checkpoint: Path) -> Person:
    return Person([checkpoint])


def test_the_page_has_all_tabs_and_their_files(person: Person) -> None:
    page = person.get("/").text
    for tab in TABS:
        assert f'id="tab-{tab}"' in page
        assert f'aria-labelledby="tab-{tab}"' in page
        for ending in (".html", ".js", ".css"):
            assert person.get(f"/static/{tab}{ending}").status_code == 200
        assert "<section" in person.get(f"/static/{tab}.html").text


@pytest.mark.parametrize("path", sorted(STATIC.iterdir()), ids=lambda path: path.name)
def test_no_file_fetches_anything_from_elsewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?://|//[a-z]+\.[a-z]", text)
    assert not re.search(r"\son[a-z]+=\"|style=\"", text)  # the policy forbids what is written into the page


def test_there_is_no_way_out_of_the_static_files(person: Person) -> None:
    for path in ("/static/../app.py", "/static/..%2fapp.py", "/static/%2e%2e/app.py", "/static//etc/passwd"):
        assert person.get(path).status_code in (404, 405)


def test_unknown_runs(person: Person, checkpoint: Path) -> None:
    for run in ("0" * 16, "..%2f..", str(checkpoint).replace("/", "%2f"), "x" * 5000):
        for answer in (
            person.get(f"/api/models/{run}"),
            person.post(f"/api/sample/{run}", json={}),
            person.post(f"/api/walk/{run}", json={"seeds": [1, 2]}),
            person.post(f"/api/translate/{run}", files={"source": photograph()}),
            person.get(f"/api/runs/{run}/report"),
        ):
            assert answer.status_code == 404, answer.text


def test_a_run_whose_checkpoint_is_gone(tmp_path: Path, checkpoint: Path) -> None:
    copy = tmp_path / "last.ckpt"
    copy.write_bytes(checkpoint.read_bytes())
    person = Person([copy])
    copy.unlink()
    answer = person.get(f"/api/models/{person.run}")
    assert answer.status_code == 404
    assert "no such run" in answer.json()["error"]


def test_a_checkpoint_that_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "last.ckpt").write_bytes(b"no checkpoint")
    person = Person([tmp_path])
    answer = person.get(f"/api/models/{person.run}")
    assert answer.status_code == 400
    assert "last.ckpt" in answer.json()["error"]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"num": 0}, "num"),
        ({"num": 10**6}, "num"),
        ({"seed": -1}, "seed"),
        ({"seed": "x"}, "seed"),
        ({"bars": 99}, "bars"),
    ],
)
def test_numbers_out_of_range(person: Person, body: dict[str, object], named: str) -> None:
    answer = person.post(f"/api/sample/{person.run}", json=body)
    assert answer.status_code == 422
    assert answer.json()["error"].startswith(named)


def test_a_body_without_a_length_is_counted(person: Person) -> None:
    chunks = (b" " * 2**20 for _ in range((MOST_BYTES >> 20) + 1))
    answer = person.post(f"/api/sample/{person.run}", content=chunks, headers={"content-type": "application/json"})
    assert answer.status_code == 413


def test_a_page_from_elsewhere_makes_nothing(person: Person) -> None:
    answer = person.post(f"/api/sample/{person.run}", json={}, headers={"origin": "http://evil.example"})
    assert answer.status_code == 403
