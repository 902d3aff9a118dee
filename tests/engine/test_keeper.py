"""What was started with a mark ends when it shall: all of it, wherever it went, and nothing else."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import psutil
import pytest

from pseudolabel.engine.keeper import Keeper

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="processes are found in /proc")


@pytest.fixture
def keeper():
    keeper = Keeper()
    yield keeper
    keeper.close()


def sleeper(environment, **options):
    return subprocess.Popen(["sleep", "600"], env=os.environ | environment, **options)


def test_only_the_one_that_is_named_ends(keeper):
    one, other = sleeper(keeper.environment("worker-1")), sleeper(keeper.environment("worker-12"))

    keeper.end("worker-1")

    assert one.wait(timeout=60) == -signal.SIGKILL
    assert other.poll() is None
    other.kill()
    other.wait()


def test_those_who_bear_no_mark_or_that_of_another_stay(keeper):
    stranger, elsewhere = sleeper({}), Keeper()
    theirs, ours = sleeper(elsewhere.environment("worker")), sleeper(keeper.environment("worker"))

    keeper.close()

    assert ours.wait(timeout=60) == -signal.SIGKILL
    assert (stranger.poll(), theirs.poll()) == (None, None)
    elsewhere.close()
    assert theirs.wait(timeout=60) == -signal.SIGKILL
    stranger.kill()
    stranger.wait()


def test_a_worker_of_a_worker_bears_both_marks(keeper, monkeypatch):
    for name, value in keeper.environment("worker").items():
        monkeypatch.setenv(name, value)
    inner = sleeper(Keeper().environment("inner"))

    keeper.close()

    assert inner.wait(timeout=60) == -signal.SIGKILL


def test_the_keeper_itself_is_gone_when_it_is_closed(keeper):
    before = set(psutil.Process().children())
    keeper.start()
    (watching,) = set(psutil.Process().children()) - before

    keeper.close()

    assert not watching.is_running()


SCRIPT = """
    import os, subprocess, sys, time
    from pseudolabel.engine.keeper import Keeper

    # A shell that leaves its group, and leaves behind a program that nobody waits for.
    keeper = Keeper({scratch!r})
    keeper.start()
    words = ["setsid", "sh", "-c", "sleep 600 & echo $!; exec sleep 600"]
    subprocess.Popen(words, env=os.environ | keeper.environment("worker"))
    time.sleep(600)
"""


def test_whoever_left_the_group_ends_too_when_the_one_who_began_it_is_killed(tmp_path):
    scratch = tmp_path / "scratch"
    (scratch / "deep").mkdir(parents=True)
    script = textwrap.dedent(SCRIPT.format(scratch=str(scratch)))
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    left = psutil.Process(int(process.stdout.readline()))
    there = [*psutil.Process(process.pid).children(recursive=True), left]
    assert len(there) == 4  # a keeper, the shell's second life, its child, and that child again

    process.kill()
    process.wait()
    process.stdout.close()

    _, alive = psutil.wait_procs(there, timeout=60)
    assert alive == []
    assert not scratch.exists()


def test_a_signal_to_the_keeper_does_not_keep_it_from_its_work(keeper):
    before = set(psutil.Process().children())
    keeper.start()
    (watching,) = set(psutil.Process().children()) - before
    time.sleep(0.5)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        watching.send_signal(number)

    with pytest.raises(psutil.TimeoutExpired):
        watching.wait(timeout=0.3)
