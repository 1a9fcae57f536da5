"""The tab Runs, and which runs the page knows."""

import shutil
from pathlib import Path

import pytest

from gan_cli.errors import UserError
from gan_cli.web.known_runs import KnownRuns
from tests.web.people import Person


def test_the_list_and_a_report(checkpoint: Path) -> None:
    person = Person([checkpoint.parent])
    (row,) = person.get("/api/runs").json()
    assert row["name"] == "dcgan-digits/version_0"
    assert (row["variant"], row["data"], row["verb"], row["step"]) == ("DCGAN", "Digits", "sample", 4)
    assert str(checkpoint.parent) not in str(row)
    page = person.get(f"/api/runs/{person.run}/report")
    assert "dcgan-digits/version_0" in page.text
    policy = page.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-scripts;")
    assert "allow-same-origin" not in policy
    assert not (checkpoint.parent / "report.html").exists()


def test_a_report_that_was_written_is_shown_until_the_run_went_on(tmp_path: Path, checkpoint: Path) -> None:
    folder = shutil.copytree(checkpoint.parent, tmp_path / "version_0")
    person = Person([folder])
    (folder / "report.html").write_text("as it was written")
    assert person.get(f"/api/runs/{person.run}/report").text == "as it was written"
    (folder / "last.ckpt").touch()
    assert person.get(f"/api/runs/{person.run}/report").text != "as it was written"


def test_a_report_cannot_reach_the_page(checkpoint: Path) -> None:
    person = Person([checkpoint])
    assert person.get("/api/runs", headers={"origin": "null"}).status_code == 403  # what a sandboxed frame says


def test_all_runs_below_a_folder_are_found_when_they_appear(tmp_path: Path, checkpoint: Path) -> None:
    known = KnownRuns(root=tmp_path)
    assert known.all() == []
    shutil.copytree(checkpoint.parent, tmp_path / "dcgan-digits" / "version_7")
    (run,) = known.all()
    assert run.name == "dcgan-digits/version_7"
    assert known[run.identifier] == run


def test_no_run(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist"):
        KnownRuns([str(tmp_path / "nowhere")])
    (tmp_path / "config.yaml").write_text("{}")
    with pytest.raises(UserError, match="no checkpoint yet"):
        KnownRuns([str(tmp_path)])
