"""What the documentation types is run, page by page, in the order of the page, each command in its shortest form."""

import glob
import os
import re
import socket
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from gan_cli import load
from gan_cli.__main__ import main
from gan_cli.command import sweeping
from gan_cli.evaluation import fifty_thousand
from gan_cli.metrics import features
from gan_cli.web import server
from tests import fake_sets
from tests.command.test_sweep import Ended, script
from tests.documentation.folders import OPEN, READY
from tests.documentation.shortest import shortest, shortest_python, write_features
from tests.documentation.typed import PAGES, STAR, Command, blocks, commands
from tests.evaluation import test_fifty_thousand as standing
from tests.inference import test_shared_models

WRITTEN_TO = {"--output", "--save_latents"}
"""Options that name what is written."""

TYPING = [page for page in PAGES if commands(page) or blocks(page, "python")]

pytestmark = pytest.mark.slow

hub = test_shared_models.cache


@pytest.fixture(autouse=True)
def _stood_in(workdir: Path, hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stands in for people who close a page, for processes, for a queue, and for what is far away."""
    fake_sets.any_checksum(monkeypatch)
    monkeypatch.setattr(server, "serve", looked_at)
    monkeypatch.setattr(sweeping, "started", lambda words, log, threads: Ended(words, log))
    (tools := workdir / "tools").mkdir()
    script(tools, "sbatch", "echo 77")
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    monkeypatch.setattr(fifty_thousand, "NUM", standing.NUM)
    monkeypatch.setattr(features, "Inception", standing.Standing)
    monkeypatch.setattr(features, "inception_weights", lambda *_: workdir)


def looked_at(app: Any, found: socket.socket, open_it: bool, say: Any) -> None:
    """Looks at a page once, in place of people."""
    from fastapi.testclient import TestClient

    address = server.address_of(found)
    found.close()
    assert TestClient(app, base_url=address).get("/").status_code == 200
    say(f"looked at {address}")


@pytest.mark.parametrize("page", TYPING, ids=lambda page: page.stem)
def test_what_a_page_types_runs(page: Path, workdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("shtab")
    write_features()
    for make in READY.get(page.name, ()):
        make()
    told = {command.text: problem(command, capsys) for command in commands(page) if command.runs}
    assert {text: what for text, what in told.items() if what} == {}, page.name
    names: dict[str, Any] = {name: load(file) for name, file in OPEN.get(page.name, {}).items()}
    for block in blocks(page, "python"):
        exec(compile(shortest_python(block), page.name, "exec"), names)


def problem(command: Command, capsys: pytest.CaptureFixture[str]) -> str:
    """What is wrong with what a command did, or nothing."""
    before = written()
    capsys.readouterr()
    words = shortest([new for word in command.words for new in expanded(word)])
    try:
        code = main(words)
    except SystemExit as shown:  # help
        code = int(shown.code or 0)
    except Exception as error:
        error.add_note(f"{command.page}: {command.text}")
        raise
    said = capsys.readouterr()
    if command.words[:2] == ("data", "check") and said.out and code == 1:
        code = 0  # sets as small as these have findings
    if command.refused or code:
        return "" if command.refused == (code == 2) else f"exit code {code}: {said.err}{said.out}"
    new = {path for path, when in written().items() if before.get(path) != when}
    if not said.out and not new:
        return "it says nothing, and writes nothing"
    if words[0] == "fit" and "--help" not in words and not any(path.endswith("last.ckpt") for path in new):
        return "no checkpoint came of it"
    named = [*re.findall(r"^written: (\S+)$", said.out, re.MULTILINE), *outputs(words)]
    missing = [name for name in named if not Path(name).exists()]
    return f"not written: {missing}" if missing else ""


def outputs(words: Sequence[str]) -> list[str]:
    """Files and folders that a command is told to write."""
    options = WRITTEN_TO | ({"--to"} if words[0] == "share" else set())
    found = [value for word, value in pairwise(words) if word in options]
    return [value for value in found if not value.startswith("hub:")]


def expanded(word: str) -> list[str]:
    """A word as the shell hands it on."""
    return sorted(glob.glob(word)) if "*" in word else [word.replace(STAR, "*")]


def written() -> dict[str, int]:
    """When each file below this folder was written."""
    return {str(path): path.stat().st_mtime_ns for path in Path().rglob("*") if path.is_file()}
