"""The WebSocket gateway: what the door hands requests for ``/ws`` to."""

import secrets
from collections.abc import Awaitable, Callable, Collection, Sequence

import structlog
import trio

from actors.kernel import Directory
from actors.room import DirectMessages, RoomMessage
from actors.services import Principal
from server.door import IpNetwork, PrependedStream, RequestHead, client_address, send_last
from server.gateway.addresses import MAX_CONNECTIONS_PER_ADDRESS, Addresses, TooMuch
from server.gateway.closing import restart
from server.gateway.connection import Connection
from server.gateway.handshake import Refused, accept, refuse_address, refuse_full
from server.gateway.registry import MAX_CONNECTIONS, Registry
from server.gateway.session import Services
from server.gateway.watching import Watching

HANDSHAKE_TIMEOUT_S = 10.0
RETURNS_PER_S = 200
"""How many clients shall come back in each second after a restart."""
MIN_SPREAD_S = 3
MAX_SPREAD_S = 60

log = structlog.get_logger()


class Gateway:
    """Serves chat to WebSockets; it is a ``ConnectionHandler`` of the door's.

    ``rooms`` is the directory of room actors; ``admit`` lets a principal (None: a guest) into a
    room and tells whether it holds a ticket, or raises RoomError; ``authenticate`` turns an access
    token into a principal or raises AccountError; ``direct`` makes and finds the rooms of two;
    ``registry`` is where others find users' connections; ``watching`` tells of streams;
    ``mark_address`` turns an address into what rooms know it by, and keep of one that is banned;
    ``origins`` are those whose pages may connect besides the host's own, such as
    https://stage.example; ``trusted_proxies`` are those whose ``X-Forwarded-For`` is believed. Of a
    proxy that is not, all clients count as one address, unless it is on this machine.
    """

    def __init__(
        self,
        rooms: Directory[RoomMessage],
        admit: Callable[[str, Principal | None], Awaitable[bool]],
        authenticate: Callable[[str], Principal],
        *,
        direct: DirectMessages,
        registry: Registry | None = None,
        watching: Watching | None = None,
        mark_address: Callable[[str], str] = str,
        origins: Collection[str] = (),
        trusted_proxies: Sequence[IpNetwork] = (),
        max_connections: int = MAX_CONNECTIONS,
        max_connections_per_address: int = MAX_CONNECTIONS_PER_ADDRESS,
    ) -> None:
        self._services = Services(rooms, admit, authenticate, mark_address, direct, watching)
        self._trusted_proxies = trusted_proxies
        self._addresses = Addresses(max_connections_per_address)
        self._origins = frozenset(origin.lower().rstrip("/") for origin in origins)
        self._max_connections = max_connections
        self._registry = Registry() if registry is None else registry
        self._draining = False

    def __len__(self) -> int:
        """How many connections are open."""
        return len(self._registry)

    async def __call__(self, stream: PrependedStream, head: RequestHead) -> None:
        """Serve one connection from its request's head on, which the stream gives once more."""
        connection = await self._open(stream, head)
        del head  # a kilobyte or three, as long as the connection lasts
        if connection is not None:
            await connection.serve()

    async def drain(self, timeout_s: float) -> None:
        """Take no more connections, and close all, telling each when to come back."""
        self._draining = True
        spread_s = min(MAX_SPREAD_S, max(MIN_SPREAD_S, len(self._registry) // RETURNS_PER_S))
        for connection in self._registry:
            connection.close(restart(1 + secrets.randbelow(spread_s)))
        with trio.move_on_after(timeout_s):
            await self._registry.wait_empty()
        if len(self._registry):
            log.warning("gateway_drain_timeout", connections=len(self._registry))

    async def _open(self, stream: PrependedStream, head: RequestHead) -> Connection | None:
        """Do the opening handshake, or refuse it."""
        address = client_address(_peer(stream), head.headers, self._trusted_proxies)
        try:
            self._check_room()
            use = self._addresses.admit(address)
            accepted = accept(head, self._origins)
        except TooMuch as too_much:
            await send_last(stream, refuse_address(too_much).response)
            return None
        except Refused as refused:
            await send_last(stream, refused.response)
            return None
        with trio.move_on_after(HANDSHAKE_TIMEOUT_S) as scope:
            await _skip(stream, len(head.raw))
            await stream.send_all(accepted.response)
        if scope.cancelled_caught:
            return None
        return Connection(stream, accepted.encoding, self._services, self._registry, address, use)

    def _check_room(self) -> None:
        if self._draining or len(self._registry) >= self._max_connections:
            raise refuse_full()


def _peer(stream: PrependedStream) -> str:
    """Give the address that the connection comes from, "" where it has none any more."""
    try:
        name = stream.socket.getpeername()
    except OSError:
        return ""
    return name[0] if isinstance(name, tuple) else ""


async def _skip(stream: PrependedStream, count: int) -> None:
    """Read the head away, and not a byte of what follows it."""
    while count > 0:
        count -= len(data := await stream.receive_some(count))
        if not data:
            raise trio.BrokenResourceError("the connection ended within its head")
