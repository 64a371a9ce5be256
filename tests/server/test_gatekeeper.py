"""A revocation in the middle of a show: real actors, a real store, and a player over sockets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
import trio
from support.licences import give_licence, restore_licence, take_licence
from support.stage import Encoder, Stage

from actors.kernel import Directory, Supervisor
from actors.ports import Batch, LicenceChanged, Untold
from actors.room import Join, ListUsers, Person, RoomFactory, RoomMessage
from actors.stream import (
    Board,
    Publish,
    PublishFrames,
    StreamActor,
    StreamMessage,
    UpdateStream,
)
from media.frames import Frame
from server.door import Door, PrependedStream, RequestHead
from server.edge import EdgeConfig, HlsEdge, Sessions, TicketedSessions
from server.gatekeeper import Gatekeeper
from storage import StoreUnavailable

SECRET = b"k" * 32
ADA, BOB = "usr_" + "A" * 26, "usr_" + "B" * 26


@dataclass(eq=False)
class Listener:
    """A member of a room that notes how it is put out."""

    put_out_of: list[str] = field(default_factory=list)

    def offer(self, batch: Batch) -> None:
        return None

    def put_out(self, room_id: str, farewell: Batch) -> None:
        self.put_out_of.append(room_id)


@dataclass
class House:
    """A process's worth of parts, over a stage's store."""

    stage: Stage
    streams: Directory[StreamMessage]
    rooms: Directory[RoomMessage]
    ticketed: TicketedSessions
    gatekeeper: Gatekeeper
    http: httpx.AsyncClient

    async def sell_tickets(self) -> None:
        await self.streams.ask(self.stage.stream_id, UpdateStream(access="ticket"))

    async def go_live(self, frames: list[Frame]) -> None:
        await self.sell_tickets()
        ref = await self.streams.get_or_start(self.stage.stream_id)
        encoder = Encoder()
        await ref.ask(Publish(encoder, self.stage.key))
        await ref.ask(PublishFrames(encoder, frames))

    def session(self, holder: str) -> str:
        """The path where a player with a new session begins."""
        token, _ = self.ticketed.new(self.stage.stream_id, holder)
        return f"/live/{self.stage.stream_id}/~{token}/index.m3u8"

    async def play(self, index: str) -> list[str]:
        """Fetch what a player does; give the URLs of index, playlists and all media."""
        urls = [urljoin(str(self.http.base_url), index)]
        for playlist in urls:
            answer = await self.http.get(playlist)
            assert answer.status_code == 200, answer.text
            if not playlist.endswith(".m3u8"):
                continue
            for line in answer.text.splitlines():
                name = line if not line.startswith("#") else line.partition('URI="')[2][:-1]
                url = urljoin(playlist, name)
                if name and url not in urls:
                    urls.append(url)
        assert {url.rpartition(".")[2] for url in urls} == {"m3u8", "mp4", "m4s"}
        return urls

    async def statuses(self, urls: list[str]) -> set[int]:
        return {(await self.http.get(url)).status_code for url in urls}

    async def tell(self, licence: str, user: str, *, active: bool) -> None:
        change = LicenceChanged(licence, user, self.stage.stream_id, active)
        await self.gatekeeper.licence_changed(change)

    async def revoke(self, licence: str, user: str) -> None:
        await take_licence(self.stage.store, licence, self.stage.tools.clock.now_ms())
        await self.tell(licence, user, active=False)

    async def join(self, user: str) -> Listener:
        listener = Listener()
        await self.rooms.ask(self.stage.stream_id, Join(listener, by=Person(user, "")))
        return listener

    async def users(self) -> frozenset[str | None]:
        return await self.rooms.ask(self.stage.stream_id, ListUsers())


async def nothing(stream: PrependedStream, head: RequestHead) -> None:
    return None


async def app(scope: Any, receive: Any, send: Any) -> None:
    for _ in ("startup", "shutdown"):
        await send({"type": f"{(await receive())['type']}.complete"})


@asynccontextmanager
async def open_house(stage: Stage) -> AsyncIterator[House]:
    """Start a process's worth of parts, and end them as a process does."""
    old = stage.tools
    tools = replace(old, board=Board())
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listeners[0].socket.getsockname()[1]
    async with trio.open_nursery() as nursery:
        supervisor = Supervisor(nursery)
        streams = Directory[StreamMessage](
            supervisor, "stream", lambda each: StreamActor(each, tools)
        )
        rooms = Directory[RoomMessage](supervisor, "room", RoomFactory(stage.store, old.clock))
        ticketed = TicketedSessions(SECRET, old.clock, per_licence=3)
        edge = HlsEdge(tools.board, Sessions(SECRET), ticketed, EdgeConfig(index_wait_s=0))
        door = Door(listeners, edge=edge, gateway=nothing, app=app)
        gatekeeper = Gatekeeper(stage.store, streams, rooms)
        await nursery.start(door.run)
        base_url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=base_url, verify=False) as http:
            yield House(stage, streams, rooms, ticketed, gatekeeper, http)
        await door.drain(1)
        await supervisor.stop()
        nursery.cancel_scope.cancel()


@pytest.fixture
async def house(stage: Stage) -> AsyncIterator[House]:
    async with open_house(stage) as house:
        yield house


async def test_a_revocation_in_the_middle_of_a_show(house: House, show_frames: list[Frame]) -> None:
    stream_id = house.stage.stream_id
    await house.go_live(show_frames)
    ada = await give_licence(house.stage.store, ADA, stream_id)
    bob = await give_licence(house.stage.store, BOB, stream_id)
    hers = await house.play(house.session(ada))
    his = await house.play(house.session(bob))
    members = [await house.join(ADA), await house.join(BOB)]
    await house.revoke(ada, ADA)
    for _ in range(2):  # told twice
        assert await house.statuses(hers) == {403}, "playlists, inits and segments alike"
        assert await house.statuses(his) == {200}
        assert members[0].put_out_of == [stream_id]
        assert members[1].put_out_of == []
        assert await house.users() == {BOB}
        await house.tell(ada, ADA, active=False)
    await restore_licence(house.stage.store, ada)
    await house.tell(ada, ADA, active=True)
    assert await house.statuses(hers) == {200}


async def test_a_restart_forgets_neither_sessions_nor_revocations(
    stage: Stage, show_frames: list[Frame]
) -> None:
    async with open_house(stage) as house:
        gone, kept, late = [await give_licence(stage.store, ADA, stage.stream_id) for _ in "123"]
        sessions = {each: house.session(each) for each in (gone, kept, late)}
        await house.go_live(show_frames)
        await house.revoke(gone, ADA)
    # Committed while no process ran: an order's actor that is started later tells it late.
    await take_licence(stage.store, late, stage.tools.clock.now_ms())
    async with open_house(stage) as house:
        await house.go_live(show_frames)
        assert await house.statuses([sessions[gone], sessions[late]]) == {403}
        await house.play(sessions[kept])


async def test_a_crash_of_the_streams_actor_for_good_serves_nobody_on(
    house: House, show_frames: list[Frame]
) -> None:
    licence = await give_licence(house.stage.store, ADA, house.stage.stream_id)
    await house.go_live(show_frames)
    urls = await house.play(house.session(licence))
    ref = house.streams.get(house.stage.stream_id)
    assert ref is not None
    while not ref.stopped:
        await ref.tell("no message of a stream's")  # type: ignore[arg-type]  # that is the point
        await trio.testing.wait_all_tasks_blocked(0.01)
    await house.revoke(licence, ADA)
    assert 200 not in await house.statuses(urls)
    await house.go_live(show_frames)
    assert (await house.http.get(house.session(licence))).status_code == 403


async def test_who_bought_twice_goes_on_with_the_other_licence(
    house: House, show_frames: list[Frame]
) -> None:
    first, second = [
        await give_licence(house.stage.store, ADA, house.stage.stream_id) for _ in range(2)
    ]
    await house.go_live(show_frames)
    urls = {each: await house.play(house.session(each)) for each in (first, second)}
    member = await house.join(ADA)
    await house.revoke(first, ADA)
    assert await house.statuses(urls[first]) == {403}
    assert await house.statuses(urls[second]) == {200}
    assert member.put_out_of == []
    await house.revoke(second, ADA)
    assert await house.statuses(urls[second]) == {403}
    assert member.put_out_of == [house.stage.stream_id]


async def test_where_no_actor_runs_there_is_nothing_more_to_do(house: House) -> None:
    licence = await give_licence(house.stage.store, ADA, house.stage.stream_id)
    await house.revoke(licence, ADA)
    nowhere = LicenceChanged(licence, ADA, "str_" + "9" * 26, active=False)
    await house.gatekeeper.licence_changed(nowhere)


async def test_what_is_not_answered_is_untold(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.sell_tickets()
    licence = await give_licence(house.stage.store, ADA, house.stage.stream_id)
    member = await house.join(ADA)

    async def fail(*_: object) -> None:
        raise StoreUnavailable("planted")

    with monkeypatch.context() as broken:
        broken.setattr(type(house.stage.store), "get", fail)
        with pytest.raises(Untold):
            await house.tell(licence, ADA, active=False)
    assert member.put_out_of == []
    await house.revoke(licence, ADA)
    assert member.put_out_of == [house.stage.stream_id]


async def test_while_the_process_ends_it_is_untold(stage: Stage) -> None:
    async with trio.open_nursery() as nursery:
        others = Supervisor(nursery)
        rooms = Directory[RoomMessage](others, "room", RoomFactory(stage.store, stage.tools.clock))
        gatekeeper = Gatekeeper(stage.store, stage.streams, rooms)
        await stage.supervisor.stop()
        change = LicenceChanged("lic_one", ADA, stage.stream_id, active=False)
        with pytest.raises(Untold):
            await gatekeeper.licence_changed(change)
        await others.stop()
