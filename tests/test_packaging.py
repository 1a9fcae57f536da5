"""The wheel alone, without the checkout, is the whole tool."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import TINY_FLAGS

PROJECT = Path(__file__).parents[1]
WORDS_OF_FIT = ["fit", "--config", "dcgan.yaml", *TINY_FLAGS, "--trainer.max_steps", "2"]
END = "--- that was that ---"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(PROJECT)]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def test_wheel_and_sdist_hold_what_they_should(built: Path) -> None:
    (wheel,), (sdist,) = built.glob("*.whl"), built.glob("*.tar.gz")
    names = zipfile.ZipFile(wheel).namelist()
    assert "gan_cli/py.typed" in names
    assert "gan_cli/lightning_configs/dcgan.yaml" in names
    assert {"gan_cli/reports/curves.js", "gan_cli/reports/report.css"} <= set(names)
    assert not [name for name in names if name.startswith(("tests", "benchmarks", "lightning_configs"))]
    assert sdist.stat().st_size < 3 * 2**19  # pictures of docs/; a run or a data set would be more


def test_the_wheel_alone_trains_and_samples(built: Path, workdir: Path) -> None:
    """In one process: to import everything takes longer than all the rest."""
    (wheel,) = built.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(workdir / "site")
    script = f"""
import gan_cli
from gan_cli.__main__ import main
print(gan_cli.__file__)
for words in {[WORDS_OF_FIT, ["sample", "--num", "4"], ["list"]]}:
    assert main(words) == 0
    print("{END}")
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(workdir / "site")},
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    trained, sampled, listed, _ = done.stdout.split(END)
    assert trained.startswith(str(workdir / "site"))
    assert "sample-seed0-3.png" in sampled
    assert "dcgan.yaml" in listed
