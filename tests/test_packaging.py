"""The wheel alone, without the checkout, is the whole tool."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import TINY_FLAGS

PROJECT = Path(__file__).parents[1]


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
    (wheel,) = built.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(workdir / "site")
    environment = {**os.environ, "PYTHONPATH": str(workdir / "site")}

    def run(*words: str) -> str:
        command = [sys.executable, "-m", "gan_cli", *words]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=120).stdout

    where = subprocess.run(
        [sys.executable, "-c", "import gan_cli; print(gan_cli.__file__)"],
        env=environment,
        check=True,
        capture_output=True,
    ).stdout.decode()
    assert where.startswith(str(workdir / "site"))
    run("fit", "--config", "dcgan.yaml", *TINY_FLAGS, "--trainer.max_steps", "2")
    assert "sample-seed0-3.png" in run("sample", "--num", "4")
    assert "dcgan.yaml" in run("list")
