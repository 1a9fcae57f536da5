"""The wheel alone, without the checkout, is the whole tool."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from tests.conftest import TINY_FLAGS

PROJECT = Path(__file__).parents[1]
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
    page = {f"gan_cli/web/static/{path.name}" for path in (PROJECT / "gan_cli" / "web" / "static").iterdir()}
    assert {"gan_cli/web/static/index.html", "gan_cli/web/static/sample.js"} <= page <= set(names)
    assert not [name for name in names if name.startswith(("tests", "benchmarks", "lightning_configs"))]
    with tarfile.open(sdist) as archive:
        members = {PurePosixPath(member.name): member.size for member in archive}
    # No run and no data set: small files alone, and checkpoints only where tests need old ones.
    assert max(members.values()) < 2**18
    assert {path.parent.name for path in members if path.suffix in (".ckpt", ".npz")} == {"old_checkpoints"}
    assert not {"data", "checkpoints", "runs", "wandb"} & {path.parts[1] for path in members if len(path.parts) > 1}


@pytest.fixture(scope="module")
def told(built: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What three commands printed, and the modules they took; in one process, for imports take longer than the rest."""
    folder = tmp_path_factory.mktemp("wheel")
    (wheel,) = built.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    fit = ["fit", "--config", "dcgan.yaml", *TINY_FLAGS, "--trainer.max_steps", "2"]
    script = f"""
import sys
from gan_cli.__main__ import main
for words in {[fit, ["sample", "--num", "4"], ["list"]]}:
    assert main(words) == 0
    print("{END}")
print(sys.modules["gan_cli"].__file__, "{END}", sorted(sys.modules))
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "site")},
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert str(folder / "site") in done.stdout.split(END)[3]
    return done.stdout.split(END)


def test_the_wheel_alone_trains_and_samples(told: list[str]) -> None:
    trained, sampled, listed, *_ = told
    assert "run: checkpoints/dcgan-digits/version_0" in trained
    assert "sample-seed0-3.png" in sampled
    assert "dcgan.yaml" in listed


def test_wandb_is_not_imported_unless_asked_for(told: list[str]) -> None:
    modules = told[-1]
    assert "'gan_cli.callbacks.loggers'" in modules
    assert "'wandb'" not in modules
