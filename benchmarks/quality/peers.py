"""Peers: libraries that live in an environment of their own.

Takes  a Split, and the interpreter of that environment.
Gives  the peer's Answer.

Their requirements must never decide ours, so they run in another process. It is handed the rows and the given labels
in a file; the truth stays here. Its clock starts when its libraries are loaded.

Before this: method.py. After this: compare.py.
"""

import subprocess
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from method import Answer, Method
from protocol import Split

WORKER = Path(__file__).with_name("peer_worker.py")

GRACE = 120.0
"""Seconds beyond the limit until a peer is stopped: its libraries are loaded, and its rows predicted, outside it."""

_PEERS = {
    "sslearn-tri-training-rf": ("sslearn's TriTraining, forests", None),
    "sslearn-co-forest": ("sslearn's CoForest", None),
    "sslearn-democratic": ("sslearn's DemocraticCoLearning: forest, logistic regression, neighbours", None),
    "autogluon-medium": ("AutoGluon, medium quality", None),
    "autogluon-best": ("AutoGluon, best quality", None),
    "autogluon-pseudolabel": ("AutoGluon, medium quality, then fit_pseudolabel", "autogluon-medium"),
}


@dataclass(frozen=True)
class PeerEnvironment:
    """Where peers run, and for how long.

    Attributes
    ----------
    python : str
        The interpreter.
    seconds : float
        Limit for one fit. AutoGluon plans with it; the others are stopped some time after it.
    """

    python: str
    seconds: float


class PeerError(Exception):
    """A peer ended with an error, which is the message."""


def peer_methods(environment: PeerEnvironment | None) -> dict[str, Method]:
    """Give the peers by name; without an environment they cannot run, and are only known for summaries."""
    return {
        name: Method(says, partial(ask_peer, name, environment), "rf", twin, can_run=environment is not None)
        for name, (says, twin) in _PEERS.items()
    }


def ask_peer(name: str, environment: PeerEnvironment, split: Split) -> Answer:
    """Let the worker learn from a split.

    Raises
    ------
    PeerError
        If it ends with an error; the last line it wrote is the message.
    subprocess.TimeoutExpired
        If it does not end in time.
    """
    with tempfile.TemporaryDirectory() as folder:
        rows, answer = Path(folder) / "split.npz", Path(folder) / "answer.npz"
        np.savez(rows, X=split.X, X_test=split.X_test, scaled=split.scaled, scaled_test=split.scaled_test, y=split.y)
        command = [environment.python, "-I", str(WORKER), name, str(rows), str(answer)]
        done = subprocess.run(
            [*command, str(split.seed), str(environment.seconds)],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=environment.seconds + GRACE,
            check=False,
        )
        if done.returncode:
            raise PeerError((done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1])
        with np.load(answer) as said:
            return Answer(said["test"], said["unlabeled"], float(said["seconds"]))
