"""The members of a fan-out, a process of their own: ``python -m bench.chat.members PORT PATH N``.

They are bare sockets read with epoll, so that the client costs less than the server. On stdin
comes how many messages they are to wait for; when all have them, a line tells the microseconds
from the first member's first byte to the last member's last message.
"""

import os
import select
import socket
import sys
import time

from bench.chat.frames import HEAD_END, PONG, allow_open_files, command, frame, upgrade_request

ROOM = "str_01JD0000000000000000000000"
READ_BYTES = 1 << 16
MARK = b'"content"'
"""Once in each message."""
PING_FRAME, PONG_FRAME = b"\x89\x00", frame(PONG, b"")
ANSWERING = ("/ws",)
"""Where a member joins by a command and gets a reply; elsewhere the handshake is all."""


def main() -> None:
    port, path, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    allow_open_files(count)
    poll = select.epoll()
    sockets = [come_in(port, path) for _ in range(count)]
    for each in sockets:
        poll.register(each, select.EPOLLIN)
    poll.register(0, select.EPOLLIN)
    print("joined", flush=True)
    read(poll, count)


def come_in(port: int, path: str) -> socket.socket:
    """Connect and join."""
    one = socket.create_connection(("127.0.0.1", port))
    one.sendall(upgrade_request(path))
    head = b""
    while not head.endswith(HEAD_END):
        head += one.recv(READ_BYTES)
    assert head.startswith(b"HTTP/1.1 101"), head
    if path in ANSWERING:
        one.sendall(command(id=1, do="join", room=ROOM))
        one.recv(READ_BYTES)
    one.setblocking(False)
    return one


def read(poll: select.epoll, members: int) -> None:
    """Read all that comes until stdin ends."""
    missing = 0
    began_ns = 0
    while True:
        for fd, _ in poll.poll():
            data = os.read(fd, READ_BYTES)
            if fd == 0:
                if not data:
                    return
                missing += int(data) * members
                began_ns = 0
                print("ready", flush=True)
                continue
            if not data:
                sys.exit("a member was dropped")
            if PING_FRAME in data:
                os.write(fd, PONG_FRAME)
            found = data.count(MARK)
            if found:
                began_ns = began_ns or time.monotonic_ns()
                missing -= found
                if missing == 0:
                    print((time.monotonic_ns() - began_ns) // 1000, flush=True)


if __name__ == "__main__":
    main()
