"""What holds for every test: quiet threads, no deadline on a busy machine, and signals that are heeded."""

import os
import signal

from hypothesis import settings

# Before numpy is loaded. Tests that run side by side share the cores, so each has one thread for its numbers.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
if "PYTEST_XDIST_WORKER" in os.environ:
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(variable, "1")

settings.register_profile("shared machine", deadline=None)
settings.load_profile("shared machine")

# A shell has whatever it starts in the background ignore Ctrl-C, and so would all that the tests start.
for number in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
