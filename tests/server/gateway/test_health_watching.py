"""Ingest health on the socket: for the stream's owner and for admins, and for nobody else."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import trio
from support.socket_stage import Stage as SocketStage
from support.stage import Encoder, Stage
from trio.abc import Clock
from trio.testing import wait_all_tasks_blocked

from actors.kernel import Directory
from actors.ports import Batch, CloseReason
from actors.room import DirectMessages, RoomFactory, RoomMessage
from actors.services import AccountError, Principal
from actors.stream import HealthNews, Publish, PublishFrames, StopShow
from media.frames import Frame
from server.gatekeeper import Gatekeeper
from server.gateway import Gateway
from server.gateway.closing import SLOW
from server.gateway.watching import Watching

ADA = Principal("usr_" + "0" * 26, "Ada", admin=False)
BEN = Principal("usr_" + "1" * 26, "Ben", admin=False)
ROOT = Principal("usr_" + "2" * 26, "Root", admin=True)


@dataclass(eq=False)
class Watcher:
    batches: list[Batch] = field(default_factory=list)
    refuses: CloseReason | None = None

    def offer(self, batch: Batch) -> CloseReason | None:
        self.batches.append(batch)
        return self.refuses

    @property
    def health(self) -> list[HealthNews]:
        pushes = [push for batch in self.batches for push in batch.pushes]
        return [push for push in pushes if isinstance(push, HealthNews)]


@dataclass
class Hall:
    stage: Stage
    watching: Watching
    nursery: trio.Nursery

    async def watch(self, principal: Principal | None) -> Watcher:
        watcher = Watcher()
        await self.watching.watch(self.stage.stream_id, watcher, principal)
        return watcher

    async def go_live(self, frames: list[Frame]) -> None:
        encoder = Encoder()
        await self.ask(Publish(encoder, self.stage.key))
        await self.ask(PublishFrames(encoder, frames))

    async def ask(self, question: Any) -> None:
        await self.stage.streams.ask(self.stage.stream_id, question)
        await wait_all_tasks_blocked()


@pytest.fixture
async def hall(stage: Stage) -> AsyncIterator[Hall]:
    tools = stage.tools
    watching = Watching(stage.store, tools.board, tools.viewers, tools.clock)
    async with trio.open_nursery() as nursery:
        await nursery.start(watching.run)
        yield Hall(stage, watching, nursery)
        nursery.cancel_scope.cancel()


async def test_the_owner_and_admins_hear_each_second_and_of_the_end(
    hall: Hall, autojump_clock: Clock, show_frames: list[Frame]
) -> None:
    owner, admin = await hall.watch(ADA), await hall.watch(ROOT)
    other, guest = await hall.watch(BEN), await hall.watch(None)
    await hall.go_live(show_frames)
    await trio.sleep(3.5)
    await hall.ask(StopShow())
    await trio.sleep(10)
    for watcher in (owner, admin):
        assert [news.health.on_air for news in watcher.health] == [True, True, True, False]
        assert {news.stream for news in watcher.health} == {hall.stage.stream_id}
    assert owner.health[-1].health.state == "offline"
    assert other.health == guest.health == []
    ephemeral = [
        batch.ephemeral for batch in owner.batches if isinstance(batch.pushes[0], HealthNews)
    ]
    assert ephemeral == [True, True, True, False]


async def test_nothing_is_made_for_nobody(
    hall: Hall, autojump_clock: Clock, show_frames: list[Frame]
) -> None:
    board = hall.stage.tools.board
    watcher, other = await hall.watch(ADA), await hall.watch(ADA)
    guest = await hall.watch(None)
    await hall.go_live(show_frames)
    hall.watching.unwatch(hall.stage.stream_id, watcher)
    await trio.sleep(1.5)
    assert (len(watcher.health), len(other.health)) == (0, 1)
    other.refuses = SLOW
    await trio.sleep(3)
    assert len(other.health) == 2  # then it was out
    assert board.health_heard(hall.stage.stream_id) is None
    assert len(hall.watching) == 1
    for each in (other, guest):  # as their connections do at their end
        hall.watching.unwatch(hall.stage.stream_id, each)
    assert len(hall.watching) == 0


async def test_the_last_one_to_go_and_the_next_to_come(
    hall: Hall, autojump_clock: Clock, show_frames: list[Frame]
) -> None:
    await hall.go_live(show_frames)
    await trio.sleep(0.5)  # between two seconds
    for _ in range(3):
        watcher = await hall.watch(ADA)
        await trio.sleep(1)
        hall.watching.unwatch(hall.stage.stream_id, watcher)
        assert len(watcher.health) == 1


def authenticate(token: str) -> Principal:
    try:
        return {each.name: each for each in (ADA, BEN)}[token]
    except KeyError:
        raise AccountError("invalid_token", "Who?") from None


async def test_over_a_socket_after_auth(
    hall: Hall, autojump_clock: Clock, show_frames: list[Frame]
) -> None:
    stage = hall.stage
    rooms: Directory[RoomMessage] = Directory(
        stage.supervisor, "room", RoomFactory(stage.store, stage.tools.clock)
    )
    gateway = Gateway(
        rooms,
        Gatekeeper(stage.store, stage.streams, rooms).admit,
        authenticate,
        direct=DirectMessages(stage.store, stage.tools.clock, rooms),
        watching=hall.watching,
    )
    sockets = SocketStage(gateway, rooms, hall.nursery, stage.stream_id)
    peer, ben = await sockets.connect(), await sockets.connect()
    for each, name in ((peer, "Ada"), (ben, "Ben")):
        await each.say({"id": 1, "do": "auth", "token": name})
        assert "ok" in await each.reply()
        await each.say({"id": 2, "do": "watch", "stream": stage.stream_id})
        assert "ok" in await each.reply()
    await hall.go_live(show_frames)
    await trio.sleep(1.5)
    heard: list[dict[str, Any]] = []
    while len(heard) < 2:
        heard += await peer.items()
    live, told = heard
    assert live["event"] == "live"
    assert told.keys() == {"push", "event", "stream", "health"}
    assert (told["push"], told["event"], told["stream"]) == ("stream", "health", stage.stream_id)
    health = told["health"]
    assert (health["state"], health["on_air"], health["status"]) == ("good", True, "live")
    assert health["video"]["codec"].startswith("avc1.")
    assert health["point"]["kbps"] > 0
    assert health["point"]["at"].endswith("Z")
    (only,) = await ben.items()
    assert only["event"] == "live"
    for socket in sockets.sockets:
        socket.close()
    await wait_all_tasks_blocked()
    assert len(hall.watching) == 0
    assert stage.tools.board.health_heard(stage.stream_id) is None
