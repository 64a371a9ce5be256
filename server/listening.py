"""Addresses to listen on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from server.config_values import Endpoint


class CannotListen(Exception):
    """An address cannot be had; the text says which, and why."""


@asynccontextmanager
async def listening(
    endpoint: Endpoint | None, backlog: int
) -> AsyncIterator[list[trio.SocketListener]]:
    """Hold an address, or none. CannotListen."""
    if endpoint is None:
        yield []
        return
    try:
        listeners = await trio.open_tcp_listeners(
            endpoint.port, host=endpoint.host, backlog=backlog
        )
    except OSError as error:
        raise CannotListen(f"cannot listen on {endpoint}: {error.strerror or error}") from None
    try:
        yield listeners
    finally:
        for listener in listeners:
            await listener.aclose()


def bound_to(wanted: Endpoint, listeners: list[trio.SocketListener]) -> Endpoint:
    """The endpoint with the port that the system chose, where it was to."""
    return Endpoint(wanted.host, listeners[0].socket.getsockname()[1])
