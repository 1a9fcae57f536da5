import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from gan_cli import runs
from gan_cli.errors import UserError

CLAIM = """
import sys, time
from contextlib import ExitStack
from pathlib import Path
from gan_cli import runs

with ExitStack() as claims:
    print("ready", flush=True)
    moment = float(sys.stdin.readline())
    while time.time() < moment:
        pass
    for _ in range(50):
        folder = claims.enter_context(runs.claimed(Path("checkpoints"), "dcgan-digits"))
        (folder / "config.yaml").touch()
        print(folder.name)
"""


def process(script: str, folder: Path) -> subprocess.Popen[str]:
    """A process that has come as far as its first line."""
    command = [sys.executable, "-c", script]
    begun = subprocess.Popen(command, cwd=folder, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert begun.stdout is not None
    assert begun.stdout.readline() == "ready\n"
    return begun


def test_runs_that_begin_in_one_moment_have_a_folder_each(tmp_path: Path) -> None:
    begun = [process(CLAIM, tmp_path) for _ in range(4)]
    moment = time.time() + 0.2
    for each in begun:
        assert each.stdin is not None
        each.stdin.write(f"{moment}\n")
        each.stdin.flush()
    names = [name for each in begun for name in each.communicate(timeout=60)[0].split()]
    assert Counter(names) == {f"version_{number}": 1 for number in range(200)}


def test_a_run_that_did_not_begin_leaves_nothing(tmp_path: Path) -> None:
    with runs.claimed(tmp_path / "checkpoints", "dcgan-digits") as folder:
        assert folder.is_dir()
    assert not list(tmp_path.iterdir())


def test_the_next_run_comes_after_the_last_whatever_lies_between(tmp_path: Path) -> None:
    for name in ("version_3", "version_10", "version_x", "version_\u00b2"):
        (tmp_path / "dcgan-digits" / name).mkdir(parents=True)
    with runs.claimed(tmp_path, "dcgan-digits") as folder:
        assert folder.name == "version_11"


def test_a_run_is_trained_by_one_process_at_a_time(tmp_path: Path) -> None:
    script = f"""
import sys
from gan_cli import runs
from pathlib import Path
with runs.held(Path({str(tmp_path)!r})):
    print("ready", flush=True)
    sys.stdin.readline()
"""
    holder = process(script, tmp_path)
    with pytest.raises(UserError, match=f"^ckpt_path: another process is training {tmp_path} now\nWait"):
        runs.held(tmp_path).__enter__()
    holder.kill()
    holder.communicate()
    with runs.held(tmp_path) as folder:
        assert folder == tmp_path


def test_the_runs_of_a_name_with_brackets_are_found(tmp_path: Path) -> None:
    for name in ("dcgan-digits-[old]", "dcgan-digits-o"):
        (tmp_path / name / "version_0").mkdir(parents=True)
        (tmp_path / name / "version_0" / runs.LAST).touch()
    assert list(runs.saved_runs(tmp_path, "dcgan-digits-[old]")) == [tmp_path / "dcgan-digits-[old]" / "version_0"]
    assert len(list(runs.saved_runs(tmp_path))) == 2
