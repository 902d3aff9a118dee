"""Cost: what a call takes, measured by the process that makes it.

Takes  a call, in a process that has loaded its libraries and its rows already.
Gives  its result, and a Cost: wall seconds, CPU seconds of this process and all it started, and the memory it added.

CPU seconds are the main measure: on a machine with other work a wall time is often twice as long and says nothing.
Linux only, for peaks come from /proc.

Before this: nothing. After this: contenders.py.
"""

import gc
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import psutil

KIB = 1024
MIB = KIB**2
WITH_ENDED = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)

Result = TypeVar("Result")


@dataclass(frozen=True)
class Cost:
    """What a call or a command took.

    Attributes
    ----------
    wall : float
        Seconds.
    cpu : float
        Seconds in user and system mode of all threads and processes together.
    peak : float
        MiB: the highest amount of memory, less what was there before.
    """

    wall: float
    cpu: float
    peak: float


def cost_of(call: Callable[[], Result]) -> tuple[Result, Cost]:
    """Make a call and measure it.

    Examples
    --------
    >>> rows, cost = cost_of(lambda: bytearray(64 * MIB))
    >>> cost.peak > 60
    True
    """
    gc.collect()
    _forget_peak()
    memory, cpu, start = status_mib("VmRSS"), cpu_seconds(), time.perf_counter()
    result = call()
    wall = time.perf_counter() - start
    return result, Cost(wall, cpu_seconds() - cpu, max(status_mib("VmHWM") - memory, 0.0))


def cpu_seconds() -> float:
    """Give the CPU seconds of this process and of all it started, whether these have ended or not."""
    ended = sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, WITH_ENDED))
    return ended + sum(_cpu_of(process) for process in psutil.Process().children(recursive=True))


def status_mib(key: str, pid: int | str = "self") -> float:
    """Give a line of /proc/PID/status that is an amount of memory, in MiB; 0 where there is no such line."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        name, _, amount = line.partition(":")
        if name == key:
            return int(amount.split()[0]) / KIB
    return 0.0


def _cpu_of(process: psutil.Process) -> float:
    try:
        return float(sum(process.cpu_times()[:4]))  # its own, and of what it started and saw end
    except psutil.NoSuchProcess:
        return 0.0


def _forget_peak() -> None:
    """Let the peak start anew from what is used now."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:  # not everywhere allowed; the peak of imports and loading then counts as well
        return
