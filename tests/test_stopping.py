import os
import signal
from collections.abc import Iterator

import pytest

from gan_cli import stopping
from gan_cli.stopping import SIGNALS, Stopped, stoppable


@pytest.fixture
def ignored() -> Iterator[None]:
    """As nohup starts a command."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_stops_what_has_nothing_to_save(number: int) -> None:
    with pytest.raises(Stopped, match=f"^stopped by {signal.Signals(number).name}$") as caught, stoppable():
        os.kill(os.getpid(), number)
    assert caught.value.exit_code == 128 + number


@pytest.mark.usefixtures("ignored")
def test_under_nohup_a_closed_terminal_is_ignored() -> None:
    with stoppable():
        os.kill(os.getpid(), signal.SIGHUP)
        assert stopping.hangup_is_ignored()
        with pytest.raises(Stopped):
            os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
