"""A house of webhooks without sockets: a real store, and a clock that tests turn."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from support.inline_store import open_inline_store

from actors.services import Sealing
from actors.services.hooks import Endpoint, Endpoints, Event, Job, Outbox
from actors.services.hooks.events import keep_event, new_event
from actors.services.streams import Stream
from storage.api import Store

STREAM = "str_" + "0" * 26


def stream_of(stream_id: str = STREAM, owner: str = "usr_ada") -> Stream:
    return Stream(
        id=stream_id,
        owner=owner,
        owner_name="Ada",
        title="Ada live",
        description="",
        access="public",
        status="idle",
        on_air=False,
        created_at=1,
        started_at=None,
        ended_at=None,
        key_sealed="",
    )


class HandClock:
    def __init__(self) -> None:
        self.time_ms = 1_800_000_000_000

    def now_ms(self) -> int:
        return self.time_ms


@dataclass
class Desk:
    store: Store
    clock: HandClock
    endpoints: Endpoints
    outbox: Outbox
    sequences: dict[str, int] = field(default_factory=dict)

    async def endpoint(self, *events: str, stream: str = STREAM) -> Endpoint:
        made, _ = await self.endpoints.add(
            stream_of(stream), "https://hook.example/", events or None, enabled=True
        )
        return made

    async def happens(self, event_type: str, stream: str = STREAM) -> Event:
        """Keep an event in the outbox, as the stream's record does."""
        self.sequences[stream] = self.sequences.get(stream, 0) + 1
        doc = {"title": "Ada live", "description": "long", "key_sealed": "never told"}
        event = new_event(event_type, stream, self.sequences[stream], doc, self.clock.now_ms())
        await self.store.commit(keep_event(event))
        return event

    async def job(self, endpoint: Endpoint) -> Job:
        job = await self.outbox.next_job(endpoint.id)
        assert job is not None
        return job

    async def rows(self, collection: str) -> list[Any]:
        return await self.store.find(collection, {}, sort="id")


def desk_on(store: Store, *, sealing: bytes = b"s" * 32, private: bool = True) -> Desk:
    clock, seal = HandClock(), Sealing(sealing)
    outbox = Outbox(store, seal, clock, lambda event: f"body of {event.id}")
    return Desk(store, clock, Endpoints(store, seal, clock, private=private), outbox)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_inline_store(tmp_path) as store:
        yield store


@pytest.fixture
def desk(store: Store) -> Desk:
    return desk_on(store)


@pytest.fixture
def make_desk() -> Callable[..., Desk]:
    return desk_on
