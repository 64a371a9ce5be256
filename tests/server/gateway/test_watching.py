"""Watching streams: real stream actors and a real store, in virtual time."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
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
from actors.services import Principal
from actors.stream import (
    DeleteStream,
    Publish,
    PublisherLeft,
    PublishFrames,
    StreamActor,
    StreamMessage,
    StreamNews,
    UpdateStream,
)
from media.frames import Frame
from server.gatekeeper import Gatekeeper
from server.gateway import Gateway, wire
from server.gateway.closing import SLOW
from server.gateway.encoding import JSON
from server.gateway.session import MAX_WATCHED_PER_CONNECTION
from server.gateway.watching import VIEWERS_INTERVAL_S, Watching, WatchRefused
from storage import Put

NOBODY = "str_" + "1" * 26


class CountedViewers:
    def __init__(self) -> None:
        self.now = 0

    def count(self, stream_id: str) -> int:
        return self.now


@dataclass(eq=False)
class Watcher:
    """A member that keeps what it is offered, until it is to refuse."""

    batches: list[Batch] = field(default_factory=list)
    refuses: CloseReason | None = None

    def offer(self, batch: Batch) -> CloseReason | None:
        self.batches.append(batch)
        return self.refuses

    @property
    def events(self) -> list[str]:
        return [news.event for news in self.news]

    @property
    def news(self) -> list[StreamNews]:
        told = [push for batch in self.batches for push in batch.pushes]
        assert all(isinstance(push, StreamNews) for push in told)
        return told  # type: ignore[return-value]  # as the line above says


@dataclass
class Hall:
    stage: Stage
    watching: Watching
    viewers: CountedViewers
    nursery: trio.Nursery

    @property
    def stream_id(self) -> str:
        return self.stage.stream_id

    async def watcher(self) -> Watcher:
        watcher = Watcher()
        await self.watching.watch(self.stream_id, watcher)
        return watcher

    async def go_live(self, frames: list[Frame]) -> Encoder:
        encoder = Encoder()
        await self.stage.streams.ask(self.stream_id, Publish(encoder, self.stage.key))
        await self.stage.streams.ask(self.stream_id, PublishFrames(encoder, frames[:60]))
        await wait_all_tasks_blocked()
        return encoder

    async def tell(self, message: Any) -> None:
        ref = await self.stage.streams.get_or_start(self.stream_id)
        await ref.tell(message)
        await wait_all_tasks_blocked()


@pytest.fixture
async def hall(stage: Stage) -> AsyncIterator[Hall]:
    viewers = CountedViewers()
    watching = Watching(stage.store, stage.tools.board, viewers, stage.tools.clock)
    async with trio.open_nursery() as nursery:
        await nursery.start(watching.run)
        yield Hall(stage, watching, viewers, nursery)
        nursery.cancel_scope.cancel()


async def test_a_watcher_hears_of_a_show_from_its_start_to_its_end(
    hall: Hall, autojump_clock: Clock, show_frames: list[Frame]
) -> None:
    watcher = Watcher()
    watched = await hall.watching.watch(hall.stream_id, watcher)
    assert (watched.facts.status, watched.facts.on_air, watched.facts.show) == ("idle", False, None)
    encoder = await hall.go_live(show_frames)
    await hall.tell(PublisherLeft(encoder, deliberate=False))
    again = await hall.go_live(show_frames)
    await hall.tell(PublisherLeft(again, deliberate=True))
    assert watcher.events == ["live", "interrupted", "live", "ended"]
    shows = {news.facts.show for news in watcher.news}
    assert len(shows) == 1
    assert None not in shows
    assert [news.facts.on_air for news in watcher.news] == [True, True, True, False]
    assert not any(batch.ephemeral for batch in watcher.batches)


async def test_what_is_told_is_what_a_get_shows(
    hall: Hall, autojump_clock: Clock, show_frames: list[Frame]
) -> None:
    seen: list[tuple[str, str]] = []

    class Looker(Watcher):
        def offer(self, batch: Batch) -> CloseReason | None:
            hall.nursery.start_soon(self.look, batch)
            return None

        async def look(self, batch: Batch) -> None:
            row = await hall.stage.store.get("streams", hall.stream_id)
            assert row is not None
            (news,) = batch.pushes
            assert isinstance(news, StreamNews)
            seen.append((news.facts.status, row.doc["status"]))

    await hall.watching.watch(hall.stream_id, Looker())
    await hall.go_live(show_frames)
    await wait_all_tasks_blocked()
    assert seen == [("live", "live")]


async def test_viewers_are_told_only_on_change_and_seldom(
    hall: Hall, autojump_clock: Clock, show_frames: list[Frame]
) -> None:
    await hall.go_live(show_frames)
    watcher = await hall.watcher()
    await trio.sleep(0.5)  # between two looks
    publishing = trio.current_time()
    for number in range(1, 14):  # a change each second, within what a show may be silent
        hall.viewers.now = number
        await trio.sleep(1)
    assert trio.current_time() - publishing < 4 * VIEWERS_INTERVAL_S
    assert watcher.events == ["viewers"] * 2
    assert all(batch.ephemeral for batch in watcher.batches)
    assert [news.viewers for news in watcher.news] == [5, 10]
    await trio.sleep(VIEWERS_INTERVAL_S)  # the last change
    assert len(watcher.events) == 3


async def test_viewers_count_only_on_air(hall: Hall, autojump_clock: Clock) -> None:
    watcher = await hall.watcher()
    hall.viewers.now = 7
    await trio.sleep(3 * VIEWERS_INTERVAL_S)
    assert watcher.batches == []


async def test_another_title_is_told_with_what_has_changed(
    hall: Hall, autojump_clock: Clock
) -> None:
    watcher = await hall.watcher()
    await hall.stage.streams.ask(hall.stream_id, UpdateStream(title="Ada again"))
    await wait_all_tasks_blocked()
    assert watcher.events == ["updated"]
    told = wire.push(watcher.batches[0].pushes[0])
    assert (told["push"], told["event"], told["title"]) == ("stream", "updated", "Ada again")
    assert told["stream"] == hall.stream_id


async def test_a_push_is_encoded_once_for_all(
    hall: Hall, autojump_clock: Clock, show_frames: list[Frame]
) -> None:
    watchers = [await hall.watcher() for _ in range(3)]
    await hall.go_live(show_frames)
    assert len({id(each.batches[0]) for each in watchers}) == 1
    frames = {id(each.batches[0].encoded(JSON)) for each in watchers}
    assert len(frames) == 1


async def test_one_task_serves_all_and_ends_with_the_last(
    hall: Hall, autojump_clock: Clock
) -> None:
    nursery = hall.watching._nursery
    assert nursery is not None
    before = len(nursery.child_tasks)
    watchers = [await hall.watcher() for _ in range(5)]
    assert len(nursery.child_tasks) == before + 1
    for each in watchers:
        assert len(hall.watching) == 1
        hall.watching.unwatch(hall.stream_id, each)
    await wait_all_tasks_blocked()
    assert len(hall.watching) == 0
    assert len(nursery.child_tasks) == before
    assert hall.stage.tools.board._followed == {}


async def test_who_takes_no_more_is_not_told_again(
    hall: Hall, autojump_clock: Clock, show_frames: list[Frame]
) -> None:
    slow, quick = await hall.watcher(), await hall.watcher()
    slow.refuses = SLOW
    encoder = await hall.go_live(show_frames)
    await hall.tell(PublisherLeft(encoder, deliberate=True))
    assert slow.events == ["live"]
    assert quick.events == ["live", "ended"]


async def test_a_deleted_stream_ends_the_watch(hall: Hall, autojump_clock: Clock) -> None:
    watcher = await hall.watcher()
    await hall.stage.streams.ask(hall.stream_id, DeleteStream())
    await wait_all_tasks_blocked()
    assert watcher.events == ["ended"]
    told = wire.push(watcher.batches[0].pushes[0])
    assert (told["status"], told["on_air"], told["viewers"], told["gone"]) == (
        "ended",
        False,
        0,
        True,
    )
    assert not hall.watching.watches(hall.stream_id, watcher)
    assert len(hall.watching) == 0
    with pytest.raises(WatchRefused, match="no such stream"):
        await hall.watching.watch(hall.stream_id, watcher)


async def test_no_such_stream(hall: Hall, autojump_clock: Clock) -> None:
    for name in (NOBODY, "nonsense"):
        with pytest.raises(WatchRefused) as refused:
            await hall.watching.watch(name, Watcher())
        assert refused.value.code == "not_found"
    assert len(hall.watching) == 0
    assert hall.stage.tools.board._followed == {}


async def test_only_so_many_streams_are_watched(
    hall: Hall, autojump_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.gateway.watching.MAX_WATCHED_STREAMS", 1)
    row = await hall.stage.store.get("streams", hall.stream_id)
    assert row is not None
    await hall.stage.store.commit(Put("streams", NOBODY, row.doc | {"key_hash": "other"}, 0))
    await hall.watcher()
    await hall.watcher()  # the same one costs nothing
    with pytest.raises(WatchRefused) as refused:
        await hall.watching.watch(NOBODY, Watcher())
    assert refused.value.code == "busy"
    assert refused.value.retry_after_s is not None


async def test_an_actor_that_idles_or_crashes_is_watched_on(
    hall: Hall, autojump_clock: Clock, show_frames: list[Frame], monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher = await hall.watcher()
    encoder = await hall.go_live(show_frames)
    with monkeypatch.context() as broken:
        broken.setattr(StreamActor, "_lose_publisher", _crash)
        await hall.tell(PublisherLeft(encoder, deliberate=True))
        await trio.sleep(1)
    assert watcher.events == ["live", "ended"]  # its frames are gone, so its show is over
    await trio.sleep(700)  # past the idle time
    assert hall.stage.streams.get(hall.stream_id) is None
    await hall.go_live(show_frames)
    assert watcher.events == ["live", "ended", "live"]


def _crash(*_: object) -> None:
    raise RuntimeError("a fault on purpose")


@asynccontextmanager
async def sockets(hall: Hall, authenticate: Callable[[str], Principal]) -> AsyncIterator[Any]:
    """Sockets of a gateway over the hall's streams."""
    stage = hall.stage
    rooms: Directory[RoomMessage] = Directory(
        stage.supervisor, "room", RoomFactory(stage.store, stage.tools.clock)
    )
    streams: Directory[StreamMessage] = stage.streams
    gateway = Gateway(
        rooms,
        Gatekeeper(stage.store, streams, rooms).admit,
        authenticate,
        direct=DirectMessages(stage.store, stage.tools.clock, rooms),
        watching=hall.watching,
    )
    yield (made := SocketStage(gateway, rooms, hall.nursery, stage.stream_id))
    for socket in made.sockets:
        socket.close()


async def test_a_guest_watches_over_a_socket(
    hall: Hall,
    autojump_clock: Clock,
    show_frames: list[Frame],
    authenticate: Callable[[str], Principal],
) -> None:
    async with sockets(hall, authenticate) as stage:
        peer = await stage.connect()
        await peer.say({"id": 1, "do": "watch", "stream": hall.stream_id})
        reply = await peer.reply()
        about = {"stream": hall.stream_id, "status": "idle", "on_air": False, "viewers": 0}
        assert reply == {"re": 1, "ok": about}
        await hall.go_live(show_frames)
        (push,) = await peer.items()
        assert push.pop("at").endswith("Z")
        assert push.pop("show").startswith("shw_")
        live = {"status": "live", "on_air": True, "viewers": 0}
        assert push == {"push": "stream", "event": "live", "stream": hall.stream_id, **live}
        await peer.say({"id": 2, "do": "unwatch", "stream": hall.stream_id})
        assert await peer.reply() == {"re": 2, "ok": {"stream": hall.stream_id}}
        assert len(hall.watching) == 0


async def test_a_connection_that_ends_watches_no_more(
    hall: Hall, autojump_clock: Clock, authenticate: Callable[[str], Principal]
) -> None:
    async with sockets(hall, authenticate) as stage:
        peer = await stage.connect()
        await peer.say({"id": 1, "do": "watch", "stream": hall.stream_id})
        await peer.reply()
        assert len(hall.watching) == 1
        await peer.stream.aclose()
        await wait_all_tasks_blocked()
        assert len(hall.watching) == 0


async def test_a_connection_watches_only_so_many(
    hall: Hall, autojump_clock: Clock, authenticate: Callable[[str], Principal]
) -> None:
    row = await hall.stage.store.get("streams", hall.stream_id)
    assert row is not None
    names = [f"str_{number:026d}" for number in range(1, MAX_WATCHED_PER_CONNECTION + 2)]
    for name in names:
        await hall.stage.store.commit(Put("streams", name, row.doc | {"key_hash": name}, 0))
    async with sockets(hall, authenticate) as stage:
        peer = await stage.connect()

        async def watch(name: str) -> Any:
            await peer.say({"id": name, "do": "watch", "stream": name})
            return await peer.reply()

        for name in names[:-1]:
            assert "ok" in await watch(name)
        assert "ok" in await watch(names[0])  # once more is no more
        assert (await watch(names[-1]))["error"]["code"] == "too_many_streams"
        await hall.stage.streams.ask(names[0], DeleteStream())  # frees its place
        assert "ok" in await watch(names[-1])
        assert (await watch(NOBODY))["error"]["code"] in ("too_many_streams", "not_found")


async def test_a_slow_watcher_misses_viewers_and_not_the_end(
    hall: Hall,
    autojump_clock: Clock,
    show_frames: list[Frame],
    authenticate: Callable[[str], Principal],
) -> None:
    async with sockets(hall, authenticate) as stage:
        peer = await stage.connect(send_buffer_bytes=4096)
        await peer.say({"id": 1, "do": "watch", "stream": hall.stream_id})
        await peer.reply()
        encoder = await hall.go_live(show_frames)
        row = await hall.stage.store.get("streams", hall.stream_id)
        assert row is not None
        for number in range(30):  # fills what the socket holds
            update = UpdateStream(title="Ada", description=f"{number} {'x' * 6000}")
            await hall.stage.streams.ask(hall.stream_id, update)
            await wait_all_tasks_blocked()
        hall.viewers.now = 3
        await trio.sleep(VIEWERS_INTERVAL_S + 1)
        await hall.tell(PublisherLeft(encoder, deliberate=True))
        events: list[str] = []
        while not events or events[-1] != "ended":
            events += [item["event"] for item in await peer.items()]
        assert events == ["live"] + ["updated"] * 30 + ["ended"]
