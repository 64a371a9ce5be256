"""The sender on a real store, in virtual time; what it posts goes to a world that tests make."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import structlog
import trio
from support.faulty_store import FaultyStore
from support.inline_store import open_inline_store
from support.stage import FakeClock
from trio.testing import wait_all_tasks_blocked

from actors.kernel import Published
from actors.services import Sealing
from actors.services.hooks import Answer, Endpoints, HookError, Outbox, signature
from actors.services.hooks.events import keep_event, new_event
from actors.services.streams import Stream
from server.hooks import PingRefused, Sender
from server.hooks.bodies import event_body
from server.hooks.sender import (
    MAX_PINGS_AT_ONCE,
    MAX_TRIES_AT_ONCE,
    MAX_TRIES_AT_ONCE_PER_OWNER,
    STORE_RETRY_S,
)
from storage.api import Delete, Put, Store, StoreUnavailable

PUBLIC_URL = "https://stage.example"


@dataclass
class World:
    """In place of ``Poster``: notes what is posted, and answers as the URL's behaviour says."""

    posts: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)
    times_s: list[float] = field(default_factory=list)
    statuses: dict[str, int | None] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)
    """How often a URL refuses before it takes."""
    gates: dict[str, trio.Event] = field(default_factory=dict)
    in_flight: int = 0
    most_in_flight: int = 0

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        self.posts.append((url, json.loads(body), headers["Bandstand-Signature"]))
        self.times_s.append(trio.current_time())
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            if url in self.gates:
                await self.gates[url].wait()
        finally:
            self.in_flight -= 1
        status = self.statuses.get(url, 200)
        if self.failures.get(url, 0) > 0:
            self.failures[url] -= 1
            status = 503
        taken = status is not None and status < 300
        return Answer(status, None if taken else "refused", 1)

    def events(self) -> list[str]:
        return [body["id"] for _, body, _ in self.posts]


@dataclass
class Backstage:
    store: FaultyStore
    world: World
    endpoints: Endpoints
    sender: Sender
    committed: Published[None]
    counts: dict[str, int] = field(default_factory=dict)

    async def endpoint(self, stream: int = 0, owner: str = "usr_ada", url: str = "") -> Any:
        """Make an endpoint with a URL of its own; gives it, its URL and its secret."""
        stream_id = f"str_{stream:026}"
        made = Stream(stream_id, owner, "Ada", "t", "", "public", "idle", False, 1, None, None, "")
        url = url or f"https://hook.example/{stream}"
        return await self.endpoints.add(made, url, None, enabled=True)

    async def happens(self, event_type: str = "stream.live", stream: int = 0) -> str:
        stream_id = f"str_{stream:026}"
        count = self.counts[stream_id] = self.counts.get(stream_id, 0) + 1
        doc = {"title": "Ada live", "status": "live", "started_at": 1_700_000_000_000}
        event = new_event(event_type, stream_id, count, doc, FakeClock().now_ms())
        await self.store.commit(keep_event(event))
        self.committed.publish(None)
        return event.id


@pytest.fixture
async def backstage(tmp_path: Path):
    with open_inline_store(tmp_path) as inline:
        store, world, seal, clock = FaultyStore(inline), World(), Sealing(b"s" * 32), FakeClock()
        committed: Published[None] = Published(None)
        outbox = Outbox(store, seal, clock, event_body(PUBLIC_URL))
        sender = Sender(outbox, world, committed, clock)
        yield Backstage(
            store, world, Endpoints(store, seal, clock, private=True), sender, committed
        )


@pytest.fixture
async def running(backstage, nursery):
    await nursery.start(backstage.sender.run)
    return backstage


async def test_an_event_is_sent_at_once_signed_and_with_the_public_facts(running, autojump_clock):
    made, secret = await running.endpoint()
    event_id = await running.happens()
    await wait_all_tasks_blocked()
    ((url, body, signed),) = running.world.posts
    assert url == made.url
    assert body == {
        "id": event_id,
        "type": "stream.live",
        "created_at": body["created_at"],
        "sequence": 1,
        "data": {
            "stream": {
                "id": made.stream,
                "title": "Ada live",
                "access": None,
                "status": "live",
                "on_air": None,
                "show": None,
                "started_at": "2023-11-14T22:13:20.000Z",
                "ended_at": None,
                "page_url": f"{PUBLIC_URL}/s/{made.stream}",
                "hls_url": f"{PUBLIC_URL}/live/{made.stream}/index.m3u8",
            }
        },
    }
    raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    unix_s = int(signed.split(",")[0].removeprefix("t="))
    assert signed == signature((secret,), unix_s, raw)
    (tried,) = (await running.endpoints.history(made.stream, made.id)).tries
    assert (tried.outcome, tried.status, tried.attempt) == ("delivered", 200, 1)


async def test_what_was_kept_before_the_start_is_sent_after_it(backstage, nursery, autojump_clock):
    await backstage.endpoint()
    events = [await backstage.happens() for _ in range(3)]
    await nursery.start(backstage.sender.run)
    await wait_all_tasks_blocked()
    assert backstage.world.events() == events


async def test_one_at_a_time_and_in_order_though_it_fails_for_an_hour(running, autojump_clock):
    made, _ = await running.endpoint()
    running.world.statuses[made.url] = 503
    events = [await running.happens() for _ in range(3)]
    await trio.sleep(300)
    assert set(running.world.events()) == {events[0]}
    assert running.world.most_in_flight == 1
    gaps_s = [b - a for a, b in zip(running.world.times_s, running.world.times_s[1:], strict=False)]
    assert len(gaps_s) >= 5
    assert all(0.7 * 5 * 2**n <= gap <= 1.3 * 5 * 2**n for n, gap in enumerate(gaps_s))
    running.world.statuses.clear()
    await trio.sleep(600)
    assert running.world.events()[-3:] == events


async def test_what_is_under_way_when_it_is_cancelled_is_sent_again(
    backstage, nursery, autojump_clock
):
    made, _ = await backstage.endpoint()
    backstage.world.gates[made.url] = trio.Event()
    event = await backstage.happens()
    async with trio.open_nursery() as first:
        await first.start(backstage.sender.run)
        await wait_all_tasks_blocked()
        assert backstage.world.in_flight == 1
        first.cancel_scope.cancel()
    del backstage.world.gates[made.url]
    again = Sender(backstage.sender._outbox, backstage.world, backstage.committed, FakeClock())
    await nursery.start(again.run)
    await wait_all_tasks_blocked()
    assert backstage.world.events() == [event, event]


async def test_draining_sends_what_is_due_and_waits_no_longer_than_it_may(running, autojump_clock):
    made, _ = await running.endpoint()
    event = await running.happens()
    await running.sender.drain(5)
    assert running.world.events() == [event]
    running.world.gates[made.url] = trio.Event()
    await running.happens()
    began_s = trio.current_time()
    await running.sender.drain(5)
    assert trio.current_time() - began_s == pytest.approx(5)


async def test_an_owners_endpoints_that_hang_hold_up_nobody_elses(running, autojump_clock):
    hung = []
    for stream in range(MAX_TRIES_AT_ONCE_PER_OWNER + 3):
        made, _ = await running.endpoint(stream, owner="usr_bad")
        hung.append(running.world.gates.setdefault(made.url, trio.Event()))
        await running.happens(stream=stream)
    await running.endpoint(99, owner="usr_good")
    await wait_all_tasks_blocked()
    assert running.world.in_flight == MAX_TRIES_AT_ONCE_PER_OWNER
    event = await running.happens(stream=99)
    await wait_all_tasks_blocked()
    assert running.world.events()[-1] == event
    for gate in hung:
        gate.set()
    await wait_all_tasks_blocked()
    assert len(running.world.posts) == MAX_TRIES_AT_ONCE_PER_OWNER + 4
    assert running.world.most_in_flight <= MAX_TRIES_AT_ONCE_PER_OWNER + 1
    assert running.sender._owners == {}
    assert running.sender._under_way == {}


async def test_there_is_a_bound_for_all(running, autojump_clock):
    gates = []
    for stream in range(MAX_TRIES_AT_ONCE + 5):
        made, _ = await running.endpoint(stream, owner=f"usr_{stream}")
        gates.append(running.world.gates.setdefault(made.url, trio.Event()))
        await running.happens(stream=stream)
    await wait_all_tasks_blocked()
    assert running.world.in_flight == MAX_TRIES_AT_ONCE
    for gate in gates:
        gate.set()
    await wait_all_tasks_blocked()
    assert len(running.world.posts) == MAX_TRIES_AT_ONCE + 5


@pytest.mark.parametrize("failing", ["get", "find"])
async def test_a_store_that_fails_puts_it_off_and_loses_nothing(
    running, monkeypatch, failing, autojump_clock
):
    await running.endpoint()
    await wait_all_tasks_blocked()

    async def fail(*_: object, **__: object) -> None:
        raise StoreUnavailable("disk full")

    monkeypatch.setattr(running.store, failing, fail)
    event = await running.happens()
    await trio.sleep(3 * STORE_RETRY_S)
    assert running.world.posts == []
    monkeypatch.undo()
    await trio.sleep(3 * STORE_RETRY_S)
    assert running.world.events() == [event]


@pytest.mark.parametrize("fault", ["unavailable", "lost", "landed"])
async def test_what_was_sent_is_written_down_before_anything_else_is_sent(
    running, fault, autojump_clock
):
    made, _ = await running.endpoint()
    gate = running.world.gates.setdefault(made.url, trio.Event())
    events = [await running.happens() for _ in range(2)]
    await wait_all_tasks_blocked()
    running.store.fault = fault
    gate.set()
    await trio.sleep(2 * STORE_RETRY_S)
    assert running.world.events() == events
    history = await running.endpoints.history(made.stream, made.id)
    assert history.waiting == 0


async def test_a_ping_is_sent_once_past_the_line_and_noted(running, autojump_clock):
    made, _ = await running.endpoint()
    running.world.statuses[made.url] = 500
    await running.happens()
    await wait_all_tasks_blocked()
    answer = await running.sender.ping(made, "usr_ada")
    assert (answer.status, answer.error) == (500, "refused")
    await trio.sleep(1)
    pings = [body for _, body, _ in running.world.posts if body["type"] == "ping"]
    assert len(pings) == 1
    assert pings[0]["data"] == {"stream": {"id": made.stream}}
    newest = (await running.endpoints.history(made.stream, made.id)).tries[0]
    assert (newest.event, newest.outcome, newest.error) == (pings[0]["id"], "ping", "refused")


async def test_pings_are_bounded_for_each_owner_and_for_all(running, nursery, autojump_clock):
    refused = []

    async def ping(made: Any, owner: str) -> None:
        try:
            await running.sender.ping(made, owner)
        except PingRefused:
            refused.append(owner)

    gate = trio.Event()
    owners = ["usr_0", "usr_0", *(f"usr_{number}" for number in range(1, MAX_PINGS_AT_ONCE + 1))]
    for stream, owner in enumerate(owners):
        made, _ = await running.endpoint(stream, owner=owner)
        running.world.gates[made.url] = gate
        nursery.start_soon(ping, made, owner)
        await wait_all_tasks_blocked()
    assert refused == ["usr_0", f"usr_{MAX_PINGS_AT_ONCE}"]
    gate.set()
    await wait_all_tasks_blocked()
    await running.sender.ping(made, "usr_0")


async def test_a_ping_to_what_is_gone(running, autojump_clock):
    made, _ = await running.endpoint()
    await running.endpoints.remove(made.stream, made.id)
    with pytest.raises(HookError):
        await running.sender.ping(made, "usr_ada")
    assert running.world.posts == []


async def test_no_secret_and_no_url_is_logged(running, autojump_clock):
    with structlog.testing.capture_logs() as logged:
        made, secret = await running.endpoint(url="https://hook.example/?token=theirs")
        await running.happens()
        await wait_all_tasks_blocked()
    (entry,) = [each for each in logged if each["event"] == "webhook_sent"]
    assert entry["webhook"] == made.id
    assert "theirs" not in str(logged)
    assert secret not in str(logged)


async def test_an_endpoint_whose_secret_is_lost_is_switched_off_and_not_looked_at_for_ever(
    backstage, nursery, autojump_clock
):
    made, _ = await backstage.endpoint()
    await backstage.happens()
    outbox = Outbox(backstage.store, Sealing(b"o" * 32), FakeClock(), event_body(PUBLIC_URL))
    sender = Sender(outbox, backstage.world, backstage.committed, FakeClock())
    await nursery.start(sender.run)
    await trio.sleep(10)
    assert backstage.world.posts == []
    shown = await backstage.endpoints.get(made.stream, made.id)
    assert not shown.enabled
    assert "secret" in shown.disabled_reason


class EndingStore(FaultyStore):
    """At one of its commits the process ends: before anything is written, or just after."""

    def __init__(self, store: Store, at: int, *, written: bool) -> None:
        super().__init__(store)
        self.ended = trio.Event()
        self._at = at
        self._written = written

    async def commit(self, *ops: Put | Delete) -> None:
        ends = self.commits == self._at
        if not ends or self._written:
            await super().commit(*ops)
        if ends:
            self.ended.set()
            await trio.sleep_forever()


@pytest.mark.parametrize("written", [False, True])
@pytest.mark.parametrize("at", range(10))
async def test_wherever_it_ends_each_event_arrives_and_in_order(
    backstage, nursery, at, written, autojump_clock
):
    made, _ = await backstage.endpoint()
    backstage.world.failures[made.url] = 2
    events = [await backstage.happens() for _ in range(4)]
    store = EndingStore(backstage.store, at, written=written)
    ending = Outbox(store, Sealing(b"s" * 32), FakeClock(), event_body(PUBLIC_URL))
    async with trio.open_nursery() as first:
        await first.start(Sender(ending, backstage.world, Published(None), FakeClock()).run)
        await store.ended.wait()  # 4 commits to fan out, 6 to settle
        first.cancel_scope.cancel()
    await nursery.start(backstage.sender.run)
    await trio.sleep(60)
    taken = [body["id"] for _, body, _ in backstage.world.posts][2:]
    assert list(dict.fromkeys(taken)) == events
    assert len(taken) <= len(events) + 1
    history = await backstage.endpoints.history(made.stream, made.id)
    assert history.waiting == 0
    assert (await backstage.endpoints.get(made.stream, made.id)).failing_since is None
