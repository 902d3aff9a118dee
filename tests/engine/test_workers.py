"""Whatever a call does to its worker, the run hears of it in plain words, and nothing of the worker stays."""

import ctypes
import errno
import os
import signal
import subprocess
import sys
import textwrap
import time
import traceback
from pathlib import Path

import psutil
import pytest

from pseudolabel.engine.failure import pack_failure, unpack_failure
from pseudolabel.engine.processes import Processes
from pseudolabel.errors import EngineError, ResourceError


def outcome(call, *arguments):
    """Do one call in a process."""
    with Processes(1) as engine:
        (found,) = engine.map(call, [arguments])
    return found


# What goes wrong in a call


def raises_what_cannot_travel():
    class StuckError(ValueError):
        def __init__(self, reason, handle):
            super().__init__(reason)
            self.handle = handle

    raise StuckError("the tape is stuck", open(os.devnull))  # noqa: SIM115


def raises_what_only_the_worker_knows():
    import types

    module = types.ModuleType("only_there")
    exec("class Strange(Exception): pass", module.__dict__)
    module.Strange.__module__ = "only_there"
    sys.modules["only_there"] = module
    raise module.Strange("seen there alone")


@pytest.mark.parametrize(
    ("call", "words"),
    [(raises_what_cannot_travel, "the tape is stuck"), (raises_what_only_the_worker_knows, "seen there alone")],
)
def test_an_error_that_cannot_be_had_here_arrives_in_its_words(call, words):
    with pytest.raises(RuntimeError, match=words):
        outcome(call)


def test_the_traceback_of_the_worker_is_told_where_tracebacks_are_asked_for():
    def where_it_happened(number):
        return 1 / number

    with pytest.raises(ZeroDivisionError) as raised:
        outcome(where_it_happened, 0)

    assert "in where_it_happened" in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt, GeneratorExit])
def test_what_would_end_a_program_does_not_end_the_run_as_if_it_were_wished(kind):
    def ends():
        raise kind(0)

    with pytest.raises(RuntimeError, match=kind.__name__):
        outcome(ends)


def test_an_error_whose_words_fail_too_arrives():
    class MuteError(Exception):
        def __str__(self):
            raise ValueError

    assert "MuteError" in repr(unpack_failure(pack_failure(MuteError())))


def test_a_full_disk_in_a_worker_is_a_full_disk_here():
    def has_no_room(error):
        raise error

    with pytest.raises(ResourceError, match=r"'/far/000001\.parquet': No space left") as raised:
        outcome(has_no_room, ResourceError("Cannot write the scores '/far/000001.parquet': No space left on device."))
    assert not isinstance(raised.value, EngineError)

    with pytest.raises(OSError, match="No space left") as raised:
        outcome(has_no_room, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/far/file"))
    assert (raised.value.errno, raised.value.filename) == (errno.ENOSPC, "/far/file")


def test_too_little_memory_in_a_worker_is_too_little_memory_here():
    with pytest.raises(MemoryError):
        outcome(bytearray, 1 << 60)


@pytest.mark.parametrize(
    ("end", "told"),
    [
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "was killed, as the system does when memory is short"),
        (lambda: ctypes.string_at(0), r"crashed \(SIGSEGV\)"),
        (lambda: os._exit(7), "ended by itself with exit code 7"),
    ],
    ids=["killed", "crashed", "ended"],
)
def test_a_worker_that_is_lost_again_and_again_is_told_with_how_and_what_to_do(end, told):
    with pytest.raises(EngineError, match=rf"lost 3 times.*{told}.*--jobs"):
        outcome(end)


# What a call may do without harm


def test_what_a_library_writes_to_the_standard_output_or_reads_from_the_input_does_not_come_between(capfd):
    def loud(number):
        os.write(1, b"\x00" * 64 + b"loud\n")
        subprocess.run(["sh", "-c", "echo louder; cat"], check=True)
        return number + len(sys.stdin.read())

    assert outcome(loud, 3) == 3
    out, err = capfd.readouterr()
    assert out == ""
    assert "louder" in err


def test_a_program_that_prints_while_it_starts_does_not_come_between(tmp_path, monkeypatch, capfd):
    (tmp_path / "sitecustomize.py").write_text("print('hello from here', flush=True)", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)

    assert outcome(pow, 2, 3) == 8
    assert "hello from here" in capfd.readouterr().err


def test_a_signal_that_a_whole_job_gets_is_left_to_the_parent():
    def signaled(number):
        for sent in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(os.getpid(), sent)
        time.sleep(0.05)
        return number

    assert outcome(signaled, 3) == 3


def test_programs_and_copies_a_call_starts_can_be_ended_as_ever():
    def ends_them():
        program = subprocess.Popen(["sleep", "600"])
        program.terminate()
        copy = os.fork()
        if copy == 0:
            time.sleep(600)
        os.kill(copy, signal.SIGTERM)
        return program.wait(timeout=60), os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1])

    assert outcome(ends_them) == (-signal.SIGTERM, -signal.SIGTERM)


# What stays


def leaves_behind(folder, and_then):
    """Start a program in a session of its own and a copy of this process, note both, and go on."""
    program = subprocess.Popen(["sleep", "600"], start_new_session=True)
    copy = os.fork()
    if copy == 0:
        time.sleep(600)
        os._exit(0)
    (folder / "left.tmp").write_text(f"{program.pid} {copy}")
    os.replace(folder / "left.tmp", folder / "left")
    and_then()
    return 3


def left_in(folder):
    until = time.monotonic() + 60
    while not (folder / "left").exists():
        assert time.monotonic() < until
        time.sleep(0.02)
    return [process for process in map(found, (folder / "left").read_text().split()) if process]


def found(number):
    try:
        return psutil.Process(int(number))
    except psutil.NoSuchProcess:
        return None


def all_gone(processes):
    return psutil.wait_procs(processes, timeout=60)[1] == []


def test_what_a_call_left_running_ends_with_the_engine(tmp_path):
    with Processes(1) as engine:
        assert list(engine.map(leaves_behind, [(tmp_path, int)])) == [3]
        left = left_in(tmp_path)
        assert len(left) == 2
    assert all_gone(left)


def test_a_killed_worker_takes_along_what_it_started(tmp_path):
    def once_killed(folder):
        if (folder / "left").exists():
            return 5
        return leaves_behind(folder, lambda: os.kill(os.getpid(), signal.SIGKILL))

    with Processes(1) as engine:
        assert list(engine.map(once_killed, [(tmp_path,)])) == [5]
        assert all_gone(left_in(tmp_path))


SCRIPT = """
    import ctypes, pathlib, sys
    sys.path.insert(0, {tests!r})
    from engine.test_workers import leaves_behind
    from pseudolabel.engine.processes import Processes

    def deep_in_native_code():
        ctypes.PyDLL(None).sleep(600)  # holds the interpreter: no thread of Python runs meanwhile

    with Processes(2) as engine:
        list(engine.map(leaves_behind, [(pathlib.Path({folder!r}), deep_in_native_code)]))
"""


def test_a_worker_deep_in_native_code_ends_with_its_killed_parent_and_with_all_it_started(tmp_path):
    script = textwrap.dedent(SCRIPT.format(folder=str(tmp_path), tests=str(Path(__file__).parents[1])))
    process = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.DEVNULL)
    left = left_in(tmp_path)
    there = [*psutil.Process(process.pid).children(recursive=True), *left]
    time.sleep(0.3)

    process.kill()
    process.wait(timeout=60)

    assert len(there) > 3
    assert all_gone(there)
