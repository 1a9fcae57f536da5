import getpass
import os
import pwd
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from gan_cli import home, verbs
from gan_cli.__main__ import main
from gan_cli.callbacks.loggers import Wandb
from gan_cli.command.cli import GANCLI
from tests.conftest import TINY_FLAGS
from tests.data import pictures


@pytest.fixture
def unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user whom the system does not know, as in a container that runs under a number of one's own."""

    def nobody(number: int) -> Any:
        raise KeyError(f"getpwuid(): uid not found: {number}")

    for name in ("HOME", "LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "")  # noted, so that it is put back
        monkeypatch.delenv(name)
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.mark.usefixtures("unknown")
def test_a_user_without_an_entry_and_without_a_home_gets_both(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        Path.home()
    home.settle()
    assert Path.home() == tmp_path / f"gan-cli-{os.getuid()}"
    assert Path.home().stat().st_mode & 0o777 == 0o700
    assert getpass.getuser() == str(os.getuid())
    assert Wandb()._wandb_init["project"] == "gan-cli"


@pytest.mark.usefixtures("unknown")
def test_a_home_that_another_user_has_made_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / f"gan-cli-{os.getuid()}").symlink_to(shutil.which("sh") or "/")
    home.settle()
    assert Path.home().name.startswith(f"gan-cli-{os.getuid()}-")


def test_a_tilde_is_the_home_folder_in_words_and_in_configs(workdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = workdir / "home"
    monkeypatch.setenv("HOME", str(place))
    for number in range(20):
        pictures.write(place / "pictures" / f"{number}.png", 16, 16)
    logger = {"class_path": "lightning.pytorch.loggers.CSVLogger", "init_args": {"save_dir": "~/logs"}}
    settings = {
        "trainer": {"default_root_dir": "~/runs", "max_steps": 1, "limit_val_batches": 0, "logger": [logger]},
        "data": {"class_path": "ImageFolder", "init_args": {"root": "~/pictures", "cache": "disk", "num_workers": 0}},
        "model": {"class_path": "DCGAN"},
    }
    (place / "mine.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    GANCLI(["fit", "--config=~/mine.yaml", "--data.cache_dir=~/cache", *TINY_FLAGS])
    run = place / "runs" / "dcgan-imagefolder" / "version_0"
    assert (run / "last.ckpt").is_file()
    verbs.run(["sample", f"--ckpt=~/{run.relative_to(place)}", "--num", "1", "--output", "~/made.png"])
    verbs.run(["report", f"~/{run.relative_to(place)}", "--no_pictures", "--output=~/page.html"])
    made = {path.name for path in place.iterdir()}
    assert made == {"pictures", "mine.yaml", "cache", "logs", "runs", "made.png", "page.html"}
    assert {path.name for path in workdir.iterdir()} <= {"home", "checkpoints"}  # no folder is called ~


def test_a_folder_whose_name_begins_with_a_bracket_is_no_list(workdir: Path) -> None:
    for number in range(20):
        pictures.write(workdir / "[old]" / f"{number}.png", 16, 16)
    assert main(["data", "check", "[old]", "--data.image_size", "16"]) == 1  # they are all alike
    words = ["--data", "ImageFolder", "--data.root", "[old]", "--trainer.max_steps", "1", *TINY_FLAGS]
    assert main(["fit", "--config", "dcgan.yaml", *words]) == 0
    assert home.expanded("--trainer.devices=[0,1]") == "--trainer.devices=[0,1]"
