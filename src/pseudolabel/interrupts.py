"""Interrupts: a wish that a command should end, however it is made.

Takes  Ctrl-C (SIGINT), the end of its time (SIGTERM, as schedulers of clusters send it) or of its terminal (SIGHUP).
Gives  a `KeyboardInterrupt` in the main thread, for the first; the end at once, for the second.

All three are the same wish, and are answered alike: the atomic step is finished, what is done is kept, and the exit
code is 130. Only the command line does this; a library leaves signals to the program that imports it.

Before this: nothing. After this: run_folder.py, cli.py.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
"""Not every system has all of them."""

AT_ONCE = b"pseudolabel: Interrupted again, and ended at once. Go on with a run: pseudolabel resume RUN\n"


def wishes() -> list[int]:
    """Give the signals that wish for an end, but for those that are to be ignored: `nohup` has SIGHUP ignored."""
    numbers = [getattr(signal, name) for name in SIGNALS if hasattr(signal, name)]
    return [number for number in numbers if signal.getsignal(number) != signal.SIG_IGN]


@contextmanager
def heeded(*, to_the_end: bool = False) -> Iterator[None]:
    """Heed the signals that wish for an end, as long as this is open.

    One that is ignored stays ignored, and one that the calling program handles is left to it.

    Parameters
    ----------
    to_the_end : bool, default=False
        Whether the program ends after this: while it does so, a first wish has come true already, and a second one
        still ends it at once.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    n_wishes, is_ending = 0, False

    def end(number: int, frame: FrameType | None) -> None:
        nonlocal n_wishes
        n_wishes += 1
        if n_wishes > 1:
            os.write(2, AT_ONCE)
            os._exit(INTERRUPTED)  # workers end with this process, whatever way it ends
        if not is_ending:
            raise KeyboardInterrupt

    before = {}
    for number in wishes():
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            before[number] = signal.signal(number, end)
    try:
        yield
    finally:
        is_ending = to_the_end
        for number, handler in before.items():
            if not to_the_end:
                signal.signal(number, handler)
