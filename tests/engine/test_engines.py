"""Every engine keeps the same promises: all results, in order, few arguments taken ahead; and nothing left behind."""

import io
import itertools
import os
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import psutil
import pytest

from pseudolabel.engine.engine import CALLS_AHEAD
from pseudolabel.engine.here import Here
from pseudolabel.engine.opening import open_engine
from pseudolabel.engine.probe import holds_interpreter
from pseudolabel.engine.processes import MOST_ATTEMPTS, Processes
from pseudolabel.engine.threads import Threads
from pseudolabel.engine.worker import receive, send
from pseudolabel.errors import EngineError, ParameterError

LOCAL = [Threads(2), Processes(2)]
NAMES = [engine.name for engine in LOCAL]


def square(number):
    time.sleep(0.01 * (number % 3))  # so that calls do not end in the order they began
    return number**2


@pytest.mark.parametrize("engine", LOCAL, ids=NAMES)
def test_results_come_in_the_order_of_the_arguments(engine):
    with engine:
        assert list(engine.map(square, ((number,) for number in range(20)))) == [n**2 for n in range(20)]


def test_one_call_after_the_other_gives_the_same():
    assert list(Here().map(square, [(3,), (4,)])) == [9, 16]


@pytest.mark.parametrize("engine", LOCAL, ids=NAMES)
def test_arguments_without_end_are_taken_as_they_are_needed(engine):
    taken = itertools.count()

    with engine:
        results = engine.map(square, ((next(taken),) for _ in itertools.count()))
        first = [next(results) for _ in range(5)]
        results.close()

    assert first == [0, 1, 4, 9, 16]
    assert next(taken) <= 5 + CALLS_AHEAD * engine.n_workers


@pytest.mark.parametrize("engine", LOCAL, ids=NAMES)
def test_an_error_in_a_call_reaches_the_caller_as_itself(engine):
    with engine, pytest.raises(ZeroDivisionError):
        list(engine.map(divmod, [(1, 1), (1, 0), (2, 1)]))


@pytest.mark.parametrize("engine", LOCAL, ids=NAMES)
def test_an_engine_can_be_used_again_for_another_call(engine):
    with engine:
        assert list(engine.map(square, [(2,)])) == [4]
        assert list(engine.map(divmod, [(7, 2)])) == [(3, 1)]


def workers():
    """Give the workers of this process; Dask leaves it a tracker of its own."""
    here = psutil.Process().children(recursive=True)
    return [child for child in here if "pseudolabel.engine.worker" in child.cmdline()]


def test_a_killed_worker_is_replaced_and_its_call_done_again(tmp_path):
    def once_killed(number):
        if number == 3 and not (tmp_path / "killed").exists():
            (tmp_path / "killed").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    with Processes(2) as engine:
        assert list(engine.map(once_killed, ((number,) for number in range(8)))) == list(range(8))
    assert (tmp_path / "killed").exists()
    assert workers() == []


def test_a_call_that_kills_every_worker_is_given_up(tmp_path):
    def deadly(number):
        (tmp_path / str(time.monotonic_ns())).touch()
        os.kill(os.getpid(), signal.SIGKILL)

    with Processes(1) as engine, pytest.raises(EngineError, match="lost 3 times"):
        list(engine.map(deadly, [(1,)]))
    assert len(list(tmp_path.iterdir())) == MOST_ATTEMPTS


def test_half_an_answer_is_none():
    whole = io.BytesIO()
    send(whole, b"r", b"result")

    assert receive(io.BytesIO(whole.getvalue())) == (b"r", b"result")
    assert receive(io.BytesIO(whole.getvalue()[:-1])) is None
    assert receive(io.BytesIO(whole.getvalue()[:5])) is None


def test_what_a_call_prints_does_not_come_between(capfd):
    with Processes(1) as engine:
        assert list(engine.map(lambda number: (print("loud", flush=True), number)[1], [(1,), (2,)])) == [1, 2]


SCRIPT = """
    import sys, time
    from pseudolabel.engine.opening import open_engine

    def slow(number):
        time.sleep(600)

    with open_engine("{name}", n_jobs=2) as engine:
        print("ready", flush=True)
        list(engine.map(slow, ((number,) for number in range(4))))
"""


def start(name):
    """Start a script whose calls take a minute, without a guard around its main part, and wait until they run."""
    script = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SCRIPT.format(name=name))],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    assert script.stdout.readline() == "ready\n"
    time.sleep(1.5)
    return script, psutil.Process(script.pid).children(recursive=True)


@pytest.mark.parametrize("name", NAMES)
def test_an_interrupt_ends_it_and_leaves_no_worker(name):
    script, there = start(name)

    os.kill(script.pid, signal.SIGINT)
    _, said = script.communicate(timeout=60)

    assert said.strip().endswith("KeyboardInterrupt")
    _, alive = psutil.wait_procs(there, timeout=60)
    assert alive == []


def test_workers_do_not_outlive_a_killed_parent():
    script, there = start("processes")
    assert len(there) == 3  # two workers, and the one that ends them

    os.kill(script.pid, signal.SIGKILL)
    script.communicate(timeout=60)

    _, alive = psutil.wait_procs(there, timeout=60)
    assert alive == []


@pytest.mark.parametrize("name", ["somewhere", "http://host:1", ""])
def test_an_engine_there_is_none_of_is_refused(name):
    with pytest.raises(ParameterError, match="neither local, threads, processes, dask nor the address"):
        open_engine(name, n_jobs=1)


@pytest.mark.parametrize(("asked", "n_jobs", "kind"), [("local", 1, Here), ("threads", 2, Threads)])
def test_names_stand_for_engines(asked, n_jobs, kind):
    with open_engine(asked, n_jobs=n_jobs) as engine:
        assert isinstance(engine, kind)


def test_a_loop_in_python_holds_the_interpreter_and_a_product_of_matrices_does_not():
    matrix = np.random.default_rng(0).random((600, 600))

    # On a machine that others use up a single look may err, and costs time only.
    looks = range(6)
    assert any(holds_interpreter(lambda: sum(number * number for number in range(50_000))) for _ in looks)
    assert any(not holds_interpreter(lambda: matrix @ matrix) for _ in looks)
