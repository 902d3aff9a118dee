"""Machine: what the figures were measured on.

Takes  nothing.
Gives  a paragraph: processor, cores, memory, load, versions, date.

Before this: nothing. After this: figures.py.
"""

import datetime
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

LIBRARIES = ("numpy", "scikit-learn", "xgboost", "xgboost-cpu", "lightgbm", "pyarrow", "distributed")
GIB = 1024**3


def describe_machine() -> str:
    """Describe this machine in a sentence."""
    cores, memory = len(os.sched_getaffinity(0)), psutil.virtual_memory().total / GIB
    versions = [f"{name} {found}" for name in LIBRARIES if (found := _version_of(name))]
    return (
        f"{cores} cores ({_processor()}), {memory:.0f} GiB, {platform.system()} {platform.machine()}, load "
        f"{os.getloadavg()[0]:.1f} at the end; Python {platform.python_version()}, {', '.join(versions)}; "
        f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}."
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or "unknown processor"


def _version_of(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
