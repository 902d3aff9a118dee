"""Worker: a process that does calls for processes.py, which alone starts it.

It talks through two pipes of its own, each message a length and then so many bytes; its standard input is empty and its
standard output is its standard error, so that nothing a call or a library reads or prints comes between. When its input
ends the one it works for is gone, killed perhaps, and it is gone at once too, with all it started, also in the middle
of a call.

Before this: failure.py, keeper.py. After this: processes.py.
"""

import os
import signal
import struct
import sys
import threading
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import Any, BinaryIO, cast

import cloudpickle

from pseudolabel.engine.failure import pack_failure
from pseudolabel.engine.keeper import OF_A_JOB

LENGTH = struct.Struct(">Q")

CALL, ARGUMENTS, RESULT, ERROR = b"c", b"a", b"r", b"e"
"""What a message is, by its first byte."""

FIRST_TO_GO = 500
"""How much sooner than others the system ends a worker when memory is short: it can be replaced, its parent cannot."""


def send(channel: BinaryIO, kind: bytes, content: bytes) -> None:
    """Send a message."""
    channel.write(LENGTH.pack(len(content) + 1) + kind)
    channel.write(content)
    channel.flush()


def receive(channel: BinaryIO) -> tuple[bytes, bytes] | None:
    """Receive a message; None if there will be no other, or the sender was lost before it had sent all of it."""
    head = channel.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    content = channel.read(length)
    return None if len(content) < length else (content[:1], content[1:])


def main(into: BinaryIO, out: BinaryIO) -> None:
    """Do calls until the input ends."""
    _leave_signals_to_the_parent()
    _be_first_to_go()
    messages: SimpleQueue[tuple[bytes, bytes]] = SimpleQueue()
    threading.Thread(target=_listen, args=(into, messages), daemon=True).start()
    call, packed = cast(Any, None), b""
    while True:
        kind, content = messages.get()
        try:
            if kind == CALL:
                packed, call = content, None
                continue
            if call is None:
                call = cloudpickle.loads(packed)
            answer = RESULT, cloudpickle.dumps(call(*cloudpickle.loads(content)), protocol=5)
        except BaseException as error:
            answer = ERROR, pack_failure(error)
        try:
            send(out, *answer)
        except OSError:  # nobody listens any more
            _end_with_all()


def _listen(into: BinaryIO, messages: "SimpleQueue[tuple[bytes, bytes]]") -> None:
    with suppress(OSError):
        while (message := receive(into)) is not None:
            messages.put(message)
    _end_with_all()


def _end_with_all() -> None:
    """End this process and those that it started, which are of its group unless they left it."""
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(0)


def _leave_signals_to_the_parent() -> None:
    """Let a signal that a whole job gets be heeded by the parent alone, which then ends its workers.

    By a handler, which a program that is started from here does not inherit, as it would that they are blocked. A copy
    of this process does, and gives it up; a signal that comes before it has done so waits.
    """
    for number in OF_A_JOB:
        signal.signal(number, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, OF_A_JOB)
    os.register_at_fork(
        before=partial(signal.pthread_sigmask, signal.SIG_BLOCK, OF_A_JOB),
        after_in_parent=partial(signal.pthread_sigmask, signal.SIG_UNBLOCK, OF_A_JOB),
        after_in_child=_heed_signals,
    )


def _heed_signals() -> None:
    for number in OF_A_JOB:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, OF_A_JOB)


def _be_first_to_go() -> None:
    with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write(str(FIRST_TO_GO))


if __name__ == "__main__":
    for number in sys.argv[1:]:
        os.set_inheritable(int(number), False)
    main(os.fdopen(int(sys.argv[1]), "rb"), os.fdopen(int(sys.argv[2]), "wb"))
