"""The one HTTP listener: reads each connection's next request head and picks its room."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass

import structlog
import trio

from server.door.forwarded import AsgiApp, ForwardedApp, IpNetwork
from server.door.handler import ConnectionHandler, Handover
from server.door.head import MAX_HEAD_BYTES, HeadRefused
from server.door.hypercorn_room import HypercornRoom
from server.door.reading import HEAD_TIMEOUT_S, read_head, send_last
from server.door.refusal import refusal
from server.door.routing import Room, room_for
from server.door.stream import PrependedStream

MAX_CONNECTIONS_COUNT = 32_768
"""20,000 of them may be WebSockets, the rest players, pages and requests; about 11 KiB each while
they are idle, so 360 MB in all."""
FULL_TIMEOUT_S = 1.0
IDLE_CHECK_S = 1.0
"""How often all connections are looked at: about 4 ms for 32,768."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class DoorConfig:
    """The door's settings; ``trusted_proxies`` are those whose ``X-Forwarded-*`` is believed."""

    trusted_proxies: Sequence[IpNetwork] = ()
    max_connections: int = MAX_CONNECTIONS_COUNT
    head_timeout_s: float = HEAD_TIMEOUT_S
    max_head_bytes: int = MAX_HEAD_BYTES


@dataclass(frozen=True, slots=True)
class DoorStatistics:
    """Connections that are open now, and those turned away since the start, as all were taken."""

    connections: int
    turned_away: int


class Door:
    """Accepts on ``listeners`` and serves each connection: edge, gateway, or the ASGI app.

    Run it once: ``await nursery.start(door.run)``, later ``await door.drain(timeout_s)``.
    """

    def __init__(
        self,
        listeners: Sequence[trio.SocketListener],
        *,
        edge: ConnectionHandler,
        gateway: ConnectionHandler,
        app: AsgiApp,
        config: DoorConfig | None = None,
    ) -> None:
        self._config = config or DoorConfig()
        self._listeners = list(listeners)
        self._app_room = HypercornRoom(
            ForwardedApp(app, self._config.trusted_proxies),
            max_head_bytes=self._config.max_head_bytes,
        )
        self._rooms: dict[Room, ConnectionHandler] = {
            Room.EDGE: edge,
            Room.GATEWAY: gateway,
            Room.APP: self._app_room,
        }
        self._accepting = trio.CancelScope()
        self._serving = trio.CancelScope()
        self._open: set[PrependedStream] = set()
        self._left = trio.Event()
        self._turned_away = 0
        self._draining = False
        self._finished = trio.Event()

    async def run(
        self,
        task_status: trio.TaskStatus[list[trio.SocketListener]] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Start the app, then accept until drained; gives the listeners once they are served."""
        try:
            async with self._app_room.running():
                with self._serving:
                    await self._serve_all(task_status)
        finally:
            self._finished.set()

    async def drain(self, timeout_s: float) -> None:
        """Stop accepting, close idle connections, let requests be answered, and end the app.

        After ``timeout_s`` whatever is still open is cancelled and its socket closed.
        """
        self._draining = True
        self._accepting.cancel()
        for stream in list(self._open):
            stream.drain()
        with trio.move_on_after(timeout_s):
            await self._finished.wait()
        if self._open:
            log.warning("door_drain_timeout", connections=len(self._open))
        self._serving.cancel()
        await self._finished.wait()

    def statistics(self) -> DoorStatistics:
        """Take the door's measure now."""
        return DoorStatistics(len(self._open), self._turned_away)

    async def _serve_all(self, task_status: trio.TaskStatus[list[trio.SocketListener]]) -> None:
        async with trio.open_nursery() as connections:
            connections.start_soon(self._abort_when_cancelled)
            connections.start_soon(self._hang_up_idle)
            with self._accepting:
                await trio.serve_listeners(
                    self._serve,
                    self._listeners,
                    handler_nursery=connections,
                    task_status=task_status,
                )
            while self._open:
                self._left = trio.Event()
                await self._left.wait()
            connections.cancel_scope.cancel()

    async def _hang_up_idle(self) -> None:
        while True:
            await trio.sleep(IDLE_CHECK_S)
            now_s = trio.current_time()
            for stream in self._open:
                stream.hang_up_if_idle(now_s)

    async def _abort_when_cancelled(self) -> None:
        """Close sockets under sends that are shielded from cancellation, as Hypercorn's are."""
        try:
            await trio.sleep_forever()
        finally:
            for stream in list(self._open):
                stream.abort()

    async def _serve(self, socket_stream: trio.SocketStream) -> None:
        stream = PrependedStream(socket_stream)
        if self._draining:
            stream.drain()
        if len(self._open) >= self._config.max_connections:
            await self._turn_away(stream)
            return
        self._open.add(stream)
        try:
            async with stream:
                with stream.idle_scope:
                    await self._serve_connection(stream)
        except* (trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # the client left, which it may do at any time
        except* Exception:
            log.exception("connection_failed")
        finally:
            self._open.discard(stream)
            self._left.set()

    async def _turn_away(self, stream: PrependedStream) -> None:
        self._turned_away += 1
        try:
            async with stream:
                with trio.move_on_after(FULL_TIMEOUT_S):
                    message = "All connections are taken; try again in a moment."
                    await stream.send_all(refusal(503, "too_many_connections", message))
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return

    async def _serve_connection(self, stream: PrependedStream) -> None:
        try:
            while (visit := await self._next_visit(stream)) is not None:
                if await visit is None:
                    return
        except HeadRefused as refused:
            await send_last(stream, refusal(refused.status, refused.code, refused.message))

    async def _next_visit(self, stream: PrependedStream) -> Awaitable[Handover | None] | None:
        """Read the next request's head; give the visit to the room that it asks for.

        The visit alone has the head, which is kilobytes, and a WebSocket lasts long.
        """
        head = await read_head(
            stream,
            idle_timeout_s=self._config.head_timeout_s,
            head_timeout_s=self._config.head_timeout_s,
            max_head_bytes=self._config.max_head_bytes,
        )
        if head is None:
            return None
        stream.unread(head.raw)
        return self._rooms[room_for(head.path)](stream, head)
