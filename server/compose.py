"""The composition: the one place that names concrete parts, starts them, and ends them in order."""

import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
import trio

from actors.kernel import Directory, Supervisor
from actors.refund import Books, Calls, RefundActor, RefundMessage, RefundTools, Terms
from actors.room import ROOM_IDLE_S, DirectMessages, RoomFactory, RoomMessage
from actors.room.moderation import address_mark
from actors.room.scrubbing import resume_scrubbing
from actors.services import AccessTokens, Accounts, Passwords, StreamKeys
from actors.services.streams import find_by_key, list_by_air
from actors.stream import Board, StreamActor, StreamMessage, StreamTools
from media.hls import SegmentSettings
from server.api import WEBHOOK_PATH, House, create_app
from server.capacity import (
    WANTED_OPEN_FILES,
    capacity_within,
    open_files,
    raise_open_files,
)
from server.clock import SystemClock
from server.config import Settings, SettingsError
from server.door import AsgiApp, Door, DoorConfig, Scope
from server.edge import HlsEdge, Sessions, TicketedSessions
from server.forward import Forwarding
from server.gatekeeper import Gatekeeper
from server.gateway import Gateway, Registry, Watching
from server.hooks import Hooks
from server.ingest_metrics import IngestCollector
from server.listening import bound_to, listening
from server.providers import Providers, open_providers
from server.rtmp import Certificate, CertificateError, Ingest, RtmpServer
from server.sandbox import PREFIX, Sandbox, SandboxConfig
from server.sandbox import SCHEMA as SANDBOX_SCHEMA
from server.secrets import Secrets, load_secrets
from server.sweeper import Sweeper
from storage import Store
from storage.sqlite import open_sqlite

STREAM_IDLE_S = 600.0
"""How long a show that has ended can still be read to its end."""
HTTP_BACKLOG_CONNECTIONS = 1024
RTMP_BACKLOG_CONNECTIONS = 128
ORDER_IDLE_S = 60.0
SANDBOX_FOLDER = "sandbox"
DRAIN_TIMEOUT_S = 8.0
"""For connections and actors each; with both, an orderly stop takes at most twice this."""
HOOKS_DRAIN_TIMEOUT_S = 2.0
"""After that: for telling other servers that the shows have ended."""
FORWARDS_DRAIN_TIMEOUT_S = 2.0
CUT_OFF_SHOWS_PER_PAGE = 50

log = structlog.get_logger()


async def serve(
    settings: Settings,
    *,
    demo: bool = False,
    task_status: trio.TaskStatus[Settings] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Run the whole server until SIGTERM or SIGINT, then end in order.

    Gives the settings with the ports that it really listens on, where one was 0.
    Raises SettingsError, CannotListen, and what opening the store raises.
    """
    secrets = load_secrets(settings)
    if not capacity_within(limit := raise_open_files()).whole:
        log.warning("open_files_low", limit=limit, wanted=WANTED_OPEN_FILES)
    async with (
        open_sqlite(settings.data) as store,
        listening(settings.http, HTTP_BACKLOG_CONNECTIONS) as http,
        listening(settings.rtmp, RTMP_BACKLOG_CONNECTIONS) as rtmp,
        listening(settings.rtmps, RTMP_BACKLOG_CONNECTIONS) as rtmps,
        AsyncExitStack() as providing,
        trio.open_nursery() as actors,
    ):
        supervisor = Supervisor(actors)
        settings = settings.listening_at(
            bound_to(settings.http, http),
            bound_to(settings.rtmp, rtmp),
            settings.rtmps and bound_to(settings.rtmps, rtmps),
        )
        providers = await providing.enter_async_context(open_providers(settings, secrets))
        sandbox = await providing.enter_async_context(_sandbox(settings, providers))
        stage = _build(settings, secrets, store, supervisor, http, providers, sandbox)
        await stage.house.accounts.load_logouts()
        await _end_shows_that_were_cut_off(store, stage.house.streams)
        await resume_scrubbing(store, stage.house.rooms)
        async with trio.open_nursery() as servers:
            await servers.start(stage.watching.run)
            await servers.start(stage.door.run)
            servers.start_soon(stage.house.forwarding.forwarder.run)
            servers.start_soon(stage.rtmp.run, rtmp, rtmps)
            servers.start_soon(stage.house.sweeper.run)
            await servers.start(stage.house.hooks.sender.run)
            if sandbox is not None:
                await servers.start(sandbox.run)
            log.info(
                "listening",
                http=str(settings.http),
                rtmp=str(settings.rtmp),
                rtmps=settings.rtmps and str(settings.rtmps),
                page=settings.public_url,
            )
            if demo:
                servers.start_soon(_run_demo, settings)
            task_status.started(settings)
            with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
                await anext(signals)
            log.info("draining")
            await _drain(stage, supervisor)
            servers.cancel_scope.cancel()
    log.info("stopped")


@dataclass(frozen=True, slots=True)
class _Stage:
    house: House
    door: Door
    gateway: Gateway
    watching: Watching
    rtmp: RtmpServer


def _build(
    settings: Settings,
    secrets: Secrets,
    store: Store,
    supervisor: Supervisor,
    listeners: list[trio.SocketListener],
    providers: Providers,
    sandbox: Sandbox | None,
) -> _Stage:
    clock = SystemClock()
    keys = StreamKeys(secrets.stream_key_sealing, secrets.stream_key_fingerprint)
    tokens = AccessTokens(secrets.token_signing, clock)
    open_to_all = settings.registration == "open"
    capacity = capacity_within(open_files()[0])
    board = Board()
    connections = Registry()
    accounts = Accounts(
        store,
        Passwords(),
        tokens,
        clock,
        open_to_all=open_to_all,
        signed_out=connections.sign_out,
    )
    sessions = Sessions(secrets.playback_sessions)
    ticketed_sessions = TicketedSessions(
        secrets.playback_sessions, clock, per_licence=settings.sessions_per_licence
    )
    forwarding = Forwarding.of(settings, secrets, store, clock)
    listener = forwarding.forwarder
    tools = StreamTools(store, board, keys, clock, SegmentSettings(), sessions, listener)
    streams: Directory[StreamMessage] = Directory(
        supervisor, "stream", lambda each: StreamActor(each, tools), idle_s=STREAM_IDLE_S
    )
    rooms: Directory[RoomMessage] = Directory(
        supervisor, "room", RoomFactory(store, clock, connections), idle_s=ROOM_IDLE_S
    )
    gatekeeper = Gatekeeper(store, streams, rooms)
    refund_tools = RefundTools(
        store,
        Books(store),
        Calls(
            providers.psp,
            providers.payouts,
            gatekeeper,
            f"{settings.public_url}/orders?order=",
        ),
        clock,
        Terms(
            settings.platform_fee_bps,
            settings.transfer_delay_s * 1000,
            settings.refund_suspends_licence,
        ),
    )
    orders: Directory[RefundMessage] = Directory(
        supervisor, "order", lambda each: RefundActor(each, refund_tools), idle_s=ORDER_IDLE_S
    )
    mark_address = partial(address_mark, secrets.banned_addresses)
    house = House(
        settings=settings,
        store=store,
        streams=streams,
        rooms=rooms,
        mark_address=mark_address,
        orders=orders,
        viewers=sessions,
        ticketed_sessions=ticketed_sessions,
        gatekeeper=gatekeeper,
        accounts=accounts,
        tokens=tokens,
        stream_keys=keys,
        hooks=Hooks.of(settings, secrets, store, clock, board.committed),
        forwarding=forwarding,
        clock=clock,
        psp=providers.psp,
        payouts=providers.payouts,
        webhook_secrets=providers.webhook_secrets,
        sweeper=Sweeper(store, orders, clock),
        supervisor=supervisor,
        started_at_ms=clock.now_ms(),
    )
    house.metrics.register(IngestCollector(board))
    watching = Watching(store, board, sessions, clock)
    gateway = Gateway(
        rooms,
        gatekeeper.admit,
        tokens.verify,
        direct=DirectMessages(store, clock, rooms),
        registry=connections,
        watching=watching,
        mark_address=mark_address,
        origins=[settings.public_url],
        trusted_proxies=settings.trusted_proxies,
        max_connections=capacity.chat,
        max_connections_per_address=settings.chat_connections_per_address,
    )
    door = Door(
        listeners,
        edge=HlsEdge(board, sessions, ticketed_sessions),
        gateway=gateway,
        app=create_app(house) if sandbox is None else _beside(create_app(house), sandbox.app),
        config=DoorConfig(trusted_proxies=settings.trusted_proxies, max_connections=capacity.door),
    )
    rtmp = RtmpServer(
        Ingest(streams, lambda key: find_by_key(store, keys, key)), _certificate(settings)
    )
    return _Stage(house, door, gateway, watching, rtmp)


def _certificate(settings: Settings) -> Certificate | None:
    """Read the certificate for RTMPS, where there is one. SettingsError."""
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    try:
        return Certificate(settings.tls_cert, settings.tls_key)
    except CertificateError as error:
        raise SettingsError(f"BANDSTAND_TLS_CERT: {error}") from None


@asynccontextmanager
async def _sandbox(settings: Settings, providers: Providers) -> AsyncIterator[Sandbox | None]:
    """Open the payment provider of dev, where the settings name no other."""
    if not settings.uses_sandbox:
        yield None
        return
    config = SandboxConfig(
        public_url=settings.public_url,
        api_key=providers.sandbox_key,
        payout_key=providers.sandbox_key,
        webhook_secret=providers.webhook_secrets[0].decode(),
        webhook_url=f"http://{settings.http.reachable}{WEBHOOK_PATH}",
    )
    async with open_sqlite(settings.data / SANDBOX_FOLDER, SANDBOX_SCHEMA) as store:
        yield Sandbox(store, config)


def _beside(app: AsgiApp, sandbox: AsgiApp) -> AsgiApp:
    """One app of two: the sandbox's paths are its own, all else is the house's."""

    async def serve_either(scope: Scope, receive: Any, send: Any) -> None:
        ours = scope["type"] != "http" or not scope["path"].startswith(f"{PREFIX}/")
        await (app if ours else sandbox)(scope, receive, send)

    return serve_either


async def _end_shows_that_were_cut_off(store: Store, streams: Directory[StreamMessage]) -> None:
    """Start the actors of the shows that the last process left on air: each ends its own."""
    after = None
    while True:
        page = await list_by_air(store, True, after, CUT_OFF_SHOWS_PER_PAGE)
        for stream in page.items:
            await streams.get_or_start(stream.id)
        if (after := page.after) is None:
            return


async def _drain(stage: _Stage, supervisor: Supervisor) -> None:
    """Members are told to return, publishers told why, requests answered, everything committed."""
    async with trio.open_nursery() as ending:
        ending.start_soon(stage.gateway.drain, DRAIN_TIMEOUT_S)
        ending.start_soon(stage.door.drain, DRAIN_TIMEOUT_S)
    async with trio.open_nursery() as ending:
        ending.start_soon(supervisor.stop, DRAIN_TIMEOUT_S)
        ending.start_soon(stage.rtmp.drain, DRAIN_TIMEOUT_S)
    # That the shows have ended is told now, as far as anybody listens; the rest after a restart.
    async with trio.open_nursery() as ending:
        ending.start_soon(stage.house.hooks.sender.drain, HOOKS_DRAIN_TIMEOUT_S)
        ending.start_soon(stage.house.forwarding.forwarder.drain, FORWARDS_DRAIN_TIMEOUT_S)


async def _run_demo(settings: Settings) -> None:
    """Run the demo's show beside us, as a client like any other, until we end."""
    url = f"http://{settings.http.reachable}"
    command = [sys.executable, "-m", "server.cli", "demo", "--url", url]
    process = await trio.run_process(command, check=False)
    log.warning("demo_ended", exit_code=process.returncode)
