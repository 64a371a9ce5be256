"""Connecting to a target, and never to our own RTMP port.

A show forwarded to itself would go round for ever.
"""

import socket
import ssl
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_address

import trio
from trio.abc import Stream

from actors.services.forward_target import Target
from server.forward.faults import Lost, Refused
from server.outbound import Address, NoConnection, Outbound, Reason

LOOK_UP_TIMEOUT_S = 5.0
CONNECT_TIMEOUT_S = 5.0
TLS_TIMEOUT_S = 10.0
MAX_LOOKUPS_AT_ONCE = 8
MAX_CONNECTIONS = 128
"""Each may hold MAX_QUEUED_BYTES, 512 MiB in all, where every target has stopped reading."""
UNACKNOWLEDGED_TIMEOUT_MS = 10_000
"""A target that acknowledges nothing for so long is gone, whatever the socket's buffer takes."""


@dataclass(frozen=True, slots=True)
class OwnAddress:
    """Where this server takes RTMP: the ports it listens on, and what the outside calls it."""

    ports: Collection[int]
    public_host: str
    public_port: int


class Dialler:
    """Connects to targets. ``private`` lets it into private networks, too, as in dev."""

    def __init__(
        self, own: OwnAddress, *, private: bool, tls: ssl.SSLContext | None = None
    ) -> None:
        self._own = own
        self._tls = tls or ssl.create_default_context()
        self._outbound = Outbound(
            private=private, connect_timeout_s=CONNECT_TIMEOUT_S, max_lookups=MAX_LOOKUPS_AT_ONCE
        )
        self._connections = 0

    @asynccontextmanager
    async def dial(self, target: Target) -> AsyncIterator[Stream]:
        """Connect, over TLS for rtmps, for the length of the block. Lost, Refused."""
        if self._connections >= MAX_CONNECTIONS:
            raise Lost(f"This server forwards {MAX_CONNECTIONS} shows already.")
        self._connections += 1
        try:
            transport = await self._connect(target)
            stream: Stream = transport
            try:
                transport.socket.setsockopt(
                    socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_TIMEOUT_MS
                )
                if self._is_self(transport.socket):
                    raise Refused(_OURSELVES)
                if target.secure:
                    stream = await self._secure(transport, target.host)
                yield stream
            finally:
                # What is to be said at the end has been said by then.
                await trio.aclose_forcefully(stream)
        finally:
            self._connections -= 1

    async def _connect(self, target: Target) -> trio.SocketStream:
        try:
            addresses = await self._look_up(target.host, target.port)
            allowed = self._outbound.allowed(addresses)
            if await self._is_public_self(addresses, target):
                raise Refused(_OURSELVES)
            return await self._outbound.connect(allowed)
        except NoConnection as error:
            raise _fault(error.reason) from None

    async def _look_up(self, host: str, port: int) -> list[Address]:
        try:
            with trio.fail_after(LOOK_UP_TIMEOUT_S):
                return await self._outbound.look_up(host, port)
        except trio.TooSlowError:
            raise Lost("Its name was not looked up in time.") from None

    async def _is_public_self(self, addresses: list[Address], target: Target) -> bool:
        """Whether this is what the outside calls us, by name or by address."""
        if target.port != self._own.public_port:
            return False
        if target.host == self._own.public_host:
            return True
        try:
            ours = await self._look_up(self._own.public_host, target.port)
        except (Lost, NoConnection):
            return False
        return not set(ours).isdisjoint(addresses)

    def _is_self(self, connected: trio.socket.SocketType) -> bool:
        """Whether the other end is on this machine, on a port of ours. Lost."""
        try:
            peer, port = connected.getpeername()[:2]
        except OSError:
            raise Lost("It closed the connection at once.") from None
        here: str = connected.getsockname()[0]
        return port in self._own.ports and (peer == here or ip_address(peer).is_loopback)

    async def _secure(self, transport: Stream, host: str) -> Stream:
        stream = trio.SSLStream(transport, self._tls, server_hostname=host, https_compatible=True)
        try:
            with trio.fail_after(TLS_TIMEOUT_S):
                await stream.do_handshake()
        except trio.TooSlowError:
            raise Lost("It did not agree on TLS in time.") from None
        except trio.BrokenResourceError as error:
            if isinstance(error.__cause__, ssl.SSLCertVerificationError):
                why = error.__cause__.verify_message
                raise Refused(f"Its certificate is not to be trusted: {why}.") from None
            raise Lost("It did not agree on TLS: is it rtmps?") from None
        return stream


_OURSELVES = "This is our own address: a show cannot be forwarded to the server that it is on."


def _fault(reason: Reason) -> Lost | Refused:
    match reason:
        case "unresolved":
            return Lost("There is no such host: look at the URL again.")
        case "private_address":
            return Refused("Its address is not one of the public internet.")
        case "unreachable":
            return Lost("Nobody answers at its address: is the server running?")
