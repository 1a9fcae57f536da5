"""Other systems, as far as they can be pretended: called by their names, and without what they lack."""

import os
import signal
import sys

import pytest

NOT_ON_WINDOWS = {
    os: ("getuid", "geteuid", "sysconf", "sched_getaffinity", "fork", "killpg", "setsid", "statvfs"),
    signal: ("SIGHUP", "SIGPIPE", "SIGCHLD", "SIGUSR1", "SIGUSR2", "SIGXCPU", "SIGKILL"),
}
MODULES = ("fcntl", "resource", "pwd", "grp", "termios")


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows, where code asks for its name, without what is not there."""
    for owner, names in NOT_ON_WINDOWS.items():
        for name in names:
            monkeypatch.delattr(owner, name)
    for module in MODULES:
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setattr(sys, "platform", "win32")


@pytest.fixture
def mac(monkeypatch: pytest.MonkeyPatch) -> None:
    """macOS, where code asks for its name."""
    monkeypatch.setattr(sys, "platform", "darwin")
