"""A house with the real store and the real actors, and a client of its API."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
from argon2 import PasswordHasher
from quart_trio import QuartTrio
from support.inline_store import open_inline_store
from support.shopping import Shop, open_shop
from support.webhooks import WEBHOOK_SECRET
from support.world import WorldGates, WorldPayouts, WorldPsp

from actors.kernel import Directory, Supervisor
from actors.refund import Books, Calls, RefundActor, RefundMessage, RefundTools, Terms
from actors.room import RoomFactory, RoomMessage
from actors.room.moderation import address_mark
from actors.services import AccessTokens, Accounts, Passwords, Principal, StreamKeys
from actors.stream import Board, StreamActor, StreamMessage, StreamTools
from media.hls import SegmentSettings
from server.api import House, create_app
from server.config import Settings
from server.edge import TicketedSessions
from server.forward import Forwarding
from server.gatekeeper import Gatekeeper
from server.hooks import Hooks
from server.secrets import Secrets
from server.sweeper import Sweeper
from storage import Store, open_sqlite

SECRET = Secrets(b"a secret for the tests, of 32 bytes or more")


class ManualClock:
    """Time that passes only when a test says so."""

    def __init__(self) -> None:
        self.time_ms = 1_800_000_000_000

    def now_ms(self) -> int:
        return self.time_ms

    def pass_s(self, seconds: float) -> None:
        self.time_ms += round(seconds * 1000)


class CountedViewers:
    """Viewers that a test sets."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def count(self, stream_id: str) -> int:
        return self.counts.get(stream_id, 0)


@dataclass
class Caller:
    """One client of the API, perhaps signed in."""

    app: QuartTrio
    token: str | None = None
    user: dict[str, Any] = field(default_factory=dict)
    refresh_token: str = ""

    async def call(self, method: str, path: str, json: Any = None, **options: Any) -> Any:
        headers = dict(options.pop("headers", {}))
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        if json is not None:
            options["json"] = json
        client = self.app.test_client(use_cookies=False)
        return await client.open(path, method=method, headers=headers, **options)

    async def ok(self, method: str, path: str, json: Any = None, status: int = 200) -> Any:
        response = await self.call(method, f"/api/v1{path}", json)
        body = await response.get_json()
        assert response.status_code == status, body
        return body

    async def fails(self, method: str, path: str, json: Any = None, status: int = 400) -> Any:
        response = await self.call(method, f"/api/v1{path}", json)
        body = await response.get_json()
        assert response.status_code == status, body
        assert set(body) == {"error"}
        assert set(body["error"]) == {"code", "message", "details", "request_id"}
        assert response.headers["X-Request-Id"] == body["error"]["request_id"]
        return body["error"]


@dataclass
class Stage:
    """What a test turns the knobs of."""

    house: House
    app: QuartTrio
    clock: ManualClock
    viewers: CountedViewers
    psp: WorldPsp
    payouts: WorldPayouts
    gates: WorldGates
    rooms: Directory[RoomMessage]

    secret: str = SECRET.secret.decode()

    @property
    def guest(self) -> Caller:
        return Caller(self.app)

    async def user(self, name: str = "Ada") -> Caller:
        body = {"email": f"{name}@stage.example", "password": "correct horse", "name": name}
        answer = await self.guest.ok("POST", "/auth/register", body, 201)
        return Caller(self.app, answer["access_token"], answer["user"], answer["refresh_token"])

    def token_for(self, caller: Caller, *, admin: bool = False) -> str:
        """A fresh token: the caller's own expires as the clock goes on."""
        principal = Principal(caller.user["id"], caller.user["name"], admin)
        return self.house.tokens.issue(principal)

    async def operator(self, name: str = "Root") -> Caller:
        caller = await self.user(name)
        return replace(caller, token=self.token_for(caller, admin=True))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None,
        data=tmp_path / "data",
        public_url="https://stage.example",
        metrics_token="m" * 32,
    )


@pytest.fixture
async def stage(settings: Settings) -> AsyncIterator[Stage]:
    async with open_sqlite(settings.data) as store, open_stage(settings, store) as stage:
        yield stage


@pytest.fixture
async def shop(settings: Settings, tmp_path: Path) -> AsyncIterator[Shop]:
    with open_inline_store(tmp_path) as store:
        async with open_stage(settings, store) as stage:
            yield await open_shop(stage)


@asynccontextmanager
async def open_stage(settings: Settings, store: Store) -> AsyncIterator[Stage]:
    clock, viewers = ManualClock(), CountedViewers()
    keys = StreamKeys(SECRET.stream_key_sealing, SECRET.stream_key_fingerprint)
    tokens = AccessTokens(SECRET.token_signing, clock)
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    async with trio.open_nursery() as nursery:
        supervisor = Supervisor(nursery)
        board = Board()
        forwarding = Forwarding.of(settings, SECRET, store, clock)
        listener = forwarding.forwarder
        tools = StreamTools(store, board, keys, clock, SegmentSettings(), viewers, listener)
        streams: Directory[StreamMessage] = Directory(
            supervisor, "stream", lambda stream_id: StreamActor(stream_id, tools)
        )
        rooms: Directory[RoomMessage] = Directory(supervisor, "room", RoomFactory(store, clock))
        psp, payouts, gates = WorldPsp(), WorldPayouts(), WorldGates()
        calls = Calls(psp, payouts, gates, f"{settings.public_url}/orders?order=")
        terms = Terms(fee_bps=settings.platform_fee_bps)
        refund_tools = RefundTools(store, Books(store), calls, clock, terms)
        orders: Directory[RefundMessage] = Directory(
            supervisor, "order", lambda order_id: RefundActor(order_id, refund_tools)
        )
        sessions_key = SECRET.playback_sessions
        accounts = Accounts(
            store, passwords, tokens, clock, open_to_all=settings.registration == "open"
        )
        house = House(
            settings=settings,
            store=store,
            streams=streams,
            rooms=rooms,
            mark_address=partial(address_mark, SECRET.banned_addresses),
            orders=orders,
            viewers=viewers,
            ticketed_sessions=TicketedSessions(sessions_key, clock, per_licence=3),
            gatekeeper=Gatekeeper(store, streams, rooms),
            accounts=accounts,
            tokens=tokens,
            stream_keys=keys,
            hooks=Hooks.of(settings, SECRET, store, clock, board.committed),
            forwarding=forwarding,
            clock=clock,
            psp=psp,
            payouts=payouts,
            webhook_secrets=(WEBHOOK_SECRET,),
            sweeper=Sweeper(store, orders, clock),
            supervisor=supervisor,
            started_at_ms=clock.now_ms(),
        )
        yield Stage(house, create_app(house), clock, viewers, psp, payouts, gates, rooms)
        await supervisor.stop()
