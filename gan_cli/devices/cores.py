"""How many cores this process may use, and whether others want them too."""

import os
from math import ceil
from pathlib import Path

QUOTA = Path("/sys/fs/cgroup/cpu.max")
LOAD = Path("/proc/loadavg")


def cores(quota: Path = QUOTA) -> int:
    """Cores that the system lets this process run on, within the time that its container has."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        limit, period = quota.read_text(encoding="utf-8").split()
        return max(1, min(available, ceil(int(limit) / int(period))))
    except (OSError, ValueError):  # no container, or one without a limit ("max")
        return available


def running(load: Path = LOAD) -> int:
    """How many threads of the whole machine want a core at this moment; 0 where the system does not tell."""
    try:
        return int(load.read_text(encoding="utf-8").split()[3].partition("/")[0])
    except (OSError, ValueError, IndexError):
        return 0
