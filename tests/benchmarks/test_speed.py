"""What the figures of speed rest on: nothing a process starts is forgotten, and only neighbors in time are compared."""

import json
import os
import sys
import time
from dataclasses import replace

import numpy as np
import psutil
import pyarrow.parquet as pq
import pytest

import figures
from cost import cost_of, cpu_seconds
from figure import MeasurementError, Row, Setting
from pairs import in_rounds, median, ratio, spread
from problem import UNLABELED, Sizes, keep_problem, load_problem
from table_folder import ID, LABEL, Shape, digest_of, keep_folder, n_rows_of
from watch import watch

BURN = "import time\nend = time.process_time() + {seconds}\nwhile time.process_time() < end: pass\n"
START = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', {code!r}])\n"
HOLD = "import time\nheld = b'x' * ({mib} << 20)\ntime.sleep({seconds})\n"


def burning(seconds, generations=0):
    """Give a command that burns CPU seconds: itself, its child, its grandchild."""
    code = BURN.format(seconds=seconds)
    for _ in range(generations):
        code = START.format(code=code)
    return [sys.executable, "-c", code]


def has_ended(pid, within):
    end = time.monotonic() + within
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def setting(tmp_path):
    return Setting(tmp_path, n_pairs=1, seeds=[7], scale=0.01, jobs=1, booster="xgboost", limit=120, quick=True)


@pytest.mark.parametrize("generations", [0, 1, 2])
def test_cpu_seconds_of_a_command_are_those_of_its_grandchildren_too(generations):
    watched = watch(burning(0.6, generations))

    assert watched.code == 0
    assert 0.6 <= watched.cpu < 1.5  # the rest is starting Python


def test_cpu_seconds_are_not_lost_when_the_parent_does_not_wait():
    code = f"import subprocess, sys, time\nsubprocess.Popen({burning(0.6)!r})\ntime.sleep(1.5)\n"

    watched = watch([sys.executable, "-c", code])

    assert watched.cpu >= 0.55  # what was last seen of it, twenty looks a second


def test_a_call_is_charged_with_a_process_that_still_runs():
    started = []

    def start_and_wait_a_little():
        started.append(psutil.Popen(burning(30)))
        end = time.monotonic() + 10
        while sum(started[0].cpu_times()[:2]) < 0.3 and time.monotonic() < end:
            time.sleep(0.02)

    try:
        _, cost = cost_of(start_and_wait_a_little)
    finally:
        started[0].kill()
        started[0].wait()

    assert cost.cpu >= 0.3


def test_waiting_takes_wall_time_and_no_cpu():
    watched = watch([sys.executable, "-S", "-c", "import time; time.sleep(0.7)"])

    assert watched.wall >= 0.7
    assert watched.cpu < 0.5


def test_the_memory_of_all_processes_counts_at_the_same_time():
    held = [sys.executable, "-c", HOLD.format(mib=60, seconds=0.8)]
    code = f"import subprocess\nfor process in [subprocess.Popen({held!r}) for _ in range(2)]: process.wait()\n"

    watched = watch([sys.executable, "-c", code])

    assert 120 <= watched.peak < 180
    assert 60 <= watched.largest < 120


def test_memory_that_was_given_back_has_still_been_the_peak():
    _, cost = cost_of(lambda: np.ones(80 << 20, np.uint8).sum())

    assert 75 <= cost.peak < 120


def test_a_command_that_fails_keeps_its_exit_code():
    assert watch([sys.executable, "-c", "raise SystemExit(5)"]).code == 5


def test_a_command_over_its_limit_is_ended_with_all_it_started(tmp_path):
    code = f"import subprocess\nchild = subprocess.Popen({burning(60)!r})\nopen('pid', 'w').write(str(child.pid))\n"

    watched = watch([sys.executable, "-c", f"import os\nos.chdir({str(tmp_path)!r})\n{code}child.wait()"], limit=1.0)

    assert watched.code == -9
    assert watched.wall < 10
    assert has_ended(int((tmp_path / "pid").read_text()), within=5.0)


def test_the_strike_hits_a_busy_child_and_not_the_command():
    code = f"import subprocess\nprint(subprocess.Popen({burning(60)!r}).wait())\n"

    watched = watch([sys.executable, "-c", code], strike_after=0.7)

    assert watched.code == 0
    assert watched.struck not in (None, os.getpid())
    assert watched.wall < 30


def test_every_other_round_runs_backwards():
    order = []

    def measurement(name):
        return lambda number: order.append((number, name)) or {"cpu": 1.0, "wall": 1.0, "peak": 0.0}

    rounds = in_rounds({"ours": measurement("ours"), "peer": measurement("peer")}, 3)

    assert order == [(0, "ours"), (0, "peer"), (1, "peer"), (1, "ours"), (2, "ours"), (2, "peer")]
    assert [list(one) for one in rounds] == [["ours", "peer"]] * 3


def test_a_ratio_is_of_neighbors_and_its_median_not_a_ratio_of_medians():
    rounds = [{"peer": {"cpu": peer}, "ours": {"cpu": ours}} for peer, ours in ((10.0, 1.0), (4.0, 2.0), (6.0, 2.0))]

    found = ratio(rounds, "peer", "ours")

    assert (found.lowest, found.median, found.highest, found.n) == (2.0, 3.0, 10.0, 3)
    assert median(rounds, "peer", "cpu") / median(rounds, "ours", "cpu") == 3.0
    assert spread([10 / 1, 4 / 2]).median == 6.0


def test_fewer_unlabeled_rows_are_the_first_of_more(tmp_path):
    path = keep_problem(tmp_path, Sizes(50, 400, 100), seed=3)

    few, many = load_problem(path, 100), load_problem(path, 400)

    assert np.array_equal(many.X[:150], few.X)
    assert np.array_equal(many.truth[:100], few.truth)
    assert (few.y[:50] >= 0).all()
    assert (few.y[50:] == UNLABELED).all()
    assert few.X.dtype == np.float32


def test_a_folder_is_the_same_again_and_a_larger_one_begins_with_it(tmp_path):
    shape = Shape(n_labeled=20, rows_of_file=50, seed=3)

    small, large = (keep_folder(tmp_path / "one", n_rows, shape) for n_rows in (100, 200))
    again = keep_folder(tmp_path / "two", 200, shape)

    assert n_rows_of(large) == 200
    assert digest_of(large) == digest_of(again) != digest_of(small)
    assert {path.name for path in small.iterdir()} < {path.name for path in large.iterdir()}
    table = pq.read_table(large)
    assert len(table[ID].unique()) == table.num_rows == 220
    assert table[LABEL].null_count == 200


def test_a_digest_sees_one_byte_and_the_name_of_a_file(tmp_path):
    (tmp_path / "a").write_bytes(b"12")
    one = digest_of(tmp_path)

    (tmp_path / "a").write_bytes(b"13")
    other = digest_of(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")

    assert len({one, other, digest_of(tmp_path)}) == 3


def test_scikit_learns_rule_is_measured_from_end_to_end(tmp_path, capsys):
    saved = tmp_path / "speed.json"

    code = figures.main(["--quick", "--only", "same-rule", "--scratch", str(tmp_path / "data"), "--json", str(saved)])

    printed, (row,) = capsys.readouterr().out, json.loads(saved.read_text())["rows"]
    assert code == 0
    assert "labels identical" in row["measured"]
    assert row["reached"] is not None
    assert "| - |" in printed  # whatever the ratio was, at this size nothing is reached
    assert "proves nothing" in printed
    runs = row["rounds"][0]
    assert set(runs) == {"scikit-learn", "ours"}
    assert all(run["cpu"] > 0 and run["n_labeled"] > 0 and run["precision"] > 0.5 for run in runs.values())


def test_scores_that_nobody_asked_for_are_not_in_the_raw_cost(setting):
    all_rows, last_row = (
        setting.contend("raw_scores", 0, 20_000, 20_000, base="xgb", trees=200, skip=skip) for skip in (0, 19_999)
    )

    assert last_row["cpu"] < 0.5 * all_rows["cpu"]


def test_a_figure_that_cannot_be_measured_says_why_and_keeps_what_it_has(monkeypatch, tmp_path, capsys):
    def half(setting):
        yield Row("the first half", ">= 1", "2", True)
        raise MeasurementError("the second half | took more than 3 s")

    monkeypatch.setitem(figures.FIGURES, "memory", half)

    figures.main(["--only", "memory", "--scratch", str(tmp_path)])

    printed = capsys.readouterr().out
    assert "| the first half | >= 1 | 2 | yes |" in printed
    assert "**not measured** | - | the second half / took more than 3 s |" in printed


def test_a_contender_over_the_limit_is_named(setting):
    with pytest.raises(MeasurementError, match=r"^ours took more than 1 s$"):
        replace(setting, limit=1).contend("ours", 0, 1_000, 1_000, base="xgb", trees=2_000)


def test_a_contender_that_fails_says_how(setting):
    with pytest.raises(MeasurementError, match=r"^scikit_learn: .*max_iter"):
        setting.contend("scikit_learn", 0, 1_000, 1_000, base="logistic", max_iter=-3)


def test_cpu_seconds_of_this_process_never_fall():
    before = cpu_seconds()

    watch(burning(0.2))

    assert cpu_seconds() >= before + 0.2
