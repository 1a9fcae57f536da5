"""`gan serve`: where it listens, and what it refuses before it does."""

import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from gan_cli import verbs
from gan_cli.errors import UserError
from gan_cli.web import server


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What `server.serve` is called with, instead of waiting for people."""
    called: dict[str, Any] = {}

    def serve(app: Any, found: socket.socket, open_it: bool, say: Any) -> None:
        called.update(app=app, address=server.address_of(found), open=open_it)
        found.close()

    monkeypatch.setattr(server, "serve", serve)
    return called


def test_it_listens_on_this_machine_alone(served: dict[str, Any], checkpoint: Path) -> None:
    verbs.run(["serve", str(checkpoint), "--port", "0"])
    assert served["address"].startswith("http://127.0.0.1:")
    assert not served["open"]
    assert len(served["app"].state.shelf.runs.all()) == 1


def test_a_network_is_said(served: dict[str, Any], workdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    verbs.run(["serve", "--host", "0.0.0.0", "--port", "0", "--open"])
    assert "everybody who reaches 0.0.0.0" in capsys.readouterr().out
    assert served["open"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--port", "70000"], "port"),
        (["--port", "x"], "port.*x"),
        (["--host", "no.such.host.invalid"], "host: no.such.host.invalid is no address"),
        (["--host", "192.0.2.1"], "cannot be listened at"),
        (["--device", "toaster"], "device: toaster cannot be used"),
        (["nowhere"], "run: nowhere does not exist"),
    ],
)
def test_mistakes(served: dict[str, Any], workdir: Path, words: list[str], said: str) -> None:
    with pytest.raises(UserError, match=said):
        verbs.run(["serve", *words])
    assert not served


def test_a_port_that_is_taken(served: dict[str, Any], workdir: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(UserError, match="take another --port"):
            verbs.run(["serve", "--port", str(other.getsockname()[1])])


def test_without_the_extra(served: dict[str, Any], workdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.setattr("gan_cli.verbs.serve.find_spec", lambda name: None if name == "uvicorn" else object())
    with pytest.raises(UserError, match=r"uvicorn is missing; pip install 'gan-cli\[web\]'"):
        verbs.run(["serve"])
