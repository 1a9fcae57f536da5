"""Texts and names of files are UTF-8, whatever the locale says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from gan_cli.command.cli import GANCLI
from gan_cli.errors import UserError
from tests.conftest import TINY_FLAGS
from tests.data import pictures

LATIN = os.fsdecode("Kür".encode("latin-1"))
"""A folder from a disk on which names are not in UTF-8."""


def write_classes(root: Path, *names: str) -> None:
    for name in names:
        for number in range(12):
            pictures.write(root / name / f"{number}.png", 16, 16)


def test_names_are_read_and_printed_as_utf_8_under_another_locale(tmp_path: Path) -> None:
    write_classes(tmp_path / "Läden", "Käse", "Brot")
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "HOME") if name in os.environ}
    words = [sys.executable, "-m", "gan_cli", "data", "check", "Läden", "--data.image_size", "16"]
    done = subprocess.run(words, cwd=tmp_path, env={**kept, **locale}, capture_output=True, timeout=120, check=False)
    assert "Käse" in done.stdout.decode("utf-8"), done.stderr
    assert "Läden" in done.stdout.decode("utf-8")


def test_a_class_whose_name_is_no_utf_8_is_trained_on_and_shown(workdir: Path) -> None:
    write_classes(workdir / "sets", "Käse", LATIN)
    words = ["--data", "ImageFolder", "--data.root", "sets", "--data.num_workers", "0", "--trainer.max_steps", "1"]
    cli = GANCLI(["fit", "--config", "cgan.yaml", *words, *TINY_FLAGS, "--report", "true"])
    saved = yaml.safe_load((cli.run_folder / "config.yaml").read_text("utf-8"))
    assert "num_classes" in saved["model"]["init_args"]
    assert cli.datamodule.facts["class_names"] == ("K\\xfcr", "Käse")
    assert (cli.run_folder / "report.html").is_file()


def test_a_typed_name_that_is_no_utf_8_is_refused_by_name() -> None:
    with pytest.raises(UserError, match=r"^K\\xfcr/1: this name is no UTF-8"):
        GANCLI(["fit", "--config", "cgan.yaml", "--data", "ImageFolder", "--data.root", f"{LATIN}/1"])
