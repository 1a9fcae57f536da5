"""Signals, outputs and processes on systems that this one is not."""

import importlib.util
import io
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from enum import IntEnum
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gan_cli import __main__, outputs, stopping
from gan_cli.__main__ import main
from gan_cli.callbacks.run_checkpoint import Interrupted
from gan_cli.command import sweeping
from gan_cli.command.cli import LightningSeed
from gan_cli.command.sweep_plan import planned
from gan_cli.data import loading
from gan_cli.devices import peers
from gan_cli.errors import UserError
from gan_cli.stopping import Stopped


class Signals(IntEnum):
    """What Windows has."""

    SIGINT = 2
    SIGTERM = 15
    SIGBREAK = 21


def test_on_windows_ctrl_break_is_listened_to(windows: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal, "Signals", Signals)
    spec = importlib.util.find_spec("gan_cli.stopping")
    assert spec is not None
    assert spec.loader is not None
    there: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(there)
    assert there.SIGNALS == (Signals.SIGINT, Signals.SIGTERM, Signals.SIGBREAK)
    assert str(there.Stopped(21)) == "stopped by SIGBREAK"
    assert not there.hangup_is_ignored()


def test_a_reader_that_has_gone_is_told_without_its_signal(windows: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal, "Signals", Signals)
    stopped = Interrupted(stopping.PIPE, Path("last.ckpt"))
    assert str(stopped) == "stopped by SIGPIPE (nobody reads its output any more); the run is saved in last.ckpt"
    assert stopped.exit_code == 141
    assert stopping.name_of(99) == "signal 99"


@pytest.fixture
def refusing() -> Iterator[int]:
    """A descriptor that refuses a short text as Windows' pipes do those that nobody reads: with EINVAL."""
    descriptor = os.eventfd(0)
    yield descriptor
    os.close(descriptor)


@pytest.mark.parametrize(("platform", "deserted"), [("win32", True), ("linux", False)])
def test_a_pipe_that_nobody_reads_on_windows(
    refusing: int, platform: str, deserted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outputs, "_deserted", False)
    monkeypatch.setattr(sys, "platform", platform)
    outputs._Lasting(refusing).write(b"text")
    assert outputs.deserted() is deserted


class Console(io.RawIOBase):
    """Shows characters, and has no use for bytes in a descriptor."""

    def __init__(self) -> None:
        self.shown = b""

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        self.shown += bytes(content)
        return len(content)


def test_windows_console_is_written_as_it_is() -> None:
    console = Console()
    stream = io.TextIOWrapper(io.BufferedWriter(console), encoding="utf-8")
    lasting = outputs._lasting(stream, 1)
    print("K\u00e4se \u2192 \ud800", file=lasting, flush=True)
    assert console.shown.decode() == "K\u00e4se \u2192 \\ud800\n"


@pytest.mark.parametrize("words", [["--help"], ["list"], ["list", "DCGAN"], ["list", "configs"]])
def test_a_file_in_windows_code_page_takes_whatever_is_printed(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open(tmp_path / "said.txt", "w", encoding="cp1252") as said:
        monkeypatch.setattr(sys, "stdout", said)
        assert main(words) == 0
        print("\u00b1 \u2192", file=outputs._lasting(said, said.fileno()), flush=True)
    assert (tmp_path / "said.txt").read_text(encoding="cp1252").endswith("\u00b1 \\u2192\n")


def test_on_windows_no_process_is_asked_by_a_signal_which_would_end_it(
    windows: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(*_: Any) -> None:
        raise AssertionError("it would have been ended")

    monkeypatch.setattr(os, "kill", kill)
    monkeypatch.setattr(peers, "_peers", [peers.Peer(socket.gethostname(), 1)])
    assert not peers._dead()


def test_a_sweep_on_windows_stops_its_runs_by_ctrl_break(
    windows: None, workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[dict[str, Any]] = []
    sent: list[int] = []

    class Running:
        def __init__(self, words: Sequence[str], **options: Any) -> None:
            begun.append(options)

        def poll(self) -> int | None:
            raise Stopped(signal.SIGINT)

        def send_signal(self, number: int) -> None:
            sent.append(number)

        def wait(self) -> int:
            return 130

    monkeypatch.setattr(subprocess, "Popen", Running)
    monkeypatch.setattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0x200, raising=False)
    monkeypatch.setattr(signal, "CTRL_BREAK_EVENT", 1, raising=False)
    plan = planned(["--config", "dcgan.yaml"], "0", [], None, LightningSeed)
    with pytest.raises(Stopped):
        sweeping.run_all(plan, [0], 1, ["sweep"])
    assert begun[0]["creationflags"] == 0x200
    assert "start_new_session" not in begun[0]
    assert sent == [1]


@pytest.mark.parametrize("name", ["nul", "Aux", "com3.x", "a."])
def test_no_sweep_is_called_what_windows_cannot_call_a_folder(name: str) -> None:
    with pytest.raises(UserError, match=r"^name: .* of (?:a folder|a device)"):
        planned(["--config", "dcgan.yaml"], "0", [], name, LightningSeed)


@pytest.mark.usefixtures("windows")
def test_workers_are_ended_where_no_signal_tells_of_their_end(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[str] = []
    worker = SimpleNamespace(daemon=True, kill=lambda: ended.append("killed"))
    monkeypatch.setattr(multiprocessing, "active_children", lambda: [worker])
    loading._end_workers()
    assert ended == ["killed"]


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_linux_shared_memory_is_not_blamed_elsewhere(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    said = loading.death_of_worker(RuntimeError("DataLoader worker (pid(s) 12) exited unexpectedly"))
    assert said == "a process that loads data ended unexpectedly; --data.num_workers 0 needs none"


@pytest.mark.parametrize(
    ("platform", "given", "expected"),
    [("darwin", None, "1"), ("darwin", "0", "0"), ("linux", None, None), ("win32", None, None)],
)
def test_on_a_mac_the_cpu_computes_what_its_gpu_cannot(
    platform: str, given: str | None, expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "PYTORCH_ENABLE_MPS_FALLBACK"
    monkeypatch.setenv(name, given or "")
    if given is None:
        monkeypatch.delenv(name)
    monkeypatch.setattr(sys, "platform", platform)
    __main__._let_the_cpu_help()
    assert os.environ.get(name) == expected


def test_a_port_is_not_shared_with_another_server_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("uvicorn")
    from gan_cli.web import server

    assert server._alone() == socket.SO_REUSEADDR
    monkeypatch.setattr(socket, "SO_EXCLUSIVEADDRUSE", -5, raising=False)
    monkeypatch.setattr(sys, "platform", "win32")
    assert server._alone() == -5


def test_scripts_are_scripts_whatever_the_registry_says(checkpoint: Path) -> None:
    pytest.importorskip("fastapi")
    import mimetypes

    from tests.web.people import Person

    before = mimetypes.guess_type("a.js")[0]
    mimetypes.add_type("text/plain", ".js")
    try:
        answer = Person([checkpoint]).get("/static/app.js")
    finally:
        mimetypes.add_type(before or "text/javascript", ".js")
    assert answer.headers["content-type"].startswith("text/javascript")
