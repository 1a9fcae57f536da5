import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gan_cli.__main__ import main
from gan_cli.command.cli import GANCLI
from gan_cli.reports import report
from tests.conftest import TINY_FLAGS
from tests.reports.pages import Reading, losses, make_run

FIT = ["fit", "--config", "dcgan.yaml", *TINY_FLAGS, "--trainer.log_every_n_steps", "1", "--report", "true"]


def test_fit_ends_by_writing_the_page_and_going_on_adds_to_it(
    workdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    GANCLI([*FIT, "--trainer.max_steps", "2", "--samples.every_n_steps", "1"])
    folder = Path("checkpoints/dcgan-digits/version_0")
    assert f"report: {folder / 'report.html'}" in capsys.readouterr().out
    assert Reading((folder / "report.html").read_text()).charts[0]["curves"][0]["steps"] == [1, 2]
    GANCLI([*FIT, "--trainer.max_steps", "4", "--ckpt_path", "last"])
    assert Reading((folder / "report.html").read_text()).charts[0]["curves"][0]["steps"] == [1, 2, 3, 4]
    sessions = json.loads((folder / "environment.json").read_text())["sessions"]
    assert [(told["first_step"], told["last_step"]) for told in sessions] == [(0, 2), (2, 4)]


def test_a_page_is_not_written_where_it_is_not_wanted(workdir: Path) -> None:
    GANCLI([*FIT, "--trainer.max_steps", "1", "--report", "false"])
    GANCLI([*FIT, "--trainer.fast_dev_run", "true"])
    assert not list(workdir.rglob("report.html"))


def test_a_page_that_cannot_be_written_is_one_line(
    workdir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(report, "write", fail)
    GANCLI([*FIT, "--trainer.max_steps", "1"])
    assert "note: no report was written" in capsys.readouterr().out


def test_report_makes_the_pictures_that_are_missing(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(checkpoint.parent, folder, ignore=shutil.ignore_patterns("pictures"))
    assert main(["report", str(folder)]) == 0
    page = Reading((folder / "report.html").read_text())
    assert any(str(image["alt"]).startswith("Interpolation") for image in page.all("img"))
    assert any(str(image["alt"]).startswith("Samples: sample-") for image in page.all("img"))  # it has no grids
    capsys.readouterr()
    assert main(["report", str(folder), "--output", str(tmp_path / "again.html")]) == 0
    assert capsys.readouterr().out == f"written: {tmp_path / 'again.html'}\n"  # none was made twice


def test_a_picture_that_cannot_be_made_leaves_a_line(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", losses(1), [1])
    (folder / "last.ckpt").write_bytes(b"damaged")
    assert main(["report", str(folder)]) == 0
    text = Reading((folder / "report.html").read_text()).text
    assert "No picture by gan interpolate: ckpt:" in text


def test_compare_writes_beside_where_it_is_typed(workdir: Path) -> None:
    for name in ("a", "b"):
        make_run(workdir / name, losses(2))
    assert main(["compare", "a", "b"]) == 0
    assert (workdir / "compare.html").is_file()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["report", "nowhere"], "run: nowhere does not exist"),
        (["report"], "no run under checkpoints/ yet"),
        (["report", "run", "--output", "page.pdf"], "output: page.pdf is no page"),
        (["report", "run", "--output", "run/config.yaml/x.html"], "output: run/config.yaml/x.html cannot be used"),
        (["report", "run", "other"], "other"),
        (["report", "--outptu", "x"], "outptu"),
        (["compare"], "run"),
        (["compare", "run"], "two runs or more"),
        (["compare", "run", "run"], "named twice"),
        (["compare", "run", "nowhere"], "nowhere does not exist"),
    ],
)
def test_what_cannot_be_done_is_said_shortly(
    workdir: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    make_run(workdir / "run", losses(1))
    assert main(words) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) <= 3


def test_help_and_pages_come_without_torch(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", losses(2), [10])
    code = (
        "import sys; from gan_cli.__main__ import main\n"
        f"assert main(['report', '--help']) == 0 and main(['report', {str(run)!r}]) == 0\n"
        "assert not {'torch', 'lightning', 'matplotlib'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, capture_output=True)
