"""Training: the next round, trained by another process while reviewers go on.

Takes  a run folder.
Gives  whether a round is being trained, and what came of the last one.

Before this: nothing. After this: app.py.
"""

import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO


@dataclass(frozen=True)
class Progress:
    """How training stands: it is `running`, or over and `said` something, well or not."""

    running: bool = False
    said: str = ""
    failed: bool = False


class Training:
    """Trains rounds of a run, one at a time.

    Parameters
    ----------
    folder : Path
        The run folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._out: IO[bytes] | None = None
        self._last = Progress()
        self._one = threading.Lock()

    def start(self) -> None:
        """Begin a round, unless one is being trained."""
        with self._one:
            if self._look().running:
                return
            self._out = tempfile.TemporaryFile()  # noqa: SIM115 - read and closed when the process has ended
            self._process = subprocess.Popen(
                [sys.executable, "-m", "pseudolabel", "refit", str(self._folder), "--quiet"],
                stdin=subprocess.DEVNULL,
                stdout=self._out,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # an interrupt is for the page, which tells it
            )

    def look(self) -> Progress:
        """Say how it stands."""
        with self._one:
            return self._look()

    def close(self) -> None:
        """Interrupt a round that is being trained: what it has done is kept, and `refit` goes on with it."""
        with self._one:
            if self._process is not None and self._process.poll() is None:
                self._process.terminate()
                try:
                    self._process.wait(30)
                except subprocess.TimeoutExpired:
                    self._process.kill()
                    self._process.wait()

    def _look(self) -> Progress:
        if self._process is None:
            return self._last
        code = self._process.poll()
        if code is None:
            return Progress(running=True)
        assert self._out is not None
        self._out.seek(0)
        said = self._out.read().decode("utf-8", "replace").replace(str(self._folder), "the run")
        self._out.close()
        self._process, self._last = None, Progress(False, said.strip()[-2_000:], code != 0)
        return self._last
