"""Watch: what a command and everything it starts take, seen from outside.

Takes  a command.
Gives  its exit code, wall seconds, CPU seconds, and the highest memory of all its processes together.

    python benchmarks/speed/watch.py -- pseudolabel fit FOLDER --label y --out RUN

Memory is anonymous and shared-memory pages, read from /proc twenty times a second: what a machine runs out of.
Pages of files (libraries, mapped tables) are left out, for the kernel can drop them at any time. What two processes
share after a fork counts twice, and a peak shorter than a twentieth of a second can be missed.

CPU seconds are those the kernel reports when the command has ended. Processes that nobody waited for are missing
there, so the sum of what was last seen of each process is taken where it is larger.

Before this: cost.py. After this: folder_figures.py.
"""

import argparse
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO

import psutil

from cost import Cost, status_mib

SECONDS_BETWEEN_LOOKS = 0.05


@dataclass(frozen=True)
class Watched(Cost):
    """What a command took, and how it ended.

    Attributes
    ----------
    code : int
        Exit code; negative for a signal.
    largest : float
        MiB: the highest memory (VmHWM, pages of files included) of the largest of its processes.
    struck : int or None
        The process that was killed by us on the way.
    """

    code: int
    largest: float
    struck: int | None = None


def watch(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    output: IO[str] | None = None,
    limit: float = float("inf"),
    strike_after: float = float("inf"),
) -> Watched:
    """Run a command to its end.

    Parameters
    ----------
    command : sequence of str
    env : mapping, optional
        Its environment; ours by default.
    output : file, optional
        Takes what it prints; the terminal by default.
    limit : float
        Seconds after which it is killed, with all it started.
    strike_after : float
        Seconds after which the busiest of the processes it started is killed, as an accident would.
    """
    start = time.perf_counter()
    process = subprocess.Popen(command, env=env, stdout=output, stderr=None if output is None else subprocess.STDOUT)
    sights = _Sights(psutil.Process(process.pid), start)
    ended = threading.Event()
    looker = threading.Thread(target=sights.look_until, args=(ended, limit, strike_after), daemon=True)
    looker.start()
    while True:
        try:
            _, status, usage = os.wait4(process.pid, 0)
            break
        except KeyboardInterrupt:  # it was told as well; its costs are still of interest
            continue
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    ended.set()
    looker.join()
    cpu = max(usage.ru_utime + usage.ru_stime, sum(sights.cpu.values()))
    return Watched(wall, cpu, sights.peak, process.returncode, sights.largest, sights.struck)


@dataclass
class _Sights:
    """What was seen so far of a process and of those it started."""

    root: psutil.Process
    start: float
    cpu: dict[psutil.Process, float] = field(default_factory=dict)
    peak: float = 0.0
    largest: float = 0.0
    struck: int | None = None

    def look_until(self, ended: threading.Event, limit: float, strike_after: float) -> None:
        while not ended.is_set():
            family = self._look()
            seconds = time.perf_counter() - self.start
            if seconds > limit:
                for process in family:
                    _kill(process)
            elif seconds > strike_after and self.struck is None:
                self._strike(family)
            ended.wait(SECONDS_BETWEEN_LOOKS)

    def _look(self) -> list[psutil.Process]:
        """Look once: at the family as it is, and at members seen before whose parent has gone."""
        family, memory = {self.root, *self.cpu}, 0.0
        with suppress(psutil.NoSuchProcess):
            family.update(self.root.children(recursive=True))
        for process in family:
            try:
                times = process.cpu_times()
                memory += status_mib("RssAnon", process.pid) + status_mib("RssShmem", process.pid)
                self.largest = max(self.largest, status_mib("VmHWM", process.pid))
            except (psutil.NoSuchProcess, OSError):
                continue
            self.cpu[process] = times.user + times.system
        self.peak = max(self.peak, memory)
        return list(family)

    def _strike(self, family: Sequence[psutil.Process]) -> None:
        started = [process for process in family if process != self.root and process.is_running()]
        if started:
            victim = max(started, key=lambda process: self.cpu.get(process, 0.0))
            _kill(victim)
            self.struck = victim.pid


def _kill(process: psutil.Process) -> None:
    with suppress(psutil.NoSuchProcess):
        process.kill()


def main(words: Sequence[str] | None = None) -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0], usage="%(prog)s -- COMMAND")
    options.add_argument("command", nargs="+")
    watched = watch(options.parse_args(words).command)
    print(
        f"wall {watched.wall:.1f} s, CPU {watched.cpu:.1f} s, peak memory {watched.peak:.0f} MiB of all processes "
        f"(the largest, files included: {watched.largest:.0f} MiB), exit code {watched.code}",
        file=sys.stderr,
    )
    return watched.code if watched.code >= 0 else 128 - watched.code


if __name__ == "__main__":
    sys.exit(main())
