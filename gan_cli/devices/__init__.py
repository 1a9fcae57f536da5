"""The machine: precision, memory, launchers, strategies."""
