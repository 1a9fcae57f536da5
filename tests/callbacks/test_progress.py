import io
from collections.abc import Callable

import pytest
from rich.console import Console

from gan_cli.callbacks.progress import FitProgress, Throughput
from gan_cli.variants import DCGAN


@pytest.mark.parametrize("terminal", [True, False])
def test_losses_speed_and_kimg_are_shown(trained: Callable[..., DCGAN], terminal: bool) -> None:
    """A bar on a terminal, plain lines elsewhere; one bar for the whole of fit, whatever an epoch is."""
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=terminal, width=80, soft_wrap=True)
    progress = FitProgress(seconds_between_lines=0.0, console=console)
    trained(steps=30, trainer={"callbacks": [Throughput(), progress], "enable_progress_bar": True})
    told = shown.getvalue()
    assert " images/s " in told
    assert " kimg" in told
    if terminal:
        assert "30/30" in told
        assert "D 0." in told or "D 1." in told
        assert "…" not in told
    else:
        assert told.startswith("step 1/30 ")
        assert "discriminator " in told
        assert "generator " in told
        assert "\x1b" not in told
