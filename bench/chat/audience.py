"""The steady members of a storm, a process of their own.

``python -m bench.chat.audience PORT ROOM N``: they come in, read and check all that comes, and
come back with their place where the server has gone. A line on stdin is the last offset that all
are to have; then one line of JSON tells what they have seen.
"""

import json
import os
import select
import socket
import sys
import time
from dataclasses import dataclass, field

from bench.chat.frames import (
    HEAD_END,
    PONG,
    allow_open_files,
    command,
    frame,
    split,
    upgrade_request,
)
from bench.chat.record import NS_PER_MS, Place, Record, Sheet

READ_BYTES = 1 << 16
CONNECT_TIMEOUT_S = 10.0
COME_BACK_S = 0.05
GIVE_UP_S = 120.0
LAST_WAIT_S = 30.0
POLL_S = 0.5
PONG_FRAME = frame(PONG, b"")


class Away(Exception):
    """The server does not let anybody in at the moment."""


@dataclass(slots=True, eq=False)
class Member:
    """One of them; ``rest`` is the beginning of a frame."""

    connection: socket.socket
    place: Place = field(default_factory=Place)
    rest: bytes = b""


class Audience:
    """All of them."""

    def __init__(self, port: int, room: str) -> None:
        self._port = port
        self._room = room
        self._poll = select.epoll()
        self._members: dict[int, Member] = {}
        self.record = Record()

    def come(self, count: int) -> None:
        """Have so many come in."""
        for _ in range(count):
            self._come_in(Place())

    def read(self) -> int:
        """Read and check until stdin says which offset is the last; give it."""
        self._poll.register(0, select.EPOLLIN)
        while True:
            for fd, _ in self._poll.poll(POLL_S):
                if fd == 0:
                    self._poll.unregister(0)
                    return int(sys.stdin.readline())
                self._read_one(self._members[fd])

    def finish(self, last: int) -> None:
        """Read until everybody has the last offset, or for a while."""
        deadline = time.monotonic() + LAST_WAIT_S
        while time.monotonic() < deadline and self._behind(last):
            for fd, _ in self._poll.poll(POLL_S):
                self._read_one(self._members[fd])
        if behind := self._behind(last):
            self.record.note(f"{behind} members have not had offset {last}")
        self.record.finish()

    def _behind(self, last: int) -> int:
        return sum((member.place.last or 0) < last for member in self._members.values())

    def _read_one(self, member: Member) -> None:
        try:
            data = os.read(member.connection.fileno(), READ_BYTES)
        except ConnectionResetError:
            data = b""
        if not data:
            self._come_back(member)
            return
        if member.rest:
            data = member.rest + data
        sheet = self.record.sheets.get(data)
        if sheet is not None:  # nearly always: one whole frame that others have had before
            member.rest = b""
            self._take(member, sheet)
            return
        taken = 0
        for each in split(data):
            taken += len(each)
            self._take(member, self.record.sheet(each))
        member.rest = data[taken:]

    def _take(self, member: Member, sheet: Sheet) -> None:
        if sheet.first:
            self.record.take(member.place, sheet)
            sheet.arrivals[time.monotonic_ns() // NS_PER_MS] += 1
        elif sheet.is_ping:
            os.write(member.connection.fileno(), PONG_FRAME)
        elif sheet.close_code is not None:
            self.record.counts[f"closed with {sheet.close_code}"] += 1

    def _come_back(self, member: Member) -> None:
        self.record.counts["connections lost"] += 1
        fd = member.connection.fileno()
        self._poll.unregister(fd)
        del self._members[fd]
        member.connection.close()
        deadline = time.monotonic() + GIVE_UP_S
        while True:
            try:
                self._come_in(member.place)
            except (OSError, Away):
                if time.monotonic() > deadline:
                    raise
                time.sleep(COME_BACK_S)
            else:
                return

    def _come_in(self, place: Place) -> None:
        connection = socket.create_connection(("127.0.0.1", self._port), CONNECT_TIMEOUT_S)
        try:
            rest = self._join(connection, place)
        except (OSError, Away):
            connection.close()
            raise
        connection.setblocking(False)
        self._poll.register(connection, select.EPOLLIN)
        member = self._members[connection.fileno()] = Member(connection, place)
        for each in split(rest):
            self._take(member, self.record.sheet(each))
            rest = rest[len(each) :]
        member.rest = rest

    def _join(self, connection: socket.socket, place: Place) -> bytes:
        """Do the handshake and the command; give what came behind its reply."""
        connection.sendall(upgrade_request("/ws"))
        data = b""
        while HEAD_END not in data:
            data += self._receive(connection)
        head, _, data = data.partition(HEAD_END)
        if not head.startswith(b"HTTP/1.1 101"):
            raise Away
        connection.sendall(command(id=1, do="join", room=self._room, **place.after))
        while not (first := next(split(data), None)):
            data += self._receive(connection)
        [reply] = self.record.sheet(first).replies
        if "ok" not in reply:
            raise Away
        self.record.join(place, reply["ok"])
        return data[len(first) :]

    def _receive(self, connection: socket.socket) -> bytes:
        data = connection.recv(READ_BYTES)
        if not data:
            raise Away
        return data


def main() -> None:
    port, room, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    allow_open_files(count)
    audience = Audience(port, room)
    audience.come(count)
    print("joined", flush=True)
    audience.finish(audience.read())
    record = audience.record
    told = {
        "ids": record.ids,
        "differences": record.differences,
        "delays_ms": record.delays_ms,
        "counts": record.counts,
        "cpu_s": time.process_time(),
    }
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
