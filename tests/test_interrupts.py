"""A wish that a command should end is heeded, however it is made, and a second one at once."""

import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from pseudolabel.interrupts import SIGNALS, heeded

SCRIPT = """
    import time
    from pseudolabel.interrupts import heeded

    with heeded():
        try:
            print("ready", flush=True)
            time.sleep(600)
        except KeyboardInterrupt:
            print("cleaning", flush=True)
            {cleaning}
    print("done", flush=True)
"""


def start(cleaning="pass", before=()):
    command = [*before, sys.executable, "-c", textwrap.dedent(SCRIPT.format(cleaning=cleaning))]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize("name", SIGNALS)
def test_each_of_the_signals_is_an_interrupt(name):
    process = start()

    process.send_signal(getattr(signal, name))
    out, err = process.communicate(timeout=60)

    assert (out, err, process.returncode) == ("cleaning\ndone\n", "", 0)


@pytest.mark.parametrize("second", ["SIGINT", "SIGTERM"])
def test_a_second_one_ends_at_once_whatever_is_being_cleaned(second):
    process = start(cleaning="time.sleep(600)")
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "cleaning\n"

    process.send_signal(getattr(signal, second))
    out, err = process.communicate(timeout=60)

    assert process.returncode == 130
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("pseudolabel: Interrupted again")


def test_the_end_of_a_terminal_that_is_to_be_ignored_is_ignored():
    process = start(before=["nohup"])

    process.send_signal(signal.SIGHUP)
    time.sleep(0.3)
    assert process.poll() is None

    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=60)[0] == "cleaning\ndone\n"


def test_afterwards_signals_do_what_they_did_before():
    before = [signal.getsignal(getattr(signal, name)) for name in SIGNALS]

    with pytest.raises(KeyboardInterrupt), heeded():
        signal.raise_signal(signal.SIGTERM)

    assert [signal.getsignal(getattr(signal, name)) for name in SIGNALS] == before


def test_while_a_program_ends_one_more_wish_is_fulfilled_already_and_two_end_it_at_once():
    script = """
        import atexit, time
        from pseudolabel.interrupts import heeded

        @atexit.register
        def tidy():
            print("tidying", flush=True)
            input()
            print("tidy", flush=True)
            time.sleep(600)

        with heeded(to_the_end=True):
            pass
    """
    command, pipe = [sys.executable, "-c", textwrap.dedent(script)], subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
    assert process.stdout.readline() == "tidying\n"

    process.send_signal(signal.SIGINT)
    process.stdin.write("\n")
    process.stdin.flush()
    assert process.stdout.readline() == "tidy\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)

    assert (process.returncode, err.count("\n")) == (130, 1)


def test_a_handler_of_the_program_that_calls_us_is_not_replaced():
    asked = []
    before = signal.signal(signal.SIGTERM, lambda *_: asked.append("theirs"))
    try:
        with heeded():
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert asked == ["theirs"]


def test_a_thread_that_gets_no_signals_can_run_a_command():
    done = []

    def run():
        with heeded():
            done.append(True)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert done == [True]
