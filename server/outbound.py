"""Connections to where users say, at addresses that were looked at before.

In production only addresses of the public internet are connected to: a webhook or a forward is no
way into the network that the server stands in.
"""

import socket
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from typing import Literal

import trio

from actors.services.public_addresses import is_public

MAX_ADDRESSES_TRIED = 3

Reason = Literal["unresolved", "private_address", "unreachable"]


class NoConnection(Exception):
    """Nothing is connected to; ``reason`` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Address:
    """What a name stands for; ``host`` is numeric."""

    family: socket.AddressFamily
    host: str
    port: int


class Outbound:
    """Looks names up and connects. ``private`` lets it into private networks, too, as in dev.

    ``connect_timeout_s`` is for each address, where a name has several.
    """

    def __init__(self, *, private: bool, connect_timeout_s: float, max_lookups: int) -> None:
        self._private = private
        self._connect_timeout_s = connect_timeout_s
        self._lookups = trio.CapacityLimiter(max_lookups)

    async def look_up(self, host: str, port: int) -> list[Address]:
        """Return all addresses of a name, allowed or not. NoConnection.

        One that is given up holds its thread until the system ends it.
        """
        asking = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        try:
            found = await trio.to_thread.run_sync(
                asking, abandon_on_cancel=True, limiter=self._lookups
            )
        except (OSError, UnicodeError):
            raise NoConnection("unresolved") from None
        return [Address(family, str(address[0]), port) for family, _, _, _, address in found]

    def allowed(self, addresses: Iterable[Address]) -> list[Address]:
        """Return those that may be connected to, at least one. NoConnection."""
        allowed = [each for each in addresses if self._private or is_public(ip_address(each.host))]
        if not allowed:
            raise NoConnection("private_address")
        return allowed

    async def connect(self, addresses: list[Address]) -> trio.SocketStream:
        """Connect to the first that answers, of a few. NoConnection."""
        for address in addresses[:MAX_ADDRESSES_TRIED]:
            with suppress(OSError, trio.TooSlowError), trio.fail_after(self._connect_timeout_s):
                return await _connect_to(address)
        raise NoConnection("unreachable")


async def _connect_to(address: Address) -> trio.SocketStream:
    with ExitStack() as unless_connected:
        connecting = trio.socket.socket(address.family, socket.SOCK_STREAM)
        unless_connected.callback(connecting.close)
        await connecting.connect((address.host, address.port))
        unless_connected.pop_all()
    return trio.SocketStream(connecting)
