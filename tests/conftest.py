"""What holds for every test: quiet threads, and no deadline on a busy machine."""

import os

from hypothesis import settings

# Before numpy is loaded. Tests that run side by side share the cores, so each has one thread for its numbers.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
if "PYTEST_XDIST_WORKER" in os.environ:
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(variable, "1")

settings.register_profile("shared machine", deadline=None)
settings.load_profile("shared machine")
