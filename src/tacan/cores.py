"""How many cores this process may use."""

from __future__ import annotations

import math
import os
from contextlib import suppress
from pathlib import Path

__all__ = ["available_cores"]

_CGROUPS = Path("/sys/fs/cgroup")


def available_cores() -> int:
    """Cores that this process may use, at least 1: the least of three numbers.

    They are the cores of the machine, those that the process is bound to (its affinity), and the
    processor time that a container is allowed (the quota of its control group, rounded up).
    `os.cpu_count` knows the first alone, and says 64 in a container that has 2.
    """
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    quota = cgroup_quota(_CGROUPS)
    return max(1, min(bound or 1, bound or 1 if quota is None else math.ceil(quota)))


def cgroup_quota(root: Path) -> float | None:
    """Cores' worth of time that the control group mounted at `root` allows; None: no limit.

    Version 2 writes `QUOTA PERIOD` in microseconds into one file, version 1 into two.
    """
    with suppress(OSError, ValueError):
        quota, period = (root / "cpu.max").read_text().split()
        return None if quota == "max" else int(quota) / int(period)
    with suppress(OSError, ValueError):
        quota, period = (
            int((root / "cpu" / f"cpu.cfs_{name}_us").read_text()) for name in ("quota", "period")
        )
        return None if quota <= 0 else quota / period
    return None
