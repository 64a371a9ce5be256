"""What the door and the rooms behind it agree on."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from server.door.head import RequestHead
from server.door.stream import PrependedStream


@dataclass(frozen=True, slots=True)
class Handover:
    """The next request on this connection is another room's; its bytes were unread."""


ConnectionHandler = Callable[[PrependedStream, RequestHead], Awaitable[Handover | None]]
"""A room: serves a connection from the given head on, which the stream gives once more.

It returns None when the connection is over (the door closes it), or a Handover. It may raise
trio's BrokenResourceError and ClosedResourceError as they come.
"""
