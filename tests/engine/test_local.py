"""The same results in the same order, however many calls are made at a time."""

import threading

import pytest

from pseudolabel.engine import local
from pseudolabel.engine.local import map_in_order, map_where_it_pays


def test_results_come_in_the_order_of_the_arguments():
    squares = list(map_in_order(pow, [(number, 2) for number in range(20)], n_jobs=2))

    assert squares == [number**2 for number in range(20)]


def test_an_error_in_a_call_reaches_the_caller():
    with pytest.raises(ZeroDivisionError):
        list(map_in_order(divmod, [(1, 1), (1, 0)], n_jobs=2))


@pytest.mark.parametrize(("large", "where"), [(-1.0, {True, False}), (60.0, {True})], ids=["large", "small"])
def test_only_large_work_is_done_elsewhere(monkeypatch, large, where):
    monkeypatch.setattr(local, "LARGE_SECONDS", large)
    here = threading.current_thread()

    told = list(
        map_where_it_pays(lambda number: (number, threading.current_thread() is here), [(0,), (1,), (2,)], n_jobs=2)
    )

    assert [number for number, _ in told] == [0, 1, 2]
    assert {in_place for _, in_place in told} == where


def test_nothing_to_do_is_nothing_done():
    assert list(map_where_it_pays(pow, [], n_jobs=2)) == []
