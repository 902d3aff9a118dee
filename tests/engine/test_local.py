import pytest

from pseudolabel.engine.local import map_in_order


def test_results_come_in_the_order_of_the_arguments():
    squares = list(map_in_order(pow, [(number, 2) for number in range(20)], n_jobs=2))

    assert squares == [number**2 for number in range(20)]


def test_an_error_in_a_call_reaches_the_caller():
    with pytest.raises(ZeroDivisionError):
        list(map_in_order(divmod, [(1, 1), (1, 0)], n_jobs=2))
