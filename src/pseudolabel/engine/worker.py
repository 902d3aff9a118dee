"""Worker: a process that does calls for processes.py, which alone starts it.

It talks by its own standard input and output, each message a length and then so many bytes. When its input ends the
one it works for is gone, killed perhaps, and it is gone at once too, also in the middle of a call.

Before this: nothing. After this: processes.py.
"""

import os
import struct
import threading
from queue import SimpleQueue
from typing import Any, BinaryIO, cast

import cloudpickle

LENGTH = struct.Struct(">Q")

CALL, ARGUMENTS, RESULT, ERROR = b"c", b"a", b"r", b"e"
"""What a message is, by its first byte."""


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


def main() -> None:
    """Do calls until the input ends."""
    into, out = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a call prints must not come between the messages
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
            answer = ERROR, _packed(error)
        send(out, *answer)


def _listen(into: BinaryIO, messages: "SimpleQueue[tuple[bytes, bytes]]") -> None:
    while (message := receive(into)) is not None:
        messages.put(message)
    os._exit(0)


def _packed(error: BaseException) -> bytes:
    try:
        packed: bytes = cloudpickle.dumps(error, protocol=5)
        cloudpickle.loads(packed)
    except Exception:  # an error that cannot travel is told in words
        packed = cloudpickle.dumps(RuntimeError(f"{type(error).__name__}: {error}"), protocol=5)
    return packed


if __name__ == "__main__":
    main()
