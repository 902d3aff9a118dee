"""What fits into memory is worked on at a time, and a result never depends on it."""

import pytest

from pseudolabel.budget import bytes_in, workers_within
from pseudolabel.errors import ParameterError

GIB = 1 << 30


def workers(memory, jobs=8, **options):
    return workers_within(memory, jobs, **({"n_columns": 30, "n_taken": 55_000} | options))


def test_without_a_limit_all_workers_work():
    assert workers(None) == 8


def test_more_memory_never_means_fewer_workers():
    found = [workers(GIB * size // 4) for size in range(4, 40)]

    assert found == sorted(found)
    assert found[0] < found[-1] == 8


def test_processes_need_more_than_threads():
    assert workers(2 * GIB, processes=True) < workers(2 * GIB)


def test_too_little_is_said_with_what_it_takes():
    with pytest.raises(
        ParameterError, match=r"--memory 10MB is too little: 55,000 rows of 30 columns .* need about \d+MB"
    ):
        workers(10**7)


@pytest.mark.parametrize(("typed", "found"), [("2GB", 2 * 10**9), ("1.5 gib", 3 * GIB // 2), ("500MB", 5 * 10**8)])
def test_sizes_are_read_as_people_write_them(typed, found):
    assert bytes_in(typed) == found


@pytest.mark.parametrize("typed", ["2", "GB", "2 XB", "-1GB", ""])
def test_what_is_no_size_is_refused(typed):
    with pytest.raises(ParameterError, match="is no size"):
        bytes_in(typed)
