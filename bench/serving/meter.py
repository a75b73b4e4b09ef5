"""CPU time and memory of processes that are not ours to instrument, as the kernel counts them."""

from __future__ import annotations

import os
import time
from pathlib import Path

_SCHEDULED = 2  # CPUCLOCK_SCHED: nanoseconds that ran, where /proc/PID/stat has hundredths
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def list_tree(root: int) -> list[int]:
    """Process and all that descend from it."""
    found = [root]
    for pid in found:
        for task in Path(f"/proc/{pid}/task").glob("*"):
            try:
                found += [int(child) for child in (task / "children").read_text().split()]
            except OSError:  # ended meanwhile
                continue
    return found


def read_cpu_s(*roots: int) -> float:
    """CPU seconds so far of process trees, those included that ended and were waited for."""
    return sum(_read_process_s(pid) for root in roots for pid in list_tree(root))


def _read_process_s(pid: int) -> float:
    try:
        running = time.clock_gettime(~pid << 3 | _SCHEDULED)
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return running + (int(fields[13]) + int(fields[14])) * _TICK_S


def read_memory_mb(pid: int) -> dict[str, float]:
    """Memory of one process in MB: resident, its share of what it shares, and its own alone."""
    sizes: dict[str, float] = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, _, value = line.partition(":")
        sizes[name] = int(value.split()[0]) / 1024
    private = sizes["Private_Clean"] + sizes["Private_Dirty"]
    return {"rss_mb": sizes["Rss"], "pss_mb": sizes["Pss"], "private_mb": private}
