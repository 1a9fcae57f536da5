"""`make gpu-check`: whatever happens to a part of it, the rest is measured, and the file says what is missing."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from benchmarks.gpu_check import Check
from benchmarks.gpu_worker import Job, outcomes

ONE, TWO, THREE = (Job(name, name, "32-true") for name in ("one", "two", "three"))
SPEED = "[[1.0], [2.0], [0.0], 1.5, 8, 1e9]"


@pytest.fixture
def works_as(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Lets the process that measures be a few lines of Python, which know the number of the jobs that are left."""

    def work(code: str) -> None:
        begun = subprocess.run

        def run(command: list[str], **options: object) -> object:
            left = command[-1].count('"32-true"')
            return begun([sys.executable, "-S", "-c", f"left = {left}\n{code}"], **options)  # type: ignore[call-overload]

        monkeypatch.setattr("benchmarks.gpu_worker.subprocess.run", run)

    return work


def soon(seconds: float = 60.0) -> float:
    return time.monotonic() + seconds


def test_jobs_after_one_that_kills_its_process_are_measured(works_as: Callable[[str], None]) -> None:
    works_as(f"import os\nprint('{SPEED}', flush=True)\nif left == 3: os.abort()")
    found = outcomes([ONE, TWO, THREE], 1, 1.0, soon())
    assert list(found.speeds) == [ONE, THREE]
    assert list(found.failed) == [TWO]
    assert "its process died" in found.failed[TWO]
    assert not found.left_out


def test_a_job_that_fails_says_why(works_as: Callable[[str], None]) -> None:
    works_as(f"print('\"no room\"')\nprint('{SPEED}')")
    found = outcomes([ONE, TWO], 1, 1.0, soon())
    assert found.failed == {ONE: "no room"}
    assert found.speeds[TWO].ratio == 2.0


def test_jobs_that_the_time_does_not_suffice_for_are_left_out(works_as: Callable[[str], None]) -> None:
    works_as(f"import time\nprint('{SPEED}', flush=True)\ntime.sleep(60)")
    found = outcomes([ONE, TWO], 1, 1.0, soon(1.0))
    assert list(found.speeds) == [ONE]
    assert found.left_out == [TWO]


def test_a_part_that_breaks_is_named_and_the_others_are_written(tmp_path: Path) -> None:
    def broken() -> Iterable[str]:
        yield "begun"
        raise RuntimeError("no such GPU\nmore of it")

    check = Check("cpu", 1.0, tmp_path / "check.md", tmp_path)
    check.part("First", broken)
    check.part("Second", lambda: ["measured"])
    text = check.output.read_text("utf-8")
    assert "## Second\n\nmeasured\n" in text
    assert "## What failed\n\n- First: no such GPU\n" in text
    assert text.endswith("## Left out\n\nNothing.\n")


@pytest.mark.slow
def test_the_whole_check_runs_without_a_gpu(tmp_path: Path) -> None:
    file = tmp_path / "check.md"
    options = ["--device", "cpu", "--minutes", "30", "--output", str(file)]  # more, where the machine is busy
    subprocess.run([sys.executable, "-m", "benchmarks.gpu_check", *options], check=True)
    text = file.read_text("utf-8")
    assert "## What failed\n\nNothing.\n\n## Left out\n\nNothing.\n" in text
    for title in ("DCGAN-64", "SNGAN-32", "pix2pix-256", "CycleGAN-256", "R3GAN-64", "gan"):
        assert f"| {title} | bf16-mixed |" in text
        assert f"| {title} | 32-true |" in text
    assert "| DCGAN-64 | 32-true | yes |" in text
    assert "passed" in text
