"""The same results in the same order, however many calls are made at a time."""

import os

import pytest

from pseudolabel.engine import local
from pseudolabel.engine.local import map_in_order, map_where_it_pays


def test_results_come_in_the_order_of_the_arguments():
    squares = list(map_in_order(pow, [(number, 2) for number in range(20)], n_jobs=2))

    assert squares == [number**2 for number in range(20)]


def test_an_error_in_a_call_reaches_the_caller():
    with pytest.raises(ZeroDivisionError):
        list(map_in_order(divmod, [(1, 1), (1, 0)], n_jobs=2))


@pytest.mark.parametrize(("pays", "n_places"), [(-1.0, 2), (60.0, 1)], ids=["large", "small"])
def test_only_large_work_is_done_elsewhere(monkeypatch, pays, n_places):
    monkeypatch.setattr(local, "PAYS_SECONDS", pays)
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "2")

    told = list(map_where_it_pays(lambda number: (number, os.getpid() == HERE), [(0,), (1,), (2,)], n_jobs=2))

    assert [number for number, _ in told] == [0, 1, 2]
    assert len({in_place for _, in_place in told}) == n_places


HERE = os.getpid()


def test_what_cannot_be_sent_is_done_here(monkeypatch, tmp_path):
    monkeypatch.setattr(local, "PAYS_SECONDS", -1.0)
    with (tmp_path / "open").open("w") as file:
        told = list(map_where_it_pays(lambda number: (number, file.closed), [(0,), (1,), (2,)], n_jobs=2))

    assert told == [(0, False), (1, False), (2, False)]


def test_nothing_to_do_is_nothing_done():
    assert list(map_where_it_pays(pow, [], n_jobs=2)) == []
