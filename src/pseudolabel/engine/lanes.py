"""Lanes: calls that run side by side, each lane doing one after the other.

Takes  what a lane does with a call, and the calls.
Gives  the results in order.

A lane is a thread that must not outlive its caller's patience: it is a daemon, so an interrupt need not wait until a
call of minutes has come to its end.

Before this: engine.py. After this: threads.py, processes.py.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import Any

from pseudolabel.engine.engine import CALLS_AHEAD

Run = Callable[[tuple[Any, ...]], Any]
"""Does a call, given its arguments."""

Task = tuple["Future[Any]", tuple[Any, ...]]


def run_in_lanes(lanes: Sequence[Run], arguments: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
    """Give the results of calls in the order of their arguments.

    Parameters
    ----------
    lanes : sequence of function
        What each lane does with the arguments of a call.
    arguments : iterable of tuple
        At most a few for each lane are taken ahead.

    Examples
    --------
    >>> list(run_in_lanes([sum, sum], [(1, 2), (3, 4), (5, 6)]))
    [3, 7, 11]
    """
    tasks: SimpleQueue[Task | None] = SimpleQueue()
    for number, lane in enumerate(lanes):
        Thread(target=_work, args=(lane, tasks), name=f"lane-{number}", daemon=True).start()
    ahead: deque[Future[Any]] = deque()
    try:
        for given in arguments:
            ahead.append(Future())
            tasks.put((ahead[-1], given))
            if len(ahead) >= CALLS_AHEAD * len(lanes):
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    finally:
        for future in ahead:
            future.cancel()
        for _ in lanes:
            tasks.put(None)


def _work(lane: Run, tasks: "SimpleQueue[Task | None]") -> None:
    while (task := tasks.get()) is not None:
        future, given = task
        if not future.set_running_or_notify_cancel():
            continue
        try:
            future.set_result(lane(given))
        except BaseException as error:
            future.set_exception(error)
