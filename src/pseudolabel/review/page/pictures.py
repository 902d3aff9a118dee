"""Pictures: the images of rows, drawn anew before anybody sees them.

Takes  the folder of the images, and the path a row names.
Gives  a JPEG, or the reason why there is none.

No path ever comes from a browser: it asks by the number of a row, and what the table names is used only if it is a
regular file inside the folder, after links are followed. It is drawn by another process, within a time and a memory.

Before this: picture_worker.py, data/images.py. After this: app.py.
"""

import json
import subprocess
import sys
import threading
from collections import OrderedDict
from pathlib import Path

from pseudolabel.data.images import refused_images

SECONDS = 10.0
"""An image takes at most."""

SIDES = {"small": 160, "large": 480, "whole": 2_000}
"""Pixels of the longer side."""

MOST_KEPT = 200
"""Pictures that are kept, some ten thousand bytes each."""


class Pictures:
    """Draws the images in a folder.

    Parameters
    ----------
    folder : Path or None
        What names are relative to; None where it is not known.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._worker: subprocess.Popen[bytes] | None = None
        self._one = threading.Lock()
        self._kept: OrderedDict[tuple[str, str], bytes] = OrderedDict()

    def draw(self, name: str, size: str) -> bytes:
        """Give an image as a JPEG; no bytes where there is none that can be shown.

        Parameters
        ----------
        name : str
            As the table has it.
        size : {"small", "large", "whole"}
        """
        if self.why_not(name):
            return b""
        with self._one:
            found = self._kept.pop((name, size), None)
            if found is None:
                found = self._ask(str(self._path(name)), SIDES[size])
            self._kept[name, size] = found
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return found

    def why_not(self, name: str) -> str:
        """Say why an image cannot be shown; an empty text where nothing speaks against it."""
        if self.folder is None:
            return "the folder of the images is not known: start with --images FOLDER"
        refused = refused_images([name], self.folder)
        return refused[0].reason if refused else ""

    def close(self) -> None:
        """End the process that draws."""
        with self._one:
            self._end()

    def _path(self, name: str) -> Path:
        assert self.folder is not None
        return (self.folder.resolve() / name).resolve()

    def _ask(self, path: str, side: int) -> bytes:
        """Ask the worker; one that is too slow or dies is replaced by the next question."""
        worker = self._started()
        assert worker.stdin is not None
        assert worker.stdout is not None
        late = threading.Timer(SECONDS, worker.kill)
        late.start()
        try:
            worker.stdin.write(json.dumps({"path": path, "side": side}).encode() + b"\n")
            worker.stdin.flush()
            size = int(worker.stdout.readline() or 0)
            drawn = worker.stdout.read(size)
        except (OSError, ValueError):
            drawn, size = b"", -1
        finally:
            late.cancel()
        if len(drawn) != size or worker.poll() is not None:
            self._end()
            return b""
        return drawn

    def _started(self) -> subprocess.Popen[bytes]:
        if self._worker is None or self._worker.poll() is not None:
            self._end()
            self._worker = subprocess.Popen(
                [sys.executable, "-m", "pseudolabel.review.page.picture_worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # an interrupt is for the page, which ends it
            )
        return self._worker

    def _end(self) -> None:
        if self._worker is not None:
            self._worker.kill()
            self._worker.communicate()
            self._worker = None
