"""Those of a storm who do more than listen: talkers, and members who come, go and stop reading."""

import random
import time
from dataclasses import dataclass, field

import trio

from actors.ids import new_id
from actors.services import AccessTokens, Principal
from bench.chat.line import Line, Lost, Refused, open_stream
from bench.chat.record import Place, Record

CONTENT_BYTES = 200
COME_BACK_S = 0.1
RETRY_S = 0.5
STAY_S, AWAY_S = (0.5, 3.0), (0.0, 0.5)
READ_S, STOP_S = (2.0, 6.0), (4.0, 30.0)
SMALL_BUFFER_BYTES = 4096
"""What the kernel holds for a member that does not read counts as read: let it be little."""
SLOW = 4008


@dataclass
class Crowd:
    """They share one record; ``acknowledged`` has each message's client_id and its offset."""

    port: int
    room: str
    tokens: AccessTokens
    record: Record
    seed: int
    acknowledged: dict[str, int] = field(default_factory=dict)
    said: int = 0
    over: bool = False

    async def talk(self, number: int, interval_s: float) -> None:
        """Say something now and then, each thing until it is acknowledged."""
        draw = random.Random(f"{self.seed} {number}")
        principal = Principal(new_id("usr"), f"Talker {number}", admin=False)
        place = Place()
        pending: list[tuple[str, str]] = []
        next_s = trio.current_time() + draw.uniform(0, interval_s)
        while not self.over or pending:
            try:
                stream = await open_stream(self.port)
            except Lost:
                await trio.sleep(COME_BACK_S)
                continue
            async with stream, trio.open_nursery() as nursery:
                line = Line(stream, self.record, place)
                nursery.start_soon(line.listen)
                try:
                    await line.do("auth", token=self.tokens.issue(principal))
                    await line.join(self.room)
                    while not self.over or pending:
                        if not pending:
                            await trio.sleep_until(next_s)
                            next_s = max(next_s + interval_s, trio.current_time())
                            pending.append(self._something(number))
                        await self._say(line, *pending[0])
                        pending.clear()
                except Lost:
                    self.record.counts["talkers cut off"] += 1
                except Refused as refused:
                    self.record.counts[f"talkers refused: {refused.code}"] += 1
                    await trio.sleep(refused.retry_after_s or RETRY_S)
                nursery.cancel_scope.cancel()

    async def come_and_go(self, number: int) -> None:
        """Come in, stay a moment, drop the connection, and come back with the last offset."""
        draw = random.Random(f"{self.seed} coming {number}")
        place = Place()
        while True:
            with trio.move_on_after(draw.uniform(*STAY_S)):
                await self._visit(place)
            self.record.counts["dropped by themselves"] += 1
            await trio.sleep(draw.uniform(*AWAY_S))

    async def stop_reading(self, number: int) -> None:
        """Read for a while, stop, and read on: as often as there is time."""
        draw = random.Random(f"{self.seed} stopping {number}")
        place = Place()
        while True:
            try:
                stream = await open_stream(self.port, SMALL_BUFFER_BYTES)
            except Lost:
                await trio.sleep(COME_BACK_S)
                continue
            async with stream:
                line = Line(stream, self.record, place)
                await self._join_and_listen(line, draw.uniform(*READ_S))
                while line.end is None:
                    await trio.sleep(draw.uniform(*STOP_S))
                    with trio.move_on_after(draw.uniform(*READ_S)):
                        await line.listen()
                    self._count_stop(line)

    def _count_stop(self, line: Line) -> None:
        ends = {None: "kept", SLOW: "closed with 4008"}
        self.record.counts[f"stopped reading: {ends.get(line.end, 'found it closed')}"] += 1

    async def _join_and_listen(self, line: Line, seconds: float) -> None:
        with trio.move_on_after(seconds):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(line.listen)
                try:
                    await line.join(self.room)
                except (Lost, Refused):
                    return

    async def _visit(self, place: Place) -> None:
        try:
            stream = await open_stream(self.port)
        except Lost:
            return
        async with stream, trio.open_nursery() as nursery:
            line = Line(stream, self.record, place)
            nursery.start_soon(line.listen)
            try:
                await line.join(self.room)
            except (Lost, Refused):
                self.record.counts["visits cut off"] += 1

    async def _say(self, line: Line, client_id: str, content: str) -> None:
        sent = await line.do("send", room=self.room, content=content, client_id=client_id)
        self.acknowledged[client_id] = sent["offset"]

    def _something(self, number: int) -> tuple[str, str]:
        self.said += 1
        client_id = f"{number}-{self.said}"
        content = f"{client_id} {time.monotonic_ns()} "
        return client_id, content.ljust(CONTENT_BYTES, "x")
